import type { JournalAct } from '../../domain/journal';
import type { Journal } from '../../domain/journal';
import { monthsBefore } from '../../domain/retention';
import { nowOf, type App } from '../app';
import type { Schema } from '../database/schema';
import { authenticate } from './secret';
import { lockStructure, readSetting, writeSetting, type Reader, type Trx } from '../database/store';

/** Kept a year: long enough to understand, short enough not to watch people. */
const MONTHS = 12;
const PAGE = 100;
const START = '';

type Line = Schema['journal'];
/** Who did it, on which device. */
export type By = { person: string; device: string };
export type Entry = { act: JournalAct; person: string; device?: string; subject?: string; count?: number };

/** Adds lines in the transaction that does what they say. Each is authenticated together with the one before it by the
 * server's secret, so that whoever can write to the database alone can neither alter a line nor take one out unseen. */
export async function note(app: App, trx: Trx, structure: string, ...entries: Entry[]): Promise<void> {
	await lockStructure(trx, structure);
	const ends = (await readEnds(app, trx, structure)) ?? NO_LINES;
	let { number, mac } = ends.last;
	for (const { act, person, device = '', subject = '', count = 1 } of entries) {
		number += 1;
		const line = {
			structure_id: structure,
			number,
			at: nowOf(app),
			act,
			person_id: person,
			device_id: device,
			subject,
			count
		};
		mac = macOf(app, line, mac);
		await trx
			.insertInto('journal')
			.values({ ...line, mac })
			.execute();
	}
	await writeEnds(app, trx, structure, { ...ends, last: { number, mac } });
}

/** The line before the first that is kept, and the last one: what says that none was taken away at either end. */
type End = { number: number; mac: string };
type Ends = { before: End; last: End };
const NO_LINES: Ends = { before: { number: 0, mac: START }, last: { number: 0, mac: START } };
const ENDS = 'journal';

async function readEnds(app: App, db: Reader, structure: string): Promise<Ends | undefined> {
	const value = await readSetting(db, structure, ENDS);
	if (value === undefined) return undefined;
	const { mac, ...ends } = JSON.parse(value) as Ends & { mac: string };
	return mac === authenticate(app, 'journal', `${structure}|${JSON.stringify(ends)}`) ? ends : undefined;
}

async function writeEnds(app: App, trx: Trx, structure: string, { before, last }: Ends): Promise<void> {
	const ends = { before, last };
	const mac = authenticate(app, 'journal', `${structure}|${JSON.stringify(ends)}`);
	await writeSetting(trx, structure, ENDS, JSON.stringify({ ...ends, mac }));
}

/** Notes outside of any other work. */
export const noteAlone = (app: App, structure: string, ...entries: Entry[]): Promise<void> =>
	app.db.transaction().execute((trx) => note(app, trx, structure, ...entries));

const macOf = (app: App, line: Omit<Line, 'mac'>, before: string): string =>
	authenticate(
		app,
		'journal',
		JSON.stringify([
			before,
			line.structure_id,
			line.number,
			line.at,
			line.act,
			line.person_id,
			line.device_id,
			line.subject,
			line.count
		])
	);

/** A page of the journal, newest first, and whether the whole of it is intact.
 * @param before the number to go back from */
export async function readJournal(app: App, structure: string, before = Infinity): Promise<Journal> {
	const lines = await allLines(app.db, structure);
	const page = lines.filter(({ number }) => number < before).toReversed();
	const brokenAt = firstBroken(app, lines, (await readEnds(app, app.db, structure)) ?? NO_LINES);
	return {
		lines: page.slice(0, PAGE).map(({ number, at, act, person_id, device_id, subject, count }) => ({
			number,
			at,
			act: act as JournalAct,
			person: person_id,
			device: device_id,
			subject,
			count
		})),
		more: page.length > PAGE,
		intact: brokenAt === null,
		brokenAt
	};
}

const allLines = (db: Reader, structure: string): Promise<Line[]> =>
	db.selectFrom('journal').selectAll().where('structure_id', '=', structure).orderBy('number').execute();

/** The number of the first line that is not what was written, or that is missing. */
function firstBroken(app: App, lines: readonly Line[], ends: Ends): number | null {
	let before = ends.before;
	for (const line of lines) {
		if (line.number !== before.number + 1) return before.number + 1;
		if (line.mac !== macOf(app, line, before.mac)) return line.number;
		before = line;
	}
	return before.number === ends.last.number && before.mac === ends.last.mac ? null : before.number + 1;
}

/** Drops what is older than a year. What the first line kept was authenticated with is noted, so that it goes on counting. */
export async function forgetOldLines(app: App, structure: string): Promise<void> {
	const limit = monthsBefore(app.clock(), MONTHS).toISOString();
	await app.db.transaction().execute(async (trx) => {
		await lockStructure(trx, structure);
		const ends = await readEnds(app, trx, structure);
		const last = await trx
			.selectFrom('journal')
			.select(['number', 'mac'])
			.where('structure_id', '=', structure)
			.where('at', '<', limit)
			.orderBy('number', 'desc')
			.limit(1)
			.executeTakeFirst();
		if (!ends || !last) return; // nothing to drop, or somebody was at it: it stays to be looked at
		await trx.deleteFrom('journal').where('structure_id', '=', structure).where('number', '<=', last.number).execute();
		await writeEnds(app, trx, structure, { ...ends, before: last });
	});
}
