import { expect } from 'vitest';
import { contributionsOf } from '$lib/domain/contributions';
import { NO_ROWS, plus, together, type Digest } from '$lib/domain/digest';
import type { Subject } from '$lib/domain/kinds';
import { parseFields } from '$lib/domain/record';
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
		contributionsOf(record, record.about ? byId.get(record.about) : undefined)
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

/** Everything the server stores still agrees with itself. */
export async function expectSound(app: App, structure: string): Promise<void> {
	const tallies = await talliesOf(app, structure);
	expect(tallies.stored).toEqual(tallies.expected);
	const digests = await digestsOf(app, structure);
	expect(digests.stored).toEqual(digests.expected);
}

/** Which of these texts stand anywhere in the tables, and where: a failure then says it in one line. */
export async function tracesOf(app: App, hidden: readonly string[]): Promise<string[]> {
	return Object.entries(await dump(app)).flatMap(([table, rows]) => {
		const text = JSON.stringify(rows);
		return hidden.filter((one) => text.includes(one)).map((one) => `${one} in ${table}`);
	});
}
