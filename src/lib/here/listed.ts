import { listLines } from '$lib/local/catalogue';
import type { View } from '$lib/local/views';
import { here } from './here.svelte';
import { UNSAID, type Interview } from './structure';

export type ListedInterview = Omit<Interview, 'framework' | 'view'> & Pick<View, 'sequence' | 'unsent'>;

/** This person's own interviews as a list says them, newest first. */
export async function listInterviews(): Promise<ListedInterview[]> {
	const lines = await listLines(here.db, here.person, 'interview');
	return lines
		.filter(({ owner }) => owner === here.person)
		.map(({ said, ...line }) => ({ ...UNSAID, ...said, ...line }))
		.sort((a, b) => b.on.localeCompare(a.on) || b.sequence - a.sequence);
}
