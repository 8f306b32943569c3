import Dexie from 'dexie';
import type { Change } from '../domain/change';
import { fold } from '../domain/merge';
import { dropMediaOf } from './media';
import { nonceOf } from './vault';
import {
	readSetting,
	type Outgoing,
	type PersonDatabase,
	type Position,
	type Refused,
	type SealedChange
} from './database';

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

/** What lies in the outbox, without its place there. */
export const sealedOf = ({ id, record, kind, about, at, sealed }: SealedChange): SealedChange => ({
	id,
	record,
	kind,
	...(about ? { about } : {}),
	at,
	sealed
});

/** The setting that says that something which lies here under other keys is still to be offered. */
export const MAKE_GOOD = 'make-good';

/** A change that does not open here: offering it again would change nothing. */
export const DAMAGED = 'change.damaged';

/** Puts back at the head of the outbox what is to be offered again: what was refused, now that it may be judged otherwise,
 * and, when the server came back from before it, all that was sent. Nothing is in two places, nor in none, at any moment.
 * Before an exchange, once everything is frozen: the ranges that receipts clear then hold nothing else. */
export async function offerAgain(db: PersonDatabase): Promise<void> {
	await db.transaction('rw', db.outbox, db.sent, db.refused, db.settings, async () => {
		const position = await readSetting<Position>(db, 'position');
		if (!position?.offer) return;
		const all = position.offer === 'all';
		const sent = all ? await db.sent.filter(({ key }) => key === undefined).toArray() : [];
		const refused = await db.refused.filter(({ key, problem }) => key === undefined && problem !== DAMAGED).toArray();
		const there = new Set((await db.outbox.toArray()).map(({ id }) => id));
		const changes = [...sent.flatMap(({ changes }) => changes), ...refused].filter(({ id }) => !there.has(id));
		const head = ((await db.outbox.orderBy('order').first())?.order ?? 1) - changes.length;
		await db.outbox.bulkPut(changes.map((one, i) => ({ ...sealedOf(one), order: head + i, state: 'frozen' as const })));
		await db.sent.bulkDelete(sent.map(({ order }) => order));
		await db.refused.bulkDelete(refused.map(({ id }) => id));
		// Another vault sealed these: they leave as they lie.
		const kept = db.refused.filter(({ key }) => key !== undefined);
		const marked = await kept.modify((row) => void (row.again = 1));
		if (all) await db.sent.toCollection().modify((row) => void (row.again = 1));
		if (all || marked > 0) await db.settings.put({ name: MAKE_GOOD, value: true });
		await db.settings.put({ name: 'position', value: { ...position, offer: undefined } });
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

/** Takes one change out of the way of the others, with why: it stays here, visible and exportable. */
export async function setRefused(
	db: PersonDatabase,
	row: Outgoing,
	why: Pick<Refused, 'problem' | 'refusedAt'>
): Promise<void> {
	await db.transaction('rw', db.outbox, db.refused, async () => {
		await db.refused.put({ ...sealedOf(row), ...why, fields: [] });
		await db.outbox.delete(row.order);
	});
}

/** The oldest frozen changes after a place in the outbox, in the order they were made. */
export const nextBatch = (db: Pick<PersonDatabase, 'outbox'>, size: number, after = -Infinity): Promise<Outgoing[]> =>
	db.outbox.where('[state+order]').between(['frozen', after], ['frozen', Dexie.maxKey], false).limit(size).toArray();

/** Withdraws what was never sent, at the respondent's own demand: the record has left no trace anywhere, nor has its voice.
 * @returns whether it could be: once something may have been sent, only the server can erase it */
export async function eraseUnsent(db: PersonDatabase, record: string): Promise<boolean> {
	return await db.transaction('rw', db.outbox, db.records, db.media, db.chunks, async () => {
		const rows = await db.outbox.filter(({ record: id, about }) => id === record || about === record).toArray();
		const left = rows.some(({ state }) => state === 'frozen') || (await db.records.get(record));
		if (left) return false;
		await db.outbox.bulkDelete(rows.map(({ order }) => order));
		await dropMediaOf(db, [record]);
		return true;
	});
}
