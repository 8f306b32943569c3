import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Dexie from 'dexie';
import { onTestFinished } from 'vitest';
import type { App } from '$lib/server/app';
import { everywhere, openDatabase, sqliteFile } from '$lib/server/database/open';
import { replayLedger } from '$lib/server/keeping/erasure';
import { replayWithdrawals } from '$lib/server/keeping/withdrawals';
import { ledgerFile } from '$lib/server/keeping/ledger';
import { loadSecret } from '$lib/server/keeping/secret';
import { afterUpgrade } from '$lib/server/keeping/upgrade';
import { databaseName, PersonDatabase } from '$lib/local/database';
import { unlock, type Locks, type Seat } from '$lib/local/vault';
import type { Device } from './server';
import { randomBytes } from './vault';

/** What the version that spoke protocol 2 wrote, as it lies in `protocol-2/`. */
const HERE = resolve('tests/support/protocol-2');

const bytes = (_: string, value: unknown): unknown =>
	value !== null && typeof value === 'object' && '$bytes' in value
		? new Uint8Array(Buffer.from(String(value.$bytes), 'base64'))
		: value;
const read = <T>(name: string): T => JSON.parse(readFileSync(join(HERE, name), 'utf8'), bytes) as T;

type Named = { id: string; where: string };
type Index = {
	server: { origin: string; setupCode: string; now: string };
	structure: string;
	campaign: string;
	framework: string;
	people: {
		[who: string]: { id: string; name: string; device: string; cookie: string; key: string; structureKey: string };
	};
	interviews: { [nick: string]: Named };
	excerpts: { [nick: string]: Named & { about: string; audience: string | null; quote: string; approval: string } };
	receipts: { [nick: string]: string };
	tablet: { outbox: { id: string; kind: string; of: string }[] };
	rows: { server: { [table: string]: number } };
};
type Stored = {
	name: string;
	version: number;
	stores: { [table: string]: string };
	rows: { [table: string]: object[] };
};
type Kept = { place: Seat; locks: Locks; databases: { device: Stored; person: Stored } };

export const index = read<Index>('index.json');

/** Its data folder, opened by the version of today, before it has answered anything. */
export async function openFormer(): Promise<App & { now: Date }> {
	const folder = mkdtempSync(join(tmpdir(), 'temoin-former-'));
	cpSync(join(HERE, 'server'), folder, { recursive: true });
	writeFileSync(sqliteFile(folder), gunzipSync(readFileSync(`${sqliteFile(folder)}.gz`)));
	const { origin, setupCode, now } = index.server;
	const app = {
		db: await openDatabase({ folder }, '*'),
		now: new Date(now),
		clock: () => new Date(app.now),
		random: randomBytes,
		rate: { count: () => undefined, meet: () => undefined },
		secret: loadSecret({}, folder, randomBytes),
		ledger: ledgerFile(join(folder, 'erased.ledger')),
		...{ origin, setupCode, version: 'today' }
	};
	onTestFinished(async () => {
		await app.db.destroy();
		rmSync(folder, { recursive: true, force: true });
	});
	await everywhere(() => replayLedger(app));
	await everywhere(() => replayWithdrawals(app));
	return app;
}

/** What its first start does. */
export const upgrade = (app: App): Promise<void> => everywhere(() => afterUpgrade(app));

/** Somebody's session of then, which goes on. */
export function formerDevice(who: string): Device {
	const { id, name, device, cookie, key, structureKey } = index.people[who]!;
	const structure = { id: index.structure, name: 'Cap Bigorre', fictitious: false };
	const person = { id, name, grants: [] };
	return {
		session: { structure, person, device: { id: device, name }, secondFactor: 'off' },
		...{ cookie, key, structureKey, mark: '' }
	};
}

/** Sandrine's tablet with what was on it, opened by the app of today. */
export async function openFormerTablet(): Promise<{ db: PersonDatabase; place: Seat }> {
	const { place, locks, databases } = read<Kept>('device.json');
	const { name, version, stores, rows } = databases.person;
	const old = new Dexie(name);
	old.version(version).stores(stores);
	for (const table of Object.keys(rows)) await old.table(table).bulkPut(rows[table]!);
	old.close();
	const { vault } = (await unlock(place, locks, 'none', randomBytes))!;
	const db = new PersonDatabase(databaseName(place.structure, place.person), vault);
	onTestFinished(async () => {
		db.close();
		await db.delete();
	});
	return { db, place };
}
