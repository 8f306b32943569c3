import { Problem } from '../../domain/problem';
import { MAX_BYTES, MAX_CHANGES, PROTOCOL, speaks, SyncReply, SyncRequest } from '../../domain/sync';
import { sendJson } from '../door/body';
import { forgetFreed } from '../database/open';
import { endpoint } from '../door/endpoint';
import { eraseAgain } from '../keeping/erasure';
import { pull } from '../exchange/pull';
import { push, type Pushed } from '../exchange/push';

/** Pushes a batch, pulls what is new. Safe to repeat: a change counts once however often it comes. */
export const sync = endpoint({
	method: 'POST',
	path: '/api/sync',
	summary: 'Push a batch of changes and pull one page of what is new',
	act: 'sync',
	body: SyncRequest,
	limit: MAX_BYTES,
	anyText: true,
	reply: SyncReply,
	async handle({ app, request, body, session }) {
		// Somebody else signed in on this tablet meanwhile: what one wrote never leaves under the other's name.
		if (body.person !== session.person.id || body.device !== session.device.id) throw new Problem('session.other', 403);
		if (body.changes.length > MAX_CHANGES) throw new Problem('batch.too-large', 413, { limit: MAX_CHANGES });
		// What another version says would be misread: nothing of it is taken, and the device keeps everything.
		if (!speaks(body.protocol)) throw new Problem('protocol.unknown', 426, { protocol: PROTOCOL });
		const author = { ...session.person, structure: session.structure.id, device: session.device.id };
		const standing = { sequence: body.cursor?.sequence ?? 0, audiences: new Set(body.audiences) };
		const nothing: Pushed = { receipts: [], from: 0, committed: 0, derivable: new Map() };
		const { structure } = author;
		let erased = false;
		let pushed = nothing;
		if (body.changes.length + (body.erased?.length ?? 0) > 0)
			await app.db.transaction().execute(async (trx) => {
				if (body.erased) erased = await eraseAgain(app, trx, structure, body.erased);
				if (body.changes.length > 0) pushed = await push(app, trx, author, body.changes, standing);
			});
		if (erased) await forgetFreed(app.db);
		return await sendJson(request, await pull(app, structure, author, body, pushed));
	}
});
