import { flushSync } from 'svelte';

/** Rows drawn with the page, which is about what is in sight; and with each frame after it. */
const FIRST = 12;
const STEP = 24;

/** How many rows of a long list to draw: those in sight at once, the others in the frames that follow, so that the first wait
 * for none of them. All of them where the page is printed.
 * @param total how many there are to draw */
export function gradually(total: () => number): { readonly count: number } {
	// What stands in the place of a narrow page on paper is made while it is printed.
	let count = $state(matchMedia('print').matches ? Infinity : FIRST);
	$effect(() => {
		if (count >= total()) return;
		let timer: ReturnType<typeof setTimeout> | undefined;
		const frame = requestAnimationFrame(() => (timer = setTimeout(() => (count += STEP)))); // once it has been painted
		const drawAll = () => flushSync(() => (count = Infinity));
		addEventListener('beforeprint', drawAll);
		return () => {
			cancelAnimationFrame(frame);
			clearTimeout(timer);
			removeEventListener('beforeprint', drawAll);
		};
	});
	return {
		get count() {
			return count;
		}
	};
}
