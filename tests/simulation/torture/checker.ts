import type { Consent } from '$lib/domain/interview-shapes';
import { DatabaseSync } from 'node:sqlite';
import type { App } from '$lib/server/app';
import { openDatabase, sqliteFile, type Database } from '$lib/server/database/open';
import { digestOfRecords, digestsOf, talliesOf } from '../../support/stored';
import { ask, pullAll, type Person, type RealServer, type Scene } from './real';
import { differences, standing, type Told, type Writer } from './writers';

/** A change as it is stored: what the checker needs of it. */
export type StoredChange = { id: string; author: string };

/** Opens the file for reading alone: nothing of the check can mend what it checks. */
function readOnly<T>(folder: string, look: (file: DatabaseSync) => T): T {
	const file = new DatabaseSync(sqliteFile(folder), { readOnly: true });
	try {
		return look(file);
	} finally {
		file.close();
	}
}

/** Every change in the database, refused ones too. */
export const STORED = `select id, person_id as author from change
	union all select change_id as id, person_id as author from quarantine`;

export const storedInSqlite = (folder: string): StoredChange[] =>
	readOnly(folder, (file) => file.prepare(STORED).all() as StoredChange[]);

export const integrity = (folder: string): string[] =>
	readOnly(folder, (file) => file.prepare('pragma integrity_check').all())
		.map(({ integrity_check }) => String(integrity_check))
		.filter((line) => line !== 'ok');

/** Acknowledged, and not there; or there twice. */
export function lostOf(acknowledged: Iterable<string>, stored: readonly StoredChange[]) {
	const times = new Map<string, number>();
	for (const { id } of stored) times.set(id, (times.get(id) ?? 0) + 1);
	return {
		lost: [...acknowledged].filter((id) => !times.has(id)),
		twice: [...times].filter(([, count]) => count > 1).map(([id]) => id)
	};
}

/** Everything the database holds agrees with itself, and with what was acknowledged where that is known, looked at past the
 * server. */
export async function soundness(
	where: Parameters<typeof openDatabase>[0],
	structure: string,
	told?: readonly Told[]
): Promise<string[]> {
	const db = await openDatabase(where, '*');
	try {
		const app = { db } as App;
		const faults: string[] = [];
		const tallies = await talliesOf(app, structure);
		const cells = new Set([...tallies.stored.keys(), ...tallies.expected.keys()]);
		for (const cell of cells) {
			const [stored, expected] = [tallies.stored.get(cell), tallies.expected.get(cell)];
			if (stored?.count !== expected?.count || stored?.amount !== expected?.amount || stored?.base !== expected?.base)
				faults.push(`tally ${cell}: ${JSON.stringify(stored)}, recomputed ${JSON.stringify(expected)}`);
		}
		const digests = await digestsOf(app, structure);
		for (const [audience, expected] of Object.entries(digests.expected))
			if (JSON.stringify(digests.stored[audience]) !== JSON.stringify(expected))
				faults.push(`digest of ${audience}: ${JSON.stringify(digests.stored[audience])}`);
		return [...faults, ...(await sequences(db, structure)), ...(told ? counted(told, tallies.stored) : [])];
	} finally {
		await db.destroy();
	}
}

/** Interviews counted by the acknowledgements alone: a change applied twice, or half of one, would not come out. */
function counted(told: readonly Told[], tallies: Awaited<ReturnType<typeof talliesOf>>['stored']): string[] {
	const interviews = new Set(
		told.filter(({ change }) => change.kind === 'interview').map(({ change }) => change.record)
	);
	const records = standing(told);
	const is = (id: string, field: string, value: string) =>
		[...(records.get(id)!.get(field)?.values() ?? [])].includes(value);
	const objects = (id: string) =>
		[...(records.get(id)!.get('consent:usage-evaluation')?.values() ?? [])].some(
			(value) => (value as Consent).answer === 'no'
		);
	const finished = [...interviews].filter((id) => is(id, 'state', 'finished') && !objects(id));
	const stored = [...tallies.values()]
		.filter(({ measure, detail }) => measure === 'interview' && detail === 'finished')
		.reduce((sum, { count }) => sum + count, 0);
	return stored === finished.length ? [] : [`${stored} interviews counted, ${finished.length} finished`];
}

/** Sequences order delivery: one that stood for two rows, or that no commit wrote, would hide a row from a device. */
async function sequences(db: Database, structure: string): Promise<string[]> {
	const faults: string[] = [];
	const within = { structure };
	const of = async (table: 'record' | 'change' | 'commit_mark') =>
		(await db.selectFrom(table).select('sequence').where('structure_id', '=', within.structure).execute()).map(
			({ sequence }) => sequence
		);
	const head = await db
		.selectFrom('structure')
		.select('sequence')
		.where('id', '=', structure)
		.executeTakeFirstOrThrow();
	const records = await of('record');
	const commits = new Set(await of('commit_mark'));
	const last = Math.max(...commits);
	if (last !== head.sequence) faults.push(`the structure is at ${head.sequence}, its last commit at ${last}`);
	if (new Set(records).size !== records.length) faults.push('two records share a sequence');
	if (records.some((sequence) => sequence < 1 || sequence > last)) faults.push('a record has a sequence of no commit');
	if ((await of('change')).some((sequence) => !commits.has(sequence)))
		faults.push('a change has a sequence of no commit');
	return faults;
}

/** What each author reads from zero is what was acknowledged to them, to the value, and adds up to the digest they are
 * given; the journal's chain holds. Asked through the front door, when all writers have drained. */
export async function readable(
	server: RealServer,
	scene: Scene,
	writers: readonly Pick<Writer, 'told' | 'person'>[]
): Promise<string[]> {
	const all = writers.flatMap(({ told }) => [...told.values()]);
	const expected = standing(all);
	const authors = new Map<string, string>();
	for (const { change, author } of all) authors.set(change.record, author);
	const faults: string[] = [];
	for (const { person } of writers) {
		const reply = await pullAll(server, person);
		const isTheirs = (id: string) => id.startsWith('reading:') || authors.get(id) === person.id;
		faults.push(...differences(reply.records, expected, isTheirs));
		const digest = digestOfRecords(reply.records);
		if (digest.count !== reply.digest?.count || digest.sum !== reply.digest.sum)
			faults.push(`the digest of ${person.id} is not that of what they read`);
	}
	return [...faults, ...(await journalFaults(server, scene.director))];
}

export async function journalFaults(server: RealServer, director: Person): Promise<string[]> {
	const response = await ask(server, 'GET', '/api/journal', { as: director });
	const { intact, brokenAt } = (await response.json()) as { intact?: boolean; brokenAt?: number };
	return intact ? [] : [`the journal: ${response.status}, broken at ${brokenAt}`];
}
