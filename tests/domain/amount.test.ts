import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAmount, readNumber } from '$lib/domain/amount';

describe('an amount typed by hand', () => {
	const hours = { label: { fr: 'heures', en: 'hours' }, decimals: 2 };
	const euros = { label: { fr: '€', en: '€' }, decimals: 2 };
	const people = { label: { fr: 'client-e-s', en: 'clients' } };
	const gap = { decimals: 1, signed: true };

	test.each([
		['1184', hours, 118_400],
		['1 184,50', hours, 118_450],
		['1\u202f184,50', hours, 118_450],
		['1\u00a0184,5', hours, 118_450],
		['1 234 567', people, 1_234_567],
		['  0 ', people, 0],
		['0,0', hours, 0],
		['12,', people, 12],
		[',5', hours, 50],
		['12,50', gap, 125],
		['−3,5', gap, -35],
		['-3', gap, -30],
		['+3', gap, 30],
		['-0', gap, 0],
		['1184.5', hours, 118_450],
		['1.5', hours, 150],
		['0.125', { decimals: 3 }, 125],
		['29192,8 €', euros, 2_919_280],
		['29 192,80\u00a0€', euros, 2_919_280],
		['12 euros', euros, 1200],
		['41 h', hours, 4100],
		['41h', hours, 4100],
		['41 heures', hours, 4100],
		['1 heure', hours, 100],
		['41 hours', hours, 4100],
		['3 clients', people, 3],
		['3 client-e-s', people, 3],
		['12 t de CO2', { label: { fr: 't de CO2' } }, 12],
		['\u200e41\u200b', people, 41],
		['41\n', people, 41]
	])('in French « %s » is read', (text, unit, amount) => {
		expect(readAmount(text, unit, 'fr')).toBe(amount);
	});

	test.each([
		['1184.5', hours, 118_450],
		['1,184.5', hours, 118_450],
		['1,184,000', people, 1_184_000],
		['1,184', people, 1184],
		['1\u00a0184.5', hours, 118_450],
		['.5', hours, 50],
		['€29,192.80', euros, 2_919_280],
		['41 h', hours, 4100]
	])('in English %s is read', (text, unit, amount) => {
		expect(readAmount(text, unit, 'en')).toBe(amount);
	});

	test.each([
		['41\n47', 'several'],
		['120\t130', 'several'],
		['30\t34\r\n35\t43', 'several'],
		['1\n184', 'several'],
		['12 13', 'several'],
		['1 1845', 'several'],
		['1 18', 'several'],
		['12 345 67', 'several'],
		['0 184', 'several'],
		['41h30', 'several'],
		['12-13', 'several'],
		['12/13', 'several'],
		['12 ; 13', 'several'],
		['1.184', 'mark'],
		['1.184,50', 'mark'],
		['1,184.5', 'mark'],
		['1,2,3', 'mark'],
		["1'184", 'several'],
		['-3', 'sign'],
		['−3 h', 'sign'],
		['+3', 'sign'],
		['4,255', 'decimals'],
		['1,000', 'decimals'],
		['', 'letters'],
		[',', 'letters'],
		['-', 'letters'],
		['douze', 'letters'],
		['12 jours', 'letters'],
		['3 k€', 'letters'],
		['12 h h', 'letters'],
		['12 %', 'letters'],
		['--3', 'letters'],
		['3-', 'letters'],
		['1e3', 'several'],
		['0x10', 'several'],
		['NaN', 'letters'],
		['Infinity', 'letters'],
		['٣', 'letters']
	])('in French « %s » is refused, and why: %s', (text, problem) => {
		expect(readAmount(text, hours, 'fr')).toBe(problem);
	});

	test.each([
		['1,5', 'mark'],
		['12,50', 'mark'],
		['1 184,5', 'mark'],
		['1.184,50', 'mark'],
		['1.184.500', 'mark'],
		['12 13', 'several'],
		['1,184 500', 'several']
	])('in English %s is refused, and why: %s', (text, problem) => {
		expect(readAmount(text, hours, 'en')).toBe(problem);
	});

	test('digits finer than the unit are refused, not cut off', () => {
		expect(readAmount('4,25', { decimals: 1 }, 'fr')).toBe('decimals');
		expect(readAmount('4,5', {}, 'fr')).toBe('decimals');
	});

	test('a number too large to be kept exactly is refused', () => {
		expect(readAmount('9007199254740991', {}, 'fr')).toBe(9_007_199_254_740_991);
		expect(readAmount('9007199254740992', {}, 'fr')).toBe('size');
		expect(readAmount('90071992547409,92', hours, 'fr')).toBe('size');
		expect(readAmount('9'.repeat(400), {}, 'fr')).toBe('size');
	});

	test('two numbers are never put together, whatever stands between them', () => {
		const between = fc.constantFrom(' ', '\u00a0', '\u202f', '\t', '\n', '\r\n', ';', ' ; ', '/', '-', '|', '\u2028');
		const digits = fc.nat(9999).map(String);
		fc.assert(
			fc.property(digits, between, digits, fc.constantFrom('fr', 'en'), (one, apart, other, language) => {
				const isThousands = /^[ \u00a0\u202f]$/.test(apart) && /^[1-9]\d{0,2}$/.test(one) && other.length === 3;
				const read = readAmount(`${one}${apart}${other}`, {}, language);
				if (isThousands) expect(read).toBe(Number(one + other));
				else expect(read).toBe('several');
			})
		);
	});

	test('whatever is typed, the answer is a whole number or a reason', () => {
		const words = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\d.,+ €h%-]{0,9}$/));
		fc.assert(
			fc.property(words, fc.integer({ min: 0, max: 4 }), fc.constantFrom('fr', 'en'), (text, decimals, language) => {
				const read = readAmount(text, { ...euros, decimals }, language);
				expect(typeof read === 'string' || Number.isSafeInteger(read)).toBe(true);
			})
		);
	});
});

describe('a number asked for between 0 and 999', () => {
	const whole = { decimals: 0, min: 0, max: 999 };
	const tenths = { decimals: 1, min: 0, max: 9990 };

	test.each([
		['12', whole, 12],
		[' 12 ', whole, 12],
		['999', whole, 999],
		['1,5', tenths, 15],
		['1.5', tenths, 15],
		['999', tenths, 9990]
	])('« %s » is read', (text, bounds, amount) => {
		expect(readNumber(text, bounds, 'fr')).toEqual({ amount });
	});

	test.each([
		['1,5', whole, 'decimals'],
		['1.5', whole, 'decimals'],
		['1,25', tenths, 'decimals'],
		['1200', whole, 'outside'],
		['1000', tenths, 'outside'],
		['−3', whole, 'outside'],
		['-3', whole, 'outside'],
		['9'.repeat(30), whole, 'outside'],
		['douze', whole, 'letters'],
		['12 fois', whole, 'letters']
	])('« %s » is refused, and never becomes another number', (text, bounds, problem) => {
		expect(readNumber(text, bounds, 'fr')).toEqual({ problem });
	});

	test('an empty field is no number, not zero', () => {
		expect(readNumber('  ', whole, 'fr')).toEqual({ amount: undefined });
	});
});
