import { m } from '$lib/words/generated/messages';
import { download } from '../../download';
import { here } from '../../here.svelte';

export const KINDS = {
	interviews: m.office_one_interview,
	excerpts: m.office_one_excerpt,
	readings: m.office_one_reading,
	others: m.office_one_other
};

/** Hands over a file that says whose it is, on which device and when. */
export function keepFile(
	write: (from: { structure: string; person: string; device: string }, at: string) => string,
	name = 'temoin'
): void {
	const { structure, person, device } = here.session!;
	const at = new Date().toISOString();
	const text = write({ structure: structure.name, person: person.name, device: device.name }, at);
	download(`${name}-${at.slice(0, 10)}.json`, new Blob([text], { type: 'application/json' }));
}
