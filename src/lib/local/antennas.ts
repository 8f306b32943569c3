import type { PersonDatabase } from './database';
import { listViews, read } from './views';

export type Antenna = { id: string; name: string; order: number };

/** The antennas of the structure, in the order it gave them. */
export async function antennasIn(db: PersonDatabase, person: string): Promise<Antenna[]> {
	return (await listViews(db, person, 'antenna'))
		.map((view) => {
			const { name = '', order = 0 } = read('antenna', view);
			return { id: view.id, name, order };
		})
		.sort((a, b) => a.order - b.order || a.name.localeCompare(b.name));
}
