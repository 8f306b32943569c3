import { mediaField } from '../domain/media';
import { MediaState } from '../domain/media-shapes';
import { inUse } from '../domain/record';
import { dropMedia, dropSafe, listUnnamed, readPiece, waitingHere } from '../local/media';
import { readSetting, type MediaRow, type PersonDatabase, type Position } from '../local/database';
import { save } from '../local/outbox';
import { findView, listRefused } from '../local/views';

export type SendPiece = (
	path: string,
	body: Uint8Array | null,
	headers: { [name: string]: string }
) => Promise<Response>;

export type Upload = {
	db: PersonDatabase;
	send: SendPiece; // PUT
	person: string;
	now: () => string;
	mint: () => string;
};

/** Sends the recordings whose interview the server has: once the text has left, piece by piece, from where it stopped.
 * Safe to stop and to repeat at any point: a piece that came twice is the same piece.
 * @returns how many still wait; those of an interview that has not left wait for it */
export async function upload(how: Upload): Promise<number> {
	const { db } = how;
	const waiting = await waitingHere(db);
	if (waiting.length > 0) await nameFound(how);
	let left = 0;
	for (const row of waiting) {
		const view = await findView(db, how.person, row.about);
		if (view && inUse(view.fields, mediaField(row.hash)) === null) {
			await db.transaction('rw', db.media, db.chunks, () => dropMedia(db, [row.about, row.hash])); // taken back, here or elsewhere
			continue;
		}
		try {
			if (!(await uploadOne(how, row))) left += 1;
		} catch {
			return left + 1; // cut: what follows would be too
		}
	}
	await dropSafe(db, (await readSetting<Position>(db, 'position'))?.backup ?? null);
	return left;
}

/** A device killed between the recording and the word of it: the interview names it now, and the next exchange says so. */
async function nameFound({ db, person, now, mint }: Upload): Promise<void> {
	const refused = await listRefused(db);
	const named = async (about: string) => {
		const view = await findView(db, person, about);
		// Named and refused: it waits for the office, and is not named again meanwhile.
		const waiting = refused.flatMap(({ record, change }) =>
			record === about && change ? Object.keys(change.fields) : []
		);
		return view && [...Object.keys(view.fields), ...waiting];
	};
	for (const { about, state: _, doneAt: __, ...media } of await listUnnamed(db, named)) {
		const field = mediaField(media.hash);
		const edit = { id: mint(), kind: 'interview', record: about, fields: { [field]: media }, seen: { [field]: [] } };
		await save(db, { ...edit, at: now() });
	}
}

/** @returns whether it is whole at the server, or will never be taken */
async function uploadOne({ db, send }: Upload, row: MediaRow): Promise<boolean> {
	const path = `/api/media/${row.about}/${row.hash}`;
	let state = await tell(send, path, null, `bytes */${row.size}`);
	while (typeof state === 'object' && !state.complete) {
		const piece = await readPiece(db, [row.about, row.hash], state.received).catch(() => undefined);
		if (!piece) return false; // it does not open any more: the others do not wait for it
		const to = state.received + piece.length - 1;
		state = await tell(send, path, piece, `bytes ${state.received}-${to}/${row.size}`);
	}
	if (state === 'later') return false;
	const done = state === 'refused' ? { state: 'refused' as const } : { state: 'sent' as const, doneAt: state.at! };
	await db.media.update([row.about, row.hash], done);
	return true;
}

/** What the server has of it. `later`: it does not know the interview yet, or is in trouble. */
async function tell(
	send: SendPiece,
	path: string,
	piece: Uint8Array | null,
	range: string
): Promise<MediaState | 'later' | 'refused'> {
	const response = await send(path, piece, { 'content-range': range, 'content-type': 'application/octet-stream' });
	if (response.ok) return MediaState.parse(await response.json());
	const { problem } = (await response.json().catch(() => ({}))) as { problem?: string };
	return problem === 'media.refused' ? 'refused' : 'later';
}
