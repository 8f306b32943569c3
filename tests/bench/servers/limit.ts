// The practical limit's server, bare: one POST, gzip or not, is one durable SQLite transaction; a page of 500 comes back.
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync, gzipSync } from 'node:zlib';

const db = new DatabaseSync(join(process.env.DATA!, 'limit.sqlite'));
db.exec('pragma journal_mode = wal; pragma synchronous = full');
db.exec('create table record (id text primary key, kind text, at text, json text)');
db.exec('create index record_kind on record (kind, at)');
const insert = db.prepare('insert or replace into record values (?, ?, ?, ?)');
const page = db.prepare('select rowid, json from record where rowid > ? order by rowid limit 500');

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
	const parts: Buffer[] = [];
	for await (const part of request) parts.push(part as Buffer);
	const bytes = Buffer.concat(parts);
	return request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
}

type Change = { id: string; kind: string; at: string };

async function take(request: IncomingMessage): Promise<string> {
	const changes = JSON.parse((await bytesOf(request)).toString()) as Change[];
	db.exec('begin');
	for (const change of changes) insert.run(change.id, change.kind, change.at, JSON.stringify(change));
	db.exec('commit');
	return JSON.stringify({ taken: changes.length });
}

function give(after: number): Buffer {
	const rows = page.all(after) as { rowid: number; json: string }[];
	const json = `{"after":${rows.at(-1)?.rowid ?? after},"changes":[${rows.map(({ json }) => json).join(',')}]}`;
	return gzipSync(json, { level: 6 });
}

createServer((request, response) => {
	const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
	if (pathname !== '/limit') response.setHeader('content-type', 'text/html').end('<!doctype html><title>limit</title>');
	else if (request.method === 'POST')
		void take(request).then((json) => response.setHeader('content-type', 'application/json').end(json));
	else {
		response.setHeader('content-encoding', 'gzip').setHeader('content-type', 'application/json');
		response.end(give(Number(searchParams.get('after'))));
	}
}).listen(Number(process.env.PORT), '127.0.0.1');
