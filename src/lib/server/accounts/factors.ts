import { Problem } from '../../domain/problem';
import { needsSecondFactor, type Actor } from '../../domain/actor';
import { Factor } from '../../domain/session';
import { nowOf, type App } from '../app';
import { sealSecret } from '../keeping/secret';
import { findDone, type Who } from './pending';
import type { Reader, Trx } from '../database/store';
import { dropRecoveryCodes } from './recovery-codes';

const LOCAL = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Whether the second factor that this person has no choice about is missing. A director alone on this very machine is
 * trying the tool; the fictitious structure holds nothing to protect. */
export async function mustHaveFactor(
	app: App,
	db: Reader,
	{ structure, fictitious, person }: { structure: string; fictitious: boolean; person: Actor }
): Promise<boolean> {
	if (fictitious || !needsSecondFactor(person)) return false;
	if (!LOCAL.test(app.origin)) return true;
	const others = await db
		.selectFrom('person')
		.select('id')
		.where('structure_id', '=', structure)
		.where('id', '!=', person.id)
		.where('left_at', 'is', null)
		.executeTakeFirst();
	return others !== undefined;
}

export async function hasFactor(db: Reader, structure: string, person: string): Promise<boolean> {
	return (await factorRowsOf(db, { structure, person })).length > 0;
}

export const factorRowsOf = (db: Reader, { structure, person }: Who) =>
	db
		.selectFrom('factor')
		.selectAll()
		.where('structure_id', '=', structure)
		.where('person_id', '=', person)
		.orderBy('created_at')
		.execute();

export const listFactors = async (db: Reader, who: Who): Promise<Factor[]> =>
	(await factorRowsOf(db, who)).map(({ id, kind, name, created_at, used_at }) => ({
		id,
		kind: kind as Factor['kind'],
		name,
		at: created_at,
		usedAt: used_at
	}));

/** The factor that was added; `again`, a moment ago, and the answer was lost on the way. */
export type Added = { factor: string; again: boolean };

/** What somebody added a moment ago with this ticket, while they still have it. */
export async function doneBy<T>(
	app: App,
	trx: Trx,
	who: Who,
	purpose: string,
	ticket: string
): Promise<(T & { factor: string }) | undefined> {
	const found = await findDone(app, trx, who.structure, purpose, ticket);
	if (found?.person !== who.person) return undefined;
	const done = JSON.parse(found.value) as T & { factor: string };
	return (await factorRowsOf(trx, who)).some(({ id }) => id === done.factor) ? done : undefined;
}

/** Each one more is one more to guess at. */
const MOST = 10;

export async function keepFactor(
	app: App,
	trx: Trx,
	{ structure, person }: Who,
	factor: { id: string; kind: Factor['kind']; name: string; secret: string; counter: number }
): Promise<void> {
	if ((await factorRowsOf(trx, { structure, person })).length >= MOST)
		throw new Problem('factor.many', 409, { most: MOST });
	await trx
		.insertInto('factor')
		.values({
			...factor,
			structure_id: structure,
			person_id: person,
			secret: sealSecret(app, 'factor', `${person}|${factor.id}`, factor.secret),
			created_at: nowOf(app),
			used_at: null
		})
		.execute();
}

/** Takes a factor away. The last one of somebody who must have one stays.
 * @throws Problem `record.missing`, `second-factor.required` */
export async function removeFactor(
	app: App,
	trx: Trx,
	{ structure, fictitious, person }: { structure: string; fictitious: boolean; person: Actor },
	id: string
): Promise<void> {
	const rows = await factorRowsOf(trx, { structure, person: person.id });
	if (!rows.some((row) => row.id === id)) throw new Problem('record.missing', 404);
	if (rows.length === 1 && (await mustHaveFactor(app, trx, { structure, fictitious, person })))
		throw new Problem('second-factor.required', 403);
	await trx.deleteFrom('factor').where('structure_id', '=', structure).where('id', '=', id).execute();
	if (rows.length === 1) await dropRecoveryCodes(trx, { structure, person: person.id });
}

/** Takes all of somebody's factors away: they lost their phone, and a director says so. */
export async function removeFactors(trx: Trx, who: Who): Promise<void> {
	await trx
		.deleteFrom('factor')
		.where('structure_id', '=', who.structure)
		.where('person_id', '=', who.person)
		.execute();
	await dropRecoveryCodes(trx, who);
}
