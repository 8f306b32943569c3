import type { App } from './app';
import { inStructure } from './database/open';
import { signerOf } from './proofs';
import { judgeAgain } from './quarantine';
import { writeSetting } from './store';

/** The setting that names the version which has done it. */
const DONE = 'judged-by';

/** What a new version owes each structure, once and before its first answer: a key for its receipts, where it was founded
 * before there were any, and another judgement of what waits in quarantine, since it may know what the one before did not. */
export async function afterUpgrade(app: App): Promise<void> {
	const { db, version } = app;
	const done = await db.selectFrom('setting').select(['structure_id', 'value']).where('name', '=', DONE).execute();
	const by = new Map(done.map((row) => [row.structure_id, row.value]));
	const structures = await db.selectFrom('structure').select('id').execute();
	for (const { id } of structures.filter((one) => by.get(one.id) !== version))
		await inStructure(id, () =>
			db.transaction().execute(async (trx) => {
				await signerOf(app, trx, id);
				await judgeAgain(app, trx, id);
				await writeSetting(trx, id, DONE, version);
			})
		);
}
