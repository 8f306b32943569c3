import { describe, expect, test, vi } from 'vitest';
import { keepCatalogues, listLines, turnLines, type Line } from '$lib/local/catalogue';
import { listStubs, listViews, listViewsUnder, read } from '$lib/local/views';
import { startFresh } from '$lib/local/arrivals';
import { deletionOf } from '$lib/domain/record';
import { readingId, readingsAt } from '$lib/domain/reading';
import { openApp } from '../support/databases';
import { interview, openScene } from '../support/scene';
import { call } from '../support/server';
import type { Tablet } from '../support/tablet';

/** What the lists say of a person's interviews, by what they call them; and how many records were opened for it. */
async function listed(tablet: Tablet): Promise<{ labels: (string | undefined)[]; opened: number }> {
	const open = vi.spyOn(tablet.db, 'openRecord');
	const lines = await listLines(tablet.db, tablet.person, 'interview');
	const opened = open.mock.calls.length;
	open.mockRestore();
	return { labels: lines.map(({ said }: Line<'interview'>) => said.label).toSorted(), opened };
}

async function filled(labels: string[]) {
	const scene = await openScene(await openApp('SQLite'));
	const { sandrine } = scene;
	const ids: string[] = [];
	for (const label of labels) ids.push(await sandrine.create('interview', interview(scene, { label })));
	await sandrine.sync();
	return { scene, sandrine, ids };
}

describe('the catalogue of a person’s interviews', () => {
	test('says after a reopening what the records say, and none of them is opened', async () => {
		const { sandrine } = await filled(['a', 'b', 'c']);
		sandrine.reopen();
		expect(await listed(sandrine)).toEqual({ labels: ['a', 'b', 'c'], opened: 0 });
	});

	test('lets what was edited, made or taken away since be opened, and no other', async () => {
		const { scene, sandrine, ids } = await filled(['a', 'b', 'c']);
		sandrine.reopen();
		await sandrine.edit('interview', ids[0]!, { label: 'z' });
		await sandrine.create('interview', interview(scene, { label: 'd' }));
		expect(await listed(sandrine)).toEqual({ labels: ['b', 'c', 'd', 'z'], opened: 1 });
		const gone = (await sandrine.view(ids[1]!))!;
		await sandrine.edit('interview', gone.id, { deleted: deletionOf(gone.fields) });
		expect((await listed(sandrine)).labels).toEqual(['c', 'd', 'z']);
		await sandrine.sync();
		sandrine.reopen();
		expect(await listed(sandrine)).toEqual({ labels: ['c', 'd', 'z'], opened: 0 });
	});

	test('is written at an exchange only where something in it has changed', async () => {
		const { sandrine, ids } = await filled(['a', 'b']);
		const write = vi.spyOn(sandrine.db, 'writeSealed');
		const written = () => write.mock.calls.filter(([name]) => name.startsWith('lines:')).length;
		await sandrine.sync();
		expect(written()).toBe(0);
		await sandrine.edit('interview', ids[0]!, { label: 'z' });
		await sandrine.sync();
		expect(written()).toBe(1);
	});

	test('says nothing while another history is fetched: its sequences mean other rows', async () => {
		const { sandrine } = await filled(['a', 'b']);
		await startFresh(sandrine.db);
		sandrine.reopen();
		expect(await listed(sandrine)).toEqual({ labels: ['a', 'b'], opened: 2 });
		await keepCatalogues(sandrine.db, sandrine.person);
		expect(await sandrine.db.settings.where('name').startsWith('lines:').count()).toBe(1); // of before, still sealed
		await sandrine.sync();
		sandrine.reopen();
		expect(await listed(sandrine)).toEqual({ labels: ['a', 'b'], opened: 0 });
	});

	test('holds nothing of an interview that was erased', async () => {
		const { scene, sandrine, ids } = await filled(['a', 'b']);
		await call(scene.app, 'DELETE', `/api/testimonies/${ids[0]}`, { as: scene.claire.device });
		await sandrine.exchange(); // killed before anything more
		expect(await sandrine.db.settings.where('name').startsWith('lines:').count()).toBe(0);
		expect((await listed(sandrine)).labels).toEqual(['b']);
	});

	test('leaves out what was never said', async () => {
		const { scene, sandrine } = await filled(['a']);
		const id = await sandrine.create('interview', interview(scene));
		const [line] = (await listLines(sandrine.db, sandrine.person, 'interview')).filter((one) => one.id === id);
		expect(Object.keys(line!.said)).not.toContain('label'); // a default stands in its place
	});

	test('that does not open hides nothing, and is written anew', async () => {
		const { sandrine } = await filled(['a', 'b']);
		await sandrine.db.settings.put({ name: 'lines:interview', value: new Uint8Array(64) });
		sandrine.reopen();
		expect((await listed(sandrine)).labels).toEqual(['a', 'b']);
		await sandrine.sync();
		sandrine.reopen();
		expect(await listed(sandrine)).toEqual({ labels: ['a', 'b'], opened: 0 });
	});

	test('says nothing of rows that were written anew under the sequence they had', async () => {
		const { sandrine, ids } = await filled(['a', 'b']);
		const row = (await sandrine.db.records.get(ids[0]!))!;
		const record = await sandrine.db.openRecord(row);
		const fields = { ...record.fields, label: [{ ...record.fields.label![0]!, value: 'z' }] };
		const sealed = await sandrine.db.sealRecord({ ...record, fields }, row.since);
		await sandrine.db.transaction('rw', sandrine.db.records, sandrine.db.settings, async () => {
			await sandrine.db.records.put(sealed);
			await turnLines(sandrine.db, ['interview', 'reading']);
		});
		expect((await listed(sandrine)).labels).toEqual(['b', 'z']); // in this window, which had read it
		sandrine.reopen();
		expect((await listed(sandrine)).labels).toEqual(['b', 'z']);
	});

	test('is not another person’s', async () => {
		const { scene } = await filled(['a']);
		await scene.claire.sync();
		expect((await listed(scene.claire)).labels).toEqual([]);
	});
});

describe('records under a prefix', () => {
	test('are those of one campaign and place, sent or not, and no other is read', async () => {
		const scene = await openScene(await openApp('SQLite'));
		const { paul, campaign, lourdes } = scene;
		const at = (period: string) => readingId({ campaign, place: lourdes, period, indicator: 'besoins-delai-reponse' });
		for (const period of ['2014-Q1', '2014-Q2'])
			await paul.edit('reading', at(period), { value: { mean: 4, weight: 1 } });
		await paul.sync();
		await paul.edit('reading', at('2014-Q3'), { value: { mean: 5, weight: 1 } });
		await paul.edit('reading', at('2014-Q2'), { value: { mean: 6, weight: 1 } });
		const found = await listViewsUnder(paul.db, paul.person, readingsAt(campaign, lourdes));
		expect(found.map((view) => [view.id, read('reading', view).value])).toEqual([
			[at('2014-Q1'), { mean: 4, weight: 1 }],
			[at('2014-Q2'), { mean: 6, weight: 1 }],
			[at('2014-Q3'), { mean: 5, weight: 1 }]
		]);
		expect(found).toEqual(await listViews(paul.db, paul.person, 'reading'));
		expect(await listViewsUnder(paul.db, paul.person, readingsAt(campaign, lourdes.slice(0, -1)))).toEqual([]);
	});
});

test('stubs are found by their index alone', async () => {
	const { sandrine, ids } = await filled(['a', 'b']);
	await sandrine.db.records.update(ids[1]!, { stub: 1 });
	expect([...(await listStubs(sandrine.db))]).toEqual([ids[1]]);
});
