import { describe, expect, test } from 'vitest';
import type { Testimony } from '$lib/domain/testimony';
import type { App } from '$lib/server/app';
import { DATABASES } from '../support/databases';
import {
	approve,
	CRITERION,
	hear,
	idOf,
	OPEN_QUESTION,
	openOffice,
	openOther,
	problem,
	QUESTION,
	quoted,
	receiptHash,
	told,
	type Office,
	seenBy
} from '../support/office';
import { call, change, pullAll, sync, uuid } from '../support/server';
import { expectSound, storedRecords, tracesOf } from '../support/stored';

const CODE = 'ABCDE-23456';
const WORDS = 'Je me sens utile quand je travaille au jardin';
const QUOTE = 'Je me sens utile';
const REFUSED = '{"problem":"receipt.refused","details":{}}';

/** What a respondent does with their code, from wherever they are. */
const use = (
	office: Office,
	door: '' | '/withdraw' | '/agree' | '/correct' | '/erase',
	more: object = {},
	from = '127.0.0.1'
) =>
	call(office.app, 'POST', `/api/receipt${door}`, { body: { structure: office.structure, code: CODE, ...more }, from });
const read = async (response: Response): Promise<Testimony> => {
	expect(response.status).toBe(200);
	return (await response.json()) as Testimony;
};
const consentTo = (testimony: Testimony, item: string) => testimony.consents.find((one) => one.item === item)!.consent;
const journalOf = async (app: App) =>
	(await app.db.selectFrom('journal').selectAll().orderBy('number').execute()).filter(
		({ act }) => !['sign-in', 'person.added', 'second-factor.added', 'campaign.opened', 'words.approved'].includes(act)
	);

/** Somebody heard, quoted and approved, with their code in hand. */
async function heard(name: (typeof DATABASES)[number]) {
	const office = await openOffice(name);
	const { interview, excerpt } = await hear(office, { words: WORDS, quote: QUOTE, code: CODE });
	await approve(office, excerpt, interview);
	return { ...office, office, interview, excerpt };
}
const audienceOf = async ({ app, structure }: Office, id: string) =>
	(await storedRecords(app, structure)).find((one) => one.id === id)?.audience;

describe.each(DATABASES)('a receipt code on %s', (name) => {
	test('finds one’s own testimony, however it is typed', async () => {
		const { office, app, structure, interview } = await heard(name);
		for (const code of [CODE, ' abcde-23456 ', 'abcde 23456', 'ABCDE23456', 'A-B-C-D-E-2-3-4-5-6'])
			expect((await read(await use(office, '', { code }))).id).toBe(interview);
		expect(await tracesOf(app, [CODE, 'ABCDE23456'])).toEqual([]);
		expect(await tracesOf(app, [receiptHash(structure, CODE)])).not.toEqual([]);
	});

	test('shows what was said, what was agreed to, the quotes and where they are used: neither label nor the team’s note', async () => {
		const { office, app, sandrine, interview, excerpt } = await heard(name);
		await sync(app, sandrine, [
			change('interview', { label: 'Mme D.', note: 'Semblait fatiguée' }, { record: interview })
		]);
		const response = await use(office, '');
		const text = await response.clone().text();
		const testimony = await read(response);
		expect(testimony).toMatchObject({
			campaign: '2014',
			stakeholder: 'employee',
			antenna: 'Lourdes',
			on: '2014-11-12',
			interviewer: 'Sandrine',
			state: 'finished',
			quotes: [{ id: excerpt, words: QUOTE, approved: true }],
			uses: [{ quote: excerpt, at: app.now.toISOString(), where: 'sheet' }]
		});
		expect(testimony.answers.map(({ question }) => question).toSorted()).toEqual([QUESTION, OPEN_QUESTION].toSorted());
		expect(testimony.answers.find(({ question }) => question === OPEN_QUESTION)!.answer.words).toBe(WORDS);
		expect(testimony.answers.find(({ question }) => question === QUESTION)!.shown).toMatchObject([
			{ fr: 'Oui, tout à fait' }
		]);
		expect(consentTo(testimony, 'citation-anonyme')).toBe('yes');
		expect(consentTo(testimony, 'citation-prenom')).toBeNull();
		expect(text).not.toMatch(/Mme D\.|fatiguée/);
	});

	test('says that a sentence was shown only where it was: an approval without a yes showed it to nobody', async () => {
		const office = await openOffice(name);
		const { app } = office;
		const no = { 'consent:citation-anonyme': 'no' };
		const { interview, excerpt } = await hear(office, { words: WORDS, quote: QUOTE, code: CODE, fields: no });
		await approve(office, excerpt, interview);
		const unused = await read(await use(office, ''));
		expect([unused.quotes, unused.uses]).toMatchObject([[{ id: excerpt, approved: false }], []]);
		// Shown from the day of the yes, taken back, and shown again: each time says when.
		const shown = [];
		for (const day of [1, 2]) {
			app.now = new Date(app.now.getTime() + day * 86_400_000);
			shown.push({ quote: excerpt, at: app.now.toISOString(), where: 'sheet' });
			expect((await read(await use(office, '/agree', { items: ['citation-anonyme'] }))).uses).toMatchObject(shown);
			expect((await read(await use(office, '/withdraw', { items: ['citation-anonyme'] }))).uses).toHaveLength(day);
		}
	});

	test('that is wrong, of nobody, or of another structure gets one answer', async () => {
		const { office, app } = await heard(name);
		const other = (await openOther(app)).session.structure.id;
		const wrong = [{ code: 'ABCDE-23457' }, { structure: other }, { structure: uuid() }, { code: 'ABCDE-2345' }];
		for (const [i, more] of wrong.entries())
			for (const door of ['', '/withdraw', '/correct', '/erase'] as const) {
				const body = { items: ['citation-anonyme'], question: OPEN_QUESTION, words: 'x', ...more };
				const response = await use(office, door, body, `10.0.${i}.${door.length}`);
				expect([response.status, await response.text()]).toEqual([404, REFUSED]);
			}
		expect(await journalOf(app)).toEqual([]);
	});

	test('is slowed when it is guessed at, by whichever door, even for the right one', async () => {
		const { office, app } = await heard(name);
		const doors = ['', '/withdraw', '/correct', '/erase'] as const;
		for (const door of Array.from({ length: 15 }, () => doors).flat()) {
			const body = { code: 'ABCDE-23457', items: ['citation-anonyme'], question: OPEN_QUESTION, words: 'x' };
			expect((await use(office, door, body)).status).toBe(404);
		}
		expect(await problem(await use(office, ''))).toEqual([429, 'too-many-tries']);
		expect(await problem(await use(office, '/erase'))).toEqual([429, 'too-many-tries']);
		expect((await use(office, '', {}, '10.0.0.1')).status).toBe(200);
		app.now = new Date(app.now.getTime() + 1001);
		expect((await use(office, '')).status).toBe(200);
	});

	test('opens the interview that had it first: nobody takes somebody’s code for theirs', async () => {
		const { office, interview } = await heard(name);
		await hear(office, { words: 'Une autre', code: CODE, by: office.nadia, fields: { antenna: office.tarbes } });
		expect((await read(await use(office, ''))).id).toBe(interview);
	});

	test('opens a draft too, and nothing once it was deleted', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const draft = told(office, { words: WORDS, code: CODE, fields: { state: 'draft' } });
		await sync(app, sandrine, [draft]);
		expect((await read(await use(office, ''))).state).toBe('draft');
		await sync(app, sandrine, [change('interview', { deleted: { named: [draft.id] } }, { record: draft.record })]);
		expect((await use(office, '')).status).toBe(404);
		// What was deleted still lies on the server: its person may have it erased.
		expect((await use(office, '/erase')).status).toBe(204);
		expect(await tracesOf(app, [WORDS])).toEqual([]);
	});
});

describe.each(DATABASES)('with their code, a respondent on %s', (name) => {
	test('withdraws an agreement: the quote leaves everybody’s page, and they are told where it was', async () => {
		const { office, app, structure, sandrine, nadia, interview, excerpt } = await heard(name);
		const standing = await pullAll(app, nadia);
		const quote = standing.records.find(({ kind }) => kind === 'quote')!.id;
		expect(standing.records.map(({ id }) => id)).not.toContain(excerpt);
		const after = await read(await use(office, '/withdraw', { items: ['usage-evaluation'] }));
		expect(consentTo(after, 'usage-evaluation')).toBe('no');
		expect(after.uses).toMatchObject([{ quote: excerpt, where: 'sheet' }]);
		const { marks } = await sync(app, nadia, [], standing);
		expect(marks).toMatchObject([{ id: quote, gone: true }]);
		// An objection takes the answers out of the counts as well.
		const tally = await app.db.selectFrom('tally').selectAll().execute();
		expect(tally.map(({ detail }) => detail)).toEqual(['refused']);
		await expectSound(app, structure);
		const { records } = await pullAll(app, sandrine);
		const { fields } = records.find(({ id }) => id === interview)!;
		const withdrawal = Object.keys(fields).find((field) => field.startsWith('withdrawal:usage-evaluation:'))!;
		expect(fields[withdrawal]).toMatchObject([{ value: { use: 'evaluation' }, person: 'respondent' }]);
	});

	test('withdraws several at once, and only those', async () => {
		const { office } = await heard(name);
		const after = await read(await use(office, '/withdraw', { items: ['citation-anonyme', 'citation-prenom'] }));
		// Kept by the office as before, and read by nobody: what they are told says the second.
		expect(after.quotes.map(({ approved }) => approved)).toEqual([false]);
		expect(after.consents.map(({ item, consent }) => [item, consent])).toEqual(
			expect.arrayContaining([
				['citation-anonyme', 'no'],
				['citation-prenom', 'no'],
				['usage-evaluation', 'yes']
			])
		);
	});

	test('withdraws what two colleagues had written differently: it is a no, whatever they settle', async () => {
		const { office, app, sandrine, interview } = await heard(name);
		const both = ['yes', 'no'].map((value) =>
			change('interview', { 'consent:citation-prenom': value }, { record: interview })
		);
		const { receipts } = await sync(app, sandrine, both);
		expect(receipts.map(({ verdict }) => verdict)).toEqual(['applied', 'contested']);
		const before = await read(await use(office, ''));
		expect(consentTo(before, 'citation-prenom')).toBe('no'); // contested: the most protective
		await read(await use(office, '/withdraw', { items: ['citation-prenom'] }));
		const field = 'consent:citation-prenom';
		const seen = { [field]: await seenBy(app, sandrine, interview, field) };
		await sync(app, sandrine, [
			change('interview', { [field]: { answer: 'yes', use: 'first-name' } }, { record: interview, seen })
		]);
		expect(consentTo(await read(await use(office, '')), 'citation-prenom')).toBe('no');
	});

	test('corrects their words: the old ones leave the record, its history and the quotes made of them', async () => {
		const { office, app, structure, sandrine, interview, excerpt } = await heard(name);
		const more = [
			change('interview', { [`answer:${OPEN_QUESTION}`]: { words: `${WORDS} et à la serre` } }, { record: interview }),
			quoted(office, interview, 'à la serre')
		];
		await sync(app, sandrine, more);
		expect((await tracesOf(app, [QUOTE, 'à la serre'])).length).toBeGreaterThan(3);
		const after = await read(await use(office, '/correct', { question: OPEN_QUESTION, words: 'J’aime ce travail' }));
		expect(after.answers.find(({ question }) => question === OPEN_QUESTION)!.answer.words).toBe('J’aime ce travail');
		expect(after.quotes).toEqual([]);
		expect(await tracesOf(app, [QUOTE, WORDS, 'à la serre'])).toEqual([]);
		expect((await storedRecords(app, structure)).map(({ id }) => id)).not.toContain(excerpt);
		await expectSound(app, structure);
		// The old words do not come back with what a tablet sends again.
		const { receipts } = await sync(app, sandrine, more);
		expect(receipts.map(({ verdict }) => verdict)).toEqual(['contested', 'erased']);
		expect(await tracesOf(app, [WORDS, 'à la serre'])).toEqual([]);
	});

	test('corrects their words, also where a refused edit had kept the old ones', async () => {
		const { office, app, sandrine, nadia, interview } = await heard(name);
		const field = `answer:${OPEN_QUESTION}`;
		await sync(app, nadia, [change('interview', { [field]: { words: WORDS } }, { record: interview })]);
		await sync(app, sandrine, [change('interview', { [field]: { words: WORDS }, on: 'hier' }, { record: interview })]);
		await read(await use(office, '/correct', { question: OPEN_QUESTION, words: 'J’aime ce travail' }));
		expect(await tracesOf(app, [WORDS])).toEqual([]);
	});

	test('keeps the quotes that the new words still hold', async () => {
		const { office, excerpt } = await heard(name);
		const after = await read(await use(office, '/correct', { question: OPEN_QUESTION, words: `${QUOTE}, parfois` }));
		expect(after.quotes.map(({ id }) => id)).toEqual([excerpt]);
	});

	test('corrects nothing that was not asked, and no coded answer', async () => {
		const { office } = await heard(name);
		const absent = await use(office, '/correct', { question: 'q-jamais-posee', words: 'x' });
		expect(await problem(absent)).toEqual([404, 'record.missing']);
		const after = await read(await use(office, '/correct', { question: QUESTION, words: 'surtout le matin' }));
		expect(after.answers.find(({ question }) => question === QUESTION)!.answer).toMatchObject({
			value: { type: 'scale', level: 4 },
			words: 'surtout le matin'
		});
		expect((await use(office, '/correct', { question: OPEN_QUESTION, words: 'x'.repeat(20_001) })).status).toBe(400);
	});

	test('erases it all, and the code opens nothing any more', async () => {
		const { office, app, structure } = await heard(name);
		expect((await use(office, '/erase')).status).toBe(204);
		expect(await tracesOf(app, [WORDS, QUOTE])).toEqual([]);
		expect(await (await use(office, '')).text()).toBe(REFUSED);
		await expectSound(app, structure);
	});

	test('is noted each time, without a word of what was said', async () => {
		const { office, app, interview } = await heard(name);
		await use(office, '');
		await use(office, '/withdraw', { items: ['citation-anonyme', 'citation-prenom'] });
		await use(office, '/correct', { question: OPEN_QUESTION, words: 'J’aime ce travail' });
		await use(office, '/erase');
		const lines = await journalOf(app);
		expect(
			lines.map(({ act, person_id, device_id, subject, count }) => [act, person_id, device_id, subject, count])
		).toEqual([
			['receipt.used', 'respondent', '', interview, 1],
			['consent.withdrawn', 'respondent', '', interview, 2],
			['words.corrected', 'respondent', '', interview, 1],
			['person.erased', 'respondent', '', interview, 1]
		]);
		for (const said of ['citation', 'travail', QUOTE, CODE, receiptHash(office.structure, CODE)])
			expect(JSON.stringify(lines)).not.toContain(said);
	});
});

describe.each(DATABASES)('at the respondent’s demand, a director on %s', (name) => {
	test('reads, withdraws and erases without their code; nobody else does', async () => {
		const { office, app, structure, claire, sandrine, paul, interview, excerpt } = await heard(name);
		const path = `/api/testimonies/${interview}`;
		const body = { items: ['usage-evaluation'] };
		for (const as of [sandrine, paul]) {
			expect((await call(app, 'GET', path, { as })).status).toBe(403);
			expect((await call(app, 'POST', `${path}/withdraw`, { as, body })).status).toBe(403);
			expect((await call(app, 'DELETE', path, { as })).status).toBe(403);
		}
		expect((await read(await call(app, 'GET', path, { as: claire }))).answers).toHaveLength(2);
		const after = await read(await call(app, 'POST', `${path}/withdraw`, { as: claire, body }));
		expect(consentTo(after, 'usage-evaluation')).toBe('no');
		expect(await audienceOf(office, excerpt)).toBe(`excerpts:${idOf(sandrine)}`);
		expect((await call(app, 'DELETE', path, { as: claire })).status).toBe(204);
		expect(await tracesOf(app, [WORDS, QUOTE])).toEqual([]);
		expect((await journalOf(app)).map(({ act, person_id, subject }) => [act, person_id, subject])).toEqual([
			['testimony.read', idOf(claire), interview],
			['consent.withdrawn', idOf(claire), interview],
			['person.erased', idOf(claire), interview]
		]);
		await expectSound(app, structure);
	});

	test('finds it in a list without its words, and is noted for listing', async () => {
		const { office, app, claire, campaign, interview } = await heard(name);
		await hear(office, { words: WORDS, fields: { state: 'draft' } });
		const response = await call(app, 'GET', `/api/testimonies?campaign=${campaign}`, { as: claire });
		const text = await response.text();
		expect(JSON.parse(text)).toMatchObject([
			{ id: interview, campaign, stakeholder: 'employee', antenna: office.lourdes, interviewer: idOf(office.sandrine) }
		]);
		expect(text).not.toContain(QUOTE);
		expect(text).not.toContain(CRITERION);
		expect(await journalOf(app)).toMatchObject([{ act: 'testimonies.listed', person_id: idOf(claire), count: 1 }]);
	});

	test('reads nothing that is not a testimony, nor what could not be noted', async () => {
		const { app, claire, interview, excerpt, campaign, sandrine } = await heard(name);
		for (const id of [excerpt, campaign, idOf(sandrine), uuid()])
			expect(await problem(await call(app, 'GET', `/api/testimonies/${id}`, { as: claire }))).toEqual([
				404,
				'record.missing'
			]);
		const other = await openOther(app);
		expect((await call(app, 'GET', `/api/testimonies/${interview}`, { as: other })).status).toBe(404);
		expect(await journalOf(app)).toEqual([]);
	});
});
