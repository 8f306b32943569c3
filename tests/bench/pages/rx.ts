import { createRxDatabase, type Collection } from 'rxdb/plugins/core';
import { replicateRxCollection, type Replication } from 'rxdb/plugins/replication';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { changeOf, thousands, type Subject, type Who } from './sample';

type Row = { id: string; updatedAt: number; _deleted: boolean };
type Checkpoint = { id: string; updatedAt: number };

const words = { type: 'string', maxLength: 100 };
const schema = {
	version: 0,
	primaryKey: 'id',
	type: 'object',
	properties: {
		id: words,
		kind: words,
		record: words,
		at: words,
		updatedAt: { type: 'number', minimum: 0, maximum: 1e15, multipleOf: 1 },
		fields: { type: 'object' },
		seen: { type: 'object' }
	},
	required: ['id', 'kind', 'at', 'updatedAt'],
	indexes: ['kind', 'at']
};

let collection: Promise<Collection> | undefined;
const open = (): Promise<Collection> => (collection ??= make());
async function make(): Promise<Collection> {
	const db = await createRxDatabase({ name: 'bench', storage: getRxStorageDexie() });
	const { interviews } = await db.addCollections({ interviews: { schema } });
	return interviews!;
}

let written = 0;
const documentOf = (change: { id: string }) => ({ ...change, updatedAt: ++written });

const post = async <T>(path: string, body: unknown): Promise<T> => {
	const headers = { 'content-type': 'application/json' };
	return (await (await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as T;
};

/** Replication in the form of RxDB's documentation, once through, batches as they are by default. */
async function replicate(way: 'push' | 'pull'): Promise<void> {
	const replication: Replication = replicateRxCollection<Row, Checkpoint>({
		collection: await open(),
		replicationIdentifier: 'bench',
		live: false,
		...(way === 'push'
			? { push: { handler: (rows) => post<Row[]>('/push', rows) } }
			: {
					pull: {
						handler: (checkpoint, batchSize) =>
							post<{ documents: Row[]; checkpoint: Checkpoint }>('/pull', { checkpoint, batchSize })
					}
				})
	});
	const failed = new Promise<never>((_, fail) => replication.error$.subscribe(fail));
	await Promise.race([replication.awaitInitialReplication(), failed]);
	await replication.cancel();
}

async function fill(who: Who, count: number): Promise<void> {
	for (const changes of thousands(who, count)) {
		const { error } = await (await open()).bulkInsert(changes.map(documentOf));
		if (error.length > 0) throw new Error('not everything was written');
	}
}

async function push(): Promise<{ spent: number }> {
	await open();
	const start = performance.now();
	await replicate('push');
	return { spent: performance.now() - start };
}

async function pull(_who: Who, count: number): Promise<{ spent: number }> {
	const into = await open();
	const start = performance.now();
	await replicate('pull');
	const spent = performance.now() - start;
	const arrived = await into.count().exec();
	if (arrived !== count) throw new Error(`${arrived} documents arrived`);
	return { spent };
}

async function one(who: Who): Promise<{ spent: number }> {
	await (await open()).bulkInsert([documentOf(changeOf(who, 1))]);
	return await push();
}

export const bench = { fill, push, pull, one } satisfies Subject;
Object.assign(globalThis, { bench });
