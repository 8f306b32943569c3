import { mediaField, type Media } from '$lib/domain/media';
import { dropMedia, keepMedia } from '$lib/local/media';
import { here } from '../../../here.svelte';
import type { Draft } from '../draft.svelte';

/** Room that answers in words may need, in bytes: below it no new recording is begun. */
const ROOM = 60_000_000;

export async function hasRoom(): Promise<boolean> {
	const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
	return quota - usage >= ROOM;
}

/** Puts a recording or a picture on the disk, then the word of it in its interview.
 * @throws when it could not be kept: whoever made it still has it */
export async function keep(
	draft: Draft,
	content: Uint8Array,
	more: Pick<Media, 'question' | 'seconds'>
): Promise<void> {
	const media = await keepMedia(here.db, draft.id, content, { ...more, at: new Date().toISOString() });
	draft.set(mediaField(media.hash), media);
	await draft.flush();
}

/** Takes recordings back: the interview names them no more, then they leave this device; the server erases its own. */
export async function takeBack(draft: Draft, all: readonly Media[]): Promise<void> {
	const { db } = here;
	for (const { hash } of all) draft.set(mediaField(hash), null, true);
	await draft.flush();
	if (draft.state.at === 'failed') return;
	for (const { hash } of all) await db.transaction('rw', db.media, db.chunks, () => dropMedia(db, [draft.id, hash]));
}
