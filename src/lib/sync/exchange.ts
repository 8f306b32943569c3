import { DAMAGED, freeze } from '../local/outbox';
import { nextBatch, offerAgain, offerWithdrawn, setRefused } from '../local/offers';
import { readAgain, reconcile, sealArrivals, startFresh, takeIn } from '../local/arrivals';
import { settle, showCleared } from '../local/worked-out';
import { readSetting, START, type Outgoing, type PersonDatabase, type Position } from '../local/database';
import { MAX_CHANGES, PROTOCOL, ReceivedReply, type Erased, type SyncRequest } from '../domain/sync';

/** Changes in one call: half of what the server takes, so that one answer is never long in coming. */
export const BATCH = 500;

/** One HTTP call. Nothing else of the network is known here. */
export type Send = (path: string, body: Uint8Array | string, headers: { [name: string]: string }) => Promise<Response>;

/** Makes a text smaller for the way, as one gzip member. */
export type Pack = (text: string) => Promise<Uint8Array>;

/** How an exchange ended. Being offline is normal life. */
export type Outcome =
	| { state: 'done'; position: Position }
	| { state: 'offline' }
	| { state: 'signed-out' } // 401 or 403: who is signed in here is not whose work this is
	| { state: 'revoked' } // this device was declared lost
	| { state: 'second-factor' } // to be set up before anything else
	| { state: 'refused'; status: number } // the server is in trouble, or speaks another language
	| { state: 'broken'; cause: unknown }; // this device is: its storage failed

export type Exchange = {
	db: PersonDatabase;
	send: Send;
	person: string;
	device: string;
	now: () => number; // this device's clock, in milliseconds: only ever shown
	pack?: Pack; // without it requests travel as they are
	/** Told how many changes have been taken and their receipts put on the disk, out of how many. */
	onprogress?: (sent: number, of: number) => void;
};

const DAY = 86_400_000;

/** Sends what waits and fetches what is new, until nothing is left either way. Safe to stop and to repeat at any point:
 * the server counts a change once, and a page is taken in whole or not at all. Where the rows here are not the server's at
 * the end, everything is fetched anew, once a day at most. */
export async function exchange(how: Exchange): Promise<Outcome> {
	try {
		await readAgain(how.db);
		for (let rounds = 1; ; rounds++) {
			const outcome = await drain(how);
			if (outcome.state !== 'done' || rounds === ROUNDS) return outcome;
			const { digest, offer, repairedAt, syncedAt } = outcome.position;
			// Whichever way the server's clock was set meanwhile.
			const repairable = !repairedAt || Math.abs(Date.parse(syncedAt!) - Date.parse(repairedAt)) >= DAY;
			if ((digest === 'different' || how.db.damaged) && repairable) await startFresh(how.db);
			else if (!offer && !(await offerWithdrawn(how.db, how.person))) return outcome;
		}
	} catch (cause) {
		return { state: 'broken', cause };
	}
}

/** A new history, what it asks for again and a repair each take one; more would be a server that changes its mind. */
const ROUNDS = 5;

/** How often one change is sent that the server cannot read: a box on the way may have cut it short. */
const TRIES = 3;

async function drain(how: Exchange): Promise<Outcome> {
	const { db, pack, person, now, onprogress } = how;
	await settle(db, person);
	await freeze(db);
	await offerAgain(db);
	await showCleared(db, person);
	const asker = { ...how, signer: await readSetting<string>(db, 'signer') };
	const total = await db.outbox.count();
	let sent = 0;
	let size = BATCH;
	let doubted = 0;
	let at = (await readSetting<Position>(db, 'position')) ?? START;
	let after = -Infinity;
	// Replies are written down in their order while the next ones are on their way; two at most wait for the disk. Should
	// the device die in between, the server has seen those batches before and says so: nothing counts twice.
	let earlier: Promise<unknown> = Promise.resolve();
	let taking: Promise<Position> = Promise.resolve(at);
	let ready = prepare(db, pack, size, after, at);
	try {
		let asked = ask(asker, await ready, at);
		for (;;) {
			const { batch } = await ready;
			const last = batch.at(-1)?.order;
			// The next batch is read and compressed while this one travels.
			const next = last === undefined ? undefined : prepare(db, pack, size, last, at);
			void next?.catch(() => undefined); // looked at when its turn comes, if it does
			const answered = await asked;
			if ('outcome' in answered) {
				// Too large is too large, whoever says it; but only our own server's word sets a change aside.
				const isLarge = answered.outcome.state === 'refused' && answered.outcome.status === 413 && batch.length > 1;
				if ((!answered.unreadable && !isLarge) || batch.length === 0) return answered.outcome;
				await next?.catch(() => undefined);
				// One change of the batch may be what the server cannot take: the others do not wait for it.
				if (batch.length > 1) size = Math.ceil(batch.length / 2);
				else if ((doubted += 1) === TRIES) {
					await setRefused(db, batch[0]!, { problem: answered.unreadable!, refusedAt: at.syncedAt ?? '' });
					doubted = 0;
				}
				ready = prepare(db, pack, size, after, at);
				asked = ask(asker, await ready, at);
				continue;
			}
			doubted = 0;
			const { reply, tell } = answered;
			if (batch.length > 0 && reply.receipts.length === 0) return { state: 'refused', status: 200 };
			await earlier;
			const offset = Date.parse(reply.now) - now();
			const take = () => {
				const sealing = sealArrivals(db, reply, at);
				void sealing.catch(() => undefined); // looked at in its turn, like what follows
				earlier = taking;
				taking = taking.then(async () => {
					const position = await takeIn(db, batch, reply, await sealing, person, { tell, offset });
					sent += reply.receipts.length;
					onprogress?.(sent, Math.max(total, sent));
					return position;
				});
				void taking.catch(() => undefined);
				return taking;
			};
			const sameHistory = at.epoch === null || at.epoch === reply.epoch;
			const { cursor, filling, epoch, audiences = at.audiences } = reply;
			at = sameHistory ? { ...at, cursor, filling, epoch, audiences, tell } : await take();
			after = batch[reply.receipts.length - 1]?.order ?? after;
			size = Math.min(BATCH, size * 2); // what was in the way is behind
			ready = next && after === last ? next : prepare(db, pack, size, after, at);
			const goesOn = reply.more || !at.cursor || at.tell !== undefined || (await ready).batch.length > 0;
			if (goesOn) asked = ask(asker, await ready, at);
			if (sameHistory) void take(); // once the next call has left, which does not wait for it
			if (goesOn) continue;
			await taking;
			await settle(db, person);
			return { state: 'done', position: reply.digest ? await reconcile(db, reply.digest) : await taking };
		}
	} finally {
		await taking;
	}
}

/** Asks with what is ready, and tells on the way what is to be told again.
 * @returns with the reply, from which erasure on there is more to tell */
async function ask(asker: Asker, prepared: Prepared, at: Position): Promise<Answered> {
	const told = at.tell === undefined ? [] : await erasuresAfter(asker.db, at.tell);
	const called = await call(asker, prepared, at, told);
	return 'outcome' in called ? called : { ...called, tell: told.length === MAX_CHANGES ? told.at(-1)!.id : undefined };
}

/** Erasures to tell again, in the order of their ids. */
async function erasuresAfter(db: PersonDatabase, id: string): Promise<Erased[]> {
	const rows = await db.erased
		.where('id')
		.above(id)
		.filter(({ proof }) => proof !== undefined)
		.limit(MAX_CHANGES)
		.toArray();
	return rows.map(({ id, proof }) => ({ id, proof: proof! }));
}

/** Changes ready to leave: the end of a request's JSON, compressed where that is worth it. */
type Prepared = { batch: Outgoing[]; text: string; packed: Uint8Array | undefined };

async function prepare(
	db: PersonDatabase,
	pack: Pack | undefined,
	size: number,
	after: number,
	{ syncedAt }: Position
): Promise<Prepared> {
	const rows = await nextBatch(db, size, after);
	// What was sealed is the change's JSON: it is pasted in as it is.
	const open = ({ record, sealed }: Outgoing) => db.vault.openText(record, 'change-1', sealed).catch(() => undefined);
	const opened = await Promise.all(rows.map(open));
	const batch: Outgoing[] = [];
	const texts: string[] = [];
	for (const [i, row] of rows.entries()) {
		const text = opened[i];
		if (text === undefined) await setRefused(db, row, { problem: DAMAGED, refusedAt: syncedAt ?? '' });
		else {
			texts.push(text);
			batch.push(row);
		}
	}
	const text = `[${texts.join(',')}]}`;
	return { batch, text, packed: pack && text.length >= WORTH_IT ? await pack(text) : undefined };
}

type Asker = Exchange & { signer: string | undefined };

/** `unreadable` is what the server said of the batch itself, if it did. */
type Failed = { outcome: Outcome; unreadable?: string };
type Answered = { reply: ReceivedReply; tell: string | undefined } | Failed;

/** One call: its reply, or how it ended. */
async function call(
	{ send, pack, person, device, signer }: Asker,
	prepared: Prepared,
	at: Position,
	told: Erased[]
): Promise<{ reply: ReceivedReply } | Failed> {
	const request: Omit<SyncRequest, 'changes'> = {
		protocol: PROTOCOL,
		person,
		device,
		cursor: at.cursor,
		audiences: at.audiences,
		filling: at.filling,
		...(told.length > 0 ? { erased: told } : {}),
		...(signer ? { signer } : {})
	};
	try {
		const response = await post(send, pack, request, prepared);
		const { status } = response;
		if (status === 401 || status === 403) return { outcome: { state: await whyOut(response) } };
		if (!response.ok) {
			const problem = await problemOf(response);
			// In our own server's words: a box on the way that answers 400 or 413 does not know them.
			const unreadable = problem && UNREADABLE_BATCH.includes(problem) ? { unreadable: problem } : {};
			return { outcome: { state: 'refused', status }, ...unreadable };
		}
		const parsed = ReceivedReply.safeParse(await response.json());
		return parsed.success ? { reply: parsed.data } : { outcome: { state: 'refused', status } };
	} catch {
		return { outcome: { state: 'offline' } }; // not reached, or cut in the middle of the answer
	}
}

const UNREADABLE_BATCH = ['body.unreadable', 'body.too-large', 'batch.too-large'];

const problemOf = async (response: Response): Promise<string | undefined> =>
	((await response.json().catch(() => ({}))) as { problem?: string }).problem;

async function whyOut(response: Response): Promise<'signed-out' | 'revoked' | 'second-factor'> {
	const problem = await problemOf(response);
	if (problem === 'device.revoked') return 'revoked';
	return problem === 'second-factor.required' ? 'second-factor' : 'signed-out';
}

/** Below this many characters compressing costs more than it saves. */
const WORTH_IT = 1000;

/** Where a request stands is known only once the one before is answered, its changes are known before: each is a gzip
 * member of its own, and together they are one gzip stream. */
async function post(
	send: Send,
	pack: Pack | undefined,
	request: Omit<SyncRequest, 'changes'>,
	{ text, packed }: Prepared
): Promise<Response> {
	const head = `${JSON.stringify(request).slice(0, -1)},"changes":`;
	const headers = { 'content-type': 'application/json' };
	if (!pack || !packed) return await send('/api/sync', head + text, headers);
	const first = await pack(head);
	const body = new Uint8Array(first.length + packed.length);
	body.set(first);
	body.set(packed, first.length);
	return await send('/api/sync', body, { ...headers, 'content-encoding': 'gzip' });
}
