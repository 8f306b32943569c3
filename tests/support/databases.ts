import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import type { App } from '$lib/server/app';
import { openDatabase } from '$lib/server/database/open';
import { ledgerFile } from '$lib/server/keeping/ledger';
import { Draws } from '$lib/server/fictitious/draws';

/** Every storage test runs on both, for real. */
export const DATABASES = ['SQLite', 'PostgreSQL'] as const;
export type DatabaseName = (typeof DATABASES)[number];

let made = 0;

/** A fresh server on a fresh database, gone when the test is over. Its clock is set by hand and its random is seeded. */
export type TestApp = App & { now: Date; folder: string; where: Parameters<typeof openDatabase>[0] };
export async function openApp(name: DatabaseName): Promise<TestApp> {
	const folder = mkdtempSync(join(tmpdir(), 'temoin-test-'));
	const where = name === 'SQLite' ? { folder } : { url: await freshPostgres() };
	const app = {
		// Tests look at the tables past the server: what runs within a structure is within it all the same.
		db: await openDatabase(where, '*'),
		now: new Date('2014-11-12T09:00:00.000Z'),
		clock: () => new Date(app.now),
		random: new Draws(++made).bytes,
		origin: 'http://localhost:3000',
		setupCode: 'ABCDE-FGHJK',
		version: 'test',
		rate: { count: () => undefined, meet: () => undefined }, // its clock stands still
		secret: new Uint8Array(32).fill(7),
		ledger: ledgerFile(join(folder, 'erased.ledger')),
		folder,
		where
	};
	onTestFinished(async () => {
		await app.db.destroy();
		rmSync(folder, { recursive: true, force: true });
	});
	return app;
}

async function freshPostgres(): Promise<string> {
	const url = inject('postgres');
	const name = `temoin_${process.pid}_${++made}`;
	const client = new pg.Client(`${url}/postgres`);
	await client.connect();
	// An ordinary role, as in production: a superuser is above row-level security.
	await client.query(`do $$ begin create role ordinary login password 'ordinary';
		exception when duplicate_object or unique_violation then null; end $$`);
	await client.query(`create database ${name} owner ordinary`);
	await client.end();
	return `${url.replace(/\/\/[^@]*@/, '//ordinary:ordinary@')}/${name}`;
}
