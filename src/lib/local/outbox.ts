import Dexie from 'dexie';
import type { Change } from '../domain/change';
import { modernChange } from '../domain/former';
import { fold } from '../domain/merge';
import { nonceOf } from './vault';
import { readSetting, type Outgoing, type PersonDatabase, type Position } from './database';

/** Puts an edit on the disk. When this resolves the transaction is durable: only then may a screen say « enregistré ».
 * Edits of one record meet in its one open change, so that typing a page makes one change, not hundreds.
 * @param edit its `seen` names what was on the screen when it began; its `id` serves when no open change takes it in
 * @returns the change it now is part of
 * @throws what IndexedDB threw: nothing has been kept, and the caller still has the edit */
export async function save(db: PersonDatabase, edit: Change): Promise<string> {
	return (await saveMany(db, [edit]))[0]!;
}

/** Puts edits of different records on the disk in one transaction: all of them, or none.
 * @returns for each the change it now is part of */
export async function saveMany(db: PersonDatabase, edits: readonly Change[]): Promise<string[]> {
	const records = edits.map(({ record }) => record);
	for (;;) {
		const { typing } = db;
		db.typing = undefined;
		// Read and sealed outside the transaction, which would not wait; written only if nobody wrote in between.
		const stood = await openChangesOf(
			db,
			records.filter((record) => record !== typing?.row.record)
		);
		const folded = await Promise.all(edits.map((edit) => foldIn(db, edit, stood, typing)));
		const done = await db.transaction('rw', db.outbox, async () => {
			const stands = await openChangesOf(db, records);
			for (const { change, open } of folded) {
				const now = stands.get(change.record);
				if (now?.order !== open?.order || (now && nonceOf(now.sealed) !== nonceOf(open!.sealed))) return undefined;
			}
			const rows = folded.map(
				({ sealed, open }) => ({ ...sealed, ...(open ? { order: open.order } : {}), state: 'open' }) as Outgoing
			);
			const orders = await db.outbox.bulkPut(rows, { allKeys: true });
			return rows.map((row, i) => ({ ...row, order: orders[i]! }));
		});
		if (!done) continue;
		if (folded.length === 1) db.typing = { row: done[0]!, change: folded[0]!.change };
		return folded.map(({ change }) => change.id);
	}
}

/** An edit within the open change of its record, where there is one. */
async function foldIn(
	db: PersonDatabase,
	raw: Change,
	stood: ReadonlyMap<string, Outgoing>,
	typing: PersonDatabase['typing']
) {
	const edit = modernChange(raw); // words as they are kept
	const typed = typing?.row.record === edit.record ? typing : undefined;
	const open = typed?.row ?? stood.get(edit.record);
	const before = typed?.change ?? (open && (await db.openChange(open)));
	const change = before ? fold(before, edit.fields, edit.seen, edit.at) : edit;
	const sealed = await db.sealChange(change);
	db.know(sealed, change);
	return { change, open, sealed };
}

/** The open changes of these records: of one by its own key, of many in one reading. */
async function openChangesOf(
	db: Pick<PersonDatabase, 'outbox'>,
	records: readonly string[]
): Promise<Map<string, Outgoing>> {
	if (records.length === 0) return new Map();
	const found =
		records.length === 1
			? db.outbox.where('[record+state]').equals([records[0]!, 'open'])
			: db.outbox.where('[state+order]').between(['open', Dexie.minKey], ['open', Dexie.maxKey]);
	return new Map((await found.toArray()).map((row) => [row.record, row]));
}

/** Freezes every open change: from here on they may be on their way, and later edits begin new ones. */
export async function freeze(db: Dexie & Pick<PersonDatabase, 'outbox'>): Promise<void> {
	await db.transaction('rw', db.outbox, async () => {
		await db.outbox
			.where('[state+order]')
			.between(['open', Dexie.minKey], ['open', Dexie.maxKey])
			.modify({ state: 'frozen' });
	});
}

/** Has what was refused offered again at the next exchange: somebody wants it judged anew. Never during one, which would
 * write down where it stood before. */
export async function askAgain(db: PersonDatabase): Promise<void> {
	await db.transaction('rw', db.settings, async () => {
		const position = await readSetting<Position>(db, 'position');
		if (!position || position.offer) return;
		await db.settings.put({ name: 'position', value: { ...position, offer: 'refused' } satisfies Position });
	});
}

/** What was refused and the server did not keep either: it is unsent for whatever counts or wipes. */
export const heldIn = ({ refused }: Pick<PersonDatabase, 'refused'>) => refused.filter(({ held }) => held === 1);

/** A change that does not open here: offering it again would change nothing. */
export const DAMAGED = 'change.damaged';
