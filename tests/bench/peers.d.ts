// Of the peers only what the bench calls: their own types come with them, and they are installed when the bench runs.
declare module 'pouchdb/dist/pouchdb.js' {
	type Written = Promise<{ docs_written: number }>;
	export default class PouchDB {
		constructor(name: string);
		bulkDocs(documents: readonly object[]): Promise<unknown>;
		info(): Promise<unknown>;
		replicate: { to: (remote: PouchDB) => Written; from: (remote: PouchDB) => Written };
	}
}
declare module 'pouchdb' {
	const PouchDB: { defaults: (options: { prefix: string }) => unknown };
	export default PouchDB;
}
declare module 'express-pouchdb' {
	import type { RequestListener } from 'node:http';
	export default function make(PouchDB: unknown, options: { mode: 'minimumForPouchDB' }): RequestListener;
}
declare module 'express' {
	import type { RequestListener } from 'node:http';
	import type { Server } from 'node:http';
	type Express = {
		use: (path: string, listener: RequestListener) => void;
		get: (path: string, listener: RequestListener) => void;
		listen: (port: number, address: string) => Server;
	};
	export default function express(): Express;
}
declare module 'rxdb/plugins/core' {
	export type Collection = {
		bulkInsert: (documents: readonly object[]) => Promise<{ error: unknown[] }>;
		count: () => { exec: () => Promise<number> };
	};
	export function createRxDatabase(options: { name: string; storage: unknown }): Promise<{
		addCollections: (collections: { [name: string]: { schema: object } }) => Promise<{ [name: string]: Collection }>;
	}>;
}
declare module 'rxdb/plugins/storage-dexie' {
	export function getRxStorageDexie(): unknown;
}
declare module 'rxdb/plugins/replication' {
	import type { Collection } from 'rxdb/plugins/core';
	export type Replication = {
		error$: { subscribe: (then: (error: unknown) => void) => void };
		awaitInitialReplication: () => Promise<void>;
		cancel: () => Promise<void>;
	};
	export function replicateRxCollection<Row, Checkpoint>(options: {
		collection: Collection;
		replicationIdentifier: string;
		live: boolean;
		push?: { handler: (rows: { newDocumentState: Row; assumedMasterState?: Row }[]) => Promise<Row[]> };
		pull?: {
			handler: (
				checkpoint: Checkpoint | undefined,
				batchSize: number
			) => Promise<{ documents: Row[]; checkpoint: Checkpoint }>;
		};
	}): Replication;
}
