import { createHash } from 'node:crypto';
import type {
	AuthenticationResponseJSON,
	RegistrationResponseJSON,
	VerifiedRegistrationResponse,
	WebAuthnCredential
} from '@simplewebauthn/server';
import { Secret, TOTP } from 'otpauth';
import { plainCode } from '../domain/code';
import { Problem } from '../domain/problem';
import { needsSecondFactor, type Actor } from '../domain/rights';
import { Factor, type SecondStep } from '../domain/session';
import { newCode, newId, nowOf, type App } from './app';
import { openSecret, sealSecret } from './secret';
import type { Reader, Trx } from './store';

type Who = { structure: string; person: string };

/** Loaded when somebody has a passkey: it is most of what the server would otherwise load at its start. */
const webauthn = () => import('@simplewebauthn/server');

const RECOVERY_CODES = 8;
const MINUTES = 10;
const STEP = 30; // seconds that six digits hold
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
	return (await rowsOf(db, { structure, person })).length > 0;
}

const rowsOf = (db: Reader, { structure, person }: Who) =>
	db
		.selectFrom('factor')
		.selectAll()
		.where('structure_id', '=', structure)
		.where('person_id', '=', person)
		.orderBy('created_at')
		.execute();

export const listFactors = async (db: Reader, who: Who): Promise<Factor[]> =>
	(await rowsOf(db, who)).map(({ id, kind, name, created_at, used_at }) => ({
		id,
		kind: kind as Factor['kind'],
		name,
		at: created_at,
		usedAt: used_at
	}));

export const countRecoveryCodes = async (db: Reader, { structure, person }: Who): Promise<number> =>
	(
		await db
			.selectFrom('recovery_code')
			.select('code_hash')
			.where('structure_id', '=', structure)
			.where('person_id', '=', person)
			.execute()
	).length;

/** Ten minutes in which something begun is finished, once.
 * @returns its name, which nobody can guess */
async function begin(
	app: App,
	db: Reader,
	{ structure, person }: Who,
	purpose: string,
	value: string
): Promise<string> {
	const id = `${structure}.${Buffer.from(app.random(24)).toString('base64url')}`;
	const expires_at = new Date(app.clock().getTime() + MINUTES * 60_000).toISOString();
	await db.deleteFrom('pending').where('structure_id', '=', structure).where('expires_at', '<', nowOf(app)).execute();
	// Sealed: until it is finished, a secret offered lies here.
	const sealed = sealSecret(app, 'pending', hashOf(id), value);
	await db
		.insertInto('pending')
		.values({ structure_id: structure, id: hashOf(id), person_id: person, purpose, value: sealed, expires_at })
		.execute();
	return id;
}

/** Takes up what was begun, or nothing when it is over, done or never was. */
async function takeUp(
	app: App,
	db: Reader,
	id: string,
	purpose: string
): Promise<(Who & { value: string }) | undefined> {
	const structure = id.split('.')[0]!;
	const row = await db
		.deleteFrom('pending')
		.where('structure_id', '=', structure)
		.where('id', '=', hashOf(id))
		.where('purpose', '=', purpose)
		.where('expires_at', '>', nowOf(app))
		.returning(['person_id', 'value'])
		.executeTakeFirst();
	return row && { structure, person: row.person_id, value: openSecret(app, 'pending', hashOf(id), row.value) };
}

/** A name for a site's passkeys: the host, without its port. */
const siteOf = (app: App): string => new URL(app.origin).hostname;

/** Asks for the second factor of somebody whose passphrase was right.
 * @param device where the session will be opened
 * @param byCode whether a director's one-time code brought them, which brings a revoked device back too */
export async function askSecondStep(
	app: App,
	db: Reader,
	who: Who,
	device: { id: string; name: string },
	byCode: boolean
): Promise<SecondStep> {
	const rows = await rowsOf(db, who);
	const passkeys = rows.filter(({ kind }) => kind === 'passkey');
	const passkey =
		passkeys.length > 0
			? await (
					await webauthn()
				).generateAuthenticationOptions({
					rpID: siteOf(app),
					userVerification: 'preferred',
					allowCredentials: passkeys.map(({ id, secret }) => ({ id, ...transportsOf(app, who, id, secret) }))
				})
			: undefined;
	const recovery = await countRecoveryCodes(db, who);
	const value = JSON.stringify({ device, byCode, challenge: passkey?.challenge } satisfies Begun);
	return {
		ticket: await begin(app, db, who, 'sign-in', value),
		methods: [
			...(rows.some(({ kind }) => kind === 'totp') ? (['totp'] as const) : []),
			...(passkey ? (['passkey'] as const) : []),
			...(recovery > 0 ? (['recovery'] as const) : [])
		],
		...(passkey ? { passkey } : {})
	};
}

type Transports = NonNullable<WebAuthnCredential['transports']>;
type Passkey = { key: string; transports?: Transports };

function transportsOf(app: App, who: Who, id: string, secret: string): { transports?: Transports } {
	const { transports } = JSON.parse(openSecret(app, 'factor', `${who.person}|${id}`, secret)) as Passkey;
	return transports ? { transports } : {};
}

type Begun = { device: { id: string; name: string }; byCode: boolean; challenge?: string | undefined };

/** Whose second step a ticket is, or nothing: it serves once, whatever is shown with it. */
export async function takeTicket(app: App, db: Reader, ticket: string): Promise<(Who & Begun) | undefined> {
	const begun = await takeUp(app, db, ticket, 'sign-in');
	return begun && { structure: begun.structure, person: begun.person, ...(JSON.parse(begun.value) as Begun) };
}

/** Whether what was shown is right, and by what.
 * @returns nothing when it is wrong */
export async function checkSecondStep(
	app: App,
	db: Reader,
	{ challenge, ...who }: Who & Pick<Begun, 'challenge'>,
	proof: { code?: string | undefined; passkey?: unknown }
): Promise<'factor' | 'recovery' | undefined> {
	const byPasskey = proof.passkey !== undefined && challenge !== undefined;
	const right = byPasskey
		? await isSigned(app, db, who, proof.passkey as AuthenticationResponseJSON, challenge)
		: proof.code !== undefined && (await isNow(app, db, who, proof.code));
	if (right) return 'factor';
	return proof.code !== undefined && (await useRecoveryCode(db, who, proof.code)) ? 'recovery' : undefined;
}

const totp = (secret: string, label = ''): TOTP =>
	new TOTP({ issuer: 'Témoin', label, secret: Secret.fromBase32(secret), digits: 6, period: STEP });

/** Whether these are the six digits of now, half a minute early or late. Digits that served do not serve again. */
async function isNow(app: App, db: Reader, who: Who, code: string): Promise<boolean> {
	for (const row of await rowsOf(db, who)) {
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

async function isSigned(
	app: App,
	db: Reader,
	who: Who,
	response: AuthenticationResponseJSON,
	challenge: string
): Promise<boolean> {
	const row = (await rowsOf(db, who)).find(({ kind, id }) => kind === 'passkey' && id === response.id);
	if (!row) return false;
	const { key } = JSON.parse(openSecret(app, 'factor', `${who.person}|${row.id}`, row.secret)) as Passkey;
	const { verifyAuthenticationResponse } = await webauthn();
	try {
		const { verified, authenticationInfo } = await verifyAuthenticationResponse({
			response,
			expectedChallenge: challenge,
			expectedOrigin: app.origin,
			expectedRPID: siteOf(app),
			requireUserVerification: false,
			credential: { id: row.id, publicKey: new Uint8Array(Buffer.from(key, 'base64url')), counter: row.counter }
		});
		if (verified)
			await db
				.updateTable('factor')
				.set({ counter: authenticationInfo.newCounter, used_at: nowOf(app) })
				.where('structure_id', '=', who.structure)
				.where('id', '=', row.id)
				.execute();
		return verified;
	} catch {
		return false; // not what a browser sends, or not signed by this passkey
	}
}

async function useRecoveryCode(db: Reader, { structure, person }: Who, code: string): Promise<boolean> {
	const used = await db
		.deleteFrom('recovery_code')
		.where('structure_id', '=', structure)
		.where('person_id', '=', person)
		.where('code_hash', '=', recoveryHash(structure, person, code))
		.executeTakeFirst();
	return Number(used.numDeletedRows) === 1;
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

/** @throws Problem `second-factor.refused` when the digits are not those of the secret offered */
export async function addTotp(app: App, trx: Trx, who: Who, ticket: string, code: string, name: string): Promise<void> {
	const begun = await takeUp(app, trx, ticket, 'totp');
	const timestamp = app.clock().getTime();
	const delta =
		begun?.person === who.person
			? totp(begun.value).validate({ token: code.replace(/\D/g, ''), timestamp, window: 1 })
			: null;
	if (delta === null) throw new Problem('second-factor.refused', 403);
	const id = newId(app);
	// The digits that prove the app was added do not open a sign-in after.
	const counter = Math.floor(timestamp / 1000 / STEP) + delta;
	await keep(app, trx, who, { id, kind: 'totp', name, secret: begun!.value, counter });
}

/** What the browser is asked to make a passkey with. */
export async function offerPasskey(
	app: App,
	db: Reader,
	who: Who,
	name: string
): Promise<{ ticket: string; options: unknown }> {
	const known = (await rowsOf(db, who)).filter(({ kind }) => kind === 'passkey');
	const { generateRegistrationOptions } = await webauthn();
	const options = await generateRegistrationOptions({
		rpName: 'Témoin',
		rpID: siteOf(app),
		userName: name,
		userID: new Uint8Array(Buffer.from(`${who.structure}|${who.person}`)).slice(0, 64),
		attestationType: 'none',
		excludeCredentials: known.map(({ id }) => ({ id })),
		authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' }
	});
	return { ticket: await begin(app, db, who, 'passkey', options.challenge), options };
}

/** @throws Problem `passkey.refused` when the browser's answer does not hold */
export async function addPasskey(
	app: App,
	trx: Trx,
	who: Who,
	ticket: string,
	response: unknown,
	name: string
): Promise<void> {
	const begun = await takeUp(app, trx, ticket, 'passkey');
	if (begun?.person !== who.person) throw new Problem('passkey.refused', 403);
	const { verifyRegistrationResponse } = await webauthn();
	let made: VerifiedRegistrationResponse;
	try {
		made = await verifyRegistrationResponse({
			response: response as RegistrationResponseJSON,
			expectedChallenge: begun.value,
			expectedOrigin: app.origin,
			expectedRPID: siteOf(app),
			requireUserVerification: false
		});
	} catch (cause) {
		throw new Problem('passkey.refused', 403, {}, { cause });
	}
	if (!made.verified) throw new Problem('passkey.refused', 403);
	const { id, publicKey, counter, transports } = made.registrationInfo.credential;
	const taken = await trx
		.selectFrom('factor')
		.select('id')
		.where('structure_id', '=', who.structure)
		.where('id', '=', id)
		.executeTakeFirst();
	if (taken) throw new Problem('passkey.refused', 403);
	const passkey: Passkey = { key: Buffer.from(publicKey).toString('base64url'), ...(transports ? { transports } : {}) };
	await keep(app, trx, who, { id, kind: 'passkey', name, secret: JSON.stringify(passkey), counter });
}

async function keep(
	app: App,
	trx: Trx,
	{ structure, person }: Who,
	factor: { id: string; kind: Factor['kind']; name: string; secret: string; counter: number }
): Promise<void> {
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
	const rows = await rowsOf(trx, { structure, person: person.id });
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

/** New recovery codes; those before stop working. They are shown once, only their hashes are kept. */
export async function renewRecoveryCodes(app: App, trx: Trx, who: Who): Promise<string[]> {
	await dropRecoveryCodes(trx, who);
	const codes = Array.from({ length: RECOVERY_CODES }, () => newCode(app));
	await trx
		.insertInto('recovery_code')
		.values(
			codes.map((code) => ({
				structure_id: who.structure,
				person_id: who.person,
				code_hash: recoveryHash(who.structure, who.person, code)
			}))
		)
		.execute();
	return codes;
}

const dropRecoveryCodes = (trx: Trx, { structure, person }: Who) =>
	trx.deleteFrom('recovery_code').where('structure_id', '=', structure).where('person_id', '=', person).execute();

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');
const recoveryHash = (structure: string, person: string, code: string): string =>
	hashOf(`recovery|${structure}|${person}|${plainCode(code)}`);
