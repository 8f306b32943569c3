import Dexie from 'dexie';
import { NO_ROWS, plus, type Digest } from '../domain/digest';
import { merge } from '../domain/merge';
import type { Record, SyncReply } from '../domain/sync';
import type { Outgoing, PersonDatabase, Position, Sent } from './database';
import { START } from './database';
import { nextBatch } from './outbox';
import { localAudience } from './views';

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
	return await db.transaction('rw', [db.records, db.outbox, db.sent, db.refused, db.settings], async () => {
		const before = ((await db.settings.get('position'))?.value as Position | undefined) ?? START;
		const startsOver = before.epoch !== null && before.epoch !== reply.epoch;
		await takeReceipts(db, batch, reply, person);
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
		// In the middle of a backlog the comparison would be made again at once; it is made when nothing more waits to go.
		const done =
			(await db.outbox.where('[state+order]').between(['frozen', Dexie.minKey], ['frozen', Dexie.maxKey]).count()) ===
			0;
		const digest = reply.digest && done ? await compare(db, followed, reply.digest) : before.digest;
		const position: Position = {
			cursor: reply.cursor,
			audiences: followed,
			filling: reply.filling,
			epoch: reply.epoch,
			backup: reply.backup,
			digest,
			syncedAt: reply.more ? before.syncedAt : reply.now
		};
		await db.settings.put({ name: 'position', value: position });
		return position;
	});
}

async function takeReceipts(
	db: PersonDatabase,
	batch: readonly Outgoing[],
	reply: SyncReply,
	person: string
): Promise<void> {
	const answered = batch.slice(0, reply.receipts.length);
	if (answered.length === 0) return;
	const ids = [...new Set(answered.map(({ record }) => record))];
	const rows = new Map((await db.records.bulkGet(ids)).flatMap((row) => (row ? [[row.id, row] as const] : [])));
	const changed = new Map<string, Record>();
	for (const [i, outgoing] of answered.entries()) {
		const receipt = reply.receipts[i]!;
		if (receipt.verdict !== 'applied' && receipt.verdict !== 'contested') continue;
		const row = changed.get(outgoing.record) ?? rows.get(outgoing.record);
		const about = row?.about ?? outgoing.change.about;
		const merged = {
			id: outgoing.record,
			kind: outgoing.kind,
			owner: row?.owner ?? person,
			...(about ? { about } : {}),
			fields: merge(row?.fields ?? {}, outgoing.change, person)
		};
		const interview = about ? await db.records.get(about) : undefined;
		const audience = localAudience(merged, interview);
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
