import { describe, expect, test } from 'vitest';
import { clearOf, roomiest } from '$lib/ui/line-chart';

/** A line through these heights, 100 px apart; y runs downwards, as on a screen. */
const line = (...heights: (number | null)[]) => heights.map((y, index) => (y === null ? null : { x: index * 100, y }));
const room = { top: 0, bottom: 300 };

describe('the name of a line', () => {
	test('goes above it where nothing else is near', () => {
		expect(roomiest(line(150, 150, 150), [], room)).toMatchObject({ index: 1, side: 'above' });
	});

	test('goes below it where another line runs above', () => {
		expect(roomiest(line(150, 150, 150), [line(130, 130, 130)], room)).toMatchObject({ index: 1, side: 'below' });
	});

	test('goes where the other line is farthest', () => {
		const others = [line(140, 140, 140, 40, 20, 20)];
		expect(roomiest(line(150, 150, 150, 150, 150, 150), others, room)).toMatchObject({ index: 4, side: 'above' });
	});

	test('stays inside the plot: along the top it goes below, along the bottom above', () => {
		expect(roomiest(line(10, 10, 10), [], room)).toMatchObject({ side: 'below' });
		expect(roomiest(line(290, 290, 290), [], room)).toMatchObject({ side: 'above' });
	});

	test('keeps off a slope of its own line, which the words would cross', () => {
		expect(roomiest(line(50, 150, 150, 150, 150), [], room)).toMatchObject({ index: 2, side: 'above' });
		expect(roomiest(line(150, 10, 10, 10, 10), [], room)).toMatchObject({ index: 2, side: 'below' });
	});

	test('is put neither at an end, where it would be cut, nor at a month that has no figure', () => {
		expect(roomiest(line(150, null, 150, 150, null), [], room)).toMatchObject({ index: 2 });
		expect(roomiest(line(150, null, 150), [], room)).toBeUndefined();
	});

	test('has no room along a line of two points, nor in a plot as low as the words', () => {
		expect(roomiest(line(150, 150), [], room)).toBeUndefined();
		expect(roomiest(line(10, 10, 10), [], { top: 0, bottom: 20 })).toBeUndefined();
	});
});

describe('words on a chart', () => {
	const plot = { top: 0, bottom: 200 };
	const words = (top: number, left = 0) => ({ left, right: left + 100, top, bottom: top + 20 });

	test('stay where nothing else is written', () => {
		expect(clearOf(words(50), [words(80), words(50, 120)], plot)).toBe(0);
	});

	test('move aside from others, by as little as possible', () => {
		expect(clearOf(words(50), [words(45)], plot)).toBe(15);
		expect(clearOf(words(50), [words(45), words(66)], plot)).toBe(-25);
	});

	test('stay within the plot, and are left out where there is no room', () => {
		expect(clearOf(words(5), [words(8)], plot)).toBe(23);
		expect(clearOf(words(5), [words(8)], { top: 0, bottom: 40 })).toBeUndefined();
	});
});
