import { groupBy } from '$lib/domain/grouped';
import { groupOf, type Group } from '$lib/domain/waiting';
import type { MediaRow, Outgoing } from '$lib/local/database';
import { toBase64 } from '$lib/local/vault';
import type { RefusedChange } from '$lib/local/views';
import { earliest } from '$lib/words/age';

/** Since when each group of what waits has waited, for the groups of `waiting`. */
export const oldestOf = (changes: readonly Pick<Outgoing, 'kind' | 'at'>[]): Map<Group, string> =>
	new Map(
		[...groupBy(changes, ({ kind }) => groupOf(kind))].map(([group, rows]) => [
			group,
			earliest(rows.map(({ at }) => at))!
		])
	);

/** The recordings that wait to leave, or nothing: how much, since when. */
export function mediaOf(
	waiting: readonly Pick<MediaRow, 'size' | 'at'>[]
): { bytes: number; oldest: string } | undefined {
	const oldest = earliest(waiting.map(({ at }) => at));
	if (oldest === undefined) return undefined;
	return { bytes: waiting.reduce((sum, { size }) => sum + size, 0), oldest };
}

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
