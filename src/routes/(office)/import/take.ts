import type * as z from 'zod/mini';
import { groupBy } from '$lib/domain/grouped';
import { CHUNK } from '$lib/domain/media';
import { MediaState } from '$lib/domain/media-shapes';
import { ImportSummary, RECEIPTS_FORMAT, type SealedLine, type Signed } from '$lib/domain/stick';
import type { OutboxFile, Piece } from '$lib/local/stick/outbox-file';
import type { Answered } from '$lib/here/api';

/** Changes in one call, and characters: well under what the server takes. */
const PART = 300;
const PART_SIZE = 3_000_000;

/** One call to the server: `path` is under `/api/stick`. */
export type Call = <Shape extends z.ZodMiniType>(
	shape: Shape,
	path: string,
	body: object
) => Promise<Answered<z.infer<Shape>>>;

const VERDICTS = ['applied', 'contested', 'quarantined', 'held', 'erased'] as const;
type Verdicts = { [verdict in (typeof VERDICTS)[number]]: number };
/** What became of a file. `problem` stopped it on the way; what came before it counts. */
export type Taken = Verdicts & { media: number; mediaLeft: number; signed: Signed[]; problem?: string };

/** The changes in parts that one call carries. */
export function partsOf(changes: readonly SealedLine[]): SealedLine[][] {
	const parts: SealedLine[][] = [];
	let room = 0;
	for (const change of changes) {
		if (room < change.sealed.length || parts.at(-1)!.length >= PART) {
			parts.push([]);
			room = PART_SIZE;
		}
		parts.at(-1)!.push(change);
		room -= change.sealed.length;
	}
	return parts;
}

/** Has each part taken, and in halves where somebody on the way finds it too large.
 * @returns the problem that stopped it, or nothing */
async function inParts(
	changes: readonly SealedLine[],
	send: (part: SealedLine[]) => Promise<string | undefined>
): Promise<string | undefined> {
	const parts = partsOf(changes);
	for (let part = parts.shift(); part; part = parts.shift()) {
		const problem = await send(part);
		if (problem === 'body.too-large' && part.length > 1) {
			const half = Math.ceil(part.length / 2);
			parts.unshift(part.slice(0, half), part.slice(half));
		} else if (problem) return problem;
	}
	return undefined;
}

const whoseOf = ({ header: { structure, person, device, key } }: OutboxFile) => ({ structure, person, device, key });

/** Has every change opened and thrown away, so that nothing is taken of a file that was altered anywhere.
 * @returns the server's problem, or nothing */
export async function check(file: OutboxFile, call: Call): Promise<string | undefined> {
	const send = async (changes: SealedLine[]) => {
		const answer = await call(ImportSummary, '', { ...whoseOf(file), changes, check: true });
		return answer.ok ? undefined : answer.problem;
	};
	return file.changes.length > 0 ? await inParts(file.changes, send) : await send([]);
}

/** Takes a file that was checked: its changes, then its recordings, whose receipt comes last. Safe to stop and to repeat. */
export async function take(
	file: OutboxFile,
	call: Call,
	onprogress: (done: number, of: number) => void
): Promise<Taken> {
	const whose = whoseOf(file);
	const taken: Taken = {
		...{ applied: 0, contested: 0, quarantined: 0, held: 0, erased: 0 },
		...{ media: 0, mediaLeft: 0, signed: [] }
	};
	const send = async (body: object): Promise<string | undefined> => {
		const answer = await call(ImportSummary, '', { ...whose, ...body });
		if (!answer.ok) return answer.problem;
		for (const verdict of VERDICTS) taken[verdict] += answer.value[verdict] ?? 0;
		if (answer.value.signed) taken.signed.push(answer.value.signed);
		return undefined;
	};
	const of = file.changes.length + file.pieces.length;
	let done = 0;
	const problem = await inParts(file.changes, async (changes) => {
		onprogress(done, of);
		const refused = await send({ changes });
		if (!refused) done += changes.length;
		return refused;
	});
	if (problem) return { ...taken, problem };
	const whole: { about: string; hash: string }[] = [];
	for (const pieces of groupBy(file.pieces, ({ about, hash }) => `${about} ${hash}`).values()) {
		onprogress(done, of);
		const state = await takeRecording(whose, pieces, call);
		if (state === 'offline' || state === 'stick.gone') return { ...taken, problem: state };
		if (state === 'whole') whole.push({ about: pieces[0]!.about, hash: pieces[0]!.hash });
		else taken.mediaLeft += 1;
		done += pieces.length;
	}
	taken.media = whole.length;
	const last = whole.length > 0 ? await send({ changes: [], media: whole }) : undefined;
	return last ? { ...taken, problem: last } : taken;
}

async function takeRecording(
	whose: object,
	pieces: readonly Piece[],
	call: Call
): Promise<'whole' | 'left' | 'offline' | 'stick.gone'> {
	let received = 0;
	for (const { read, ...named } of pieces) {
		if (named.number * CHUNK < received) continue; // the server has it from before
		const piece = await read().catch(() => undefined);
		if (piece === undefined) return 'stick.gone';
		const answer = await call(MediaState, '/media', { ...whose, ...named, piece });
		if (!answer.ok) return answer.problem === 'offline' ? 'offline' : 'left';
		if (answer.value.complete) return 'whole';
		received = answer.value.received;
	}
	return 'left';
}

/** What goes back to the tablet. */
export const receiptsFile = (signed: readonly Signed[]): string =>
	JSON.stringify({ format: RECEIPTS_FORMAT, signed }, null, '\t');
