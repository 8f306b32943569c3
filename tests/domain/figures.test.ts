import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { combine, digitsOf, EMPTY, numberOf, type Figure } from '$lib/domain/figures';
import { criteriaOf } from '$lib/domain/framework';
import { OverPeriods } from '$lib/domain/framework-shapes';
import { templateFramework } from '$lib/server/templates';
import { indicatorOf, notApplicable, value } from '../support/records';

const framework = await templateFramework();
const findIndicator = (id: string) =>
	criteriaOf(framework)
		.flatMap(({ indicators }) => indicators)
		.find((indicator) => indicator.id === id)!;

const amounts = fc.integer({ min: -1_000_000, max: 1_000_000 });
const someValue = fc.record({ amount: amounts, base: fc.nat({ max: 1_000_000 }) });
const someFigure: fc.Arbitrary<Figure> = fc.oneof(
	someValue.map(({ amount, base }) => value(amount, base)),
	fc.constant(EMPTY),
	fc.constant(notApplicable)
);
const ADDING = ['sum', 'ratio', 'mean'] as const;
const rule = fc.constantFrom(...OverPeriods.options);

describe('adding figures up', () => {
	test('zero, empty and not applicable stay three things', () => {
		fc.assert(
			fc.property(rule, (rule) => {
				expect(combine(rule, [value(0)])).toEqual(value(0));
				expect(combine(rule, [EMPTY])).toEqual({ state: 'empty' });
				expect(combine(rule, [notApplicable])).toEqual({ state: 'not-applicable' });
				expect(combine(rule, [])).toEqual({ state: 'empty' });
				expect(combine(rule, [EMPTY, EMPTY])).toEqual({ state: 'empty' });
				expect(combine(rule, [notApplicable, notApplicable])).toEqual({ state: 'not-applicable' });
				expect(combine(rule, [notApplicable, EMPTY])).toEqual({ state: 'empty' });
			}),
			{ numRuns: 30 }
		);
		expect(combine('sum', [value(0), value(0)])).toEqual(value(0));
	});

	test('a figure alone is itself, whatever the rule', () => {
		fc.assert(
			fc.property(rule, someFigure, (rule, figure) => {
				expect(combine(rule, [figure])).toEqual(figure);
			})
		);
	});

	test('numerators are added to numerators, denominators to denominators', () => {
		fc.assert(
			fc.property(fc.constantFrom(...ADDING), fc.array(someValue, { minLength: 2 }), (rule, values) => {
				const whole = combine(
					rule,
					values.map(({ amount, base }) => value(amount, base))
				);
				expect(whole).toEqual(
					value(
						values.reduce((sum, { amount }) => sum + amount, 0),
						values.reduce((sum, { base }) => sum + base, 0)
					)
				);
			})
		);
	});

	test('empty cells are counted as missing, those that do not apply are not', () => {
		fc.assert(
			fc.property(fc.constantFrom(...ADDING), fc.array(someFigure, { minLength: 2 }), (rule, figures) => {
				const whole = combine(rule, figures);
				if (whole.state !== 'value') return;
				expect(whole.missing).toBe(figures.filter(({ state }) => state === 'empty').length);
			})
		);
		expect(combine('sum', [value(3, 0, 2), EMPTY, notApplicable])).toEqual(value(3, 0, 3));
	});

	test('adding up by antenna and then together is adding up at once', () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...ADDING),
				fc.array(fc.array(someValue, { minLength: 1 }), { minLength: 1 }),
				(rule, antennas) => {
					const figures = antennas.map((cells) => cells.map(({ amount, base }) => value(amount, base)));
					const stepwise = combine(
						rule,
						figures.map((cells) => combine(rule, cells))
					);
					expect(stepwise).toEqual(combine(rule, figures.flat()));
				}
			)
		);
	});

	test('the last figure entered stands for the year, and a cell still empty after it does not hide it', () => {
		expect(combine('last', [value(4), value(7), EMPTY])).toEqual(value(7));
		expect(combine('last', [value(4), value(7), notApplicable])).toEqual(value(7));
		expect(combine('last', [EMPTY, value(0)])).toEqual(value(0));
	});

	test('distinct people and figures that never combine are never added', () => {
		const several = fc
			.array(someFigure, { minLength: 2 })
			.filter((figures) => figures.some((f) => f.state === 'value'));
		fc.assert(
			fc.property(fc.constantFrom('recount' as const, 'none' as const), several, (rule, figures) => {
				expect(combine(rule, figures)).toEqual({ state: 'empty' });
			})
		);
	});
});

describe('the number shown', () => {
	const share = indicatorOf({
		unit: 'pourcentage',
		numerator: { fr: 'a' },
		denominator: { fr: 'b' },
		numeratorUnit: 'personnes',
		denominatorUnit: 'personnes'
	});

	test('a share is divided again from what was added up: it is no mean of shares', () => {
		const tarbes = value(9, 10);
		const lourdes = value(0, 90);
		expect(numberOf(framework, share, combine('ratio', [tarbes, lourdes]))).toBe(9);
	});

	test('a share of nobody is nothing, not 0 %', () => {
		expect(numberOf(framework, share, value(0, 0))).toBeUndefined();
		expect(numberOf(framework, findIndicator('besoins-delai-reponse'), value(0, 0))).toBeUndefined();
		expect(numberOf(framework, share, value(0, 4))).toBe(0);
	});

	test('empty and not applicable have no number', () => {
		expect(numberOf(framework, share, EMPTY)).toBeUndefined();
		expect(numberOf(framework, share, notApplicable)).toBeUndefined();
	});

	test('an amount is read in its unit, from whole smallest steps', () => {
		expect(numberOf(framework, findIndicator('richesses-heures-mise-a-disposition'), value(3_858_000))).toBe(38_580);
		expect(numberOf(framework, findIndicator('besoins-clients-servis'), value(522))).toBe(522);
	});

	test('hours for each person divide hours, in their steps, by people', () => {
		const perPerson = findIndicator('finances-heures-par-personne');
		expect(numberOf(framework, perPerson, value(3_858_000, 116))).toBeCloseTo(38_580 / 116, 9);
	});

	test('a mean weighs each antenna by its size', () => {
		const delay = findIndicator('besoins-delai-reponse');
		const tarbes = value(20 * 300, 300); // 2.0 days over 300 requests, in tenths
		const lourdes = value(50 * 100, 100); // 5.0 days over 100
		expect(numberOf(framework, delay, combine('mean', [tarbes, lourdes]))).toBeCloseTo(2.75, 9);
	});

	test('a share never leaves the range of the shares it was made from', () => {
		const cell = fc
			.tuple(fc.nat({ max: 1000 }), fc.integer({ min: 1, max: 1000 }))
			.map(([a, b]) => value(Math.min(a, b), b));
		fc.assert(
			fc.property(fc.array(cell, { minLength: 1 }), (cells) => {
				const shares = cells.map((one) => numberOf(framework, share, one)!);
				const whole = numberOf(framework, share, combine('ratio', cells))!;
				expect(whole).toBeGreaterThanOrEqual(Math.min(...shares) - 1e-9);
				expect(whole).toBeLessThanOrEqual(Math.max(...shares) + 1e-9);
			})
		);
	});

	test('percentages show one digit after the comma, amounts those of their unit', () => {
		expect(digitsOf(framework, share)).toBe(1);
		expect(digitsOf(framework, findIndicator('richesses-heures-mise-a-disposition'))).toBe(2);
		expect(digitsOf(framework, findIndicator('besoins-clients-servis'))).toBe(0);
	});
});
