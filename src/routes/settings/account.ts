import * as z from 'zod/mini';
import { Factor, OwnDevice, Session } from '$lib/domain/session';
import { ask, type Answer } from '../api';
import { here } from '../here.svelte';

/** One's own ways to sign in and devices, as the server knows them. */
const Account = z.looseObject({ factors: z.array(Factor), recoveryCodes: z.int(), devices: z.array(OwnDevice) });
export type Account = z.infer<typeof Account>;

export async function loadAccount(): Promise<Answer<Account>> {
	const answer = await ask<unknown>('GET', '/api/account');
	return answer.ok ? { ok: true, value: Account.parse(answer.value) } : answer;
}

/** Asks the server where this session stands, keeps it for the next opening too, and wakes the exchange that may have
 * waited for it. */
export async function refreshSession(): Promise<void> {
	const answer = await ask<unknown>('GET', '/api/session');
	if (!answer.ok) return;
	const { secondFactor } = Session.parse(answer.value);
	if (secondFactor === here.session?.secondFactor) return;
	await here.keep({ secondFactor });
	here.wake();
}
