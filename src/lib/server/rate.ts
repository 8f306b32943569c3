import { Problem } from '../domain/problem';

/** Requests an address may make at once, and how many come back each second: an office of twenty tablets shares one. */
const BURST = 600;
const PER_SECOND = 20;
const ADDRESSES = 10_000;

/** Refuses an address that asks too much, in this process's memory: sign-ins are throttled in the database besides.
 * @returns what to call for each request; it throws Problem `too-many-tries` (429) */
export function rateLimit(clock: () => Date): (address: string) => void {
	const buckets = new Map<string, { left: number; at: number }>();
	return (address) => {
		const now = clock().getTime();
		const before = buckets.get(address) ?? { left: BURST, at: now };
		const passed = Math.max(0, now - before.at) / 1000; // a clock set back takes nothing away
		const left = Math.min(BURST, before.left + passed * PER_SECOND) - 1;
		buckets.delete(address); // the one that asked last goes last, so that the first is the oldest
		if (buckets.size >= ADDRESSES) buckets.delete(buckets.keys().next().value!);
		buckets.set(address, { left: Math.max(left, -1), at: now });
		if (left < 0) throw new Problem('too-many-tries', 429, { seconds: Math.ceil(-left / PER_SECOND) });
	};
}
