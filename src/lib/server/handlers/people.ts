import { People } from '../../domain/account';
import * as z from 'zod/mini';
import { Invitation, PersonEdit } from '../../domain/session';
import { Grant } from '../../domain/structure';
import { Problem } from '../../domain/problem';
import { needsSecondFactor } from '../../domain/actor';
import { byOf, done, endpoint, reply } from '../door/endpoint';
import { nowOf } from '../app';
import { listDevices } from '../accounts/devices';
import { removeFactors } from '../accounts/factors';
import { note } from '../keeping/journal';
import { AT_ONCE, goOnJudging, judgeDue } from '../office/quarantine';
import { invite, justAdded, removePerson, savePerson } from '../accounts/people';

export const listPeople = endpoint({
	method: 'GET',
	path: '/api/people',
	summary: 'The people of the structure, their rights and their devices',
	act: 'manage-people',
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
		const devices = await listDevices(call.app.db, structure);
		const factors = await call.app.db
			.selectFrom('factor')
			.select('person_id')
			.where('structure_id', '=', structure)
			.execute();
		const invited = await call.app.db
			.selectFrom('invitation')
			.select('person_id')
			.where('structure_id', '=', structure)
			.where('used_at', 'is', null)
			.where('expires_at', '>', nowOf(call.app))
			.execute();
		const list: People = people.map(({ id, name, grants, passphrase }) => {
			const own = devices.filter(({ person }) => person === id);
			return {
				id,
				name,
				grants: JSON.parse(grants) as Grant[],
				enrolled: passphrase !== null || own.length > 0,
				invited: invited.some(({ person_id }) => person_id === id),
				secondFactor: factors.some(({ person_id }) => person_id === id),
				devices: own.map((device) => ({
					...device,
					current: id === call.session.person.id && device.id === call.session.device.id
				}))
			};
		});
		return await reply(call, list);
	}
});

export const addPerson = endpoint({
	method: 'POST',
	path: '/api/people',
	summary: 'Add a person and get the one-time code to show them',
	act: 'manage-people',
	body: PersonEdit,
	reply: Invitation,
	async handle(call) {
		const { app, body, session } = call;
		const structure = session.structure.id;
		// From here on a passphrase alone would open other people's words.
		if (session.secondFactor !== 'on' && !session.structure.fictitious && needsSecondFactor(session.person))
			throw new Problem('second-factor.required', 403);
		const invitation = await app.db.transaction().execute(async (trx) => {
			const known = await justAdded(app, trx, structure, body);
			const subject = known ?? (await savePerson(app, trx, structure, body, byOf(call)));
			await note(app, trx, structure, { act: known ? 'person.invited' : 'person.added', ...byOf(call), subject });
			return await invite(app, trx, structure, subject);
		});
		return await reply(call, invitation, { status: 201 });
	}
});

export const changePerson = endpoint({
	method: 'PUT',
	path: '/api/people/[id]',
	summary: 'Change the name and the rights of a person',
	act: 'manage-people',
	body: PersonEdit,
	async handle(call) {
		const { app, body, session, params } = call;
		await app.db.transaction().execute(async (trx) => {
			await savePerson(app, trx, session.structure.id, body, byOf(call), params.id!);
			await note(app, trx, session.structure.id, { act: 'person.changed', ...byOf(call), subject: params.id! });
		});
		if (await judgeDue(app, session.structure.id, AT_ONCE)) goOnJudging(app);
		return done();
	}
});

export const dismissPerson = endpoint({
	method: 'DELETE',
	path: '/api/people/[id]',
	summary: 'Close the account of a person who leaves',
	act: 'manage-people',
	async handle(call) {
		const { app, session, params } = call;
		await app.db.transaction().execute(async (trx) => {
			await removePerson(app, trx, session.structure.id, params.id!, byOf(call));
			await note(app, trx, session.structure.id, { act: 'person.removed', ...byOf(call), subject: params.id! });
		});
		return done();
	}
});

/** `forgetSecondFactor`: they lost the phone that showed their digits. */
const NewCode = z.looseObject({ forgetSecondFactor: z.optional(z.boolean()) });

export const invitePerson = endpoint({
	method: 'POST',
	path: '/api/people/[id]/code',
	summary: 'A new one-time code for a person: a new device, a forgotten passphrase, a lost second factor',
	act: 'manage-people',
	body: NewCode,
	reply: Invitation,
	async handle(call) {
		const { app, body, session, params } = call;
		const structure = session.structure.id;
		const subject = params.id!;
		const invitation = await app.db.transaction().execute(async (trx) => {
			const made = await invite(app, trx, structure, subject);
			await note(app, trx, structure, { act: 'person.invited', ...byOf(call), subject });
			if (body.forgetSecondFactor) {
				// One's own goes through one's own account, where the last factor of a director stays.
				if (subject === session.person.id) throw new Problem('right.missing', 403);
				await removeFactors(trx, { structure, person: subject });
				await note(app, trx, structure, { act: 'second-factor.removed', ...byOf(call), subject });
			}
			return made;
		});
		return await reply(call, invitation, { status: 201 });
	}
});
