import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { differing, inUse } from '$lib/domain/record';
import { readingId } from '$lib/domain/reading';
import { readSetting, type Position } from '$lib/local/database';
import { changeOf } from '../bench/pages/sample';
import { DATABASES, openApp } from '../support/databases';
import { signIn } from '../support/office';
import { interview, openScene } from '../support/scene';
import { entered } from '../support/server';
import { Tablet } from '../support/tablet';

describe.each(DATABASES)('an exchange with a server on %s', (name) => {
	test('an interview taken offline reaches the server and leaves the outbox', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene));
		expect(await sandrine.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		expect(await sandrine.db.outbox.count()).toBe(0);
		expect(inUse((await sandrine.view(id))!.fields, 'stakeholder')).toBe('employee');
	});

	test('a lost reply makes the batch come twice and count once', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine, claire } = scene;
		await sandrine.create('interview', interview(scene));
		sandrine.net = async (go) => {
			await go();
			throw new TypeError('the reply was lost');
		};
		expect(await sandrine.sync()).toEqual({ state: 'offline' });
		expect(await sandrine.db.outbox.count()).toBe(1);
		sandrine.net = (go) => go();
		expect(await sandrine.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		const changes = await claire.app.db.selectFrom('change').selectAll().where('kind', '=', 'interview').execute();
		expect(changes).toHaveLength(1);
		const tally = await claire.app.db.selectFrom('tally').selectAll().where('measure', '=', 'interview').execute();
		expect(tally).toMatchObject([{ detail: 'finished', count: 1 }]);
	});

	test('two people fill one cell offline: both values are kept, the first stored stays in use, settling leaves one', async () => {
		const scene = await openScene(await openApp(name));
		const { paul, claire, campaign, lourdes } = scene;
		const cell = readingId({
			campaign,
			place: lourdes,
			period: '2014-03',
			indicator: 'richesses-heures-mise-a-disposition'
		});
		await paul.edit('reading', cell, { value: { amount: 118_400 } });
		await claire.edit('reading', cell, { value: { amount: 114_800 } });
		await paul.sync();
		expect(await claire.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		const contested = (await claire.view(cell))!;
		expect(differing(contested.fields, 'value').map(({ value }) => value)).toEqual([
			{ amount: 118_400 },
			{ amount: 114_800 }
		]);
		await paul.sync();
		expect(differing((await paul.view(cell))!.fields, 'value')).toHaveLength(2);
		await claire.edit('reading', cell, { value: { amount: 114_800 } });
		await claire.sync();
		await paul.sync();
		expect(differing((await paul.view(cell))!.fields, 'value').map(({ value }) => value)).toEqual([
			{ amount: 114_800 }
		]);
	});

	test('an edit made while the batch is on its way is kept and goes next', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene, { state: 'draft' }));
		sandrine.net = async (go) => {
			const reply = await go();
			await sandrine.edit('interview', id, { label: 'Karim' });
			sandrine.net = (go) => go();
			return reply;
		};
		await sandrine.sync();
		expect((await sandrine.view(id))!.unsent).toBe(true);
		await sandrine.sync();
		expect(await sandrine.db.outbox.count()).toBe(0);
		const record = await sandrine.app.db
			.selectFrom('record')
			.select('fields')
			.where('id', '=', id)
			.executeTakeFirstOrThrow();
		expect(record.fields).toContain('Karim');
	});

	test('one new record costs one request and at most 2.5 kB, nothing new one request and at most 0.9 kB', async () => {
		const scene = await openScene(await openApp(name));
		const { paul, campaign, lourdes } = scene;
		await paul.edit(
			'reading',
			readingId({ campaign, place: lourdes, period: '2014-03', indicator: 'situation-missions-realisees' }),
			{ value: { amount: 212 } }
		);
		paul.requests = [];
		await paul.sync();
		expect(paul.requests).toHaveLength(1);
		const bytes = ({ sent, received }: { sent: number; received: number }) => sent + received;
		expect(bytes(paul.requests[0]!)).toBeLessThanOrEqual(2500);
		paul.requests = [];
		await paul.sync();
		expect(paul.requests).toHaveLength(1);
		expect(bytes(paul.requests[0]!)).toBeLessThanOrEqual(900);
	});

	test('a tablet that has nothing is given all of a small structure by one request', async () => {
		const { app, sandrine } = await openScene(await openApp(name));
		const { structure } = sandrine.device.session;
		const other = await Tablet.of(app, await entered(await signIn(app, structure.id, 'Sandrine')));
		expect(await other.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		expect(other.requests).toHaveLength(1);
	});

	test('a batch of 500 is one durable commit', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine, app } = scene;
		for (let i = 0; i < 500; i++) await sandrine.create('interview', interview(scene));
		const commits = async () =>
			Number(
				(
					await app.db
						.selectFrom('commit_mark')
						.select((eb) => eb.fn.countAll().as('n'))
						.executeTakeFirstOrThrow()
				).n
			);
		const before = await commits();
		sandrine.requests = [];
		await sandrine.sync();
		expect(await commits()).toBe(before + 1);
		expect(sandrine.requests).toHaveLength(1);
		expect(await readSetting<Position>(sandrine.db, 'position')).toMatchObject({ digest: 'equal' });
	});

	test('a line cut in the middle of a backlog loses nothing, sends at most one batch again and counts each change once', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine, app } = scene;
		for (let i = 0; i < 1200; i++) await sandrine.create('interview', interview(scene));
		let calls = 0;
		sandrine.net = async (go) => {
			calls += 1;
			const reply = await go();
			if (calls === 2) throw new TypeError('cut in the middle of the reply');
			return reply;
		};
		expect(await sandrine.sync()).toEqual({ state: 'offline' });
		// The first batch is taken but not yet tidied into rows; every interview is in sight all the same.
		expect(await sandrine.db.taken.count()).toBe(1);
		expect(await sandrine.list('interview')).toHaveLength(1200);
		const sentBefore = sandrine.requests.length;
		expect(await sandrine.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		expect(sandrine.requests.length - sentBefore).toBe(2);
		expect(await sandrine.db.outbox.count()).toBe(0);
		expect(await sandrine.db.taken.count()).toBe(0);
		const [{ n }] = (await app.db
			.selectFrom('change')
			.select((eb) => eb.fn.countAll().as('n'))
			.where('kind', '=', 'interview')
			.execute()) as [{ n: number }];
		expect(Number(n)).toBe(1200);
		const tally = await app.db.selectFrom('tally').select('count').where('measure', '=', 'interview').execute();
		expect(tally).toMatchObject([{ count: 1200 }]);
	});

	test('a backlog of 2,000 costs no more requests than its batches and two, and hardly more bytes than its own gzip', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine, app } = scene;
		const { structure } = sandrine.device.session;
		const other = await Tablet.of(app, await entered(await signIn(app, structure.id, 'Sandrine')));
		await other.sync();
		const changes = Array.from({ length: 2000 }, (_, i) =>
			changeOf({ campaign: scene.campaign, antenna: scene.lourdes }, i)
		);
		const sealed = await Promise.all(changes.map(sandrine.db.sealChange));
		await sandrine.db.outbox.bulkAdd(sealed.map((change) => ({ ...change, state: 'frozen' })) as never);
		const gzipped = (all: unknown[]) =>
			[0, 500, 1000, 1500]
				.map((from) => gzipSync(JSON.stringify(all.slice(from, from + 500))).length)
				.reduce((sum, size) => sum + size);
		const bytes = ({ requests }: Tablet) => requests.reduce((sum, { sent, received }) => sum + sent + received, 0);

		sandrine.requests = [];
		expect(await sandrine.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		expect(sandrine.requests.length).toBeLessThanOrEqual(2000 / 500 + 2);
		expect(bytes(sandrine) / gzipped(changes)).toBeLessThanOrEqual(1.15);

		other.requests = [];
		expect(await other.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		expect(other.requests.length).toBeLessThanOrEqual(2000 / 500 + 2);
		expect(await other.db.records.where('kind').equals('interview').count()).toBe(2000);
		expect(bytes(other) / gzipped(changes)).toBeLessThanOrEqual(1.15);
	});
});
