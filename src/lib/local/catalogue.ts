import Dexie from 'dexie';
import { groupBy } from '../domain/grouped';
import { valuesOf, type Values } from '../domain/kinds/values';
import { isGone } from '../domain/record';
import { SHAPES } from '../domain/former';
import { readSetting, START, type PersonDatabase, type Position } from './database';
import { findViews, openViews, type View } from './views';

/** The kinds of which a device may hold many, and what their lists say of each: never what somebody said. */
const LISTED = {
	interview: ['campaign', 'stakeholder', 'antenna', 'on', 'label', 'criteria', 'state'],
	excerpt: ['campaign', 'criterion', 'valence'],
	quote: ['campaign', 'criterion'],
	action: ['campaign', 'criterion', 'words', 'owner', 'due', 'state']
} as const;
export type Listed = keyof typeof LISTED;
type Said<K extends Listed> = Partial<Pick<Values<K>, (typeof LISTED)[K][number] & keyof Values<K>>>;

/** A record as its list says it. */
export type Line<K extends Listed> = Pick<View, 'id' | 'owner' | 'about' | 'sequence' | 'unsent'> & {
	said: Said<K>;
	gone?: 1;
};
/** Lines as they were of one history of the server, by their ids. `isOld` where what lies on the disk is of another. */
export type Catalogue = { of: string; lines: Map<string, Line<Listed>>; isOld?: boolean };

const PREFIX = 'lines:';
/** The setting that counts how often rows of a kind were written anew under the sequence they had. */
const TURN = 'lines-turn:';

/** All records in sight of a kind, as lists say them. What the catalogue says of a record is so while the record's sequence
 * is the same: of ten years of testimonies one sealed row is opened, and what has changed since. */
export async function listLines<K extends Listed>(db: PersonDatabase, person: string, kind: K): Promise<Line<K>[]> {
	const { known, opened } = await readLines(db, person, kind);
	return [...new Map([...known, ...opened]).values()].filter(({ gone }) => !gone) as Line<K>[];
}

/** The records of a kind whose line is asked for: no other is opened. */
export async function listViewsWhere<K extends Listed>(
	db: PersonDatabase,
	person: string,
	kind: K,
	isAsked: (line: Line<K>) => boolean
): Promise<View[]> {
	const lines = (await listLines(db, person, kind)).filter(isAsked);
	const ids = lines.map(({ id }) => id);
	return await findViews(db, person, kind, ids);
}

/** Writes the catalogues anew where anything in them has changed. */
export async function keepCatalogues(db: PersonDatabase, person: string): Promise<void> {
	for (const kind of Object.keys(LISTED) as Listed[]) {
		const { of, known, opened, isStale } = await readLines(db, person, kind);
		const sent = [...opened].filter(([, { sequence, unsent }]) => sequence > 0 && !unsent);
		if (of === '' || (sent.length === 0 && !isStale)) continue;
		const lines = new Map([...known, ...sent]);
		await db.writeSealed(PREFIX + kind, { of, lines: [...lines] });
		db.catalogues.set(kind, { of, lines });
	}
}

/** Nothing the catalogues say of these kinds holds any more: rows were written anew under the sequence they had. Within the
 * transaction of whoever writes them. */
export async function turnLines(db: PersonDatabase, kinds: readonly string[]): Promise<void> {
	for (const kind of Object.keys(LISTED).filter((one) => kinds.includes(one))) {
		const turn = (await readSetting<number>(db, TURN + kind)) ?? 0;
		await db.settings.put({ name: TURN + kind, value: turn + 1 });
	}
}

/** Forgets the catalogues, because something is to be nowhere any more. */
export async function dropCatalogues(db: PersonDatabase): Promise<void> {
	const { catalogues } = db;
	catalogues.clear();
	await db.settings.where('name').startsWith(PREFIX).delete();
}

/** What the catalogue still says rightly of the server's rows, and what had to be opened beside it. */
async function readLines(db: PersonDatabase, person: string, kind: Listed) {
	const { there, unsent, position, turn } = await db.transaction('r', db.records, db.outbox, db.settings, async () => {
		const rows = db.records.where('[kind+sequence]').between([kind], [kind, Dexie.maxKey]);
		// One order, and nothing but the index is read.
		const [ids, keys] = [await rows.primaryKeys(), (await rows.keys()) as unknown as [string, number][]];
		return {
			there: new Map(ids.map((id, i) => [id, keys[i]![1]])),
			unsent: groupBy(await db.outbox.where('kind').equals(kind).sortBy('order'), ({ record }) => record),
			position: (await readSetting<Position>(db, 'position')) ?? START,
			turn: (await readSetting<number>(db, TURN + kind)) ?? 0
		};
	});
	// While another history is being fetched, the same sequence may mean two things.
	const of = position.sweep ? '' : `${SHAPES} ${position.epoch} ${position.pass ?? 0} ${turn}`;
	const { lines, isOld } = await catalogueOf(db, kind, of);
	const known = new Map([...lines].filter(([id, { sequence }]) => there.get(id) === sequence));
	const ids = [...new Set([...there.keys(), ...unsent.keys()])].filter((id) => !known.has(id) || unsent.has(id));
	const records = await db.records.bulkGet(ids);
	const views = await openViews(
		db,
		person,
		ids.map((id, i) => ({ record: records[i], unsent: unsent.get(id) ?? [] }))
	);
	const opened = new Map(views.map((view) => [view.id, lineOf(kind, view)]));
	return { of, known, opened, isStale: isOld === true || known.size < lines.size };
}

function lineOf(kind: Listed, { id, owner, about, sequence, unsent, fields }: View): Line<Listed> {
	const values: { [field: string]: unknown } = valuesOf(kind, fields);
	const said = Object.fromEntries(
		LISTED[kind].flatMap((field) => (values[field] === undefined ? [] : [[field, values[field]]]))
	);
	return { id, owner, ...(about ? { about } : {}), sequence, unsent, said, ...(isGone(fields) ? { gone: 1 } : {}) };
}

async function catalogueOf(db: PersonDatabase, kind: Listed, of: string): Promise<Catalogue> {
	const { catalogues } = db;
	const read = catalogues.get(kind);
	if (read?.of === of) return read;
	type Sealed = { of: string; lines: [string, Line<Listed>][] };
	// One that does not open is written anew.
	const kept = await db.readSealed<Sealed>(PREFIX + kind).catch((): Sealed => ({ of: '', lines: [] }));
	const catalogue = {
		of,
		lines: new Map(kept?.of === of ? kept.lines : []),
		isOld: kept !== undefined && kept.of !== of
	};
	catalogues.set(kind, catalogue);
	return catalogue;
}
