import { CHUNK } from '../../domain/media';
import {
	EndLine,
	OUTBOX_FORMAT,
	OutboxHeader,
	PieceLine,
	SealedLine,
	type OutboxHeader as Header
} from '../../domain/stick';
import { databaseName, LockedDatabase } from '../database';
import { lastTaken } from '../locked';
import { waitingHere } from '../media';
import { freeze } from '../outbox';
import { toBase64, type Place } from '../vault';

/** What a device has not sent, as the parts of one file: its vault may be open or locked. What is in it is frozen, so that
 * the receipts that come back are for just that.
 * @param key the id of the vault's data key
 * @returns the file, and how many changes and recordings are in it */
export async function writeOutbox(
	place: Place,
	key: string,
	said: { name: string; at: string }
): Promise<{ file: Blob; changes: number; media: number }> {
	const db = new LockedDatabase(databaseName(place.structure, place.person));
	try {
		await freeze(db);
		const header: Header = { format: OUTBOX_FORMAT, ...place, key, ...said };
		const parts: string[] = [];
		const add = (line: object) => parts.push(`${JSON.stringify(line)}\n`);
		add(header);
		const rows = await db.outbox
			.where('order')
			.above(await lastTaken(db))
			.toArray();
		for (const { record, sealed } of rows) add({ record, sealed: toBase64(sealed) });
		const media = await waitingHere(db);
		for (const { about, hash, type, size } of media)
			for (let number = 0; number * CHUNK < size; number++) {
				const chunk = await db.chunks.get([about, hash, number]);
				if (chunk) add({ about, hash, type, size, number, piece: toBase64(chunk.sealed) });
			}
		add({ end: parts.length });
		return { file: new Blob(parts, { type: 'application/octet-stream' }), changes: rows.length, media: media.length };
	} finally {
		db.close();
	}
}

export type OutboxFile = { header: Header; changes: SealedLine[]; pieces: PieceLine[] };

/** Reads an outbox file, or nothing when it is none, or was cut. */
export function readOutbox(text: string): OutboxFile | undefined {
	const lines = text.split('\n').filter((line) => line !== '');
	try {
		const header = OutboxHeader.parse(JSON.parse(lines[0] ?? ''));
		const { end } = EndLine.parse(JSON.parse(lines.at(-1)!));
		if (end !== lines.length - 1) return undefined;
		const changes: SealedLine[] = [];
		const pieces: PieceLine[] = [];
		for (const line of lines.slice(1, -1)) {
			const value: unknown = JSON.parse(line);
			const piece = PieceLine.safeParse(value);
			if (piece.success) pieces.push(piece.data);
			else changes.push(SealedLine.parse(value));
		}
		return { header, changes, pieces };
	} catch {
		return undefined;
	}
}
