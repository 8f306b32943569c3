import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Change } from '$lib/domain/change';
import { Journal } from '$lib/domain/journal';
import { differing } from '$lib/domain/record';
import { Quarantine, QuarantinedChange, type QuarantineLine } from '$lib/domain/quarantine';
import { afterUpgrade } from '$lib/server/keeping/upgrade';
import { DATABASES } from '../support/databases';
import { deviceOf, hear, idOf, openOffice, problem, told, type Office } from '../support/office';
import { call, change, sync, type Device } from '../support/server';
import { dump, expectSound, quarantineOf, storedRecords, talliesOf } from '../support/stored';
import { Tablet } from '../support/tablet';

const listed = async ({ app, claire }: Office): Promise<QuarantineLine[]> =>
	Quarantine.parse(await (await call(app, 'GET', '/api/quarantine', { as: claire })).json()).lines;

/** The one change that waits for the office. */
const waiting = async (office: Office): Promise<QuarantineLine> =>
	(await listed(office)).filter(({ decision }) => decision === null)[0]!;

const release = ({ app, claire }: Office, { hash }: QuarantineLine): Promise<Response> =>
	call(app, 'POST', `/api/quarantine/${hash}/release`, { as: claire });
const setAside = ({ app, claire }: Office, { hash }: QuarantineLine, reason: string): Promise<Response> =>
	call(app, 'POST', `/api/quarantine/${hash}/set-aside`, { as: claire, body: { reason } });

const verdicts = async ({ app }: Office, device: Device, changes: unknown[]) =>
	(await sync(app, device, changes)).receipts.map(({ verdict, problem }) =>
		problem ? `${verdict} ${problem}` : verdict
	);

const recordOf = async ({ app, structure }: Office, id: string) =>
	(await storedRecords(app, structure)).find((record) => record.id === id);

const actsOf = async ({ app, claire }: Office) =>
	Journal.parse(await (await call(app, 'GET', '/api/journal', { as: claire })).json()).lines.filter(({ act }) =>
		act.startsWith('quarantine')
	);

/** An interview taken where Sandrine does not work. */
const away = (office: Office, fields: Change['fields'] = {}) =>
	told(office, { words: 'MARQUE-parole', fields: { antenna: office.tarbes, ...fields } });

/** A change as a version that knew less left it in quarantine. */
async function leftBy({ app, structure, sandrine }: Office, one: object, more: object = {}): Promise<void> {
	const raw = JSON.stringify(one);
	const hash = createHash('sha256').update(raw).digest('base64url').slice(0, 22);
	await app.db
		.insertInto('quarantine')
		.values({
			...{ structure_id: structure, hash, change_id: '', raw, problem: 'kind.unknown' },
			...{ fields: '[]', person_id: idOf(sandrine), device_id: deviceOf(sandrine) },
			...{ received_at: app.now.toISOString(), decision: null, decided_at: null, decided_by: null, reason: null },
			...more
		})
		.execute();
}

describe.each(DATABASES)('what was refused, on %s', (name) => {
	test('is listed without a word of it, what waits first', async () => {
		const office = await openOffice(name);
		const { app, sandrine, structure } = office;
		const one = away(office);
		expect(await verdicts(office, sandrine, [one])).toEqual(['quarantined right.missing']);
		app.now = new Date(app.now.getTime() + 60_000);
		const invalid = change('interview', { state: 'MARQUE-etat' });
		expect(await verdicts(office, sandrine, [invalid, null])).toEqual([
			'quarantined field.invalid',
			'quarantined change.unreadable'
		]);
		await setAside(
			office,
			(await listed(office)).find(({ record }) => record === invalid.record)!,
			'Faute de frappe'
		);

		const lines = await listed(office);
		expect(JSON.stringify(lines)).not.toContain('MARQUE');
		expect(lines.map(({ decision }) => decision)).toEqual([null, null, 'set-aside']);
		expect(lines.find(({ record }) => record === one.record)).toMatchObject({
			...{ kind: 'interview', problem: 'right.missing', fields: [], decision: null, reason: null },
			...{ person: idOf(sandrine), device: deviceOf(sandrine), deviceName: 'Tablette de Sandrine' }
		});
		expect(lines.find(({ problem }) => problem === 'change.unreadable')).toMatchObject({ kind: null, record: null });
		expect(lines[2]).toMatchObject({ fields: ['state'], reason: 'Faute de frappe', decidedBy: idOf(office.claire) });
		await expectSound(app, structure);
	});

	test('is read one by one, and that it was is in the journal', async () => {
		const office = await openOffice(name);
		const { app, claire, sandrine } = office;
		const one = away(office);
		await sync(app, sandrine, [one]);
		const line = await waiting(office);
		const response = await call(app, 'GET', `/api/quarantine/${line.hash}`, { as: claire });
		const whole = QuarantinedChange.parse(await response.json());
		expect(JSON.parse(whole.raw)).toEqual(one);
		expect(whole.line).toEqual(line);
		expect(await actsOf(office)).toMatchObject([
			{ act: 'quarantine.read', person: idOf(claire), device: deviceOf(claire), subject: line.hash }
		]);
		expect(await problem(await call(app, 'GET', '/api/quarantine/x', { as: claire }))).toEqual([404, 'record.missing']);
	});

	test('is released as its author’s, whatever their rights, also once they have left, and counts once', async () => {
		const office = await openOffice(name);
		const { app, claire, sandrine, structure } = office;
		const one = away(office);
		await sync(app, sandrine, [one]);
		await call(app, 'DELETE', `/api/people/${idOf(sandrine)}`, { as: claire });
		const line = await waiting(office);
		expect((await release(office, line)).status).toBe(204);
		expect(await recordOf(office, one.record)).toMatchObject({ owner: idOf(sandrine), kind: 'interview' });
		await expectSound(app, structure);
		const finished = [...(await talliesOf(app, structure)).stored.values()].filter(
			({ measure, detail }) => measure === 'interview' && detail === 'finished'
		);
		expect(finished).toMatchObject([{ count: 1, place: office.tarbes }]);
		// What it said is in the records now, and only there.
		const [left] = await app.db.selectFrom('quarantine').selectAll().execute();
		expect(left).toMatchObject({ raw: '', decision: 'released', decided_by: idOf(claire) });
		expect(await actsOf(office)).toMatchObject([{ act: 'quarantine.released', subject: line.hash }]);
	});

	test('once released, is told as taken to the device that offers it again, and is taken once', async () => {
		const office = await openOffice(name);
		const { app, sandrine, structure } = office;
		const tablet = await Tablet.of(app, sandrine);
		await tablet.sync();
		const id = await tablet.create('interview', away(office).fields);
		await tablet.sync();
		expect(await tablet.db.refused.toArray()).toMatchObject([{ record: id, problem: 'right.missing' }]);
		await release(office, await waiting(office));
		expect(await tablet.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		expect(await tablet.db.refused.count()).toBe(0);
		expect(await tablet.db.outbox.count()).toBe(0);
		expect(await tablet.view(id)).toMatchObject({ unsent: false });
		expect(await app.db.selectFrom('change').select('id').where('record_id', '=', id).execute()).toHaveLength(1);
		await expectSound(app, structure);
	});

	test('that came under the id of another is given an id of its own, and both count', async () => {
		const office = await openOffice(name);
		const { app, sandrine, structure } = office;
		const one = told(office, { fields: { note: 'une' } });
		await sync(app, sandrine, [one]);
		const twin = { ...one, fields: { ...one.fields, note: 'une autre' } };
		expect(await verdicts(office, sandrine, [twin])).toEqual(['quarantined change.differs']);
		expect((await release(office, await waiting(office))).status).toBe(204);
		const { fields } = (await recordOf(office, one.record))!;
		expect(differing(fields, 'note').map(({ value }) => value)).toEqual(['une', 'une autre']);
		const ids = await app.db.selectFrom('change').select('id').where('record_id', '=', one.record).execute();
		expect(new Set(ids.map(({ id }) => id)).size).toBe(2);
		await expectSound(app, structure);
		// The device does not learn of the id it was given: its own offer is known, and counts no third time.
		expect(await verdicts(office, sandrine, [twin])).toEqual(['applied']);
		expect(await app.db.selectFrom('change').select('id').where('record_id', '=', one.record).execute()).toHaveLength(
			2
		);
		await expectSound(app, structure);
	});

	test('that was released already, cannot be read or is still unknown is refused in words, and nothing changes', async () => {
		const office = await openOffice(name);
		const { app, sandrine, structure } = office;
		await sync(app, sandrine, [away(office)]);
		const taken = await waiting(office);
		await release(office, taken);
		await sync(app, sandrine, [null, 'x', { id: 'x' }, change('visit', { x: 1 }), change('interview', { state: 'x' })]);
		const still = (await listed(office)).filter(({ decision }) => decision === null);
		expect(still).toHaveLength(5);
		const before = await dump(app);
		for (const line of [taken, ...still])
			expect(await problem(await release(office, line)), line.problem).toEqual([409, 'quarantine.unready']);
		expect(await problem(await setAside(office, taken, 'Trop tard'))).toEqual([409, 'quarantine.unready']);
		expect(await problem(await release(office, { ...taken, hash: 'x' }))).toEqual([404, 'record.missing']);
		for (const reason of ['', '   ', 'x'.repeat(501)])
			expect(await problem(await setAside(office, still[0]!, reason))).toEqual([400, 'body.unreadable']);
		expect(await dump(app)).toEqual(before);
		await expectSound(app, structure);
	});

	test('is set aside with a reason that its device is told, stays there, and may be released after all', async () => {
		const office = await openOffice(name);
		const { app, claire, sandrine, structure } = office;
		const tablet = await Tablet.of(app, sandrine);
		const id = await tablet.create('interview', away(office).fields);
		await tablet.sync();
		const line = await waiting(office);
		expect((await setAside(office, line, 'Doublon de la fiche de Tarbes')).status).toBe(204);
		await tablet.sync();
		expect(await tablet.db.refused.toArray()).toMatchObject([
			{ record: id, problem: 'right.missing', reason: 'Doublon de la fiche de Tarbes' }
		]);
		expect(await recordOf(office, id)).toBeUndefined();
		expect((await quarantineOf(app))[0]).toMatchObject({ decision: 'set-aside', decided_by: idOf(claire) });
		// Offering it again changes neither what was decided nor what it says.
		expect(await listed(office)).toMatchObject([{ hash: line.hash, decision: 'set-aside' }]);
		app.now = new Date(app.now.getTime() + 60_000);
		expect((await release(office, line)).status).toBe(204);
		await tablet.sync();
		expect(await tablet.db.refused.count()).toBe(0);
		expect(await tablet.view(id)).toBeDefined();
		expect((await actsOf(office)).map(({ act }) => act)).toEqual(['quarantine.released', 'quarantine.set-aside']);
		await expectSound(app, structure);
	});

	test('that nobody can read is set aside with a reason all the same', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const unreadable = { ...change('interview', {}), at: 'hier' };
		expect(await verdicts(office, sandrine, [unreadable])).toEqual(['quarantined change.unreadable']);
		await setAside(office, await waiting(office), 'Illisible : à ressaisir');
		const { receipts } = await sync(app, sandrine, [unreadable]);
		expect(receipts).toEqual([
			{ verdict: 'quarantined', problem: 'change.unreadable', reason: 'Illisible : à ressaisir' }
		]);
		expect(await listed(office)).toMatchObject([{ decision: 'set-aside' }]);
	});

	test('is judged again once a newer version starts, and once only', async () => {
		const office = await openOffice(name);
		const { app, structure, sandrine } = office;
		const known = told(office, { words: 'Une parole' });
		await afterUpgrade(app);
		await leftBy(office, known);
		await leftBy(office, change('visit', { x: 1 }));
		await leftBy(office, away(office));
		await leftBy(office, told(office), { decision: 'set-aside', reason: 'Doublon' });
		await afterUpgrade(app); // the same version
		expect(await recordOf(office, known.record)).toBeUndefined();
		expect(await quarantineOf(app)).toHaveLength(4);

		const newer = { ...app, version: 'newer' };
		await afterUpgrade(newer);
		expect(await recordOf(office, known.record)).toMatchObject({ owner: idOf(sandrine) });
		await expectSound(app, structure);
		const left = (await listed(office)).map(({ problem, decision }) => decision ?? problem);
		expect(left.toSorted()).toEqual(['kind.unknown', 'right.missing', 'set-aside']);
		await afterUpgrade(newer);
		expect(await listed(office)).toHaveLength(3);
		// A tablet that holds it too learns that it has been taken.
		expect(await verdicts(office, sandrine, [known])).toEqual(['applied']);
	});

	test.each([
		['change', false],
		['come and are gone again before the next exchange', true]
	])('is judged again when its author’s rights %s, and their tablet learns it', async (_, gone) => {
		const office = await openOffice(name);
		const { app, claire, sandrine, tarbes, lourdes, structure } = office;
		const tablet = await Tablet.of(app, sandrine);
		await tablet.sync();
		const id = await tablet.create('interview', away(office).fields);
		await tablet.sync();
		expect(await tablet.db.refused.count()).toBe(1);
		const give = async (antennas: string[]) => {
			const body = { name: 'Sandrine', grants: [{ role: 'counsellor', antennas }] };
			expect((await call(app, 'PUT', `/api/people/${idOf(sandrine)}`, { as: claire, body })).status).toBe(204);
		};
		await give([lourdes, tarbes]);
		expect(await recordOf(office, id)).toMatchObject({ owner: idOf(sandrine) });
		expect(await listed(office)).toEqual([]);
		await expectSound(app, structure);
		if (gone) await give([lourdes]);
		expect(await tablet.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		expect(await tablet.db.refused.count()).toBe(0);
		expect(await tablet.view(id)).toMatchObject({ unsent: false });
	});

	test('leaves with the person it is about, whatever was decided of it', async () => {
		const office = await openOffice(name);
		const { app, claire, sandrine, structure } = office;
		const { interview } = await hear(office, { words: 'Une parole' });
		const about = [1, 2, 3].map((n) =>
			change('interview', { state: `MARQUE-${n}` }, { record: n === 2 ? interview.toUpperCase() : interview })
		);
		const other = change('interview', { state: 'un autre' });
		await sync(app, sandrine, [...about, other]);
		const first = (await listed(office)).find(({ record }) => record === interview)!;
		await setAside(office, first, 'Doublon');
		await call(app, 'DELETE', `/api/testimonies/${interview}`, { as: claire });
		expect((await listed(office)).map(({ record }) => record)).toEqual([other.record]);
		expect(JSON.stringify(await dump(app))).not.toContain('MARQUE');
		await expectSound(app, structure);
	});
});
