import { freeze, nextBatch } from '../local/outbox';
import { takeIn } from '../local/arrivals';
import { readSetting, START, type PersonDatabase, type Position } from '../local/database';
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
	/** Told how many changes have been taken, out of how many. */
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
	await freeze(db);
	const total = await db.outbox.count();
	let sent = 0;
	let size = BATCH;
	for (;;) {
		const batch = await nextBatch(db, size);
		const position = (await readSetting<Position>(db, 'position')) ?? START;
		const request: SyncRequest = {
			protocol: PROTOCOL,
			person,
			device,
			changes: batch.map(({ change }) => change),
			cursor: position.cursor,
			audiences: position.audiences,
			filling: position.filling
		};
		let response: Response;
		try {
			response = await post(send, request);
		} catch {
			return { state: 'offline' };
		}
		if (response.status === 413 && batch.length > 1) {
			size = Math.ceil(batch.length / 2);
			continue;
		}
		if (response.status === 401 || response.status === 403) return { state: 'signed-out' };
		if (!response.ok) return { state: 'refused', status: response.status };
		let reply: SyncReply;
		try {
			const parsed = SyncReply.safeParse(await response.json());
			if (!parsed.success) return { state: 'refused', status: response.status };
			reply = parsed.data;
		} catch {
			return { state: 'offline' }; // cut in the middle of the answer: it is asked for again
		}
		const now = await takeIn(db, batch, reply, person);
		sent += reply.receipts.length;
		onprogress?.(sent, Math.max(total, sent));
		if (batch.length > 0 && reply.receipts.length === 0) return { state: 'refused', status: response.status };
		if (!reply.more && now.cursor && (await nextBatch(db, 1)).length === 0) return { state: 'done', position: now };
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
