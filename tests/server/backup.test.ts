import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readSetting, type Position } from '$lib/local/database';
import type { App } from '$lib/server/app';
import { backUp, latestBackup, restore } from '$lib/server/keeping/backup';
import { openDatabase, sqliteFile } from '$lib/server/database/open';
import { DATABASES, openApp } from '../support/databases';
import { interview, openScene } from '../support/scene';
import { change, pullAll, setUp, sync } from '../support/server';
import { storedRecords, talliesOf } from '../support/stored';
import { Tablet } from '../support/tablet';

function freshFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'temoin-restore-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** The server as it starts again on another data folder. */
async function reopen(app: App, folder: string): Promise<App> {
	const again = { ...app, db: await openDatabase({ folder }) };
	onTestFinished(() => again.db.destroy());
	return again;
}
const epochOf = async (app: App) =>
	(await app.db.selectFrom('structure').select('epoch').executeTakeFirstOrThrow()).epoch;

describe('a backup', () => {
	test('made while people write is one consistent piece, and comes back whole elsewhere', async () => {
		const app = await openApp('SQLite');
		const scene = await openScene(app);
		const structure = scene.claire.device.session.structure.id;
		const write = async () => {
			for (let i = 0; i < 15; i++)
				await sync(
					app,
					scene.sandrine.device,
					[1, 2, 3].map(() => change('interview', interview(scene)))
				);
		};
		const [, file] = await Promise.all([write(), backUp(app, join(app.folder, 'backups'))]);
		const folder = freshFolder();
		const found = await restore(app, file, folder);
		const restored = await reopen(app, folder);
		const records = await storedRecords(restored, structure);
		expect(found).toMatchObject({ structures: 1, records: records.length });
		expect(records.filter(({ kind }) => kind === 'interview').length % 3).toBe(0); // no batch is cut in two
		const tallies = await talliesOf(restored, structure);
		expect(tallies.stored).toEqual(tallies.expected);
		expect((await pullAll(restored, scene.claire.device)).digest).toBeDefined();
	});

	test('comes back with every row as it was, under a new epoch', async () => {
		const app = await openApp('SQLite');
		const scene = await openScene(app);
		const structure = scene.claire.device.session.structure.id;
		await sync(app, scene.sandrine.device, [change('interview', interview(scene)), null]);
		const file = await backUp(app, join(app.folder, 'backups'));
		const folder = freshFolder();
		await restore(app, file, folder);
		const restored = await reopen(app, folder);
		expect(await storedRecords(restored, structure)).toEqual(await storedRecords(app, structure));
		for (const table of ['change', 'tally', 'person', 'quarantine', 'mark', 'audience', 'commit_mark'] as const)
			expect(await restored.db.selectFrom(table).selectAll().execute()).toEqual(
				await app.db.selectFrom(table).selectAll().execute()
			);
		expect(await epochOf(restored)).not.toBe(await epochOf(app));
		expect(readdirSync(folder)).not.toContain('restored');
	});

	test('says to devices what it surely holds, and no more', async () => {
		const app = await openApp('SQLite');
		const { claire } = await openScene(app);
		const { committed, backup } = await sync(app, claire.device);
		expect(backup).toBeNull();
		await backUp(app, join(app.folder, 'backups'));
		expect((await sync(app, claire.device)).backup).toEqual({ sequence: committed, at: app.now.toISOString() });
		const after = await sync(app, claire.device, [change('antenna', { name: 'Bagnères', order: 3 })]);
		expect(after.backup!.sequence).toBeLessThan(after.committed);
	});

	test('lets a tablet forget what it sent before it, and keep what it sent after', async () => {
		const app = await openApp('SQLite');
		const scene = await openScene(app);
		const { sandrine } = scene;
		await sandrine.create('interview', interview(scene));
		await sandrine.sync();
		expect(await sandrine.db.sent.count()).toBe(1);
		await backUp(app, join(app.folder, 'backups'));
		await sandrine.create('interview', interview(scene));
		await sandrine.sync();
		expect(await sandrine.db.sent.count()).toBe(1);
	});

	test('a tablet that was up to date when it was made finds everything again after it came back', async () => {
		const app = await openApp('SQLite');
		const scene = await openScene(app);
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene));
		await sandrine.sync();
		const file = await backUp(app, join(app.folder, 'backups'));
		const folder = freshFolder();
		await restore(app, file, folder);
		const after = await Tablet.of(await reopen(app, folder), sandrine.device);
		const moved = {
			db: sandrine.db,
			send: after.send,
			person: sandrine.person,
			device: sandrine.device.session.device.id,
			now: () => app.clock().getTime()
		};
		const { exchange } = await import('$lib/sync/exchange');
		expect(await exchange(moved)).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		expect(await sandrine.view(id)).toBeDefined();
		expect((await readSetting<Position>(sandrine.db, 'position'))!.epoch).toBe(await epochOf(after.app));
	});

	test('that is damaged is refused, and nothing has been changed', async () => {
		const app = await openApp('SQLite');
		await setUp(app);
		const file = await backUp(app, join(app.folder, 'backups'));
		const folder = freshFolder();
		writeFileSync(sqliteFile(folder), 'what was there');
		const good = readFileSync(file);
		const bad = Buffer.from(good);
		for (let at = 4096; at < bad.length; at += 97) bad[at]! ^= 0xff;
		writeFileSync(file, bad);
		await expect(restore(app, file, folder)).rejects.toThrow('abîmée');
		rmSync(`${file}.sha256`); // copied without its proof: the content itself gives it away
		await expect(restore(app, file, folder)).rejects.toThrow();
		writeFileSync(file, good.subarray(0, good.length / 2));
		await expect(restore(app, file, folder)).rejects.toThrow();
		expect(readFileSync(sqliteFile(folder), 'utf8')).toBe('what was there');
	});

	test('put back keeps beside it what was there', async () => {
		const app = await openApp('SQLite');
		await setUp(app);
		const file = await backUp(app, join(app.folder, 'backups'));
		const folder = freshFolder();
		writeFileSync(sqliteFile(folder), 'what was there');
		await restore(app, file, folder);
		const kept = readdirSync(folder).find((name) => name.includes('before-'))!;
		expect(readFileSync(join(folder, kept), 'utf8')).toBe('what was there');
	});

	test('the newest of a folder is found, and a half-written one is not taken', async () => {
		const app = await openApp('SQLite');
		const folder = join(app.folder, 'backups');
		expect(latestBackup(folder)).toBeUndefined();
		await backUp(app, folder);
		app.now = new Date(app.now.getTime() + 86_400_000);
		const newest = await backUp(app, folder);
		writeFileSync(join(folder, 'temoin-2099.sqlite.partial'), 'half');
		expect(latestBackup(folder)).toBe(newest);
		expect(existsSync(`${newest}.sha256`)).toBe(true);
	});
});

describe.each(DATABASES)('a database on %s', (name) => {
	test('opened again is as it was: migrations done once are not done twice', async () => {
		const app = await openApp(name);
		await setUp(app);
		const tables = async (db: App['db']) => (await db.introspection.getTables()).map((one) => one.name).toSorted();
		const records = await app.db.selectFrom('record').selectAll().orderBy('id').execute();
		const again = await openDatabase(app.where, '*');
		onTestFinished(() => again.destroy());
		expect(await tables(again)).toEqual(await tables(app.db));
		expect(await again.selectFrom('record').selectAll().orderBy('id').execute()).toEqual(records);
	});
});
