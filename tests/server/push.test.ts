import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readingId } from '$lib/domain/reading';
import { inUse } from '$lib/domain/record';
import { PROTOCOL, MAX_BYTES, MAX_CHANGES, SyncReply } from '$lib/domain/sync';
import type { App } from '$lib/server/app';
import { Draws } from '$lib/server/fictitious/draws';
import { openFictitious } from '$lib/server/fictitious/structure';
import { DATABASES, openApp } from '../support/databases';
import { interview, openScene, type Scene } from '../support/scene';
import { call, change, enrol, pullAll, sync, TOO_MANY, uuid } from '../support/server';
import { digestsOf, quarantineOf, storedRecords, talliesOf } from '../support/stored';

/** Everything the server stores still agrees with itself. */
async function expectSound(app: App, structure: string) {
	const tallies = await talliesOf(app, structure);
	expect(tallies.stored).toEqual(tallies.expected);
	const digests = await digestsOf(app, structure);
	expect(digests.stored).toEqual(digests.expected);
}
const structureOf = ({ claire }: Scene) => claire.device.session.structure.id;

/** The body of a call of Sandrine's tablet, as it leaves. */
const bodyOf = ({ sandrine }: Scene, changes: unknown[]) => ({
	protocol: PROTOCOL,
	person: sandrine.person,
	device: sandrine.device.session.device.id,
	changes,
	cursor: null,
	audiences: [],
	filling: []
});
const post = ({ app, sandrine }: Scene, raw: BodyInit, headers: Record<string, string> = {}) =>
	call(app, 'POST', '/api/sync', { raw, headers, as: sandrine.device });
const problem = async (response: Response) => [
	response.status,
	((await response.json()) as { problem: string }).problem
];

describe.each(DATABASES)('a batch received on %s', (name) => {
	/** Sends a change between two good ones: the good ones must arrive whatever it is. */
	async function among(scene: Scene, bad: unknown) {
		const good = [change('interview', interview(scene)), change('interview', interview(scene))];
		const { receipts } = await sync(scene.app, scene.sandrine.device, [good[0], bad, good[1]]);
		expect([receipts[0]!.verdict, receipts[2]!.verdict]).toEqual(['applied', 'applied']);
		const ids = new Set((await storedRecords(scene.app, structureOf(scene))).map(({ id }) => id));
		for (const { record } of good) expect(ids).toContain(record);
		await expectSound(scene.app, structureOf(scene));
		return receipts[1]!;
	}

	test('what cannot be read is kept in quarantine as it came, and holds nothing back', async () => {
		const scene = await openScene(await openApp(name));
		const unreadable: unknown[] = [
			null,
			7,
			'x',
			[],
			{},
			{ ...change('interview', {}), id: 'not-a-uuid' },
			{ ...change('interview', {}), record: 'x'.repeat(201) },
			{ ...change('interview', {}), record: 'with\u0000nul' },
			{ ...change('interview', {}), kind: '__proto__' },
			{ ...change('interview', {}), fields: { 'no spaces allowed': 1 } },
			{ ...change('interview', {}), seen: { state: 'x' } },
			{ ...change('interview', {}), at: 'yesterday' },
			{ ...change('interview', {}), at: '2014-13-45T10:00:00.000Z' },
			{ ...change('interview', {}), fields: null, note: 'lone \ud800 and \u0000' }
		];
		for (const raw of unreadable) {
			const receipt = await among(scene, raw);
			expect(receipt).toMatchObject({ verdict: 'quarantined', problem: 'change.unreadable' });
		}
		const kept = await quarantineOf(scene.app);
		expect(kept.map(({ raw }) => raw)).toEqual(expect.arrayContaining(JSON.parse(JSON.stringify(unreadable))));
		expect(kept).toHaveLength(unreadable.length);
		expect(kept[0]).toMatchObject({ problem: 'change.unreadable', person_id: scene.sandrine.person });
	});

	test('a kind this version does not know waits in quarantine, whole', async () => {
		const scene = await openScene(await openApp(name));
		const visit = { ...change('visit', { anything: { deep: [1] } }), extra: 'kept' };
		expect(await among(scene, visit)).toEqual({ verdict: 'quarantined', problem: 'kind.unknown' });
		expect(await quarantineOf(scene.app)).toMatchObject([{ raw: visit, problem: 'kind.unknown', change_id: visit.id }]);
	});

	test('a field this version does not know is kept with its record', async () => {
		const scene = await openScene(await openApp(name));
		const newer = change('interview', interview(scene, { mood: { face: '🙂', 'nul\u0000': '\u0000' } }));
		expect(await among(scene, newer)).toMatchObject({ verdict: 'applied' });
		const { records } = await pullAll(scene.app, scene.sandrine.device);
		const found = records.find(({ id }) => id === newer.record)!;
		expect(inUse(found.fields, 'mood')).toEqual({ face: '🙂', 'nul\u0000': '\u0000' });
	});

	test('an impossible value is refused by its field, and the rest of its change with it', async () => {
		const scene = await openScene(await openApp(name));
		const bad = change('interview', interview(scene, { stakeholder: 'neighbour', on: '12/11/2014' }));
		const receipt = await among(scene, bad);
		expect(receipt).toMatchObject({ verdict: 'quarantined', problem: 'field.invalid' });
		expect(receipt.fields!.toSorted()).toEqual(['on', 'stakeholder']);
		expect(await quarantineOf(scene.app)).toMatchObject([{ raw: bad, problem: 'field.invalid' }]);
	});

	test('a tablet whose clock is a century off is listened to all the same', async () => {
		const scene = await openScene(await openApp(name));
		for (const at of ['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])
			expect(await among(scene, { ...change('interview', interview(scene)), at })).toMatchObject({
				verdict: 'applied'
			});
	});

	test('a person’s own place is all they may write in', async () => {
		const scene = await openScene(await openApp(name));
		const { nadia, lourdes, campaign } = scene;
		const theirs = change('interview', interview(scene, { antenna: scene.tarbes }));
		await sync(scene.app, nadia.device, [theirs]);
		const cell = (place: string) => readingId({ campaign, place, period: '2014-03', indicator: 'x' });
		for (const bad of [
			change('interview', { note: 'x' }, { record: theirs.record }),
			change('interview', interview(scene, { antenna: scene.tarbes })),
			change('excerpt', { valence: 'added' }, { about: theirs.record }),
			change('reading', { value: { amount: 1 } }, { record: cell(lourdes) }),
			change('campaign', { title: 'Mine' }),
			change('person', { name: 'Me' }, { record: scene.sandrine.person }),
			change('structure', { name: 'Mine' }, { record: structureOf(scene) })
		])
			expect(await among(scene, bad)).toEqual({ verdict: 'quarantined', problem: 'right.missing' });
		const { records } = await pullAll(scene.app, nadia.device);
		expect(records.find(({ id }) => id === theirs.record)!.fields.note).toBeUndefined();
	});

	test('a record does not change kind', async () => {
		const scene = await openScene(await openApp(name));
		const mine = change('interview', interview(scene));
		await sync(scene.app, scene.sandrine.device, [mine]);
		const bad = change('excerpt', { valence: 'added' }, { record: mine.record });
		expect(await among(scene, bad)).toEqual({ verdict: 'quarantined', problem: 'kind.differs' });
	});

	test('what is pushed in another’s name is refused whole', async () => {
		const scene = await openScene(await openApp(name));
		const before = await storedRecords(scene.app, structureOf(scene));
		const honest = bodyOf(scene, [change('interview', interview(scene))]);
		for (const forged of [
			{ ...honest, person: scene.claire.person },
			{ ...honest, device: scene.claire.device.session.device.id }
		]) {
			const response = await post(scene, JSON.stringify(forged));
			expect(await problem(response)).toEqual([403, 'session.other']);
		}
		expect(await storedRecords(scene.app, structureOf(scene))).toHaveLength(before.length);
		expect(await quarantineOf(scene.app)).toEqual([]);
	});

	test('a change that comes again counts once and gets its first answer', async () => {
		const scene = await openScene(await openApp(name));
		const mine = change('interview', interview(scene));
		const first = await sync(scene.app, scene.sandrine.device, [mine, mine]);
		const again = await sync(scene.app, scene.sandrine.device, [mine]);
		expect([...first.receipts, ...again.receipts].map(({ verdict }) => verdict)).toEqual([
			'applied',
			'applied',
			'applied'
		]);
		expect(again.committed).toBe(first.committed);
		const { stored } = await talliesOf(scene.app, structureOf(scene));
		expect([...stored.values()].find(({ detail }) => detail === 'finished')!.count).toBe(1);
	});

	test('the same id with another content is kept apart and changes nothing', async () => {
		const scene = await openScene(await openApp(name));
		const mine = change('interview', interview(scene));
		await sync(scene.app, scene.sandrine.device, [mine]);
		const forged = { ...mine, fields: { ...mine.fields, note: 'other' } };
		expect(await among(scene, forged)).toEqual({ verdict: 'quarantined', problem: 'change.differs' });
		const { records } = await pullAll(scene.app, scene.sandrine.device);
		expect(records.find(({ id }) => id === mine.record)!.fields.note).toBeUndefined();
	});

	test('a quarantined change is judged again when it comes again', async () => {
		const scene = await openScene(await openApp(name));
		const { claire, sandrine, tarbes } = scene;
		const bad = change('interview', interview(scene, { antenna: tarbes }));
		expect((await sync(scene.app, sandrine.device, [bad])).receipts[0]!.verdict).toBe('quarantined');
		const grants = [{ role: 'counsellor', antennas: [scene.lourdes, tarbes] }];
		const path = `/api/people/${sandrine.person}`;
		await call(scene.app, 'PUT', path, { body: { name: 'Sandrine', grants }, as: claire.device });
		expect((await sync(scene.app, sandrine.device, [bad])).receipts[0]!.verdict).toBe('applied');
	});

	test('the id of another structure’s record reaches nothing over there', async () => {
		const scene = await openScene(await openApp(name));
		const fictitious = await openFictitious(scene.app);
		const theirs = (await storedRecords(scene.app, fictitious.structure)).find(({ kind }) => kind === 'interview')!;
		const before = await storedRecords(scene.app, fictitious.structure);
		await sync(scene.app, scene.claire.device, [
			change('interview', { note: 'seen' }, { record: theirs.id, seen: { note: [uuid()] } })
		]);
		expect(await storedRecords(scene.app, fictitious.structure)).toEqual(before);
		const { records } = await pullAll(scene.app, scene.claire.device);
		expect(records.find(({ id }) => id === theirs.id)?.fields.state).toBeUndefined();
		await expectSound(scene.app, fictitious.structure);
	});

	test.each([
		['a field named like a property of every object', { constructor: 'x', toString: 'y', hasOwnProperty: 'z' }],
		['an answer with a NUL in it', { 'answer:q1': { value: 'a\u0000b' } }],
		['answers that are halves of characters', { 'answer:q1': { value: ['\ud800', '\udfff'] } }],
		[
			'an answer of ten thousand characters',
			{ 'answer:q1': { value: String(Array.from({ length: 2000 }, (_, i) => i * 7919)) } }
		],
		['words with a NUL, quotes and a table to drop', { note: `'; drop table record; --\u0000"\\` }]
	])('%s does no harm', async (_, fields) => {
		const scene = await openScene(await openApp(name));
		const receipt = await among(scene, change('interview', interview(scene, fields)));
		expect(['applied', 'quarantined']).toContain(receipt.verdict);
	});

	test('a field named __proto__ pollutes nothing', async () => {
		const scene = await openScene(await openApp(name));
		const raw = JSON.stringify(bodyOf(scene, [change('interview', interview(scene, { note: 'HERE' }))])).replace(
			'"note":"HERE"',
			'"__proto__":{"polluted":true}'
		);
		const response = await post(scene, raw);
		expect(response.status).toBe(200);
		expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
		await expectSound(scene.app, structureOf(scene));
	});

	test('amounts at the edge of what is exact do no harm, added up or not', async () => {
		const scene = await openScene(await openApp(name));
		const { paul, claire, campaign, lourdes } = scene;
		const cell = (period: string) =>
			readingId({ campaign, place: lourdes, period, indicator: 'besoins-delai-reponse' });
		const largest = Number.MAX_SAFE_INTEGER;
		const reply = await sync(scene.app, paul.device, [
			change('reading', { value: { mean: largest, weight: largest } }, { record: cell('2014-Q1') }),
			change('interview', interview(scene, { 'answer:q1': { value: largest } })),
			change('interview', interview(scene, { 'answer:q1': { value: largest } }))
		]);
		for (const { verdict } of reply.receipts) expect(['applied', 'quarantined']).toContain(verdict);
		const sheets = await call(scene.app, 'GET', `/api/sheets?campaign=${campaign}`, { as: claire.device });
		expect(sheets.status).toBe(200);
	});

	test('a change nested too deep to be read holds nothing back', async () => {
		const scene = await openScene(await openApp(name));
		const good = change('interview', interview(scene));
		const deep = JSON.stringify(change('interview', { note: 'HERE' })).replace(
			'"HERE"',
			'['.repeat(100_000) + ']'.repeat(100_000)
		);
		const raw = JSON.stringify(bodyOf(scene, [good, 'DEEP'])).replace('"DEEP"', deep);
		const response = await post(scene, raw);
		expect(response.status).toBe(200);
		const { receipts } = SyncReply.parse(await response.json());
		expect(receipts.map(({ verdict }) => verdict)).toEqual(['applied', 'quarantined']);
	});
});

describe('a body that is too much or not one', () => {
	test('more than a thousand changes are sent back to be halved; a thousand are taken', async () => {
		const scene = await openScene(await openApp('SQLite'));
		const many = (count: number) =>
			JSON.stringify(
				bodyOf(
					scene,
					Array.from({ length: count }, () => null)
				)
			);
		for (const count of [TOO_MANY, 10_000])
			expect(await problem(await post(scene, many(count)))).toEqual([413, 'batch.too-large']);
		expect(await quarantineOf(scene.app)).toEqual([]);
		expect((await post(scene, many(MAX_CHANGES))).status).toBe(200);
	});

	test('more than five megabytes are sent back, plain, compressed or as a bomb', async () => {
		const scene = await openScene(await openApp('SQLite'));
		const json = JSON.stringify(bodyOf(scene, ['x'.repeat(MAX_BYTES)]));
		const bomb = gzipSync(Buffer.alloc(200_000_000, ' '));
		expect(bomb.length).toBeLessThan(MAX_BYTES);
		const gzip = { 'content-encoding': 'gzip' };
		expect(await problem(await post(scene, json))).toEqual([413, 'body.too-large']);
		expect(await problem(await post(scene, gzipSync(json), gzip))).toEqual([413, 'body.too-large']);
		expect(await problem(await post(scene, bomb, gzip))).toEqual([413, 'body.too-large']);
	});

	test('a compressed batch is read like a plain one', async () => {
		const scene = await openScene(await openApp('SQLite'));
		const body = gzipSync(JSON.stringify(bodyOf(scene, [change('interview', interview(scene))])));
		const response = await post(scene, body, { 'content-encoding': 'gzip' });
		expect(SyncReply.parse(await response.json()).receipts).toMatchObject([{ verdict: 'applied' }]);
	});

	test('what is not JSON, not gzip, not UTF-8 or not a call is said to be unreadable', async () => {
		const scene = await openScene(await openApp('SQLite'));
		const good = JSON.stringify(bodyOf(scene, []));
		const cases: [BodyInit, Record<string, string>?][] = [
			[''],
			['{'],
			['null'],
			[JSON.stringify({ ...bodyOf(scene, []), cursor: { sequence: -1, mark: '' } })],
			[JSON.stringify({ ...bodyOf(scene, []), changes: {} })],
			[JSON.stringify({ ...bodyOf(scene, []), audiences: Array.from({ length: 2001 }, () => 'x') })],
			[new Uint8Array([0xff, 0xfe, 0x00])],
			[good, { 'content-encoding': 'gzip' }],
			[gzipSync(good).subarray(0, 20), { 'content-encoding': 'gzip' }],
			[good, { 'content-encoding': 'br' }]
		];
		for (const [raw, headers] of cases)
			expect(await problem(await post(scene, raw, headers))).toEqual([400, 'body.unreadable']);
	});

	test('who is not signed in is not listened to', async () => {
		const scene = await openScene(await openApp('SQLite'));
		const response = await call(scene.app, 'POST', '/api/sync', { body: bodyOf(scene, []) });
		expect(await problem(response)).toEqual([401, 'session.missing']);
	});
});

describe.each(DATABASES)('after any batches on %s', (name) => {
	test('the tallies and the digests are what the records say, whatever was pushed in whatever order', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine, nadia, claire, paul } = scene;
		const luck = new Draws(7);
		const pick = <T>(all: readonly T[]): T => all[luck.between(0, all.length - 1)]!;
		const made: {
			device: typeof sandrine.device;
			record: string;
			interview: boolean;
			about?: string;
			ids: string[];
		}[] = [];
		for (let round = 0; round < 25; round++) {
			const batches = [sandrine, nadia, claire, paul].map((tablet) => {
				const antenna = tablet === nadia ? scene.tarbes : scene.lourdes;
				const changes = Array.from({ length: luck.between(0, 6) }, () => {
					const mine = made.filter(({ device }) => device === tablet.device);
					const kind = luck.next();
					if (tablet === claire && luck.chance(0.5)) {
						const excerpts = made.filter(({ about }) => about);
						if (excerpts.length === 0) return change('antenna', { name: 'Bagnères', order: 3 });
						return change(
							'excerpt',
							{ approval: { decision: pick(['approved', 'set-aside']), of: pick(excerpts).ids } },
							{ record: pick(excerpts).record }
						);
					}
					if (tablet === paul && luck.chance(0.7)) {
						const record = readingId({
							campaign: scene.campaign,
							place: antenna,
							period: pick(['2014-Q1', '2014-Q2']),
							indicator: 'x'
						});
						const seen = made.find((one) => one.record === record)?.ids ?? [];
						const value = pick([
							{ amount: luck.between(0, 9) },
							{ notApplicable: true },
							null,
							{ mean: 32, weight: 4 }
						]);
						const one = change(
							'reading',
							{ value, toConfirm: luck.chance(0.3) },
							{ record, seen: luck.chance(0.6) ? { value: seen } : {} }
						);
						made.push({ device: tablet.device, record, interview: false, ids: [one.id] });
						return one;
					}
					if (mine.length === 0 || kind < 0.15) {
						const one = change(
							'interview',
							interview(scene, {
								antenna,
								state: pick(['draft', 'finished', 'finished', 'refused']),
								'answer:q1': { value: luck.between(1, 4) }
							})
						);
						made.push({ device: tablet.device, record: one.record, interview: true, ids: [one.id] });
						return one;
					}
					const known = pick(mine);
					if (known.interview && kind < 0.4) {
						const passage = { question: 'q1', start: 0, end: 4, words: 'fier' };
						const one = change(
							'excerpt',
							{
								campaign: scene.campaign,
								stakeholder: 'employee',
								antenna,
								passage,
								criterion: 'reconnaissance-estime',
								valence: pick(['added', 'improve']),
								quote: 'anonymous'
							},
							{ about: known.record }
						);
						made.push({
							device: tablet.device,
							record: one.record,
							interview: false,
							about: known.record,
							ids: [one.id]
						});
						return one;
					}
					if (!known.interview) return change('excerpt', { valence: 'improve' }, { record: known.record });
					const [field, value] = pick<[string, unknown]>([
						['state', 'finished'],
						['state', 'draft'],
						['consent:usage-evaluation', 'no'],
						['consent:usage-evaluation', 'yes'],
						['consent:citation-anonyme', 'no'],
						['answer:q1', { without: 'unknown' }],
						['answer:q1', { value: 2 }],
						['deleted', { named: [...known.ids] }]
					]);
					const seen = luck.chance(0.8) ? { [field]: [...known.ids] } : {};
					const one = change('interview', { [field]: value }, { record: known.record, seen });
					known.ids.push(one.id);
					return one;
				});
				return { tablet, changes: luck.chance(0.2) ? [...changes, ...changes] : changes };
			});
			await Promise.all(batches.map(({ tablet, changes }) => sync(scene.app, tablet.device, changes)));
			await expectSound(scene.app, structureOf(scene));
		}
		const { stored } = await talliesOf(scene.app, structureOf(scene));
		expect(new Set([...stored.values()].map(({ measure }) => measure)).size).toBe(6);
		for (const tablet of [sandrine, nadia, claire, paul])
			expect(await tablet.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
	});

	test('an interview that stops or begins counting takes its excerpts along', async () => {
		const scene = await openScene(await openApp(name));
		const { device } = scene.sandrine;
		const first = change('interview', interview(scene));
		const passage = { question: 'q1', start: 0, end: 4, words: 'fier' };
		const fields = { campaign: scene.campaign, stakeholder: 'employee', antenna: scene.lourdes, passage };
		const more = { criterion: 'reconnaissance-estime', valence: 'added', quote: 'anonymous' };
		const excerpt = change('excerpt', { ...fields, ...more }, { about: first.record });
		await sync(scene.app, device, [first]);
		await sync(scene.app, device, [excerpt]);
		const heard = async () => {
			await expectSound(scene.app, structureOf(scene));
			return [...(await talliesOf(scene.app, structureOf(scene))).stored.values()].filter((t) => t.measure === 'heard')
				.length;
		};
		expect(await heard()).toBe(1);
		const seen: { [field: string]: string[] } = { state: [first.id], 'consent:usage-evaluation': [first.id] };
		for (const [field, value, people] of [
			['state', 'draft', 0],
			['state', 'finished', 1],
			['consent:usage-evaluation', 'no', 0],
			['consent:usage-evaluation', 'yes', 1],
			['deleted', { named: [first.id] }, 1] // what was edited since keeps it in sight
		] as const) {
			const edit = change(
				'interview',
				{ [field]: value },
				{ record: first.record, seen: { [field]: seen[field] ?? [] } }
			);
			seen[field] = [edit.id];
			await sync(scene.app, device, [edit]);
			expect(await heard()).toBe(people);
		}
	});

	test('two tablets that push at the same moment lose and double nothing', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine, nadia, claire, paul, campaign, lourdes } = scene;
		const cell = readingId({ campaign, place: lourdes, period: '2014-Q1', indicator: 'x' });
		const one = { record: cell };
		const batch = (antenna: string) =>
			Array.from({ length: 20 }, () => change('interview', interview(scene, { antenna })));
		const mine = batch(lourdes);
		const replies = await Promise.all([
			sync(scene.app, sandrine.device, mine),
			sync(scene.app, sandrine.device, mine), // the same tablet, impatient
			sync(scene.app, nadia.device, batch(scene.tarbes)),
			sync(scene.app, paul.device, [change('reading', { value: { amount: 1 } }, one)]),
			sync(scene.app, claire.device, [change('reading', { value: { amount: 2 } }, one)])
		]);
		expect(replies.flatMap(({ receipts }) => receipts).filter(({ verdict }) => verdict === 'quarantined')).toEqual([]);
		const records = await storedRecords(scene.app, structureOf(scene));
		expect(records.filter(({ kind }) => kind === 'interview')).toHaveLength(40);
		expect(records.find(({ id }) => id === cell)!.fields.value).toHaveLength(2);
		const sequences = records.map(({ sequence }) => sequence);
		expect(new Set(sequences).size).toBe(sequences.length);
		const { stored } = await talliesOf(scene.app, structureOf(scene));
		const finished = [...stored.values()].filter(({ detail }) => detail === 'finished');
		expect(finished.map(({ count }) => count)).toEqual([20, 20]);
		await expectSound(scene.app, structureOf(scene));
	});

	test('every commit goes on from the one before', async () => {
		const scene = await openScene(await openApp(name));
		const director = scene.claire.device;
		let last = (await sync(scene.app, director)).committed;
		for (let i = 0; i < 3; i++) {
			const { committed, receipts } = await sync(scene.app, director, [
				change('antenna', { name: `A${i}`, order: i }),
				change('antenna', { name: `B${i}`, order: i })
			]);
			expect(receipts).toHaveLength(2);
			expect(committed).toBe(last + 2);
			last = committed;
		}
		const one = await enrol(scene.app, director, 'Zoé', [{ role: 'counsellor', antennas: [] }]);
		expect((await sync(scene.app, one)).committed).toBe(last + 1);
	});
});
