import type { Change } from '../domain/change';
import { groupBy } from '../domain/grouped';
import type { KindName } from '../domain/kinds/all';
import { valuesOf, type Values } from '../domain/kinds/values';
import { isGone, type Fields } from '../domain/record';
import type { Record } from '../domain/sync';
import type { Subject } from '../domain/kinds/kind';
import { merge } from '../domain/merge';
import {
	readSetting,
	UNREADABLE,
	type Aside,
	type Kept,
	type Outgoing,
	type PersonDatabase,
	type Position,
	type Refused
} from './database';
import { DAMAGED } from './outbox';

/** A record as the person sees it: what the server gave, with their own unsent edits laid over. `stub` says that its words
 * have left this device. */
export type View = Subject & { unsent: boolean; sequence: number; stub: boolean };

/** Lays unsent changes over a record by the rule the server will follow. */
export function lay(record: Record | undefined, unsent: readonly Change[], person: string): View | undefined {
	const first = unsent[0];
	if (!record && !first) return undefined;
	const fields = unsent.reduce<Fields>((merged, change) => merge(merged, change, person), record?.fields ?? {});
	return {
		id: record?.id ?? first!.record,
		kind: record?.kind ?? first!.kind,
		owner: record?.owner ?? person,
		about: record?.about ?? first?.about,
		fields,
		unsent: unsent.length > 0,
		sequence: record?.sequence ?? 0,
		stub: false
	};
}

/** Opens what was read and lays it together. Promises of the vault are handed to Dexie's own, so that a live query made of
 * several reads goes on being told what it depends on. Those that are gone are among them. */
export async function openViews(
	db: PersonDatabase,
	person: string,
	rows: readonly { record: Kept | undefined; unsent: readonly Outgoing[] }[]
): Promise<View[]> {
	const views = await Promise.resolve(
		Promise.all(
			rows.map(async ({ record, unsent }) => {
				const opened = record && (await openIfSound(db, record));
				const view = lay(opened, await openSound(db, unsent), person);
				return view && { ...view, stub: record?.stub === 1 };
			})
		)
	);
	return views.filter((view) => view !== undefined);
}

const inSight = (views: readonly View[]): View[] => views.filter(({ fields }) => !isGone(fields));

/** A record, or nothing where it does not open: one that is damaged hides no other, and the next exchange fetches it anew. */
async function openIfSound(db: PersonDatabase, row: Kept): Promise<Record | undefined> {
	if (row.kind === UNREADABLE) return undefined;
	return await db.openRecord(row).catch(() => {
		db.damaged = true;
		return undefined;
	});
}

/** The changes that open. One that does not is set aside by the next exchange, visible and exportable as it lies. */
async function openSound(db: PersonDatabase, rows: readonly Outgoing[]): Promise<Change[]> {
	const changes = await Promise.all(rows.map((row) => db.openChange(row).catch(() => undefined)));
	return changes.filter((change) => change !== undefined);
}

/** One record, or nothing when there is none or it is gone. */
export async function findView(db: PersonDatabase, person: string, id: string): Promise<View | undefined> {
	const rows = await db.transaction('r', db.records, db.outbox, async () => ({
		unsent: await db.outbox.where('[record+state]').between([id, ''], [id, '\uffff']).sortBy('order'),
		record: await db.records.get(id)
	}));
	return inSight(await openViews(db, person, [rows]))[0];
}

/** Those of these records of one kind that are in sight. */
export async function findViews(
	db: PersonDatabase,
	person: string,
	kind: string,
	ids: readonly string[]
): Promise<View[]> {
	const rows = await db.transaction('r', db.records, db.outbox, async () => {
		const unsent = groupBy(await db.outbox.where('kind').equals(kind).sortBy('order'), ({ record }) => record);
		const records = await db.records.bulkGet([...ids]);
		return ids.map((id, i) => ({ record: records[i], unsent: unsent.get(id) ?? [] }));
	});
	return inSight(await openViews(db, person, rows));
}

/** All records of a kind that are in sight. */
export const listViews = (db: PersonDatabase, person: string, kind: string): Promise<View[]> =>
	viewsAmong(
		db,
		person,
		() => db.records.where('kind').equals(kind).toArray(),
		() => db.outbox.where('kind').equals(kind).sortBy('order')
	);

/** All records in sight whose ids begin so: what does not is neither read nor opened. */
export const listViewsUnder = (db: PersonDatabase, person: string, prefix: string): Promise<View[]> =>
	viewsAmong(
		db,
		person,
		() => db.records.where('id').startsWith(prefix).toArray(),
		() =>
			db.outbox
				.where('[record+state]')
				.between([prefix, ''], [`${prefix}\uffff`, ''])
				.sortBy('order')
	);

async function viewsAmong(
	db: PersonDatabase,
	person: string,
	kept: () => PromiseLike<Kept[]>,
	outgoing: () => PromiseLike<Outgoing[]>
): Promise<View[]> {
	const rows = await db.transaction('r', db.records, db.outbox, async () => {
		const records = await kept();
		const unsent = groupBy(await outgoing(), ({ record }) => record);
		const known = new Set(records.map(({ id }) => id));
		return [
			...records.map((record) => ({ record, unsent: unsent.get(record.id) ?? [] })),
			...[...unsent].filter(([id]) => !known.has(id)).map(([, unsent]) => ({ record: undefined, unsent }))
		];
	});
	return inSight(await openViews(db, person, rows));
}

/** The ids of those whose words have left this device. */
export const listStubs = async (db: PersonDatabase): Promise<ReadonlySet<string>> =>
	new Set(await db.records.where('stub').equals(1).primaryKeys());

/** A view's values in use: any of them may be missing. */
export const read = <K extends KindName>(kind: K, view: View | undefined): Partial<Values<K>> =>
	valuesOf(kind, view?.fields);

/** A refused change, opened where it opens. */
export type RefusedChange = Refused & { change: Change | undefined };

/** What was refused and this vault sealed: what one before it sealed is in the server's quarantine. */
export async function listRefused(db: PersonDatabase): Promise<RefusedChange[]> {
	const rows = await db.refused.filter(({ key }) => key === undefined).toArray();
	const open = async (row: Refused) => ({
		...row,
		change: row.problem === DAMAGED ? undefined : await db.openChange(row).catch(() => undefined)
	});
	return await Promise.resolve(Promise.all(rows.map(open)));
}

/** The records that this device holds and a server that came back does not have: nothing while it is still fetching. */
export async function listAside(db: PersonDatabase): Promise<{ row: Aside; record: Record }[]> {
	const position = await readSetting<Position>(db, 'position');
	if (position?.sweep) return [];
	const rows = await db.aside.filter(({ key }) => key === undefined).toArray();
	const opened = rows.map(async (row) => ({ row, record: await db.openRecord(row).catch(() => undefined) }));
	const all = await Promise.resolve(Promise.all(opened));
	return all.flatMap(({ row, record }) => (record ? [{ row, record }] : []));
}
