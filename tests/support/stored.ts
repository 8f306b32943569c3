import { expect } from 'vitest';
import { contributionsOf, NOBODY } from '$lib/domain/kinds/all';
import { quoteFrom } from '$lib/domain/kinds/excerpt';
import { NO_ROWS, plus, together, type Digest } from '$lib/domain/digest';
import type { Subject } from '$lib/domain/kinds/kind';
import { parseFields, valuesOf } from '$lib/domain/record';
import type { Record } from '$lib/domain/sync';
import { addUp, tallyKey, type Tally } from '$lib/domain/tallies';
import type { App } from '$lib/server/app';

/** What a server stores, read past its handlers, to hold it against what it should be. */
type Row = Subject & { audience: string | null; sequence: number };

export async function storedRecords(app: App, structure: string): Promise<Row[]> {
	const rows = await app.db.selectFrom('record').selectAll().where('structure_id', '=', structure).execute();
	return rows.map(({ fields, about, ...row }) => ({
		...row,
		about: about ?? undefined,
		fields: parseFields(fields)
	}));
}

const byKey = (tallies: Tally[]) => new Map(tallies.map((tally) => [tallyKey(tally), tally]));

/** The tallies as stored, and as they come out of all the records, by cell. */
export async function talliesOf(
	app: App,
	structure: string
): Promise<{ stored: Map<string, Tally>; expected: Map<string, Tally> }> {
	const records = await storedRecords(app, structure);
	const byId = new Map(records.map((record) => [record.id, record]));
	const rows = await app.db.selectFrom('tally').selectAll().where('structure_id', '=', structure).execute();
	const contributions = records.flatMap((record) =>
		contributionsOf(record, { interview: record.about ? byId.get(record.about) : undefined })
	);
	return {
		stored: byKey(rows.map(({ structure_id: _, ...tally }) => tally as Tally)),
		expected: byKey(addUp(contributions))
	};
}

const NONE: Digest = NO_ROWS;

/** The digests as stored, and as they come out of all the records, by audience. */
export async function digestsOf(
	app: App,
	structure: string
): Promise<{ stored: { [name: string]: Digest }; expected: { [name: string]: Digest } }> {
	const rows = await app.db.selectFrom('audience').selectAll().where('structure_id', '=', structure).execute();
	const stored = Object.fromEntries(rows.map(({ name, count, sum }) => [name, { count, sum }]));
	const expected = Object.fromEntries(rows.map(({ name }) => [name, NONE]));
	for (const { id, sequence, audience } of await storedRecords(app, structure))
		if (audience) expected[audience] = plus(expected[audience] ?? NONE, id, sequence);
	return { stored, expected };
}

/** The digest of what somebody received. */
export const digestOfRecords = (records: readonly Record[]): Digest =>
	records.reduce((sum, { id, sequence }) => together([sum, plus(NO_ROWS, id, sequence)]), NO_ROWS);

export const quarantineOf = async (app: App) =>
	(await app.db.selectFrom('quarantine').selectAll().execute()).map((row) => ({
		...row,
		raw: JSON.parse(row.raw) as unknown,
		fields: JSON.parse(row.fields) as string[]
	}));

/** Every table of the database, the migrations' own excepted, with its rows: what anybody who holds it can read. */
export async function dump(app: App): Promise<{ [table: string]: { [column: string]: unknown }[] }> {
	const tables = (await app.db.introspection.getTables()).map(({ name }) => name as 'record').toSorted();
	const rows: { [table: string]: { [column: string]: unknown }[] } = {};
	for (const table of tables) rows[table] = await app.db.selectFrom(table).selectAll().execute();
	return rows;
}

/** Puts a row of this structure into every table that has none of it, so that what is said of every table is not said of
 * an empty one. */
export async function fillEveryTable(app: App, structure: string): Promise<void> {
	const rows = await dump(app);
	for (const { name, columns } of await app.db.introspection.getTables()) {
		if (name === 'structure' || rows[name]!.some((row) => row.structure_id === structure)) continue;
		const row = columns.map(({ name, dataType }) => [name, /int/i.test(dataType) ? 1 : 'x'] as const);
		await app.db
			.insertInto(name as 'setting')
			.values({ ...Object.fromEntries(row), structure_id: structure } as never)
			.execute();
	}
}

/** What others read of each approved excerpt, as stored and as it should be, by the excerpt. */
export async function quotesOf(app: App, structure: string) {
	const records = new Map((await storedRecords(app, structure)).map((record) => [record.id, record]));
	const rows = await app.db.selectFrom('quote').selectAll().where('structure_id', '=', structure).execute();
	const expected = [...records.values()].flatMap((record) => {
		const interview = record.about ? records.get(record.about) : undefined;
		const quote = record.kind === 'excerpt' && record.owner !== NOBODY ? quoteFrom(record, { interview }) : undefined;
		return quote ? [[record.id, quote] as const] : [];
	});
	return {
		stored: Object.fromEntries(
			rows.map(({ excerpt_id, quote_id }) => [excerpt_id, valuesOf(records.get(quote_id)?.fields ?? {})])
		),
		expected: Object.fromEntries(expected),
		records: [...records.values()].filter(({ kind }) => kind === 'quote')
	};
}

/** Everything the server stores still agrees with itself. */
export async function expectSound(app: App, structure: string): Promise<void> {
	const tallies = await talliesOf(app, structure);
	expect(tallies.stored).toEqual(tallies.expected);
	const digests = await digestsOf(app, structure);
	expect(digests.stored).toEqual(digests.expected);
	const quotes = await quotesOf(app, structure);
	expect(quotes.stored).toEqual(quotes.expected);
	expect(quotes.records).toHaveLength(Object.keys(quotes.expected).length);
}

/** Which of these texts stand anywhere in the tables, and where: a failure then says it in one line. */
export async function tracesOf(app: App, hidden: readonly string[]): Promise<string[]> {
	return Object.entries(await dump(app)).flatMap(([table, rows]) => {
		const text = JSON.stringify(rows);
		return hidden.filter((one) => text.includes(one)).map((one) => `${one} in ${table}`);
	});
}
