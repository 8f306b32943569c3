import { Due, Retained } from '../../domain/testimony';
import { Journal } from '../../domain/journal';
import { byOf, endpoint, reply } from '../door/endpoint';
import { noteAlone, readJournal } from '../keeping/journal';
import { dueNow, runRetention } from '../keeping/retention';

/** `?before=<number>` for the page before. */
export const journal = endpoint({
	method: 'GET',
	path: '/api/journal',
	summary: 'The journal, newest first, and whether it is intact',
	act: 'read-journal',
	reply: Journal,
	async handle(call) {
		const { app, request, session } = call;
		const asked = Number(new URL(request.url).searchParams.get('before') ?? '');
		const before = Number.isSafeInteger(asked) && asked > 0 ? asked : Infinity;
		const page = await readJournal(app, session.structure.id, before);
		const by = byOf({ session });
		await noteAlone(app, session.structure.id, { act: 'journal.read', ...by });
		return await reply(call, page);
	}
});

export const retention = endpoint({
	method: 'GET',
	path: '/api/retention',
	summary: 'How many testimonies have outlived their time',
	act: 'run-retention',
	reply: Due,
	async handle(call) {
		const { months, before, interviews } = await dueNow(call.app, call.app.db, call.session.structure.id);
		return await reply(call, { months, before, interviews: interviews.length });
	}
});

export const retain = endpoint({
	method: 'POST',
	path: '/api/retention',
	summary: 'Take the words from every testimony that has outlived its time',
	act: 'run-retention',
	reply: Retained,
	async handle(call) {
		const { app, session } = call;
		const by = byOf({ session });
		return await reply(call, { interviews: await runRetention(app, session.structure.id, by) });
	}
});
