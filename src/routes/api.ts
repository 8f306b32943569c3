import { m } from '$lib/words/generated/messages';
import { here } from './here.svelte';

/** A call to the server that a person is waiting for. `problem` is the server's code, or `offline`. */
export type Answer<T> = { ok: true; value: T } | { ok: false; problem: string; details: { [name: string]: unknown } };

export async function ask<T>(
	method: 'GET' | 'POST' | 'PUT' | 'DELETE',
	path: string,
	body?: unknown
): Promise<Answer<T>> {
	try {
		const text = body === undefined ? undefined : JSON.stringify(body);
		const response = await here.call(method, path, text, text ? { 'content-type': 'application/json' } : {});
		const value = response.status === 204 ? undefined : ((await response.json()) as unknown);
		if (response.ok) return { ok: true, value: value as T };
		const { problem, details } = value as { problem?: string; details?: { [name: string]: unknown } };
		return { ok: false, problem: problem ?? 'unexpected', details: details ?? {} };
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
			return m.problem_tries({ seconds: String(details.seconds) });
		case 'setup.code':
			return m.problem_setup_code();
		case 'setup.closed':
			return m.problem_setup_closed();
		case 'code.refused':
			return m.problem_code();
		case 'passphrase.weak':
			return m.problem_weak();
		case 'name.taken':
			return m.problem_name({ name: String(details.name) });
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
			return m.problem_vault({ count: Number(details.left) });
		case 'right.missing':
		case 'session.other':
			return m.problem_right();
		case 'place.full':
			return m.problem_full();
		default:
			return m.problem_other();
	}
}
