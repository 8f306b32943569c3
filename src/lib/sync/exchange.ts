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
	try {
		for (;;) {
			const batch = await nextBatch(db, size, after);
			const answered = await call(send, { person, device, batch, at });
			if ('outcome' in answered) {
				if (answered.status !== 413 || batch.length <= 1) return answered.outcome;
				size = Math.ceil(batch.length / 2);
				continue;
			}
			const { reply } = answered;
			if (batch.length > 0 && reply.receipts.length === 0) return { state: 'refused', status: 200 };
			await taking;
			taking = takeIn(db, batch, reply, person);
			const sameHistory = at.epoch === null || at.epoch === reply.epoch;
			const { cursor, filling, epoch, audiences = at.audiences } = reply;
			at = sameHistory ? { ...at, cursor, filling, epoch, audiences } : await taking;
			after = batch[reply.receipts.length - 1]?.order ?? after;
			onprogress?.(sent, Math.max(total, sent));
			sent += reply.receipts.length;
			if (reply.more || !at.cursor || (await nextBatch(db, 1, after)).length > 0) continue;
			await taking;
			onprogress?.(sent, Math.max(total, sent));
			await settle(db, person);
			return { state: 'done', position: reply.digest ? await reconcile(db, reply.digest) : await taking };
		}
	} finally {
		await taking;
	}
}

type Call = { person: string; device: string; batch: readonly Outgoing[]; at: Position };

/** One call: its reply, or how it ended. */
async function call(
	send: Send,
	{ person, device, batch, at }: Call
): Promise<{ reply: SyncReply } | { outcome: Outcome; status: number }> {
	const request: SyncRequest = {
		protocol: PROTOCOL,
		person,
		device,
		changes: batch.map(({ change }) => change),
		cursor: at.cursor,
		audiences: at.audiences,
		filling: at.filling
	};
	let status = 0;
	try {
		const response = await post(send, request);
		status = response.status;
		if (status === 401 || status === 403) return { outcome: { state: 'signed-out' }, status };
		if (!response.ok) return { outcome: { state: 'refused', status }, status };
		const parsed = SyncReply.safeParse(await response.json());
		return parsed.success ? { reply: parsed.data } : { outcome: { state: 'refused', status }, status };
	} catch {
		return { outcome: { state: 'offline' }, status }; // not reached, or cut in the middle of the answer
	}
}

/** Below this many characters compressing costs more than it saves. */
const WORTH_IT = 1000;

async function post(send: Send, request: SyncRequest): Promise<Response> {
	const json = JSON.stringify(request);
	const headers = { 'content-type': 'application/json' };
	if (json.length < WORTH_IT) return await send('/api/sync', json, headers);
	const stream = new Blob([json]).stream().pipeThrough(new CompressionStream('gzip'));
	const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
	return await send('/api/sync', bytes, { ...headers, 'content-encoding': 'gzip' });
}
