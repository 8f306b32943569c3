import type { Framework } from '$lib/domain/framework';
import { criteriaOf } from '$lib/domain/framework';
import { readingId, readingKey, WHOLE, type ReadingKey } from '$lib/domain/reading';
import { contestedFields } from '$lib/domain/record';
import type { Text } from '$lib/domain/text';
import type { PersonDatabase } from '$lib/local/database';
import { findView, listViews, read, type View } from '$lib/local/views';

/** A record in which two people wrote two things. Those of a reading say which cell it is. */
export type Contested =
	| { what: 'reading'; id: string; indicator: Text | undefined; place: string | undefined; period: string }
	| { what: 'interview'; id: string }
	| { what: 'campaign'; id: string };

/** All that is contested on this device, readings first. `place` is an antenna's name; nothing for the whole structure. */
export async function listContested(db: PersonDatabase, person: string): Promise<Contested[]> {
	const isTorn = ({ fields }: View) => contestedFields(fields).length > 0;
	const torn = async (kind: string) => (await listViews(db, person, kind)).filter(isTorn);
	const readings = (await torn('reading')).flatMap((view) => readingKey(view.id) ?? []);
	const interviews = new Set([
		...(await torn('interview')).map(({ id }) => id),
		...(await torn('excerpt')).flatMap(({ about }) => about ?? [])
	]);
	return [
		...(await Promise.all(readings.map((key) => describe(db, person, key)))),
		...[...interviews].map((id) => ({ what: 'interview' as const, id })),
		...(await torn('campaign')).map(({ id }) => ({ what: 'campaign' as const, id }))
	];
}

async function describe(db: PersonDatabase, person: string, key: ReadingKey): Promise<Contested> {
	const campaign = read<{ framework: string }>(await findView(db, person, key.campaign));
	const framework = campaign.framework ? await findView(db, person, campaign.framework) : undefined;
	const { definition } = read<{ definition: Framework }>(framework);
	const indicator =
		definition &&
		criteriaOf(definition)
			.flatMap(({ indicators }) => indicators)
			.find(({ id }) => id === key.indicator);
	const place = key.place === WHOLE ? undefined : read<{ name: string }>(await findView(db, person, key.place)).name;
	return { what: 'reading', id: readingId(key), indicator: indicator?.label, place, period: key.period };
}
