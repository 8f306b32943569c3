import Dexie from 'dexie';
import { NO_ROWS, plus, type Digest } from '../domain/digest';
import { audienceOf } from '../domain/kinds';
import { merge } from '../domain/merge';
import type { Record, SyncReply } from '../domain/sync';
import type { Outgoing, PersonDatabase, Position, Sent, Taken } from './database';
import { START } from './database';

/** Takes one reply in, in one transaction: receipts clear the outbox by change, records and marks come in, and the cursor
 * moves with them. A device killed before the commit asks for the same page again.
 * @param batch the changes that were sent, by their place
 * @returns where the device stands now */
export async function takeIn(
	db: PersonDatabase,
	batch: readonly Outgoing[],
	reply: SyncReply,
	person: string
): Promise<Position> {
	return await db.transaction('rw', tablesOf(db), async () => {
		const before = ((await db.settings.get('position'))?.value as Position | undefined) ?? START;
		const startsOver = before.epoch !== null && before.epoch !== reply.epoch;
		const answered = batch.slice(0, reply.receipts.length);
		const last = answered.at(-1);
		const derivable = !startsOver && reply.receipts.every(({ sequence }) => sequence !== undefined);
		if (last && derivable) {
			const { committed, now, receipts } = reply;
			await db.taken.add({ first: answered[0]!.order, last: last.order, committed, now, receipts } as Taken);
		} else await takeReceipts(db, answered, reply, person);
		if (startsOver) {
			// The server's history is another one: everything is fetched again, from zero.
			await db.records.clear();
			const position: Position = { ...START, epoch: reply.epoch, backup: reply.backup };
			await db.settings.put({ name: 'position', value: position });
			return position;
		}
		await takeRecords(db, reply);
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
		const left = await db.transaction('rw', tablesOf(db), async () => {
			const taken = await db.taken.orderBy('order').first();
			if (!taken) return false;
			const batch = await db.outbox.where('order').between(taken.first, taken.last, true, true).toArray();
			await takeReceipts(db, batch, taken, person);
			await db.taken.delete(taken.order);
			return true;
		});
		if (!left) return;
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

const tablesOf = (db: PersonDatabase) => [db.records, db.outbox, db.sent, db.taken, db.refused, db.settings];

async function takeReceipts(
	db: PersonDatabase,
	answered: readonly Outgoing[],
	reply: Pick<SyncReply, 'receipts' | 'committed' | 'now'>,
	person: string
): Promise<void> {
	if (answered.length === 0) return;
	const ids = [...new Set(answered.map(({ record }) => record))];
	const rows = new Map((await db.records.bulkGet(ids)).flatMap((row) => (row ? [[row.id, row] as const] : [])));
	const changed = new Map<string, Record>();
	for (const [i, outgoing] of answered.entries()) {
		const receipt = reply.receipts[i]!;
		if (receipt.verdict !== 'applied' && receipt.verdict !== 'contested') continue;
		const row = changed.get(outgoing.record) ?? rows.get(outgoing.record);
		if (row && receipt.sequence !== undefined && row.sequence > receipt.sequence) continue; // newer, and holds it already
		const about = row?.about ?? outgoing.change.about;
		const merged = {
			id: outgoing.record,
			kind: outgoing.kind,
			owner: row?.owner ?? person,
			...(about ? { about } : {}),
			fields: merge(row?.fields ?? {}, outgoing.change, person)
		};
		const interview = about ? await db.records.get(about) : undefined;
		const audience = audienceOf(merged, interview) ?? '';
		// Without a sequence the server will send the record itself: what stands here until then is not counted.
		changed.set(outgoing.record, { ...merged, audience, sequence: receipt.sequence ?? row?.sequence ?? 0 });
	}
	await db.records.bulkPut([...changed.values()]);
	const verdict = (i: number) => reply.receipts[i]!.verdict;
	const taken = answered.filter((_, i) => verdict(i) === 'applied' || verdict(i) === 'contested');
	if (taken.length > 0)
		await db.sent.add({ sequence: reply.committed, changes: taken.map(({ change }) => change) } as Sent);
	await db.refused.bulkPut(
		answered.flatMap(({ id, change }, i) => {
			const { verdict, problem, fields } = reply.receipts[i]!;
			return verdict === 'quarantined'
				? [{ id, change, problem: problem ?? '', fields: fields ?? [], at: reply.now }]
				: [];
		})
	);
	// By change, never by record: an edit made meanwhile is a change of its own and stays. Whatever was frozen before lies
	// in one piece, so that the range holds nothing else.
	await db.outbox.where('order').between(answered[0]!.order, answered.at(-1)!.order, true, true).delete();
}

async function takeRecords(db: PersonDatabase, reply: SyncReply): Promise<void> {
	const marked = await db.records.bulkGet(reply.marks.map(({ id }) => id));
	const gone = reply.marks.filter(({ sequence }, i) => marked[i] && marked[i].sequence < sequence).map(({ id }) => id);
	if (gone.length > 0) await db.records.bulkDelete(gone);
	if (reply.records.length > 0) await db.records.bulkPut(reply.records);
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
