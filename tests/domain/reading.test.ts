import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { invalidFields } from '$lib/domain/kinds/all';
import { changeFrom, isUnlikely } from '$lib/domain/figures';
import { readingId, readingKey, type ReadingValue } from '$lib/domain/reading';

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$/);
const period = fc.constantFrom('2014', '2014-03', '2014-Q1', '2014-H2');

describe('a reading', () => {
	test('says in its id which cell it fills', () => {
		fc.assert(
			fc.property(fc.record({ campaign: id, place: id, period, indicator: id }), (key) => {
				expect(readingKey(readingId(key))).toEqual(key);
			})
		);
	});

	test.each([
		'',
		'reading',
		'reading:2014:lourdes:2014-03',
		'reading:2014:lourdes:2014-13:heures',
		'reading:2014:lourdes:2014-03:heures:more',
		'interview:2014:lourdes:2014-03:heures',
		'reading::lourdes:2014-03:heures'
	])('has no id like « %s »', (text) => {
		expect(readingKey(text)).toBeUndefined();
	});

	test.each([
		[{ amount: 0 }],
		[{ amount: -4 }],
		[{ numerator: 3, denominator: 0 }],
		[{ mean: 32, weight: 10 }],
		[{ notApplicable: true }],
		[null]
	])('can hold %j', (value) => {
		expect(invalidFields('reading', { value })).toEqual([]);
	});

	test.each([
		[{ amount: 1.5 }],
		[{ amount: '12' }],
		[{ amount: 2 ** 53 }],
		[{ numerator: 3 }],
		[{ numerator: 3, denominator: -1 }],
		[{ mean: 3, weight: -1 }],
		[{ notApplicable: false }],
		[{}],
		[12],
		['12'],
		[undefined]
	])('cannot hold %j', (value) => {
		expect(invalidFields('reading', { value })).toEqual(['value']);
	});
});

describe('an unlikely figure', () => {
	const change = (before: ReadingValue | undefined, now: ReadingValue | undefined) => changeFrom(before, now);

	test('is one that more than doubled, or fell by more than half', () => {
		expect(isUnlikely(change({ amount: 100 }, { amount: 201 }))).toBe(true);
		expect(isUnlikely(change({ amount: 100 }, { amount: 200 }))).toBe(false);
		expect(isUnlikely(change({ amount: 100 }, { amount: 49 }))).toBe(true);
		expect(isUnlikely(change({ amount: 100 }, { amount: 50 }))).toBe(false);
	});

	test('compares shares with shares, not people with people', () => {
		expect(change({ numerator: 5, denominator: 10 }, { numerator: 50, denominator: 100 })).toBe(0);
		expect(change({ mean: 32, weight: 1000 }, { mean: 32, weight: 1 })).toBe(0);
	});

	test('has something to be compared with', () => {
		for (const nothing of [
			undefined,
			null,
			{ notApplicable: true as const },
			{ amount: 0 },
			{ numerator: 1, denominator: 0 }
		])
			expect(isUnlikely(change(nothing, { amount: 1_000_000 }))).toBe(false);
		expect(change({ amount: 3 }, null)).toBeUndefined();
	});
});
