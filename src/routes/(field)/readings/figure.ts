import { digitsOf, figureOf, numberOf, type Figure } from '$lib/domain/figures';
import { decimalsOf, inUnits, isPercentage } from '$lib/domain/framework';
import type { Framework, Indicator } from '$lib/domain/framework-shapes';
import type { ReadingValue } from '$lib/domain/reading';
import { m } from '$lib/words/generated/messages';
import { alike, misreadText } from '$lib/words/amounts';
import { bareNumber, number, percent, say } from '$lib/words/format';
import type { Fate, Span } from './block';
import { unitsOf, type Draft, type Row, type Slip } from './grid';

/** What a cell shows: the number, « s. o. », or nothing at all. */
export function figureText(framework: Framework, indicator: Indicator, figure: Figure, least = 0): string {
	if (figure.state === 'empty') return '';
	if (figure.state === 'not-applicable') return m.readings_na_short();
	const value = numberOf(framework, indicator, figure);
	if (value === undefined) return '–'; // over nobody
	const text = number(value, digitsOf(framework, indicator), least);
	return isPercentage(framework, indicator) ? `${text}${percent(0).slice(1)}` : text;
}

export const valueText = (
	framework: Framework,
	indicator: Indicator,
	value: ReadingValue | undefined,
	least = 0
): string => figureText(framework, indicator, figureOf(value), least);

/** The digits after the comma of a row, so that its figures of one year and of both are written alike. */
export const digitsIn = (framework: Framework, { indicator, cells, total }: Row): number =>
	alike(
		[...cells.flatMap(({ value, before }) => [figureOf(value), figureOf(before)]), total.figure, total.before].map(
			(figure) => numberOf(framework, indicator, figure)
		),
		digitsOf(framework, indicator)
	);

/** A value as a spreadsheet takes it: « 1184,5 » without spaces, and « 41 sur 47 », which none of them takes for a date. */
function copiedValue(framework: Framework, indicator: Indicator, value: ReadingValue | undefined): string {
	if (value && 'notApplicable' in value) return m.readings_na_short();
	const { first, second } = draftOf(framework, indicator, value, bareNumber);
	return second ? m.readings_both({ first, second }) : first;
}

/** A block of cells as a spreadsheet takes it; a total is its number alone. */
export const copiedBlock = (framework: Framework, rows: readonly Row[], { from, to }: Span): string =>
	rows
		.slice(from.row, to.row + 1)
		.map(({ indicator, cells, total }) => {
			const sum = total.apart ? undefined : numberOf(framework, indicator, total.figure);
			const texts = cells.map(({ value }) => copiedValue(framework, indicator, value));
			return [...texts, sum === undefined ? '' : bareNumber(sum, digitsOf(framework, indicator))]
				.slice(from.column, to.column + 1)
				.join('\t');
		})
		.join('\n');

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
	isPercentage(framework, indicator) ? text : `${text} ${unitText(framework, indicator)}`;

export const unitText = (framework: Framework, indicator: Indicator): string => unitWords(framework, indicator.unit);

export function unitWords(framework: Framework, id: string | undefined): string {
	const unit = framework.units.find((one) => one.id === id);
	return unit ? say(unit.label) : '';
}

/** A value as it would be typed.
 * @param write how its numbers are written */
export function draftOf(
	framework: Framework,
	indicator: Indicator,
	value: ReadingValue | undefined,
	write = number
): Draft {
	const [first, second] = unitsOf(indicator);
	const typed = (amount: unknown, unit: string | undefined) => {
		const decimals = unit ? decimalsOf(framework, unit) : 0;
		return write(inUnits(Number(amount), decimals), decimals);
	};
	if (!value || 'notApplicable' in value) return { first: '', second: '' };
	if ('numerator' in value) return { first: typed(value.numerator, first), second: typed(value.denominator, second) };
	if ('mean' in value) return { first: typed(value.mean, first), second: typed(value.weight, second) };
	return { first: typed(value.amount, first), second: '' };
}

/** What to do about what was typed. */
export function slipText({ problem, decimals }: Slip): string {
	switch (problem) {
		case 'missing':
			return m.readings_slip_missing();
		case 'above':
			return m.readings_slip_above();
		default:
			return misreadText(problem, decimals);
	}
}

/** Why a pasted cell is not taken. */
export function refusalText(why: Extract<Fate, { kind: 'refused' }>['why']): string {
	switch (why) {
		case 'future':
			return m.paste_future();
		case 'contested':
			return m.paste_contested();
		case 'read-only':
			return m.paste_read_only();
		default:
			return why.problem === 'missing' ? m.paste_both() : slipText(why);
	}
}

/** « +240 % », « −60 % ». */
export const changeText = (change: number): string =>
	change > 0 ? `+${percent(change)}` : percent(change).replace('-', '−');
