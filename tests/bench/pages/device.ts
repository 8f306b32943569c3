import Dexie from 'dexie';
import { PersonDatabase } from '../../../src/lib/local/database';
import { makeVault } from '../../../src/lib/local/locks';
import { save } from '../../../src/lib/local/outbox';
import { unlock } from '../../../src/lib/local/vault';
import { lay, listViews } from '../../../src/lib/local/views';
import { fold } from '../../../src/lib/domain/merge';
import type { Change } from '../../../src/lib/domain/change';
import { changeOf, text, type Who } from './sample';
import { placeOf, random, vaultFor } from './vault';

/** What happens on a device alone. Times are in milliseconds. */

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** An interview as the server gives it. */
function recordOf(who: Who, i: number) {
	const change = changeOf(who, i);
	const fields = Object.fromEntries(
		Object.entries(change.fields).map(([name, value]) => [
			name,
			[{ value, change: change.id, person: who.person, at: change.at }]
		])
	);
	const audience = `interviews:${who.person}`;
	return { id: change.id, kind: 'interview', owner: who.person, audience, sequence: i + 1, fields };
}

/** The store as it was before the vault: the same rows in clear, the same work in one transaction. */
class ClearDatabase extends Dexie {
	records!: Dexie.Table;
	outbox!: Dexie.Table;
	constructor(name: string) {
		super(name, { chromeTransactionDurability: 'strict' });
		this.version(1).stores({
			records: 'id, kind, about, [audience+sequence+id]',
			outbox: '++order, [record+state], [state+order], kind'
		});
	}
}
const saveClear = (db: ClearDatabase, edit: Change): Promise<string> =>
	db.transaction('rw', db.outbox, async () => {
		const open = (await db.outbox.where('[record+state]').equals([edit.record, 'open']).first()) as
			{ id: string; change: Change } | undefined;
		if (open) {
			await db.outbox.put({ ...open, change: fold(open.change, edit.fields, edit.seen, edit.at) });
			return open.id;
		}
		await db.outbox.add({ id: edit.id, record: edit.record, kind: edit.kind, state: 'open', change: edit });
		return edit.id;
	});
const listClear = (db: ClearDatabase, person: string) =>
	db.transaction('r', db.records, db.outbox, async () => {
		const records = await db.records.where('kind').equals('interview').toArray();
		await db.outbox.where('kind').equals('interview').sortBy('order');
		return records.map((record) => lay(record as never, [], person));
	});

/** One answer saved with the vault, without it, and as a bare strict put of the same size, in turns. `held` records lie in
 * the store already. */
async function saves(who: Who, held: number, rounds: number): Promise<{ ours: number; clear: number; bare: number }> {
	const db = new PersonDatabase(`save-${crypto.randomUUID()}`, await vaultFor(who));
	const clearDb = new ClearDatabase(`clear-${crypto.randomUUID()}`);
	const bareDb = new Dexie(`bare-${crypto.randomUUID()}`, { chromeTransactionDurability: 'strict' }) as Dexie & {
		rows: Dexie.Table;
	};
	bareDb.version(1).stores({ rows: 'id, kind' });
	for (let at = 0; at < held; at += 1000) {
		const records = Array.from({ length: 1000 }, (_, i) => recordOf(who, at + i));
		await db.records.bulkPut(await Promise.all(records.map((record) => db.sealRecord(record, ''))));
	}
	const [ours, clear, bare]: [number[], number[], number[]] = [[], [], []];
	const record = changeOf(who, 1);
	await save(db, record);
	await saveClear(clearDb, record);
	const timed = async (into: number[], work: () => Promise<unknown>) => {
		const start = performance.now();
		await work();
		into.push(performance.now() - start);
	};
	for (let i = 0; i < rounds; i++) {
		const fields = { 'answer:q-reconnaissance-estime-employee-1': { words: text(500, i) } };
		const edit = { ...record, id: crypto.randomUUID(), fields, seen: {} };
		const row = { ...changeOf(who, i) };
		const steps = [
			() => timed(ours, () => save(db, edit)),
			() => timed(clear, () => saveClear(clearDb, edit)),
			() => timed(bare, () => bareDb.rows.put(row))
		];
		for (const step of i % 2 ? steps.toReversed() : steps) await step();
	}
	await Promise.all([db.delete(), clearDb.delete(), bareDb.delete()]);
	return { ours: median(ours), clear: median(clear), bare: median(bare) };
}

/** A list of interviews, from the disk: `first` when nothing has been opened yet, `again` once it has, `clear` without a
 * vault. */
async function lists(
	who: Who,
	count: number,
	rounds: number
): Promise<{ first: number; again: number; clear: number }> {
	const name = `list-${crypto.randomUUID()}`;
	const vault = await vaultFor(who);
	const filling = new PersonDatabase(name, vault);
	const clearDb = new ClearDatabase(`clear-${crypto.randomUUID()}`);
	const records = Array.from({ length: count }, (_, i) => recordOf(who, i));
	await filling.records.bulkPut(await Promise.all(records.map((record) => filling.sealRecord(record, ''))));
	await clearDb.records.bulkPut(records);
	filling.close();
	const [first, again, clear]: [number[], number[], number[]] = [[], [], []];
	for (let i = 0; i < rounds; i++) {
		const db = new PersonDatabase(name, vault); // nothing opened yet
		const timed = async (into: number[], work: () => Promise<{ length: number }>) => {
			const start = performance.now();
			if ((await work()).length !== count) throw new Error('a list is not whole');
			into.push(performance.now() - start);
		};
		await db.open();
		await timed(first, () => listViews(db, who.person, 'interview'));
		await timed(clear, () => listClear(clearDb, who.person));
		await timed(again, () => listViews(db, who.person, 'interview'));
		db.close();
	}
	await Promise.all([Dexie.delete(name), clearDb.delete()]);
	return { first: median(first), again: median(again), clear: median(clear) };
}

/** A cold start's unlock at the cost that this device was calibrated to. */
async function unlocks(who: Who, rounds: number): Promise<{ spent: number; iterations: number }> {
	const pair = (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, [
		'deriveBits'
	])) as CryptoKeyPair;
	const point = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
	const key = btoa(String.fromCharCode(...point))
		.replaceAll('+', '-')
		.replaceAll('/', '_')
		.replace(/=+$/, '');
	const passphrase = 'les gaves descendent vite';
	const now = () => performance.now();
	const { locks } = await makeVault(placeOf(who), crypto.randomUUID(), passphrase, key, random, now);
	const times: number[] = [];
	for (let i = 0; i < rounds; i++) {
		const start = now();
		if (!(await unlock(placeOf(who), locks, { passphrase }, random))) throw new Error('the vault did not open');
		times.push(now() - start);
	}
	return { spent: median(times), iterations: locks.passphrase!.iterations };
}

export const bench = { saves, lists, unlocks };
Object.assign(globalThis, { bench });
