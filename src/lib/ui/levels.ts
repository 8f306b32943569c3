/** Which of the four fills (outline, tint, mix, ink) a level takes, so that the last one is always the darkest. */
export function fillOf(index: number, total: number): 'n1' | 'n2' | 'n3' | 'n4' {
	const step = total < 2 ? 3 : Math.round((index * 3) / (total - 1));
	return (['n1', 'n2', 'n3', 'n4'] as const)[Math.min(3, step)] ?? 'n4';
}
