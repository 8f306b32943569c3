import type { Outgoing } from '$lib/local/database';
import type { RefusedChange } from '$lib/local/views';
import type { RunnerState } from '$lib/sync/runner';

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
		const oldest = rows.reduce((first, { at }) => (at < first ? at : first), rows[0]!.at);
		return [{ group, count: new Set(rows.map(({ record }) => record)).size, oldest }];
	});
}

export type Condition =
	'sending' | 'signed-out' | 'second-factor' | 'trouble' | 'refused' | 'waiting' | 'never' | 'current';

/** How this device stands, the most pressing first. Being offline is none of it. */
export function conditionOf(
	sync: RunnerState,
	{ unsent, refused, syncedAt }: { unsent: number; refused: number; syncedAt: string | null }
): Condition {
	if (sync.at === 'work' && unsent > 0) return 'sending';
	const failure = sync.at === 'rest' ? sync.outcome?.state : undefined;
	if (failure === 'signed-out' || failure === 'revoked') return 'signed-out';
	if (failure === 'second-factor') return 'second-factor';
	if (failure === 'refused' || failure === 'broken') return 'trouble';
	if (refused > 0) return 'refused';
	if (unsent > 0) return 'waiting';
	return syncedAt ? 'current' : 'never';
}

/** The refused changes as a file that can be sent to somebody: whole, with why each was refused. */
export const refusedFile = (
	refused: readonly RefusedChange[],
	from: { structure: string; person: string; device: string },
	at: string
): string => JSON.stringify({ format: 'temoin-refused-1', at, ...from, refused }, null, '\t');
