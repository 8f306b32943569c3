import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inUnits, parseAmount } from '$lib/domain/amount';

describe('an amount typed by hand', () => {
	test.each([
		['1184', 2, 118_400],
		['1 184,50', 2, 118_450],
		['1\u202f184,50', 2, 118_450],
		['1\u00a0184,5', 2, 118_450],
		["1'184.50", 2, 118_450],
		['1184.5', 1, 11_845],
		['  0 ', 0, 0],
		['0,0', 2, 0],
		['12,', 0, 12],
		['12,50', 1, 125],
		['−3,5', 1, -35],
		['-3', 0, -3]
	])('« %s » with %i decimals is %i smallest steps', (text, decimals, amount) => {
		expect(parseAmount(text, decimals)).toBe(amount);
	});

	test.each([
		['', 0],
		['douze', 0],
		['12h', 2],
		['1e3', 0],
		['0x10', 0],
		['1,2,3', 2],
		['1.184,50', 2],
		[',5', 1],
		['--3', 0],
		['3-', 0],
		['NaN', 0],
		['Infinity', 0],
		['٣', 0]
	])('« %s » is not a number', (text, decimals) => {
		expect(parseAmount(text, decimals)).toBe('letters');
	});

	test('digits finer than the unit are refused, not cut off', () => {
		expect(parseAmount('4,25', 1)).toBe('decimals');
		expect(parseAmount('4,5', 0)).toBe('decimals');
	});

	test('a number too large to be kept exactly is refused', () => {
		expect(parseAmount('9007199254740991', 0)).toBe(9_007_199_254_740_991);
		expect(parseAmount('9007199254740992', 0)).toBe('size');
		expect(parseAmount('90071992547409,92', 2)).toBe('size');
		expect(parseAmount('9'.repeat(400), 0)).toBe('size');
	});

	test('what is written in French or English is read back to the step', () => {
		const some = fc.tuple(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), fc.integer({ min: 0, max: 4 }));
		fc.assert(
			fc.property(some, fc.constantFrom('fr', 'en-CH', 'plain'), ([amount, decimals], how) => {
				const number = inUnits(amount, decimals);
				const text =
					how === 'plain'
						? number.toFixed(decimals)
						: new Intl.NumberFormat(how, { minimumFractionDigits: decimals }).format(number);
				expect(parseAmount(text, decimals)).toBe(amount === 0 ? 0 : amount);
			})
		);
	});

	test('whatever is typed, the answer is a whole number or a reason', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 4 }), (text, decimals) => {
				const parsed = parseAmount(text, decimals);
				expect(typeof parsed === 'string' || Number.isSafeInteger(parsed)).toBe(true);
			})
		);
	});
});
