import { expect, test } from 'vitest';
import { inUse, valuesOf, type Fields } from '$lib/domain/record';
import type { Passage } from '$lib/domain/excerpt-shapes';
import { spanIn } from '$lib/domain/excerpt';
import { answerField } from '$lib/domain/interview';
import type { Answer, Consent } from '$lib/domain/interview-shapes';
import { PROTOCOL } from '$lib/domain/sync';
import { Testimony } from '$lib/domain/testimony';
import { gzip } from '$lib/here/platform';
import { findView } from '$lib/local/views';
import { round } from '$lib/sync/round';
import { call, change, sync, uuid } from '../support/server';
import { dump, expectSound, storedRecords } from '../support/stored';
import { formerDevice, index, openFormer, openFormerTablet, upgrade } from '../support/protocol-2';

const NUMBER = 'q-reponse-besoins-territoire-frequence';

/** Every answer, consent and passage that is stored, whichever of several contested values it is. */
async function shapes(app: Awaited<ReturnType<typeof openFormer>>) {
	const records = await storedRecords(app, index.structure);
	const values = (of: (field: string) => boolean) =>
		records.flatMap(({ fields }) =>
			Object.entries(fields).flatMap(([field, all]) =>
				of(field) ? all.map(({ value }) => ({ field, value: value as unknown })) : []
			)
		);
	return {
		records: new Map(records.map((record) => [record.id, record])),
		answers: values((field) => field.startsWith('answer:')) as { field: string; value: Answer }[],
		consents: values((field) => field.startsWith('consent:')) as { field: string; value: Consent }[],
		passages: values((field) => field === 'passage') as { field: string; value: Passage }[]
	};
}

test('a data folder of protocol 2 opens: every row is there, in today’s shapes, and nobody has to fetch it anew', async () => {
	const app = await openFormer();
	const before = await dump(app);
	for (const [table, count] of Object.entries(index.rows.server))
		if (table !== 'released') expect(before[table], table).toHaveLength(count); // sheets remember nothing any more
	await upgrade(app);
	await expectSound(app, index.structure);

	const { records, answers, consents, passages } = await shapes(app);
	const sequences = new Map(before.record!.map(({ id, sequence }) => [id, sequence]));
	const unmoved = [...records.values()].filter(({ id }) => sequences.has(id));
	expect(unmoved).toHaveLength(before.record!.length);
	const isWithdrawn = (fields: Fields) => Object.keys(fields).some((field) => field.startsWith('withdrawal:'));
	for (const { id, kind, sequence, fields } of unmoved)
		if (kind !== 'excerpt' && !isWithdrawn(fields)) expect(sequence, kind).toBe(sequences.get(id));

	const types = answers.flatMap(({ value }) => (value.value ? [value.value.type] : []));
	expect(types.length).toBeGreaterThan(10);
	expect(new Set(types)).toEqual(new Set(['scale', 'choice', 'multiple', 'number']));
	const numbers = answers.filter(({ value }) => value.value?.type === 'number');
	expect(new Set(numbers.map(({ field }) => field))).toEqual(new Set([answerField(NUMBER)]));
	for (const { field, value } of consents) {
		expect(['yes', 'no'], field).toContain(value.answer);
		expect(value.use, field).toBeDefined();
	}
	for (const { value } of answers)
		if (value.words) expect(value.words).toBe(value.words.normalize('NFC').replace(/\r\n?/g, '\n'));
	for (const { value } of passages)
		expect([value.to - value.from, 'start' in value]).toEqual([[...value.words].length, false]);
});

test('its passages stand where their words are, counted in code points', async () => {
	const app = await openFormer();
	await upgrade(app);
	const { records } = await shapes(app);
	let past = 0;
	for (const { id, where, about } of Object.values(index.excerpts)) {
		if (where !== 'stored') continue;
		const passage = inUse(records.get(id)!.fields, 'passage') as Passage;
		const fields = records.get(index.interviews[about]!.id)!.fields;
		const { words = '' } = inUse(fields, answerField(passage.question)) as Answer;
		const span = spanIn(words, passage)!;
		expect([...words].slice(passage.from, passage.to).join(''), id).toBe(passage.words);
		expect(words.slice(span.start, span.end), id).toBe(passage.words);
		if (span.start !== passage.from) past += 1; // after an emoji, the two counts differ
	}
	expect(past).toBeGreaterThan(0);
});

test('its campaign keeps the template it was opened with, and the one of today lies beside it', async () => {
	const app = await openFormer();
	await upgrade(app);
	const { records } = await shapes(app);
	const frameworks = [...records.values()].filter(({ kind }) => kind === 'framework');
	const versions = frameworks.map(({ id, fields }) => [
		id,
		(valuesOf(fields).definition as { version: string }).version
	]);
	expect(versions.toSorted(([, a], [, b]) => (a! < b! ? -1 : 1))).toEqual([
		[index.framework, '2026.2'],
		[expect.any(String), '2026.4']
	]);
	expect(inUse(records.get(index.campaign)!.fields, 'framework')).toBe(index.framework);
	await upgrade({ ...app, version: 'again' });
	expect((await storedRecords(app, index.structure)).filter(({ kind }) => kind === 'framework')).toHaveLength(2);
});

test('who was given a code finds what they said and agreed to', async () => {
	const app = await openFormer();
	await upgrade(app);
	const body = { structure: index.structure, code: index.receipts.jardin };
	const response = await call(app, 'POST', '/api/receipt', { body });
	const testimony = Testimony.parse(await response.json());
	expect(testimony.id).toBe(index.interviews.jardin!.id);
	expect(testimony.consents.find(({ use }) => use === 'quotation')!.consent).toBe('yes');
	expect(testimony.answers.length).toBeGreaterThan(0);
});

test('its tablet goes on against it: what it had not sent arrives in today’s shapes, and both sides hold the same', async () => {
	const app = await openFormer();
	await upgrade(app);
	const { db, place } = await openFormerTablet();
	const device = formerDevice('sandrine');
	const jardin = await findView(db, place.person, index.interviews.jardin!.id);
	const shown = valuesOf(jardin!.fields);
	for (const field of Object.keys(shown).filter((one) => one.startsWith('consent:')))
		expect(shown[field], field).toMatchObject({ answer: expect.stringMatching(/^(yes|no)$/) as unknown });

	const visit = () =>
		round({
			db,
			seat: place,
			person: device.session.person,
			call: (method, path, raw, headers) => call(app, method, path, { raw: raw as BodyInit, headers, as: device }),
			pack: gzip,
			now: () => app.now.getTime(),
			mint: uuid
		});
	expect((await visit()).outcome).toMatchObject({ state: 'done', position: { digest: 'equal' } });
	expect(await db.outbox.count()).toBe(0);
	await expectSound(app, index.structure);

	const { records, answers, consents } = await shapes(app);
	for (const { of, kind } of index.tablet.outbox)
		if (kind === 'interview') expect(records.has(index.interviews[of]!.id), of).toBe(true);
	expect(answers.every(({ value }) => value.value === undefined || typeof value.value === 'object')).toBe(true);
	expect(consents.every(({ value }) => typeof value === 'object')).toBe(true);
	// Row by row, what the tablet shows is what the server has.
	for (const row of await db.records.toArray()) {
		if (row.stub || row.sequence === 0) continue;
		const opened = await db.openRecord(row);
		expect(valuesOf(opened.fields), `${row.kind} ${row.id}`).toEqual(valuesOf(records.get(row.id)!.fields));
	}
});

test('a device that still speaks protocol 2 is answered in its shapes, and what it says is stored in today’s', async () => {
	const app = await openFormer();
	await upgrade(app);
	const nadia = formerDevice('nadia');
	const said = change('interview', {
		campaign: index.campaign,
		stakeholder: 'employee',
		state: 'draft',
		'answer:q-estime-fierte-travail': { value: 3 },
		[answerField(NUMBER)]: { value: 2 },
		'consent:citation-anonyme': 'yes'
	});
	const { receipts } = await sync(app, nadia, [said], { protocol: PROTOCOL - 1 });
	expect(receipts).toMatchObject([{ verdict: 'applied' }]);
	const { records } = await shapes(app);
	const stored = valuesOf(records.get(said.record)!.fields);
	expect(stored).toMatchObject({
		'answer:q-estime-fierte-travail': { value: { type: 'scale', level: 3 } },
		[answerField(NUMBER)]: { value: { type: 'number', amount: 2 } },
		'consent:citation-anonyme': { answer: 'yes', use: 'quotation' }
	});

	const former = await sync(app, nadia, [], { protocol: PROTOCOL - 1 });
	const own = former.records.find(({ id }) => id === said.record)!;
	expect(valuesOf(own.fields)).toMatchObject(said.fields);
	const today = await sync(app, nadia);
	expect(valuesOf(today.records.find(({ id }) => id === said.record)!.fields)).toMatchObject(stored);
	// What it shows and edits names the same changes whichever way it was read.
	const seen = { 'consent:citation-anonyme': own.fields['consent:citation-anonyme']!.map(({ change }) => change) };
	const edit = change('interview', { 'consent:citation-anonyme': 'no' }, { record: said.record, seen });
	expect((await sync(app, nadia, [edit], { protocol: PROTOCOL - 1 })).receipts).toMatchObject([{ verdict: 'applied' }]);
});

test('one that speaks an even earlier protocol is refused whole, in words', async () => {
	const app = await openFormer();
	await upgrade(app);
	await expect(sync(app, formerDevice('nadia'), [], { protocol: 1 })).rejects.toThrow(/426.*protocol\.unknown/);
});
