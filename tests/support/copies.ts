import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { inject } from 'vitest';
import { openDatabase, sqliteFile } from '$lib/server/database/open';
import { newId } from '$lib/server/app';
import type { TestApp } from './databases';

const built = new Map<string, { template: string; made: unknown }>();

/** Fills a fresh server once, and gives every later test of the file a copy of what it was then: people, with their slow
 * passphrases, are not made anew by each.
 * @param build what it gives back is told again to the later ones: nothing in it may hold on to the server */
export async function once<Made>(app: TestApp, what: string, build: () => Promise<Made>): Promise<Made> {
	const key = `${what} on ${Object.keys(app.where)[0]}`;
	const known = built.get(key);
	if (!known) {
		const made = await build();
		built.set(key, { template: await seal(app), made });
		return made;
	}
	if ('folder' in app.where) {
		await app.db.destroy();
		const file = sqliteFile(app.where.folder);
		for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
		copyFileSync(known.template, file);
	} else await copyTo(app, known.template, nameOf(app.where.url));
	await reopen(app);
	return known.made as Made;
}

const nameOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1);

async function seal(app: TestApp): Promise<string> {
	if ('folder' in app.where) {
		const folder = mkdtempSync(join(tmpdir(), 'temoin-template-'));
		process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
		const file = join(folder, 'template.sqlite');
		await sql`vacuum into ${file}`.execute(app.db);
		return file;
	}
	const name = nameOf(app.where.url);
	await copyTo(app, name, `${name}_template`);
	await reopen(app);
	return `${name}_template`;
}

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
	const name = nameOf(url);
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
