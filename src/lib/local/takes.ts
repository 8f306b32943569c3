import { consentInForce } from '../domain/consent';
import { groupBy } from '../domain/grouped';
import { CHUNK, MAX_MEDIA, typeOfBytes, type Media } from '../domain/media';
import { dropParts, dropTake } from './media';
import { findView } from './views';
import { join, sha256, type Bytes, type Vault } from './vault';
import type { MediaRow, Part, PersonDatabase, Take } from './database';

/** A recording while it is made. What comes is sealed at once, then put on the disk; what the disk does not take stays here,
 * sealed, and no key is needed to try again. */
export class Taking {
	/** How long it is, in milliseconds, */
	elapsed = 0;
	/** and how much of that is on the disk. */
	kept = 0;
	#size = 0;
	#nonce: Bytes | undefined;
	/** Not on the disk. Sealed once: what is tried again is the same bytes under the same nonce. */
	#left: Part[] = [];

	constructor(readonly take: Take) {}

	get hasLeft(): boolean {
		return this.#left.length > 0;
	}

	/** Seals what was said: one call after another, in the order in which it was.
	 * @param elapsed how long it all is by now */
	async seal(vault: Vault, plain: Bytes, elapsed: number): Promise<void> {
		for (let at = 0; at < plain.length;) {
			const inPiece = this.#size % CHUNK;
			if (inPiece === 0) this.#nonce = vault.nonce();
			const bytes = plain.subarray(at, at + CHUNK - inPiece);
			const [take, from, nonce] = [this.take.id, this.#size, this.#nonce!];
			this.#size += bytes.length;
			at += bytes.length;
			const sealed = await vault.sealPart(`${take}|${from}`, nonce, inPiece, bytes);
			this.#left.push({ take, from, nonce, ...sealed, elapsed });
		}
		this.elapsed = elapsed;
	}

	/** Puts on the disk what is not there yet. When this resolves, a kill takes nothing of it.
	 * @throws what IndexedDB threw */
	async write(db: Pick<PersonDatabase, 'takes' | 'parts' | 'transaction'>): Promise<void> {
		const parts = [...this.#left];
		if (parts.length === 0) return;
		await db.transaction('rw', db.takes, db.parts, async () => {
			if (parts[0]!.from === 0) await db.takes.put(this.take);
			await db.parts.bulkPut(parts);
		});
		this.#left = this.#left.filter((part) => !parts.includes(part));
		this.kept = parts.at(-1)!.elapsed;
	}

	/** Gives up what is not on the disk. */
	giveUp(): void {
		this.#left = [];
		this.elapsed = this.kept;
	}
}

/** What of a recording is on the disk, opened.
 * @throws when a part of it was altered or is missing */
async function openTake(db: PersonDatabase, id: string): Promise<{ pieces: Piece[]; milliseconds: number }> {
	const parts = await db.parts.where('[take+from]').between([id, 0], [id, Infinity]).toArray();
	const pieces: Piece[] = [];
	let next = 0;
	for (const [number, own] of groupBy(parts, ({ from }) => Math.floor(from / CHUNK))) {
		for (const { from, sealed } of own) {
			if (from !== next) throw new Error(`no part ${next} of ${id}`);
			next += sealed.length;
		}
		const { nonce } = own[0]!;
		const named = own.map(({ from, sealed, mark }) => ({ record: `${id}|${from}`, sealed, mark }));
		pieces.push({ number, nonce, plain: await db.vault.openParts(named, nonce) });
	}
	return { pieces, milliseconds: parts.at(-1)?.elapsed ?? 0 };
}
type Piece = { number: number; nonce: Bytes; plain: Bytes };

/** Makes of what was recorded the media that its interview can name. Its pieces stay where they lie: only what ends each is
 * written, and what it is called.
 * @throws RangeError when it is too big, or of a type that is not taken; when it does not open; what IndexedDB threw
 *   otherwise: it is as it was then */
export async function keepTake(db: PersonDatabase, { id, about, question, at }: Take): Promise<Media> {
	const { pieces, milliseconds } = await openTake(db, id);
	const content = join(...pieces.map(({ plain }) => plain));
	const type = typeOfBytes(content);
	if (!type || content.length > MAX_MEDIA) throw new RangeError('media');
	const hash = await sha256(content);
	const ends = await Promise.all(
		pieces.map(({ number, nonce, plain }) => db.vault.endParts(`${hash}|${number}`, 'media-1', nonce, plain))
	);
	const seconds = Math.max(1, Math.round(milliseconds / 1000));
	const media: Media = { hash, type, size: content.length, at, question, seconds };
	const row: MediaRow = { ...media, about, state: 'waiting', take: { id, ends } };
	await db.transaction('rw', db.media, db.takes, db.parts, async () => {
		await db.takes.delete(id);
		if (await db.media.get([about, hash])) await dropParts(db, id);
		else await db.media.put(row);
	});
	return media;
}

/** What of a recording is on the disk, to be listened to. One cut short plays to where it was cut. */
export async function readTake(db: PersonDatabase, { id }: Pick<Take, 'id'>): Promise<Blob> {
	const plain = (await openTake(db, id)).pieces.map(({ plain }) => plain);
	const type = plain[0] && typeOfBytes(plain[0]);
	return new Blob(plain, type ? { type } : {});
}

/** What was interrupted in an interview, and how many milliseconds of it there are. */
export async function listTakes(
	db: Pick<PersonDatabase, 'takes' | 'parts'>,
	about: string
): Promise<(Take & { milliseconds: number })[]> {
	const found: (Take & { milliseconds: number })[] = [];
	for (const take of await db.takes.where('about').equals(about).sortBy('at')) {
		const last = await db.parts.where('[take+from]').between([take.id, 0], [take.id, Infinity]).last();
		found.push({ ...take, milliseconds: last?.elapsed ?? 0 });
	}
	return found;
}

/** Erases what was interrupted and whose interview says by now that no voice is to be recorded. */
export async function dropRefused(db: PersonDatabase, person: string): Promise<void> {
	for (const { id, about } of await db.takes.toArray()) {
		const view = await findView(db, person, about);
		if (view && consentInForce(view.fields, 'voice') === 'no')
			await db.transaction('rw', db.takes, db.parts, () => dropTake(db, id));
	}
}
