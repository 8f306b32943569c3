import Dexie, { type Table } from 'dexie';
import type { Change } from '../../../src/lib/domain/change';
import { changeOf, thousands, type Subject, type Who } from './sample';

/** The practical limit: nothing but what must happen. Changes leave IndexedDB by 500 as gzip, each batch is one durable
 * transaction at the server, the cursor is kept after each; they come back the same way. */
class LimitDatabase extends Dexie {
	outbox!: Table<{ order: number; change: Change }, number>;
	rows!: Table<Change, string>;
	cursors!: Table<{ name: string; after: number }, string>;

	constructor() {
		super('limit', { chromeTransactionDurability: 'strict' });
		this.version(1).stores({ outbox: '++order', rows: 'id, kind, at', cursors: 'name' });
	}
}
const db = new LimitDatabase();
const BATCH = 500;

async function gzip(json: string): Promise<BodyInit> {
	return await new Response(new Blob([json]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
}

async function fill(who: Who, count: number): Promise<void> {
	for (const changes of thousands(who, count)) await db.outbox.bulkAdd(changes.map((change) => ({ change })) as never);
}

async function drain(): Promise<number> {
	let sent = 0;
	for (;;) {
		const after = (await db.cursors.get('push'))?.after ?? 0;
		const rows = await db.outbox.where(':id').above(after).limit(BATCH).toArray();
		const last = rows.at(-1);
		if (!last) return sent;
		const response = await fetch('/limit', {
			method: 'POST',
			body: await gzip(JSON.stringify(rows.map(({ change }) => change))),
			headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }
		});
		const { taken } = (await response.json()) as { taken: number };
		if (taken !== rows.length) throw new Error(`${taken} of ${rows.length} were taken`);
		await db.cursors.put({ name: 'push', after: last.order });
		sent += taken;
	}
}

async function push(_who: Who, count: number): Promise<{ spent: number }> {
	const start = performance.now();
	if ((await drain()) !== count) throw new Error('not everything was sent');
	return { spent: performance.now() - start };
}

/** The next page is asked for while this one is written. */
async function pull(_who: Who, count: number): Promise<{ spent: number }> {
	await db.open();
	const start = performance.now();
	type Page = { after: number; changes: Change[] };
	const page = async (after: number) => (await (await fetch(`/limit?after=${after}`)).json()) as Page;
	let next = page(0);
	for (;;) {
		const { after, changes } = await next;
		if (changes.length === 0) break;
		next = page(after);
		await db.transaction('rw', db.rows, db.cursors, async () => {
			await db.rows.bulkPut(changes);
			await db.cursors.put({ name: 'pull', after });
		});
	}
	const spent = performance.now() - start;
	if ((await db.rows.count()) !== count) throw new Error('not everything arrived');
	return { spent };
}

async function one(who: Who): Promise<{ spent: number }> {
	await db.outbox.add({ change: changeOf(who, 1) } as never);
	const start = performance.now();
	if ((await drain()) !== 1) throw new Error('it was not sent');
	return { spent: performance.now() - start };
}

export const bench = { fill, push, pull, one } satisfies Subject;
Object.assign(globalThis, { bench });
