import { approvalOf, decisionOn } from '$lib/domain/excerpt';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { groupBy } from '$lib/domain/grouped';
import { inUse } from '$lib/domain/record';
import { readingId } from '$lib/domain/reading';
import { readSetting, type Position } from '$lib/local/database';
import type { Grant } from '$lib/domain/structure';
import { PAGE } from '$lib/domain/sync';
import { inStructure } from '$lib/server/database/open';
import { chunks, selectKind } from '$lib/server/database/store';
import { inOrder, recordsOf } from '$lib/server/exchange/pull';
import { DATABASES, openApp } from '../support/databases';
import { interview, openScene, type Scene } from '../support/scene';
import { addTotp, call, change, enrol, pullAll, sync } from '../support/server';
import { digestOfRecords } from '../support/stored';
import { Tablet } from '../support/tablet';

const DONE = { state: 'done', position: { digest: 'equal' } };

/** The director changes what a person may do. */
async function grant({ app, claire }: Scene, tablet: Tablet, grants: Grant[]) {
	const { person } = tablet.device.session;
	const body = { name: person.name, grants };
	const response = await call(app, 'PUT', `/api/people/${person.id}`, { body, as: claire.device });
	expect(response.status).toBe(204);
}
const counsellor = (...antennas: string[]): Grant[] => [{ role: 'counsellor', antennas }];

/** Sandrine's finished interview and a passage of it, as the server has them. */
async function quote(scene: Scene) {
	const { sandrine } = scene;
	const about = await sandrine.create('interview', interview(scene));
	const passage = { question: 'q1', start: 0, end: 16, words: 'Je me sens utile' };
	const excerpt = await sandrine.create(
		'excerpt',
		{
			campaign: scene.campaign,
			stakeholder: 'employee',
			antenna: scene.lourdes,
			passage,
			criterion: 'reconnaissance-estime',
			valence: 'added',
			quote: 'anonymous'
		},
		about
	);
	await sandrine.sync();
	return { about, excerpt };
}

/** Figures of an antenna, one for each made-up indicator. */
const readings = (scene: Scene, place: string, count: number) =>
	Array.from({ length: count }, (_, i) =>
		change(
			'reading',
			{ value: { amount: i } },
			{ record: readingId({ campaign: scene.campaign, place, period: '2014-03', indicator: `i${i}` }) }
		)
	);

describe.each(DATABASES)('what a device receives from %s', (name) => {
	test('more than one page comes whole, each record once, and the digest says so', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire, lourdes, tarbes } = scene;
		await sync(app, claire.device, readings(scene, lourdes, 700));
		await sync(app, claire.device, readings(scene, tarbes, 650));
		const first = await sync(app, claire.device);
		expect(first.more).toBe(true);
		expect(first.records.length).toBeGreaterThanOrEqual(PAGE);
		expect(first.records.length).toBeLessThanOrEqual(PAGE + 1);
		expect(first.digest).toBeUndefined();
		const all = await pullAll(app, claire.device);
		expect(new Set(all.records.map(({ id }) => id)).size).toBe(all.records.length);
		expect(all.digest).toEqual(digestOfRecords(all.records));
		const order = first.records.map(({ sequence }) => sequence);
		expect(order).toEqual(order.toSorted((a, b) => a - b));
	});

	test('records that left while pages were being turned are gone at the end', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire, lourdes } = scene;
		const all = readings(scene, lourdes, 600);
		await sync(app, claire.device, all);
		let reply = await sync(app, claire.device);
		const held = new Map(reply.records.map((record) => [record.id, record]));
		const gone = [...all.slice(0, 3), ...all.slice(-3)];
		await sync(
			app,
			claire.device,
			gone.map(({ id, record }) => change('reading', { deleted: { named: [id] } }, { record }))
		);
		const audiences = reply.audiences!;
		while (reply.more) {
			reply = await sync(app, claire.device, [], { ...reply, audiences });
			for (const { id } of reply.marks) held.delete(id);
			for (const record of reply.records) held.set(record.id, record);
		}
		for (const { record } of gone) expect(held.has(record)).toBe(false);
		expect(reply.digest).toEqual(digestOfRecords([...held.values()]));
	});

	test('an approved quote goes to everybody, one set aside comes back, and every device agrees each time', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, nadia, sandrine } = scene;
		const everybody = async () => {
			for (const tablet of [claire, sandrine, nadia]) expect(await tablet.sync()).toMatchObject(DONE);
		};
		const { excerpt } = await quote(scene);
		await everybody();
		expect(await nadia.view(excerpt)).toBeUndefined();
		const ids = new Set<string>();
		for (const decision of ['approved', 'set-aside', 'approved'] as const) {
			const approval = approvalOf((await claire.view(excerpt))!.fields, decision);
			await claire.edit('excerpt', excerpt, { approval });
			await everybody();
			expect(await nadia.view(excerpt)).toBeUndefined();
			const quotes = await nadia.list('quote');
			for (const { id } of quotes) ids.add(id);
			expect(quotes.map(({ fields }) => inUse(fields, 'words'))).toEqual(
				decision === 'approved' ? ['Je me sens utile'] : []
			);
			expect(decisionOn((await sandrine.view(excerpt))!.fields)).toBe(decision);
		}
		expect(ids.size).toBe(2); // each approval makes another one
		for (const { fields, about, owner } of await nadia.list('quote')) {
			expect([about, owner]).toEqual([undefined, 'server']);
			expect(Object.keys(fields).toSorted()).toEqual(['campaign', 'criterion', 'limit', 'valence', 'words']);
			for (const [current] of Object.values(fields)) expect(current!.at).toMatch(/^\d{4}-\d\d-\d\d$/);
		}
	});

	test('a withdrawn consent brings the quote back from everybody', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, nadia, sandrine } = scene;
		const { about, excerpt } = await quote(scene);
		await claire.sync();
		await claire.edit('excerpt', excerpt, {
			approval: approvalOf((await claire.view(excerpt))!.fields, 'approved')
		});
		await claire.sync();
		await nadia.sync();
		expect(await nadia.list('quote')).toHaveLength(1);
		await sandrine.edit('interview', about, { 'consent:usage-evaluation': 'no' });
		expect(await sandrine.sync()).toMatchObject(DONE);
		expect(await nadia.sync()).toMatchObject(DONE);
		expect(await nadia.list('quote')).toEqual([]);
		expect(await claire.sync()).toMatchObject(DONE);
	});

	test('nobody else’s interview leaves the server, the director’s device included', async () => {
		const scene = await openScene(await openApp(name));
		const { about } = await quote(scene);
		for (const tablet of [scene.claire, scene.nadia, scene.paul]) {
			const { records } = await pullAll(scene.app, tablet.device);
			expect(records.map(({ id }) => id)).not.toContain(about);
		}
	});

	test('a person who gains an antenna gets its figures from the beginning, and nothing else again', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire, sandrine, lourdes, tarbes } = scene;
		await sync(app, claire.device, readings(scene, lourdes, 40));
		await sync(app, claire.device, readings(scene, tarbes, 600));
		await sandrine.sync();
		expect(await sandrine.list('reading')).toHaveLength(40);
		await grant(scene, sandrine, counsellor(lourdes, tarbes));
		const position = (await readSetting<Position>(sandrine.db, 'position'))!;
		let reply = await sync(app, sandrine.device, [], position);
		const received = [...reply.records];
		const audiences = reply.audiences!;
		while (reply.more) {
			reply = await sync(app, sandrine.device, [], { ...reply, audiences });
			received.push(...reply.records);
		}
		const kinds = groupBy(received, ({ audience }) => audience);
		expect([...kinds.keys()].toSorted()).toEqual([`readings:${tarbes}`, 'structure'].toSorted());
		expect(kinds.get(`readings:${tarbes}`)).toHaveLength(600);
		expect(kinds.get('structure')).toHaveLength(1); // her own card, with her new rights
		expect(await sandrine.sync()).toMatchObject(DONE);
		expect(await sandrine.list('reading')).toHaveLength(640);
	});

	test('figures that change while a gained antenna is being filled are neither missed nor doubled', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire, sandrine, lourdes, tarbes } = scene;
		const all = readings(scene, tarbes, 1200);
		for (const half of [all.slice(0, 600), all.slice(600)]) await sync(app, claire.device, half);
		await sandrine.sync();
		await grant(scene, sandrine, counsellor(lourdes, tarbes));
		let calls = 0;
		sandrine.net = async (go) => {
			const response = await go();
			if (calls++ < 3) await sync(app, claire.device, readings(scene, tarbes, 5));
			return response;
		};
		expect(await sandrine.sync()).toMatchObject(DONE);
		sandrine.net = (go) => go();
		expect(await sandrine.sync()).toMatchObject(DONE);
		expect(calls).toBeGreaterThan(2);
		expect(await sandrine.list('reading')).toHaveLength(1200);
	});

	test('a person who loses an antenna keeps none of its figures', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire, paul, lourdes, tarbes } = scene;
		await grant(scene, paul, [{ role: 'antenna-staff', antennas: [lourdes, tarbes] }]);
		await sync(app, claire.device, [...readings(scene, lourdes, 3), ...readings(scene, tarbes, 4)]);
		await paul.sync();
		expect(await paul.list('reading')).toHaveLength(7);
		await grant(scene, paul, [{ role: 'antenna-staff', antennas: [lourdes] }]);
		expect(await paul.sync()).toMatchObject(DONE);
		expect(await paul.list('reading')).toHaveLength(3);
	});

	test('who becomes director follows everything, and who stops being one no more than their part', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire, nadia, tarbes, lourdes } = scene;
		const { excerpt } = await quote(scene);
		await sync(app, claire.device, readings(scene, lourdes, 3));
		await nadia.sync();
		expect(await nadia.list('reading')).toHaveLength(0);
		await grant(scene, nadia, [{ role: 'director', antennas: [] }]);
		// A passphrase alone does not open everybody's: nothing more comes before a second factor is there.
		await expect(sync(app, nadia.device)).rejects.toThrow('second-factor.required');
		await addTotp(app, nadia.device);
		expect(await nadia.sync()).toMatchObject(DONE);
		expect(await nadia.list('reading')).toHaveLength(3);
		expect(await nadia.view(excerpt)).toBeDefined();
		await grant(scene, nadia, counsellor(tarbes));
		expect(await nadia.sync()).toMatchObject(DONE);
		expect(await nadia.list('reading')).toHaveLength(0);
		expect(await nadia.view(excerpt)).toBeUndefined();
	});

	test('somebody who asks for what is not theirs receives what is', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire, nadia, lourdes } = scene;
		await sync(app, claire.device, readings(scene, lourdes, 3));
		const everything = [`readings:${lourdes}`, `interviews:${scene.sandrine.person}`, 'office'];
		const reply = await sync(app, nadia.device, [], {
			audiences: everything,
			filling: everything.map((audience) => ({ audience, after: 0, until: 1_000_000 }))
		});
		expect(reply.records.filter(({ audience }) => everything.includes(audience))).toEqual([]);
		expect(reply.audiences).not.toContain('office');
	});

	test('a device that knows a history this server does not have opens a new epoch and starts from zero', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire } = scene;
		const whole = await pullAll(app, claire.device);
		const reply = await sync(app, claire.device, [], { ...whole, cursor: { ...whole.cursor, mark: 'unheard-of' } });
		expect(reply.epoch).not.toBe(whole.epoch);
		expect(reply.records.map(({ id }) => id).toSorted()).toEqual(whole.records.map(({ id }) => id).toSorted());
		expect(reply.digest).toEqual(digestOfRecords(reply.records));
		expect((await sync(app, claire.device, [], reply)).epoch).toBe(reply.epoch);
	});

	test('a device further than the server opens a new epoch too', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire } = scene;
		const { cursor, epoch } = await pullAll(app, claire.device);
		const ahead = { sequence: cursor.sequence + 100, mark: cursor.mark };
		expect((await sync(app, claire.device, [], { cursor: ahead })).epoch).not.toBe(epoch);
	});

	test('after an epoch, tablets agree again and what they had sent is still there', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, sandrine } = scene;
		const { about } = await quote(scene);
		const { cursor, audiences } = (await readSetting<Position>(claire.db, 'position'))!;
		await sync(scene.app, claire.device, [], { cursor: { ...cursor!, mark: 'unheard-of' }, audiences });
		for (const tablet of [claire, sandrine]) expect(await tablet.sync()).toMatchObject(DONE);
		expect(await sandrine.view(about)).toBeDefined();
	});

	test('a new person is known to all, and receives what is everybody’s', async () => {
		const scene = await openScene(await openApp(name));
		const zoe = await Tablet.of(
			scene.app,
			await enrol(scene.app, scene.claire.device, 'Zoé', counsellor(scene.lourdes))
		);
		expect(await zoe.sync()).toMatchObject(DONE);
		expect(await zoe.list('framework')).toHaveLength(1);
		await scene.nadia.sync();
		const names = (await scene.nadia.list('person')).map(({ fields }) => inUse(fields, 'name'));
		expect(names).toContain('Zoé');
	});
});

// What a director follows depends on the antennas: they are asked for at every call.
test('the antennas are found by their index, not among all that the structure has', async () => {
	const { app, claire } = await openScene(await openApp('SQLite'));
	const query = selectKind(app.db, claire.device.session.structure.id, 'antenna');
	const plan = await query.explain<{ detail: string }>(undefined, sql`query plan`);
	expect(plan[0]!.detail).toContain('INDEX record_antenna (structure_id=? AND kind=?)');
});

// Ten years of a structure lie behind the page that a device asks for.
test.each(DATABASES)('a page reads what it gives, however much lies behind it, on %s', async (name) => {
	const { app, claire } = await openScene(await openApp(name));
	const structure = claire.device.session.structure.id;
	const audiences = ['readings:tarbes', 'readings:lourdes', 'office'];
	const lying = Array.from({ length: 6000 }, (_, i) => ({
		structure_id: structure,
		id: `reading-${i}`,
		kind: 'reading',
		owner: 'somebody',
		about: null,
		audience: audiences[i % 3]!,
		sequence: 1000 + i,
		fields: '{}'
	}));
	for (const part of chunks(lying)) await app.db.insertInto('record').values(part).execute();
	const span = { structure, after: 2000, until: 10_000, limit: 300 };
	const page = inOrder(
		app.db,
		audiences.map((one) => recordsOf(app.db, one, span)),
		span
	);
	const given = await page.execute();
	expect(given.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 300 }, (_, i) => 2001 + i));
	if (name === 'SQLite') {
		const plan = await page.explain<{ detail: string }>(undefined, sql`query plan`);
		const reads = plan.map(({ detail }) => detail).filter((detail) => /(SEARCH|SCAN) record/.test(detail));
		const walk = 'SEARCH record USING INDEX record_page (structure_id=? AND audience=? AND sequence>? AND sequence<?)';
		expect(reads).toEqual([walk, walk, walk]);
		return;
	}
	await sql`analyze record`.execute(app.db);
	const plan = await inStructure(structure, () => page.explain<{ 'QUERY PLAN': string }>(undefined, sql`analyze`));
	const scans = plan.map((row) => row['QUERY PLAN']).filter((line) => line.includes('Scan'));
	const read = scans.map((line) => Number(/actual time=\S+ rows=(\d+)/.exec(line)![1]));
	expect(scans.every((line) => line.includes('Index Scan using record_page'))).toBe(true);
	expect(read.reduce((sum, rows) => sum + rows, 0)).toBeLessThanOrEqual(300 + audiences.length);
});
