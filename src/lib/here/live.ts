import { liveQuery } from 'dexie';
import { createSubscriber } from 'svelte/reactivity';

/** What the device holds now, read again whenever it changes: `undefined` until first read. What
 * cannot be read the first time is thrown: it is not nothing.
 * Values that the query depends on must be read before it is made: `$derived.by(() => { const id = …; return live(() => …id…) })`,
 * each a primitive `$derived` of its own: an object that comes anew with every exchange would make the query anew, and what
 * a person opened on the page would close. */
export function live<T>(query: () => Promise<T>): { readonly current: T | undefined } {
	let value: T | undefined;
	let failed: { cause: unknown } | undefined;
	const subscribe = createSubscriber((update) => {
		const subscription = liveQuery(query).subscribe({
			next: (found) => {
				[value, failed] = [found, undefined];
				update();
			},
			error: (cause) => {
				if (value !== undefined) throw cause; // the page stands, and something may be typed in it
				failed = { cause };
				update();
			}
		});
		return () => subscription.unsubscribe();
	});
	return {
		get current() {
			subscribe();
			if (failed) throw failed.cause;
			return value;
		}
	};
}
