import type { Change } from '../domain/change';
import { audienceOf } from '../domain/kinds/all';
import { merge } from '../domain/merge';
import { currentOf, unpack } from '../domain/record';
import type { Receipt, ReceivedReply, Record, Travelling } from '../domain/sync';
import type { Kept, Outgoing, PersonDatabase, Position, Refused, Sent } from './database';
import { readSetting, START, UNREADABLE } from './database';
import { turnLines } from './catalogue';
import { NOT_SHOWN } from './locked';
import { mediaTables } from './media';
import { sealedOf } from './offers';

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

/** Lays over the records what receipts have cleared without them, so that nothing leaves the screens until the server gives
 * the records themselves. They are not counted meanwhile. */
export async function showCleared(db: PersonDatabase, person: string): Promise<void> {
	const orders = await readSetting<number[]>(db, NOT_SHOWN);
	if (!orders) return;
	const position = (await readSetting<Position>(db, 'position')) ?? START;
	const batches = (await db.sent.bulkGet(orders)).filter((one) => one !== undefined);
	const cleared = batches.flatMap(({ changes, sequence }) => changes.map((row) => ({ row, stored: sequence })));
	const opened = await Promise.all(cleared.map(({ row }) => db.openChange(row).catch(() => undefined)));
	const taken = cleared.flatMap(({ stored }, i) => {
		const change = opened[i];
		return change ? [{ change, receipt: { stored } }] : [];
	});
	const records = await mergeTaken(db, taken, person, position);
	const rows = await Promise.all(
		records.map((record) => db.sealRecord(record, position.syncedAt ?? '', position.pass))
	);
	await db.transaction('rw', db.records, db.settings, async () => {
		await db.records.bulkPut(rows);
		await turnLines(
			db,
			rows.map(({ kind }) => kind)
		);
		await db.settings.delete(NOT_SHOWN);
	});
}

/** All that a reply may touch, in one transaction. */
export const tablesOf = (db: PersonDatabase) => [
	...[db.records, db.outbox, db.sent, db.taken, db.refused],
	...[db.aside, db.erased, db.settings],
	...mediaTables(db)
];

/** What the receipts of a batch make of it, opened, merged and sealed again. */
type Worked = {
	first: number;
	last: number;
	rows: Kept[];
	turned: string[]; // kinds of which some are written under the sequence they had
	there: [string, string][]; // set aside, and held again by these rows
	sent: Sent | undefined;
	refused: Refused[];
};

export async function workOut(
	db: PersonDatabase,
	answered: readonly Outgoing[],
	reply: Pick<ReceivedReply, 'receipts' | 'committed' | 'now'>,
	person: string
): Promise<Worked> {
	const position = (await readSetting<Position>(db, 'position')) ?? START;
	const pass = position.pass ?? 0;
	const changes = await Promise.all(answered.map((row) => db.openChange(row).catch(() => undefined)));
	if (changes.includes(undefined)) db.damaged = true; // the server has it: what it made of it comes with everything else
	const isTaken = (i: number) => ['applied', 'contested'].includes(reply.receipts[i]!.verdict);
	const changed = await mergeTaken(
		db,
		changes.flatMap((change, i) => (change && isTaken(i) ? [{ change, receipt: reply.receipts[i]! }] : [])),
		person,
		position
	);
	const left = answered.filter((_, i) => isTaken(i)).map(sealedOf);
	return {
		first: answered[0]?.order ?? 0,
		last: answered.at(-1)?.order ?? -1,
		rows: await Promise.all(changed.map((record) => db.sealRecord(record, reply.now, pass))),
		turned: answered.filter((_, i) => reply.receipts[i]!.sequence === undefined).map(({ kind }) => kind),
		// What was merged with a row of before says nothing of what the server has.
		there: await coveredBy(
			db,
			changed.filter(({ sequence }) => sequence > 0)
		),
		sent: left.length > 0 ? ({ sequence: reply.committed, changes: left } as Sent) : undefined,
		refused: answered.flatMap((row, i) => {
			const { verdict, problem, fields = [], reason } = reply.receipts[i]!;
			if (isTaken(i) || verdict === 'erased') return [];
			// A verdict that this version does not know is not one by which to throw anything away.
			const held = verdict === 'quarantined' ? {} : { held: 1 as const };
			const why = { problem: problem ?? 'verdict.unknown', fields, ...(reason ? { reason } : {}), ...held };
			return [{ ...sealedOf(row), ...why, refusedAt: reply.now }];
		})
	};
}

/** The records that a device works out by itself from what it sent and what it holds. */
async function mergeTaken(
	db: PersonDatabase,
	taken: readonly { change: Change; receipt: Pick<Receipt, 'sequence' | 'base' | 'stored'> }[],
	person: string,
	{ pass = 0, cursor }: Position
): Promise<Record[]> {
	const ids = [...new Set(taken.flatMap(({ change }) => [change.record, ...(change.about ? [change.about] : [])]))];
	const rows = (await db.records.bulkGet(ids)).filter((row) => row !== undefined);
	const known = new Map<string, Record>();
	const closed = new Set<string>();
	for (const row of rows) {
		const record = row.kind === UNREADABLE ? undefined : await db.openRecord(row).catch(() => undefined);
		if (record) known.set(row.id, record);
		else closed.add(row.id);
		if (!record && row.kind !== UNREADABLE) db.damaged = true;
	}
	// A row of before everything is fetched anew says nothing of this history: it only stays in sight until its turn comes.
	const before = new Set(rows.filter((row) => (row.pass ?? 0) !== pass).map(({ id }) => id));
	const changed = new Map<string, Record>();
	for (const { change, receipt } of taken) {
		// Merged with nothing it would be another record, under the sequence of the right one.
		if (closed.has(change.record) || (change.about && closed.has(change.about))) continue;
		const isBefore = before.has(change.record);
		const there = isBefore && receipt.sequence !== undefined ? undefined : known.get(change.record);
		const earlier = changed.get(change.record);
		const row = earlier ?? there;
		if (row && receipt.sequence !== undefined && row.sequence > receipt.sequence) continue; // newer, and holds it already
		// A repeat that was stored before the place this device has read up to: what stands here has gone on from it.
		if (receipt.stored !== undefined && cursor && receipt.stored <= cursor.sequence) continue;
		const about = row?.about ?? change.about;
		const merged = {
			...row,
			id: change.record,
			kind: change.kind,
			owner: row?.owner ?? person,
			...(about ? { about } : {}),
			fields: merge(row?.fields ?? {}, change, person)
		};
		const interview = about ? (changed.get(about) ?? known.get(about)) : undefined;
		const audience = audienceOf(merged, { interview }) ?? '';
		// Without a sequence the server will send the record itself: what stands here until then is not counted. Nor is what
		// was merged with anything but what the server merged it with: it shows as a difference, and everything is fetched
		// anew. Of several changes in one batch the first is merged with what stood here, and the others go on from it.
		const isSame = earlier ? earlier.sequence > 0 : receipt.base === undefined || receipt.base === row?.sequence;
		const sequence = isSame ? (receipt.sequence ?? (isBefore ? 0 : (row?.sequence ?? 0))) : 0;
		changed.set(change.record, { ...merged, audience, sequence });
	}
	return [...changed.values()];
}

/** Puts what was worked out in the place of what was sent, within the transaction of whoever asks. */
export async function write(
	db: PersonDatabase,
	{ first, last, rows, turned, there, sent, refused }: Worked
): Promise<void> {
	await db.records.bulkPut(rows);
	await turnLines(db, turned);
	await db.aside.bulkDelete(there);
	if (sent) await db.sent.add(sent);
	await db.refused.bulkPut(refused);
	// By change, never by record: an edit made meanwhile is a change of its own and stays. Whatever was frozen before lies
	// in one piece, so that the range holds nothing else.
	await db.outbox.where('order').between(first, last, true, true).delete();
}

/** The records set aside that are wholly in those that have come: each value that stood in them stands there again. */
export async function coveredBy(
	db: PersonDatabase,
	records: readonly (Record | Travelling)[]
): Promise<[string, string][]> {
	if (records.length === 0 || (await db.aside.count()) === 0) return [];
	const came = new Map(records.map((record) => [record.id, record]));
	const rows = await db.aside
		.where('id')
		.anyOf([...came.keys()])
		.filter(({ key }) => key === undefined)
		.toArray();
	const opened = await Promise.all(rows.map((row) => db.openRecord(row).catch(() => undefined)));
	const covered = rows.filter((row, i) => opened[i] && holds(came.get(row.id)!, opened[i]));
	return covered.map(({ id, epoch }) => [id, epoch]);
}

function holds(now: Record | Travelling, before: Record): boolean {
	const fields = unpack(now.fields);
	return Object.entries(before.fields).every(([field, current]) =>
		current.every(({ change }) => currentOf(fields, field).some((one) => one.change === change))
	);
}
