import { foldNames } from '../accounts/people';
import { ensureTemplate } from '../accounts/structures';
import type { App } from '../app';
import { inStructure } from '../database/open';
import { writeSetting } from '../database/store';
import { AT_ONCE, judgeAgain, judgeDue } from '../office/quarantine';
import { signerOf } from './proofs';
import { resettle } from './resettle';

/** The setting that names the version which has judged a structure's quarantine. */
const JUDGED_BY = 'judged-by';

/** What a new version owes each structure, once and before its first answer: a key for its receipts, where it was founded
 * before there were any; its people's names, folded as today; its records under today's rules; the template of today beside
 * the versions that campaigns keep; and another judgement of what waits in quarantine, since it may know what the one before
 * did not. Of a long quarantine this is the beginning. */
export async function afterUpgrade(app: App): Promise<void> {
	const { db, version } = app;
	const done = await db.selectFrom('setting').select(['structure_id', 'value']).where('name', '=', JUDGED_BY).execute();
	const by = new Map(done.map((row) => [row.structure_id, row.value]));
	const structures = await db.selectFrom('structure').select('id').execute();
	for (const { id } of structures.filter((one) => by.get(one.id) !== version))
		await inStructure(id, () =>
			db.transaction().execute(async (trx) => {
				await signerOf(app, trx, id);
				await foldNames(trx, id);
				if (await resettle(app, trx, id)) await ensureTemplate(app, trx, id);
				await judgeAgain(trx, id);
				await writeSetting(trx, id, JUDGED_BY, version);
			})
		);
	for (const { id } of structures) await inStructure(id, () => judgeDue(app, id, AT_ONCE));
}
