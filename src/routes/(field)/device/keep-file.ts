import { download } from '$lib/here/download';
import { here } from '$lib/here/here.svelte';
import { dayOf } from '$lib/words/format';

/** Hands over a file that says whose it is, on which device and when. */
export function keepFile(
	write: (from: { structure: string; person: string; device: string }, at: string) => string,
	name = 'temoin'
): void {
	const { structure, person, device } = here.session!;
	const at = new Date().toISOString();
	const text = write({ structure: structure.name, person: person.name, device: device.name }, at);
	download(`${name}-${dayOf(at)}.json`, new Blob([text], { type: 'application/json' }));
}
