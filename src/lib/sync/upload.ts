import { consentInForce } from '../domain/consent';
import { isVoice, mediaField } from '../domain/media';
import { MediaState } from '../domain/media-shapes';
import { valueOf } from '../domain/kinds/values';
import { dropMedia, dropSafe, listUnnamed, mediaTables, readPiece, waitingHere } from '../local/media';
import { readSetting, type MediaRow, type PersonDatabase, type Position } from '../local/database';
import { save } from '../local/outbox';
import { dropRefused } from '../local/takes';
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
	await dropRefused(db, how.person);
	const waiting = await waitingHere(db);
	if (waiting.length > 0) await nameFound(how);
	let left = 0;
	for (const row of waiting) {
		const view = await findView(db, how.person, row.about);
		if (view && valueOf('interview', view.fields, mediaField(row.hash)) === null) {
			await db.transaction('rw', mediaTables(db), () => dropMedia(db, [row.about, row.hash])); // taken back, here or elsewhere
			continue;
		}
		// The person did not agree to it, or does not any more: it goes nowhere.
		if (view && isVoice(row) && consentInForce(view.fields, 'voice') !== 'yes') {
			left += 1;
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
	for (const { about, state: _, doneAt: __, take: ___, ...media } of await listUnnamed(db, named)) {
		const field = mediaField(media.hash);
		const edit = { id: mint(), kind: 'interview', record: about, fields: { [field]: media }, seen: { [field]: [] } };
		await save(db, { ...edit, at: now() });
	}
}

/** @returns whether it is whole at the server, or will never be taken */
async function uploadOne({ db, send }: Upload, row: MediaRow): Promise<boolean> {
	const path = `/api/media/${row.about}/${row.hash}`;
	let state = await tell(send, path, null, `bytes */${row.size}`);
	let most = Infinity;
	while (typeof state === 'object' && !state.complete) {
		const kept = await readPiece(db, row, state.received).catch(() => undefined);
		if (!kept) return false; // it does not open any more: the others do not wait for it
		const piece = kept.subarray(0, most);
		const to = state.received + piece.length - 1;
		const told = await tell(send, path, piece, `bytes ${state.received}-${to}/${row.size}`);
		if (told === 'too-large' && piece.length > LEAST) most = Math.ceil(piece.length / 2);
		else state = told;
	}
	const keep = (news: Partial<MediaRow>) => db.media.update([row.about, row.hash], news);
	if (typeof state === 'object') await keep({ state: 'sent', doneAt: state.at!, problem: undefined });
	else if (state === 'media.refused') await keep({ state: 'refused' });
	else if (state !== row.problem) await keep({ problem: state });
	return typeof state === 'object' || state === 'media.refused';
}

/** Bytes of a piece that whoever stands on the way must take. */
const LEAST = 1000;

/** What the server has of it, or why it does not take it: it does not know the interview yet, has no place, is in trouble. */
async function tell(
	send: SendPiece,
	path: string,
	piece: Uint8Array | null,
	range: string
): Promise<MediaState | string> {
	const response = await send(path, piece, { 'content-range': range, 'content-type': 'application/octet-stream' });
	if (response.status === 413) return 'too-large';
	if (response.ok) return MediaState.parse(await response.json());
	const { problem = '' } = (await response.json().catch(() => ({}))) as { problem?: string };
	return problem;
}
