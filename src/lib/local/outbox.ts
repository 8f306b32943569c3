import Dexie from 'dexie';
import type { Change } from '../domain/change';
import { fold } from '../domain/merge';
import { nonceOf } from './vault';
import type { Outgoing, PersonDatabase } from './database';

/** Puts an edit on the disk. When this resolves the transaction is durable: only then may a screen say « enregistré ».
 * Edits of one record meet in its one open change, so that typing a page makes one change, not hundreds.
 * @param edit its `seen` names what was on the screen when it began; its `id` serves when no open change takes it in
 * @returns the change it now is part of
 * @throws what IndexedDB threw: nothing has been kept, and the caller still has the edit */
export async function save(db: PersonDatabase, edit: Change): Promise<string> {
	for (;;) {
		// Read and sealed outside the transaction, which would not wait; written only if nobody wrote in between.
		const typing = db.typing?.row.record === edit.record ? db.typing : undefined;
		db.typing = undefined;
		const open = typing?.row ?? (await openChangeOf(db, edit.record));
		const before = typing?.change ?? (open && (await db.openChange(open)));
		const change = before ? fold(before, edit.fields, edit.seen, edit.at) : edit;
		const sealed = await db.sealChange(change);
		const done = await db.transaction('rw', db.outbox, async () => {
			const now = await openChangeOf(db, edit.record);
			if (now?.order !== open?.order || (now && nonceOf(now.sealed) !== nonceOf(open!.sealed))) return undefined;
			const row = { ...sealed, ...(open ? { order: open.order } : {}), state: 'open' } as Outgoing;
			const order = await db.outbox.put(row);
			return { ...row, order };
		});
		if (!done) continue;
		db.typing = { row: done, change };
		return change.id;
	}
}

const openChangeOf = (db: PersonDatabase, record: string): Promise<Outgoing | undefined> =>
	db.outbox.where('[record+state]').equals([record, 'open']).first();

/** Freezes every open change: from here on they may be on their way, and later edits begin new ones. */
export async function freeze(db: Dexie & Pick<PersonDatabase, 'outbox'>): Promise<void> {
	await db.transaction('rw', db.outbox, async () => {
		await db.outbox
			.where('[state+order]')
			.between(['open', Dexie.minKey], ['open', Dexie.maxKey])
			.modify({ state: 'frozen' });
	});
}

/** The oldest frozen changes after a place in the outbox, in the order they were made. */
export const nextBatch = (db: Pick<PersonDatabase, 'outbox'>, size: number, after = -Infinity): Promise<Outgoing[]> =>
	db.outbox.where('[state+order]').between(['frozen', after], ['frozen', Dexie.maxKey], false).limit(size).toArray();

/** Withdraws what was never sent, at the respondent's own demand: the record has left no trace anywhere.
 * @returns whether it could be: once something may have been sent, only the server can erase it */
export async function eraseUnsent(db: PersonDatabase, record: string): Promise<boolean> {
	return await db.transaction('rw', db.outbox, db.records, async () => {
		const rows = await db.outbox.filter(({ record: id, about }) => id === record || about === record).toArray();
		const left = rows.some(({ state }) => state === 'frozen') || (await db.records.get(record));
		if (left) return false;
		await db.outbox.bulkDelete(rows.map(({ order }) => order));
		return true;
	});
}
