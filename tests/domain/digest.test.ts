import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashOf, minus, NO_ROWS, plus, together, type Digest } from '$lib/domain/digest';

const row = fc.tuple(fc.string({ unit: 'binary' }), fc.nat({ max: 2 ** 40 }));
const rows = fc.array(row);
const digestOf = (all: [string, number][]): Digest => all.reduce((sum, [id, at]) => plus(sum, id, at), NO_ROWS);

describe('the digest of what one holds', () => {
	test('does not depend on the order in which it came', () => {
		fc.assert(
			fc.property(
				rows.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
				([all, shuffled]) => {
					expect(digestOf(shuffled)).toEqual(digestOf(all));
				}
			)
		);
	});

	test('forgets what is taken out again', () => {
		fc.assert(
			fc.property(rows, row, (all, [id, at]) => {
				expect(minus(plus(digestOf(all), id, at), id, at)).toEqual(digestOf(all));
			})
		);
	});

	test('of several audiences together is that of all their rows', () => {
		fc.assert(
			fc.property(fc.array(rows), (audiences) => {
				expect(together(audiences.map(digestOf))).toEqual(digestOf(audiences.flat()));
			})
		);
	});

	test('stays a whole number that both databases hold exactly', () => {
		fc.assert(
			fc.property(rows, (all) => {
				const { sum } = digestOf(all);
				expect(Number.isSafeInteger(sum) && sum >= 0 && sum < 2 ** 52).toBe(true);
			})
		);
	});

	test('differs when one record is missing, other or older', () => {
		fc.assert(
			fc.property(rows, row, fc.integer({ min: 1, max: 1000 }), (all, [id, at], older) => {
				const whole = plus(digestOf(all), id, at);
				expect(digestOf(all)).not.toEqual(whole);
				expect(plus(digestOf(all), id, at + older)).not.toEqual(whole);
				expect(plus(digestOf(all), `${id}x`, at)).not.toEqual(whole);
			})
		);
	});

	test('rarely gives two rows one hash', () => {
		const hashes = new Set(Array.from({ length: 20_000 }, (_, i) => hashOf(`record-${i % 200}`, Math.floor(i / 200))));
		expect(hashes.size).toBe(20_000);
	});
});
