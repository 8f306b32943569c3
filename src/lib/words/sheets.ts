import { digitsOf } from '$lib/domain/figures';
import { isPercentage, mayRepeat } from '$lib/domain/framework';
import type { Framework, Indicator } from '$lib/domain/framework-shapes';
import type { QuoteLimit } from '$lib/domain/excerpt-shapes';
import { m } from '$lib/words/generated/messages';
import { alike } from './amounts';
import { number, say } from './format';
import type { Spread } from '../domain/sheets/answers';
import type { Added, Shown } from '../domain/sheets/figures';

/** How one indicator's figures are written. */
export type Writing = {
	/** The figure alone: « 62,5 % », « 38 580 », « masqué ». */
	figure: (shown: Shown) => string;
	/** With its unit, and no more digits than one reads in passing: « 38 580 heures ». The table has them all. */
	withUnit: (shown: Shown) => string;
	brief: (value: number) => string;
	/** The figure with what it was divided by: « 62,5 % sur 16 réponses ». */
	full: (shown: Shown) => string;
	/** « sur 1 402 demandes », or nothing where nothing was divided. */
	base: (shown: Shown) => string | undefined;
	unit: string;
};

/** @param together all the figures that stand in one list */
export function writingOf(framework: Framework, indicator: Indicator, together: readonly Shown[] = []): Writing {
	const unitLabel = (id: string | undefined) => {
		const unit = framework.units.find((one) => one.id === id);
		return unit ? say(unit.label) : '';
	};
	const unit = unitLabel(indicator.unit);
	const isPercent = isPercentage(framework, indicator);
	// Answers are too few for a decimal to mean anything.
	const digits = indicator.fedBy ? 0 : digitsOf(framework, indicator);
	const least = alike(
		together.map((shown) => (shown.state === 'value' ? shown.value : undefined)),
		digits
	);
	const value = (n: number) => {
		const text = number(n, digits, least);
		return isPercent ? m.sheets_percent({ value: text }) : text;
	};
	const brief = (n: number) => (Math.abs(n) >= 1000 && !isPercent ? number(n) : value(n));
	const without = {
		'not-applicable': m.sheets_not_applicable,
		empty: indicator.fedBy ? m.sheets_no_answer : m.sheets_empty,
		'no-base': m.sheets_no_base,
		withheld: m.sheets_withheld,
		'not-added': m.sheets_not_added
	};
	const figure = (shown: Shown) => (shown.state === 'value' ? value(shown.value) : without[shown.state]());
	const base = (shown: Shown) => {
		if (shown.state !== 'value' || shown.base === undefined) return undefined;
		if (indicator.fedBy) return m.sheets_over_answers({ count: shown.base, answers: number(shown.base) });
		const below = indicator.weight ? indicator.weightUnit : indicator.denominatorUnit;
		const text = number(shown.base, shown.base >= 1000 ? 0 : 2);
		const over = mayRepeat(framework, below) ? overAdded(shown.added) : undefined;
		return over ? over({ base: text }) : m.sheets_over({ base: text, unit: unitLabel(below) });
	};
	return {
		figure,
		withUnit: (shown) => (shown.state === 'value' && !isPercent ? `${brief(shown.value)}\u00a0${unit}` : figure(shown)),
		full: (shown) =>
			[shown.state === 'value' ? brief(shown.value) : figure(shown), base(shown)].filter(Boolean).join(' '),
		brief,
		base,
		unit
	};
}

/** How a base is said that adds people up: nobody knows how many they are. */
const overAdded = ({ periods, antennas }: Added) =>
	periods && antennas
		? m.sheets_over_both
		: periods
			? m.sheets_over_periods
			: antennas
				? m.sheets_over_antennas
				: undefined;

const LIMITS = {
	none: m.sheets_quote_none,
	team: m.sheets_quote_team,
	anonymous: m.sheets_quote_anonymous,
	'first-name': m.sheets_quote_first_name
};
/** How far a passage may be quoted, in words. */
export const limitOf = (quote: QuoteLimit): string => LIMITS[quote]();

const FREQUENCIES = {
	monthly: m.sheets_monthly,
	quarterly: m.sheets_quarterly,
	'half-yearly': m.sheets_half_yearly,
	yearly: m.sheets_yearly,
	continuous: m.sheets_yearly,
	'at-exit': m.sheets_yearly
};
export const frequencyOf = (indicator: Indicator): string => FREQUENCIES[indicator.frequency]();

const KINDS = { output: m.sheets_output, outcome: m.sheets_outcome, impact: m.sheets_impact };
/** What an indicator measures: « réalisation », « résultat » or « impact ». */
export const kindOf = ({ kind }: Pick<Indicator, 'kind'>): string => KINDS[kind]();

/** « médiane 3 missions, la moitié du milieu entre 2 et 5 ». */
export function spreadSaid(spread: Spread | undefined, unit: string): string {
	if (!spread) return m.sheets_withheld();
	const median = m.sheets_median({ value: number(spread.median, 2), unit });
	if (!spread.middle) return median;
	const [from, to] = spread.middle;
	return m.sheets_spread({ median, from: number(from, 2), to: number(to, 2) });
}
