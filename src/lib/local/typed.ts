import type { PersonDatabase } from './database';

/** Beside the settings, so that what is typed lies sealed in the vault of whoever typed it. */
const PREFIX = 'typed:';

/** Keeps what is typed in a form and is in no record: not saved yet, or nothing that the record could hold. Nothing to keep
 * takes back what was. */
export async function keepTyped(db: PersonDatabase, name: string, typed: unknown): Promise<void> {
	if (typed === undefined) await db.settings.delete(PREFIX + name);
	else await db.writeSealed(PREFIX + name, typed);
}

export const readTyped = <T>(db: PersonDatabase, name: string): Promise<T | undefined> =>
	db.readSealed<T>(PREFIX + name);

/** The names under which something typed lies here. */
export async function listTyped(db: Pick<PersonDatabase, 'settings'>, start = ''): Promise<string[]> {
	const names = await db.settings
		.where('name')
		.startsWith(PREFIX + start)
		.primaryKeys();
	return names.map((name) => name.slice(PREFIX.length));
}

/** The name under which a receipt code waits beside its interview, until somebody says that it was taken. */
export const codeBeside = (interview: string): string => `${interview}:code`;

/** Records that are no more take what was typed about them with them. */
export async function dropTyped(db: Pick<PersonDatabase, 'settings'>, records: readonly string[]): Promise<void> {
	await db.settings.bulkDelete(records.flatMap((record) => [PREFIX + record, PREFIX + codeBeside(record)]));
}
