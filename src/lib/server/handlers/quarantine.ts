import { Quarantine, QuarantinedChange, Reason } from '../../domain/quarantine';
import { byOf, done, endpoint, reply } from '../endpoint';
import { listQuarantine, readQuarantined, release, setAside } from '../quarantine';

export const quarantine = endpoint({
	method: 'GET',
	path: '/api/quarantine',
	summary: 'What was refused and is kept, without its content',
	act: 'judge-quarantine',
	reply: Quarantine,
	async handle(call) {
		return await reply(call, { lines: await listQuarantine(call.app.db, call.session.structure.id) });
	}
});

export const quarantined = endpoint({
	method: 'GET',
	path: '/api/quarantine/[hash]',
	summary: 'One refused change, whole; that it was read is noted',
	act: 'judge-quarantine',
	reply: QuarantinedChange,
	async handle(call) {
		const { app, session, params } = call;
		return await reply(call, await readQuarantined(app, session.structure.id, params.hash!, byOf(call)));
	}
});

export const releaseQuarantined = endpoint({
	method: 'POST',
	path: '/api/quarantine/[hash]/release',
	summary: 'Take a refused change after all, as its author’s',
	act: 'judge-quarantine',
	async handle(call) {
		await release(call.app, call.session.structure.id, call.params.hash!, byOf(call));
		return done();
	}
});

export const setAsideQuarantined = endpoint({
	method: 'POST',
	path: '/api/quarantine/[hash]/set-aside',
	summary: 'Set a refused change aside, with a reason its author will read',
	act: 'judge-quarantine',
	body: Reason,
	async handle(call) {
		await setAside(call.app, call.session.structure.id, call.params.hash!, call.body.reason, byOf(call));
		return done();
	}
});
