import type {
	AuthenticationResponseJSON,
	RegistrationResponseJSON,
	VerifiedRegistrationResponse,
	WebAuthnCredential
} from '@simplewebauthn/server';
import { Problem } from '../../domain/problem';
import { nowOf, type App } from '../app';
import { openSecret } from '../keeping/secret';
import { begin, keepDone, takeUp, type Who } from './pending';
import type { Reader, Trx } from '../database/store';
import { sha256 } from '../database/hash';
import { factorRowsOf, type Added, doneBy, keepFactor } from './factors';

/** Loaded when somebody has a passkey: it is most of what the server would otherwise load at its start. */
const webauthn = () => import('@simplewebauthn/server');

/** A name for a site's passkeys: the host, without its port. */
const siteOf = (app: App): string => new URL(app.origin).hostname;

type Transports = NonNullable<WebAuthnCredential['transports']>;
type Passkey = { key: string; transports?: Transports };

function transportsOf(app: App, who: Who, id: string, secret: string): { transports?: Transports } {
	const { transports } = JSON.parse(openSecret(app, 'factor', `${who.person}|${id}`, secret)) as Passkey;
	return transports ? { transports } : {};
}

/** What the browser of somebody who has passkeys is asked to sign. */
export async function askPasskey(app: App, who: Who, passkeys: { id: string; secret: string }[]) {
	const { generateAuthenticationOptions } = await webauthn();
	return await generateAuthenticationOptions({
		rpID: siteOf(app),
		userVerification: 'preferred',
		allowCredentials: passkeys.map(({ id, secret }) => ({ id, ...transportsOf(app, who, id, secret) }))
	});
}

export async function isSigned(
	app: App,
	db: Reader,
	who: Who,
	response: AuthenticationResponseJSON,
	challenge: string
): Promise<boolean> {
	const row = (await factorRowsOf(db, who)).find(({ kind, id }) => kind === 'passkey' && id === response.id);
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

/** What the browser is asked to make a passkey with. */
export async function offerPasskey(
	app: App,
	db: Reader,
	who: Who,
	name: string
): Promise<{ ticket: string; options: unknown }> {
	const known = (await factorRowsOf(db, who)).filter(({ kind }) => kind === 'passkey');
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

/** @throws Problem `passkey.refused` when the browser's answer does not hold, `factor.many` */
export async function addPasskey(
	app: App,
	trx: Trx,
	who: Who,
	ticket: string,
	response: unknown,
	name: string
): Promise<Added> {
	const begun = await takeUp(app, trx, ticket, 'passkey');
	const shown = sha256(JSON.stringify(response));
	if (!begun) {
		const done = await doneBy<{ shown: string }>(app, trx, who, 'passkey-added', ticket);
		if (done?.shown === shown) return { factor: done.factor, again: true };
	}
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
	await keepFactor(app, trx, who, { id, kind: 'passkey', name, secret: JSON.stringify(passkey), counter });
	await keepDone(app, trx, who, 'passkey-added', ticket, JSON.stringify({ factor: id, shown }));
	return { factor: id, again: false };
}
