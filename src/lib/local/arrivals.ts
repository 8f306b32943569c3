import Dexie from 'dexie';
import { NO_ROWS, plus, type Digest } from '../domain/digest';
import { ID } from '../domain/ids';
import { Mark, RecordPlace, Record, Travelling, type ReceivedReply } from '../domain/sync';
import type { Kept, Outgoing, PersonDatabase, Position, Taken } from './database';
import { readSetting, START, UNREADABLE } from './database';
import { dropCatalogues } from './catalogue';
import { dropMediaOf } from './media';
import { dropTyped } from './typed';
import { coveredBy, settle, tablesOf, workOut, write } from './worked-out';

/** Takes one reply in, in one transaction: receipts clear the outbox by change, records and marks come in, and the cursor
 * moves with them. A device killed before the commit asks for the same page again. One exchange runs at a time on a
 * device, so that what is opened and sealed before the transaction is still so within it.
 * @param batch the changes that were sent, by their place
 * @param arrived the reply's records, by `sealArrivals`
 * @param more how far the erasures have been told again, and how far the server's clock is ahead, in milliseconds
 * @returns where the device stands now */
export async function takeIn(
	db: PersonDatabase,
	batch: readonly Outgoing[],
	reply: ReceivedReply,
	arrived: readonly Arrived[],
	person: string,
	more: Pick<Position, 'tell' | 'offset'> = {}
): Promise<Position> {
	const before = (await readSetting<Position>(db, 'position')) ?? START;
	const startsOver = before.epoch !== null && before.epoch !== reply.epoch;
	const answered = batch.slice(0, reply.receipts.length);
	const last = answered.at(-1);
	const marks = reply.marks.flatMap((mark) => Mark.safeParse(mark).data ?? []);
	const forgotten: { id: string; proof?: string | undefined }[] = [
		...marks.filter(({ erased }) => erased),
		...answered
			.map(({ record }, i) => ({ id: record, receipt: reply.receipts[i]! }))
			.filter(({ receipt }) => receipt.verdict === 'erased')
			.flatMap(({ id, receipt }) => [{ id }, ...(receipt.erased ?? [])])
	];
	// What is taken already is found by its place in the outbox: it is put in order before anything leaves from there.
	if (forgotten.length > 0 || startsOver) await settle(db, person);
	const derivable =
		!startsOver && forgotten.length === 0 && reply.receipts.every(({ sequence }) => sequence !== undefined);
	const worked = last && !derivable ? await workOut(db, answered, reply, person) : undefined;
	const there = await coveredBy(
		db,
		arrived.flatMap(({ record }) => record ?? [])
	);

	return await db.transaction('rw', tablesOf(db), async () => {
		if (worked) await write(db, worked);
		else if (last) {
			const { committed, now, receipts } = reply;
			await db.taken.add({ first: answered[0]!.order, last: last.order, committed, now, receipts } as Taken);
		}
		const { epoch, backup, judging } = reply;
		if (startsOver) {
			// The server's history is another one: everything is fetched again, and all it may have lost is offered again.
			// A quote is the server's: whether it may still be read is known there alone.
			const old = await db.records
				.filter(({ pass = 0, kind }) => pass === (before.pass ?? 0) && kind !== 'quote')
				.toArray();
			await db.aside.bulkPut(old.map((row) => ({ ...row, epoch: before.epoch! })));
			const renewed = { epoch, backup, judging, offer: 'all' as const, tell: '', ...startingOver(before) };
			await db.media.toCollection().modify((row) => void (row.state = 'waiting'));
			if (forgotten.length > 0) await forget(db, forgotten);
			await db.settings.put({ name: 'position', value: renewed });
			return renewed;
		}
		await takeMarks(db, marks, before.pass ?? 0);
		await db.records.bulkPut(arrived.map(({ row }) => row));
		await db.aside.bulkDelete(there);
		if (forgotten.length > 0) await forget(db, forgotten);
		const followed = reply.audiences ?? before.audiences;
		await dropLost(db, before.audiences, followed);
		if (before.sweep && !reply.more) await sweep(db, before.pass ?? 0);
		// What is still to be offered again bears sequences of another history: no backup of this one covers it.
		if (backup && before.offer !== 'all')
			await db.sent
				.where('sequence')
				.belowOrEqual(backup.sequence)
				.filter(({ again }) => !again)
				.delete();
		// Judged by something else from now on, what was refused is worth offering again.
		const isJudgedAnew = judging !== undefined && judging !== before.judging && (await db.refused.count()) > 0;
		const position: Position = {
			...before,
			...more,
			cursor: reply.cursor,
			audiences: followed,
			filling: reply.filling,
			epoch,
			backup,
			sweep: Boolean(before.sweep && reply.more),
			judging: judging ?? before.judging,
			filled: reply.more ? before.filled : reply.filled,
			offer: before.offer ?? (isJudgedAnew ? 'refused' : undefined),
			syncedAt: reply.more ? before.syncedAt : reply.now
		};
		await db.settings.put({ name: 'position', value: position });
		if (reply.signer) await db.settings.put({ name: 'signer', value: reply.signer });
		return position;
	});
}

/** Where a device stands that fetches everything from zero. Until the last page has come what it had stays in sight. */
const startingOver = ({ pass = 0, syncedAt, repairedAt }: Position) => ({
	...{ cursor: null, audiences: [], filling: [], digest: 'unknown' as const },
	...{ pass: pass + 1, sweep: true, syncedAt, ...(repairedAt ? { repairedAt } : {}) }
});

/** Begins to fetch everything anew, because the rows here are not the server's: never the other way round. */
export async function startFresh(db: PersonDatabase): Promise<void> {
	await db.transaction('rw', db.settings, async () => {
		const before = (await readSetting<Position>(db, 'position'))!;
		const fresh = { ...before, ...startingOver(before), repairedAt: before.syncedAt };
		await db.settings.put({ name: 'position', value: fresh });
	});
	db.damaged = false;
}

/** What a fetching from zero has not brought again is not the server's any more. */
const sweep = (db: PersonDatabase, pass: number): Promise<number> =>
	db.records.filter((row) => (row.pass ?? 0) !== pass).delete();

type Arrived = { record?: Travelling; row: Kept };

const MINTED = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const isId = (id: unknown): boolean => typeof id === 'string' && ID.test(id);

/** Whether a record surely is what its schema asks, told in a fraction of the time: a page brings a thousand. What this does
 * not know is left to the schema. */
export function isTravelling(raw: unknown): raw is Travelling {
	const { id, kind, owner, about, audience, sequence, fields } = (raw ?? {}) as { [name: string]: unknown };
	if (!isId(id) || !isId(kind) || !isId(owner) || (about !== undefined && !isId(about))) return false;
	if (typeof audience !== 'string' || !Number.isSafeInteger(sequence) || !Array.isArray(fields)) return false;
	const [by, packed, ...rest] = fields as unknown[];
	if (!Array.isArray(by) || packed === null || typeof packed !== 'object' || rest.length > 0) return false;
	const isBy = (one: unknown) =>
		Array.isArray(one) &&
		one.length === 3 &&
		MINTED.test(one[0] as string) &&
		isId(one[1]) &&
		typeof one[2] === 'string';
	const isValue = (one: unknown) =>
		Array.isArray(one) && one.length === 2 && Number.isInteger(one[1]) && one[1] >= 0 && one[1] < by.length;
	return (
		by.every(isBy) &&
		!Array.isArray(packed) &&
		Object.entries(packed).every(
			([field, values]: [string, unknown]) => field !== '__proto__' && Array.isArray(values) && values.every(isValue)
		)
	);
}

/** A reply's records as they are kept: it touches no store, and can go on while the page before is written. One that this
 * version cannot read is kept as it came: it counts, and a later version reads it. What is not even a record is passed over,
 * and shows as a difference. */
export async function sealArrivals(
	db: PersonDatabase,
	{ records, now, protocol = 2 }: Pick<ReceivedReply, 'records' | 'now' | 'protocol'>,
	{ pass = 0 }: Position
): Promise<Arrived[]> {
	const kept = await Promise.all(
		records.map(async (raw) => {
			const record = isTravelling(raw) ? raw : Travelling.safeParse(raw).data;
			if (record) return { record, row: await db.sealRecord(record, now, pass, protocol) };
			const { data: place } = RecordPlace.safeParse(raw);
			if (!place) return undefined;
			const { id, audience, sequence } = place;
			const sealed = await db.vault.seal(id, 'record-1', raw);
			return { row: { id, kind: UNREADABLE, owner: '', audience, sequence, since: now, sealed, pass } };
		})
	);
	return kept.filter((one) => one !== undefined);
}

/** Reads again what an earlier version of the app could not. */
export async function readAgain(db: PersonDatabase): Promise<void> {
	for (const row of await db.records.where('kind').equals(UNREADABLE).toArray()) {
		const { data } = Record.safeParse(await db.vault.open(row.id, 'record-1', row.sealed).catch(() => undefined));
		const sealed = data && (await db.sealRecord(data, row.since, row.pass));
		if (sealed) await db.records.put(sealed);
	}
}

/** Recomputes the digest from the rows and compares it with the server's: said, never adopted. */
export async function reconcile(db: PersonDatabase, expected: Digest): Promise<Position> {
	return await db.transaction('rw', db.records, db.settings, async () => {
		const before = (await db.settings.get('position'))!.value as Position;
		const position = { ...before, digest: await compare(db, before.audiences, expected) };
		await db.settings.put({ name: 'position', value: position });
		return position;
	});
}

async function takeMarks(db: PersonDatabase, marks: readonly Mark[], pass: number): Promise<void> {
	const marked = await db.records.bulkGet(marks.map(({ id }) => id));
	// What this device has worked out to be nowhere waits for its mark, whatever its row says.
	const isOlder = (row: Kept | undefined, sequence: number) =>
		row !== undefined && (row.sequence < sequence || row.audience === '' || (row.pass ?? 0) !== pass);
	const gone = marks.filter(({ sequence }, i) => isOlder(marked[i], sequence)).map(({ id }) => id);
	if (gone.length > 0) await db.records.bulkDelete(gone);
}

/** Leaves nothing of what was erased: at the respondent's own demand, unsent edits go too. The ids are kept, with the
 * server's proof, so that nothing of it is offered again and a server that came back is told. */
async function forget(
	db: PersonDatabase,
	forgotten: readonly { id: string; proof?: string | undefined }[]
): Promise<void> {
	const proofs = new Map<string, string | undefined>();
	for (const { id, proof } of forgotten) proofs.set(id, proof ?? proofs.get(id));
	const isAbout = ({ id, record, about }: { id?: string; record?: string; about?: string }) =>
		[record ?? id, about].some((one) => one !== undefined && proofs.has(one));
	const ids = [...proofs.keys()];
	const known = await db.erased.bulkGet(ids);
	const rows = ids.map((id, i) => ({ id, proof: proofs.get(id) ?? known[i]?.proof }));
	await db.erased.bulkPut(rows.map(({ id, proof }) => ({ id, ...(proof ? { proof } : {}) })));
	await db.records.bulkDelete(ids);
	await db.records.where('about').anyOf(ids).delete();
	await db.aside.filter(isAbout).delete();
	await db.outbox.filter(isAbout).delete();
	await db.refused.filter(isAbout).delete();
	await dropMediaOf(db, ids);
	await dropTyped(db, ids);
	await dropCatalogues(db);
	await db.sent.toCollection().modify((sent) => {
		sent.changes = sent.changes.filter((change) => !isAbout(change));
	});
}

/** What this person may no longer receive leaves their device; what they wrote and did not send stays in the outbox. */
async function dropLost(db: PersonDatabase, before: readonly string[], followed: readonly string[]): Promise<void> {
	for (const audience of before.filter((one) => !followed.includes(one)))
		await db.records.where('[audience+sequence+id]').between([audience], [audience, Dexie.maxKey]).delete();
}

/** Recomputes the digest from the rows, out of the index alone. Rows that were waiting for the server's own are dropped: at
 * the end of an exchange they are not coming, because their record is not for this person. */
async function compare(db: PersonDatabase, followed: readonly string[], expected: Digest): Promise<Position['digest']> {
	const all = new Set(followed);
	let found = NO_ROWS;
	const keys = (await db.records.orderBy('[audience+sequence+id]').keys()) as unknown as [string, number, string][];
	for (const [audience, sequence, id] of keys) if (sequence > 0 && all.has(audience)) found = plus(found, id, sequence);
	await db.records.bulkDelete(keys.filter(([, sequence]) => sequence === 0).map(([, , id]) => id));
	return found.count === expected.count && found.sum === expected.sum ? 'equal' : 'different';
}
