import type { App } from '../app';
import { nowOf } from '../app';
import { sha256 } from '../database/hash';
import type { Reader, Trx } from '../database/store';
import { openSecret, sealSecret } from '../keeping/secret';

export type Who = { structure: string; person: string };

const MINUTES = 10;
/** Of one kind for one person: whoever begins more lets go of the first. */
const AT_ONCE = 20;

/** Ten minutes in which something begun is finished, once.
 * @returns its name, which nobody can guess */
export async function begin(app: App, db: Reader, who: Who, purpose: string, value: string): Promise<string> {
	const name = `${who.structure}.${Buffer.from(app.random(24)).toString('base64url')}`;
	await insert(app, db, who, purpose, sha256(name), value, MINUTES);
	const { structure, person } = who;
	const older = await db
		.selectFrom('pending')
		.select('id')
		.where('structure_id', '=', structure)
		.where('person_id', '=', person)
		.where('purpose', '=', purpose)
		.where('id', '!=', sha256(name))
		.orderBy('expires_at', 'desc')
		.limit(AT_ONCE)
		.offset(AT_ONCE - 1)
		.execute();
	for (const { id } of older)
		await db.deleteFrom('pending').where('structure_id', '=', structure).where('id', '=', id).execute();
	return name;
}

/** Takes up what was begun, or nothing when it is over, done or never was. */
export async function takeUp(
	app: App,
	db: Reader,
	name: string,
	purpose: string
): Promise<(Who & { value: string }) | undefined> {
	const structure = structureOf(name);
	const row = await db
		.deleteFrom('pending')
		.where('structure_id', '=', structure)
		.where('id', '=', sha256(name))
		.where('purpose', '=', purpose)
		.where('expires_at', '>', nowOf(app))
		.returning(['person_id', 'value'])
		.executeTakeFirst();
	return row && { structure, person: row.person_id, value: openSecret(app, 'pending', sha256(name), row.value) };
}

/** Keeps for a while what a one-time thing was done with: its answer may be lost on the way, and whoever asks again with the
 * same proof is then answered instead of refused.
 * @param value what to hold the next asking against */
export async function keepDone(
	app: App,
	db: Reader,
	who: Who,
	purpose: string,
	name: string,
	value: string,
	minutes = MINUTES
): Promise<void> {
	await insert(app, db, who, purpose, doneId(purpose, name), value, minutes);
}

/** What was done under that name a moment ago, or nothing. */
export async function findDone(
	app: App,
	db: Reader,
	structure: string,
	purpose: string,
	name: string
): Promise<(Who & { value: string }) | undefined> {
	const id = doneId(purpose, name);
	const row = await db
		.selectFrom('pending')
		.select(['person_id', 'value'])
		.where('structure_id', '=', structure)
		.where('id', '=', id)
		.where('expires_at', '>', nowOf(app))
		.executeTakeFirst();
	return row && { structure, person: row.person_id, value: openSecret(app, 'pending', id, row.value) };
}

export async function forgetDone(trx: Trx, { structure, person }: Who, purpose: string): Promise<void> {
	await trx
		.deleteFrom('pending')
		.where('structure_id', '=', structure)
		.where('person_id', '=', person)
		.where('purpose', '=', purpose)
		.execute();
}

/** A name begins by its structure. */
export const structureOf = (name: string): string => name.split('.')[0]!;

const doneId = (purpose: string, name: string): string => sha256(`${purpose}|${name}`);

async function insert(
	app: App,
	db: Reader,
	{ structure, person }: Who,
	purpose: string,
	id: string,
	plain: string,
	minutes: number
): Promise<void> {
	const expires_at = new Date(app.clock().getTime() + minutes * 60_000).toISOString();
	await db.deleteFrom('pending').where('structure_id', '=', structure).where('expires_at', '<', nowOf(app)).execute();
	// Sealed: until it is over, a secret offered lies here.
	const value = sealSecret(app, 'pending', id, plain);
	await db
		.insertInto('pending')
		.values({ structure_id: structure, id, person_id: person, purpose, value, expires_at })
		.onConflict((c) => c.columns(['structure_id', 'id']).doUpdateSet({ value, expires_at }))
		.execute();
}
