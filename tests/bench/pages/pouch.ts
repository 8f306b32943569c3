import PouchDB from 'pouchdb/dist/pouchdb.js'; // as published for browsers
import { changeOf, thousands, type Subject, type Who } from './sample';

const local = new PouchDB('bench');
const remote = new PouchDB(`${location.origin}/db/bench`);
const documentOf = ({ id, ...rest }: { id: string }) => ({ _id: id, ...rest });

async function fill(who: Who, count: number): Promise<void> {
	for (const changes of thousands(who, count)) await local.bulkDocs(changes.map(documentOf));
}

async function push(_who: Who, count: number): Promise<{ spent: number }> {
	const start = performance.now();
	const { docs_written: written } = await local.replicate.to(remote);
	if (written !== count) throw new Error(`${written} documents were written`);
	return { spent: performance.now() - start };
}

async function pull(_who: Who, count: number): Promise<{ spent: number }> {
	await local.info();
	const start = performance.now();
	const { docs_written: written } = await local.replicate.from(remote);
	if (written !== count) throw new Error(`${written} documents arrived`);
	return { spent: performance.now() - start };
}

async function one(who: Who): Promise<{ spent: number }> {
	await local.bulkDocs([documentOf(changeOf(who, 1))]);
	return await push(who, 1);
}

export const bench = { fill, push, pull, one } satisfies Subject;
Object.assign(globalThis, { bench });
