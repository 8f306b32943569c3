import { NO_ROWS, together, type Digest } from '../domain/digest';
import type { Tally } from '../domain/tallies';
import { nowOf, type App } from './app';
import type { Schema } from './database/schema';
import { chunks, type Trx } from './store';

/** What moves with records in the transaction that writes them: marks, digests, tallies, and the commit's own mark. */

/** Says in the audiences that records have left, and takes back what was said where they have returned. */
export async function writeMarks(
	trx: Trx,
	structure: string,
	marks: Schema['mark'][],
	unmarked: { audience: string; id: string }[] = []
): Promise<void> {
	for (const part of chunks(marks)) {
		await trx
			.insertInto('mark')
			.values(part)
			.onConflict((conflict) =>
				conflict
					.columns(['structure_id', 'audience', 'record_id'])
					.doUpdateSet((eb) => ({ sequence: eb.ref('excluded.sequence'), erased: eb.ref('excluded.erased') }))
			)
			.execute();
	}
	for (const { audience, id } of unmarked) {
		await trx
			.deleteFrom('mark')
			.where('structure_id', '=', structure)
			.where('audience', '=', audience)
			.where('record_id', '=', id)
			.execute();
	}
}

/** Adds to the digests of the audiences. */
export async function writeDigests(trx: Trx, structure: string, moved: Map<string, Digest>): Promise<void> {
	const names = [...moved.keys()];
	const rows = names.length
		? await trx
				.selectFrom('audience')
				.selectAll()
				.where('structure_id', '=', structure)
				.where('name', 'in', names)
				.execute()
		: [];
	const before = new Map(rows.map(({ name, count, sum }) => [name, { count, sum }]));
	const values = names.map((name) => {
		return { structure_id: structure, name, ...together([before.get(name) ?? NO_ROWS, moved.get(name)!]) };
	});
	for (const part of chunks(values)) {
		await trx
			.insertInto('audience')
			.values(part)
			.onConflict((conflict) =>
				conflict
					.columns(['structure_id', 'name'])
					.doUpdateSet((eb) => ({ count: eb.ref('excluded.count'), sum: eb.ref('excluded.sum') }))
			)
			.execute();
	}
}

/** Adds the batch's movements to the tallies and drops the cells that came to nothing, so that no empty row says
 * that somebody once was there. */
export async function writeTallies(trx: Trx, structure: string, moved: Tally[]): Promise<void> {
	for (const part of chunks(moved)) {
		await trx
			.insertInto('tally')
			.values(part.map((tally) => ({ structure_id: structure, ...tally })))
			.onConflict((conflict) =>
				conflict
					.columns(['structure_id', 'campaign', 'measure', 'subject', 'stakeholder', 'place', 'period', 'detail'])
					.doUpdateSet((eb) => ({
						count: eb('tally.count', '+', eb.ref('excluded.count')),
						amount: eb('tally.amount', '+', eb.ref('excluded.amount')),
						base: eb('tally.base', '+', eb.ref('excluded.base'))
					}))
			)
			.execute();
	}
	for (const tally of moved.filter(({ count }) => count <= 0)) {
		await trx
			.deleteFrom('tally')
			.where('structure_id', '=', structure)
			.where('campaign', '=', tally.campaign)
			.where('measure', '=', tally.measure)
			.where('subject', '=', tally.subject)
			.where('stakeholder', '=', tally.stakeholder)
			.where('place', '=', tally.place)
			.where('period', '=', tally.period)
			.where('detail', '=', tally.detail)
			.where('count', '=', 0)
			.where('amount', '=', 0)
			.where('base', '=', 0)
			.execute();
	}
}

/** Closes a commit: its last sequence becomes the structure's, under a mark that no other history has. */
export async function closeCommit(app: App, trx: Trx, structure: string, sequence: number): Promise<void> {
	const mark = Buffer.from(app.random(9)).toString('base64url');
	await trx
		.insertInto('commit_mark')
		.values({ structure_id: structure, sequence, mark, at: nowOf(app) })
		.execute();
	await trx.updateTable('structure').set({ sequence }).where('id', '=', structure).execute();
}
