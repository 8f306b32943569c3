import { createHash } from 'node:crypto';
import { receiptText } from '../domain/code';
import type { Passage } from '../domain/excerpt';
import { criteriaOf, findCriterion, type Framework, type Question } from '../domain/framework';
import { answerField, consentField, isAnswered, VOICE, type Answer, type Consent } from '../domain/interview';
import { consentInForce } from '../domain/kinds';
import { isVoice, mediaField } from '../domain/media';
import { Problem } from '../domain/problem';
import { inUse, isGone, parseFields, seenOf, valuesOf } from '../domain/record';
import type { Testimony, TestimonyLine } from '../domain/testimony';
import type { Text } from '../domain/text';
import { newId, nowOf, type App } from './app';
import { forgetFreed } from './database/open';
import { eraseRecords } from './erasure';
import { note, type By } from './journal';
import { mediaOf } from './media';
import { push, type Author } from './push';
import { loadAbout, loadRecords, lockStructure, type Reader, type Stored, type Trx } from './store';

/** The respondent themselves, with their code. */
export const RESPONDENT: By = { person: 'respondent', device: '' };

/** The interview that a receipt code opens.
 * @throws Problem `receipt.refused`, the same for a wrong code, an erased testimony and one not received yet */
export async function findByReceipt(db: Reader, structure: string, code: string): Promise<string> {
	const code_hash = createHash('sha256').update(receiptText(structure, code)).digest('base64url');
	const row = await db
		.selectFrom('receipt')
		.select('record_id')
		.where('structure_id', '=', structure)
		.where('code_hash', '=', code_hash)
		.executeTakeFirst();
	if (!row) throw new Problem('receipt.refused', 404);
	return row.record_id;
}

async function load(db: Reader, structure: string, id: string): Promise<Stored> {
	const record = (await loadRecords(db, structure, [id])).get(id);
	if (record?.kind !== 'interview' || isGone(record.fields)) throw new Problem('record.missing', 404);
	return record;
}

/** One testimony, as its respondent or a director reads it.
 * @throws Problem `record.missing` */
export async function readTestimony(db: Reader, structure: string, id: string): Promise<Testimony> {
	const interview = await load(db, structure, id);
	const text = (field: string) => String(inUse(interview.fields, field) ?? '');
	const frameworkId = text('framework');
	const others = await loadRecords(db, structure, [frameworkId, text('antenna'), text('campaign'), interview.owner]);
	const framework = others.get(frameworkId) && (inUse(others.get(frameworkId)!.fields, 'definition') as Framework);
	const nameOf = (record: string, field: string) =>
		others.has(record) ? String(inUse(others.get(record)!.fields, field) ?? '') : '';
	const excerpts = (await loadAbout(db, structure, [id])).filter(
		({ kind, fields }) => kind === 'excerpt' && !isGone(fields) && inUse(fields, 'passage')
	);
	const questions = (framework ? criteriaOf(framework) : []).flatMap(({ questions }) => questions);
	const label = (excerpt: Stored): Text =>
		(framework && findCriterion(framework, String(inUse(excerpt.fields, 'criterion')))?.label) ?? { fr: '' };
	const stakeholder = inUse(interview.fields, 'stakeholder') as Testimony['stakeholder'] | undefined;
	if (!stakeholder) throw new Problem('record.missing', 404); // begun, and nobody is known to answer yet
	return {
		id,
		campaign: nameOf(text('campaign'), 'title'),
		stakeholder,
		antenna: nameOf(text('antenna'), 'name'),
		...(text('on') ? { on: text('on') } : {}),
		interviewer: nameOf(interview.owner, 'name'),
		state: (inUse(interview.fields, 'state') as Testimony['state'] | undefined) ?? 'draft',
		answers: questions.flatMap((question) => {
			const answer = inUse(interview.fields, answerField(question.id)) as Answer | undefined;
			return answer && isAnswered(answer)
				? [{ question: question.id, text: question.text, answer, shown: shownOf(framework!, question, answer) }]
				: [];
		}),
		consents: (framework?.consentItems ?? []).map(({ id, text }) => ({
			item: id,
			text,
			consent: consentInForce(interview.fields, id) ?? null
		})),
		media: (await mediaOf(db, structure, interview)).map((media) => {
			const text = questions.find(({ id }) => id === media.question)?.text;
			return { ...media, ...(text ? { text } : {}) };
		}),
		quotes: excerpts.map((excerpt) => ({
			id: excerpt.id,
			words: (inUse(excerpt.fields, 'passage') as Passage).words,
			criterion: label(excerpt),
			approved: inUse(excerpt.fields, 'approval') === 'approved'
		})),
		uses: await usesOf(db, structure, excerpts, label)
	};
}

/** The answer chosen, in the framework's own words. */
function shownOf(framework: Framework, question: Question, answer: Answer): Text[] {
	const scale = framework.scales.find(({ id }) => id === question.scale);
	if (answer.without === 'unknown') return scale ? [scale.noOpinion] : [{ fr: 'Ne sait pas', en: 'Does not know' }];
	if (answer.without === 'declined')
		return scale ? [scale.refused] : [{ fr: 'Ne souhaite pas répondre', en: 'Would rather not answer' }];
	if (answer.value === undefined) return [];
	return [answer.value].flat().map((value) => {
		const level = scale?.levels.find((one) => one.value === value);
		const option = question.options?.find(({ id }) => id === value);
		return level?.label ?? option?.label ?? { fr: String(value) };
	});
}

/** Since when each quote has been on the page of its criterion, from the history of its approval. */
async function usesOf(
	db: Reader,
	structure: string,
	excerpts: readonly Stored[],
	label: (excerpt: Stored) => Text
): Promise<Testimony['uses']> {
	const uses: Testimony['uses'] = [];
	for (const excerpt of excerpts) {
		const changes = await db
			.selectFrom('change')
			.select(['fields', 'received_at'])
			.where('structure_id', '=', structure)
			.where('record_id', '=', excerpt.id)
			.orderBy('sequence')
			.execute();
		for (const { fields, received_at } of changes)
			if ((JSON.parse(fields) as { approval?: string }).approval === 'approved')
				uses.push({ quote: excerpt.id, criterion: label(excerpt), at: received_at, where: 'sheet' });
	}
	return uses;
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
			values: valuesOf(parseFields(fields))
		}))
		.filter(({ values }) => values.campaign === campaign && values.stakeholder && isOver(values.state))
		.map(({ id, owner, values }) => ({
			id,
			campaign,
			stakeholder: values.stakeholder as TestimonyLine['stakeholder'],
			antenna: String(values.antenna),
			...(values.on ? { on: String(values.on) } : {}),
			interviewer: owner,
			state: values.state as TestimonyLine['state']
		}));
}

/** Withdraws agreements: each becomes a no, whatever stood there. Quotes leave the pages with it, by the rules that put
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
		const no: Consent = 'no';
		const voices = items.includes(VOICE) ? (await mediaOf(trx, structure, interview)).filter(isVoice) : [];
		await write(interview, {
			...Object.fromEntries(items.map((item) => [consentField(item), no])),
			...Object.fromEntries(voices.map(({ hash }) => [mediaField(hash), null]))
		});
		await note(app, trx, structure, { act: 'consent.withdrawn', ...by, subject: id, count: items.length });
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
		const before = inUse(interview.fields, field) as Answer | undefined;
		if (!before) throw new Problem('record.missing', 404);
		await forgetWords(trx, structure, id, field);
		if (before.words) await forgetRefused(trx, structure, id, before.words);
		await write(interview, { [field]: { ...before, words } });
		const wrong = (await loadAbout(trx, structure, [id])).filter(({ fields }) => {
			const passage = inUse(fields, 'passage') as Passage | undefined;
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

/** Drops what was refused and says these words: it was kept to be looked at, and is not theirs any more. */
async function forgetRefused(trx: Trx, structure: string, record: string, words: string): Promise<void> {
	const rows = await trx
		.selectFrom('quarantine')
		.select(['hash', 'raw'])
		.where('structure_id', '=', structure)
		.where('raw', 'like', `%${record}%`)
		.execute();
	const written = JSON.stringify(words).slice(1, -1);
	for (const { hash } of rows.filter(({ raw }) => raw.includes(written)))
		await trx.deleteFrom('quarantine').where('structure_id', '=', structure).where('hash', '=', hash).execute();
}

/** Takes the words of one answer out of a record's history: that it changed, when and by whom stays. */
async function forgetWords(trx: Trx, structure: string, record: string, field: string): Promise<void> {
	const rows = await trx
		.selectFrom('change')
		.select(['id', 'fields'])
		.where('structure_id', '=', structure)
		.where('record_id', '=', record)
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

type Write = (record: Stored, fields: { [field: string]: unknown }) => Promise<void>;

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
		await work(trx, async ({ id, kind, about, fields: known }, fields) => {
			const seen = Object.fromEntries(Object.keys(fields).map((field) => [field, seenOf(known, field)]));
			const change = { id: newId(app), kind, record: id, ...(about ? { about } : {}), fields, seen, at: nowOf(app) };
			const { receipts } = await push(app, trx, author, [change], { sequence: 0, audiences: new Set() }, false);
			if (receipts[0]!.verdict === 'quarantined') throw new Problem('body.unreadable', 400);
		});
	});
}
