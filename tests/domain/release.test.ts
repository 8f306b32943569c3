import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupOf, release, withhold, type Distribution, type Group, type Released } from '$lib/domain/release';
import { answers, someGroup } from '../support/records';

const threshold = fc.constantFrom(5, 11);
const NOBODY: Distribution = { people: 0, details: {} };

/** What remains of a total once the places shown are taken away: what an attentive reader can work out. */
const remainder = ({ total, places }: Released): Distribution | undefined =>
	total && less(total, groupOf(places).total);

function less(a: Distribution, b: Distribution): Distribution {
	const details = new Set([...Object.keys(a.details), ...Object.keys(b.details)]);
	return {
		people: a.people - b.people,
		details: Object.fromEntries([...details].map((d) => [d, (a.details[d] ?? 0) - (b.details[d] ?? 0)]))
	};
}

/** The least number of people who can have moved between two distributions. */
const moved = (a: Distribution | undefined, b: Distribution | undefined): number => {
	const { people, details } = less(b ?? NOBODY, a ?? NOBODY);
	return Math.max(Math.abs(people), ...Object.values(details).map(Math.abs));
};

describe('withholding small numbers', () => {
	test('shows every base of at least k when none is smaller', () => {
		const group = groupOf({ tarbes: answers({ 3: 6, 4: 2 }), lourdes: answers({ 1: 5 }) });
		expect(withhold(group, 5)).toEqual({ places: group.places, total: group.total });
	});

	test('withholds Tarbes as well when Lourdes is too small: total less Tarbes would be Lourdes', () => {
		const group = groupOf({ tarbes: answers({ 3: 9 }), lourdes: answers({ 1: 4 }) });
		expect(withhold(group, 5)).toEqual({ places: {}, total: group.total });
	});

	test('shows nothing of fewer than k people in all', () => {
		expect(withhold(groupOf({ tarbes: answers({ 3: 2 }), lourdes: answers({ 1: 2 }) }), 5)).toEqual({ places: {} });
		expect(withhold(groupOf({}), 5)).toEqual({ places: {} });
	});

	test('hides no more antennas than it takes', () => {
		const group = groupOf({ a: answers({ 1: 3 }), b: answers({ 1: 6 }), c: answers({ 1: 20 }) });
		expect(Object.keys(withhold(group, 5).places)).toEqual(['c']);
		const two = groupOf({ a: answers({ 1: 3 }), b: answers({ 1: 2 }), c: answers({ 1: 20 }) });
		expect(Object.keys(withhold(two, 5).places)).toEqual(['c']);
	});

	test('an antenna where nobody answered hides nothing', () => {
		const group = groupOf({ tarbes: answers({ 3: 9 }), lourdes: answers({}) });
		expect(Object.keys(withhold(group, 5).places)).toContain('tarbes');
	});

	test('an attacker who subtracts finds nobody, or at least k people and at least two antennas', () => {
		fc.assert(
			fc.property(someGroup, threshold, (group, k) => {
				const released = withhold(group, k);
				for (const place of Object.values(released.places)) expect(place.people).toBeGreaterThanOrEqual(k);
				if (!released.total) {
					expect(released.places).toEqual({});
					expect(group.total.people).toBeLessThan(k);
					return;
				}
				expect(released.total.people).toBeGreaterThanOrEqual(k);
				const hidden = Object.entries(group.places).filter(([p, { people }]) => people > 0 && !(p in released.places));
				const people = hidden.reduce((sum, [, one]) => sum + one.people, 0);
				expect(remainder(released)!.people).toBe(people);
				if (hidden.length === 0) expect(people).toBe(0);
				else {
					expect(people).toBeGreaterThanOrEqual(k);
					expect(hidden.length).toBeGreaterThanOrEqual(2);
				}
			}),
			{ numRuns: 1000 }
		);
	});

	test('what is shown is what was answered', () => {
		fc.assert(
			fc.property(someGroup, threshold, (group, k) => {
				const released = withhold(group, k);
				expect(group.places).toMatchObject(released.places);
				if (released.total) expect(released.total).toEqual(group.total);
			})
		);
	});
});

describe('showing again after more answers', () => {
	/** Days on which a few people answer for the first time, take their answer back or answer otherwise. */
	const days = fc.array(
		fc.array(fc.tuple(fc.nat({ max: 2 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: -2, max: 3 })), {
			maxLength: 4
		}),
		{ minLength: 2, maxLength: 12 }
	);

	function* looks(moves: [number, number, number][][], k: number): Generator<[Released | undefined, Released, Group]> {
		const counts = [0, 1, 2].map(() => ({ 1: 4, 2: 2, 3: 0 }) as { [level: number]: number });
		let shown: Released | undefined;
		for (const day of moves) {
			for (const [place, level, by] of day) counts[place]![level] = Math.max(0, counts[place]![level]! + by);
			const group = groupOf(Object.fromEntries(counts.map((one, i) => [`antenna-${i}`, answers(one)])));
			const now = release(group, k, shown);
			yield [shown, now, group];
			shown = now;
		}
	}

	test('a cell changes only when none or at least k of its people changed', () => {
		fc.assert(
			fc.property(days, (moves) => {
				for (const [before, now] of looks(moves, 5)) {
					if (!before) continue;
					for (const place of new Set([...Object.keys(before.places), ...Object.keys(now.places)])) {
						if (!(place in before.places) || !(place in now.places)) continue;
						const people = moved(before.places[place], now.places[place]);
						expect(people === 0 || people >= 5).toBe(true);
					}
					if (before.total && now.total) {
						const people = moved(before.total, now.total);
						expect(people === 0 || people >= 5).toBe(true);
					}
				}
			}),
			{ numRuns: 500 }
		);
	});

	test('never gives fewer than k people away by subtraction, on any day', () => {
		fc.assert(
			fc.property(days, (moves) => {
				for (const [, now] of looks(moves, 5)) {
					for (const place of Object.values(now.places)) expect(place.people).toBeGreaterThanOrEqual(5);
					const rest = remainder(now);
					if (rest) expect(rest.people === 0 || rest.people >= 5).toBe(true);
				}
			}),
			{ numRuns: 500 }
		);
	});

	test('what is left of the total changes only when none or at least k people changed', () => {
		// Bagnères and Lourdes stay hidden together; Tarbes and the total both move by enough, and what is between them by one.
		const before = release(
			groupOf({ t: answers({ 3: 20 }), l: answers({ 1: 3 }), b: answers({ 1: 4 }) }),
			5,
			undefined
		);
		const group = groupOf({ t: answers({ 3: 25 }), l: answers({ 1: 3 }), b: answers({ 1: 4, 4: 1 }) });
		const now = release(group, 5, before);
		const people = moved(remainder(before), remainder(now));
		expect(people === 0 || people >= 5).toBe(true);
	});

	test('shows the present once enough people have answered', () => {
		const before = release(groupOf({ tarbes: answers({ 3: 6 }) }), 5, undefined);
		const oneMore = groupOf({ tarbes: answers({ 3: 7 }) });
		expect(release(oneMore, 5, before)).toEqual(before);
		const fiveMore = groupOf({ tarbes: answers({ 3: 11 }) });
		expect(release(fiveMore, 5, before)).toEqual(withhold(fiveMore, 5));
	});

	test('one person who changes an answer does not show', () => {
		const before = release(groupOf({ tarbes: answers({ 3: 6, 4: 2 }) }), 5, undefined);
		expect(release(groupOf({ tarbes: answers({ 3: 5, 4: 3 }) }), 5, before)).toEqual(before);
	});

	test('shows nothing any more when all of them are gone', () => {
		const before = release(groupOf({ tarbes: answers({ 3: 6 }) }), 5, undefined);
		expect(release(groupOf({}), 5, before)).toEqual({ places: {} });
	});
});
