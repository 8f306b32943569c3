import { describe, expect, test } from 'vitest';
import { isSame } from '$lib/ui/one-touch';

const NEXT = {};
const DONE = {};
const touch = (at: number, control: object | null = NEXT, x = 500, y = 700) => ({ at, control, place: { x, y } });
const key = (at: number, control: object) => ({ at, control, place: undefined });

describe('a second touch is the first one again', () => {
	test.each([60, 150, 299])('%i ms later on the same button', (later) => {
		expect(isSame(touch(1000), touch(1000 + later))).toBe(true);
	});

	test('on whatever has come to lie under the finger, a button or an answer', () => {
		expect(isSame(touch(1000), touch(1100, DONE, 510, 690))).toBe(true);
		expect(isSame(touch(1000), touch(1100, null, 510, 690))).toBe(true);
	});

	test('on the same button by the keyboard, which has no place', () => {
		expect(isSame(key(1000, NEXT), key(1100, NEXT))).toBe(true);
		expect(isSame(key(1000, NEXT), key(1100, DONE))).toBe(false);
	});
});

describe('a second touch is another', () => {
	test('once the hand has had the time to mean it', () => {
		expect(isSame(touch(1000), touch(1300))).toBe(false);
	});

	test('elsewhere on the screen, however soon', () => {
		expect(isSame(touch(1000), touch(1060, DONE, 300, 700))).toBe(false);
	});

	test('sooner where one counts by one', () => {
		expect(isSame(touch(1000), touch(1150), true)).toBe(true);
		expect(isSame(touch(1000), touch(1200), true)).toBe(false);
	});
});
