import Dexie from 'dexie';
import type { Change } from '../domain/change';
import { fold } from '../domain/merge';
import type { Outgoing, PersonDatabase } from './database';

/** Puts an edit on the disk. When this resolves the transaction is durable: only then may a screen say « enregistré ».
 * Edits of one record meet in its one open change, so that typing a page makes one change, not hundreds.
 * @param edit its `seen` names what was on the screen when it began; its `id` serves when no open change takes it in
 * @returns the change it now is part of
 * @throws what IndexedDB threw: nothing has been kept, and the caller still has the edit */
export async function save(db: PersonDatabase, edit: Change): Promise<string> {
	return await db.transaction('rw', db.outbox, async () => {
		const open = await db.outbox.where('[record+state]').equals([edit.record, 'open']).first();
		if (open) {
			await db.outbox.put({ ...open, change: fold(open.change, edit.fields, edit.seen, edit.at) });
			return open.id;
		}
		await db.outbox.add({
			id: edit.id,
			record: edit.record,
			kind: edit.kind,
			state: 'open',
			change: edit
		} as Outgoing);
		return edit.id;
	});
}

/** Freezes every open change: from here on they may be on their way, and later edits begin new ones. */
export async function freeze(db: PersonDatabase): Promise<void> {
	await db.transaction('rw', db.outbox, async () => {
		await inState(db, 'open').modify({ state: 'frozen' });
	});
}

/** The oldest frozen changes after a place in the outbox, in the order they were made. */
export const nextBatch = (db: PersonDatabase, size: number, after = -Infinity): Promise<Outgoing[]> =>
	db.outbox.where('[state+order]').between(['frozen', after], ['frozen', Dexie.maxKey], false).limit(size).toArray();

const inState = (db: PersonDatabase, state: Outgoing['state']) =>
	db.outbox.where('[state+order]').between([state, Dexie.minKey], [state, Dexie.maxKey]);

/** Withdraws what was never sent, at the respondent's own demand: the record has left no trace anywhere.
 * @returns whether it could be: once something may have been sent, only the server can erase it */
export async function eraseUnsent(db: PersonDatabase, record: string): Promise<boolean> {
	return await db.transaction('rw', db.outbox, db.records, async () => {
		const rows = await db.outbox.filter(({ record: id, change }) => id === record || change.about === record).toArray();
		const left = rows.some(({ state }) => state === 'frozen') || (await db.records.get(record));
		if (left) return false;
		await db.outbox.bulkDelete(rows.map(({ order }) => order));
		return true;
	});
}
