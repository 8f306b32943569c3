import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import type { App } from '$lib/server/app';
import { openDatabase } from '$lib/server/database/open';
import { Draws } from '$lib/server/fictitious/draws';

/** Every storage test runs on both, for real. */
export const DATABASES = ['SQLite', 'PostgreSQL'] as const;
export type DatabaseName = (typeof DATABASES)[number];

let made = 0;

/** A fresh server on a fresh database, gone when the test is over. Its clock is set by hand and its random is seeded. */
export async function openApp(name: DatabaseName): Promise<App & { now: Date; folder: string }> {
	const folder = mkdtempSync(join(tmpdir(), 'temoin-test-'));
	const where = name === 'SQLite' ? { folder } : { url: await freshPostgres() };
	const app = {
		db: await openDatabase(where),
		now: new Date('2014-11-12T09:00:00.000Z'),
		clock: () => new Date(app.now),
		random: new Draws(++made).bytes,
		origin: 'http://localhost:3000',
		setupCode: 'ABCDE-FGHJK',
		version: 'test',
		folder
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
	await client.query(`create database ${name}`);
	await client.end();
	return `${url}/${name}`;
}
