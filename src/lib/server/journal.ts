import type { JournalAct } from '../domain/journal';
import type { Journal } from '../domain/journal';
import { nowOf, type App } from './app';
import type { Schema } from './database/schema';
import { authenticate } from './secret';
import { lockStructure, type Reader, type Trx } from './store';

/** Kept a year: long enough to understand, short enough not to watch people. */
const MONTHS = 12;
const PAGE = 100;
const START = '';

type Line = Schema['journal'];
export type Entry = { act: JournalAct; person: string; device?: string; subject?: string; count?: number };

/** Adds lines in the transaction that does what they say. Each is authenticated together with the one before it by the
 * server's secret, so that whoever can write to the database alone can neither alter a line nor take one out unseen. */
export async function note(app: App, trx: Trx, structure: string, ...entries: Entry[]): Promise<void> {
	await lockStructure(trx, structure);
	const last = await trx
		.selectFrom('journal')
		.select(['number', 'mac'])
		.where('structure_id', '=', structure)
		.orderBy('number', 'desc')
		.limit(1)
		.executeTakeFirst();
	let { number, mac } = last ?? { number: 0, mac: START };
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
	const brokenAt = firstBroken(app, lines);
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

/** The number of the first line that is not what was written, or that is missing. The oldest line kept vouches for itself:
 * those before it were dropped with their year. */
function firstBroken(app: App, lines: readonly Line[]): number | null {
	for (const [i, line] of lines.entries()) {
		const before = lines[i - 1];
		const isFirst = i === 0 && line.number === 1;
		if (before && line.number !== before.number + 1) return before.number + 1;
		if ((before || isFirst) && line.mac !== macOf(app, line, before?.mac ?? START)) return line.number;
	}
	return null;
}

/** Drops what is older than a year, the newest of it excepted: it is what the next line was authenticated with. */
export async function forgetOldLines(app: App, structure: string): Promise<void> {
	const limit = app.clock();
	limit.setUTCMonth(limit.getUTCMonth() - MONTHS);
	await app.db.transaction().execute(async (trx) => {
		await lockStructure(trx, structure);
		const last = await trx
			.selectFrom('journal')
			.select((eb) => eb.fn.max('number').as('number'))
			.where('structure_id', '=', structure)
			.where('at', '<', limit.toISOString())
			.executeTakeFirst();
		if (last?.number)
			await trx
				.deleteFrom('journal')
				.where('structure_id', '=', structure)
				.where('number', '<', Number(last.number))
				.execute();
	});
}
