import type { KindName } from '../domain/kinds/all';
import { isTorn } from '../domain/torn';
import { groupBy } from '../domain/grouped';
import { isGone, pack } from '../domain/record';
import { ALL, mayBeTorn, readSetting, TORN_KNOWN, type Kept, type PersonDatabase } from './database';
import { nonceOf } from './vault';
import { openViews, type View } from './views';

/** In the order they are shown. People and their rights have a door of their own, quotes only the server writes. */
const PLACES: { [kind in KindName]: number | 'elsewhere' } = {
	reading: 1,
	interview: 2,
	excerpt: 3,
	campaign: 4,
	judgement: 5,
	action: 6,
	antenna: 7,
	structure: 8,
	framework: 9,
	person: 'elsewhere',
	quote: 'elsewhere'
};
const KINDS = Object.entries(PLACES)
	.filter((entry): entry is [string, number] => entry[1] !== 'elsewhere')
	.sort(([, a], [, b]) => a - b)
	.map(([kind]) => kind);

/** All that is contested on this device, readings first. Only what may be is opened, however much there is. */
export async function listTorn(db: PersonDatabase, person: string): Promise<View[]> {
	const { kept, unsent } = await db.transaction('r', db.records, db.outbox, db.settings, async () => {
		const unsent = groupBy(await db.outbox.toCollection().sortBy('order'), ({ record }) => record);
		const kept = new Map((await db.records.where('torn').equals(1).toArray()).map((row) => [row.id, row]));
		const known = (await readSetting<string>(db, TORN_KNOWN)) ?? '';
		if (known !== ALL) for (const row of await db.records.where('id').above(known).toArray()) kept.set(row.id, row);
		const more = [...unsent.keys()].filter((id) => !kept.has(id));
		for (const row of await db.records.bulkGet(more)) if (row) kept.set(row.id, row);
		return { kept, unsent };
	});
	const ids = [...new Set([...kept.keys(), ...unsent.keys()])];
	const rows = ids.map((id) => ({ record: kept.get(id), unsent: unsent.get(id) ?? [] }));
	const torn = (await openViews(db, person, rows)).filter(({ fields }) => !isGone(fields) && isTorn(fields));
	return KINDS.flatMap((kind) => torn.filter((view) => view.kind === kind));
}

/** Looks at the rows that a version before kept, so many at a time. */
export async function knowTorn(db: PersonDatabase): Promise<void> {
	for (let known = (await readSetting<string>(db, TORN_KNOWN)) ?? ''; known !== ALL;) {
		const rows = await db.records.where('id').above(known).limit(LOOKED).toArray();
		const opened = await Promise.all(rows.map((row) => db.openRecord(row).catch(() => undefined)));
		const torn = rows.filter((_, i) => opened[i] && mayBeTorn(pack(opened[i].fields)));
		known = rows.length < LOOKED ? ALL : rows.at(-1)!.id;
		await db.transaction('rw', db.records, db.settings, async () => {
			const now = await db.records.bulkGet(torn.map(({ id }) => id));
			const same = now.filter((row, i) => row && nonceOf(row.sealed) === nonceOf(torn[i]!.sealed)) as Kept[];
			await db.records.bulkPut(same.map((row) => ({ ...row, torn: 1 as const }))); // what came since says so itself
			await db.settings.put({ name: TORN_KNOWN, value: known });
		});
	}
}
const LOOKED = 500;
