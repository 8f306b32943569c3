/** Where a passage stands in an answer, as JavaScript and the DOM count: UTF-16 offsets, end excluded. */
export type Span = { start: number; end: number };
export type Marked = Span & { id: string };
/** A run of text under the same excerpts. `ends` are those that end here: their number is written after it. */
export type Run = { text: string; start: number; under: string[]; ends: string[] };

/** Cuts an answer where excerpts begin and end. They may overlap: what says both added value and a lead is marked twice. */
export function runsOf(text: string, marked: readonly Marked[]): Run[] {
	const cuts = new Set([0, text.length]);
	for (const { start, end } of marked) {
		cuts.add(Math.min(start, text.length));
		cuts.add(Math.min(end, text.length));
	}
	const places = [...cuts].sort((a, b) => a - b);
	return places.slice(0, -1).map((start, i) => {
		const end = places[i + 1]!;
		return {
			text: text.slice(start, end),
			start,
			under: marked.filter((one) => one.start <= start && one.end >= end).map(({ id }) => id),
			ends: marked.filter((one) => one.end === end).map(({ id }) => id)
		};
	});
}

/** The sentences of an answer, for choosing a passage without a pointer. */
export function sentencesOf(text: string): Span[] {
	return [...new Intl.Segmenter('fr', { granularity: 'sentence' }).segment(text)]
		.map(({ segment, index }) => ({ start: index, end: index + segment.trimEnd().length }))
		.filter(({ start, end }) => end > start);
}

/** A selection as it is meant: whole words, whatever the hand missed at either end, without the blanks around them; nothing
 * when nothing else is left. */
export function snapped(text: string, { start, end }: Span): Span | undefined {
	const picked = text.slice(start, end);
	const from = start + (picked.length - picked.trimStart().length);
	const to = end - (picked.length - picked.trimEnd().length);
	if (to <= from) return undefined;
	const isCut = (at: number) => WORD_BEFORE.test(text.slice(0, at)) && WORD_AFTER.test(text.slice(at));
	return {
		start: isCut(from) ? from - WORD_BEFORE.exec(text.slice(0, from))![0].length : from,
		end: isCut(to) ? to + WORD_AFTER.exec(text.slice(to))![0].length : to
	};
}

/** « l’accueil » and « rendez-vous » are one word each. */
const WORD_BEFORE = /[\p{L}\p{M}\p{N}'’\u2010\u2011\u2060-]+$/u;
const WORD_AFTER = /^[\p{L}\p{M}\p{N}'’\u2010\u2011\u2060-]+/u;
