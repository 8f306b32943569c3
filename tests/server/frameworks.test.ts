import { expect, test } from 'vitest';
import type { App } from '$lib/server/app';
import { inStructure } from '$lib/server/database/open';
import { frameworksOf } from '$lib/server/exchange/frameworks';
import { openApp } from '../support/databases';

/** Stores a framework whose definition says this, whatever was stored before. */
async function define({ db }: App, structure: string, id: string, version: string, characters = 100): Promise<void> {
	const definition = { version, filling: 'x'.repeat(characters) };
	const fields = JSON.stringify({
		definition: [{ value: definition, change: id, person: 'claire', at: '2014-01-01' }]
	});
	const row = { structure_id: structure, id, kind: 'framework', owner: 'claire', about: null, audience: 'structure' };
	await db.deleteFrom('record').where('structure_id', '=', structure).where('id', '=', id).execute();
	await db
		.insertInto('record')
		.values({ ...row, sequence: 1, fields })
		.execute();
}
const versionOf = async (app: App, structure: string) =>
	(await inStructure(structure, () => frameworksOf(app, app.db, structure, ['f']))).get('f')?.version;

test('the framework of each of six hundred structures is read once: none puts another’s out', async () => {
	const app = await openApp('SQLite');
	const structures = Array.from({ length: 600 }, (_, i) => `s${i}`);
	for (const one of structures) {
		await inStructure(one, () => define(app, one, 'f', 'as it was', 20_000));
		expect(await versionOf(app, one)).toBe('as it was');
		await inStructure(one, () => define(app, one, 'f', 'read again'));
	}
	for (const one of structures) expect(await versionOf(app, one)).toBe('as it was');
});

test('frameworks as long as a push lets in put the oldest out, and not the one that is used all the time', async () => {
	const app = await openApp('SQLite');
	for (const one of ['used', ...Array.from({ length: 10 }, (_, i) => `s${i}`)]) {
		await inStructure(one, () => define(app, one, 'f', 'as it was', 4_900_000));
		expect(await versionOf(app, one)).toBe('as it was');
		await inStructure(one, () => define(app, one, 'f', 'read again'));
		expect(await versionOf(app, 'used')).toBe('as it was');
	}
	expect(await versionOf(app, 's9')).toBe('as it was');
	expect(await versionOf(app, 's0')).toBe('read again');
});
