import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { backUp, latestBackup } from './backup';
import type { App } from './app';

/** Backups kept: a month of nights. */
const KEPT = 30;
const HOUR = 3_600_000;

/** Copies the database once a night while the server runs, and drops the oldest copies. A night that was missed is made
 * up for at the next hour. Only for SQLite: PostgreSQL has its own.
 * @returns how to stop */
export function backUpNightly(app: App, folder: string): () => void {
	const look = async () => {
		const newest = latestBackup(folder);
		const day = app.clock().toISOString().slice(0, 10);
		if (newest?.includes(`temoin-${day}`)) return;
		try {
			await backUp(app, folder);
			dropOldest(folder);
		} catch (cause) {
			console.error('La sauvegarde de la nuit a échoué.', cause);
		}
	};
	const timer = setInterval(() => void look(), HOUR);
	timer.unref();
	return () => clearInterval(timer);
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
