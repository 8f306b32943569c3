import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layStrokes } from '$lib/ui/strokes';

const ORDER = ['sent', 'waiting', 'empty'];

/** `sent` as |, `waiting` as :, `empty` as a dot, a space between groups. */
const drawn = (sent: number, waiting: number, target: number): string => {
	const marks = { sent: '|', waiting: ':', empty: '.' };
	return layStrokes(sent, waiting, target)
		.groups.map((group) => group.map((one) => marks[one]).join(''))
		.join(' ');
};

describe('the strokes of a collection', () => {
	test('are one a person, in fives, as one counts on paper: received, still on the tablet, still to meet', () => {
		expect(drawn(6, 2, 12)).toBe('||||| |::.. ..');
		expect(layStrokes(6, 2, 12).each).toBe(1);
	});

	test('go on past the target when more people were met than hoped', () => {
		expect(drawn(7, 0, 5)).toBe('||||| ||');
	});

	test('are none where nobody is expected and nobody came', () => {
		expect(drawn(0, 0, 0)).toBe('');
	});

	test('stand for five people each when more than sixty would have to be drawn', () => {
		expect(layStrokes(60, 0, 60).each).toBe(1);
		expect(layStrokes(20, 0, 61)).toMatchObject({ each: 5 });
		expect(drawn(20, 0, 61)).toBe('||||. ..... ...');
	});

	test('show the first person met, whatever the target', () => {
		expect(drawn(1, 0, 200).startsWith('|.')).toBe(true);
		expect(drawn(0, 1, 200).startsWith(':.')).toBe(true);
	});

	test('never show a target as reached while one person is missing', () => {
		fc.assert(
			fc.property(
				fc.nat({ max: 200 }),
				fc.nat({ max: 200 }),
				fc.integer({ min: -6, max: 6 }),
				(sent, waiting, more) => {
					const target = Math.max(0, sent + waiting + more);
					const strokes = layStrokes(sent, waiting, target).groups.flat();
					expect(strokes.includes('empty')).toBe(sent + waiting < target);
					expect(strokes.includes('waiting') && waiting === 0).toBe(false);
					expect(strokes.toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))).toEqual(strokes);
				}
			)
		);
	});
});
