// What RxDB's replication asks of a server, in the form of its documentation, over SQLite: one durable transaction a batch.
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const db = new DatabaseSync(join(process.env.DATA!, 'rx.sqlite'));
db.exec('pragma journal_mode = wal; pragma synchronous = full');
db.exec('create table document (id text primary key, updated_at integer, json text)');
db.exec('create index document_updated on document (updated_at, id)');
const find = db.prepare('select json from document where id = ?');
const insert = db.prepare('insert or replace into document values (?, ?, ?)');
const page = db.prepare('select json from document where (updated_at, id) > (?, ?) order by updated_at, id limit ?');

type Row = { id: string; updatedAt: number };

async function read<T>(request: IncomingMessage): Promise<T> {
	const parts: Buffer[] = [];
	for await (const part of request) parts.push(part as Buffer);
	return JSON.parse(Buffer.concat(parts).toString()) as T;
}

/** @returns the conflicts */
function push(rows: { newDocumentState: Row; assumedMasterState?: Row }[]): Row[] {
	const conflicts: Row[] = [];
	db.exec('begin');
	for (const { newDocumentState: row, assumedMasterState: assumed } of rows) {
		const found = find.get(row.id) as { json: string } | undefined;
		const master = found && (JSON.parse(found.json) as Row);
		if (master && master.updatedAt !== assumed?.updatedAt) conflicts.push(master);
		else insert.run(row.id, row.updatedAt, JSON.stringify(row));
	}
	db.exec('commit');
	return conflicts;
}

type Wanted = { checkpoint?: Row; batchSize: number };

function pull({ checkpoint, batchSize }: Wanted): { documents: Row[]; checkpoint: Row | undefined } {
	const rows = page.all(checkpoint?.updatedAt ?? -1, checkpoint?.id ?? '', batchSize) as { json: string }[];
	const documents = rows.map(({ json }) => JSON.parse(json) as Row);
	const last = documents.at(-1);
	return { documents, checkpoint: last ? { id: last.id, updatedAt: last.updatedAt } : checkpoint };
}

createServer((request, response) => {
	const answer = (value: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
	if (request.url === '/push') void read<Parameters<typeof push>[0]>(request).then((rows) => answer(push(rows)));
	else if (request.url === '/pull') void read<Wanted>(request).then((wanted) => answer(pull(wanted)));
	else response.setHeader('content-type', 'text/html').end('<!doctype html><title>rx</title>');
}).listen(Number(process.env.PORT), '127.0.0.1');
