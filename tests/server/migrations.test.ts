import { sql, type Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { describe, expect, test } from 'vitest';
import { Quarantine } from '$lib/domain/quarantine';
import { migrations } from '$lib/server/database/migrations';
import { openDatabase } from '$lib/server/database/open';
import type { Schema } from '$lib/server/database/schema';
import { DATABASES, type DatabaseName, type TestApp } from '../support/databases';
import { naming, putAll, recording } from '../support/media';
import { hear, openOffice, signIn, type Office } from '../support/office';
import { call, change, deviceNamed, entered, PASSPHRASE, pullAll, sync } from '../support/server';
import { dump, expectSound } from '../support/stored';

type Rows = Awaited<ReturnType<typeof dump>>;

const columnsOf = async (db: Kysely<Schema>) =>
	new Map(
		(await db.introspection.getTables()).map(({ name, columns }) => [
			name,
			columns.map(({ name, dataType, isNullable }) => `${name} ${dataType} ${isNullable}`).toSorted()
		])
	);

/** Makes a server's database one of an earlier version: its tables as the migrations of then made them, its people's rows
 * as far as there was a place for them.
 * @returns the rows that are in it */
async function makeEarlier(app: TestApp, last: string): Promise<Rows> {
	const { db } = app;
	const rows = await dump(app);
	const tables = (await db.introspection.getTables({ withInternalKyselyTables: true })).map(({ name }) => name);
	for (const table of tables.toSorted((a, b) => Number(a === 'structure') - Number(b === 'structure')))
		await sql`drop table ${sql.table(table)}`.execute(db);
	const known = Object.fromEntries(Object.entries(migrations).filter(([name]) => name <= last));
	const provider = { getMigrations: () => Promise.resolve(known) };
	const { error } = await new Migrator({ db, provider }).migrateToLatest();
	if (error) throw error;
	await sql`delete from setting`.execute(db);
	const earlier = (await db.introspection.getTables()).toSorted((a) => (a.name === 'structure' ? -1 : 0));
	for (const { name, columns } of earlier)
		for (const row of rows[name] ?? []) {
			const kept = columns.map((column) => [column.name, row[column.name]] as const);
			await db
				.insertInto(name as 'setting')
				.values(Object.fromEntries(kept) as never)
				.execute();
		}
	return await dump(app);
}

/** Starts the version of today on it. */
async function upgrade(app: TestApp): Promise<void> {
	await app.db.destroy();
	app.db = await openDatabase(app.where, '*');
}

const inOrder = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).toSorted();
const only = (row: { [column: string]: unknown }, columns: string[]) =>
	Object.fromEntries(columns.map((column) => [column, row[column]]));
/** Every row is there, each column with what it held. */
function expectKept(before: Rows, after: Rows): void {
	for (const [table, rows] of Object.entries(before)) {
		if (table === 'released') continue; // what sheets remembered, which they do not any more
		const columns = Object.keys(rows[0] ?? {});
		expect(inOrder(after[table]!.map((row) => only(row, columns))), table).toEqual(inOrder(rows));
	}
}

/** Cap Bigorre with something in every table that its people fill. */
async function livedIn(name: DatabaseName): Promise<Office> {
	const office = await openOffice(name);
	const { app, sandrine, claire } = office;
	await hear(office, { words: 'Une parole', quote: 'Une', code: 'ABCDE-23456' });
	await sync(app, sandrine, [null, change('antenna', { name: 'Bagnères' }), change('visit', { x: 1 })]);
	const { interview } = await hear(office, { words: 'Une autre' });
	await call(app, 'DELETE', `/api/testimonies/${interview}`, { as: claire });
	return office;
}

describe.each(DATABASES)('a database of an earlier version, on %s', (name) => {
	test('of the version before opens with every row it had, its devices are known, and its codes serve', async () => {
		const { app, claire, sandrine, structure } = await livedIn(name);
		const today = await columnsOf(app.db);
		const added = await call(app, 'POST', '/api/people', {
			as: claire,
			body: { name: 'Zoé', grants: [{ role: 'counsellor', antennas: [] }] }
		});
		const { code } = (await added.json()) as { code: string };
		const before = await makeEarlier(app, '0003-proof');
		expect(Object.keys(before.device![0]!)).not.toContain('mark_hash');
		await upgrade(app);
		expect(await columnsOf(app.db)).toEqual(today);
		expectKept(before, await dump(app));
		await expectSound(app, structure);

		for (let i = 0; i < 6; i++) await signIn(app, structure, 'Sandrine', { passphrase: 'une autre phrase' });
		const { device } = sandrine.session;
		expect((await signIn(app, structure, 'Sandrine', { device })).status).toBe(429);
		const back = await entered(await signIn(app, structure, 'Sandrine', { device, cookie: sandrine.cookie }));
		expect((await signIn(app, structure, 'Sandrine', { device, cookie: back.mark })).status).toBe(200);
		const body = { code, passphrase: PASSPHRASE, device: deviceNamed('Tablette de Zoé') };
		for (let i = 0; i < 2; i++) expect((await call(app, 'POST', '/api/enrol', { body })).status).toBe(200);
	});

	test('of the version before that opens with every row it had, and what is new works on it', async () => {
		const office = await livedIn(name);
		const { app, claire, sandrine, structure } = office;
		const today = await columnsOf(app.db);
		const before = await makeEarlier(app, '0002-people');
		expect(Object.keys(before)).not.toContain('media');
		expect(before.quarantine).toHaveLength(3);
		await upgrade(app);
		expect(await columnsOf(app.db)).toEqual(today);
		expectKept(before, await dump(app));
		await expectSound(app, structure);

		// What was refused can be judged, recordings come, receipts can be signed, devices go on.
		const response = await call(app, 'GET', '/api/quarantine', { as: claire });
		const { lines } = Quarantine.parse(await response.json());
		expect(lines.map(({ decision }) => decision)).toEqual([null, null, null]);
		const { hash } = lines.find(({ problem }) => problem === 'right.missing')!;
		expect((await call(app, 'POST', `/api/quarantine/${hash}/release`, { as: claire })).status).toBe(204);
		const content = recording(100);
		const { interview } = await hear(office, { fields: naming(content) });
		expect((await putAll(app, sandrine, interview, content)).status).toBe(200);
		expect((await pullAll(app, sandrine)).records.length).toBeGreaterThan(5);
		await expectSound(app, structure);
	});

	test('of the first version opens with every row it had, and everyone signs in once again', async () => {
		const { app, structure } = await livedIn(name);
		const today = await columnsOf(app.db);
		const { session, ...before } = await makeEarlier(app, '0001-foundation');
		expect(session!.length).toBeGreaterThan(0);
		await upgrade(app);
		expect(await columnsOf(app.db)).toEqual(today);
		const after = await dump(app);
		expect(after.session).toEqual([]);
		expectKept(before, after);
		expect(new Set(after.mark!.map(({ erased }) => erased))).toEqual(new Set([0]));
		await expectSound(app, structure);
	});

	test('that cannot be brought up to date says so, and is as it was', async () => {
		const { app } = await livedIn(name);
		const before = await makeEarlier(app, '0002-people');
		const columns = await columnsOf(app.db);
		await sql`create table media_part (there text)`.execute(app.db); // the last thing that the migration would make
		await expect(openDatabase(app.where, '*')).rejects.toThrow(/media_part/);
		await sql`drop table media_part`.execute(app.db);
		expect(await columnsOf(app.db)).toEqual(columns);
		expect(await dump(app)).toEqual(before);
		await upgrade(app);
		expectKept(before, await dump(app));
	});
});
