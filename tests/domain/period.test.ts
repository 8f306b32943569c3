import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundsOf, gridOf, isPeriod, periodsBetween, yearBefore } from '$lib/domain/period';
import { Frequency } from '$lib/domain/period-shapes';

const month = fc
	.tuple(fc.integer({ min: 1990, max: 2100 }), fc.integer({ min: 1, max: 12 }))
	.map(([year, one]) => `${year}-${String(one).padStart(2, '0')}`);
const campaign = fc.tuple(month, month).map(([a, b]) => (a < b ? [a, b] : [b, a]) as [string, string]);
const frequency = fc.constantFrom(...Frequency.options);

describe('the periods of a campaign', () => {
	test.each([
		['monthly', ['2014-11', '2014-12', '2015-01']],
		['quarterly', ['2014-Q4', '2015-Q1']],
		['half-yearly', ['2014-H2', '2015-H1']],
		['yearly', ['2014', '2015']],
		['continuous', ['2014', '2015']],
		['at-exit', ['2014', '2015']]
	] as const)('from November 2014 to January 2015, %s, are %j', (frequency, expected) => {
		expect(periodsBetween('2014-11', '2015-01', frequency)).toEqual(expected);
	});

	test('a campaign that ends before it begins has none', () => {
		expect(periodsBetween('2014-05', '2014-04', 'monthly')).toEqual([]);
	});

	test('follow one another without a gap and cover every month of it', () => {
		fc.assert(
			fc.property(campaign, frequency, ([from, to], frequency) => {
				const periods = periodsBetween(from, to, frequency);
				const bounds = periods.map(boundsOf);
				for (const [i, { start }] of bounds.entries()) if (i > 0) expect(start).toBe(bounds[i - 1]!.after);
				expect(bounds[0]!.start <= `${from}-01`).toBe(true);
				expect(bounds.at(-1)!.after > `${to}-01`).toBe(true);
				expect(bounds[0]!.after > `${from}-01`).toBe(true); // the first touches the campaign
				expect(bounds.at(-1)!.start <= `${to}-01`).toBe(true); // so does the last
				for (const period of periods) expect(isPeriod(period)).toBe(true);
			})
		);
	});

	test('what happens continuously or at exit is counted by the year', () => {
		expect(Frequency.options.map(gridOf)).toEqual([
			'yearly',
			'monthly',
			'quarterly',
			'half-yearly',
			'yearly',
			'yearly'
		]);
	});
});

describe('a period', () => {
	test.each([
		['2014-03', '2014-03-01', '2014-04-01'],
		['2014-12', '2014-12-01', '2015-01-01'],
		['2014-Q1', '2014-01-01', '2014-04-01'],
		['2014-Q4', '2014-10-01', '2015-01-01'],
		['2014-H2', '2014-07-01', '2015-01-01'],
		['2014', '2014-01-01', '2015-01-01']
	])('%s begins on %s and is over on %s', (period, start, after) => {
		expect(boundsOf(period)).toEqual({ start, after });
	});

	test('lies exactly one year after the same period of the year before', () => {
		fc.assert(
			fc.property(campaign, frequency, ([from, to], frequency) => {
				for (const period of periodsBetween(from, to, frequency)) {
					const [now, before] = [boundsOf(period), boundsOf(yearBefore(period))];
					const shift = (day: string) => String(Number(day.slice(0, 4)) - 1) + day.slice(4);
					expect(before).toEqual({ start: shift(now.start), after: shift(now.after) });
				}
			})
		);
		expect(yearBefore('2014-Q3')).toBe('2013-Q3');
	});

	test.each(['2014-13', '2014-00', '2014-Q5', '2014-H3', '14', '2014-3', '2014-03-01', 'Q1-2014', ' 2014', '1814'])(
		'« %s » is none',
		(text) => {
			expect(isPeriod(text)).toBe(false);
		}
	);
});
