import type { KindName } from '../domain/kinds/all';
import { isTorn } from '../domain/torn';
import { groupBy } from '../domain/grouped';
import { isGone, pack } from '../domain/record';
import { mayBeTorn, type PersonDatabase } from './database';
import { nonceOf } from './vault';
import { openViews, type View } from './views';

/** In the order they are shown. People and their rights have a door of their own, quotes only the server writes. */
const PLACES: { [kind in KindName]: number | 'elsewhere' } = {
	reading: 1,
	interview: 2,
	excerpt: 3,
	campaign: 4,
	antenna: 5,
	structure: 6,
	framework: 7,
	person: 'elsewhere',
	quote: 'elsewhere'
};
const KINDS = Object.entries(PLACES)
	.filter((entry): entry is [string, number] => entry[1] !== 'elsewhere')
	.sort(([, a], [, b]) => a - b)
	.map(([kind]) => kind);

/** All that is contested on this device, readings first. Only what may be is opened, however much there is. */
export async function listTorn(db: PersonDatabase, person: string): Promise<View[]> {
	const { kept, unsent } = await db.transaction('r', db.records, db.outbox, async () => {
		const unsent = groupBy(await db.outbox.toCollection().sortBy('order'), ({ record }) => record);
		const kept = new Map((await db.records.where('torn').equals(1).toArray()).map((row) => [row.id, row]));
		const more = [...unsent.keys()].filter((id) => !kept.has(id));
		for (const row of await db.records.bulkGet(more)) if (row) kept.set(row.id, row);
		return { kept, unsent };
	});
	const ids = [...new Set([...kept.keys(), ...unsent.keys()])];
	const rows = ids.map((id) => ({ record: kept.get(id), unsent: unsent.get(id) ?? [] }));
	const torn = (await openViews(db, person, rows)).filter(({ fields }) => !isGone(fields) && isTorn(fields));
	return KINDS.flatMap((kind) => torn.filter((view) => view.kind === kind));
}

/** Looks at rows that a version before this one kept, or that are torn no more, so many at a time. */
export async function knowTorn(db: PersonDatabase): Promise<void> {
	const rows = await db.records.where('torn').equals(1).limit(1000).toArray();
	const opened = await Promise.all(rows.map((row) => db.openRecord(row).catch(() => undefined)));
	const whole = rows.filter((_, i) => opened[i] && !mayBeTorn(pack(opened[i].fields)));
	await db.transaction('rw', db.records, async () => {
		const now = await db.records.bulkGet(whole.map(({ id }) => id));
		const known = now.flatMap((row, i) => {
			if (!row || nonceOf(row.sealed) !== nonceOf(whole[i]!.sealed)) return []; // another one by now
			const { torn: _, ...rest } = row;
			return [rest];
		});
		await db.records.bulkPut(known);
	});
}
