import { consentInForce } from '$lib/domain/consent';
import { mediaField, type Media } from '$lib/domain/media';
import { dropMedia, dropTake, keepMedia, mediaTables } from '$lib/local/media';
import { keepTake, listTakes, Taking } from '$lib/local/takes';
import type { Take } from '$lib/local/database';
import { mint } from '$lib/here/platform';
import type { Draft } from '../draft.svelte';
import type { Sink } from './recorder.svelte';
import { heldIn, hold, letGo, underWay } from './takings.svelte';

/** Room that answers in words may need, in bytes: below it no new recording is begun. */
const ROOM = 60_000_000;

export async function hasRoom(): Promise<boolean> {
	const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
	return quota - usage >= ROOM;
}

/** Puts a picture on the disk, then the word of it in its interview.
 * @throws when it could not be kept: whoever made it still has it */
export async function keep(draft: Draft, content: Uint8Array, more: Pick<Media, 'question'>): Promise<void> {
	const { stay, id } = draft;
	const at = new Date().toISOString();
	await name(draft, await stay.write(() => keepMedia(stay.db, id, content, { ...more, at })));
}

async function name(draft: Draft, media: Media): Promise<void> {
	draft.set(mediaField(media.hash), media);
	await draft.flush();
}

/** Where a voice at a question goes: on the disk as it is said, and in its interview once it has ended. */
export function sinkOf(draft: Draft, question: string): Sink {
	const taking = new Taking({ id: mint(), about: draft.id, question, at: new Date().toISOString() });
	underWay.add(taking.take.id);
	return {
		add: async (plain, elapsed) => {
			await taking.seal(draft.stay.vault, plain, elapsed);
			await write(draft, taking);
		},
		end: async () => {
			try {
				await keepHeld(draft, taking);
			} catch (cause) {
				if (taking.hasLeft) hold(taking);
				throw cause;
			} finally {
				underWay.delete(taking.take.id);
			}
		}
	};
}

const write = (draft: Draft, taking: Taking) => draft.stay.write(() => taking.write(draft.stay.db));

/** Tries again to keep all of a recording.
 * @throws when it could not be: it is held still */
export async function keepHeld(draft: Draft, taking: Taking): Promise<void> {
	await write(draft, taking);
	letGo(taking);
	await keepFound(draft, taking.take);
}

/** Gives up what the disk has not taken of a recording; what it has is kept. */
export async function giveUp(draft: Draft, taking: Taking): Promise<void> {
	taking.giveUp();
	letGo(taking);
	if (taking.kept > 0) await keepFound(draft, taking.take);
}

/** Keeps a recording that is on the disk and has no end.
 * @throws when it could not be, or does not open: it is there still */
export async function keepFound(draft: Draft, take: Take): Promise<void> {
	await name(draft, await draft.stay.write(() => keepTake(draft.stay.db, take)));
}

export async function eraseFound(draft: Draft, { id }: Pick<Take, 'id'>): Promise<void> {
	const { stay } = draft;
	const { db } = stay;
	await stay.write(() => db.transaction('rw', db.takes, db.parts, () => dropTake(db, id)));
}

/** Somebody who no longer agrees to be recorded: what was interrupted, or is held, is erased without a question. */
export async function eraseIfRefused(draft: Draft): Promise<void> {
	await draft.flush();
	if (draft.state.at === 'failed' || consentInForce(draft.fields, 'voice') !== 'no') return;
	for (const taking of heldIn(draft.id)) {
		taking.giveUp();
		letGo(taking);
	}
	for (const take of await listTakes(draft.stay.db, draft.id)) await eraseFound(draft, take);
}

/** Takes recordings back: the interview names them no more, then they leave this device; the server erases its own. */
export async function takeBack(draft: Draft, all: readonly Media[]): Promise<void> {
	const { stay } = draft;
	const { db } = stay;
	for (const { hash } of all) draft.set(mediaField(hash), null, true);
	await draft.flush();
	if (draft.state.at === 'failed') return;
	for (const { hash } of all)
		await stay.write(() => db.transaction('rw', mediaTables(db), () => dropMedia(db, [draft.id, hash])));
}
