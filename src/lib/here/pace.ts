/** Typing goes to the disk at the first pause of this length, */
const PAUSE = 400; // milliseconds
/** and by then even when the hand never rests: a second of typing is all that a dead battery may take. */
const AT_MOST = 600;

/** When what is being typed goes to the disk. */
export class Pace {
	#timer: ReturnType<typeof setTimeout> | undefined;
	/** When the oldest key that waits was typed. */
	#since: number | undefined;

	constructor(readonly write: () => unknown) {}

	/** A key was typed. */
	key(): void {
		clearTimeout(this.#timer);
		this.#since ??= performance.now();
		const left = this.#since + AT_MOST - performance.now();
		this.#timer = setTimeout(() => void this.write(), Math.max(0, Math.min(PAUSE, left)));
	}

	/** It is being written: nothing waits any more. */
	rest(): void {
		clearTimeout(this.#timer);
		this.#since = undefined;
	}
}
