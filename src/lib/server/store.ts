import type { Transaction } from 'kysely';
import type { Fields } from '../domain/record';
import type { Subject } from '../domain/kinds';
import type { Database } from './database/open';
import type { Schema } from './database/schema';

export type Trx = Transaction<Schema>;
export type Reader = Database | Trx;

/** Rows per statement: well under both databases' limits on bound values. */
const CHUNK = 200;

export const chunks = <T>(items: readonly T[], size = CHUNK): T[][] =>
	Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

/** A record as it is stored: `sequence` 0 and no audience while it is being born. */
export type Stored = Subject & { audience: string | null; sequence: number };

/** Takes the structure's write lock until the end of the transaction, and gives its counter.
 * Update first, read after: two tablets reading first could both merge with the same old copy. */
export async function lockStructure(trx: Trx, structure: string): Promise<{ sequence: number; epoch: string }> {
	return await trx
		.updateTable('structure')
		.set((eb) => ({ sequence: eb.ref('sequence') }))
		.where('id', '=', structure)
		.returning(['sequence', 'epoch'])
		.executeTakeFirstOrThrow();
}

/** Lets one founding of a structure happen at a time, on the whole server. */
export async function lockFounding(trx: Trx): Promise<void> {
	await trx
		.updateTable('setting')
		.set((eb) => ({ value: eb.ref('value') }))
		.where('structure_id', '=', '')
		.where('name', '=', 'founding')
		.execute();
}

export async function loadRecords(db: Reader, structure: string, ids: readonly string[]): Promise<Map<string, Stored>> {
	const found = new Map<string, Stored>();
	for (const part of chunks(ids)) {
		const rows = await db
			.selectFrom('record')
			.selectAll()
			.where('structure_id', '=', structure)
			.where('id', 'in', part)
			.execute();
		for (const row of rows) found.set(row.id, storedFrom(row));
	}
	return found;
}

export async function loadAbout(db: Reader, structure: string, about: readonly string[]): Promise<Stored[]> {
	const found: Stored[] = [];
	for (const part of chunks(about)) {
		const rows = await db
			.selectFrom('record')
			.selectAll()
			.where('structure_id', '=', structure)
			.where('about', 'in', part)
			.execute();
		found.push(...rows.map(storedFrom));
	}
	return found;
}

/** All records of one of the few kinds that are read whole: antennas, campaigns, frameworks. */
export async function loadKind(
	db: Reader,
	structure: string,
	kind: 'antenna' | 'campaign' | 'framework'
): Promise<Stored[]> {
	const rows = await db
		.selectFrom('record')
		.selectAll()
		.where('structure_id', '=', structure)
		.where('kind', '=', kind)
		.where('audience', 'is not', null)
		.orderBy('sequence')
		.execute();
	return rows.map(storedFrom);
}

const storedFrom = (row: Schema['record']): Stored => ({
	id: row.id,
	kind: row.kind,
	owner: row.owner,
	about: row.about ?? undefined,
	audience: row.audience,
	sequence: row.sequence,
	fields: JSON.parse(row.fields) as Fields
});
