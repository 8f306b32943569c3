import { CHUNK, mediaField, typeOfBytes, type Media, MAX_MEDIA } from '../domain/media';
import { joinParts, sha256, type Bytes } from './vault';
import type { Chunk, Kept, MediaKey, MediaRow, PersonDatabase } from './database';

/** Where recordings lie, for the transaction of whoever takes some away. */
export type MediaTables = Pick<PersonDatabase, 'media' | 'chunks' | 'takes' | 'parts'>;
export const mediaTables = ({ media, chunks, takes, parts }: MediaTables) => [media, chunks, takes, parts];

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
	const hash = await sha256(bytes);
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

/** One piece as the vault sealed it, whether at once or while it was recorded: reading it takes no key. */
export async function sealedPiece(
	db: Pick<PersonDatabase, 'chunks' | 'parts'>,
	{ about, hash, take }: Pick<MediaRow, 'about' | 'hash' | 'take'>,
	number: number
): Promise<Uint8Array | undefined> {
	if (!take) return (await db.chunks.get([about, hash, number]))?.sealed;
	const bounds = [number, number + 1].map((n) => [take.id, n * CHUNK] as const);
	const parts = await db.parts
		.where('[take+from]')
		.between(...(bounds as [object, object]))
		.toArray();
	const [first, end] = [parts[0], take.ends[number]];
	return (
		first &&
		end &&
		joinParts(
			first.nonce,
			parts.map(({ sealed }) => sealed),
			end
		)
	);
}

/** One piece of what is kept, from a byte on.
 * @throws when it is not here any more, or was altered */
export async function readPiece(db: PersonDatabase, row: MediaRow, from: number): Promise<Bytes> {
	const number = Math.floor(from / CHUNK);
	const sealed = await sealedPiece(db, row, number);
	if (!sealed) throw new Error(`no piece ${number} of ${row.hash}`);
	return (await db.vault.openBytes(`${row.hash}|${number}`, 'media-1', sealed)).subarray(from - number * CHUNK);
}

/** A whole recording or picture, while this device has it. */
export async function readMedia(db: PersonDatabase, key: MediaKey): Promise<Blob | undefined> {
	const row = await db.media.get(key);
	if (!row || row.key !== undefined) return undefined;
	const pieces: Bytes[] = [];
	for (let from = 0; from < row.size; from += CHUNK) pieces.push(await readPiece(db, row, from));
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
export async function dropMedia(db: MediaTables, key: MediaKey): Promise<void> {
	const take = (await db.media.get(key))?.take;
	if (take) await dropParts(db, take.id);
	await db.chunks
		.where('[about+hash+number]')
		.between([...key, 0], [...key, Infinity])
		.delete();
	await db.media.delete(key);
}

/** Takes everything recorded in these interviews off this device, the interrupted too, within the transaction of whoever
 * asks. */
export async function dropMediaOf(db: MediaTables, abouts: readonly string[]): Promise<void> {
	for (const key of await db.media.where('about').anyOf(abouts).primaryKeys()) await dropMedia(db, key);
	for (const take of await db.takes.where('about').anyOf(abouts).primaryKeys()) await dropTake(db, take);
}

/** Takes an interrupted recording off this device, within the transaction of whoever asks. */
export async function dropTake(db: Pick<PersonDatabase, 'takes' | 'parts'>, id: string): Promise<void> {
	await db.takes.delete(id);
	await dropParts(db, id);
}

export const dropParts = (db: Pick<PersonDatabase, 'parts'>, take: string): PromiseLike<number> =>
	db.parts.where('[take+from]').between([take, 0], [take, Infinity]).delete();

/** Takes off this device what the server has whole and a backup surely holds.
 * @returns how many */
export async function dropSafe(db: PersonDatabase, backup: { at: string } | null): Promise<number> {
	if (!backup) return 0;
	const safe = await db.media.filter(({ state, doneAt }) => state === 'sent' && doneAt! < backup.at).toArray();
	for (const { about, hash } of safe) await db.transaction('rw', mediaTables(db), () => dropMedia(db, [about, hash]));
	return safe.length;
}

/** Whether an interview is wholly at headquarters: no change of it waits here, nor any recording. */
export const isAllSent = (
	record: Pick<Kept, 'id'>,
	unsent: ReadonlySet<string>,
	media: readonly Pick<MediaRow, 'about' | 'state'>[]
): boolean => !unsent.has(record.id) && !media.some(({ about, state }) => about === record.id && state === 'waiting');
