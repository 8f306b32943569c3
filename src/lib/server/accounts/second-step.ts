import type { AuthenticationResponseJSON } from '@simplewebauthn/server';
import { plainCode } from '../../domain/code';
import type { SecondStep } from '../../domain/session';
import type { App } from '../app';
import { begin, findDone, keepDone, structureOf, takeUp, type Who } from './pending';
import type { Reader } from '../database/store';
import { sha256 } from '../database/hash';
import { factorRowsOf } from './factors';
import { askPasskey, isSigned } from './passkeys';
import { countRecoveryCodes, useRecoveryCode } from './recovery-codes';
import { isNow } from './totp';

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
	const rows = await factorRowsOf(db, who);
	const passkeys = rows.filter(({ kind }) => kind === 'passkey');
	const passkey = passkeys.length > 0 ? await askPasskey(app, who, passkeys) : undefined;
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

type Begun = { device: { id: string; name: string }; byCode: boolean; challenge?: string | undefined };

type Proof = { code?: string | undefined; passkey?: unknown };

/** The same proof is the same text, however it was typed. */
const proofText = ({ code, passkey }: Proof): string => sha256(JSON.stringify([code && plainCode(code), passkey]));

/** Whose second step a ticket is, or nothing: it serves once, whatever is shown with it. `again` says that it served a moment
 * ago with this very proof: the answer was lost on the way. */
export async function takeTicket(
	app: App,
	db: Reader,
	ticket: string,
	proof: Proof
): Promise<(Who & Begun & { again: boolean }) | undefined> {
	const begun = await takeUp(app, db, ticket, 'sign-in');
	if (begun) return { ...whoOf(begun), ...(JSON.parse(begun.value) as Begun), again: false };
	const done = await findDone(app, db, structureOf(ticket), 'signed-in', ticket);
	if (!done) return undefined;
	const { shown, ...before } = JSON.parse(done.value) as Begun & { shown: string };
	return shown === proofText(proof) ? { ...whoOf(done), ...before, again: true } : undefined;
}

const whoOf = ({ structure, person }: Who): Who => ({ structure, person });

/** Remembers for a while what a ticket served with. */
export async function keepTicket(
	app: App,
	db: Reader,
	ticket: string,
	{ device, structure, person }: Who & Begun,
	proof: Proof
): Promise<void> {
	// By no code any more: the device is there again, and once declared lost anew it stays so.
	const value = { device, byCode: false, shown: proofText(proof) };
	await keepDone(app, db, { structure, person }, 'signed-in', ticket, JSON.stringify(value));
}

/** Whether what was shown is right, and by what.
 * @returns nothing when it is wrong */
export async function checkSecondStep(
	app: App,
	db: Reader,
	{ challenge, device, ...who }: Who & Begun,
	proof: Proof
): Promise<'factor' | 'recovery' | undefined> {
	const byPasskey = proof.passkey !== undefined && challenge !== undefined;
	const right = byPasskey
		? await isSigned(app, db, who, proof.passkey as AuthenticationResponseJSON, challenge)
		: proof.code !== undefined && (await isNow(app, db, who, proof.code));
	if (right) return 'factor';
	const byRecovery = proof.code !== undefined && (await useRecoveryCode(app, db, who, proof.code, device.id));
	return byRecovery ? 'recovery' : undefined;
}
