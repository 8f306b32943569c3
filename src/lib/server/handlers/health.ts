import * as z from 'zod/mini';
import { nowOf } from '../app';
import { endpoint, reply } from '../door/endpoint';

const Health = z.looseObject({ ok: z.literal(true), version: z.string(), now: z.string() });

/** Answers once the database does. */
export const health = endpoint({
	method: 'GET',
	path: '/api/health',
	summary: 'Whether the server and its database answer',
	act: 'anybody',
	reply: Health,
	async handle(call) {
		await call.app.db.selectFrom('structure').select('id').limit(1).execute();
		return await reply(call, { ok: true, version: call.app.version, now: nowOf(call.app) });
	}
});
