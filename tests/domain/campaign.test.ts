import { describe, expect, test } from 'vitest';
import { byNearness, overlap } from '$lib/domain/campaign';

const years = (from: string, to: string) => ({ from: `${from}-01`, to: `${to}-12` });

describe('several campaigns', () => {
	test('stand with the one of today first, then the last one first', () => {
		const [last, now, next] = [years('2025', '2025'), years('2026', '2026'), years('2027', '2027')];
		expect([last, next, now].sort(byNearness('2026-11'))).toEqual([now, next, last]);
		expect([last, now, next].sort(byNearness('2028-01'))).toEqual([next, now, last]);
	});

	test('are of the same time when they share a month', () => {
		expect(overlap(years('2026', '2026'), { from: '2026-12', to: '2027-11' })).toBe(true);
		expect(overlap(years('2026', '2026'), years('2027', '2027'))).toBe(false);
	});
});
