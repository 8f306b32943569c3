import { freeze, nextBatch } from '../local/outbox';
import { reconcile, settle, takeIn } from '../local/arrivals';
import { readSetting, START, type Outgoing, type PersonDatabase, type Position } from '../local/database';
import { PROTOCOL, SyncReply, type SyncRequest } from '../domain/sync';

/** Changes in one call: half of what the server takes, so that one answer is never long in coming. */
export const BATCH = 500;

/** One HTTP call. Nothing else of the network is known here. */
export type Send = (path: string, body: Uint8Array | string, headers: { [name: string]: string }) => Promise<Response>;

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
	/** Told how many changes have been taken and their receipts put on the disk, out of how many. */
	onprogress?: (sent: number, of: number) => void;
};

/** Sends what waits and fetches what is new, until nothing is left either way. Safe to stop and to repeat at any point:
 * the server counts a change once, and a page is taken in whole or not at all. */
export async function exchange(how: Exchange): Promise<Outcome> {
	try {
		return await drain(how);
	} catch (cause) {
		return { state: 'broken', cause };
	}
}

async function drain({ db, send, person, device, onprogress }: Exchange): Promise<Outcome> {
	await settle(db, person);
	await freeze(db);
	const total = await db.outbox.count();
	let sent = 0;
	let size = BATCH;
	let at = (await readSetting<Position>(db, 'position')) ?? START;
	let after = -Infinity;
	// A reply is written down while the next batch is on its way. Should the device die in between, the server has seen
	// that batch before and says so: nothing counts twice.
	let taking: Promise<Position> = Promise.resolve(at);
	let ready = prepare(db, size, after);
	try {
		for (;;) {
			const prepared = await ready;
			const { batch } = prepared;
			const last = batch.at(-1)?.order;
			// The next batch is read and compressed while this one travels.
			const next = last === undefined ? undefined : prepare(db, size, last);
			void next?.catch(() => undefined); // looked at when its turn comes, if it does
			const answered = await call(send, { person, device, prepared, at });
			if ('outcome' in answered) {
				if (answered.status !== 413 || batch.length <= 1) return answered.outcome;
				size = Math.ceil(batch.length / 2);
				ready = prepare(db, size, after);
				continue;
			}
			const { reply } = answered;
			if (batch.length > 0 && reply.receipts.length === 0) return { state: 'refused', status: 200 };
			await taking;
			taking = takeIn(db, batch, reply, person);
			void taking.catch(() => undefined); // looked at once the next call is answered
			const sameHistory = at.epoch === null || at.epoch === reply.epoch;
			const { cursor, filling, epoch, audiences = at.audiences } = reply;
			at = sameHistory ? { ...at, cursor, filling, epoch, audiences } : await taking;
			after = batch[reply.receipts.length - 1]?.order ?? after;
			onprogress?.(sent, Math.max(total, sent));
			sent += reply.receipts.length;
			ready = next && after === last ? next : prepare(db, size, after);
			if (reply.more || !at.cursor || (await ready).batch.length > 0) continue;
			await taking;
			onprogress?.(sent, Math.max(total, sent));
			await settle(db, person);
			return { state: 'done', position: reply.digest ? await reconcile(db, reply.digest) : await taking };
		}
	} finally {
		await taking;
	}
}

/** Changes ready to leave: the end of a request's JSON, compressed where that is worth it. */
type Prepared = { batch: Outgoing[]; text: string; packed: Uint8Array | undefined };

async function prepare(db: PersonDatabase, size: number, after: number): Promise<Prepared> {
	const batch = await nextBatch(db, size, after);
	// What was sealed is the change's JSON: it is pasted in as it is.
	const texts = await Promise.all(batch.map(({ record, sealed }) => db.vault.openText(record, 'change-1', sealed)));
	const text = `[${texts.join(',')}]}`;
	return { batch, text, packed: text.length < WORTH_IT ? undefined : await pack(text) };
}

type Call = { person: string; device: string; prepared: Prepared; at: Position };

/** One call: its reply, or how it ended. */
async function call(
	send: Send,
	{ person, device, prepared, at }: Call
): Promise<{ reply: SyncReply } | { outcome: Outcome; status: number }> {
	const request: Omit<SyncRequest, 'changes'> = {
		protocol: PROTOCOL,
		person,
		device,
		cursor: at.cursor,
		audiences: at.audiences,
		filling: at.filling
	};
	let status = 0;
	try {
		const response = await post(send, request, prepared);
		status = response.status;
		if (status === 401 || status === 403) return { outcome: { state: await whyOut(response) }, status };
		if (!response.ok) return { outcome: { state: 'refused', status }, status };
		const parsed = SyncReply.safeParse(await response.json());
		return parsed.success ? { reply: parsed.data } : { outcome: { state: 'refused', status }, status };
	} catch {
		return { outcome: { state: 'offline' }, status }; // not reached, or cut in the middle of the answer
	}
}

async function whyOut(response: Response): Promise<'signed-out' | 'revoked' | 'second-factor'> {
	const { problem } = (await response.json().catch(() => ({}))) as { problem?: string };
	if (problem === 'device.revoked') return 'revoked';
	return problem === 'second-factor.required' ? 'second-factor' : 'signed-out';
}

/** Below this many characters compressing costs more than it saves. */
const WORTH_IT = 1000;

/** Where a request stands is known only once the one before is answered, its changes are known before: each is a gzip
 * member of its own, and together they are one gzip stream. */
async function post(send: Send, request: Omit<SyncRequest, 'changes'>, { text, packed }: Prepared): Promise<Response> {
	const head = `${JSON.stringify(request).slice(0, -1)},"changes":`;
	const headers = { 'content-type': 'application/json' };
	if (!packed) return await send('/api/sync', head + text, headers);
	const body = new Uint8Array(await new Blob([(await pack(head)) as BlobPart, packed as BlobPart]).arrayBuffer());
	return await send('/api/sync', body, { ...headers, 'content-encoding': 'gzip' });
}

async function pack(text: string): Promise<Uint8Array> {
	const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}
