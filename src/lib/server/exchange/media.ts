import { consentInForce } from '../../domain/consent';
import {
	CHUNK,
	isVoice,
	mediaField,
	mediaIn,
	typeOfBytes,
	type Media,
	type MediaState,
	MAX_MEDIA
} from '../../domain/media';
import { Problem } from '../../domain/problem';
import { OF_DAY, OF_INTERVIEW } from '../../domain/quota';
import { nowOf, type App } from '../app';
import { loadRecords, lockStructure, type Reader, type Stored, type Trx } from '../database/store';
import { valueOf } from '../../domain/kinds/values';
import { sha256 } from '../database/hash';

/** Which recording of which interview. */
export type MediaKey = { structure: string; interview: string; hash: string };

/** The interview that names this recording, and what it says of it.
 * @throws Problem `record.missing` when there is none: its text has not come, or it was erased */
async function named(
	db: Reader,
	{ structure, interview, hash }: MediaKey
): Promise<{ owner: string; media: Media; mayBeHeard: boolean }> {
	const record: Stored | undefined = (await loadRecords(db, structure, [interview])).get(interview);
	const media = record && valueOf('interview', record.fields, mediaField(hash));
	if (record?.kind !== 'interview' || !media) throw new Problem('record.missing', 404);
	const mayBeHeard = !isVoice(media) || consentInForce(record.fields, 'voice') === 'yes';
	return { owner: record.owner, media, mayBeHeard };
}

const rowOf = (db: Reader, { structure, interview, hash }: MediaKey) =>
	db
		.selectFrom('media')
		.selectAll()
		.where('structure_id', '=', structure)
		.where('record_id', '=', interview)
		.where('hash', '=', hash)
		.executeTakeFirst();

const stateOf = (row: { received: number; completed_at: string | null } | undefined): MediaState => ({
	received: row?.received ?? 0,
	complete: Boolean(row?.completed_at),
	at: row?.completed_at ?? null
});

/** Takes one piece of a recording, from the byte it begins at; without a piece, says how far it has come. A piece that is
 * here already changes nothing. Whole once its hash is its name.
 * @param owner who must have made the interview, where it matters
 * @throws Problem `record.missing`; `media.range` (416, with what was received) when a piece is missing before this one;
 * `media.refused` when its first bytes are of no type that is taken; `media.differs` when it is not what its name says:
 * nothing of it is kept then; `media.many`, `media.full` (409) when there is no place for it, or not today: its device keeps
 * it; `voice.refused` (409) when the person did not agree to be recorded, or does not any more */
async function takePiece(
	app: App,
	trx: Trx,
	key: MediaKey,
	piece: Piece | undefined,
	owner?: string
): Promise<MediaState> {
	const { structure, interview, hash } = key;
	await lockStructure(trx, structure);
	const { owner: own, media, mayBeHeard } = await named(trx, key);
	if (owner !== undefined && own !== owner) throw new Problem('record.missing', 404);
	if (!mayBeHeard) throw new Problem('voice.refused', 409);
	const row = await rowOf(trx, key);
	if (!row) await mustHavePlace(app, trx, key, own, media.size);
	if (!piece || row?.completed_at) return stateOf(row);
	const { from, bytes } = piece;
	const received = row?.received ?? 0;
	const until = from + bytes.length;
	if (from > received || bytes.length === 0 || until > media.size) throw new Problem('media.range', 416, { received });
	if (until <= received) return stateOf(row);
	const fresh = bytes.subarray(received - from);
	if (received === 0 && typeOfBytes(fresh) !== media.type) throw new Problem('media.refused', 400);
	const about = { structure_id: structure, record_id: interview, hash };
	await trx
		.insertInto('media_part')
		.values({ ...about, start: received, content: Buffer.from(fresh).toString('base64') })
		.execute();
	const now = { ...about, type: media.type, size: media.size, received: until };
	const whole = until === media.size;
	if (whole && sha256(await readParts(trx, key)) !== hash) throw new Problem('media.differs', 409);
	const completed_at = whole ? nowOf(app) : null;
	await trx
		.insertInto('media')
		.values({ ...now, created_at: nowOf(app), completed_at })
		.onConflict((c) => c.columns(['structure_id', 'record_id', 'hash']).doUpdateSet({ received: until, completed_at }))
		.execute();
	return stateOf({ received: until, completed_at });
}

const DAY = 86_400_000;

/** @throws Problem `media.many` when its interview holds as much as one may, `media.full` when enough has come today of whoever
 * made it */
async function mustHavePlace(
	app: App,
	trx: Trx,
	{ structure, interview }: MediaKey,
	owner: string,
	size: number
): Promise<void> {
	const held = await trx
		.selectFrom('media')
		.select((eb) => [eb.fn.countAll().as('count'), eb.fn.sum('size').as('bytes')])
		.where('structure_id', '=', structure)
		.where('record_id', '=', interview)
		.executeTakeFirstOrThrow();
	if (Number(held.count) >= OF_INTERVIEW.count || Number(held.bytes) + size > OF_INTERVIEW.bytes)
		throw new Problem('media.many', 409);
	const today = await trx
		.selectFrom('media')
		.innerJoin('record', (join) =>
			join.onRef('record.structure_id', '=', 'media.structure_id').onRef('record.id', '=', 'media.record_id')
		)
		.select((eb) => eb.fn.sum('media.size').as('bytes'))
		.where('media.structure_id', '=', structure)
		.where('media.created_at', '>', new Date(app.clock().getTime() - DAY).toISOString())
		.where('record.owner', '=', owner)
		.executeTakeFirstOrThrow();
	if (Number(today.bytes) + size > OF_DAY) throw new Problem('media.full', 409);
}

/** Takes one piece in a transaction of its own, and drops all that came of a recording that is not what its name says. */
export async function receivePiece(...[app, key, piece, owner]: Received): Promise<MediaState> {
	try {
		return await app.db.transaction().execute((trx) => takePiece(app, trx, key, piece, owner));
	} catch (thrown) {
		if (thrown instanceof Problem && thrown.code === 'media.differs')
			await app.db.transaction().execute((trx) => dropPieces(trx, key));
		throw thrown;
	}
}
type Received = [app: App, key: MediaKey, piece: Piece | undefined, owner: string];
type Piece = { from: number; bytes: Uint8Array };

export async function dropPieces(trx: Trx, { structure, interview, hash }: MediaKey): Promise<void> {
	for (const table of ['media', 'media_part'] as const)
		await trx
			.deleteFrom(table)
			.where('structure_id', '=', structure)
			.where('record_id', '=', interview)
			.where('hash', '=', hash)
			.execute();
}

/** A whole recording.
 * @param owner who must have made the interview, where it matters
 * @throws Problem `record.missing`, also while it has not come whole */
export async function readMedia(
	db: Reader,
	key: MediaKey,
	owner?: string
): Promise<{ type: string; content: Uint8Array }> {
	const { owner: own } = await named(db, key);
	const row = await rowOf(db, key);
	if (!row?.completed_at || (owner !== undefined && own !== owner)) throw new Problem('record.missing', 404);
	return { type: row.type, content: await readParts(db, key) };
}

/** What an interview names, and whether each has come whole: only then is it complete. */
export async function mediaOf(
	db: Reader,
	structure: string,
	interview: Stored
): Promise<(Media & { complete: boolean })[]> {
	const rows = await db
		.selectFrom('media')
		.select(['hash', 'completed_at'])
		.where('structure_id', '=', structure)
		.where('record_id', '=', interview.id)
		.execute();
	const whole = new Set(rows.filter(({ completed_at }) => completed_at).map(({ hash }) => hash));
	return mediaIn(interview.fields).map((media) => ({ ...media, complete: whole.has(media.hash) }));
}

async function readParts(db: Reader, { structure, interview, hash }: MediaKey): Promise<Uint8Array> {
	const parts = await db
		.selectFrom('media_part')
		.select('content')
		.where('structure_id', '=', structure)
		.where('record_id', '=', interview)
		.where('hash', '=', hash)
		.orderBy('start')
		.execute();
	return Buffer.concat(parts.map(({ content }) => Buffer.from(content, 'base64')));
}

/** `bytes 0-999999/2500000`; a star in the place of both bounds asks how far it has come.
 * @throws Problem `media.range` */
export function readRange(header: string | null): { from: number; to: number } | undefined {
	if (header && /^bytes \*\/\d{1,9}$/.test(header)) return undefined;
	const match = /^bytes (\d{1,9})-(\d{1,9})\/\d{1,9}$/.exec(header ?? '');
	const [from, to] = [Number(match?.[1]), Number(match?.[2])];
	if (!match || to < from || to - from >= CHUNK + 1 || to >= MAX_MEDIA) throw new Problem('media.range', 416);
	return { from, to };
}
