import Dexie from 'dexie';
import { describe, expect, test } from 'vitest';
import { CHUNK } from '$lib/domain/media';
import { inUse } from '$lib/domain/record';
import { ALL, PersonDatabase, readSetting, TORN_KNOWN, type Position } from '$lib/local/database';
import { readMedia } from '$lib/local/media';
import { listAside, listRefused } from '$lib/local/views';
import { openApp } from '../support/databases';
import { recording } from '../support/media';
import { interview, openScene } from '../support/scene';
import { uuid } from '../support/server';
import { Tablet } from '../support/tablet';

/** The tables as the first version declared them. A shipped version is history: never to be edited here either. */
const FIRST = {
	records: 'id, kind, about, [audience+sequence+id]',
	outbox: '++order, [record+state], [state+order], kind',
	sent: '++order, sequence',
	taken: '++order',
	refused: 'id',
	erased: 'id',
	settings: 'name'
};

/** What the second one added. */
const SECOND = { aside: '[id+epoch], id', media: '[about+hash], about, state', chunks: '[about+hash+number]' };

/** A position, and a record, as the first version wrote them. */
const older = ({ cursor, audiences, filling, epoch, backup, digest, syncedAt }: Position) => ({
	...{ cursor, audiences, filling, epoch, backup, digest, syncedAt }
});

describe('a tablet that the first version filled', () => {
	test('opens with everything that was on it, and goes on: sent, unsent, refused, erased', async () => {
		const scene = await openScene(await openApp('SQLite'));
		const { sandrine, tarbes } = scene;
		const sent = await sandrine.create('interview', interview(scene, { label: 'envoyée' }));
		const away = await sandrine.create('interview', interview(scene, { label: 'refusée', antenna: tarbes }));
		await sandrine.sync();
		const frozen = await sandrine.create('interview', interview(scene, { label: 'en route' }));
		await sandrine.db.outbox.toCollection().modify({ state: 'frozen' });
		const open = await sandrine.create('interview', interview(scene, { label: 'en cours', state: 'draft' }));
		await sandrine.edit('interview', sent, { note: 'après' });
		await sandrine.db.erased.put({ id: uuid() });

		const name = `first-${sandrine.db.name}`;
		const first = new Dexie(name);
		first.version(1).stores(FIRST);
		const before: { [table: string]: unknown[] } = {};
		for (const table of Object.keys(FIRST)) {
			const rows = (await sandrine.db.table(table).toArray()) as { [column: string]: unknown }[];
			for (const row of rows) {
				delete row.pass;
				if (row.name === 'position') row.value = older(row.value as Position);
			}
			before[table] = rows.filter(({ name }) => !/^(signer|torn-known|lines)/.test(String(name)));
			await first.table(table).bulkPut(before[table]!);
		}
		expect(before.outbox).toHaveLength(3);
		first.close();

		const db = new PersonDatabase(name, sandrine.vault);
		for (const table of Object.keys(FIRST)) expect(await db.table(table).toArray(), table).toEqual(before[table]);
		for (const table of [db.aside, db.media, db.chunks, db.takes, db.parts])
			expect(await table.count(), table.name).toBe(0);
		const tablet: Tablet = Object.assign(sandrine, { db });
		const labels = async () => (await tablet.list('interview')).map(({ fields }) => inUse(fields, 'label')).toSorted();
		expect(await labels()).toEqual(['en cours', 'en route', 'envoyée']);
		expect((await listRefused(db)).map(({ record }) => record)).toEqual([away]);
		expect(await listAside(db)).toEqual([]);

		expect(await tablet.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		expect(await labels()).toEqual(['en cours', 'en route', 'envoyée']);
		expect(await readSetting(db, TORN_KNOWN)).toBe(ALL); // each row has been looked at
		expect(await db.outbox.count()).toBe(0);
		expect((await listRefused(db)).map(({ record }) => record)).toEqual([away]);
		const stored = await scene.app.db.selectFrom('record').select('id').where('kind', '=', 'interview').execute();
		expect(stored.map(({ id }) => id).toSorted()).toEqual([sent, frozen, open].toSorted());
		expect(await db.erased.count()).toBe(1);
		db.close();
		await db.delete();
	});
});

test('a tablet that the second version filled sends the recordings that were on it', async () => {
	const scene = await openScene(await openApp('SQLite'));
	const { sandrine } = scene;
	const id = await sandrine.create('interview', interview(scene));
	const content = recording(CHUNK + 500);
	const { hash } = await sandrine.record(id, content);

	const name = `second-${sandrine.db.name}`;
	const second = new Dexie(name);
	second.version(1).stores(FIRST);
	second.version(2).stores(SECOND);
	for (const table of Object.keys({ ...FIRST, ...SECOND }))
		await second.table(table).bulkPut(await sandrine.db.table(table).toArray());
	second.close();

	const db = new PersonDatabase(name, sandrine.vault);
	const tablet: Tablet = Object.assign(sandrine, { db });
	expect(new Uint8Array(await (await readMedia(db, [id, hash]))!.arrayBuffer())).toEqual(content);
	await tablet.sync();
	expect(await tablet.upload()).toBe(0);
	expect(await db.media.toArray()).toMatchObject([{ hash, state: 'sent' }]);
	db.close();
	await db.delete();
});
