import { sql } from 'kysely';
import pg from 'pg';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { everywhere, inStructure, openDatabase, type Database } from '$lib/server/database/open';
import { naming, putAll, recording } from '../support/media';
import { approve, hear, openNetwork, openOffice, openOther } from '../support/office';
import { addTotp, call, change, sync, uuid } from '../support/server';
import { openVaultOf } from '../support/sealed';
import { dump } from '../support/stored';

/** Two structures on one PostgreSQL, each with rows in every table, and the server's own way in to both. */
async function twoStructures() {
	const office = await openOffice('PostgreSQL');
	const { app, structure: a, claire, sandrine, nadia } = office;
	const other = await openOther(app);
	const b = other.session.structure.id;
	await openNetwork(office);
	const quoted = await hear(office, { words: 'Une parole', quote: 'Une', code: 'ABCDE-23456' });
	await approve(office, quoted.excerpt, quoted.interview);
	const content = recording(100);
	const heard = await hear(office, { words: 'Une note de voix', fields: naming(content) });
	await putAll(app, sandrine, heard.interview, content);
	const { interview } = await hear(office, { words: 'Une autre' });
	await call(app, 'DELETE', `/api/testimonies/${interview}`, { as: claire });
	await sync(app, sandrine, [null, change('interview', { note: 'x' }, { record: uuid(), seen: { note: [uuid()] } })]);
	await openVaultOf(app, nadia);
	await addTotp(app, sandrine);
	await call(app, 'POST', '/api/account/totp', { as: sandrine });
	await call(app, 'GET', `/api/sheets?campaign=${office.campaign}`, { as: claire });
	await app.db.insertInto('throttle').values({ structure_id: a, key: 'name:x', failures: 1, until: '2014' }).execute();
	await app.db.insertInto('setting').values({ structure_id: a, name: 'x', value: 'x' }).execute();
	// The other one has a row wherever this one has: copies, under its own name.
	const rows = await dump(app);
	for (const [table, all] of Object.entries(rows)) {
		if (table === 'structure' || all.some((row) => row.structure_id === b)) continue;
		const copies = all.filter((row) => row.structure_id === a).map((row) => ({ ...row, structure_id: b }));
		if (copies.length > 0)
			await app.db
				.insertInto(table as 'setting')
				.values(copies as never)
				.execute();
	}
	const db = await openDatabase(app.where);
	onTestFinished(() => db.destroy());
	return { office, app, db, a, b, tables: Object.keys(rows), mine: claire, theirs: other };
}
const columnOf = (table: string) => (table === 'structure' ? 'id' : 'structure_id');
const structuresIn = async (db: Database, table: string): Promise<string[]> => {
	const { rows } = await sql<{
		of: string;
	}>`select distinct ${sql.ref(columnOf(table))} as of from ${sql.table(table)}`.execute(db);
	return rows.map(({ of }) => of).toSorted();
};

describe('row-level security of PostgreSQL', () => {
	test('covers every table, forced upon the owner too, with a policy that reads and writes', async () => {
		const { app, tables } = await twoStructures();
		const { rows } = await sql<{ name: string; enabled: boolean; forced: boolean; policies: string }>`
			select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
				(select count(*) from pg_policy p where p.polrelid = c.oid and p.polcmd = '*'
					and p.polqual is not null and p.polwithcheck is not null and p.polpermissive) as policies
			from pg_class c where c.relkind in ('r', 'p', 'm', 'v') and c.relnamespace = current_schema()::regnamespace
			and c.relname not like 'kysely_%'`.execute(app.db);
		expect(rows.map(({ name }) => name).toSorted()).toEqual(tables.toSorted());
		for (const { name, enabled, forced, policies } of rows)
			expect([enabled, forced, Number(policies)], name).toEqual([true, true, 1]);
		const columns = await app.db.introspection.getTables();
		for (const { name, columns: all } of columns.filter(({ name }) => name !== 'structure'))
			expect(
				all.map((one) => one.name),
				name
			).toContain('structure_id');
	});

	test('shows one structure’s rows only, whatever a query forgot to say, in every table', async () => {
		const { app, db, a, b, tables } = await twoStructures();
		for (const table of tables) {
			const there = (await structuresIn(app.db, table)).filter((of) => of !== '');
			expect(there, `${table} has rows of both`).toEqual([a, b].toSorted());
			for (const structure of [a, b])
				expect(await inStructure(structure, () => structuresIn(db, table)), table).toEqual([structure]);
		}
	});

	test('lets no raw statement touch another’s rows, in any table', async () => {
		const { app, db, a, b, tables } = await twoStructures();
		const before = await dump(app);
		for (const table of tables) {
			const named = sql.table(table);
			const column = sql.ref(columnOf(table));
			await inStructure(a, async () => {
				const { rows } = await sql`select 1 from ${named} where ${column} = ${b}`.execute(db);
				expect(rows, `read ${table}`).toEqual([]);
				const updated = await sql`update ${named} set ${column} = ${column} where ${column} = ${b}`.execute(db);
				expect(Number(updated.numAffectedRows), `update ${table}`).toBe(0);
				const deleted = await sql`delete from ${named} where ${column} = ${b}`.execute(db);
				expect(Number(deleted.numAffectedRows), `delete ${table}`).toBe(0);
				const row = before[table]!.find((one) => one[columnOf(table)] === b)!;
				const made = sql`insert into ${named} (${sql.join(Object.keys(row).map((one) => sql.ref(one)))})
					values (${sql.join(Object.values(row))})`;
				await expect(made.execute(db), `insert into ${table}`).rejects.toThrow(/row-level security/);
				const moved = sql`update ${named} set ${column} = ${b}`;
				await expect(moved.execute(db), `move ${table}`).rejects.toThrow(/row-level security/);
			});
		}
		expect(await dump(app)).toEqual(before);
	});

	test('lets a delete or an update without a condition reach one’s own rows only', async () => {
		const { app, db, a, b } = await twoStructures();
		const before = await dump(app);
		for (const table of ['record', 'change', 'tally', 'session', 'factor', 'journal'])
			await inStructure(a, () => sql`delete from ${sql.table(table)}`.execute(db));
		const after = await dump(app);
		for (const table of ['record', 'change', 'tally', 'session', 'factor', 'journal']) {
			expect(after[table]!.map((row) => row.structure_id).filter((of) => of === a)).toEqual([]);
			expect(after[table]).toEqual(before[table]!.filter((row) => row.structure_id === b));
		}
	});

	test('holds within a transaction as well, and does not outlive its turn of a shared connection', async () => {
		const { db, a, b } = await twoStructures();
		const seen = async (structure: string) =>
			await inStructure(structure, () => db.transaction().execute(async (trx) => await structuresIn(trx, 'record')));
		const turns = Array.from({ length: 60 }, (_, i) => (i % 2 ? a : b));
		const all = await Promise.all(turns.map((structure) => seen(structure)));
		expect(all).toEqual(turns.map((structure) => [structure]));
		const failing = inStructure(a, () =>
			db.transaction().execute(async (trx) => {
				await sql`select no_such_column from record`.execute(trx);
			})
		);
		await expect(failing).rejects.toThrow();
		for (let i = 0; i < 12; i++) expect(await seen(b)).toEqual([b]);
	});

	test('shows nothing at all outside any structure, nor within one that does not exist', async () => {
		const { db, tables } = await twoStructures();
		for (const table of tables) {
			expect(
				(await structuresIn(db, table)).filter((of) => of !== ''),
				table
			).toEqual([]);
			expect(await inStructure(uuid(), () => structuresIn(db, table)), table).toEqual([]);
		}
		expect((await everywhere(() => structuresIn(db, 'record'))).length).toBe(2);
	});

	test('is under what a session asks for: forged for another structure it opens nothing', async () => {
		const { app, db, a, b, mine } = await twoStructures();
		const bare = { ...app, db };
		const people = async (as: { cookie: string; key: string }) =>
			(await call(bare, 'GET', '/api/people', { as })).status;
		expect(await people(mine)).toBe(200);
		for (const forged of [b, '*', '', `${b}'; --`])
			expect(await people({ ...mine, cookie: mine.cookie.replace(`=${a}.`, `=${forged}.`) }), forged).toBe(401);
	});
});

describe('the role that the server works under', () => {
	test('is an ordinary one in these tests', async () => {
		const { app } = await openOffice('PostgreSQL');
		const { rows } = await sql<object>`select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb
			from pg_roles where rolname = current_user`.execute(app.db);
		expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false }]);
	});

	test('that is above the policies is told of at the start, and an ordinary one is not', async () => {
		const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
		onTestFinished(() => told.mockRestore());
		const { app } = await openOffice('PostgreSQL');
		expect(told).not.toHaveBeenCalled();
		const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(app.db);
		const above = await openDatabase({ url: `${inject('postgres')}/${rows[0]!.name}` });
		await above.destroy();
		expect(told).toHaveBeenCalledWith(expect.stringContaining('passe outre'));
	});

	test('puts a policy on a table that a later migration adds', async () => {
		const { app } = await openOffice('PostgreSQL');
		await sql`create table later (structure_id text primary key)`.execute(app.db);
		const again = await openDatabase(app.where);
		await again.destroy();
		const { rows } = await sql`select 1 from pg_class where relname = 'later' and relforcerowsecurity`.execute(app.db);
		expect(rows).toHaveLength(1);
	});

	test('may not read the files of the machine, nor become another', async () => {
		const { app } = await openOffice('PostgreSQL');
		const client = new pg.Client((app.where as { url: string }).url);
		await client.connect();
		onTestFinished(() => client.end());
		for (const statement of [
			"select pg_read_file('/etc/hostname')",
			'set role temoin',
			'create role other',
			"copy record to '/tmp/x'"
		])
			await expect(client.query(statement), statement).rejects.toThrow(/permission denied/);
	});
});
