import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeFrom, plainCode } from '$lib/domain/code';

describe('a code that people read aloud and type', () => {
	test('holds fifty bits: ten characters, each of them any of thirty-two', () => {
		const codes = Array.from({ length: 256 }, (_, byte) => plainCode(codeFrom(new Uint8Array(10).fill(byte))));
		expect(new Set(codes).size).toBe(32);
		for (const code of codes) expect(codes.filter((one) => one === code)).toHaveLength(8); // none is likelier
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), (bytes) => {
				const letters = plainCode(codeFrom(bytes));
				expect(letters).toHaveLength(10);
				expect(letters).toBe([...bytes].map((byte) => codes[byte]![0]).join(''));
			})
		);
	});

	test('has no letter that looks like a digit, and a dash to breathe at', () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), (bytes) => {
				expect(codeFrom(bytes)).toMatch(/^[A-HJ-NP-Z2-9]{5}-[A-HJ-NP-Z2-9]{5}$/);
			})
		);
	});
});
