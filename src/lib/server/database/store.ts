import { CompiledQuery, sql, type Compilable, type ExpressionBuilder, type Transaction } from 'kysely';
import { parseFields } from '../../domain/record';
import type { Subject } from '../../domain/kinds/kind';
import { eachRow, RowByRowAdapter, type Database } from './open';
import type { Schema } from './schema';

export type Trx = Transaction<Schema>;
export type Reader = Database | Trx;

/** Rows per statement: well under both databases' limits on bound values. */
const CHUNK = 200;

export const chunks = <T>(items: readonly T[], size = CHUNK): T[][] =>
	Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

/** Printed statements by database, table and number of rows: printing a large insert takes longer than running it. */
const printed = new WeakMap<object, Map<string, string>>();

/** Inserts rows of one shape, as `query` says for the first of them.
 * @param query the insert of these rows: asked for once for each number of rows, so it must depend on nothing else */
export async function insertMany<Row extends { [column: string]: string | number | null }>(
	trx: Trx,
	table: string,
	rows: readonly Row[],
	query: (rows: Row[]) => Compilable
): Promise<void> {
	const { adapter } = trx.getExecutor();
	const statements = printed.get(adapter) ?? new Map<string, string>();
	printed.set(adapter, statements);
	const print = (some: Row[]): string => {
		const key = `${table} ${some.length}`;
		const sql = statements.get(key) ?? query(some).compile().sql;
		statements.set(key, sql);
		return sql;
	};
	const [first] = rows;
	if (!first) return;
	const columns = Object.keys(first);
	const valuesOf = (row: Row) => columns.map((column) => row[column]);
	// Neighbours in the index are written one after the other.
	const inOrder = 'id' in first ? rows.toSorted((a, b) => (a.id! < b.id! ? -1 : 1)) : rows;
	if (adapter instanceof RowByRowAdapter) await trx.executeQuery(eachRow(print([first]), inOrder.map(valuesOf)));
	else
		for (const part of chunks(inOrder)) await trx.executeQuery(CompiledQuery.raw(print(part), part.flatMap(valuesOf)));
}

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

/** Keeps a value of a structure's own under a name. */
export async function writeSetting(trx: Trx, structure: string, name: string, value: string): Promise<void> {
	await trx
		.insertInto('setting')
		.values({ structure_id: structure, name, value })
		.onConflict((c) => c.columns(['structure_id', 'name']).doUpdateSet({ value }))
		.execute();
}

/** What was kept under that name, or nothing. */
export async function readSetting(db: Reader, structure: string, name: string): Promise<string | undefined> {
	const row = await db
		.selectFrom('setting')
		.select('value')
		.where('structure_id', '=', structure)
		.where('name', '=', name)
		.executeTakeFirst();
	return row?.value;
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

/** The changes of these records. The one that creates a record has its id, and the index on records leaves it out. */
export const changesOf = (records: readonly string[]) => (eb: ExpressionBuilder<Schema, 'change'>) =>
	eb.or([
		eb.and([eb('record_id', 'in', records), sql<boolean>`record_id <> id`]),
		eb.and([eb('id', 'in', records), eb('record_id', 'in', records)])
	]);

type FewOfAKind = 'antenna' | 'campaign' | 'framework';

/** The index on these kinds is partial: without its very words, which a bound value does not stand for, every record of the
 * structure would be walked through at each call. */
export const selectKind = (db: Reader, structure: string, kind: FewOfAKind) =>
	db
		.selectFrom('record')
		.selectAll()
		.where('structure_id', '=', structure)
		.where('kind', '=', kind)
		.where(sql<boolean>`kind in ('antenna', 'campaign', 'framework')`)
		.where('audience', 'is not', null)
		.orderBy('sequence');

/** All records of one of the few kinds that are read whole: antennas, campaigns, frameworks. */
export async function loadKind(db: Reader, structure: string, kind: FewOfAKind): Promise<Stored[]> {
	return (await selectKind(db, structure, kind).execute()).map(storedFrom);
}

const storedFrom = (row: Schema['record']): Stored => ({
	id: row.id,
	kind: row.kind,
	owner: row.owner,
	about: row.about ?? undefined,
	audience: row.audience,
	sequence: row.sequence,
	fields: parseFields(row.fields)
});
