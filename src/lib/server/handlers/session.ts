import { plainCode } from '../../domain/code';
import { Problem } from '../../domain/problem';
import { KEY_HEADER } from '../../domain/header';
import {
	FirstStep,
	Enrol,
	Entered,
	Explore,
	SecondProof,
	SetUp,
	SetUpCode,
	SignIn,
	Welcome
} from '../../domain/session';
import { parseFields } from '../../domain/record';
import type { App } from '../app';
import { cookieOf, done, endpoint, markOf, reply, shownFor, type Call } from '../door/endpoint';
import { recognise } from '../accounts/devices';
import { askSecondStep, checkSecondStep, keepTicket, takeTicket } from '../accounts/second-step';
import { hasFactor } from '../accounts/factors';
import { deleteFictitious, exploreFictitious, showOut } from '../fictitious/structure';
import { note, noteAlone } from '../keeping/journal';
import { isPassphrase } from '../accounts/passphrase';
import { findDone, keepDone, type Who } from '../accounts/pending';
import { nameKey } from '../../domain/name';
import { findInvitation, hashStrong, isUsedBy, useInvitation } from '../accounts/people';
import { closeSession, findSession, isDeviceRevoked, openSession } from '../accounts/sessions';
import { sha256 } from '../database/hash';
import { lockFounding, type Trx } from '../database/store';
import { canSetUp, found, foundingOf, realStructure } from '../accounts/structures';
import {
	byAddress,
	CHOSEN,
	countFailure,
	DRAWN,
	forgetFailures,
	mustWait,
	tryOnce,
	type Count
} from '../accounts/throttle';
import { structureKey } from '../accounts/vaults';
import { valueOf } from '../../domain/kinds/values';

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
		name: valueOf('structure', parseFields(fields), 'name') ?? '',
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
	const { mark } = shownFor({ app, request }, person);
	const { opened, key } = await app.db.transaction().execute(async (trx) => {
		await note(app, trx, structure, { act: 'sign-in', person, device: device.id });
		const opened = await openSession(app, trx, structure, person, device, mark);
		await work(trx);
		return { opened, key: await structureKey(app, trx, structure) };
	});
	const session = await findSession(app, opened.token, opened.key);
	if (!session) throw new Problem('session.missing', 401); // somebody of the fictitious structure who was dismissed
	for (const shown of [opened.token, opened.mark]) app.rate.meet(shown);
	const entered: Entered = { session, key: opened.key, structureKey: key };
	const headers = new Headers({ 'set-cookie': cookieOf(app, opened) });
	headers.append('set-cookie', markOf(app, person, opened.mark));
	return await reply({ request }, entered, { headers });
}

/** Whether a call comes from a device that this person came in on, and that was not declared lost since. Its own wrong tries
 * are counted by themselves, and it waits for nobody else's: whatever is tried on a name, or from an office's one address,
 * its owner comes in there. */
async function isKnown(call: Pick<Call, 'app' | 'request'>, who: Who, device: string): Promise<boolean> {
	const found = await recognise(call.app.db, { ...who, device }, shownFor(call, who.person));
	return found?.revoked === false;
}

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
		const structures = await listStructures(call.app);
		const canBegin = await canSetUp(call.app);
		const canExplore = canBegin || structures.some(({ fictitious }) => fictitious);
		return await reply(call, { canSetUp: canBegin, canExplore, structures } satisfies Welcome);
	}
});

export const signIn = endpoint({
	method: 'POST',
	path: '/api/session',
	summary: 'Sign in with a name and a passphrase',
	act: 'anybody',
	body: SignIn,
	reply: FirstStep,
	async handle(call) {
		const { app, body, address } = call;
		const { structure, device } = body;
		const namesakes = await app.db
			.selectFrom('person')
			.select(['id', 'passphrase'])
			.where('structure_id', '=', structure)
			.where('name_key', '=', nameKey(body.name))
			.where('left_at', 'is', null)
			.execute();
		let known: string | undefined;
		for (const { id } of namesakes) if (await isKnown(call, { structure, person: id }, device.id)) known ??= id;
		// Hashed: what people type where their name goes is now and then their passphrase.
		const own: Count = {
			structure,
			key: known ? `device:${known}|${device.id}` : `name:${sha256(nameKey(body.name))}`,
			bound: CHOSEN
		};
		const counts = known ? [own] : [byAddress('address', address, CHOSEN), own];
		const person = await tryOnce(app, counts, async () => {
			// With nobody of that name the same work is done for nothing.
			for (const one of namesakes.length > 0 ? namesakes : [undefined])
				if (await isPassphrase(body.passphrase, one?.passphrase, known !== undefined)) return one?.id;
			return undefined;
		});
		if (!person) {
			await noteRefusal(app, structure, device.id);
			throw new Problem('sign-in.refused', 403);
		}
		// A device declared lost comes back by a code that the director gives, and by nothing that may have been lost with it.
		if (await isDeviceRevoked(app.db, structure, person, device.id)) {
			await noteRefusal(app, structure, device.id);
			throw new Problem('device.revoked', 403);
		}
		await forgetFailures(app, own);
		return await stepIn(call, structure, person, device);
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
		// Nobody guesses a ticket: whoever makes them up keeps nobody from theirs.
		const begun = await tryOnce(app, [byAddress('ticket', address, DRAWN)], () =>
			takeTicket(app, app.db, body.ticket, body)
		);
		if (!begun) throw new Problem('second-factor.refused', 403);
		const { structure, person, device } = begun;
		const known = await isKnown(call, begun, device.id);
		const key = known ? `second:${person}|${device.id}` : `second:${person}`;
		const own: Count = { structure, key, bound: CHOSEN };
		// Before anything is looked at: a recovery code shown while one has to wait is not used up.
		const shown = await tryOnce(app, known ? [own] : [byAddress('second', address, CHOSEN), own], async () => {
			if (!(await mayComeIn(app, begun))) return undefined;
			return begun.again ? 'again' : await checkSecondStep(app, app.db, begun, body);
		});
		if (!shown) {
			await noteRefusal(app, structure, device.id);
			throw new Problem('second-factor.refused', 403);
		}
		await forgetFailures(app, own);
		return await welcomeIn(call, structure, person, device, async (trx) => {
			await keepTicket(app, trx, body.ticket, begun, body);
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

async function checkSetUpCode(app: App, address: string, { code }: SetUpCode): Promise<void> {
	const isRight = await tryOnce(app, [byAddress('setup', address, DRAWN)], () =>
		Promise.resolve(plainCode(code) === plainCode(app.setupCode) || undefined)
	);
	if (!isRight) throw new Problem('setup.code', 403);
}

export const setUpCode = endpoint({
	method: 'POST',
	path: '/api/setup/code',
	summary: 'Ask whether a code opens the first set-up, before anything else is typed',
	act: 'anybody',
	body: SetUpCode,
	async handle({ app, body, address }) {
		await checkSetUpCode(app, address, body);
		if (!(await canSetUp(app))) throw new Problem('setup.closed', 409);
		return done();
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
		await checkSetUpCode(app, address, body);
		const again = await foundedBy(app, body);
		if (again) return await welcomeIn(call, again.structure, again.person, body.device);
		if (!(await canSetUp(app))) throw new Problem('setup.closed', 409);
		const passphrase = await hashStrong(app, body.passphrase, body.director);
		const { structure, director } = await app.db.transaction().execute(async (trx) => {
			await lockFounding(trx);
			if (!(await canSetUp(app, trx))) throw new Problem('setup.closed', 409);
			const founded = await found(app, trx, foundingOf(body));
			const { structure, director: person } = founded;
			await trx
				.updateTable('person')
				.set({ passphrase })
				.where('structure_id', '=', structure)
				.where('id', '=', person)
				.execute();
			await keepDone(app, trx, { structure, person }, 'set-up', formText(body), '', FOUNDED);
			return founded;
		});
		return await welcomeIn(call, structure, director, body.device);
	}
});

/** An hour, in minutes, in which the set-up may be sent again: its answer was lost on the way. */
const FOUNDED = 60;

const formText = ({ code, structure, antennas, director, device }: SetUp): string =>
	JSON.stringify([plainCode(code), structure, antennas, director, device.id]);

/** Who set the structure up a moment ago, when this is the same form from the same device with the same passphrase; whoever
 * has a second factor by now signs in. */
async function foundedBy(app: App, form: SetUp): Promise<Who | undefined> {
	const structure = await realStructure(app.db);
	const done = structure && (await findDone(app, app.db, structure, 'set-up', formText(form)));
	if (!done || (await hasFactor(app.db, structure, done.person))) return undefined;
	if (await isDeviceRevoked(app.db, structure, done.person, form.device.id)) return undefined;
	const { passphrase } = await app.db
		.selectFrom('person')
		.select('passphrase')
		.where('structure_id', '=', structure)
		.where('id', '=', done.person)
		.executeTakeFirstOrThrow();
	const again: Count = { structure, key: 'again:set-up', bound: CHOSEN };
	const isRight = await tryOnce(
		app,
		[again],
		async () => (await isPassphrase(form.passphrase, passphrase, true)) || undefined
	);
	return isRight && { structure, person: done.person };
}

export const enrol = endpoint({
	method: 'POST',
	path: '/api/enrol',
	summary: 'Use a one-time code: choose a passphrase and name the device',
	act: 'anybody',
	body: Enrol,
	reply: FirstStep,
	async handle(call) {
		const { app, body, address } = call;
		const who = await tryOnce(app, [byAddress('code', address, DRAWN)], () => byCode(app, body));
		if (!who) throw new Problem('code.refused', 403);
		return await stepIn(call, who.structure, who.person, body.device, true);
	}
});

const nameOf = async (app: App, structure: string, person: string): Promise<string> => {
	const row = await app.db
		.selectFrom('person')
		.select('name')
		.where('structure_id', '=', structure)
		.where('id', '=', person)
		.executeTakeFirstOrThrow();
	return row.name;
};

/** Whose code it is, used up by this; or used up before by this very device with this very passphrase.
 * @returns nothing, the same for a wrong, used and expired code */
async function byCode(app: App, { code, passphrase, device }: Enrol): Promise<Who | undefined> {
	const invitation = await findInvitation(app, app.db, code);
	if (!invitation) return undefined;
	const { structure_id: structure, person_id: person, code_hash } = invitation;
	if (!invitation.used_at) {
		const hashed = await hashStrong(app, passphrase, await nameOf(app, structure, person));
		const isMine = await app.db.transaction().execute((trx) => useInvitation(app, trx, invitation, hashed, device.id));
		if (isMine) return { structure, person };
	}
	const used = await findInvitation(app, app.db, code);
	const again: Count = { structure, key: `again:${code_hash}`, bound: CHOSEN };
	const isRight =
		used?.used_on === device.id &&
		(await tryOnce(app, [again], async () => (await isUsedBy(app, used, device.id, passphrase)) || undefined));
	return isRight ? { structure, person } : undefined;
}

export const explore = endpoint({
	method: 'POST',
	path: '/api/explore',
	summary: 'Open the fictitious structure as one of its people, making it first where nobody works for real yet',
	act: 'anybody',
	body: Explore,
	reply: Entered,
	async handle(call) {
		const { app, body, address } = call;
		// Each leaves a line in its journal: an address that explores all day is slowed.
		const count = byAddress('explore', address, DRAWN);
		await mustWait(app, count);
		await countFailure(app, count);
		const { structure, people } = await exploreFictitious(app);
		return await welcomeIn(call, structure, people[body.role], body.device, (trx) => showOut(trx, structure));
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
