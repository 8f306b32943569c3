import { Problem } from '../../domain/problem';

/** Requests that one may make at once, and how many come back each second: an office of twenty tablets shares one address. */
const BURST = 600;
const PER_SECOND = 20;
const REMEMBERED = 10_000;

type Bucket = { left: number; at: number };

/** Refuses whoever asks too much, in this process's memory: sign-ins are throttled in the database besides. A device that has
 * shown here that it is somebody's has a count of its own, whatever others ask from its address, and takes nothing from
 * theirs. */
export type Rate = {
	/** Counts a request.
	 * @param shown what its device shows of itself: nothing of it is believed before it was met
	 * @throws Problem `too-many-tries` (429) with the seconds left */
	count: (address: string, shown?: readonly string[]) => void;
	/** What a device showed is somebody's. */
	meet: (shown: string) => void;
};

export function rateLimit(clock: () => Date): Rate {
	const [addresses, devices] = [new Map<string, Bucket>(), new Map<string, Bucket>()];
	const full = (): Bucket => ({ left: BURST, at: clock().getTime() });
	return {
		count(address, shown = []) {
			const device = shown.find((one) => devices.has(one));
			const [buckets, key] = device === undefined ? [addresses, address] : [devices, device];
			const now = clock().getTime();
			const before = buckets.get(key) ?? full();
			const passed = Math.max(0, now - before.at) / 1000; // a clock set back takes nothing away
			const left = Math.min(BURST, before.left + passed * PER_SECOND) - 1;
			putLast(buckets, key, { left: Math.max(left, -1), at: now });
			if (left < 0) throw new Problem('too-many-tries', 429, { seconds: Math.ceil(-left / PER_SECOND) });
		},
		meet(shown) {
			if (!devices.has(shown)) putLast(devices, shown, full());
		}
	};
}

/** The one that asked last goes last, so that the first is the oldest. */
function putLast(buckets: Map<string, Bucket>, key: string, bucket: Bucket): void {
	buckets.delete(key);
	if (buckets.size >= REMEMBERED) buckets.delete(buckets.keys().next().value!);
	buckets.set(key, bucket);
}
