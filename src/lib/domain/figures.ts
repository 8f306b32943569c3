import { inUnits } from './amount';
import { decimalsOf, type Framework, type Indicator, type OverPeriods } from './framework';

/** One figure: what was measured, that it does not apply, or that nobody has entered it.
 * `amount` over `base` is a division or a weighted mean; a plain amount has base 0. `missing` says how many of the
 * cells it was made from were empty. */
export type Figure =
	{ state: 'value'; amount: number; base: number; missing: number } | { state: 'not-applicable' } | { state: 'empty' };

export const EMPTY: Figure = { state: 'empty' };

type Rule = OverPeriods;

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
	return indicator.unit === 'pourcentage' ? quotient * 100 : quotient;
}

/** Digits after the comma worth showing: the unit's own, one for percentages and means. */
export const digitsOf = (framework: Framework, indicator: Indicator): number =>
	indicator.unit === 'pourcentage' ? 1 : decimalsOf(framework, indicator.unit);
