import { CHUNK } from '../../domain/media';
import { waitingOf, type Waiting } from '../../domain/waiting';
import {
	EndLine,
	OUTBOX_FORMAT,
	OutboxHeader,
	PieceLine,
	SealedLine,
	type OutboxHeader as Header
} from '../../domain/stick';
import { databaseName, LockedDatabase, type SealedChange } from '../database';
import { lastTaken } from '../locked';
import { sealedPiece, waitingHere } from '../media';
import { offerHeld } from '../offers';
import { freeze } from '../outbox';
import { toBase64, type Seat } from '../vault';

/** What a device has not sent, as the parts of one file: its vault may be open or locked. What is in it is frozen, so that
 * the receipts that come back are for just that.
 * @param key the id of the vault's data key
 * @param unwritten what the disk did not take
 * @returns the file, and what is in it */
export async function writeOutbox(
	place: Seat,
	key: string,
	said: { name: string; at: string },
	unwritten: readonly SealedChange[] = []
): Promise<{ file: Blob; waiting: Waiting }> {
	const db = new LockedDatabase(databaseName(place.structure, place.person));
	try {
		// On a disk that takes nothing, whoever writes there next does it first.
		await freeze(db).catch(() => undefined);
		await offerHeld(db).catch(() => undefined);
		const header: Header = { format: OUTBOX_FORMAT, ...place, key, ...said };
		const parts: BlobPart[] = [];
		// The browser may put a blob on the disk, a string never.
		const add = (line: object) => parts.push(new Blob([`${JSON.stringify(line)}\n`]));
		add(header);
		const kept = await db.outbox
			.where('order')
			.above(await lastTaken(db))
			.toArray();
		const rows = [...kept, ...unwritten];
		for (const { record, sealed } of rows) add({ record, sealed: toBase64(sealed) });
		const media = await waitingHere(db);
		for (const row of media) {
			const { about, hash, type, size } = row;
			for (let number = 0; number * CHUNK < size; number++) {
				const sealed = await sealedPiece(db, row, number);
				if (sealed) add({ about, hash, type, size, number, piece: toBase64(sealed) });
			}
		}
		add({ end: parts.length });
		return { file: new Blob(parts, { type: 'application/octet-stream' }), waiting: waitingOf(rows, media.length) };
	} finally {
		db.close();
	}
}

/** A piece of a recording, read from the file when it is asked for: a file may be larger than a memory.
 * @throws NotReadableError when the file is gone */
export type Piece = Pick<PieceLine, 'about' | 'hash' | 'type' | 'size' | 'number'> & { read: () => Promise<string> };
export type OutboxFile = { header: Header; changes: SealedLine[]; pieces: Piece[] };

/** Where the bytes of a file are. */
type Bytes = Pick<Blob, 'stream' | 'slice'>;

/** No line that a device writes is half as long. */
const LONGEST = 8_000_000;

/** Reads an outbox file, or nothing when it is none, or was cut. */
export async function readOutbox(file: Bytes): Promise<OutboxFile | undefined> {
	const [changes, pieces]: [SealedLine[], Piece[]] = [[], []];
	let header: Header | undefined;
	let [lines, isWhole] = [0, false];
	try {
		for await (const { text, from, to } of linesOf(file)) {
			if (isWhole) return undefined;
			const value: unknown = JSON.parse(text);
			const piece = PieceLine.safeParse(value).data;
			const change = SealedLine.safeParse(value).data;
			if (!header) header = OutboxHeader.parse(value);
			else if (piece) pieces.push(later(piece, file.slice(from, to)));
			else if (change) changes.push(change);
			else if (EndLine.parse(value).end === lines) isWhole = true;
			else return undefined;
			lines += 1;
		}
		return header && isWhole ? { header, changes, pieces } : undefined;
	} catch {
		return undefined;
	}
}

const later = ({ piece: _, ...rest }: PieceLine, line: Blob): Piece => ({
	...rest,
	read: async () => PieceLine.parse(JSON.parse(await line.text())).piece
});

/** The lines of a file that are not empty, and between which bytes each lies. */
async function* linesOf(file: Bytes): AsyncGenerator<{ text: string; from: number; to: number }> {
	const reader = file.stream().getReader();
	let [from, size]: [number, number] = [0, 0];
	let parts: Uint8Array[] = [];
	const line = () => {
		const decoder = new TextDecoder('utf-8', { fatal: true });
		const text = parts.map((part) => decoder.decode(part, { stream: true })).join('') + decoder.decode();
		const found = { text, from, to: from + size };
		[from, size, parts] = [from + size + 1, 0, []];
		return found;
	};
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done) break;
			for (let at = 0; at <= value.length;) {
				const end = value.indexOf(0x0a, at);
				const part = value.subarray(at, end === -1 ? value.length : end);
				parts.push(part);
				size += part.length;
				if (size > LONGEST) throw new RangeError('a line that no device writes');
				if (end === -1) break;
				at = end + 1;
				const found = line();
				if (found.text !== '') yield found;
			}
		}
		const last = line();
		if (last.text !== '') yield last;
	} finally {
		await reader.cancel();
	}
}
