import * as z from 'zod/mini';
import { Invitation, PersonEdit } from '../../domain/session';
import { Grant } from '../../domain/structure';
import { endpoint, reply, type Call } from '../endpoint';
import { invite, removePerson, savePerson } from '../people';

const People = z.array(
	z.looseObject({
		id: z.string(),
		name: z.string(),
		grants: z.array(Grant),
		enrolled: z.boolean(),
		devices: z.array(z.looseObject({ name: z.string(), seen: z.string() }))
	})
);
export type People = z.infer<typeof People>;

const by = ({ session }: Pick<Call, 'session'>) => ({ person: session.person.id, device: session.device.id });

export const listPeople = endpoint({
	method: 'GET',
	path: '/api/people',
	summary: 'The people of the structure, their rights and their devices',
	caller: 'director',
	reply: People,
	async handle(call) {
		const structure = call.session.structure.id;
		const people = await call.app.db
			.selectFrom('person')
			.select(['id', 'name', 'grants', 'passphrase'])
			.where('structure_id', '=', structure)
			.where('left_at', 'is', null)
			.orderBy('name_key')
			.execute();
		const devices = await call.app.db
			.selectFrom('device')
			.select(['person_id', 'name', 'seen_at as seen'])
			.where('structure_id', '=', structure)
			.orderBy('seen_at', 'desc')
			.execute();
		const list: People = people.map(({ id, name, grants, passphrase }) => ({
			id,
			name,
			grants: JSON.parse(grants) as Grant[],
			enrolled: passphrase !== null || devices.some(({ person_id }) => person_id === id),
			devices: devices.filter(({ person_id }) => person_id === id).map(({ name, seen }) => ({ name, seen }))
		}));
		return await reply(call, list);
	}
});

export const addPerson = endpoint({
	method: 'POST',
	path: '/api/people',
	summary: 'Add a person and get the one-time code to show them',
	caller: 'director',
	body: PersonEdit,
	reply: Invitation,
	async handle(call) {
		const { app, body, session } = call;
		const invitation = await app.db.transaction().execute(async (trx) => {
			const person = await savePerson(app, trx, session.structure.id, body, by(call));
			return await invite(app, trx, session.structure.id, person);
		});
		return await reply(call, invitation, { status: 201 });
	}
});

export const changePerson = endpoint({
	method: 'PUT',
	path: '/api/people/[id]',
	summary: 'Change the name and the rights of a person',
	caller: 'director',
	body: PersonEdit,
	async handle(call) {
		const { app, body, session, params } = call;
		await app.db.transaction().execute((trx) => savePerson(app, trx, session.structure.id, body, by(call), params.id!));
		return new Response(null, { status: 204 });
	}
});

export const dismissPerson = endpoint({
	method: 'DELETE',
	path: '/api/people/[id]',
	summary: 'Close the account of a person who leaves',
	caller: 'director',
	async handle(call) {
		const { app, session, params } = call;
		await app.db.transaction().execute((trx) => removePerson(app, trx, session.structure.id, params.id!, by(call)));
		return new Response(null, { status: 204 });
	}
});

export const invitePerson = endpoint({
	method: 'POST',
	path: '/api/people/[id]/code',
	summary: 'A new one-time code for a person: a new device, or a forgotten passphrase',
	caller: 'director',
	reply: Invitation,
	async handle(call) {
		const { app, session, params } = call;
		return await reply(
			call,
			await app.db.transaction().execute((trx) => invite(app, trx, session.structure.id, params.id!)),
			{ status: 201 }
		);
	}
});
