import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { backUp, latestBackup } from './backup';
import type { App } from '../app';
import { everywhere } from '../database/open';
import { forgetOldLines } from './journal';
import { runRetentionEverywhere } from './retention';

/** Backups kept: a month of nights. */
const KEPT = 30;
const HOUR = 3_600_000;

/** Does once a day, while the server runs, what nobody should have to think of: the backup (SQLite's: PostgreSQL has its
 * own), the words whose time is over, the journal's lines older than a year. A night that was missed is made up for at the
 * next hour.
 * @param backups the folder of the backups, where the database is SQLite
 * @returns how to stop */
export function tendNightly(app: App, backups: string | undefined): () => void {
	let tended = '';
	const look = async () => {
		const day = app.clock().toISOString().slice(0, 10);
		if (backups && !latestBackup(backups)?.includes(`temoin-${day}`))
			await trying('La sauvegarde de la nuit a échoué.', async () => {
				await backUp(app, backups);
				dropOldest(backups);
			});
		if (tended === day) return;
		tended = day;
		await trying('Le ménage de la nuit a échoué.', async () => {
			await runRetentionEverywhere(app);
			const structures = await app.db.selectFrom('structure').select('id').execute();
			for (const { id } of structures) await forgetOldLines(app, id);
		});
	};
	const timer = setInterval(() => void everywhere(look), HOUR);
	timer.unref();
	return () => clearInterval(timer);
}

async function trying(failed: string, work: () => Promise<void>): Promise<void> {
	try {
		await work();
	} catch (cause) {
		console.error(failed, cause);
	}
}

function dropOldest(folder: string): void {
	const copies = readdirSync(folder)
		.filter((name) => name.endsWith('.sqlite'))
		.sort();
	for (const name of copies.slice(0, -KEPT)) {
		rmSync(join(folder, name));
		rmSync(join(folder, `${name}.sha256`), { force: true });
	}
}
