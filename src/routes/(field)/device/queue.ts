import type { MediaRow, Outgoing } from '$lib/local/database';
import { toBase64 } from '$lib/local/vault';
import type { RefusedChange } from '$lib/local/views';
import type { RunnerState } from '$lib/sync/runner';
import { earliest } from '../../age';

export const GROUPS = ['interviews', 'excerpts', 'readings', 'others'] as const;
export type Group = (typeof GROUPS)[number];
export type Waiting = { group: Group; count: number; oldest: string };

const OF_KIND: { [kind: string]: Group } = { interview: 'interviews', excerpt: 'excerpts', reading: 'readings' };
export const groupOf = (kind: string): Group => OF_KIND[kind] ?? 'others';

/** What waits to leave, by what it is to people: a form edited twice is one form. */
export function waitingOf(outbox: readonly Pick<Outgoing, 'kind' | 'record' | 'at'>[]): Waiting[] {
	const groups = Map.groupBy(outbox, ({ kind }) => groupOf(kind));
	return GROUPS.flatMap((group) => {
		const rows = groups.get(group);
		if (!rows) return [];
		const oldest = earliest(rows.map(({ at }) => at))!;
		return [{ group, count: new Set(rows.map(({ record }) => record)).size, oldest }];
	});
}

/** The recordings that wait to leave, or nothing: how many, how much, since when. */
export function mediaOf(
	waiting: readonly Pick<MediaRow, 'size' | 'at'>[]
): { count: number; bytes: number; oldest: string } | undefined {
	const oldest = earliest(waiting.map(({ at }) => at));
	if (oldest === undefined) return undefined;
	return { count: waiting.length, bytes: waiting.reduce((sum, { size }) => sum + size, 0), oldest };
}

export type Condition =
	'sending' | 'signed-out' | 'second-factor' | 'outdated' | 'trouble' | 'refused' | 'waiting' | 'never' | 'current';

/** How this device stands, the most pressing first. Being offline is none of it. */
export function conditionOf(
	sync: RunnerState,
	{ unsent, refused, syncedAt }: { unsent: number; refused: number; syncedAt: string | null }
): Condition {
	if (sync.at === 'work' && unsent > 0) return 'sending';
	const failure = sync.at === 'rest' ? sync.outcome?.state : undefined;
	if (isOutdated(sync)) return 'outdated';
	if (failure === 'signed-out' || failure === 'revoked') return 'signed-out';
	if (failure === 'second-factor') return 'second-factor';
	if (failure === 'refused' || failure === 'broken') return 'trouble';
	if (refused > 0) return 'refused';
	if (unsent > 0) return 'waiting';
	return syncedAt ? 'current' : 'never';
}

/** Whether this device's version and the server's no longer understand each other (426). */
export const isOutdated = (sync: RunnerState): boolean =>
	sync.at === 'rest' && sync.outcome?.state === 'refused' && sync.outcome.status === 426;

type From = { structure: string; person: string; device: string };

/** The refused changes as a file that can be sent to somebody: whole, with why each was refused. One that does not open
 * here goes as it lies, sealed. */
export const refusedFile = (refused: readonly RefusedChange[], from: From, at: string): string =>
	inFile('temoin-refused-1', from, at, {
		refused: refused.map(({ sealed, change, ...row }) => ({
			...row,
			...(change ? { change } : { sealed: toBase64(sealed) })
		}))
	});

/** Records that a server which came back has no more. */
export const asideFile = (
	aside: readonly { row: { epoch: string }; record: object }[],
	from: From,
	at: string
): string =>
	inFile('temoin-aside-1', from, at, { records: aside.map(({ row, record }) => ({ ...record, epoch: row.epoch })) });

const inFile = (format: string, from: From, at: string, content: object): string =>
	JSON.stringify({ format, at, ...from, ...content }, null, '\t');
