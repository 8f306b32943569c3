import * as amounts from '$lib/domain/amount';
import { getLocale } from './generated/runtime';
import { m } from './generated/messages';

/** Reads an amount as it is written in the language of the interface. */
export const readAmount = (text: string, measure: amounts.Measure | undefined): number | amounts.Misread =>
	amounts.readAmount(text, measure ?? {}, getLocale());

/** Reads a number asked for within bounds. */
export const readNumber = (text: string, bounds: amounts.Bounds): ReturnType<typeof amounts.readNumber> =>
	amounts.readNumber(text, bounds, getLocale());

/** The digits after the comma that numbers written one under another all have: none where none needs any. */
export const alike = (values: readonly (number | undefined)[], digits: number): number =>
	values.some((value) => value !== undefined && !Number.isInteger(Number(value.toFixed(digits)))) ? digits : 0;

/** What to do about what is typed and is no amount.
 * @param decimals digits the unit allows after the comma */
export function misreadText(problem: amounts.Misread, decimals: number): string {
	switch (problem) {
		case 'letters':
			return m.number_letters();
		case 'several':
			return m.number_several();
		case 'mark':
			return m.number_mark();
		case 'sign':
			return m.number_sign();
		case 'decimals':
			return decimals === 0 ? m.number_whole() : m.number_decimals({ count: decimals });
		case 'size':
			return m.number_size();
	}
}
