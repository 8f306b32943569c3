import { liveQuery } from 'dexie';
import { createSubscriber } from 'svelte/reactivity';

/** What the device holds now, read again whenever it changes: `undefined` until first read.
 * Values that the query depends on must be read before it is made: `$derived.by(() => { const id = …; return live(() => …id…) })`. */
export function live<T>(query: () => Promise<T>): { readonly current: T | undefined } {
	let value: T | undefined;
	const subscribe = createSubscriber((update) => {
		const subscription = liveQuery(query).subscribe({
			next: (found) => {
				value = found;
				update();
			},
			error: (cause) => {
				throw cause;
			}
		});
		return () => subscription.unsubscribe();
	});
	return {
		get current() {
			subscribe();
			return value;
		}
	};
}
