import { groupBy } from '../../domain/grouped';
import { Problem } from '../../domain/problem';
import { EVERYBODY } from '../../domain/kinds/kind';
import type { Erased } from '../../domain/sync';
import { ownAudience } from '../../domain/retention';
import { nowOf, type App } from '../app';
import { forgetFreed, inStructure } from '../database/open';
import { note, type By } from './journal';
import { Commit } from '../exchange/commit';
import { forgetQuotes, rowsOf } from '../exchange/quotes';
import { forgetNaming } from '../exchange/waiting';
import { isErasureProof } from './proofs';
import { changesOf, chunks, loadAbout, loadRecords, lockStructure, type Reader, type Trx } from '../database/store';

/** Erases somebody's interview with all that was made of it: what is left is the ids, in a table of the database and in the
 * ledger beside it. The ledger comes first: should the server die in between, it is replayed at the next start.
 * @param by who asked: a person's id, or `respondent`
 * @throws Problem `record.missing` when there is no such interview */
export async function eraseInterview(app: App, structure: string, interview: string, by: By): Promise<void> {
	await app.db.transaction().execute(async (trx) => {
		await lockStructure(trx, structure);
		const record = (await loadRecords(trx, structure, [interview])).get(interview);
		if (record?.kind !== 'interview') throw new Problem('record.missing', 404);
		const ids = [interview, ...(await loadAbout(trx, structure, [interview])).map(({ id }) => id)];
		await eraseRecords(app, trx, structure, ids);
		await note(app, trx, structure, { act: 'person.erased', ...by, subject: interview });
	});
	await forgetFreed(app.db);
}

/** Erases records for good, under the structure's lock.
 * @param again whether that was done once, in a history that this server does not have */
export async function eraseRecords(
	app: App,
	trx: Trx,
	structure: string,
	ids: readonly string[],
	again = false
): Promise<void> {
	if (ids.length === 0) return;
	const all = await withQuotes(trx, structure, ids);
	app.ledger.append(all.map((id) => ({ structure, id, at: nowOf(app) })));
	await purge(app, trx, structure, all, again);
}

/** Erases again what a device was told was erased: this server came back from before it, and its ledger with it.
 * @param told what the device says; only what bears this server's own proof is believed
 * @returns whether there was anything */
export async function eraseAgain(app: App, trx: Trx, structure: string, told: readonly Erased[]): Promise<boolean> {
	const proven = told.filter(({ id, proof }) => isErasureProof(app, structure, id, proof)).map(({ id }) => id);
	if (proven.length === 0) return false;
	await lockStructure(trx, structure);
	const rows = await trx.selectFrom('erased').select('id').where('structure_id', '=', structure).execute();
	const known = new Set(rows.map(({ id }) => id));
	const left = proven.filter((id) => !known.has(id));
	await eraseRecords(app, trx, structure, left, true);
	return left.length > 0;
}

/** Erases again whatever the ledger names and the database does not know as erased: a backup came back, or the server died
 * between the two. */
export async function replayLedger(app: App): Promise<void> {
	const all = groupBy(app.ledger.read(), ({ structure }) => structure);
	for (const [structure, entries] of all) {
		await inStructure(structure, async () => {
			const there = await app.db.selectFrom('structure').select('id').where('id', '=', structure).executeTakeFirst();
			if (!there) return;
			const rows = await app.db.selectFrom('erased').select('id').where('structure_id', '=', structure).execute();
			const known = new Set(rows.map(({ id }) => id));
			const left = [...new Set(entries.map(({ id }) => id))].filter((id) => !known.has(id));
			if (left.length === 0) return;
			await app.db.transaction().execute(async (trx) => {
				await lockStructure(trx, structure);
				await purge(app, trx, structure, await withQuotes(trx, structure, left), true);
			});
			await forgetFreed(app.db);
		});
	}
}

/** The ids, and those of what others read of them. */
const withQuotes = async (db: Reader, structure: string, ids: readonly string[]): Promise<string[]> => [
	...new Set([...ids, ...(await rowsOf(db, structure, ids)).map(({ quote_id }) => quote_id)])
];

/** Takes records out of everything that was made of them, whether they are still there or not. Under the structure's lock. */
async function purge(app: App, trx: Trx, structure: string, ids: readonly string[], again: boolean): Promise<void> {
	const records = await loadRecords(trx, structure, ids);
	const contexts = await loadRecords(
		trx,
		structure,
		[...records.values()].flatMap(({ about }) => about ?? [])
	);
	const { sequence } = await lockStructure(trx, structure);
	const commit = new Commit(app, trx, structure, sequence);
	for (const id of ids) {
		const record = records.get(id);
		const interview = record?.about ? contexts.get(record.about) : undefined;
		const own = record && ownAudience(record);
		const left = await trx
			.selectFrom('mark')
			.select('audience')
			.where('structure_id', '=', structure)
			.where('record_id', '=', id)
			.execute();
		// Whoever ever received it learns it, where it was last and where it had been before; and whoever made it, though it
		// was never anywhere: deleted before it was first sent, it still lies among what their device keeps as sent.
		commit.erase(id, record, { interview }, [
			...(record?.audience ? [record.audience] : []),
			...(own ? [own] : []),
			...left.map(({ audience }) => audience),
			// A server that came back from before does not know who had it since, nor who has set aside what was made of it:
			// everybody is told the id.
			...(again || record?.kind === 'interview' ? [EVERYBODY] : [])
		]);
	}
	const at = nowOf(app);
	for (const part of chunks(ids)) {
		const rows = part.map((id) => ({ structure_id: structure, id, at }));
		await trx
			.insertInto('erased')
			.values(rows)
			.onConflict((c) => c.doNothing())
			.execute();
		const history = trx.deleteFrom('change').where('structure_id', '=', structure);
		await history.where(changesOf(part)).execute();
		await history.where('about', 'in', part).execute();
		for (const table of ['named_ahead', 'receipt', 'media', 'media_part'] as const)
			await trx.deleteFrom(table).where('structure_id', '=', structure).where('record_id', 'in', part).execute();
		await forgetQuotes(trx, structure, part);
		await trx.deleteFrom('record').where('structure_id', '=', structure).where('id', 'in', part).execute();
	}
	await forgetNaming(app, trx, structure, ids);
	await commit.write();
}
