import { SealedReply } from '../domain/sync';
import { freeze, nextBatch } from './outbox';
import { sealedOf } from './arrivals';
import { databaseName, LockedDatabase, type Outgoing, type Refused, type Sent } from './database';
import { toBase64, type Place } from './vault';

/** Changes in one call of a locked vault's outbox. */
const BATCH = 300;

export type SendSealed = (
	path: string,
	body: unknown
) => Promise<{ ok: boolean; status: number; json: () => Promise<unknown> }>;

/** Sends the outbox of a locked vault as it lies: nobody needs to open it, and the server opens only what this device can
 * have sealed. Safe to stop and to repeat.
 * @param key the id of the vault's data key
 * @returns how many changes are still here, and why when some are */
export async function sendSealed(
	place: Place,
	key: string,
	send: SendSealed
): Promise<{ left: number; problem?: 'offline' | 'refused' }> {
	const db = new LockedDatabase(databaseName(place.structure, place.person));
	const left = async (problem?: 'offline' | 'refused') => ({
		left: await unsentIn(db),
		...(problem ? { problem } : {})
	});
	try {
		await freeze(db);
		for (;;) {
			const batch = await nextBatch(db, BATCH, await lastTaken(db));
			if (batch.length === 0) return await left();
			const changes = batch.map(({ record, sealed }) => ({ record, sealed: toBase64(sealed) }));
			let reply: SealedReply;
			try {
				const response = await send('/api/sealed', { ...place, key, changes });
				if (!response.ok) return await left('refused');
				reply = SealedReply.parse(await response.json());
			} catch {
				return await left('offline');
			}
			if (reply.receipts.length !== batch.length) return await left('refused');
			await takeReceipts(db, batch, reply);
		}
	} finally {
		db.close();
	}
}

/** The last place of the outbox whose changes the server has, by a receipt that the open vault has not turned into records
 * yet. It finds them by their places: nothing here may move them. */
const lastTaken = async (db: LockedDatabase): Promise<number> =>
	(await db.taken.orderBy('order').last())?.last ?? -Infinity;

const unsentIn = async (db: LockedDatabase): Promise<number> =>
	await db.outbox
		.where('order')
		.above(await lastTaken(db))
		.count();

/** Clears what the server has, by change. Records are not touched: when the vault opens again, they come with the next
 * pull. */
async function takeReceipts(db: LockedDatabase, batch: readonly Outgoing[], { receipts, committed }: SealedReply) {
	await db.transaction('rw', db.outbox, db.sent, db.refused, async () => {
		const isTaken = (i: number) => ['applied', 'contested'].includes(receipts[i]!.verdict);
		const taken = batch.filter((_, i) => isTaken(i)).map(sealedOf);
		if (taken.length > 0) await db.sent.add({ sequence: committed, changes: taken } as Sent);
		const refused = batch.flatMap((row, i): Refused[] => {
			const { verdict, problem = '', fields = [] } = receipts[i]!;
			return verdict === 'quarantined' ? [{ ...sealedOf(row), problem, fields, refusedAt: '' }] : [];
		});
		await db.refused.bulkPut(refused);
		await db.outbox.bulkDelete(batch.map(({ order }) => order));
	});
}

/** Makes room for a new vault where nothing unsent is left: what the server gave will come again, what is kept until a
 * backup has it stays, named by the key it was sealed with. */
export async function emptyLocked(place: Place, key: string): Promise<void> {
	const db = new LockedDatabase(databaseName(place.structure, place.person));
	try {
		await db.transaction('rw', db.tables, async () => {
			if ((await unsentIn(db)) > 0) throw new Error('unsent changes are still here');
			for (const { first, last, committed } of await db.taken.toArray()) {
				const batch = await db.outbox.where('order').between(first, last, true, true).toArray();
				await db.sent.add({ sequence: committed, changes: batch.map(sealedOf) } as Sent);
			}
			for (const table of ['outbox', 'records', 'taken', 'settings']) await db.table(table).clear();
			await db.sent.toCollection().modify((row) => void (row.key ??= key));
			await db.refused.toCollection().modify((row) => void (row.key ??= key));
		});
	} finally {
		db.close();
	}
}

/** How much of a locked vault has not left. */
export async function countUnsent(place: Place): Promise<number> {
	const db = new LockedDatabase(databaseName(place.structure, place.person));
	try {
		return await unsentIn(db);
	} finally {
		db.close();
	}
}
