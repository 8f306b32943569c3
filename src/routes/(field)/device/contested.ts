import type { Framework } from '$lib/domain/framework';
import { criteriaOf } from '$lib/domain/framework';
import type { Passage } from '$lib/domain/excerpt';
import { readingKey, WHOLE, type ReadingKey } from '$lib/domain/reading';
import { contestedFields, isContested } from '$lib/domain/record';
import type { Text } from '$lib/domain/text';
import type { PersonDatabase } from '$lib/local/database';
import { findView, listViews, read, type View } from '$lib/local/views';
import { tornDeletion } from '../contested/deletion';

/** A record in which two people wrote two things, or that one deleted while another wrote. `name` is how people know it;
 * a reading says which cell it is. */
export type Contested = { id: string; kind: string; deleted: boolean; name: string; cell?: Cell };
/** `place` is an antenna's name; nothing for the whole structure. `value` says that the figure itself is contested. */
export type Cell = { indicator: Text | undefined; place: string | undefined; period: string; value: boolean };

/** In the order they are shown. People and their rights have a door of their own. */
const KINDS = ['reading', 'interview', 'excerpt', 'campaign', 'antenna', 'structure', 'framework'];

/** The fields that differ. A deletion is asked about by itself. */
export const differingFields = ({ fields }: View): string[] =>
	contestedFields(fields).filter((field) => field !== 'deleted');

/** All that is contested on this device, readings first. */
export async function listContested(db: PersonDatabase, person: string): Promise<Contested[]> {
	const torn: Contested[] = [];
	for (const kind of KINDS)
		for (const view of await listViews(db, person, kind)) {
			const deleted = tornDeletion(view.fields) !== undefined;
			if (!deleted && differingFields(view).length === 0) continue;
			const key = readingKey(view.id);
			const about = { id: view.id, kind, deleted, name: nameOf(view) };
			torn.push(key ? { ...about, cell: await describe(db, person, key, view) } : about);
		}
	return torn;
}

function nameOf(view: View): string {
	const { label, title, name, passage } = read<{ label: string; title: string; name: string; passage: Passage }>(view);
	return label ?? title ?? name ?? passage?.words ?? '';
}

async function describe(db: PersonDatabase, person: string, key: ReadingKey, { fields }: View): Promise<Cell> {
	const campaign = read<{ framework: string }>(await findView(db, person, key.campaign));
	const framework = campaign.framework ? await findView(db, person, campaign.framework) : undefined;
	const { definition } = read<{ definition: Framework }>(framework);
	const indicator =
		definition &&
		criteriaOf(definition)
			.flatMap(({ indicators }) => indicators)
			.find(({ id }) => id === key.indicator);
	const place = key.place === WHOLE ? undefined : read<{ name: string }>(await findView(db, person, key.place)).name;
	return { indicator: indicator?.label, place, period: key.period, value: isContested(fields, 'value') };
}
