import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitDifference } from '$lib/ui/digits';

const parts = (value: string, other: string): string => {
	const { before, differing, after } = splitDifference(value, other);
	return `${before}[${differing}]${after}`;
};

describe('two values side by side', () => {
	test.each([
		['1184', '1148', '11[84]'],
		['1148', '1184', '11[48]'],
		['12,50', '13,50', '1[2],50'],
		['7', '9', '[7]'],
		['1211', '1311', '1[2]11']
	])('%s beside %s: the eye is led to %s', (value, other, shown) => {
		expect(parts(value, other)).toBe(shown);
	});

	test('of different lengths differ whole: their digits do not stand for the same thing', () => {
		expect(parts('1184', '118')).toBe('[1184]');
		expect(parts('118', '1184')).toBe('[118]');
	});

	test('that are the same have nothing to look at', () => {
		expect(parts('1184', '1184')).toBe('1184[]');
	});

	test('are shown whole, whatever was marked in them', () => {
		const digits = fc.array(fc.constantFrom('1', '2', ','), { maxLength: 6 }).map((all) => all.join(''));
		fc.assert(
			fc.property(digits, digits, (value, other) => {
				const [one, two] = [splitDifference(value, other), splitDifference(other, value)];
				expect(one.before + one.differing + one.after).toBe(value);
				if (value.length === other.length) expect([two.before, two.after]).toEqual([one.before, one.after]);
			})
		);
	});
});
