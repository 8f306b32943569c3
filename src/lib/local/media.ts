import { CHUNK, MAX_MEDIA, mediaField, typeOfBytes, type Media } from '../domain/media';
import { toBase64, type Bytes } from './vault';
import type { Chunk, Kept, MediaKey, MediaRow, PersonDatabase } from './database';

const { subtle } = globalThis.crypto;

/** Keeps a recording or a picture on this device, sealed piece by piece, under the hash of its content. When this resolves
 * it is on the disk, whole or not at all.
 * @param about the interview whose words it holds
 * @returns what the interview's field says of it
 * @throws RangeError when it is empty, too big, or of a type that is not taken; what IndexedDB threw otherwise */
export async function keepMedia(
	db: PersonDatabase,
	about: string,
	content: Uint8Array,
	more: Pick<Media, 'at' | 'question' | 'seconds'>
): Promise<Media> {
	const type = typeOfBytes(content);
	if (!type || content.length > MAX_MEDIA) throw new RangeError('media');
	const bytes = content as Bytes;
	const hash = toBase64(new Uint8Array(await subtle.digest('SHA-256', bytes)));
	const chunks: Chunk[] = [];
	for (let number = 0; number * CHUNK < bytes.length; number++) {
		const piece = bytes.subarray(number * CHUNK, (number + 1) * CHUNK);
		chunks.push({ about, hash, number, sealed: await db.vault.sealBytes(`${hash}|${number}`, 'media-1', piece) });
	}
	const media: Media = { hash, type, size: bytes.length, ...more };
	const row: MediaRow = { ...media, about, state: 'waiting' };
	await db.transaction('rw', db.media, db.chunks, async () => {
		if (await db.media.get([about, hash])) return;
		await db.chunks.bulkPut(chunks);
		await db.media.put(row);
	});
	return media;
}

/** One piece of what is kept, from a byte on.
 * @throws when it is not here any more, or was altered */
export async function readPiece(db: PersonDatabase, [about, hash]: MediaKey, from: number): Promise<Bytes> {
	const number = Math.floor(from / CHUNK);
	const row = await db.chunks.get([about, hash, number]);
	if (!row) throw new Error(`no piece ${number} of ${hash}`);
	return (await db.vault.openBytes(`${hash}|${number}`, 'media-1', row.sealed)).subarray(from - number * CHUNK);
}

/** A whole recording or picture, while this device has it. */
export async function readMedia(db: PersonDatabase, key: MediaKey): Promise<Blob | undefined> {
	const row = await db.media.get(key);
	if (!row || row.key !== undefined) return undefined;
	const pieces: Bytes[] = [];
	for (let from = 0; from < row.size; from += CHUNK) pieces.push(await readPiece(db, key, from));
	return new Blob(pieces, { type: row.type });
}

/** What this vault sealed and has not sent, the oldest first: what one before it sealed leaves as it lies. */
export const waitingHere = async (db: Pick<PersonDatabase, 'media'>): Promise<MediaRow[]> =>
	(await db.media.where('state').equals('waiting').sortBy('at')).filter(({ key }) => key === undefined);

/** What was recorded and whose interview does not name it: the device was killed between the two. An interview that is not
 * in sight was deleted, or has left: naming it would bring it back.
 * @param named the fields of an interview, or nothing when there is none in sight */
export async function listUnnamed(
	db: PersonDatabase,
	named: (about: string) => Promise<string[] | undefined>
): Promise<MediaRow[]> {
	const rows = await waitingHere(db);
	const missing: MediaRow[] = [];
	for (const row of rows) if ((await named(row.about))?.includes(mediaField(row.hash)) === false) missing.push(row);
	return missing;
}

/** Takes a recording off this device: within the transaction of whoever asks, where there is one. */
export async function dropMedia(db: Pick<PersonDatabase, 'media' | 'chunks'>, key: MediaKey): Promise<void> {
	await db.chunks
		.where('[about+hash+number]')
		.between([...key, 0], [...key, Infinity])
		.delete();
	await db.media.delete(key);
}

/** Takes everything recorded in these interviews off this device, within the transaction of whoever asks. */
export async function dropMediaOf(
	db: Pick<PersonDatabase, 'media' | 'chunks'>,
	abouts: readonly string[]
): Promise<void> {
	for (const key of await db.media.where('about').anyOf(abouts).primaryKeys()) await dropMedia(db, key);
}

/** Takes off this device what the server has whole and a backup surely holds.
 * @returns how many */
export async function dropSafe(db: PersonDatabase, backup: { at: string } | null): Promise<number> {
	if (!backup) return 0;
	const safe = await db.media.filter(({ state, doneAt }) => state === 'sent' && doneAt! < backup.at).toArray();
	for (const { about, hash } of safe)
		await db.transaction('rw', db.media, db.chunks, () => dropMedia(db, [about, hash]));
	return safe.length;
}

/** Whether an interview is wholly at headquarters: no change of it waits here, nor any recording. */
export const isAllSent = (
	record: Pick<Kept, 'id'>,
	unsent: ReadonlySet<string>,
	media: readonly Pick<MediaRow, 'about' | 'state'>[]
): boolean => !unsent.has(record.id) && !media.some(({ about, state }) => about === record.id && state === 'waiting');
