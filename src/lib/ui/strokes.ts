export type Stroke = 'sent' | 'waiting' | 'empty';

/** How people collected are drawn against a target.
 * @returns the strokes in groups of five, and how many people one stroke stands for: 1,
 *   or 5 when more than 60 would have to be drawn */
export function layStrokes(sent: number, waiting: number, target: number): { each: 1 | 5; groups: Stroke[][] } {
	const collected = sent + waiting;
	const people = Math.max(collected, target);
	const each = people > 60 ? 5 : 1;
	const total = Math.ceil(people / each);
	// Rounding down never shows a target as reached before it is; the very first person still leaves a mark.
	const strokesFor = (count: number) => (count >= people ? total : Math.floor(count / each));
	const filled = collected > 0 ? Math.max(1, strokesFor(collected)) : 0;
	const on = Math.min(filled, waiting > 0 ? strokesFor(sent) : filled);
	const strokes = Array.from({ length: total }, (_, index): Stroke =>
		index < on ? 'sent' : index < filled ? 'waiting' : 'empty'
	);
	return { each, groups: inFives(strokes) };
}

function inFives<T>(items: T[]): T[][] {
	return Array.from({ length: Math.ceil(items.length / 5) }, (_, group) => items.slice(group * 5, group * 5 + 5));
}
