import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fit } from '$lib/domain/text';

describe('a text in a field that holds 20 characters', () => {
	test('that fits is held whole', () => {
		expect(fit('Ils ont été à l’heure', 21)).toEqual({ held: 'Ils ont été à l’heure', over: 0 });
	});

	test('that is too long says how much is left over', () => {
		expect(fit('0123456789'.repeat(3), 20)).toEqual({ held: '0123456789'.repeat(2), over: 10 });
	});

	test('is never cut within a character', () => {
		expect(fit(`${'a'.repeat(19)}🌱🌱`, 20)).toEqual({ held: 'a'.repeat(19), over: 2 });
	});

	test('counts letters as they are kept, not as a keyboard composes them', () => {
		expect(fit('e\u0301'.repeat(20), 20)).toEqual({ held: 'é'.repeat(20), over: 0 });
	});

	test('whatever it is, what is held never exceeds the field, and is the beginning of the text', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, limit) => {
				const { held, over } = fit(text, limit);
				expect(held.length).toBeLessThanOrEqual(limit);
				expect(text.normalize('NFC').replace(/\r\n?/g, '\n').startsWith(held)).toBe(true);
				expect(over > 0).toBe(held.length < text.normalize('NFC').replace(/\r\n?/g, '\n').length);
			})
		);
	});
});
