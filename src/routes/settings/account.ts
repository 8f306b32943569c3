import { Account } from '$lib/domain/account';
import { Session } from '$lib/domain/session';
import { ask, type Answered } from '$lib/here/api';
import { here } from '$lib/here/here.svelte';

/** One's own ways to sign in and devices, as the server knows them. */
export const loadAccount = (): Promise<Answered<Account>> => ask(Account, 'GET', '/api/account');

/** Asks the server where this session stands, keeps it for the next opening too, and wakes the exchange that may have
 * waited for it. */
export async function refreshSession(): Promise<void> {
	const answer = await ask(Session, 'GET', '/api/session');
	if (!answer.ok) return;
	const { secondFactor } = answer.value;
	if (secondFactor === here.session?.secondFactor) return;
	await here.stay.keep({ secondFactor });
	here.wake();
}
