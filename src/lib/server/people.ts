import { createHash } from 'node:crypto';
import { Problem } from '../domain/problem';
import type { Invitation, PersonEdit } from '../domain/session';
import { isWeak } from '../domain/session';
import type { Grant } from '../domain/structure';
import { plainCode } from '../domain/code';
import { newCode, newId, nowOf, type App } from './app';
import { commonPassphrases } from './common-passphrases';
import type { By } from './journal';
import { hashPassphrase } from './passphrase';
import { judgeAgain } from './quarantine';
import { push } from './push';
import { revokeDevice } from './sessions';
import { loadRecords, lockStructure, type Trx } from './store';
import { seenOf } from '../domain/record';

const HOURS = 72;

/** Names are compared folded: « Élodie » and « elodie » would be one person's two accounts. */
export const nameKey = (name: string): string =>
	name.trim().normalize('NFKD').replace(/\p{M}/gu, '').replace(/\s+/g, ' ').toLowerCase();

/** Adds a person, or changes their name and rights; colleagues' devices learn it as a record.
 * @param by who does it, or nobody for the first director
 * @returns the person's id
 * @throws Problem `name.taken`, `director.last` */
export async function savePerson(
	app: App,
	trx: Trx,
	structure: string,
	edit: PersonEdit,
	by?: By,
	id?: string
): Promise<string> {
	await lockStructure(trx, structure);
	const others = await trx.selectFrom('person').selectAll().where('structure_id', '=', structure).execute();
	if (others.some((other) => other.name_key === nameKey(edit.name) && other.id !== id))
		throw new Problem('name.taken', 409, { name: edit.name });
	const isDirector = (grants: Grant[]) => grants.some(({ role }) => role === 'director');
	const directors = others.filter((other) => !other.left_at && isDirector(JSON.parse(other.grants) as Grant[]));
	if (id && directors.length === 1 && directors[0]!.id === id && !isDirector(edit.grants))
		throw new Problem('director.last', 409);
	const values = { name: edit.name, name_key: nameKey(edit.name), grants: JSON.stringify(edit.grants) };
	const person = id ?? newId(app);
	if (id) {
		const done = await trx
			.updateTable('person')
			.set(values)
			.where('structure_id', '=', structure)
			.where('id', '=', id)
			.where('left_at', 'is', null)
			.executeTakeFirst();
		if (Number(done.numUpdatedRows) === 0) throw new Problem('record.missing', 404);
		await judgeAgain(app, trx, structure, id); // with the rights they have from now on
	} else {
		await trx
			.insertInto('person')
			.values({
				structure_id: structure,
				id: person,
				...values,
				passphrase: null,
				left_at: null,
				created_at: nowOf(app)
			})
			.execute();
	}
	await tellColleagues(app, trx, structure, person, { name: edit.name, grants: edit.grants, left: false }, by);
	return person;
}

/** Closes a person's account at once. What they wrote stays, under their name.
 * @throws Problem `director.last` when nobody would be left to direct */
export async function removePerson(app: App, trx: Trx, structure: string, id: string, by: By): Promise<void> {
	await lockStructure(trx, structure);
	const people = await trx
		.selectFrom('person')
		.selectAll()
		.where('structure_id', '=', structure)
		.where('left_at', 'is', null)
		.execute();
	const person = people.find((one) => one.id === id);
	if (!person) throw new Problem('record.missing', 404);
	const directs = (one: { grants: string }) =>
		(JSON.parse(one.grants) as Grant[]).some(({ role }) => role === 'director');
	if (directs(person) && people.filter(directs).length === 1) throw new Problem('director.last', 409);
	await trx
		.updateTable('person')
		.set({ left_at: nowOf(app) })
		.where('structure_id', '=', structure)
		.where('id', '=', id)
		.execute();
	await revokeDevices(app, trx, structure, id);
	await trx.deleteFrom('invitation').where('structure_id', '=', structure).where('person_id', '=', id).execute();
	await tellColleagues(app, trx, structure, id, { left: true }, by);
}

/** Their devices give up what they hold at their next contact, once it has left. */
async function revokeDevices(app: App, trx: Trx, structure: string, person: string): Promise<void> {
	const devices = await trx
		.selectFrom('device')
		.select('id')
		.where('structure_id', '=', structure)
		.where('person_id', '=', person)
		.execute();
	for (const { id } of devices) await revokeDevice(app, trx, structure, id, person);
}

async function tellColleagues(
	app: App,
	trx: Trx,
	structure: string,
	person: string,
	fields: { [field: string]: unknown },
	by: By | undefined
): Promise<void> {
	const known = (await loadRecords(trx, structure, [person])).get(person);
	const change = {
		id: known ? newId(app) : person,
		kind: 'person',
		record: person,
		fields,
		seen: Object.fromEntries(Object.keys(fields).map((field) => [field, known ? seenOf(known.fields, field) : []])),
		at: nowOf(app)
	};
	const author = { structure, id: by?.person ?? person, device: by?.device ?? 'server', grants: [] };
	await push(app, trx, author, [change], { sequence: 0, audiences: new Set() }, false);
}

/** A new one-time code for a person; the ones before it stop working. Only its hash is kept. */
export async function invite(app: App, trx: Trx, structure: string, person: string): Promise<Invitation> {
	const found = await trx
		.selectFrom('person')
		.select('id')
		.where('structure_id', '=', structure)
		.where('id', '=', person)
		.where('left_at', 'is', null)
		.executeTakeFirst();
	if (!found) throw new Problem('record.missing', 404);
	const code = newCode(app);
	const expires = new Date(app.clock().getTime() + HOURS * 3_600_000).toISOString();
	await trx.deleteFrom('invitation').where('structure_id', '=', structure).where('person_id', '=', person).execute();
	await trx
		.insertInto('invitation')
		.values({
			structure_id: structure,
			code_hash: codeHash(code),
			person_id: person,
			expires_at: expires,
			used_at: null
		})
		.execute();
	return { person, code, expires };
}

/** Uses a code up and sets the passphrase. It also serves who forgot theirs: the new one replaces it.
 * @returns whose code it was
 * @throws Problem `passphrase.weak`, `code.refused` (the same for a wrong, used and expired code) */
export async function enrol(
	app: App,
	trx: Trx,
	code: string,
	hashed: string
): Promise<{ structure: string; person: string }> {
	const row = await trx
		.updateTable('invitation')
		.set({ used_at: nowOf(app) })
		.where('code_hash', '=', codeHash(code))
		.where('used_at', 'is', null)
		.where('expires_at', '>', nowOf(app))
		.returning(['structure_id', 'person_id'])
		.executeTakeFirst();
	if (!row) throw new Problem('code.refused', 403);
	await trx
		.updateTable('person')
		.set({ passphrase: hashed })
		.where('structure_id', '=', row.structure_id)
		.where('id', '=', row.person_id)
		.execute();
	return { structure: row.structure_id, person: row.person_id };
}

/** @throws Problem `passphrase.weak` (400) */
export async function hashStrong(app: App, passphrase: string): Promise<string> {
	if (isWeak(passphrase, await commonPassphrases())) throw new Problem('passphrase.weak', 400);
	return await hashPassphrase(app, passphrase);
}

const codeHash = (code: string): string => createHash('sha256').update(plainCode(code)).digest('base64url');
