import fc from 'fast-check';
import { expect, test } from 'vitest';
import { snapped } from '../../src/routes/(field)/interviews/[id]/words/passages';

const text = 'Je venais pour l’accueil, au rendez-vous. Les clés, c’était « à moi ».';
const pick = (words: string) => ({ start: text.indexOf(words), end: text.indexOf(words) + words.length });
const taken = (words: string) => {
	const span = snapped(text, pick(words));
	return span && text.slice(span.start, span.end);
};

test('a selection takes whole words, whatever the hand missed', () => {
	expect(taken('enais po')).toBe('venais pour');
	expect(taken('ccueil, au rend')).toBe('l’accueil, au rendez-vous');
	expect(taken('s clés')).toBe('Les clés');
	expect(taken('à m')).toBe('à moi');
});

test('a selection of whole words stays as it is, without the blanks around it', () => {
	expect(taken('venais pour')).toBe('venais pour');
	expect(taken(' Les clés, ')).toBe('Les clés,');
	expect(taken('« à moi »')).toBe('« à moi »');
	expect(taken(' ')).toBeUndefined();
});

test('no selection ends within a word', () => {
	const letter = /[\p{L}\p{N}]/u;
	const place = fc.integer({ min: 0, max: text.length });
	fc.assert(
		fc.property(place, place, (a, b) => {
			const span = snapped(text, { start: Math.min(a, b), end: Math.max(a, b) });
			if (!span) return;
			for (const at of [span.start, span.end])
				expect(letter.test(text[at - 1] ?? '') && letter.test(text[at] ?? '')).toBe(false);
			expect(snapped(text, span)).toEqual(span);
		})
	);
});
