import type { KindName } from '../domain/kinds/all';
import { isTorn } from '../domain/torn';
import type { PersonDatabase } from './database';
import { listViews, type View } from './views';

/** In the order they are shown. People and their rights have a door of their own, quotes only the server writes. */
const PLACES: { [kind in KindName]: number | 'elsewhere' } = {
	reading: 1,
	interview: 2,
	excerpt: 3,
	campaign: 4,
	antenna: 5,
	structure: 6,
	framework: 7,
	person: 'elsewhere',
	quote: 'elsewhere'
};
const KINDS = Object.entries(PLACES)
	.filter((entry): entry is [string, number] => entry[1] !== 'elsewhere')
	.sort(([, a], [, b]) => a - b)
	.map(([kind]) => kind);

/** All that is contested on this device, readings first. */
export async function listTorn(db: PersonDatabase, person: string): Promise<View[]> {
	const torn: View[] = [];
	for (const kind of KINDS) torn.push(...(await listViews(db, person, kind)).filter(({ fields }) => isTorn(fields)));
	return torn;
}
