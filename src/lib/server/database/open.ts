import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync as Sqlite, SQLInputValue, StatementSync } from 'node:sqlite';
import { Kysely, PostgresDialect, SqliteAdapter, SqliteDialect, type SqliteDatabase } from 'kysely';
import { Migrator } from 'kysely/migration';
import type pg from 'pg';
import { migrations } from './migrations';
import type { Schema } from './schema';

export type Database = Kysely<Schema>;

export const sqliteFile = (folder: string): string => join(folder, 'temoin.sqlite');

/** Opens PostgreSQL where a URL is given, the SQLite file of the data folder otherwise, and brings it up to date.
 * This file is the one place that knows the difference between the two.
 * @throws what the migration threw: nothing of it has been kept */
export async function openDatabase(where: { folder: string } | { url: string }): Promise<Database> {
	const db = new Kysely<Schema>({ dialect: 'url' in where ? await postgres(where.url) : sqlite(where.folder) });
	const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
	const { error } = await migrator.migrateToLatest();
	if (error) {
		await db.destroy();
		throw error;
	}
	return db;
}

async function postgres(url: string): Promise<PostgresDialect> {
	const { default: driver } = await import('pg'); // most servers run on SQLite and never load it
	// Counts and sequences stay under 2^53; as text they would compare wrongly.
	const getTypeParser = (oid: number, format: 'text') =>
		oid === 20 ? Number : driver.types.getTypeParser(oid, format);
	const types = { getTypeParser } as unknown as pg.CustomTypesConfig;
	return new PostgresDialect({ pool: new driver.Pool({ connectionString: url, types, max: 10 }) });
}

// SQLite does run DDL in transactions: without this a failing migration would leave half its tables.
class TransactionalSqliteAdapter extends SqliteAdapter {
	override get supportsTransactionalDdl(): boolean {
		return true;
	}
}

function sqlite(folder: string): SqliteDialect {
	mkdirSync(folder, { recursive: true });
	// node:sqlite is built in; a bundler would try to resolve it
	const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
	const file = new DatabaseSync(sqliteFile(folder), { enableForeignKeyConstraints: true, timeout: 5000 });
	file.exec('pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -8000;');
	const dialect = new SqliteDialect({ database: likeBetterSqlite(file) });
	dialect.createAdapter = () => new TransactionalSqliteAdapter();
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
				run: (parameters: readonly unknown[]) => statement.run(...bound(parameters)),
				iterate: (parameters: readonly unknown[]) => statement.iterate(...bound(parameters))
			} as ReturnType<SqliteDatabase['prepare']>;
		}
	};
}
