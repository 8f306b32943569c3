import { Problem } from '../../domain/problem';
import { Enrol, Explore, Session, SetUp, SignIn, Welcome } from '../../domain/session';
import { inUse, type Fields } from '../../domain/record';
import { plainCode, type App } from '../app';
import { cookieOf, endpoint, reply, type Call } from '../endpoint';
import { deleteFictitious, openFictitious } from '../fictitious/structure';
import { isPassphrase } from '../passphrase';
import { enrol as useCode, hashStrong, nameKey } from '../people';
import { closeSession, findSession, openSession } from '../sessions';
import { lockFounding } from '../store';
import { canSetUp, found, foundingOf } from '../structures';
import { countFailure, forgetFailures, mustWait } from '../throttle';

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
		name: String(inUse(JSON.parse(fields) as Fields, 'name')),
		fictitious: fictitious === 1
	}));
}

/** Answers with who is signed in now, and the cookie that says so. */
async function welcomeIn(call: Pick<Call, 'app' | 'request'>, token: string): Promise<Response> {
	const session = (await findSession(call.app, token))!;
	return await reply(call, session, { headers: { 'set-cookie': cookieOf(call.app, token) } });
}

export const whoAmI = endpoint({
	method: 'GET',
	path: '/api/session',
	summary: 'Who is signed in, and what this server can be asked by somebody who is not',
	caller: 'anybody',
	reply: Welcome,
	async handle(call) {
		const { app, token } = call;
		const welcome: Welcome = {
			session: (await findSession(app, token)) ?? null,
			canSetUp: await canSetUp(app),
			structures: await listStructures(app)
		};
		return await reply(call, welcome);
	}
});

export const signIn = endpoint({
	method: 'POST',
	path: '/api/session',
	summary: 'Sign in with a name and a passphrase',
	caller: 'anybody',
	body: SignIn,
	reply: Session,
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
			throw new Problem('sign-in.refused', 403);
		}
		await forgetFailures(app, body.structure, key);
		const token = await app.db
			.transaction()
			.execute((trx) => openSession(app, trx, body.structure, person!.id, body.device));
		return await welcomeIn(call, token);
	}
});

export const signOut = endpoint({
	method: 'DELETE',
	path: '/api/session',
	summary: 'Sign out of this device',
	caller: 'anybody',
	async handle({ app, token }) {
		if (token) await closeSession(app.db, token);
		return new Response(null, { status: 204, headers: { 'set-cookie': cookieOf(app, undefined) } });
	}
});

export const setUp = endpoint({
	method: 'POST',
	path: '/api/setup',
	summary: 'Set up the structure of a fresh server, with the code its start command printed',
	caller: 'anybody',
	body: SetUp,
	reply: Session,
	async handle(call) {
		const { app, body, address } = call;
		await mustWait(app, ANYWHERE, `setup:${address}`);
		if (plainCode(body.code) !== plainCode(app.setupCode)) {
			await countFailure(app, ANYWHERE, `setup:${address}`);
			throw new Problem('setup.code', 403);
		}
		const passphrase = await hashStrong(app, body.passphrase);
		const token = await app.db.transaction().execute(async (trx) => {
			await lockFounding(trx);
			if (!(await canSetUp(app, trx))) throw new Problem('setup.closed', 409);
			const { structure, director } = await found(app, trx, foundingOf(body));
			await trx
				.updateTable('person')
				.set({ passphrase })
				.where('structure_id', '=', structure)
				.where('id', '=', director)
				.execute();
			return await openSession(app, trx, structure, director, body.device);
		});
		return await welcomeIn(call, token);
	}
});

export const enrol = endpoint({
	method: 'POST',
	path: '/api/enrol',
	summary: 'Use a one-time code: choose a passphrase and name the device',
	caller: 'anybody',
	body: Enrol,
	reply: Session,
	async handle(call) {
		const { app, body, address } = call;
		await mustWait(app, ANYWHERE, `code:${address}`);
		const passphrase = await hashStrong(app, body.passphrase);
		try {
			const token = await app.db.transaction().execute(async (trx) => {
				const { structure, person } = await useCode(app, trx, body.code, passphrase);
				return await openSession(app, trx, structure, person, body.device);
			});
			return await welcomeIn(call, token);
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
	caller: 'anybody',
	body: Explore,
	reply: Session,
	async handle(call) {
		const { app, body } = call;
		const { structure, people } = await openFictitious(app);
		const token = await app.db
			.transaction()
			.execute((trx) => openSession(app, trx, structure, people[body.role], body.device));
		return await welcomeIn(call, token);
	}
});

export const leaveFictitious = endpoint({
	method: 'DELETE',
	path: '/api/explore',
	summary: 'Delete the fictitious structure with everything in it',
	caller: 'director',
	async handle({ app, session }) {
		if (!session.structure.fictitious) throw new Problem('right.missing', 403);
		await deleteFictitious(app, session.structure.id);
		return new Response(null, { status: 204, headers: { 'set-cookie': cookieOf(app, undefined) } });
	}
});
