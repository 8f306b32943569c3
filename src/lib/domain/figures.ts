import type { ReadingValue } from './reading';
import { decimalsOf, inUnits, isPercentage } from './framework';
import type { Framework, Indicator, OverPeriods } from './framework-shapes';

/** One figure: what was measured, that it does not apply, or that nobody has entered it.
 * `amount` over `base` is a division or a weighted mean; a plain amount has base 0. `missing` says how many of the
 * cells it was made from were empty. */
export type Figure =
	{ state: 'value'; amount: number; base: number; missing: number } | { state: 'not-applicable' } | { state: 'empty' };

export const EMPTY: Figure = { state: 'empty' };

/** A value as a figure that can be combined. A mean is kept times its weight, so that adding weighs it. */
export function figureOf(value: ReadingValue | undefined): Figure {
	if (!value) return EMPTY;
	const figure = (amount: unknown, base: unknown): Figure => ({
		state: 'value',
		amount: Number(amount),
		base: Number(base),
		missing: 0
	});
	if ('notApplicable' in value) return { state: 'not-applicable' };
	if ('amount' in value) return figure(value.amount, 0);
	if ('numerator' in value) return figure(value.numerator, value.denominator);
	return figure(Number(value.mean) * Number(value.weight), value.weight);
}

/** How far the amount is from last year's, as a share (0.2 is +20 %), or nothing when there is nothing to compare. */
export function changeFrom(before: ReadingValue | undefined, now: ReadingValue | undefined): number | undefined {
	const [a, b] = [sizeOf(before), sizeOf(now)];
	return a === undefined || b === undefined || a === 0 ? undefined : (b - a) / Math.abs(a);
}

/** A figure that more than doubled or fell by more than half is asked about once: mostly a slip of the finger. */
export const isUnlikely = (change: number | undefined): boolean =>
	change !== undefined && (change > 1 || change < -0.5);

function sizeOf(value: ReadingValue | undefined): number | undefined {
	const figure = figureOf(value);
	if (figure.state !== 'value') return undefined;
	if (value && 'amount' in value) return figure.amount;
	return figure.base === 0 ? undefined : figure.amount / figure.base;
}

/** How many of the values under a figure are in doubt: several different ones stand beside one another, or it is still to
 * confirm. One with several values counts only there. */
export type Doubts = { contested: number; toConfirm: number };

export const NO_DOUBT: Doubts = { contested: 0, toConfirm: 0 };

export const addDoubts = (all: readonly Doubts[]): Doubts =>
	all.reduce(
		(sum, { contested, toConfirm }) => ({
			contested: sum.contested + contested,
			toConfirm: sum.toConfirm + toConfirm
		}),
		NO_DOUBT
	);

export const isDoubtful = ({ contested, toConfirm }: Doubts): boolean => contested + toConfirm > 0;

type Rule = OverPeriods;

/** The doubts that reach what `combine` makes of these figures: all of them, or where the last value stands for all, its
 * own and those of what came after. */
export function doubtsReaching(rule: Rule, parts: readonly { figure: Figure; doubts: Doubts }[]): Doubts {
	const last = rule === 'last' ? parts.findLastIndex(({ figure }) => figure.state === 'value') : 0;
	return addDoubts(parts.slice(Math.max(0, last)).map(({ doubts }) => doubts));
}

/** Combines the figures of one indicator, in order (periods first, antennas after).
 * @returns nothing that can be shown (`empty`) where the rule forbids adding: distinct people (`recount`) and figures
 *   that never combine (`none`), as soon as there is more than one cell */
export function combine(rule: Rule, figures: readonly Figure[]): Figure {
	if (figures.length === 0) return EMPTY;
	if (figures.length === 1) return figures[0]!;
	const values = figures.filter((figure) => figure.state === 'value');
	const missing =
		figures.filter(({ state }) => state === 'empty').length + values.reduce((sum, v) => sum + v.missing, 0);
	if (values.length === 0) return figures.every(({ state }) => state === 'not-applicable') ? figures[0]! : EMPTY;
	switch (rule) {
		case 'sum':
		case 'ratio':
		case 'mean':
			return {
				state: 'value',
				amount: values.reduce((sum, { amount }) => sum + amount, 0),
				base: values.reduce((sum, { base }) => sum + base, 0),
				missing
			};
		case 'last':
			return { ...values.at(-1)!, missing: 0 };
		case 'recount':
		case 'none':
			return EMPTY;
	}
}

/** The number to show, in the indicator's unit: 1184.5 hours, 62.5 (per cent), 3.2 days. Divisions are re-divided here,
 * from what was added up. Nothing for a division by zero: no people is not 0 %. */
export function numberOf(framework: Framework, indicator: Indicator, figure: Figure): number | undefined {
	if (figure.state !== 'value') return undefined;
	const divided = indicator.numerator !== undefined || indicator.weight !== undefined || figure.base !== 0;
	if (!divided) return inUnits(figure.amount, decimalsOf(framework, indicator.unit));
	if (figure.base === 0) return undefined;
	const above = indicator.weight ? indicator.unit : (indicator.numeratorUnit ?? indicator.unit);
	const below = indicator.weight ? indicator.weightUnit : indicator.denominatorUnit;
	const amount = inUnits(figure.amount, decimalsOf(framework, above));
	const base = inUnits(figure.base, below ? decimalsOf(framework, below) : 0);
	// A weighted mean was stored times its weight in whole numbers, so its base has no step of its own.
	const quotient = indicator.weight ? amount / figure.base : amount / base;
	return isPercentage(framework, indicator) ? quotient * 100 : quotient;
}

/** Digits after the comma worth showing: the unit's own, one for percentages and means. */
export const digitsOf = (framework: Framework, indicator: Indicator): number =>
	isPercentage(framework, indicator) ? 1 : decimalsOf(framework, indicator.unit);
