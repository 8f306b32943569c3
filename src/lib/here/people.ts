import { listViews, read } from '$lib/local/views';
import { here } from './here.svelte';

/** Everybody of the structure by their id, those who have left too: something may still be in their name. */
export type People = ReadonlyMap<string, { name: string; left: boolean }>;

export async function listPeople(): Promise<People> {
	const views = await listViews(here.db, here.person, 'person');
	const people = views.map((view) => {
		const { name = '', left } = read('person', view);
		return [view.id, { name, left: Boolean(left) }] as const;
	});
	return new Map(people.sort(([, a], [, b]) => a.name.localeCompare(b.name)));
}
