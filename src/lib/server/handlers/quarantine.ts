import { Quarantine, QuarantineCount, QuarantineLine, QuarantinedChange, Reason } from '../../domain/quarantine';
import { byOf, done, endpoint, reply } from '../door/endpoint';
import { countQuarantine, listQuarantine, readLine, readQuarantined, release, setAside } from '../office/quarantine';

/** `?after=<next>` for the page after. */
export const quarantine = endpoint({
	method: 'GET',
	path: '/api/quarantine',
	summary: 'A page of what was refused and is kept, without its content: what waits first',
	act: 'judge-quarantine',
	reply: Quarantine,
	async handle(call) {
		const after = new URL(call.request.url).searchParams.get('after');
		return await reply(call, await listQuarantine(call.app.db, call.session.structure.id, after));
	}
});

export const quarantineCount = endpoint({
	method: 'GET',
	path: '/api/quarantine-count',
	summary: 'How much was refused and is kept, and whose place for it is running out',
	act: 'judge-quarantine',
	reply: QuarantineCount,
	async handle(call) {
		return await reply(call, await countQuarantine(call.app.db, call.session.structure.id));
	}
});

export const quarantineLine = endpoint({
	method: 'GET',
	path: '/api/quarantine/[hash]/line',
	summary: 'One line of what was refused and is kept, without its content',
	act: 'judge-quarantine',
	reply: QuarantineLine,
	async handle(call) {
		const { app, session, params } = call;
		return await reply(call, await readLine(app.db, session.structure.id, params.hash!));
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
