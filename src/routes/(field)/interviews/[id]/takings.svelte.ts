import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Taking } from '$lib/local/takes';

/** What the disk has not taken of recordings that have ended, by the take. It lies here sealed, and outlives the question, the
 * page and the lock: until it is kept or given up. */
export const held = new SvelteMap<string, Taking>();
/** Recordings that have not ended: what is on the disk of them was not interrupted. */
export const underWay = new SvelteSet<string>();

export const heldIn = (interview: string): Taking[] =>
	[...held.values()].filter(({ take }) => take.about === interview);

/** The browser asks before it closes what would take them along. */
const ask = (event: BeforeUnloadEvent) => event.preventDefault();

export function hold(taking: Taking): void {
	held.set(taking.take.id, taking);
	addEventListener('beforeunload', ask);
}

export function letGo(taking: Taking): void {
	held.delete(taking.take.id);
	if (held.size === 0) removeEventListener('beforeunload', ask);
}
