import type { Text } from '$lib/domain/text-shapes';
import { listViews, read } from '$lib/local/views';
import { here } from '$lib/here/here.svelte';

/** What must be said wherever the figures of these antennas show, each once. */
export async function notesOn(antennas: readonly string[]): Promise<Text[]> {
	const views = await listViews(here.db, here.person, 'antenna');
	const notes = views
		.filter(({ id }) => antennas.includes(id) && here.worksFor(id))
		.map((view) => read('antenna', view).note);
	return [...new Map(notes.filter((note) => note !== undefined).map((note) => [note.fr, note])).values()];
}
