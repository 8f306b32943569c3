const TALLEST = 122; // px, the longest bar of the whole landscape

/** One scale for everything above and below the horizon, so that bars can be compared across registers.
 * @returns the height of one excerpt and of the two halves, in px */
export function scaleOf(pairs: { added: number; improve: number }[]): { unit: number; above: number; below: number } {
	const most = (values: number[]) => Math.max(0, ...values);
	const added = most(pairs.map((pair) => pair.added));
	const improve = most(pairs.map((pair) => pair.improve));
	const unit = TALLEST / Math.max(added, improve, 4); // 4: two lone excerpts must not look like a landslide
	return { unit, above: added * unit, below: improve * unit };
}
