import { Account, PasskeyOffer, RecoveryCodes, TotpOffer } from '../../domain/account';
import * as z from 'zod/mini';
import { PASSKEY_NAME } from '../../domain/session';
import { Problem } from '../../domain/problem';
import { byOf, done, endpoint, reply, type Call } from '../door/endpoint';
import { addPasskey, offerPasskey } from '../accounts/passkeys';
import { addTotp, offerTotp } from '../accounts/totp';
import { type Added, listFactors, removeFactor } from '../accounts/factors';
import { countRecoveryCodes, renewRecoveryCodes } from '../accounts/recovery-codes';
import { listDevices } from '../accounts/devices';
import { note } from '../keeping/journal';
import { revokeDevice } from '../accounts/sessions';
import type { Trx } from '../database/store';
import { keepWrap } from '../accounts/vaults';

const whoOf = ({ session }: Pick<Call, 'session'>) => ({ structure: session.structure.id, person: session.person.id });

export const account = endpoint({
	method: 'GET',
	path: '/api/account',
	summary: 'One’s own devices and ways to sign in',
	act: 'own-account',
	reply: Account,
	async handle(call) {
		const { app, session } = call;
		const who = whoOf(call);
		return await reply(call, {
			factors: await listFactors(app.db, who),
			recoveryCodes: await countRecoveryCodes(app.db, who),
			devices: (await listDevices(app.db, who.structure, who.person)).map((device) => ({
				...device,
				current: device.id === session.device.id
			}))
		});
	}
});

const Ticket = z.string().check(z.maxLength(200));

/** Adds a factor; the first one brings the recovery codes, anew when the answer that brought them was lost. */
async function adding(call: Call<unknown>, add: (trx: Trx) => Promise<Added>): Promise<Response> {
	const { app } = call;
	const who = whoOf(call);
	const recovery = await app.db.transaction().execute(async (trx) => {
		const { factor, again } = await add(trx);
		const [first] = await listFactors(trx, who);
		if (!again) await note(app, trx, who.structure, { act: 'second-factor.added', ...byOf(call), subject: who.person });
		return first!.id === factor ? await renewRecoveryCodes(app, trx, who) : [];
	});
	return await reply(call, { recovery }, { status: 201 });
}

export const beginTotp = endpoint({
	method: 'POST',
	path: '/api/account/totp',
	summary: 'Begin adding an authenticator app: a secret and its address',
	act: 'own-account',
	reply: TotpOffer,
	async handle(call) {
		return await reply(call, await offerTotp(call.app, call.app.db, whoOf(call), call.session.person.name));
	}
});

export const finishTotp = endpoint({
	method: 'PUT',
	path: '/api/account/totp',
	summary: 'Finish adding an authenticator app with six digits of it',
	act: 'own-account',
	body: z.looseObject({ ticket: Ticket, code: z.string().check(z.maxLength(20)), name: PASSKEY_NAME }),
	reply: RecoveryCodes,
	handle: (call) =>
		adding(call, (trx) => addTotp(call.app, trx, whoOf(call), call.body.ticket, call.body.code, call.body.name))
});

export const beginPasskey = endpoint({
	method: 'POST',
	path: '/api/account/passkey',
	summary: 'Begin adding a passkey: what the browser is asked',
	act: 'own-account',
	reply: PasskeyOffer,
	async handle(call) {
		return await reply(call, await offerPasskey(call.app, call.app.db, whoOf(call), call.session.person.name));
	}
});

export const finishPasskey = endpoint({
	method: 'PUT',
	path: '/api/account/passkey',
	summary: 'Finish adding a passkey with what the browser answered',
	act: 'own-account',
	body: z.looseObject({ ticket: Ticket, response: z.looseObject({ id: z.string() }), name: PASSKEY_NAME }),
	reply: RecoveryCodes,
	handle: (call) =>
		adding(call, (trx) => addPasskey(call.app, trx, whoOf(call), call.body.ticket, call.body.response, call.body.name))
});

export const dropFactor = endpoint({
	method: 'DELETE',
	path: '/api/account/factors/[id]',
	summary: 'Remove one of one’s own ways to sign in',
	act: 'own-account',
	async handle(call) {
		const { app, session, params } = call;
		const { structure, person } = session;
		await app.db.transaction().execute(async (trx) => {
			const whose = { structure: structure.id, fictitious: structure.fictitious, person };
			await removeFactor(app, trx, whose, params.id!);
			await note(app, trx, structure.id, { act: 'second-factor.removed', ...byOf(call), subject: person.id });
		});
		return done();
	}
});

export const renewRecovery = endpoint({
	method: 'POST',
	path: '/api/account/recovery',
	summary: 'New recovery codes; those before stop working',
	act: 'own-account',
	reply: RecoveryCodes,
	async handle(call) {
		const { app } = call;
		const who = whoOf(call);
		if ((await listFactors(app.db, who)).length === 0) throw new Problem('second-factor.required', 403);
		const recovery = await app.db.transaction().execute((trx) => renewRecoveryCodes(app, trx, who));
		return await reply(call, { recovery }, { status: 201 });
	}
});

export const dropDevice = endpoint({
	method: 'DELETE',
	path: '/api/account/devices/[id]',
	summary: 'Revoke one of one’s own devices for oneself',
	act: 'own-account',
	async handle(call) {
		const { app, params } = call;
		const { structure, person } = whoOf(call);
		await app.db.transaction().execute(async (trx) => {
			const count = await revokeDevice(app, trx, structure, params.id!, person);
			if (count === 0) throw new Problem('record.missing', 404);
			await note(app, trx, structure, { act: 'device.revoked', ...byOf(call), subject: params.id!, count });
		});
		return done();
	}
});

/** A random key id, and the data key wrapped to the structure's public key. */
const Wrap = z.looseObject({ key: z.uuid(), wrap: z.string().check(z.minLength(100), z.maxLength(400)) });

export const leaveWrap = endpoint({
	method: 'PUT',
	path: '/api/vault',
	summary: 'Leave the wrap of this device’s vault, so that what it seals can be opened without its owner',
	act: 'own-account',
	body: Wrap,
	async handle(call) {
		const { app, body, session } = call;
		const whose = { ...whoOf(call), device: session.device.id, key: body.key };
		await app.db.transaction().execute((trx) => keepWrap(app, trx, whose, body.wrap));
		return done();
	}
});
