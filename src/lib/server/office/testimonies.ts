import type { Change } from '../../domain/change';
import { receiptText } from '../../domain/code';
import { criteriaOf, findCriterion, labelsOf, wordedFor } from '../../domain/framework';
import type { ConsentItem, Framework } from '../../domain/framework-shapes';
import { groupBy } from '../../domain/grouped';
import { answerField, chosenIn, consentField, withdrawalField, isAnswered } from '../../domain/interview';
import type { Answer, Consent, Withdrawal } from '../../domain/interview-shapes';
import { answerInForce, RESPONDENT, withdrawalsOf } from '../../domain/consent';
import { quoteFrom } from '../../domain/kinds/excerpt';
import { valueOf, valuesOf } from '../../domain/kinds/values';
import { modernFields } from '../../domain/former';
import { isVoice, mediaField } from '../../domain/media';
import { merge } from '../../domain/merge';
import { Problem } from '../../domain/problem';
import { isGone, parseFields, seenOf } from '../../domain/record';
import type { Testimony, TestimonyLine } from '../../domain/testimony';
import type { Text } from '../../domain/text-shapes';
import { newId, nowOf, type App } from '../app';
import { forgetFreed } from '../database/open';
import { eraseRecords } from '../keeping/erasure';
import { note, type By } from '../keeping/journal';
import { mediaOf } from '../exchange/media';
import { push, type Author } from '../exchange/push';
import { forgetSaying } from '../exchange/waiting';
import {
	changesOf,
	chunks,
	loadAbout,
	loadRecords,
	lockStructure,
	type Reader,
	type Stored,
	type Trx
} from '../database/store';
import { sha256 } from '../database/hash';

/** The respondent themselves, with their code. */
export const BY_CODE: By = { person: RESPONDENT, device: '' };

/** The interview that a receipt code opens, or nothing: the same for a wrong code, an erased testimony and one not received
 * yet. */
export async function findByReceipt(db: Reader, structure: string, code: string): Promise<string | undefined> {
	const code_hash = sha256(receiptText(structure, code));
	const row = await db
		.selectFrom('receipt')
		.select('record_id')
		.where('structure_id', '=', structure)
		.where('code_hash', '=', code_hash)
		.executeTakeFirst();
	return row?.record_id;
}

async function load(db: Reader, structure: string, id: string): Promise<Stored> {
	const record = (await loadRecords(db, structure, [id])).get(id);
	if (record?.kind !== 'interview' || isGone(record.fields)) throw new Problem('record.missing', 404);
	return record;
}

/** The framework an interview was begun with. */
async function frameworkOf(db: Reader, structure: string, interview: Stored): Promise<Framework | undefined> {
	const id = valueOf('interview', interview.fields, 'framework') ?? '';
	return valuesOf('framework', (await loadRecords(db, structure, [id])).get(id)?.fields).definition;
}

/** One testimony, as its respondent or a director reads it.
 * @throws Problem `record.missing` */
export async function readTestimony(db: Reader, structure: string, id: string): Promise<Testimony> {
	const interview = await load(db, structure, id);
	const { campaign = '', antenna = '', on, stakeholder, state = 'draft' } = valuesOf('interview', interview.fields);
	const others = await loadRecords(db, structure, [antenna, campaign, interview.owner]);
	const framework = await frameworkOf(db, structure, interview);
	const excerpts = (await loadAbout(db, structure, [id])).filter(
		({ kind, fields }) => kind === 'excerpt' && !isGone(fields) && valueOf('excerpt', fields, 'passage')
	);
	const questions = (framework ? criteriaOf(framework) : []).flatMap(({ questions }) => questions);
	const label = (excerpt: Stored): Text =>
		(framework && findCriterion(framework, valueOf('excerpt', excerpt.fields, 'criterion') ?? '')?.label) ?? { fr: '' };
	if (!stakeholder) throw new Problem('record.missing', 404); // begun, and nobody is known to answer yet
	return {
		id,
		campaign: valuesOf('campaign', others.get(campaign)?.fields).title ?? '',
		stakeholder,
		antenna: valuesOf('antenna', others.get(antenna)?.fields).name ?? '',
		...(on ? { on } : {}),
		interviewer: valuesOf('person', others.get(interview.owner)?.fields).name ?? '',
		state,
		answers: questions.flatMap((question) => {
			const answer = valueOf('interview', interview.fields, answerField(question.id));
			return answer && isAnswered(answer)
				? [
						{
							question: question.id,
							text: question.text,
							answer,
							shown: labelsOf(framework!, question, {
								chosen: answer.value ? chosenIn(answer.value) : [],
								without: answer.without
							})
						}
					]
				: [];
		}),
		consents: (framework?.consentItems ?? []).map((item) => ({
			item: item.id,
			...(item.use ? { use: item.use } : {}),
			text: wordedFor(item, stakeholder),
			consent: answerInForce(interview.fields, consentField(item.id)) ?? null
		})),
		media: (await mediaOf(db, structure, interview)).map((media) => {
			const text = questions.find(({ id }) => id === media.question)?.text;
			return { ...media, ...(text ? { text } : {}) };
		}),
		quotes: excerpts.map((excerpt) => ({
			id: excerpt.id,
			words: valueOf('excerpt', excerpt.fields, 'passage')!.words,
			criterion: label(excerpt),
			approved: quoteFrom(excerpt, { interview }) !== undefined // and agreed to: others read it now
		})),
		uses: await usesOf(db, structure, interview, excerpts, label)
	};
}

/** When each sentence came on the page of its criterion: not when it was approved, which without a yes shows it to nobody, but
 * when an approval and a yes first stood together. Told from the history, as the quotes that were taken away are gone. */
async function usesOf(
	db: Reader,
	structure: string,
	interview: Stored,
	excerpts: readonly Stored[],
	label: (excerpt: Stored) => Text
): Promise<Testimony['uses']> {
	const uses: Testimony['uses'] = [];
	const then = new Map<string, Stored>([interview, ...excerpts].map((one) => [one.id, { ...one, fields: {} }]));
	const [named, shown] = [new Set<string>(), new Set<string>()];
	for (const changes of (await historyOf(db, structure, [...then.keys()])).values()) {
		for (const { record, person, ...change } of changes) {
			const before = then.get(record)!;
			const fields = merge(before.fields, change, person, (field) => named.has(`${field} ${change.id}`));
			then.set(record, { ...before, fields: modernFields(before.kind, fields, then.get(interview.id)!.fields) });
			for (const [field, ids] of Object.entries(change.seen)) for (const id of ids) named.add(`${field} ${id}`);
		}
		const approvedAtOnce = changes.filter(({ fields }) => fields.approval === 'approved'); // a version before showed these
		for (const excerpt of excerpts) {
			const wasShown = shown.delete(excerpt.id);
			const quote = quoteFrom(then.get(excerpt.id)!, { interview: then.get(interview.id)! });
			if (!quote && !approvedAtOnce.some(({ record }) => record === excerpt.id)) continue;
			shown.add(excerpt.id);
			if (!wasShown)
				uses.push({ quote: excerpt.id, criterion: label(excerpt), at: changes[0]!.received, where: 'sheet' });
		}
	}
	return uses;
}

type Told = Pick<Change, 'id' | 'record' | 'fields' | 'seen' | 'at'> & { person: string; received: string };

/** What was written to these records, commit by commit. */
async function historyOf(db: Reader, structure: string, records: readonly string[]): Promise<Map<number, Told[]>> {
	const rows = [];
	for (const part of chunks(records))
		rows.push(
			...(await db
				.selectFrom('change')
				.select(['id', 'record_id', 'fields', 'seen', 'at', 'person_id', 'received_at', 'sequence'])
				.where('structure_id', '=', structure)
				.where(changesOf(part))
				.execute())
		);
	const told = rows
		.toSorted((a, b) => a.sequence - b.sequence)
		.map(({ sequence, ...row }) => ({
			sequence,
			id: row.id,
			record: row.record_id,
			fields: JSON.parse(row.fields) as Change['fields'],
			seen: JSON.parse(row.seen) as Change['seen'],
			at: row.at,
			person: row.person_id,
			received: row.received_at
		}));
	return groupBy(told, ({ sequence }) => sequence);
}

const isOver = (state: unknown): boolean => state === 'finished' || state === 'refused';

/** The testimonies of a campaign, without a word of them. */
export async function listTestimonies(db: Reader, structure: string, campaign: string): Promise<TestimonyLine[]> {
	const rows = await db
		.selectFrom('record')
		.select(['id', 'owner', 'fields'])
		.where('structure_id', '=', structure)
		.where('kind', '=', 'interview')
		.where('audience', 'is not', null)
		.orderBy('sequence', 'desc')
		.execute();
	return rows
		.map(({ id, owner, fields }) => ({
			id,
			owner,
			values: valuesOf('interview', parseFields(fields))
		}))
		.filter(({ values }) => values.campaign === campaign && values.stakeholder && isOver(values.state))
		.map(({ id, owner, values }) => ({
			id,
			campaign,
			stakeholder: values.stakeholder!,
			antenna: values.antenna ?? '',
			...(values.on ? { on: values.on } : {}),
			interviewer: owner,
			state: values.state!
		}));
}

/** Withdraws agreements: each is a no from now on, whatever was said before and whoever says yes after. Quotes leave the pages with it, by the rules that put
 * them there, and a voice that may not be recorded any more is erased. */
export async function withdraw(
	app: App,
	structure: string,
	id: string,
	items: readonly string[],
	by: By
): Promise<void> {
	await changing(app, structure, by, async (trx, write) => {
		const interview = await load(trx, structure, id);
		const framework = await frameworkOf(trx, structure, interview);
		const item = (id: string) => framework?.consentItems.find((one) => one.id === id);
		const isVoiced = items.some((id) => item(id)?.use === 'voice');
		const voices = isVoiced ? (await mediaOf(trx, structure, interview)).filter(isVoice) : [];
		const receipt = valueOf('interview', interview.fields, 'receipt');
		const withdrawal = (id: string): Withdrawal => ({
			...useOf(item(id)),
			...(receipt ? { receipt } : {})
		});
		await write(interview, (change) => {
			const fields = {
				...Object.fromEntries(items.map((item) => [withdrawalField(item, change), withdrawal(item)])),
				...Object.fromEntries(voices.map(({ hash }) => [mediaField(hash), null]))
			};
			// First, as an erasure is: no backup that comes back may give the agreement again.
			app.ledger.appendWithdrawn({ structure, id, at: nowOf(app), fields });
			return fields;
		});
		await note(app, trx, structure, { act: 'consent.withdrawn', ...by, subject: id, count: items.length });
	});
}

const useOf = (item: ConsentItem | undefined): Pick<Consent, 'use'> => (item?.use ? { use: item.use } : {});

/** Agrees again to what was withdrawn, with the receipt code: it answers every withdrawal there is. */
export async function agree(app: App, structure: string, id: string, items: readonly string[]): Promise<void> {
	await changing(app, structure, BY_CODE, async (trx, write) => {
		const interview = await load(trx, structure, id);
		const framework = await frameworkOf(trx, structure, interview);
		const yes = (id: string): Consent => ({
			answer: 'yes',
			...useOf(framework?.consentItems.find((one) => one.id === id)),
			given: 'code',
			answers: withdrawalsOf(interview.fields, id)
		});
		await write(interview, Object.fromEntries(items.map((item) => [consentField(item), yes(item)])));
		await note(app, trx, structure, { act: 'consent.given', ...BY_CODE, subject: id, count: items.length });
	});
}

/** Puts other words in the place of an answer's. The old ones leave the history too, and the quotes made of them that the
 * new words do not hold are erased.
 * @throws Problem `record.missing` when the question was not answered */
export async function correct(
	app: App,
	structure: string,
	id: string,
	{ question, words }: { question: string; words: string },
	by: By
): Promise<void> {
	await changing(app, structure, by, async (trx, write) => {
		const interview = await load(trx, structure, id);
		const field = answerField(question);
		const before = valueOf('interview', interview.fields, field);
		if (!before) throw new Problem('record.missing', 404);
		await forgetWords(trx, structure, id, field);
		if (before.words) await forgetSaying(app, trx, structure, id, before.words);
		await write(interview, { [field]: { ...before, words } });
		const wrong = (await loadAbout(trx, structure, [id])).filter(({ fields }) => {
			const passage = valueOf('excerpt', fields, 'passage');
			return passage?.question === question && !words.includes(passage.words);
		});
		await eraseRecords(
			app,
			trx,
			structure,
			wrong.map(({ id }) => id)
		);
		await note(app, trx, structure, { act: 'words.corrected', ...by, subject: id });
	});
	await forgetFreed(app.db);
}

/** Takes the words of one answer out of a record's history: that it changed, when and by whom stays. */
async function forgetWords(trx: Trx, structure: string, record: string, field: string): Promise<void> {
	const rows = await trx
		.selectFrom('change')
		.select(['id', 'fields'])
		.where('structure_id', '=', structure)
		.where(changesOf([record]))
		.execute();
	for (const { id, fields } of rows) {
		const known = JSON.parse(fields) as { [field: string]: Answer };
		if (!known[field]?.words) continue;
		const { words: _, ...answer } = known[field];
		await trx
			.updateTable('change')
			.set({ fields: JSON.stringify({ ...known, [field]: { ...answer, hadWords: true } }) })
			.where('structure_id', '=', structure)
			.where('id', '=', id)
			.execute();
	}
}

type Named = { [field: string]: unknown };
type Write = (record: Stored, fields: Named | ((change: string) => Named)) => Promise<void>;

/** Changes records as somebody without an account, by the same way as any change: history, tallies and audiences follow. */
async function changing(
	app: App,
	structure: string,
	by: By,
	work: (trx: Trx, write: Write) => Promise<void>
): Promise<void> {
	const author: Author = { structure, id: by.person, device: by.device || 'server', grants: [] };
	await app.db.transaction().execute(async (trx) => {
		await lockStructure(trx, structure);
		await work(trx, async ({ id, kind, about, fields: known }, written) => {
			const change = newId(app);
			const fields = typeof written === 'function' ? written(change) : written;
			const seen = Object.fromEntries(Object.keys(fields).map((field) => [field, seenOf(known, field)]));
			const whole = { id: change, kind, record: id, ...(about ? { about } : {}), fields, seen, at: nowOf(app) };
			const { receipts } = await push(app, trx, author, [whole], { sequence: 0, audiences: new Set() }, false);
			if (receipts[0]!.verdict === 'quarantined') throw new Problem('body.unreadable', 400);
		});
	});
}
