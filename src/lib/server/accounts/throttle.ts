import { Problem } from '../../domain/problem';
import { nowOf, type App } from '../app';
import { everywhere } from '../database/open';

/** Wrong tries allowed before waiting begins; the wait then doubles from a second up to the longest. */
type Bound = { free: number; longest: number };

/** What people choose or read off a phone can be guessed: some forty tries a day. */
export const CHOSEN: Bound = { free: 5, longest: 3_600_000 };

/** What was drawn at random, fifty bits or more: fifteen hundred tries a day find nothing in a million years. So an office's
 * one address is never kept waiting for long by somebody who mistypes, or means it. */
export const DRAWN: Bound = { free: 60, longest: 60_000 };

const FORGOTTEN = 86_400_000;

/** Failures by address belong to no structure: sign-in has not said yet which one it is for. */
const ANYWHERE = '';

/** Something that wrong tries are counted on: a name, an address, a device. */
export type Count = { structure: string; key: string; bound: Bound };

export const byAddress = (what: string, address: string, bound: Bound): Count => ({
	structure: ANYWHERE,
	key: `${what}:${address}`,
	bound
});

/** One try at something that could be guessed: not made while one of its counts has to wait, counted on all of them when it
 * was wrong. Tries on one count are made one after the other: a hundred sent at the same moment would all be looked at before
 * the first is counted.
 * @param counts the shared one first: in another order two tries could wait for each other
 * @param work gives nothing when the try was wrong
 * @throws Problem `too-many-tries` (429) with the seconds left */
export async function tryOnce<T>(
	app: App,
	counts: readonly Count[],
	work: () => Promise<T | undefined>
): Promise<T | undefined> {
	const [first, ...others] = counts;
	if (first) return await inTurn(first, () => tryOnceMore(app, first, others, work));
	return await work();
}

async function tryOnceMore<T>(
	app: App,
	count: Count,
	others: readonly Count[],
	work: () => Promise<T | undefined>
): Promise<T | undefined> {
	await mustWait(app, count);
	const done = await tryOnce(app, others, work);
	if (done === undefined) await countFailure(app, count);
	return done;
}

/** An office's twenty tablets at the same moment, twice; more are sent away. */
const IN_LINE = 40;
const lines = new Map<string, { length: number; last: Promise<void> }>();

/** In this process: several servers on one database look at one try each. */
async function inTurn<T>({ structure, key }: Count, work: () => Promise<T>): Promise<T> {
	const name = `${structure}|${key}`;
	const line = lines.get(name) ?? { length: 0, last: Promise.resolve() };
	if (line.length >= IN_LINE) throw new Problem('too-many-tries', 429, { seconds: 1 });
	lines.set(name, line);
	line.length += 1;
	const before = line.last;
	let done!: () => void;
	line.last = new Promise((resolve) => (done = resolve));
	await before;
	try {
		return await work();
	} finally {
		line.length -= 1;
		if (line.length === 0) lines.delete(name);
		done();
	}
}

/** Refuses while a count has to wait.
 * @throws Problem `too-many-tries` (429) with the seconds left */
export async function mustWait(app: App, { structure, key }: Count): Promise<void> {
	const row = await everywhere(() =>
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

export async function countFailure(app: App, { structure, key, bound }: Count): Promise<void> {
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
			const wait = row.failures < bound.free ? 0 : Math.min(bound.longest, 1000 * 2 ** (row.failures - bound.free));
			await trx
				.updateTable('throttle')
				.set({ until: new Date(app.clock().getTime() + wait).toISOString() })
				.where('structure_id', '=', structure)
				.where('key', '=', key)
				.execute();
		});
	// Everywhere: what was counted for a structure that somebody made up must be forgotten too.
	await everywhere(counting);
}

export async function forgetFailures(app: App, { structure, key }: Count): Promise<void> {
	await app.db.deleteFrom('throttle').where('structure_id', '=', structure).where('key', '=', key).execute();
}
