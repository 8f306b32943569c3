import type { Waiting } from '../domain/waiting';
import { CHUNK } from '../domain/media';
import { MediaState } from '../domain/media-shapes';
import { TakenLine } from '../domain/stick';
import { SealedReply, type Receipt } from '../domain/sync';
import { freeze, heldIn } from './outbox';
import { MAKE_GOOD, nextBatch, offerHeld, sealedOf } from './offers';
import {
	ALL,
	databaseName,
	LockedDatabase,
	readSetting,
	START,
	TORN_KNOWN,
	type Outgoing,
	type PersonDatabase,
	type Position,
	type Refused,
	type SealedChange,
	type Sent
} from './database';
import { waitingIn } from './waiting';
import { dropTake, sealedPiece } from './media';
import { toBase64, type Seat } from './vault';

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
	place: Seat,
	key: string,
	send: SendSealed
): Promise<{ left: number; problem?: Unsent }> {
	const db = new LockedDatabase(databaseName(place.structure, place.person));
	const left = async (problem?: Unsent) => ({
		left: await unsentIn(db),
		...(problem ? { problem } : {})
	});
	try {
		await freeze(db);
		await offerHeld(db);
		for (let size = BATCH; ;) {
			const batch = await nextBatch(db, size, await lastTaken(db));
			if (batch.length === 0) {
				const problem = (await sendPieces(db, place, key, send)) ?? (await sendTakes(db, place, key, send));
				return await left(problem ?? ((await heldIn(db).count()) > 0 ? 'full' : undefined));
			}
			const reply = await sendChanges(place, key, batch, send);
			if (typeof reply === 'object') await takeReceipts(db, batch, reply);
			else if (reply === 'too-large' && batch.length > 1) size = Math.ceil(batch.length / 2);
			else return await left(reply);
		}
	} finally {
		db.close();
	}
}

/** `too-large` for whoever says so, on the way or at its end; `full`: there is no place at the server until the office has
 * decided on what waits there. */
type Unsent = 'offline' | 'refused' | 'too-large' | 'full';
type Failed = Exclude<Unsent, 'full'>;

/** Asks, and reads the answer: being cut at any point is being offline. */
async function ask<T>(
	send: SendSealed,
	path: string,
	body: unknown,
	parse: (value: unknown) => T
): Promise<T | Failed> {
	try {
		const response = await send(path, body);
		if (response.status === 413) return 'too-large';
		return response.ok ? parse(await response.json()) : 'refused';
	} catch {
		return 'offline';
	}
}

/** Sends changes as they lie, under the key they were sealed with: each is answered, or none is taken for it. */
async function sendChanges(
	place: Seat,
	key: string,
	batch: readonly SealedChange[],
	send: SendSealed
): Promise<SealedReply | Failed> {
	const changes = batch.map(({ record, sealed }) => ({ record, sealed: toBase64(sealed) }));
	const reply = await ask(send, '/api/sealed', { ...place, key, changes }, (value) => SealedReply.parse(value));
	return typeof reply === 'object' && reply.receipts.length !== batch.length ? 'refused' : reply;
}

/** Sends the recordings whose text has left, piece by piece. One that is refused holds no other back.
 * @param own the key of what bears none; without it, what bears none goes by the upload */
async function sendPieces(
	db: Pick<LockedDatabase, 'media' | 'chunks' | 'parts'>,
	place: Seat,
	own: string | undefined,
	send: SendSealed
): Promise<Unsent | undefined> {
	const waiting = await db.media.where('state').equals('waiting').toArray();
	let refused: Unsent | undefined;
	for (const row of waiting.filter((row) => row.key ?? own)) {
		const { about, hash, type, size, key = own } = row;
		for (let number = 0; number * CHUNK < size; number++) {
			const sealed = await sealedPiece(db, row, number);
			const piece = sealed && toBase64(sealed);
			const asked = { ...place, key, about, hash, type, size, number, piece };
			const state = await ask(send, '/api/sealed/media', asked, (value) => MediaState.parse(value));
			if (state === 'offline') return state;
			if (typeof state === 'string') {
				refused = state;
				break;
			}
			if (state.complete) await db.media.update([about, hash], { state: 'sent', doneAt: state.at! });
		}
	}
	return refused;
}

/** Sends what was interrupted, which only the open vault could have kept or erased: nothing said is lost with it. */
async function sendTakes(db: LockedDatabase, place: Seat, key: string, send: SendSealed): Promise<Unsent | undefined> {
	for (const { id: take, about, question, at } of await db.takes.toArray()) {
		const parts = await db.parts.where('[take+from]').between([take, 0], [take, Infinity]).toArray();
		const asked = {
			...{ ...place, key, about, take, question, at, milliseconds: parts.at(-1)?.elapsed ?? 0 },
			parts: parts.map(({ from, nonce, sealed, mark }) => ({
				from,
				nonce: toBase64(nonce),
				sealed: toBase64(sealed),
				mark: toBase64(mark)
			}))
		};
		const state = parts.length > 0 && (await ask(send, '/api/sealed/take', asked, (value) => TakenLine.parse(value)));
		if (typeof state === 'string') return state;
		await db.transaction('rw', db.takes, db.parts, () => dropTake(db, take));
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
		.count()) +
	(await heldIn(db).count()) +
	(await db.media.where('state').equals('waiting').count()) +
	(await db.takes.count());

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
		const held = verdict === 'held';
		const why = { problem, fields, ...(reason ? { reason } : {}), ...(held ? { held: 1 as const } : {}) };
		return verdict === 'quarantined' || held ? [{ ...sealedOf(row), ...why, refusedAt: '' }] : [];
	});

/** Keeps, beside the vault, what was left with the server of its key: a server that came back may not have it any more. */
export async function keepWrap(place: Seat, key: string, wrap: string): Promise<void> {
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
	place: Seat,
	send: SendSealed,
	leave: LeaveWrap
): Promise<boolean> {
	if (!(await readSetting(db, MAKE_GOOD))) return true;
	const wraps = await db.settings.where('name').startsWith(WRAP).toArray();
	for (const { name, value } of wraps)
		if (!(await leave(name.slice(WRAP.length), String(value)).catch(() => false))) return false;
	for (const row of await db.refused.filter(({ key, again }) => key !== undefined && again === 1).toArray())
		if (await offerOne(db, place, send, { key: row.key!, changes: [row] }, () => db.refused.delete(row.id)))
			return false;
	for (const row of await db.sent.filter(({ key, again }) => key !== undefined && again === 1).toArray())
		for (let [all, size] = [row.changes, BATCH]; all.length > 0;) {
			const [changes, left] = [all.slice(0, size), all.slice(size)];
			const move = () => (left.length > 0 ? db.sent.put({ ...row, changes: left }) : db.sent.delete(row.order));
			const unsent = await offerOne(db, place, send, { key: row.key!, changes }, move);
			if (!unsent) all = left;
			else if (unsent === 'too-large' && changes.length > 1) size = Math.ceil(changes.length / 2);
			else return false;
		}
	if (await sendPieces(db, place, undefined, send)) return false;
	await db.settings.delete(MAKE_GOOD);
	return true;
}

/** Leaves a key's wrap with the server.
 * @returns whether it has it now */
export type LeaveWrap = (key: string, wrap: string) => Promise<boolean>;

/** Part by part, each in the place of what it was: killed in between, the rest is still to be offered.
 * @returns why it could not be, or nothing */
async function offerOne(
	db: PersonDatabase,
	place: Seat,
	send: SendSealed,
	{ key, changes }: { key: string; changes: readonly SealedChange[] },
	move: () => PromiseLike<unknown>
): Promise<Unsent | undefined> {
	const reply = await sendChanges(place, key, changes, send);
	if (typeof reply === 'string') return reply;
	const refused = refusedOf(changes, reply.receipts).map((one) => ({ ...one, key }));
	const taken = takenOf(changes, reply.receipts);
	await db.transaction('rw', db.sent, db.refused, async () => {
		await move();
		await db.refused.bulkPut(refused);
		if (taken.length > 0) await db.sent.add({ sequence: reply.committed, changes: taken, key } as Sent);
	});
	return undefined;
}

/** Makes room for a new vault where nothing unsent is left: what the server gave will come again, what is kept until a
 * backup has it stays, named by the key it was sealed with. */
export async function emptyLocked(place: Seat, key: string): Promise<void> {
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
			await db.settings.put({ name: TORN_KNOWN, value: ALL });
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

/** Whether something of this name lies sealed among a locked vault's settings. */
export async function hasSetting(place: Seat, name: string): Promise<boolean> {
	const db = new LockedDatabase(databaseName(place.structure, place.person));
	try {
		return (await db.settings.where('name').equals(name).count()) > 0;
	} finally {
		db.close();
	}
}

/** What of a locked vault has not left. */
export async function waitingLocked(place: Seat): Promise<Waiting> {
	const db = new LockedDatabase(databaseName(place.structure, place.person));
	try {
		return await waitingIn(db);
	} finally {
		db.close();
	}
}
