import Dexie from 'dexie';
import type { Change } from '../domain/change';
import { NO_ROWS, plus, type Digest } from '../domain/digest';
import { audienceOf } from '../domain/kinds';
import { merge } from '../domain/merge';
import type { Receipt, Record, SyncReply } from '../domain/sync';
import type { Kept, Outgoing, PersonDatabase, Position, Refused, SealedChange, Sent, Taken } from './database';
import { readSetting, START } from './database';

/** Takes one reply in, in one transaction: receipts clear the outbox by change, records and marks come in, and the cursor
 * moves with them. A device killed before the commit asks for the same page again. One exchange runs at a time on a
 * device, so that what is opened and sealed before the transaction is still so within it.
 * @param batch the changes that were sent, by their place
 * @returns where the device stands now */
export async function takeIn(
	db: PersonDatabase,
	batch: readonly Outgoing[],
	reply: SyncReply,
	person: string
): Promise<Position> {
	const before = (await readSetting<Position>(db, 'position')) ?? START;
	const startsOver = before.epoch !== null && before.epoch !== reply.epoch;
	const answered = batch.slice(0, reply.receipts.length);
	const last = answered.at(-1);
	const forgotten = [
		...reply.marks.filter(({ erased }) => erased).map(({ id }) => id),
		...answered.filter((_, i) => reply.receipts[i]!.verdict === 'erased').map(({ record }) => record)
	];
	// What is taken already is found by its place in the outbox: it is put in order before anything leaves from there.
	if (forgotten.length > 0) await settle(db, person);
	const derivable =
		!startsOver && forgotten.length === 0 && reply.receipts.every(({ sequence }) => sequence !== undefined);
	const worked = last && !derivable ? await workOut(db, answered, reply, person) : undefined;
	const arrived = startsOver ? [] : await Promise.all(reply.records.map((record) => db.sealRecord(record, reply.now)));

	return await db.transaction('rw', tablesOf(db), async () => {
		if (worked) await write(db, worked);
		else if (last) {
			const { committed, now, receipts } = reply;
			await db.taken.add({ first: answered[0]!.order, last: last.order, committed, now, receipts } as Taken);
		}
		if (startsOver) {
			// The server's history is another one: everything is fetched again, from zero.
			await db.records.clear();
			const position: Position = { ...START, epoch: reply.epoch, backup: reply.backup };
			await db.settings.put({ name: 'position', value: position });
			return position;
		}
		await takeMarks(db, reply);
		if (arrived.length > 0) await db.records.bulkPut(arrived);
		if (forgotten.length > 0) await forget(db, forgotten);
		const followed = reply.audiences ?? before.audiences;
		await dropLost(db, before.audiences, followed);
		if (reply.backup) await db.sent.where('sequence').belowOrEqual(reply.backup.sequence).delete();
		const position: Position = {
			cursor: reply.cursor,
			audiences: followed,
			filling: reply.filling,
			epoch: reply.epoch,
			backup: reply.backup,
			digest: before.digest,
			syncedAt: reply.more ? before.syncedAt : reply.now
		};
		await db.settings.put({ name: 'position', value: position });
		return position;
	});
}

/** Turns the batches taken into records, one transaction each: what a device killed in between finds again and goes on
 * with. Until then the changes lie in the outbox, so that screens show them all the same. */
export async function settle(db: PersonDatabase, person: string): Promise<void> {
	for (;;) {
		const taken = await db.taken.orderBy('order').first();
		if (!taken) return;
		const batch = await db.outbox.where('order').between(taken.first, taken.last, true, true).toArray();
		const worked = await workOut(db, batch, taken, person);
		await db.transaction('rw', tablesOf(db), async () => {
			await write(db, worked);
			await db.taken.delete(taken.order);
		});
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

const tablesOf = (db: PersonDatabase) => [db.records, db.outbox, db.sent, db.taken, db.refused, db.erased, db.settings];

/** What the receipts of a batch make of it, opened, merged and sealed again. */
type Worked = { first: number; last: number; rows: Kept[]; sent: Sent | undefined; refused: Refused[] };

async function workOut(
	db: PersonDatabase,
	answered: readonly Outgoing[],
	reply: Pick<SyncReply, 'receipts' | 'committed' | 'now'>,
	person: string
): Promise<Worked> {
	const changes = await Promise.all(answered.map(db.openChange));
	const isTaken = (i: number) => ['applied', 'contested'].includes(reply.receipts[i]!.verdict);
	const changed = await mergeTaken(
		db,
		changes.flatMap((change, i) => (isTaken(i) ? [{ change, receipt: reply.receipts[i]! }] : [])),
		person
	);
	const left = answered.filter((_, i) => isTaken(i)).map(sealedOf);
	return {
		first: answered[0]?.order ?? 0,
		last: answered.at(-1)?.order ?? -1,
		rows: await Promise.all(changed.map((record) => db.sealRecord(record, reply.now))),
		sent: left.length > 0 ? ({ sequence: reply.committed, changes: left } as Sent) : undefined,
		refused: answered.flatMap((row, i) => {
			const { verdict, problem, fields } = reply.receipts[i]!;
			return verdict === 'quarantined'
				? [{ ...sealedOf(row), problem: problem ?? '', fields: fields ?? [], refusedAt: reply.now }]
				: [];
		})
	};
}

export const sealedOf = ({ id, record, kind, about, at, sealed }: Outgoing): SealedChange => ({
	id,
	record,
	kind,
	...(about ? { about } : {}),
	at,
	sealed
});

/** The records that a device works out by itself from what it sent and what it holds. */
async function mergeTaken(
	db: PersonDatabase,
	taken: readonly { change: Change; receipt: Receipt }[],
	person: string
): Promise<Record[]> {
	const ids = [...new Set(taken.flatMap(({ change }) => [change.record, ...(change.about ? [change.about] : [])]))];
	const rows = (await db.records.bulkGet(ids)).filter((row) => row !== undefined);
	const known = new Map((await Promise.all(rows.map((row) => db.openRecord(row)))).map((row) => [row.id, row]));
	const changed = new Map<string, Record>();
	for (const { change, receipt } of taken) {
		const row = changed.get(change.record) ?? known.get(change.record);
		if (row && receipt.sequence !== undefined && row.sequence > receipt.sequence) continue; // newer, and holds it already
		const about = row?.about ?? change.about;
		const merged = {
			...row,
			id: change.record,
			kind: change.kind,
			owner: row?.owner ?? person,
			...(about ? { about } : {}),
			fields: merge(row?.fields ?? {}, change, person)
		};
		const audience = audienceOf(merged, about ? (changed.get(about) ?? known.get(about)) : undefined) ?? '';
		// Without a sequence the server will send the record itself: what stands here until then is not counted.
		changed.set(change.record, { ...merged, audience, sequence: receipt.sequence ?? row?.sequence ?? 0 });
	}
	return [...changed.values()];
}

async function write(db: PersonDatabase, { first, last, rows, sent, refused }: Worked): Promise<void> {
	await db.records.bulkPut(rows);
	if (sent) await db.sent.add(sent);
	await db.refused.bulkPut(refused);
	// By change, never by record: an edit made meanwhile is a change of its own and stays. Whatever was frozen before lies
	// in one piece, so that the range holds nothing else.
	await db.outbox.where('order').between(first, last, true, true).delete();
}

async function takeMarks(db: PersonDatabase, reply: SyncReply): Promise<void> {
	const marked = await db.records.bulkGet(reply.marks.map(({ id }) => id));
	const gone = reply.marks.filter(({ sequence }, i) => marked[i] && marked[i].sequence < sequence).map(({ id }) => id);
	if (gone.length > 0) await db.records.bulkDelete(gone);
}

/** Leaves nothing of what was erased: at the respondent's own demand, unsent edits go too. The ids are kept, so that
 * nothing of it is offered again. */
async function forget(db: PersonDatabase, ids: readonly string[]): Promise<void> {
	const erased = new Set(ids);
	const isAbout = ({ record, about }: Pick<SealedChange, 'record' | 'about'>) =>
		erased.has(record) || (about !== undefined && erased.has(about));
	await db.erased.bulkPut(ids.map((id) => ({ id })));
	await db.records.bulkDelete([...ids]);
	await db.records
		.where('about')
		.anyOf([...ids])
		.delete();
	await db.outbox.filter(isAbout).delete();
	await db.refused.filter(isAbout).delete();
	await db.sent.toCollection().modify((sent) => {
		sent.changes = sent.changes.filter((change) => !isAbout(change));
	});
}

/** What this person may no longer receive leaves their device; what they wrote and did not send stays in the outbox. */
async function dropLost(db: PersonDatabase, before: readonly string[], followed: readonly string[]): Promise<void> {
	for (const audience of before.filter((one) => !followed.includes(one)))
		await db.records.where('[audience+sequence+id]').between([audience], [audience, Dexie.maxKey]).delete();
}

/** Recomputes the digest from the rows, out of the index alone. */
async function compare(db: PersonDatabase, followed: readonly string[], expected: Digest): Promise<Position['digest']> {
	const all = new Set(followed);
	let found = NO_ROWS;
	const keys = (await db.records.orderBy('[audience+sequence+id]').keys()) as unknown as [string, number, string][];
	for (const [audience, sequence, id] of keys) if (sequence > 0 && all.has(audience)) found = plus(found, id, sequence);
	return found.count === expected.count && found.sum === expected.sum ? 'equal' : 'different';
}
