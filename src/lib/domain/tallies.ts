import type { Contribution } from './contributions';

/** One cell of the tallies: contributions with the same key, added up. */
export type Tally = Contribution;

export const tallyKey = (c: Contribution): string =>
	[c.campaign, c.measure, c.subject, c.stakeholder, c.place, c.period, c.detail].join('\0');

/** Adds contributions up, cell by cell. A cell that comes to nothing is left out: no people, no row. */
export function addUp(contributions: Iterable<Contribution>): Tally[] {
	const cells = new Map<string, Tally>();
	for (const one of contributions) {
		const key = tallyKey(one);
		const cell = cells.get(key);
		if (!cell) cells.set(key, { ...one });
		else {
			cell.count += one.count;
			cell.amount += one.amount;
			cell.base += one.base;
		}
	}
	return [...cells.values()].filter((cell) => cell.count !== 0 || cell.amount !== 0 || cell.base !== 0);
}

/** What a record takes out of the tallies: the same contributions, counted backwards. */
export const negate = (contributions: readonly Contribution[]): Contribution[] =>
	contributions.map((c) => ({ ...c, count: -c.count, amount: -c.amount, base: -c.base }));
