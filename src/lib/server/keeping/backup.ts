import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql, type Kysely } from 'kysely';
import { newId, nowOf, type App } from '../app';
import { openDatabase, sqliteFile } from '../database/open';
import type { Schema } from '../database/schema';

/** Files of the backup folder: a copy of the whole database and its checksum beside it. */
const EXTENSION = '.sqlite';

/** Copies the database while the server runs, in one consistent piece, and notes in it and in the live one what it surely
 * holds: devices keep what they sent until then.
 * @returns the file written
 * @throws when the folder cannot be written; the database is untouched */
export async function backUp(app: App, folder: string): Promise<string> {
	mkdirSync(folder, { recursive: true });
	const at = nowOf(app);
	const heads = await app.db.selectFrom('structure').select(['id', 'sequence']).execute();
	const file = join(folder, `temoin-${at.replace(/[:.]/g, '-')}${EXTENSION}`);
	const partial = `${file}.partial`;
	rmSync(partial, { force: true });
	await sql`vacuum into ${partial}`.execute(app.db);
	renameSync(partial, file);
	writeFileSync(`${file}.sha256`, checksum(file));
	// Read before the copy, so each mark is at most what the copy holds.
	for (const { id, sequence } of heads) {
		await app.db
			.updateTable('structure')
			.set({ backup_sequence: sequence, backup_at: at })
			.where('id', '=', id)
			.execute();
	}
	return file;
}

export type Restored = { structures: number; records: number; changes: number };

/** Puts a backup in the place of a server's database, once it has been checked, and opens a new epoch, so that every
 * device offers again what it sent since. What was there is kept beside it. The server must be stopped.
 * @throws when the copy is damaged: nothing has been changed then */
export async function restore(app: Pick<App, 'random' | 'clock'>, file: string, folder: string): Promise<Restored> {
	const proof = `${file}.sha256`;
	if (existsSync(proof) && readFileSync(proof, 'utf8') !== checksum(file))
		throw new Error(`La sauvegarde est abîmée : ${file}`);
	const place = join(folder, 'restored');
	rmSync(place, { recursive: true, force: true });
	mkdirSync(place, { recursive: true });
	writeFileSync(sqliteFile(place), readFileSync(file));
	const db = await openDatabase({ folder: place });
	let restored: Restored;
	try {
		restored = await check(db);
		for (const { id } of await db.selectFrom('structure').select('id').execute()) {
			await db
				.updateTable('structure')
				.set({ epoch: newId(app as App) })
				.where('id', '=', id)
				.execute();
		}
		await sql`pragma wal_checkpoint(truncate)`.execute(db);
	} finally {
		await db.destroy();
	}
	const live = sqliteFile(folder);
	const before = `${live}.before-${app.clock().toISOString().replace(/[:.]/g, '-')}`;
	for (const end of ['', '-wal', '-shm']) if (existsSync(live + end)) renameSync(live + end, before + end);
	renameSync(sqliteFile(place), live);
	rmSync(place, { recursive: true, force: true });
	return restored;
}

async function check(db: Kysely<Schema>): Promise<Restored> {
	const integrity = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
	if (integrity.rows[0]?.integrity_check !== 'ok') throw new Error('La sauvegarde est abîmée : contrôle d’intégrité');
	const count = async (table: 'structure' | 'record' | 'change') =>
		Number(
			(
				await db
					.selectFrom(table)
					.select((eb) => eb.fn.countAll().as('n'))
					.executeTakeFirstOrThrow()
			).n
		);
	return { structures: await count('structure'), records: await count('record'), changes: await count('change') };
}

/** The newest backup of a folder, or nothing. */
export const latestBackup = (folder: string): string | undefined =>
	existsSync(folder)
		? readdirSync(folder)
				.filter((name) => name.endsWith(EXTENSION))
				.sort()
				.map((name) => join(folder, name))
				.at(-1)
		: undefined;

const checksum = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
