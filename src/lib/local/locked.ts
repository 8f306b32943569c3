import { CHUNK } from '../domain/media';
import { MediaState } from '../domain/media-shapes';
import { SealedReply, type Receipt } from '../domain/sync';
import { freeze, MAKE_GOOD, nextBatch, sealedOf } from './outbox';
import {
	databaseName,
	LockedDatabase,
	readSetting,
	START,
	type Outgoing,
	type PersonDatabase,
	type Position,
	type Refused,
	type SealedChange,
	type Sent
} from './database';
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
			if (batch.length === 0) return await left(await sendPieces(db, place, key, send));
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

/** Sends the recordings whose text has left, piece by piece.
 * @param own the key of what bears none; without it, what bears none goes by the upload */
async function sendPieces(
	db: Pick<LockedDatabase, 'media' | 'chunks'>,
	place: Place,
	own: string | undefined,
	send: SendSealed
): Promise<'offline' | 'refused' | undefined> {
	const waiting = await db.media.where('state').equals('waiting').toArray();
	for (const { about, hash, type, size, key = own } of waiting.filter((row) => row.key ?? own))
		for (let number = 0; number * CHUNK < size; number++) {
			const chunk = await db.chunks.get([about, hash, number]);
			const piece = chunk && toBase64(chunk.sealed);
			const response = await send('/api/sealed/media', { ...place, key, about, hash, type, size, number, piece }).catch(
				() => undefined
			);
			if (!response) return 'offline';
			const state = response.ok ? MediaState.safeParse(await response.json()).data : undefined;
			if (!state) return 'refused';
			if (state.complete) await db.media.update([about, hash], { state: 'sent', doneAt: state.at! });
		}
	return undefined;
}

/** The last place of the outbox whose changes the server has, by a receipt that the open vault has not turned into records
 * yet. It finds them by their places: nothing here may move them. */
export const lastTaken = async (db: LockedDatabase): Promise<number> =>
	(await db.taken.orderBy('order').last())?.last ?? -Infinity;

const unsentIn = async (db: LockedDatabase): Promise<number> =>
	(await db.outbox
		.where('order')
		.above(await lastTaken(db))
		.count()) + (await db.media.where('state').equals('waiting').count());

/** The setting that lists the batches of `sent` which receipts cleared by hand, or out of the locked vault: they are not in
 * the records yet. */
export const NOT_SHOWN = 'not-shown';

/** Clears what the server has, by change. Its records are for the open vault to write. */
export async function takeReceipts(
	db: LockedDatabase,
	batch: readonly Outgoing[],
	{ receipts, committed, epoch }: SealedReply
): Promise<void> {
	await db.transaction('rw', db.outbox, db.sent, db.refused, db.settings, async () => {
		// Which history has it, so that another one is recognised.
		const position = await readSetting<Position>(db, 'position');
		if (!position && epoch) await db.settings.put({ name: 'position', value: { ...START, epoch } });
		await db.refused.bulkPut(refusedOf(batch, receipts));
		const taken = takenOf(batch, receipts);
		if (taken.length > 0) {
			const order = await db.sent.add({ sequence: committed, changes: taken } as Sent);
			const others = (await readSetting<number[]>(db, NOT_SHOWN)) ?? [];
			await db.settings.put({ name: NOT_SHOWN, value: [...others, order] });
		}
		await db.outbox.bulkDelete(batch.map(({ order }) => order));
	});
}

const takenOf = (batch: readonly SealedChange[], receipts: readonly Receipt[]): SealedChange[] =>
	batch.filter((_, i) => ['applied', 'contested'].includes(receipts[i]!.verdict)).map(sealedOf);

const refusedOf = (batch: readonly SealedChange[], receipts: readonly Receipt[]): Refused[] =>
	batch.flatMap((row, i): Refused[] => {
		const { verdict, problem = '', fields = [], reason } = receipts[i]!;
		const why = { problem, fields, ...(reason ? { reason } : {}) };
		return verdict === 'quarantined' ? [{ ...sealedOf(row), ...why, refusedAt: '' }] : [];
	});

/** Keeps, beside the vault, what was left with the server of its key: a server that came back may not have it any more. */
export async function keepWrap(place: Place, key: string, wrap: string): Promise<void> {
	const db = new LockedDatabase(databaseName(place.structure, place.person));
	try {
		await db.settings.put({ name: `${WRAP}${key}`, value: wrap });
	} finally {
		db.close();
	}
}
const WRAP = 'wrap:';

/** Makes good, to a server that came back from before, what only this device can: its keys' wraps are left again, and what
 * a vault whose passphrase was forgotten had sent, or was refused, is offered again as it lies.
 * @returns whether nothing of it is left to do */
export async function offerSealed(
	db: PersonDatabase,
	place: Place,
	send: SendSealed,
	leave: LeaveWrap
): Promise<boolean> {
	if (!(await readSetting(db, MAKE_GOOD))) return true;
	const wraps = await db.settings.where('name').startsWith(WRAP).toArray();
	for (const { name, value } of wraps) if (!(await leave(name.slice(WRAP.length), String(value)))) return false;
	for (const row of await db.refused.filter(({ key, again }) => key !== undefined && again === 1).toArray())
		if (!(await offerOne(db, place, send, { key: row.key!, changes: [row] }, () => db.refused.delete(row.id))))
			return false;
	for (const row of await db.sent.filter(({ key, again }) => key !== undefined && again === 1).toArray())
		for (let from = 0; from < row.changes.length; from += BATCH) {
			const changes = row.changes.slice(from, from + BATCH);
			const left = row.changes.slice(from + BATCH);
			const move = () => (left.length > 0 ? db.sent.put({ ...row, changes: left }) : db.sent.delete(row.order));
			if (!(await offerOne(db, place, send, { key: row.key!, changes }, move))) return false;
		}
	if (await sendPieces(db, place, undefined, send)) return false;
	await db.settings.delete(MAKE_GOOD);
	return true;
}

/** Leaves a key's wrap with the server.
 * @returns whether it has it now */
export type LeaveWrap = (key: string, wrap: string) => Promise<boolean>;

/** Part by part, each in the place of what it was: killed in between, the rest is still to be offered. */
async function offerOne(
	db: PersonDatabase,
	place: Place,
	send: SendSealed,
	{ key, changes }: { key: string; changes: readonly SealedChange[] },
	move: () => PromiseLike<unknown>
): Promise<boolean> {
	const lines = changes.map(({ record, sealed }) => ({ record, sealed: toBase64(sealed) }));
	const response = await send('/api/sealed', { ...place, key, changes: lines }).catch(() => undefined);
	const reply = response?.ok ? SealedReply.safeParse(await response.json()).data : undefined;
	if (reply?.receipts.length !== changes.length) return false;
	const refused = refusedOf(changes, reply.receipts).map((one) => ({ ...one, key }));
	const taken = takenOf(changes, reply.receipts);
	await db.transaction('rw', db.sent, db.refused, async () => {
		await move();
		await db.refused.bulkPut(refused);
		if (taken.length > 0) await db.sent.add({ sequence: reply.committed, changes: taken, key } as Sent);
	});
	return true;
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
			for (const table of ['outbox', 'records', 'taken']) await db.table(table).clear();
			const { epoch } = (await readSetting<Position>(db, 'position')) ?? START;
			await db.settings.filter(({ name }) => !name.startsWith(WRAP)).delete();
			// Should another history answer next, what is kept is offered to it.
			await db.settings.put({ name: 'position', value: { ...START, epoch } });
			await db.sent.toCollection().modify((row) => void (row.key ??= key));
			await db.refused.toCollection().modify((row) => void (row.key ??= key));
			await db.aside.toCollection().modify((row) => void (row.key ??= key));
			await db.media.toCollection().modify((row) => void (row.key ??= key));
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
