import { Problem } from '../../domain/problem';
import type { Invitation, PersonEdit } from '../../domain/session';
import { isWeak } from '../../domain/session';
import { isMadeOf, nameKey, visible } from '../../domain/name';
import type { Grant } from '../../domain/structure';
import { plainCode } from '../../domain/code';
import { newCode, newId, nowOf, type App } from '../app';
import { commonPassphrases } from './common-passphrases';
import type { By } from '../keeping/journal';
import { hashPassphrase, isPassphrase } from './passphrase';
import { judgeAgain } from '../office/quarantine';
import { push } from '../exchange/push';
import { revokeDevice } from './sessions';
import { loadKind, loadRecords, lockStructure, type Reader, type Trx } from '../database/store';
import type { Schema } from '../database/schema';
import { seenOf } from '../../domain/record';
import { sha256 } from '../database/hash';

const HOURS = 72;

/** Adds a person, or changes their name and rights; colleagues' devices learn it as a record.
 * @param by who does it, or nobody for the first director
 * @returns the person's id
 * @throws Problem `name.taken`, `director.last`, `antenna.unknown` */
export async function savePerson(
	app: App,
	trx: Trx,
	structure: string,
	{ name, grants }: PersonEdit,
	by?: By,
	id?: string
): Promise<string> {
	const edit = { name: visible(name), grants: grants.map(onceEach) };
	await lockStructure(trx, structure);
	const others = await trx.selectFrom('person').selectAll().where('structure_id', '=', structure).execute();
	const held = others.find((other) => other.id === id);
	const key = nameKey(edit.name);
	// Two whose names were told apart before keep them.
	if (key !== held?.name_key && others.some((other) => other.name_key === key))
		throw new Problem('name.taken', 409, { name: edit.name });
	await mustExist(trx, structure, edit.grants, held ? (JSON.parse(held.grants) as Grant[]) : []);
	const isDirector = (grants: Grant[]) => grants.some(({ role }) => role === 'director');
	const directors = others.filter((other) => !other.left_at && isDirector(JSON.parse(other.grants) as Grant[]));
	if (id && directors.length === 1 && directors[0]!.id === id && !isDirector(edit.grants))
		throw new Problem('director.last', 409);
	const values = { name: edit.name, name_key: key, grants: JSON.stringify(edit.grants) };
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
		await judgeAgain(trx, structure, id); // with the rights they have from now on
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

/** Folds the names of a structure as today's version does: an earlier one told apart what is one name now. */
export async function foldNames(trx: Trx, structure: string): Promise<void> {
	const people = await trx
		.selectFrom('person')
		.select(['id', 'name', 'name_key'])
		.where('structure_id', '=', structure)
		.execute();
	for (const { id, name, name_key } of people)
		if (nameKey(name) !== name_key)
			await trx
				.updateTable('person')
				.set({ name_key: nameKey(name) })
				.where('structure_id', '=', structure)
				.where('id', '=', id)
				.execute();
}

const onceEach = (grant: Grant): Grant => ({ ...grant, antennas: [...new Set(grant.antennas)] });

/** A right holds for antennas that there are; one that has gone since stays where it was given.
 * @throws Problem `antenna.unknown` */
async function mustExist(trx: Trx, structure: string, grants: readonly Grant[], held: readonly Grant[]): Promise<void> {
	const named = new Set(grants.flatMap(({ antennas }) => antennas));
	for (const antenna of held.flatMap(({ antennas }) => antennas)) named.delete(antenna);
	if (named.size === 0) return;
	for (const { id } of await loadKind(trx, structure, 'antenna')) named.delete(id);
	if (named.size > 0) throw new Problem('antenna.unknown', 400, { antennas: [...named].slice(0, 5) });
}

/** Ten minutes, in milliseconds, in which somebody may be added again: the answer, with their code, was lost on the way. */
const ADDED = 600_000;

/** Whom this very edit added a moment ago, and who has not come in yet. */
export async function justAdded(
	app: App,
	trx: Trx,
	structure: string,
	{ name, grants }: PersonEdit
): Promise<string | undefined> {
	await lockStructure(trx, structure);
	const row = await trx
		.selectFrom('person')
		.select('id')
		.where('structure_id', '=', structure)
		.where('name', '=', visible(name))
		.where('grants', '=', JSON.stringify(grants.map(onceEach)))
		.where('passphrase', 'is', null)
		.where('left_at', 'is', null)
		.where('created_at', '>', new Date(app.clock().getTime() - ADDED).toISOString())
		.executeTakeFirst();
	return row?.id;
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

/** The people and places a code leads to, whether it has served or not, until it is over. */
export const findInvitation = (app: App, db: Reader, code: string): Promise<Schema['invitation'] | undefined> =>
	db
		.selectFrom('invitation')
		.selectAll()
		.where('code_hash', '=', codeHash(code))
		.where('expires_at', '>', nowOf(app))
		.executeTakeFirst();

/** Uses a code up and sets the passphrase. It also serves who forgot theirs: the new one replaces it.
 * @returns whether it was there to be used: of two at the same moment, one is */
export async function useInvitation(
	app: App,
	trx: Trx,
	{ structure_id, code_hash, person_id }: Schema['invitation'],
	hashed: string,
	device: string
): Promise<boolean> {
	const used = await trx
		.updateTable('invitation')
		.set({ used_at: nowOf(app), used_on: device })
		.where('structure_id', '=', structure_id)
		.where('code_hash', '=', code_hash)
		.where('used_at', 'is', null)
		.executeTakeFirst();
	if (Number(used.numUpdatedRows) === 0) return false;
	await trx
		.updateTable('person')
		.set({ passphrase: hashed })
		.where('structure_id', '=', structure_id)
		.where('id', '=', person_id)
		.execute();
	return true;
}

/** Whether a code that has served is shown again by the device it served on, with the passphrase it set: the answer was lost
 * on the way. A device declared lost since then needs another code. */
export async function isUsedBy(
	app: App,
	{ structure_id, person_id, used_at, used_on }: Schema['invitation'],
	device: string,
	passphrase: string
): Promise<boolean> {
	if (!used_at || used_on !== device) return false;
	const person = await app.db
		.selectFrom('person')
		.leftJoin('device', (join) =>
			join
				.onRef('device.structure_id', '=', 'person.structure_id')
				.onRef('device.person_id', '=', 'person.id')
				.on('device.id', '=', device)
		)
		.select(['person.passphrase', 'device.revoked_at'])
		.where('person.structure_id', '=', structure_id)
		.where('person.id', '=', person_id)
		.where('person.left_at', 'is', null)
		.executeTakeFirst();
	if (!person || (person.revoked_at && person.revoked_at >= used_at)) return false;
	return await isPassphrase(passphrase, person.passphrase, true);
}

/** @throws Problem `passphrase.weak`, or `passphrase.name` when it is the name of whoever chooses it */
export async function hashStrong(app: App, passphrase: string, name: string): Promise<string> {
	if (isWeak(passphrase, await commonPassphrases())) throw new Problem('passphrase.weak', 400);
	if (isMadeOf(passphrase, name)) throw new Problem('passphrase.name', 400);
	return await hashPassphrase(app, passphrase);
}

const codeHash = (code: string): string => sha256(plainCode(code));
