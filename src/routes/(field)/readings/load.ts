import type * as z from 'zod/mini';
import type { campaignFields } from '$lib/domain/campaign';
import type { Framework } from '$lib/domain/framework';
import type { PersonDatabase } from '$lib/local/database';
import type { Fields } from '$lib/domain/record';
import { listViews, read } from '$lib/local/views';
import type { Framed } from './grid';

type CampaignValues = { [field in keyof typeof campaignFields]: z.infer<(typeof campaignFields)[field]> };
export type Setting = {
	campaigns: (Framed & { state: CampaignValues['state'] })[]; // the latest first
	antennas: { id: string; name: string }[];
};

/** What every page of readings needs to know: campaigns with their frameworks, and the antennas. */
export async function loadSetting(db: PersonDatabase, person: string): Promise<Setting> {
	const [campaigns, antennas, frameworks] = await Promise.all(
		['campaign', 'antenna', 'framework'].map((kind) => listViews(db, person, kind))
	);
	const definitions = new Map(
		frameworks!.map((view) => [view.id, read<{ definition: Framework }>(view).definition] as const)
	);
	return {
		campaigns: campaigns!
			.flatMap((view) => {
				const { title = '', from, to, framework, criteria = [], antennas = [], state } = read<CampaignValues>(view);
				const definition = framework ? definitions.get(framework) : undefined;
				return from && to && definition && state
					? [{ id: view.id, title, from, to, criteria, antennas, state, framework: definition }]
					: [];
			})
			.sort((a, b) => (a.from < b.from ? 1 : -1)),
		antennas: antennas!
			.map((view) => ({ id: view.id, ...read<{ name: string; order: number }>(view) }))
			.sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
			.map(({ id, name = '' }) => ({ id, name }))
	};
}

export async function loadReadings(db: PersonDatabase, person: string): Promise<Map<string, Fields>> {
	const views = await listViews(db, person, 'reading');
	return new Map(views.map(({ id, fields }) => [id, fields]));
}
