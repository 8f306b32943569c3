import * as z from 'zod/mini';
import { plainCode } from '../../domain/code';
import { Problem } from '../../domain/problem';
import { KEY_HEADER } from '../../domain/header';
import { Enrol, Entered, Explore, SecondProof, SecondStep, SetUp, SignIn, Welcome } from '../../domain/session';
import { inUse, parseFields } from '../../domain/record';
import type { App } from '../app';
import { cookieOf, done, endpoint, reply, type Call } from '../endpoint';
import { askSecondStep, checkSecondStep, hasFactor, takeTicket } from '../factors';
import { deleteFictitious, openFictitious } from '../fictitious/structure';
import { note, noteAlone } from '../journal';
import { isPassphrase } from '../passphrase';
import { enrol as useCode, hashStrong, nameKey } from '../people';
import { closeSession, findSession, isDeviceRevoked, openSession } from '../sessions';
import { lockFounding, type Trx } from '../store';
import { canSetUp, found, foundingOf } from '../structures';
import { countFailure, forgetFailures, mustWait } from '../throttle';
import { structureKey } from '../vaults';

/** Failures by address belong to no structure: sign-in has not said yet which one it is for. */
const ANYWHERE = '';

async function listStructures(app: App): Promise<Welcome['structures']> {
	const rows = await app.db
		.selectFrom('structure')
		.innerJoin('record', (join) =>
			join.onRef('record.structure_id', '=', 'structure.id').onRef('record.id', '=', 'structure.id')
		)
		.select(['structure.id', 'structure.fictitious', 'record.fields'])
		.orderBy('structure.created_at')
		.execute();
	return rows.map(({ id, fictitious, fields }) => ({
		id,
		name: String(inUse(parseFields(fields), 'name')),
		fictitious: fictitious === 1
	}));
}

type Device = { id: string; name: string };

/** Opens the session of somebody who has proved who they are, and answers with its two halves. */
async function welcomeIn(
	{ app, request }: Pick<Call, 'app' | 'request'>,
	structure: string,
	person: string,
	device: Device,
	work: (trx: Trx) => Promise<void> = () => Promise.resolve()
): Promise<Response> {
	const { opened, key } = await app.db.transaction().execute(async (trx) => {
		await work(trx);
		await note(app, trx, structure, { act: 'sign-in', person, device: device.id });
		return {
			opened: await openSession(app, trx, structure, person, device),
			key: await structureKey(app, trx, structure)
		};
	});
	const session = await findSession(app, opened.token, opened.key);
	if (!session) throw new Problem('session.missing', 401); // somebody of the fictitious structure who was dismissed
	const entered: Entered = { session, key: opened.key, structureKey: key };
	return await reply({ request }, entered, { headers: { 'set-cookie': cookieOf(app, opened) } });
}

/** What sign-in answers: who has come in, or that a second factor is awaited. */
const Step = z.union([Entered, SecondStep]);

/** Somebody whose passphrase was right: in, or on to the second step. */
async function stepIn(
	call: Pick<Call, 'app' | 'request'>,
	structure: string,
	person: string,
	device: Device,
	byCode = false
) {
	const { app } = call;
	if (!(await hasFactor(app.db, structure, person))) return await welcomeIn(call, structure, person, device);
	return await reply(call, await askSecondStep(app, app.db, { structure, person }, device, byCode));
}

export const welcome = endpoint({
	method: 'GET',
	path: '/api/welcome',
	summary: 'What this server can be asked by somebody who is not signed in',
	act: 'anybody',
	reply: Welcome,
	async handle(call) {
		const welcome: Welcome = { canSetUp: await canSetUp(call.app), structures: await listStructures(call.app) };
		return await reply(call, welcome);
	}
});

export const signIn = endpoint({
	method: 'POST',
	path: '/api/session',
	summary: 'Sign in with a name and a passphrase',
	act: 'anybody',
	body: SignIn,
	reply: Step,
	async handle(call) {
		const { app, body, address } = call;
		const key = `name:${nameKey(body.name)}`;
		await mustWait(app, body.structure, key);
		await mustWait(app, ANYWHERE, `address:${address}`);
		const person = await app.db
			.selectFrom('person')
			.select(['id', 'passphrase'])
			.where('structure_id', '=', body.structure)
			.where('name_key', '=', nameKey(body.name))
			.where('left_at', 'is', null)
			.executeTakeFirst();
		if (!(await isPassphrase(body.passphrase, person?.passphrase))) {
			await countFailure(app, body.structure, key);
			await countFailure(app, ANYWHERE, `address:${address}`);
			await noteRefusal(app, body.structure, body.device.id);
			throw new Problem('sign-in.refused', 403);
		}
		// A device declared lost comes back by a code that the director gives, and by nothing that may have been lost with it.
		if (await isDeviceRevoked(app.db, body.structure, person!.id, body.device.id)) {
			await noteRefusal(app, body.structure, body.device.id);
			throw new Problem('device.revoked', 403);
		}
		await forgetFailures(app, body.structure, key);
		return await stepIn(call, body.structure, person!.id, body.device);
	}
});

/** The same for a name that exists and one that does not: the journal says when and from which device, not who was meant. */
async function noteRefusal(app: App, structure: string, device: string): Promise<void> {
	const known = await app.db.selectFrom('structure').select('id').where('id', '=', structure).executeTakeFirst();
	if (known) await noteAlone(app, structure, { act: 'sign-in.refused', person: '', device });
}

export const secondStep = endpoint({
	method: 'POST',
	path: '/api/session/second',
	summary: 'Finish a sign-in with six digits, a passkey or a recovery code',
	act: 'anybody',
	body: SecondProof,
	reply: Entered,
	async handle(call) {
		const { app, body, address } = call;
		const key = `second:${address}`;
		await mustWait(app, ANYWHERE, key);
		const begun = await takeTicket(app, app.db, body.ticket);
		// Before anything is looked at: a recovery code shown while one has to wait is not used up.
		if (begun) await mustWait(app, begun.structure, `second:${begun.person}`);
		const shown = begun && (await mayComeIn(app, begun)) ? await checkSecondStep(app, app.db, begun, body) : undefined;
		if (!begun || !shown) {
			await countFailure(app, ANYWHERE, key);
			if (begun) {
				await countFailure(app, begun.structure, `second:${begun.person}`);
				await noteRefusal(app, begun.structure, begun.device.id);
			}
			throw new Problem('second-factor.refused', 403);
		}
		const { structure, person, device } = begun;
		await forgetFailures(app, structure, `second:${person}`);
		return await welcomeIn(call, structure, person, device, async (trx) => {
			if (shown === 'recovery')
				await note(app, trx, structure, { act: 'recovery-code.used', person, device: device.id });
		});
	}
});

/** Whether the person is still there, and the device not declared lost, since the first step. */
async function mayComeIn(
	app: App,
	{ structure, person, device, byCode }: NonNullable<Awaited<ReturnType<typeof takeTicket>>>
): Promise<boolean> {
	const row = await app.db
		.selectFrom('person')
		.select('left_at')
		.where('structure_id', '=', structure)
		.where('id', '=', person)
		.executeTakeFirst();
	if (!row || row.left_at) return false;
	return byCode || !(await isDeviceRevoked(app.db, structure, person, device.id));
}

export const whoAmI = endpoint({
	method: 'GET',
	path: '/api/session',
	summary: 'Who is signed in',
	act: 'own-account',
	handle: (call) => reply(call, call.session)
});

export const signOut = endpoint({
	method: 'DELETE',
	path: '/api/session',
	summary: 'Sign out of this device',
	act: 'own-account',
	async handle({ app, session, request }) {
		const { structure, person, device } = session;
		await closeSession(app.db, session);
		await noteAlone(app, structure.id, { act: 'sign-out', person: person.id, device: device.id });
		const key = request.headers.get(KEY_HEADER)!;
		return done({ 'set-cookie': cookieOf(app, { key, token: undefined }) });
	}
});

export const setUp = endpoint({
	method: 'POST',
	path: '/api/setup',
	summary: 'Set up the structure of a fresh server, with the code its start command printed',
	act: 'anybody',
	body: SetUp,
	reply: Entered,
	async handle(call) {
		const { app, body, address } = call;
		await mustWait(app, ANYWHERE, `setup:${address}`);
		if (plainCode(body.code) !== plainCode(app.setupCode)) {
			await countFailure(app, ANYWHERE, `setup:${address}`);
			throw new Problem('setup.code', 403);
		}
		const passphrase = await hashStrong(app, body.passphrase);
		const { structure, director } = await app.db.transaction().execute(async (trx) => {
			await lockFounding(trx);
			if (!(await canSetUp(app, trx))) throw new Problem('setup.closed', 409);
			const founded = await found(app, trx, foundingOf(body));
			await trx
				.updateTable('person')
				.set({ passphrase })
				.where('structure_id', '=', founded.structure)
				.where('id', '=', founded.director)
				.execute();
			return founded;
		});
		return await welcomeIn(call, structure, director, body.device);
	}
});

export const enrol = endpoint({
	method: 'POST',
	path: '/api/enrol',
	summary: 'Use a one-time code: choose a passphrase and name the device',
	act: 'anybody',
	body: Enrol,
	reply: Step,
	async handle(call) {
		const { app, body, address } = call;
		await mustWait(app, ANYWHERE, `code:${address}`);
		const passphrase = await hashStrong(app, body.passphrase);
		try {
			const { structure, person } = await app.db
				.transaction()
				.execute((trx) => useCode(app, trx, body.code, passphrase));
			return await stepIn(call, structure, person, body.device, true);
		} catch (thrown) {
			if (thrown instanceof Problem && thrown.code === 'code.refused')
				await countFailure(app, ANYWHERE, `code:${address}`);
			throw thrown;
		}
	}
});

export const explore = endpoint({
	method: 'POST',
	path: '/api/explore',
	summary: 'Open the fictitious structure as one of its people, making it first where it is missing',
	act: 'anybody',
	body: Explore,
	reply: Entered,
	async handle(call) {
		const { app, body } = call;
		const { structure, people } = await openFictitious(app);
		return await welcomeIn(call, structure, people[body.role], body.device);
	}
});

export const leaveFictitious = endpoint({
	method: 'DELETE',
	path: '/api/explore',
	summary: 'Delete the fictitious structure with everything in it',
	act: 'delete-fictitious',
	async handle({ app, session, request }) {
		if (!session.structure.fictitious) throw new Problem('right.missing', 403);
		await deleteFictitious(app, session.structure.id);
		return done({ 'set-cookie': cookieOf(app, { key: request.headers.get(KEY_HEADER)!, token: undefined }) });
	}
});
