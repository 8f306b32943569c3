import { copyFileSync, rmSync } from 'node:fs';
import { sql } from 'kysely';
import pg from 'pg';
import { inject } from 'vitest';
import { openDatabase, sqliteFile } from '$lib/server/database/open';
import { newId } from '$lib/server/app';
import type { TestApp } from './databases';

/** Keeps the database as it is now: a copy of the file, or of the whole PostgreSQL database.
 * @returns how to have it back in the place of what is there then, as a restore does: under a new epoch */
export async function keepCopy(app: TestApp): Promise<() => Promise<void>> {
	if ('folder' in app.where) {
		const file = sqliteFile(app.where.folder);
		await sql`vacuum into ${`${file}.copy`}`.execute(app.db);
		return async () => {
			await app.db.destroy();
			for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
			copyFileSync(`${file}.copy`, file);
			await reopen(app);
			await newEpoch(app);
		};
	}
	const { url } = app.where;
	const name = url.slice(url.lastIndexOf('/') + 1);
	await copyTo(app, name, `${name}_copy`);
	await reopen(app);
	return async () => {
		await copyTo(app, `${name}_copy`, name);
		await reopen(app);
		await newEpoch(app);
	};
}

/** PostgreSQL copies a database while nobody is in it: what was there under that name is gone. */
export async function copyTo(app: TestApp, from: string, to: string): Promise<void> {
	await app.db.destroy();
	const client = new pg.Client(`${inject('postgres')}/postgres`);
	await client.connect();
	await client.query(`drop database if exists ${to}`);
	await client.query(`create database ${to} template ${from} owner ordinary`);
	await client.end();
}

async function reopen(app: TestApp): Promise<void> {
	app.db = await openDatabase(app.where, '*');
}

const newEpoch = (app: TestApp) =>
	app.db
		.updateTable('structure')
		.set({ epoch: newId(app) })
		.execute();
