import { CHUNK, type MediaState } from '$lib/domain/media';
import { RECEIPTS_FORMAT, type SealedLine, type Signed } from '$lib/domain/stick';
import type { OutboxFile, Piece } from '$lib/local/stick/outbox-file';
import type { Answer } from '../../api';

/** Changes in one call, and characters: well under what the server takes. */
const PART = 300;
const PART_SIZE = 3_000_000;

/** One call to the server: `path` is under `/api/stick`. */
export type Call = <T>(path: string, body: object) => Promise<Answer<T>>;

type Verdicts = { applied: number; contested: number; quarantined: number; erased: number };
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

const whoseOf = ({ header: { structure, person, device, key } }: OutboxFile) => ({ structure, person, device, key });

/** Has every change opened and thrown away, so that nothing is taken of a file that was altered anywhere.
 * @returns the server's problem, or nothing */
export async function check(file: OutboxFile, call: Call): Promise<string | undefined> {
	const parts = partsOf(file.changes);
	for (const changes of parts.length > 0 ? parts : [[]]) {
		const answer = await call('', { ...whoseOf(file), changes, check: true });
		if (!answer.ok) return answer.problem;
	}
	return undefined;
}

/** Takes a file that was checked: its changes, then its recordings, whose receipt comes last. Safe to stop and to repeat. */
export async function take(
	file: OutboxFile,
	call: Call,
	onprogress: (done: number, of: number) => void
): Promise<Taken> {
	const whose = whoseOf(file);
	const taken: Taken = { applied: 0, contested: 0, quarantined: 0, erased: 0, media: 0, mediaLeft: 0, signed: [] };
	const send = async (body: object): Promise<boolean> => {
		const answer = await call<Verdicts & { signed: Signed }>('', { ...whose, ...body });
		if (!answer.ok) taken.problem = answer.problem;
		else {
			for (const verdict of ['applied', 'contested', 'quarantined', 'erased'] as const)
				taken[verdict] += answer.value[verdict];
			taken.signed.push(answer.value.signed);
		}
		return answer.ok;
	};
	const of = file.changes.length + file.pieces.length;
	let done = 0;
	for (const changes of partsOf(file.changes)) {
		onprogress(done, of);
		if (!(await send({ changes }))) return taken;
		done += changes.length;
	}
	const whole: { about: string; hash: string }[] = [];
	for (const pieces of Map.groupBy(file.pieces, ({ about, hash }) => `${about} ${hash}`).values()) {
		onprogress(done, of);
		const state = await takeRecording(whose, pieces, call);
		if (state === 'offline' || state === 'stick.gone') return { ...taken, problem: state };
		if (state === 'whole') whole.push({ about: pieces[0]!.about, hash: pieces[0]!.hash });
		else taken.mediaLeft += 1;
		done += pieces.length;
	}
	taken.media = whole.length;
	if (whole.length > 0) await send({ changes: [], media: whole });
	return taken;
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
		const answer = await call<MediaState>('/media', { ...whose, ...named, piece });
		if (!answer.ok) return answer.problem === 'offline' ? 'offline' : 'left';
		if (answer.value.complete) return 'whole';
		received = answer.value.received;
	}
	return 'left';
}

/** What goes back to the tablet. */
export const receiptsFile = (signed: readonly Signed[]): string =>
	JSON.stringify({ format: RECEIPTS_FORMAT, signed }, null, '\t');
