import { quoteFrom } from '../../domain/kinds/excerpt';
import { NOBODY } from '../../domain/kinds/all';
import type { Context } from '../../domain/kinds/kind';
import type { Quote } from '../../domain/kinds/quote';
import { canonical, seenOf, valuesOf, type Fields } from '../../domain/record';
import { newId, nowOf, type App } from '../app';
import type { Schema } from '../database/schema';
import { chunks, insertMany, loadRecords, type Reader, type Stored, type Trx } from '../database/store';
import type { Commit } from './commit';

/** Who writes a quote, in the place of a person's id. */
const SERVER = 'server';

/** Makes, changes and takes away the quotes of these excerpts, so that what others read is what is approved and agreed to now.
 * Each approval makes another one, under an id of its own. */
export async function settleQuotes(
	app: App,
	trx: Trx,
	commit: Commit,
	excerpts: readonly { excerpt: Stored; context: Context }[]
): Promise<void> {
	if (excerpts.length === 0) return;
	const structure_id = commit.structure;
	const ids = excerpts.map(({ excerpt }) => excerpt.id);
	const rows = new Map((await rowsOf(trx, structure_id, ids)).map((row) => [row.excerpt_id, row]));
	const quotes = await loadRecords(
		trx,
		structure_id,
		[...rows.values()].map(({ quote_id }) => quote_id)
	);
	const [gone, made]: [string[], Schema['quote'][]] = [[], []];
	for (const { excerpt, context } of excerpts) {
		const wanted = excerpt.owner === NOBODY ? undefined : quoteFrom(excerpt, context);
		const approval = seenOf(excerpt.fields, 'approval').join(' ');
		const row = rows.get(excerpt.id);
		const quote = row && quotes.get(row.quote_id);
		if (quote && wanted && row.approval === approval) {
			if (isSame(quote.fields, wanted)) continue;
			commit.move(quote, { ...quote, fields: fieldsOf(app, wanted) }, {}, {});
			continue;
		}
		if (quote) commit.remove(quote);
		if (row) gone.push(row.quote_id);
		if (!wanted) continue;
		const id = newId(app);
		const born = { id, kind: 'quote', owner: SERVER, audience: null, sequence: 0, fields: fieldsOf(app, wanted) };
		commit.move(undefined, born, {}, {});
		made.push({ structure_id, quote_id: id, excerpt_id: excerpt.id, approval });
	}
	await forgetQuotes(trx, structure_id, gone);
	await insertMany(trx, 'quote', made, (some) => trx.insertInto('quote').values(some));
}

/** Without the time of day, which would say whose excerpt it is. */
function fieldsOf(app: App, quote: Quote): Fields {
	const by = { change: newId(app), person: SERVER, at: nowOf(app).slice(0, 10) };
	return Object.fromEntries(Object.entries(quote).map(([field, value]) => [field, [{ value, ...by }]]));
}

const isSame = (fields: Fields, quote: Quote): boolean => canonical(valuesOf(fields)) === canonical(quote);

/** Which quotes come from these excerpts. */
export async function rowsOf(db: Reader, structure: string, excerpts: readonly string[]): Promise<Schema['quote'][]> {
	const found: Schema['quote'][] = [];
	for (const part of chunks(excerpts)) {
		const rows = await db
			.selectFrom('quote')
			.selectAll()
			.where('structure_id', '=', structure)
			.where('excerpt_id', 'in', part)
			.execute();
		found.push(...rows);
	}
	return found;
}

export async function forgetQuotes(trx: Trx, structure: string, quotes: readonly string[]): Promise<void> {
	for (const part of chunks(quotes))
		await trx.deleteFrom('quote').where('structure_id', '=', structure).where('quote_id', 'in', part).execute();
}
