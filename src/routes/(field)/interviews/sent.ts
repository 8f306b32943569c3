import { isAllSent } from '$lib/local/media';
import { heldIn } from '$lib/local/outbox';
import { here } from '$lib/here/here.svelte';

/** Where interviews are: `received` once nothing of one, text or recording, waits here or was refused. */
export type Whereabouts = 'received' | 'unsent' | 'refused';

/** Reads what waits, and gives back where an interview is by its id. */
export async function readWhereabouts(): Promise<(id: string) => Whereabouts> {
	const keys = await here.db.outbox.orderBy('[record+state]').keys();
	const held = await heldIn(here.db).toArray();
	const unsent = new Set([
		...(keys as unknown as string[][]).map(([record]) => record!),
		...held.map(({ record }) => record)
	]);
	const media = await here.db.media.toArray();
	const refused = new Set((await here.db.refused.toArray()).map(({ record }) => record));
	return (id) => {
		if (!isAllSent({ id }, unsent, media)) return 'unsent';
		const lost = media.some(({ about, state }) => about === id && state === 'refused');
		return refused.has(id) || lost ? 'refused' : 'received';
	};
}
