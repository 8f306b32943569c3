import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync as Sqlite, SQLInputValue, StatementSync } from 'node:sqlite';
import {
	CompiledQuery,
	Kysely,
	PostgresAdapter,
	PostgresDialect,
	PostgresDriver,
	sql,
	SqliteAdapter,
	SqliteDialect,
	SqliteDriver,
	type DatabaseConnection,
	type SqliteDatabase
} from 'kysely';
import { Migrator } from 'kysely/migration';
import type pg from 'pg';
import { migrations } from './migrations';
import type { Schema } from './schema';

export type Database = Kysely<Schema>;

export const sqliteFile = (folder: string): string => join(folder, 'temoin.sqlite');

/** All structures at once: what only the server's own work may see (founding, backup, retention). */
const EVERYWHERE = '*';
const reach = new AsyncLocalStorage<string>();

/** Runs `work` within one structure: PostgreSQL then shows and takes that structure's rows only, whatever a query forgot
 * to say. On SQLite the queries say it themselves. */
export const inStructure = <T>(structure: string, work: () => Promise<T>): Promise<T> => reach.run(structure, work);
export const everywhere = <T>(work: () => Promise<T>): Promise<T> => reach.run(EVERYWHERE, work);

/** Opens PostgreSQL where a URL is given, the SQLite file of the data folder otherwise, and brings it up to date.
 * This file is the one place that knows the difference between the two.
 * @param outside what a query sees that runs neither within a structure nor everywhere: nothing, except in tests
 * @throws what the migration threw: nothing of it has been kept */
export async function openDatabase(
	where: { folder: string } | { url: string },
	outside: '' | typeof EVERYWHERE = ''
): Promise<Database> {
	const dialect = 'url' in where ? await postgres(where.url, outside) : sqlite(where.folder);
	const db = new Kysely<Schema>({ dialect });
	try {
		await everywhere(async () => {
			const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
			const { error } = await migrator.migrateToLatest();
			if (error) throw error;
			if ('url' in where) await isolate(db);
		});
	} catch (cause) {
		await db.destroy();
		throw cause;
	}
	return db;
}

/** Makes the place of what was deleted free for good: out of SQLite's journal, out of PostgreSQL's dead rows. */
export async function forgetFreed(db: Database): Promise<void> {
	if (db.getExecutor().adapter instanceof PostgresAdapter)
		await sql`vacuum record, change, quarantine, media_part`.execute(db);
	else await sql`pragma wal_checkpoint(truncate)`.execute(db);
}

/** Puts row-level security on every table that has none yet, so that a migration cannot forget it. */
async function isolate(db: Database): Promise<void> {
	const { rows } = await sql<{ name: string }>`select c.relname as name from pg_class c
		where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and not c.relforcerowsecurity
		and c.relname not like 'kysely_%'`.execute(db);
	for (const { name } of rows) {
		const column = sql.ref(name === 'structure' ? 'id' : 'structure_id');
		const table = sql.table(name);
		const within = sql`${column} = current_setting('temoin.structure', true)
			or current_setting('temoin.structure', true) = '*'`;
		await db.transaction().execute(async (trx) => {
			await sql`create policy within_structure on ${table} using (${within}) with check (${within})`.execute(trx);
			await sql`alter table ${table} enable row level security, force row level security`.execute(trx);
		});
	}
	const { rows: roles } = await sql<{ free: boolean }>`select rolsuper or rolbypassrls as free
		from pg_roles where rolname = current_user`.execute(db);
	if (roles[0]?.free)
		console.error('PostgreSQL : ce rôle passe outre l’isolation des structures. Donnez à Témoin un rôle ordinaire.');
}

/** Tells each connection which structure it works for, when that changes. */
class IsolatedDriver extends PostgresDriver {
	#set = new WeakMap<DatabaseConnection, string>();
	#outside: string;

	constructor(config: ConstructorParameters<typeof PostgresDriver>[0], outside: string) {
		super(config);
		this.#outside = outside;
	}

	override async acquireConnection(): Promise<DatabaseConnection> {
		const connection = await super.acquireConnection();
		const wanted = reach.getStore() ?? this.#outside;
		if (this.#set.get(connection) !== wanted) {
			await connection.executeQuery(CompiledQuery.raw(`select set_config('temoin.structure', $1, false)`, [wanted]));
			this.#set.set(connection, wanted);
		}
		return connection;
	}
}

async function postgres(url: string, outside: string): Promise<PostgresDialect> {
	const { default: driver } = await import('pg'); // most servers run on SQLite and never load it
	// Counts and sequences stay under 2^53; as text they would compare wrongly.
	const getTypeParser = (oid: number, format: 'text') =>
		oid === 20 ? Number : driver.types.getTypeParser(oid, format);
	const types = { getTypeParser } as unknown as pg.CustomTypesConfig;
	const pool = new driver.Pool({ connectionString: url, types, max: 10 });
	// A connection that breaks fails its query and is replaced. Its own event, unheard, would end the whole server.
	pool.on('error', () => undefined);
	pool.on('connect', (client) => client.on('error', () => undefined));
	const config = { pool };
	const dialect = new PostgresDialect(config);
	dialect.createDriver = () => new IsolatedDriver(config, outside);
	return dialect;
}

/** SQLite lies in this process: a statement of one row, bound again for the next, costs it less than one of many rows. */
export class RowByRowAdapter extends SqliteAdapter {
	// It does run DDL in transactions: without this a failing migration would leave half its tables.
	override get supportsTransactionalDdl(): boolean {
		return true;
	}
}

/** One statement run for each of these rows, on SQLite. */
export const eachRow = (sql: string, rows: readonly unknown[][]): CompiledQuery =>
	CompiledQuery.raw(sql, [new Rows(rows)]);

class Rows {
	constructor(readonly rows: readonly unknown[][]) {}
}

/** A full disk makes SQLite roll back by itself. Rolling back once more would fail, and hide what went wrong. */
class SelfRolledBackDriver extends SqliteDriver {
	#file: Sqlite;

	constructor(file: Sqlite) {
		super({ database: likeBetterSqlite(file) });
		this.#file = file;
	}

	override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
		if (this.#file.isTransaction) await super.rollbackTransaction(connection);
	}
}

function sqlite(folder: string): SqliteDialect {
	mkdirSync(folder, { recursive: true });
	// node:sqlite is built in; a bundler would try to resolve it
	const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
	const file = new DatabaseSync(sqliteFile(folder), { enableForeignKeyConstraints: true, timeout: 5000 });
	// What is deleted is overwritten: an erased testimony does not stay in the file's free pages. An interview is about
	// 1.5 kB: of the usual 4,096 bytes a page of two would leave a quarter empty, and a commit writes whole pages.
	file.exec(
		'pragma page_size = 8192; pragma journal_mode = wal; pragma synchronous = full;' +
			'pragma cache_size = -8000; pragma secure_delete = on;' +
			// A page that several commits touch is written back once; what is committed is durable in the journal already.
			'pragma wal_autocheckpoint = 10000;'
	);
	const dialect = new SqliteDialect({ database: likeBetterSqlite(file) });
	dialect.createDriver = () => new SelfRolledBackDriver(file);
	dialect.createAdapter = () => new RowByRowAdapter();
	return dialect;
}

/** The part of better-sqlite3 that Kysely's dialect asks for, over node:sqlite. Statements are kept: a batch runs the same
 * few hundreds of times. */
function likeBetterSqlite(file: Sqlite): SqliteDatabase {
	const kept = new Map<string, StatementSync>();
	const prepare = (sql: string) => {
		const known = kept.get(sql);
		if (known) return known;
		const statement = file.prepare(sql);
		if (kept.size >= 300) kept.delete(kept.keys().next().value!);
		kept.set(sql, statement);
		return statement;
	};
	return {
		close: () => {
			kept.clear();
			file.close();
		},
		prepare: (sql: string) => {
			const statement = prepare(sql);
			const bound = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
			return {
				reader: statement.columns().length > 0,
				all: (parameters: readonly unknown[]) => statement.all(...bound(parameters)),
				run: (parameters: readonly unknown[]) => {
					const [many] = parameters;
					if (!(many instanceof Rows)) return statement.run(...bound(parameters));
					for (const row of many.rows) statement.run(...bound(row));
					return { changes: many.rows.length, lastInsertRowid: 0 };
				},
				iterate: (parameters: readonly unknown[]) => statement.iterate(...bound(parameters))
			} as ReturnType<SqliteDatabase['prepare']>;
		}
	};
}
