import { isGone, valuesOf, type Fields } from '../domain/record';
import type { Record } from '../domain/sync';
import type { Subject } from '../domain/kinds';
import { merge } from '../domain/merge';
import type { Outgoing, PersonDatabase } from './database';

/** A record as the person sees it: what the server gave, with their own unsent edits laid over. */
export type View = Subject & { unsent: boolean; sequence: number };

/** Lays unsent changes over a record by the rule the server will follow. */
export function lay(record: Record | undefined, unsent: readonly Outgoing[], person: string): View | undefined {
	const first = unsent[0];
	if (!record && !first) return undefined;
	const fields = unsent.reduce<Fields>((merged, { change }) => merge(merged, change, person), record?.fields ?? {});
	return {
		id: record?.id ?? first!.record,
		kind: record?.kind ?? first!.kind,
		owner: record?.owner ?? person,
		about: record?.about ?? first?.change.about,
		fields,
		unsent: unsent.length > 0,
		sequence: record?.sequence ?? 0
	};
}

/** One record, or nothing when there is none or it is gone. */
export async function findView(db: PersonDatabase, person: string, id: string): Promise<View | undefined> {
	return await db.transaction('r', db.records, db.outbox, async () => {
		const unsent = await db.outbox.where('[record+state]').between([id, ''], [id, '\uffff']).sortBy('order');
		const view = lay(await db.records.get(id), unsent, person);
		return view && !isGone(view.fields) ? view : undefined;
	});
}

/** All records of a kind that are in sight. */
export async function listViews(db: PersonDatabase, person: string, kind: string): Promise<View[]> {
	return await db.transaction('r', db.records, db.outbox, async () => {
		const records = await db.records.where('kind').equals(kind).toArray();
		const unsent = Map.groupBy(await db.outbox.where('kind').equals(kind).sortBy('order'), ({ record }) => record);
		const known = new Set(records.map(({ id }) => id));
		const views = [
			...records.map((record) => lay(record, unsent.get(record.id) ?? [], person)!),
			...[...unsent].filter(([id]) => !known.has(id)).map(([, changes]) => lay(undefined, changes, person)!)
		];
		return views.filter(({ fields }) => !isGone(fields));
	});
}

/** A view's values in use, typed by the caller, who knows the kind. */
export const read = <T>(view: View | undefined): Partial<T> => (view ? (valuesOf(view.fields) as Partial<T>) : {});
