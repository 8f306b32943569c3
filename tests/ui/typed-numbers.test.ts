import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { inUnits } from '$lib/domain/framework';
import { alike, readAmount, readNumber } from '$lib/words/amounts';
import { number } from '$lib/words/format';
import { overwriteGetLocale, type Locale } from '$lib/words/generated/runtime';

afterEach(() => overwriteGetLocale(() => 'fr'));

describe.each(['fr', 'en'] satisfies Locale[])('a number shown in %s', (language) => {
	const label = { fr: 'heures', en: 'hours' };
	const stored = fc.tuple(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), fc.integer({ min: 0, max: 4 }));

	test('is read back equal, alone and with its unit', () => {
		overwriteGetLocale(() => language);
		fc.assert(
			fc.property(stored, ([amount, decimals]) => {
				const measure = { label, decimals, signed: true };
				const text = number(inUnits(amount, decimals), decimals);
				expect(readAmount(text, measure)).toBe(amount);
				expect(readAmount(`${text}\u00a0${label[language]}`, measure)).toBe(amount);
				expect(readNumber(text, { decimals, min: amount, max: amount })).toEqual({ amount });
			})
		);
	});
});

test('figures of one list have as many digits after the comma, or none', () => {
	const written = (values: (number | undefined)[]) =>
		values.map((value) => (value === undefined ? '' : number(value, 2, alike(values, 2))));
	expect(written([1912.4, undefined, 1184, 0.25])).toEqual(['1\u00a0912,40', '', '1\u00a0184,00', '0,25']);
	expect(written([1912, 1184])).toEqual(['1\u00a0912', '1\u00a0184']);
	expect(written([1912.001])).toEqual(['1\u00a0912']);
});
