import { describe, expect, test } from 'vitest';
import { fillOf } from '$lib/ui/levels';

const fills = (total: number) => Array.from({ length: total }, (_, index) => fillOf(index, total)).join(' ');

describe('the fills of a scale', () => {
	test.each([
		[1, 'n4'],
		[2, 'n1 n4'],
		[3, 'n1 n3 n4'],
		[4, 'n1 n2 n3 n4'],
		[5, 'n1 n2 n3 n3 n4']
	])('of %i levels are %s', (total, shown) => {
		expect(fills(total)).toBe(shown);
	});

	test('go from the lightest to the darkest, and never back, however many levels there are', () => {
		for (let total = 2; total <= 12; total++) {
			const all = fills(total).split(' ');
			expect([all[0], all.at(-1)]).toEqual(['n1', 'n4']);
			expect(all.toSorted()).toEqual(all);
		}
	});
});
