/** A hand that hurries or trembles touches twice; whoever means to touch again takes longer than this. */
const AGAIN = 300; // milliseconds
/** Counting one by one is done fast, and its figure is under the eye. */
const AGAIN_COUNTING = 180;
const NEAR = 32; // CSS pixels
const ACTS = 'button, a, summary';

type Touch = { at: number; control: object | null; place: { x: number; y: number } | undefined };

/** Whether the second touch belongs to the first: the same control, or whatever has come to lie under the finger since. */
export function isSame(first: Touch, second: Touch, counting = false): boolean {
	if (second.at - first.at >= (counting ? AGAIN_COUNTING : AGAIN)) return false;
	if (first.control === second.control) return true;
	return (
		first.place !== undefined &&
		second.place !== undefined &&
		Math.hypot(first.place.x - second.place.x, first.place.y - second.place.y) < NEAR
	);
}

/** Makes every button and every link take two touches for one, in all pages: what creates, counts or moves does it once.
 * @returns how to stop */
export function takeTwoForOne(): () => void {
	let first: Touch | undefined;

	function touch(event: MouseEvent): void {
		const control = (event.target as Element).closest(ACTS);
		if (control?.hasAttribute('data-types')) return answer(); // a key: twice is two signs
		// A key or a script has no place, and says so by a count of none.
		const place = event.detail > 0 ? { x: event.clientX, y: event.clientY } : undefined;
		const second = { at: event.timeStamp, control, place };
		if (first && isSame(first, second, control?.hasAttribute('data-counts'))) stop(event);
		else first = control ? second : undefined;
	}

	/** Whoever has answered or typed meanwhile means the next touch. */
	function answer(): void {
		first = undefined;
	}

	/** A key held down repeats; a finger held down does not. */
	function key(event: KeyboardEvent): void {
		const acts = event.key === 'Enter' || event.key === ' ';
		if (acts && event.repeat && (event.target as Element).closest(ACTS)) stop(event);
	}

	const capture = { capture: true };
	addEventListener('click', touch, capture);
	addEventListener('input', answer, capture);
	addEventListener('keydown', key, capture);
	return () => {
		removeEventListener('click', touch, capture);
		removeEventListener('input', answer, capture);
		removeEventListener('keydown', key, capture);
	};
}

function stop(event: Event): void {
	event.preventDefault();
	event.stopImmediatePropagation();
}
