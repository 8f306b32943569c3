import * as z from 'zod/mini';
import { m } from '$lib/words/generated/messages';
import { here } from './here.svelte';

/** What the server answered to somebody who waits for it. `problem` is its code, `offline`, or `unexpected` where the answer
 * is not of the shape that was asked for. */
export type Answered<T> = { ok: true; value: T } | Refusal;
export type Refusal = { ok: false; problem: string; details: { [name: string]: unknown } };

/** The shape of an answer without a body. */
export const NOTHING = z.undefined();

const Refused = z.looseObject({ problem: z.string(), details: z.optional(z.record(z.string(), z.unknown())) });

/** A call to the server that a person is waiting for. */
export async function ask<Shape extends z.ZodMiniType>(
	shape: Shape,
	method: 'GET' | 'POST' | 'PUT' | 'DELETE',
	path: string,
	body?: unknown
): Promise<Answered<z.infer<Shape>>> {
	try {
		const text = body === undefined ? undefined : JSON.stringify(body);
		const response = await here.call(method, path, text, text ? { 'content-type': 'application/json' } : {});
		// Whoever says it: a box on the way has its own words for it.
		if (response.status === 413) return { ok: false, problem: 'body.too-large', details: {} };
		const value = response.status === 204 ? undefined : ((await response.json()) as unknown);
		if (!response.ok) {
			const { problem = 'unexpected', details = {} } = Refused.safeParse(value).data ?? {};
			return { ok: false, problem, details };
		}
		const parsed = shape.safeParse(value);
		return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: 'unexpected', details: {} };
	} catch {
		return { ok: false, problem: 'offline', details: {} };
	}
}

/** What happened and what to do, in the person's words. */
export function explain({ problem, details }: { problem: string; details: { [name: string]: unknown } }): string {
	switch (problem) {
		case 'offline':
			return m.problem_offline();
		case 'sign-in.refused':
			return m.problem_sign_in();
		case 'too-many-tries':
			return m.problem_tries({ count: Number(details.seconds) });
		case 'setup.code':
			return m.problem_setup_code();
		case 'setup.closed':
			return m.problem_setup_closed();
		case 'code.refused':
			return m.problem_code();
		case 'passphrase.weak':
			return m.problem_weak();
		case 'passphrase.name':
			return m.problem_own_name();
		case 'name.taken':
			return m.problem_name({ name: String(details.name) });
		case 'explore.closed':
			return m.problem_explore();
		case 'antenna.unknown':
			return m.problem_antenna();
		case 'factor.many':
			return m.problem_factors({ most: String(details.most) });
		case 'director.last':
			return m.problem_last_director();
		case 'session.missing':
			return m.problem_session();
		case 'device.revoked':
			return m.problem_revoked();
		case 'second-factor.required':
			return m.problem_second_required();
		case 'second-factor.refused':
			return m.problem_second_refused();
		case 'passkey.refused':
			return m.problem_passkey();
		case 'receipt.refused':
			return m.problem_receipt();
		case 'record.missing':
			return m.problem_missing();
		case 'vault.stuck':
			return details.problem === 'full' ? m.problem_vault_place() : m.problem_vault();
		case 'right.missing':
		case 'session.other':
			return m.problem_right();
		case 'place.full':
			return m.problem_full();
		default:
			return m.problem_other();
	}
}
