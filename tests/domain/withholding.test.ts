import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupOf, withhold, type Distribution, type Shown } from '$lib/domain/withholding';
import { answers, someGroup } from '../support/records';

const threshold = fc.constantFrom(5, 11);

/** What remains of a total once the places shown are taken away: what an attentive reader can work out. */
const remainder = ({ total, places }: Shown): Distribution | undefined => total && less(total, groupOf(places).total);

function less(a: Distribution, b: Distribution): Distribution {
	const details = new Set([...Object.keys(a.details), ...Object.keys(b.details)]);
	return {
		people: a.people - b.people,
		details: Object.fromEntries([...details].map((d) => [d, (a.details[d] ?? 0) - (b.details[d] ?? 0)]))
	};
}

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
