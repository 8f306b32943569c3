import { addUp } from '$lib/domain/tallies';
import { describe, expect, test } from 'vitest';
import type { App } from '$lib/server/app';
import { dueNow, runRetention, runRetentionEverywhere } from '$lib/server/keeping/retention';
import { DATABASES } from '../support/databases';
import {
	approve,
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
	type Office
} from '../support/office';
import { call, change, pullAll, sync, type Device } from '../support/server';
import { dump, expectSound, storedRecords, talliesOf, tracesOf } from '../support/stored';

const CODE = 'ABCDE-23456';
const SAID = [
	'marqueur-parole',
	'marqueur-citation',
	'marqueur-nom',
	'marqueur-equipe',
	'2014-10-31',
	'marqueur-refuse'
];
const SERVER = { person: 'server', device: '' };

/** Somebody heard on the 12th of November 2014, with all that a testimony can hold. */
async function heard(office: Office) {
	const { app, sandrine } = office;
	const first = told(office, {
		words: `${SAID[0]} puis ${SAID[1]}`,
		code: CODE,
		fields: { label: SAID[2], note: SAID[3], on: SAID[4], unknownField: SAID[0] }
	});
	const excerpt = quoted(office, first.record, SAID[1]!);
	const edit = change('interview', { 'answer:q-2': { value: 3, words: SAID[0] } }, { record: first.record });
	await sync(app, sandrine, [first, excerpt, edit]);
	await approve(office, excerpt.record, first.record);
	await sync(app, sandrine, [change('interview', { note: SAID[5], on: 'hier' }, { record: first.record })]);
	return { first, excerpt, edit };
}
const at = (app: { now: Date }, when: string) => (app.now = new Date(when));
const due = async (app: App, structure: string) => (await dueNow(app, app.db, structure)).interviews;
const run = (app: App, structure: string) => runRetention(app, structure, SERVER);

describe.each(DATABASES)('a testimony whose time is over, on %s', (name) => {
	test('is over when two years have gone by since the last contact, to the moment', async () => {
		const office = await openOffice(name);
		const { app, structure } = office;
		const { interview } = await hear(office);
		at(app, '2016-11-12T08:59:59.999Z');
		expect(await due(app, structure)).toEqual([]);
		expect(await run(app, structure)).toBe(0);
		at(app, '2016-11-12T09:00:00.000Z'); // the very moment still counts as kept
		expect(await due(app, structure)).toEqual([]);
		at(app, '2016-11-12T09:00:00.001Z');
		expect(await due(app, structure)).toEqual([interview]);
		expect(await run(app, structure)).toBe(1);
		expect(await due(app, structure)).toEqual([]);
		expect(await run(app, structure)).toBe(0);
	});

	test('counts its last contact by the server’s clock, quotes and corrections included, and not by a tablet’s', async () => {
		const office = await openOffice(name);
		const { app, structure, sandrine } = office;
		const old = { ...told(office), at: '1999-01-01T00:00:00.000Z' };
		const quotedLater = await hear(office, { words: 'marqueur-parole' });
		const correctedLater = await hear(office, { words: 'marqueur-parole', code: CODE });
		const untouched = await hear(office, {});
		await sync(app, sandrine, [old]);
		at(app, '2014-12-01T00:00:00.000Z');
		await sync(app, sandrine, [quoted(office, quotedLater.interview, 'marqueur')]);
		const body = { structure, code: CODE, items: ['citation-anonyme'] };
		await call(app, 'POST', '/api/receipt/withdraw', { body });
		at(app, '2016-11-20T00:00:00.000Z');
		expect((await due(app, structure)).toSorted()).toEqual([old.record, untouched.interview].toSorted());
		at(app, '2016-12-02T00:00:00.000Z');
		expect(await due(app, structure)).toHaveLength(4);
		expect((await due(app, structure)).toSorted()).toContain(correctedLater.interview);
	});

	test('is announced as it will be done, to a director, who is noted', async () => {
		const office = await openOffice(name);
		const { app, structure, claire } = office;
		await heard(office);
		await hear(office);
		await claireKeeps(office, 1);
		await stayIn(app);
		at(app, '2014-12-12T10:00:00.000Z');
		const preview = async () => (await (await call(app, 'GET', '/api/retention', { as: claire })).json()) as object;
		expect(await preview()).toEqual({ months: 1, before: '2014-11-12T10:00:00.000Z', interviews: 2 });
		expect((await tracesOf(app, SAID)).length).toBeGreaterThan(5); // a preview takes nothing
		const done = await call(app, 'POST', '/api/retention', { as: claire });
		expect(await done.json()).toEqual({ interviews: 2 });
		expect(await preview()).toMatchObject({ interviews: 0 });
		const lines = await app.db.selectFrom('journal').selectAll().where('act', '=', 'retention.run').execute();
		expect(lines).toMatchObject([{ person_id: idOf(claire), subject: structure, count: 2 }]);
		for (const as of [office.sandrine, office.paul])
			for (const method of ['GET', 'POST'])
				expect(await problem(await call(app, method, '/api/retention', { as }))).toEqual([403, 'right.missing']);
	});

	test('loses words, label, day, interviewer, receipt and history, in every table', async () => {
		const office = await openOffice(name);
		const { app, structure, sandrine } = office;
		const { first, excerpt } = await heard(office);
		const before = (await tracesOf(app, SAID)).join();
		for (const marker of SAID) expect(before, 'the search finds what is there').toContain(marker);
		at(app, '2016-11-13T00:00:00.000Z');
		await run(app, structure);
		expect(await tracesOf(app, SAID)).toEqual([]);
		expect(await tracesOf(app, [receiptHash(structure, CODE)])).toEqual([]);
		const mine = (rows: { [column: string]: unknown }[]) =>
			rows.filter((row) => JSON.stringify(row).includes(first.record) || JSON.stringify(row).includes(excerpt.record));
		for (const [table, rows] of Object.entries(await dump(app)))
			if (!['audience', 'person', 'device', 'session', 'mark'].includes(table))
				expect(JSON.stringify(mine(rows)), `her name in ${table}`).not.toContain(idOf(sandrine));
		const kept = (await storedRecords(app, structure)).find(({ id }) => id === first.record)!;
		expect(kept).toMatchObject({ owner: '-', audience: null });
		expect(Object.keys(kept.fields).toSorted()).toEqual(
			[
				...['campaign', 'framework', 'stakeholder', 'antenna', 'criteria', 'state', 'consent:usage-evaluation'],
				...[
					'consent:citation-anonyme',
					'consent:enregistrement-voix',
					`answer:${QUESTION}`,
					`answer:${OPEN_QUESTION}`,
					'answer:q-2'
				]
			].toSorted()
		);
		expect(kept.fields['answer:q-2']).toMatchObject([
			{ value: { value: { type: 'scale', level: 3 }, hadWords: true }, person: '-', at: '' }
		]);
	});

	test('still counts for what it counted, and everything agrees with itself', async () => {
		const office = await openOffice(name);
		const { app, structure } = office;
		await heard(office);
		await hear(office, { fields: { state: 'refused' } });
		await hear(office, { fields: { 'consent:usage-evaluation': 'no' } });
		await hear(office, { fields: { state: 'draft' } });
		// The day has gone, and the month that interviews are counted by with it.
		const counted = async () =>
			addUp([...(await talliesOf(app, structure)).stored.values()].map((one) => ({ ...one, period: '' })));
		const before = (await talliesOf(app, structure)).stored;
		const inAll = await counted();
		expect(before.size).toBeGreaterThan(5);
		at(app, '2016-11-13T00:00:00.000Z');
		expect(await run(app, structure)).toBe(4);
		expect(await counted()).toEqual(expect.arrayContaining(inAll));
		expect(await counted()).toHaveLength(inAll.length);
		await expectSound(app, structure);
	});

	test('goes from the devices that had it', async () => {
		const office = await openOffice(name);
		const { app, structure, claire, sandrine, nadia } = office;
		const { first, excerpt } = await heard(office);
		const standing = new Map<Device, Awaited<ReturnType<typeof pullAll>>>();
		for (const device of [claire, sandrine, nadia]) standing.set(device, await pullAll(app, device));
		await stayIn(app);
		at(app, '2016-11-13T00:00:00.000Z');
		await run(app, structure);
		const marks = async (device: Device) =>
			(await sync(app, device, [], standing.get(device))).marks.map(({ id, erased }) => [id, erased]);
		expect(await marks(sandrine)).toEqual(
			expect.arrayContaining([
				[first.record, true],
				[excerpt.record, true]
			])
		);
		// What others read of it leaves as anything does: the id says nothing of anybody.
		const quote = standing.get(nadia)!.records.find(({ kind }) => kind === 'quote')!.id;
		expect(await marks(claire)).toEqual(
			expect.arrayContaining([
				[excerpt.record, true],
				[quote, undefined]
			])
		);
		expect(await marks(nadia)).toEqual([[quote, undefined]]);
		expect((await pullAll(app, sandrine)).records.map(({ id }) => id)).not.toContain(first.record);
		const listed = await call(app, 'GET', `/api/testimonies?campaign=${office.campaign}`, { as: claire });
		expect(await listed.json()).toEqual([]);
		// Its coded answers are all that is left to read, by who still knows its id.
		const left = await (await call(app, 'GET', `/api/testimonies/${first.record}`, { as: claire })).text();
		for (const hidden of [...SAID, 'Sandrine', idOf(sandrine)]) expect(left).not.toContain(hidden);
	});

	test('answers a change that comes again as the first time, and keeps nothing of it', async () => {
		const office = await openOffice(name);
		const { app, structure, sandrine } = office;
		const { first, excerpt, edit } = await heard(office);
		await stayIn(app);
		at(app, '2016-11-13T00:00:00.000Z');
		await run(app, structure);
		const before = await storedRecords(app, structure);
		const { receipts } = await sync(app, sandrine, [first, excerpt, edit]);
		expect(receipts.map(({ verdict }) => verdict)).toEqual(['applied', 'applied', 'applied']);
		expect(await storedRecords(app, structure)).toEqual(before);
		expect(await tracesOf(app, SAID)).toEqual([]);
	});

	test('takes no more words in: an edit that comes later leaves none, not even in quarantine', async () => {
		const office = await openOffice(name);
		const { app, structure, sandrine } = office;
		const { first } = await heard(office);
		await stayIn(app);
		at(app, '2016-11-13T00:00:00.000Z');
		await run(app, structure);
		const field = `answer:${OPEN_QUESTION}`;
		const late = change(
			'interview',
			{ [field]: { words: SAID[0] } },
			{ record: first.record, seen: { [field]: [first.id] } }
		);
		await sync(app, sandrine, [late, quoted(office, first.record, SAID[1]!)]);
		await expectSound(app, structure);
		at(app, '2019-11-13T00:00:00.000Z');
		await run(app, structure);
		expect(await tracesOf(app, SAID)).toEqual([]);
	});

	test('follows the structure’s own number of months', async () => {
		const office = await openOffice(name);
		const { app, structure } = office;
		const { interview } = await hear(office);
		await claireKeeps(office, 3);
		at(app, '2015-02-12T09:00:00.000Z');
		expect(await due(app, structure)).toEqual([]);
		at(app, '2015-02-12T09:00:00.001Z');
		expect(await due(app, structure)).toEqual([interview]);
		expect((await dueNow(app, app.db, structure)).months).toBe(3);
	});

	test('leaves the readings, the quotes of others and the fictitious structure as they are', async () => {
		const office = await openOffice(name);
		const { app, structure } = office;
		const other = (await openOther(app)).session.structure.id;
		const theirs = await storedRecords(app, other);
		await heard(office);
		at(app, '2016-11-01T00:00:00.000Z');
		await stayIn(app);
		const young = await hear(office, { words: 'une parole récente', quote: 'récente' });
		at(app, '2017-02-13T00:00:00.000Z'); // when the invented dates are two years old as well
		const before = (await storedRecords(app, structure)).filter(
			({ kind }) => !['interview', 'excerpt', 'quote'].includes(kind)
		);
		await runRetentionEverywhere(app);
		const after = await storedRecords(app, structure);
		expect(after.filter(({ kind }) => !['interview', 'excerpt', 'quote'].includes(kind))).toEqual(before);
		expect(after.filter(({ id }) => [young.interview, young.excerpt].includes(id)).map(({ owner }) => owner)).toEqual([
			idOf(office.sandrine),
			idOf(office.sandrine)
		]);
		expect(after.filter(({ owner }) => owner === '-')).toHaveLength(2);
		expect(await storedRecords(app, other)).toEqual(theirs);
		const lines = await app.db.selectFrom('journal').selectAll().where('act', '=', 'retention.run').execute();
		expect(lines).toMatchObject([{ person_id: 'server', count: 1, subject: structure }]);
	});
});

/** The director sets how many months the structure keeps. */
async function claireKeeps({ app, claire, structure }: Office, monthsKept: number): Promise<void> {
	const { receipts } = await sync(app, claire, [change('structure', { monthsKept }, { record: structure })]);
	expect(receipts).toMatchObject([{ verdict: 'applied' }]);
}

/** Nobody is signed out by the years that go by. */
const stayIn = (app: App) => app.db.updateTable('session').set({ expires_at: '2099-01-01T00:00:00.000Z' }).execute();
