import type { Framework } from '../../domain/framework-shapes';
import { valueOf } from '../../domain/kinds/values';
import type { App } from '../app';
import { loadRecords, type Reader } from '../database/store';

/** Definitions that were read before, by structure, id and sequence: a published one is large and never changes. */
type Shelf = { kept: Map<string, { definition: Framework; size: number }>; size: number };
const shelves = new WeakMap<App['db'], Shelf>();

/** Characters of all that is kept, as text: some 50 MB of memory. Not a number of definitions, as one may be a hundred times as
 * long as another: these are two hundred like the template's, so that the structures of one server do not put each other's
 * out at every exchange, while the longest that a push lets in cannot fill the machine. */
const MOST = 32_000_000;

/** The definitions of these frameworks, as far as they are there.
 * @returns by their record's id */
export async function frameworksOf(
	app: App,
	db: Reader,
	structure: string,
	ids: readonly string[]
): Promise<Map<string, Framework>> {
	const found = new Map<string, Framework>();
	if (ids.length === 0) return found;
	const shelf: Shelf = shelves.get(app.db) ?? { kept: new Map(), size: 0 };
	shelves.set(app.db, shelf);
	const { kept } = shelf;
	const rows = await db
		.selectFrom('record')
		.select(['id', 'sequence'])
		.where('structure_id', '=', structure)
		.where('kind', '=', 'framework')
		.where('id', 'in', ids)
		.execute();
	const keyOf = ({ id, sequence }: { id: string; sequence: number }) => `${structure} ${id} ${sequence}`;
	const missing = rows.filter((row) => !kept.has(keyOf(row)));
	for (const record of (
		await loadRecords(
			db,
			structure,
			missing.map(({ id }) => id)
		)
	).values()) {
		const definition = valueOf('framework', record.fields, 'definition');
		const key = keyOf(record);
		if (!definition || kept.has(key)) continue; // somebody else has put it there since
		const size = JSON.stringify(definition).length;
		kept.set(key, { definition, size });
		shelf.size += size;
	}
	for (const row of rows) {
		const key = keyOf(row);
		const one = kept.get(key);
		if (!one) continue;
		found.set(row.id, one.definition);
		kept.delete(key); // the last asked for goes last, so that the first is the oldest
		kept.set(key, one);
	}
	for (const [key, { size }] of kept) {
		if (shelf.size <= MOST) break;
		kept.delete(key);
		shelf.size -= size;
	}
	return found;
}
