import { findIndicator } from '$lib/domain/framework';
import { readingKey, WHOLE, type ReadingKey } from '$lib/domain/reading';
import { isContested } from '$lib/domain/record';
import type { Text } from '$lib/domain/text-shapes';
import { tornDeletion } from '$lib/domain/torn';
import type { PersonDatabase } from '$lib/local/database';
import { listTorn } from '$lib/local/torn';
import { findView, read, type View } from '$lib/local/views';
import { ownName } from '$lib/words/kinds';

/** A record in which two people wrote two things, or that one deleted while another wrote. `name` is how people know it;
 * a reading says which cell it is. */
export type Contested = { id: string; kind: string; deleted: boolean; name: string; cell?: Cell };
/** `place` is an antenna's name; nothing for the whole structure. `value` says that the figure itself is contested. */
export type Cell = { indicator: Text | undefined; place: string | undefined; period: string; value: boolean };

/** All that is contested on this device, readings first. */
export async function listContested(db: PersonDatabase, person: string): Promise<Contested[]> {
	const torn: Contested[] = [];
	for (const view of await listTorn(db, person)) {
		const key = readingKey(view.id);
		const deleted = tornDeletion(view.fields) !== undefined;
		const about = { id: view.id, kind: view.kind, deleted, name: ownName(view) };
		torn.push(key ? { ...about, cell: await describe(db, person, key, view) } : about);
	}
	return torn;
}

async function describe(db: PersonDatabase, person: string, key: ReadingKey, { fields }: View): Promise<Cell> {
	const campaign = read('campaign', await findView(db, person, key.campaign));
	const framework = campaign.framework ? await findView(db, person, campaign.framework) : undefined;
	const { definition } = read('framework', framework);
	const indicator = definition && findIndicator(definition, key.indicator);
	const place = key.place === WHOLE ? undefined : read('antenna', await findView(db, person, key.place)).name;
	return { indicator: indicator?.label, place, period: key.period, value: isContested(fields, 'value') };
}
