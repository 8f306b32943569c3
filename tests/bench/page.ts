import Dexie from 'dexie';
import { PersonDatabase, START } from '../../src/lib/local/database';
import { save } from '../../src/lib/local/outbox';
import { exchange } from '../../src/lib/sync/exchange';
import type { Change } from '../../src/lib/domain/change';

/** What the bench runs inside a real page. Times are in milliseconds. */

const WORDS =
	'la première fois que une cliente m’a laissé ses clés j’ai pleuré dans l’escalier parce que on me faisait confiance et le bus pour la vallée passe deux fois par jour alors je marche'.split(
		' '
	);
const text = (length: number, seed: number): string => {
	let out = '';
	for (let i = seed; out.length < length; i = (i * 31 + 7) % 9973) out += `${WORDS[i % WORDS.length]} `;
	return out.slice(0, length);
};

type Who = { person: string; device: string; campaign: string; antenna: string };

/** A finished interview of about 1.2 kB, as a device sends it. */
function changeOf(who: Who, i: number): Change {
	const id = crypto.randomUUID();
	return {
		id,
		kind: 'interview',
		record: id,
		fields: {
			campaign: who.campaign,
			stakeholder: 'employee',
			antenna: who.antenna,
			mode: 'face',
			on: '2014-11-12',
			criteria: ['reconnaissance-estime', 'acces-aux-droits'],
			state: 'finished',
			'consent:usage-evaluation': 'yes',
			'answer:q-estime-fierte-travail': { value: 1 + (i % 4) },
			'answer:q-reconnaissance-estime-employee-1': { words: text(500, i) },
			'answer:q-reconnaissance-estime-employee-2': { words: text(120, i + 5) }
		},
		seen: {},
		at: new Date().toISOString()
	};
}

async function gzip(json: string): Promise<Uint8Array> {
	const stream = new Blob([json]).stream().pipeThrough(new CompressionStream('gzip'));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Our push, everything on: `spent` until the last receipt is on the disk, `tidied` until the rows are in place too. */
async function push(who: Who, count: number): Promise<{ spent: number; tidied: number }> {
	const db = new PersonDatabase(`bench-${crypto.randomUUID()}`);
	await db.settings.put({ name: 'position', value: START });
	const warm = await exchange({ db, send, person: who.person, device: who.device });
	if (warm.state !== 'done') throw new Error(warm.state);
	for (let at = 0; at < count; at += 1000) {
		const changes = Array.from({ length: Math.min(1000, count - at) }, (_, i) => changeOf(who, at + i));
		await db.outbox.bulkAdd(
			changes.map((change) => ({
				id: change.id,
				record: change.record,
				kind: change.kind,
				state: 'frozen',
				change
			})) as never
		);
	}
	const start = performance.now();
	let spent = 0;
	const onprogress = (sent: number) => {
		if (sent === count && spent === 0) spent = performance.now() - start;
	};
	const outcome = await exchange({ db, send, person: who.person, device: who.device, onprogress });
	const tidied = performance.now() - start;
	if (outcome.state !== 'done' || outcome.position.digest !== 'equal' || (await db.outbox.count()) > 0)
		throw new Error(JSON.stringify(outcome));
	await db.delete();
	return { spent, tidied };
}
const send = (path: string, body: Uint8Array | string, headers: Record<string, string>) =>
	fetch(path, { method: 'POST', body: body as BodyInit, headers });

/** The practical limit: the same changes out of IndexedDB, one gzip POST per 500, the cursor kept after each. */
async function limit(who: Who, count: number): Promise<number> {
	const db = new Dexie(`limit-${crypto.randomUUID()}`, { chromeTransactionDurability: 'strict' }) as Dexie & {
		rows: Dexie.Table;
		cursors: Dexie.Table;
	};
	db.version(1).stores({ rows: '++order', cursors: 'name' });
	for (let at = 0; at < count; at += 1000)
		await db.rows.bulkAdd(
			Array.from({ length: Math.min(1000, count - at) }, (_, i) => ({ change: changeOf(who, at + i) }))
		);
	const start = performance.now();
	let after = 0;
	for (;;) {
		const rows = (await db.rows.where(':id').above(after).limit(500).toArray()) as { order: number; change: Change }[];
		if (rows.length === 0) break;
		const response = await fetch('/limit', {
			method: 'POST',
			body: (await gzip(JSON.stringify(rows.map(({ change }) => change)))) as BodyInit,
			headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }
		});
		await response.json();
		after = rows.at(-1)!.order;
		await db.cursors.put({ name: 'push', after });
	}
	const spent = performance.now() - start;
	await db.delete();
	return spent;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** One answer saved, against a bare strict put of the same size, in turns. `held` records lie in the store already. */
async function saves(who: Who, held: number, rounds: number): Promise<{ ours: number; bare: number }> {
	const db = new PersonDatabase(`save-${crypto.randomUUID()}`);
	const bareDb = new Dexie(`bare-${crypto.randomUUID()}`, { chromeTransactionDurability: 'strict' }) as Dexie & {
		rows: Dexie.Table;
	};
	bareDb.version(1).stores({ rows: 'id, kind' });
	for (let at = 0; at < held; at += 1000) {
		await db.records.bulkPut(
			Array.from({ length: 1000 }, (_, i) => {
				const change = changeOf(who, at + i);
				const fields = Object.fromEntries(
					Object.entries(change.fields).map(([name, value]) => [
						name,
						[{ value, change: change.id, person: who.person, at: change.at }]
					])
				);
				return {
					id: change.id,
					kind: 'interview',
					owner: who.person,
					audience: `interviews:${who.person}`,
					sequence: at + i + 1,
					fields
				};
			})
		);
	}
	const [ours, bare]: [number[], number[]] = [[], []];
	const record = changeOf(who, 1);
	await save(db, record);
	for (let i = 0; i < rounds; i++) {
		const answer = { words: text(500, i) };
		let start = performance.now();
		await save(db, {
			...record,
			id: crypto.randomUUID(),
			fields: { 'answer:q-reconnaissance-estime-employee-1': answer },
			seen: {}
		});
		ours.push(performance.now() - start);
		const row = { ...changeOf(who, i) };
		start = performance.now();
		await bareDb.rows.put(row);
		bare.push(performance.now() - start);
	}
	await db.delete();
	await bareDb.delete();
	return { ours: median(ours), bare: median(bare) };
}

export const bench = { push, limit, saves };
Object.assign(globalThis, { bench });
