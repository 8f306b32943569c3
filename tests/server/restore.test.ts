import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inUse, valuesOf } from '$lib/domain/record';
import { readingId } from '$lib/domain/reading';
import type { Signed } from '$lib/domain/stick';
import { readOutbox, writeOutbox } from '$lib/local/stick/outbox-file';
import { takeReceiptsFile } from '$lib/local/stick/receipts-file';
import { listAside } from '$lib/local/views';
import { backUp, restore } from '$lib/server/keeping/backup';
import { openDatabase } from '$lib/server/database/open';
import { startApp } from '$lib/server/start';
import { copyTo } from '../support/copies';
import { DATABASES, openApp, type TestApp } from '../support/databases';
import { get, hashOf, recording } from '../support/media';
import { interview, openScene } from '../support/scene';
import { call, enrol } from '../support/server';
import { digestsOf, dump, expectSound, storedRecords, talliesOf } from '../support/stored';
import { Tablet } from '../support/tablet';

const EQUAL = { state: 'done', position: { digest: 'equal' } };

/** Makes a backup: by the product's own command, or as PostgreSQL's own would.
 * @returns how to put it in the place of what is there then, and start the server anew, as a person would */
async function backedUp(app: TestApp): Promise<() => Promise<TestApp>> {
	const env = { DATA: app.folder, SECRET: Buffer.from(app.secret).toString('base64') };
	const start = async (more: NodeJS.ProcessEnv): Promise<TestApp> => {
		const { db, ...started } = await startApp({ ...env, ...more }, 'test');
		await db.destroy();
		// The test looks at all the tables, and the clock goes on where it stood.
		const { clock, random, rate, now, folder, where } = app;
		const again = { ...started, clock, random, rate, now, folder, where, db: await openDatabase(where, '*') };
		onTestFinished(() => again.db.destroy());
		return again;
	};
	if ('folder' in app.where) {
		const file = await backUp(app, join(app.folder, 'backups'));
		return async () => {
			await app.db.destroy();
			const counts = await restore(app, file, app.folder);
			expect(counts.structures).toBe(1);
			const started = await start({});
			const rows = await dump(started);
			expect(counts).toMatchObject({ records: rows.record!.length + 1, changes: rows.change!.length + 1 }); // one erased
			return started;
		};
	}
	const { url } = app.where;
	const name = url.slice(url.lastIndexOf('/') + 1);
	await copyTo(app, name, `${name}_night`);
	app.db = await openDatabase(app.where, '*');
	return async () => {
		await copyTo(app, `${name}_night`, name);
		return await start({ DATABASE_URL: url });
	};
}

describe.each(DATABASES)('a server on %s whose disk died, and last night’s backup in its place', (name) => {
	test('has everything again once its tablets, a stick and an erasure have come back, and nobody is resurrected', async () => {
		const app = await openApp(name);
		const scene = await openScene(app);
		const { claire, paul, lourdes, tarbes, campaign } = scene;
		const structure = claire.device.session.structure.id;
		const sandrine = await Tablet.enrolled(app, scene.sandrine.device);
		const nadia = await Tablet.enrolled(app, scene.nadia.device);
		const everybody = [claire, paul, sandrine, nadia];
		const cell = readingId({ campaign, place: lourdes, period: '2014-03', indicator: 'situation-missions-realisees' });
		const hear = (tablet: Tablet, label: string, more = {}) =>
			tablet.create('interview', interview(scene, { label, ...more }));
		const minute = () => void (app.now = new Date(app.now.getTime() + 60_000));

		// What the night's backup holds.
		const kept = await hear(sandrine, 'Inès');
		const gone = await hear(sandrine, 'MARQUE-Karim');
		const voice = await sandrine.record(kept, recording(800));
		await paul.edit('reading', cell, { value: { amount: 212 } });
		for (const one of everybody) expect(await one.sync()).toMatchObject(EQUAL);
		await sandrine.upload();
		minute();
		const night = { records: await storedRecords(app, structure), digests: await digestsOf(app, structure) };
		const comeBack = await backedUp(app);
		minute();

		// What it does not.
		for (const one of everybody) await one.sync();
		await sandrine.edit('interview', kept, { note: 'le lendemain' });
		const since = await hear(sandrine, 'Jean');
		const song = await sandrine.record(since, recording(900, 2));
		await sandrine.sync();
		await sandrine.upload();
		await paul.edit('reading', cell, { value: { amount: 230 } });
		await paul.sync();
		expect((await call(app, 'DELETE', `/api/testimonies/${gone}`, { as: claire.device })).status).toBe(204);
		const lena = await Tablet.of(
			app,
			await enrol(app, claire.device, 'Lena', [{ role: 'counsellor', antennas: [lourdes] }])
		);
		await hear(lena, 'Rose');
		await lena.sync();
		await claire.sync();
		const brought = await hear(nadia, 'Aline', { antenna: tarbes });
		const { place, id: key } = nadia.vault;
		const stick = (await writeOutbox(place, key, { name: 'Tablette', at: app.now.toISOString() })).file;
		const importStick = async (server: TestApp): Promise<string> => {
			const { changes } = (await readOutbox(stick))!;
			const response = await call(server, 'POST', '/api/stick', {
				as: claire.device,
				body: { ...place, key, changes }
			});
			const { signed } = (await response.json()) as { signed: Signed };
			return JSON.stringify({ format: 'temoin-receipts-1', signed: [signed] });
		};
		const receipts = await importStick(app); // taken, and the receipts are still on their way
		const before = await storedRecords(app, structure);
		const only = await hear(sandrine, 'Lucie'); // on her tablet and nowhere else

		// The disk dies.
		const server = await comeBack();
		for (const one of [...everybody, lena]) one.app = server;
		if (name === 'SQLite') {
			const check = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(server.db);
			expect(check.rows).toEqual([{ integrity_check: 'ok' }]);
		}
		await expectSound(server, structure);
		const now = await storedRecords(server, structure);
		expect(now).toEqual(night.records.filter(({ id }) => id !== gone)); // erased before the first answer
		const count = ({ stored }: typeof night.digests) => Object.values(stored).reduce((sum, one) => sum + one.count, 0);
		expect(count(await digestsOf(server, structure))).toBe(count(night.digests) - 1);
		expect(JSON.stringify(await dump(server))).not.toContain('MARQUE');

		// They come back, one by one; somebody whom the backup does not know is asked to sign in, and keeps everything.
		expect(await lena.sync()).toEqual({ state: 'signed-out' });
		expect(await lena.db.sent.count()).toBe(1);
		expect(await paul.sync()).toMatchObject(EQUAL);
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await sandrine.upload()).toBe(0);
		const anew = await importStick(server);
		expect(await takeReceiptsFile(place, key, receipts)).toEqual({ cleared: 1, refused: 0 }); // those of the dead server
		expect(await takeReceiptsFile(place, key, anew)).toEqual({ cleared: 0, refused: 0 });
		expect(await nadia.sync()).toMatchObject(EQUAL);
		expect(await claire.sync()).toMatchObject(EQUAL);
		for (const one of everybody) expect(await one.sync()).toMatchObject(EQUAL);

		const after = new Map((await storedRecords(server, structure)).map((record) => [record.id, record]));
		const lost = before.filter(({ id }) => !after.has(id));
		expect(lost.map(({ kind, owner }) => [kind, owner === lena.person || kind === 'person']).toSorted()).toEqual([
			['interview', true],
			['person', true]
		]); // on Lena's tablet, until she has a new code
		for (const record of before)
			if (after.has(record.id))
				expect(valuesOf(after.get(record.id)!.fields), record.kind).toEqual(valuesOf(record.fields));
		expect(after.has(only)).toBe(true);
		expect(after.has(brought)).toBe(true);
		expect(after.has(gone)).toBe(false);
		expect(inUse(after.get(cell)!.fields, 'value')).toEqual({ amount: 230 });
		for (const record of after.values())
			for (const [field, current] of Object.entries(record.fields)) expect(current.length, field).toBe(1);
		for (const [about, { hash }] of [
			[kept, voice],
			[since, song]
		] as const) {
			const response = await get(server, sandrine.device, { interview: about, hash });
			expect(hashOf(new Uint8Array(await response.arrayBuffer()))).toBe(hash);
		}
		const ids = await server.db.selectFrom('change').select('id').execute();
		expect(new Set(ids.map(({ id }) => id)).size).toBe(ids.length);
		const finished = [...(await talliesOf(server, structure)).stored.values()].filter(
			({ measure, detail }) => measure === 'interview' && detail === 'finished'
		);
		expect(finished.reduce((sum, { count }) => sum + count, 0)).toBe(4);
		await expectSound(server, structure);
		for (const one of everybody) {
			expect(await one.db.outbox.count()).toBe(0);
			expect(await one.db.refused.count()).toBe(0);
			expect(await one.view(gone)).toBeUndefined();
		}
		// Whatever else a tablet has set aside, the server has been given it, and people have gone on from it.
		const stands = new Set(ids.map(({ id }) => id));
		for (const one of everybody)
			for (const { record } of await listAside(one.db))
				for (const [current] of Object.values(record.id === lena.person ? {} : record.fields))
					expect(stands.has(current!.change), record.kind).toBe(true);
		// What nobody could give back is set aside where somebody still had it: that Lena works here.
		expect((await listAside(claire.db)).map(({ record }) => record.id)).toEqual([lena.person]);
		expect(JSON.stringify(await dump(server))).not.toContain('MARQUE');
	});
});
