import { groupBy } from './grouped';
import type { KindName } from './kinds/all';

/** What waits on a device to leave, by what it is to people. */
export const GROUPS = ['interviews', 'excerpts', 'readings', 'others', 'recordings'] as const;
export type Group = (typeof GROUPS)[number];
export type Waiting = { group: Group; count: number }[];

const OF_KIND: { [kind in KindName]: Group } = {
	interview: 'interviews',
	excerpt: 'excerpts',
	reading: 'readings',
	campaign: 'others',
	framework: 'others',
	antenna: 'others',
	structure: 'others',
	person: 'others',
	quote: 'others',
	judgement: 'others',
	action: 'others'
};
export const groupOf = (kind: string): Group => (Object.hasOwn(OF_KIND, kind) ? OF_KIND[kind as KindName] : 'others');

/** Records, not changes: one that is being sent and was edited again is one thing that waits. */
export function waitingOf(changes: readonly { kind: string; record: string }[], recordings: number): Waiting {
	const groups = groupBy(changes, ({ kind }) => groupOf(kind));
	const counted = (group: Group) =>
		group === 'recordings' ? recordings : new Set(groups.get(group)?.map(({ record }) => record)).size;
	return GROUPS.map((group) => ({ group, count: counted(group) })).filter(({ count }) => count > 0);
}

export const totalOf = (waiting: Waiting): number => waiting.reduce((sum, { count }) => sum + count, 0);
