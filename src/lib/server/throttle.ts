import { Problem } from '../domain/problem';
import { nowOf, type App } from './app';
import { everywhere, inStructure } from './database/open';

/** Tries allowed before waiting begins, then the wait doubles from a second up to an hour. */
const FREE = 5;
const LONGEST = 3_600_000;
const FORGOTTEN = 86_400_000;

/** Failures by address belong to no structure: they are counted whatever is asked for. */
const within = <T>(structure: string, work: () => Promise<T>): Promise<T> =>
	structure ? inStructure(structure, work) : everywhere(work);

/** Refuses while a key (a name, an address) has to wait.
 * @throws Problem `too-many-tries` (429) with the seconds left */
export async function mustWait(app: App, structure: string, key: string): Promise<void> {
	const row = await within(structure, () =>
		app.db
			.selectFrom('throttle')
			.selectAll()
			.where('structure_id', '=', structure)
			.where('key', '=', key)
			.executeTakeFirst()
	);
	const left = row ? Date.parse(row.until) - app.clock().getTime() : 0;
	if (left > 0) throw new Problem('too-many-tries', 429, { seconds: Math.ceil(left / 1000) });
}

export async function countFailure(app: App, structure: string, key: string): Promise<void> {
	const yesterday = new Date(app.clock().getTime() - FORGOTTEN).toISOString();
	const counting = () =>
		app.db.transaction().execute(async (trx) => {
			// An office shares one address: a bad day is not held against it for ever.
			await trx.deleteFrom('throttle').where('until', '<', yesterday).execute();
			const row = await trx
				.insertInto('throttle')
				.values({ structure_id: structure, key, failures: 1, until: nowOf(app) })
				.onConflict((c) =>
					c.columns(['structure_id', 'key']).doUpdateSet((eb) => ({ failures: eb('throttle.failures', '+', 1) }))
				)
				.returning('failures')
				.executeTakeFirstOrThrow();
			const wait = row.failures < FREE ? 0 : Math.min(LONGEST, 1000 * 2 ** (row.failures - FREE));
			await trx
				.updateTable('throttle')
				.set({ until: new Date(app.clock().getTime() + wait).toISOString() })
				.where('structure_id', '=', structure)
				.where('key', '=', key)
				.execute();
		});
	await within(structure, counting);
}

export async function forgetFailures(app: App, structure: string, key: string): Promise<void> {
	await app.db.deleteFrom('throttle').where('structure_id', '=', structure).where('key', '=', key).execute();
}
