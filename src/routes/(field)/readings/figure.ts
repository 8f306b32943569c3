import { inUnits } from '$lib/domain/amount';
import { digitsOf, numberOf, type Figure } from '$lib/domain/figures';
import { decimalsOf, type Framework, type Indicator } from '$lib/domain/framework';
import type { ReadingValue } from '$lib/domain/reading';
import { m } from '$lib/words/generated/messages';
import { number, percent, say } from '$lib/words/format';
import { figureOf, unitsOf, type Draft, type Slip } from './grid';

/** What a cell shows: the number, « s. o. », or nothing at all. */
export function figureText(framework: Framework, indicator: Indicator, figure: Figure): string {
	if (figure.state === 'empty') return '';
	if (figure.state === 'not-applicable') return m.readings_na_short();
	const value = numberOf(framework, indicator, figure);
	if (value === undefined) return '–'; // over nobody
	const text = number(value, digitsOf(framework, indicator));
	return indicator.unit === 'pourcentage' ? `${text}${percent(0).slice(1)}` : text;
}

export const valueText = (framework: Framework, indicator: Indicator, value: ReadingValue | undefined): string =>
	figureText(framework, indicator, figureOf(value));

/** The value as somebody says it: « 1 184 heures », « 41 sur 47, soit 87,2 % », « 3,4 jours en moyenne, pour 12 demandes ». */
export function spokenValue(framework: Framework, indicator: Indicator, value: ReadingValue | undefined): string {
	if (!value) return m.readings_empty();
	if ('notApplicable' in value) return m.readings_na();
	const { first, second } = draftOf(framework, indicator, value);
	const text = valueText(framework, indicator, value);
	if ('numerator' in value)
		return m.readings_ratio_spoken({ first, second, result: withUnit(framework, indicator, text) });
	if ('mean' in value) return m.readings_mean_spoken({ first, unit: unitText(framework, indicator), second });
	return withUnit(framework, indicator, text);
}

const withUnit = (framework: Framework, indicator: Indicator, text: string): string =>
	indicator.unit === 'pourcentage' ? text : `${text} ${unitText(framework, indicator)}`;

export const unitText = (framework: Framework, indicator: Indicator): string => unitWords(framework, indicator.unit);

export function unitWords(framework: Framework, id: string | undefined): string {
	const unit = framework.units.find((one) => one.id === id);
	return unit ? say(unit.label) : '';
}

/** A value as it would be typed. */
export function draftOf(framework: Framework, indicator: Indicator, value: ReadingValue | undefined): Draft {
	const [first, second] = unitsOf(indicator);
	const typed = (amount: unknown, unit: string | undefined) => {
		const decimals = unit ? decimalsOf(framework, unit) : 0;
		return number(inUnits(Number(amount), decimals), decimals);
	};
	if (!value || 'notApplicable' in value) return { first: '', second: '' };
	if ('numerator' in value) return { first: typed(value.numerator, first), second: typed(value.denominator, second) };
	if ('mean' in value) return { first: typed(value.mean, first), second: typed(value.weight, second) };
	return { first: typed(value.amount, first), second: '' };
}

/** What to do about what was typed. */
export function slipText({ problem, decimals }: Slip): string {
	switch (problem) {
		case 'letters':
			return m.readings_slip_letters();
		case 'decimals':
			return decimals === 0 ? m.readings_slip_whole() : m.readings_slip_decimals({ count: decimals });
		case 'size':
			return m.readings_slip_size();
		case 'missing':
			return m.readings_slip_missing();
		case 'negative':
			return m.readings_slip_negative();
		case 'above':
			return m.readings_slip_above();
	}
}

/** « +240 % », « −60 % ». */
export const changeText = (change: number): string =>
	change > 0 ? `+${percent(change)}` : percent(change).replace('-', '−');
