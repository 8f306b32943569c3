import { groupBy } from '../../domain/grouped';
import type { App } from '../app';
import { inStructure } from '../database/open';
import { loadRecords } from '../database/store';
import { withdrawAgain } from '../exchange/push';

/** Withdraws again what the ledger names and the database does not know: a backup came back. What was withdrawn of an
 * interview that did not come back with it is withdrawn when a device offers that again. */
export async function replayWithdrawals(app: App): Promise<void> {
	for (const [structure, lines] of groupBy(app.ledger.readWithdrawn(), ({ structure }) => structure))
		await inStructure(structure, () =>
			app.db.transaction().execute(async (trx) => {
				const there = await loadRecords(trx, structure, [...new Set(lines.map(({ id }) => id))]);
				await withdrawAgain(app, trx, structure, [...there.values()]);
			})
		);
}
