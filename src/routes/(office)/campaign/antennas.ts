import type { PersonDatabase } from '$lib/local/database';
import { listViews, read } from '$lib/local/views';

export type Antenna = { id: string; name: string; order: number };

/** The antennas of the structure, in the order it gave them. */
export async function listAntennas(db: PersonDatabase, person: string): Promise<Antenna[]> {
	return (await listViews(db, person, 'antenna'))
		.map((view) => {
			const { name = '', order = 0 } = read<{ name: string; order: number }>(view);
			return { id: view.id, name, order };
		})
		.sort((a, b) => a.order - b.order || a.name.localeCompare(b.name));
}
