import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Pace } from '$lib/here/pace';

describe('what is typed goes to the disk', () => {
	let written = 0;
	let pace: Pace;
	beforeEach(() => {
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
		written = 0;
		pace = new Pace(() => {
			pace.rest();
			written += 1;
		});
	});
	afterEach(() => vi.useRealTimers());

	test('once the hand pauses, in one go', () => {
		for (const _ of 'douze') pace.key();
		vi.advanceTimersByTime(399);
		expect(written).toBe(0);
		vi.advanceTimersByTime(1);
		expect(written).toBe(1);
	});

	test('within a second though the hand never rests', () => {
		for (let passed = 0; passed < 1000; passed += 100) {
			pace.key();
			vi.advanceTimersByTime(100);
		}
		expect(written).toBeGreaterThanOrEqual(1);
	});

	test('not twice: what is being written waits no more', () => {
		pace.key();
		pace.rest();
		vi.advanceTimersByTime(5000);
		expect(written).toBe(0);
	});
});
