import type { PersonDatabase } from '$lib/local/database';
import type { Fields } from '$lib/domain/record';
import { antennasIn } from '$lib/local/antennas';
import { listViews, listViewsUnder, read } from '$lib/local/views';
import type { Values } from '$lib/domain/kinds/values';
import type { Framed } from './grid';

export type Setting = {
	campaigns: (Framed & { state: Values<'campaign'>['state'] })[]; // the latest first
	antennas: { id: string; name: string }[];
};

/** What every page of readings needs to know: campaigns with their frameworks, and the antennas. */
export async function loadSetting(db: PersonDatabase, person: string): Promise<Setting> {
	const [campaigns, frameworks, antennas] = await Promise.all([
		listViews(db, person, 'campaign'),
		listViews(db, person, 'framework'),
		antennasIn(db, person)
	]);
	const definitions = new Map(frameworks.map((view) => [view.id, read('framework', view).definition] as const));
	return {
		campaigns: campaigns
			.flatMap((view) => {
				const { title = '', from, to, framework, criteria = [], antennas = [], state } = read('campaign', view);
				const definition = framework ? definitions.get(framework) : undefined;
				return from && to && definition && state
					? [{ id: view.id, title, from, to, criteria, antennas, state, framework: definition }]
					: [];
			})
			.sort((a, b) => (a.from < b.from ? 1 : -1)),
		antennas
	};
}

/** Readings in sight, by id, of those whose ids begin so. */
export async function loadReadings(
	db: PersonDatabase,
	person: string,
	prefixes: readonly string[]
): Promise<Map<string, Fields>> {
	const found = await Promise.all(prefixes.map((prefix) => listViewsUnder(db, person, prefix)));
	return new Map(found.flat().map(({ id, fields }) => [id, fields]));
}
