import fc from 'fast-check';
import { expect, test } from 'vitest';
import { monthsBefore } from '$lib/domain/retention';

test('some months before the end of a long month is the end of the short one, never a day of the next', () => {
	const before = (iso: string, months: number) => monthsBefore(new Date(iso), months).toISOString();
	expect(before('2026-05-31T10:00:00.000Z', 3)).toBe('2026-02-28T10:00:00.000Z');
	expect(before('2028-05-31T10:00:00.000Z', 3)).toBe('2028-02-29T10:00:00.000Z');
	expect(before('2026-11-26T10:00:00.000Z', 24)).toBe('2024-11-26T10:00:00.000Z');
});

test('nobody’s words go before the months that were promised have gone by', () => {
	const day = fc.date({ min: new Date('2014-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
	fc.assert(
		fc.property(day, fc.integer({ min: 1, max: 60 }), (now, months) => {
			const then = monthsBefore(now, months);
			const apart = (now.getUTCFullYear() - then.getUTCFullYear()) * 12 + now.getUTCMonth() - then.getUTCMonth();
			expect(apart).toBe(months);
		})
	);
});
