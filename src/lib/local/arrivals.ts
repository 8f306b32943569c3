import Dexie from 'dexie';
import type { Change } from '../domain/change';
import { NO_ROWS, plus, type Digest } from '../domain/digest';
import { audienceOf } from '../domain/kinds';
import { merge } from '../domain/merge';
import { currentOf, unpack } from '../domain/record';
import { Mark, Place, Record, Travelling, type Receipt, type ReceivedReply } from '../domain/sync';
import type { Kept, Outgoing, PersonDatabase, Position, Refused, Sent, Taken } from './database';
import { readSetting, START, UNREADABLE } from './database';
import { dropMediaOf } from './media';
import { NOT_SHOWN } from './locked';
import { sealedOf } from './outbox';

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
			const old = await db.records.filter(({ pass = 0 }) => pass === (before.pass ?? 0)).toArray();
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

/** A reply's records as they are kept: it touches no store, and can go on while the page before is written. One that this
 * version cannot read is kept as it came: it counts, and a later version reads it. What is not even a record is passed over,
 * and shows as a difference. */
export async function sealArrivals(
	db: PersonDatabase,
	{ records, now }: Pick<ReceivedReply, 'records' | 'now'>,
	{ pass = 0 }: Position
): Promise<Arrived[]> {
	const kept = await Promise.all(
		records.map(async (raw) => {
			const { data: record } = Travelling.safeParse(raw);
			if (record) return { record, row: await db.sealRecord(record, now, pass) };
			const { data: place } = Place.safeParse(raw);
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

/** The records set aside that are wholly in those that have come: each value that stood in them stands there again. */
async function coveredBy(db: PersonDatabase, records: readonly (Record | Travelling)[]): Promise<[string, string][]> {
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
		await db.settings.delete(NOT_SHOWN);
	});
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

const tablesOf = (db: PersonDatabase) => [
	...[db.records, db.outbox, db.sent, db.taken, db.refused],
	...[db.aside, db.erased, db.media, db.chunks, db.settings]
];

/** What the receipts of a batch make of it, opened, merged and sealed again. */
type Worked = {
	first: number;
	last: number;
	rows: Kept[];
	there: [string, string][]; // set aside, and held again by these rows
	sent: Sent | undefined;
	refused: Refused[];
};

async function workOut(
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
			const why = { problem: problem ?? 'verdict.unknown', fields, ...(reason ? { reason } : {}) };
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
		const audience = audienceOf(merged, about ? (changed.get(about) ?? known.get(about)) : undefined) ?? '';
		// Without a sequence the server will send the record itself: what stands here until then is not counted. Nor is what
		// was merged with anything but what the server merged it with: it shows as a difference, and everything is fetched
		// anew. Of several changes in one batch the first is merged with what stood here, and the others go on from it.
		const isSame = earlier ? earlier.sequence > 0 : receipt.base === undefined || receipt.base === row?.sequence;
		const sequence = isSame ? (receipt.sequence ?? (isBefore ? 0 : (row?.sequence ?? 0))) : 0;
		changed.set(change.record, { ...merged, audience, sequence });
	}
	return [...changed.values()];
}

async function write(db: PersonDatabase, { first, last, rows, there, sent, refused }: Worked): Promise<void> {
	await db.records.bulkPut(rows);
	await db.aside.bulkDelete(there);
	if (sent) await db.sent.add(sent);
	await db.refused.bulkPut(refused);
	// By change, never by record: an edit made meanwhile is a change of its own and stays. Whatever was frozen before lies
	// in one piece, so that the range holds nothing else.
	await db.outbox.where('order').between(first, last, true, true).delete();
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
