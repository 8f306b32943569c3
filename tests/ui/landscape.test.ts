import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scaleOf } from '$lib/ui/landscape';

const pair = (added: number, improve: number) => ({ added, improve });

describe('the landscape of voices', () => {
	test('has one scale above and below the horizon: as many voices make as long a bar', () => {
		const { unit, above, below } = scaleOf([pair(10, 3), pair(2, 5)]);
		expect(above).toBeCloseTo(10 * unit);
		expect(below).toBeCloseTo(5 * unit);
		expect(above).toBeCloseTo(122); // px: the longest bar fills the room there is
	});

	test('two lone voices do not look like a landslide', () => {
		expect(scaleOf([pair(2, 0)]).above).toBeCloseTo(61);
		expect(scaleOf([pair(4, 0)]).above).toBeCloseTo(122);
	});

	test('nobody heard yet is a flat horizon, not a fault', () => {
		for (const nobody of [[], [pair(0, 0)]]) expect(scaleOf(nobody)).toMatchObject({ above: 0, below: 0 });
	});

	test('no bar leaves its half', () => {
		const pairs = fc.array(fc.record({ added: fc.nat({ max: 500 }), improve: fc.nat({ max: 500 }) }));
		fc.assert(
			fc.property(pairs, (all) => {
				const { unit, above, below } = scaleOf(all);
				for (const { added, improve } of all) {
					expect(added * unit).toBeLessThanOrEqual(above + 1e-9);
					expect(improve * unit).toBeLessThanOrEqual(below + 1e-9);
				}
				expect(Math.max(above, below)).toBeLessThanOrEqual(122 + 1e-9);
			})
		);
	});
});
