/** A reload lets go of its locks a moment after the new page has begun to ask. */
const PATIENCE = 1500;

/** Takes hold of something that one tab at a time may write.
 * @returns how to let go, or nothing when another tab has it */
export function hold(name: string): Promise<(() => void) | undefined> {
	return new Promise((got) => {
		navigator.locks
			.request(name, { signal: AbortSignal.timeout(PATIENCE) }, () => new Promise<void>((release) => got(release)))
			.catch(() => got(undefined));
	});
}
