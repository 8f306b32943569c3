import { Secret, TOTP } from 'otpauth';
import { plainCode } from '../../domain/code';
import { Problem } from '../../domain/problem';
import { newId, nowOf, type App } from '../app';
import { openSecret } from '../keeping/secret';
import { begin, keepDone, takeUp, type Who } from './pending';
import type { Reader, Trx } from '../database/store';
import { factorRowsOf, type Added, doneBy, keepFactor } from './factors';

const STEP = 30; // seconds that six digits hold

const totp = (secret: string, label = ''): TOTP =>
	new TOTP({ issuer: 'Témoin', label, secret: Secret.fromBase32(secret), digits: 6, period: STEP });

/** Whether these are the six digits of now, half a minute early or late. Digits that served do not serve again. */
export async function isNow(app: App, db: Reader, who: Who, code: string): Promise<boolean> {
	for (const row of await factorRowsOf(db, who)) {
		if (row.kind !== 'totp') continue;
		const secret = openSecret(app, 'factor', `${who.person}|${row.id}`, row.secret);
		const timestamp = app.clock().getTime();
		const delta = totp(secret).validate({ token: code.replace(/\D/g, ''), timestamp, window: 1 });
		if (delta === null) continue;
		const step = Math.floor(timestamp / 1000 / STEP) + delta;
		const done = await db
			.updateTable('factor')
			.set({ counter: step, used_at: nowOf(app) })
			.where('structure_id', '=', who.structure)
			.where('id', '=', row.id)
			.where('counter', '<', step)
			.executeTakeFirst();
		if (Number(done.numUpdatedRows) === 1) return true;
	}
	return false;
}

/** A new secret for an authenticator app: it counts once six digits of it have been typed.
 * @returns the secret and its address, for the app's camera */
export async function offerTotp(
	app: App,
	db: Reader,
	who: Who,
	name: string
): Promise<{ ticket: string; secret: string; address: string }> {
	const secret = new Secret({ buffer: new Uint8Array(app.random(20)).buffer }).base32;
	return { ticket: await begin(app, db, who, 'totp', secret), secret, address: totp(secret, name).toString() };
}

const isShown = (app: App, secret: string, code: string): number | null =>
	totp(secret).validate({ token: code.replace(/\D/g, ''), timestamp: app.clock().getTime(), window: 1 });

/** @throws Problem `second-factor.refused` when the digits are not those of the secret offered, `factor.many` */
export async function addTotp(
	app: App,
	trx: Trx,
	who: Who,
	ticket: string,
	code: string,
	name: string
): Promise<Added> {
	const begun = await takeUp(app, trx, ticket, 'totp');
	const delta = begun?.person === who.person ? isShown(app, begun.value, code) : null;
	if (begun && delta !== null) {
		const id = newId(app);
		// The digits that prove the app was added do not open a sign-in after.
		const counter = Math.floor(app.clock().getTime() / 1000 / STEP) + delta;
		await keepFactor(app, trx, who, { id, kind: 'totp', name, secret: begun.value, counter });
		await keepDone(app, trx, who, 'totp-added', ticket, JSON.stringify({ factor: id, secret: begun.value, code }));
		return { factor: id, again: false };
	}
	const done = await doneBy<{ secret: string; code: string }>(app, trx, who, 'totp-added', ticket);
	const same = done && (plainCode(done.code) === plainCode(code) || isShown(app, done.secret, code) !== null);
	if (!same) throw new Problem('second-factor.refused', 403);
	return { factor: done.factor, again: true };
}
