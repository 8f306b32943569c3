import Dexie from 'dexie';
import { Problem } from '$lib/domain/problem';
import { KEY_HEADER } from '$lib/domain/header';
import { Entered, type Session } from '$lib/domain/session';
import { databaseName, type DeviceDatabase, type Holder } from '$lib/local/database';
import { holderKey, remember } from '$lib/local/holders';
import { countUnsent, emptyLocked, keepWrap, sendSealed } from '$lib/local/locked';
import { makeVault } from '$lib/local/locks';
import { unlock, type Locks, type Place, type Random, type Vault } from '$lib/local/vault';
import { exchangeLock, placeOf } from './here.svelte';

const post = (path: string, body: unknown, method = 'POST', headers: { [name: string]: string } = {}) =>
	fetch(path, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });

/** One exchange at a time for a person's database: another tab may have it open. */
const sendLocked = (place: Place, key: string): ReturnType<typeof sendSealed> =>
	navigator.locks.request(exchangeLock(databaseName(place.structure, place.person)), () =>
		sendSealed(place, key, post)
	);

/** Opens the vault of somebody who has just proved to the server who they are, or makes them one.
 * @throws Problem `vault.stuck` when what another passphrase sealed here cannot leave now: nothing has been touched */
export async function openVaultOf(
	device: DeviceDatabase,
	value: unknown,
	passphrase: string | undefined,
	random: Random
): Promise<{ session: Session; key: string; vault: Vault; locks: Locks }> {
	const { session, key, structureKey } = Entered.parse(value);
	const place = placeOf(session);
	const known = (await device.holders.get(holderKey(session)))?.locks;
	const opened = known && (await unlock(place, known, passphrase === undefined ? 'none' : { passphrase }, random));
	if (opened) return { session, key, ...opened };
	if (known) {
		// A forgotten passphrase: its unsent work leaves as it lies before a new vault takes the place of the old one.
		const { left } = await sendLocked(place, known.key);
		if (left > 0) throw new Problem('vault.stuck', 409, { left });
	}
	const made = await makeVault(place, crypto.randomUUID(), passphrase, structureKey, random, () => performance.now());
	// Left with the server first, and its locks kept here before anything is sealed with it: from now on nothing can be lost
	// with its passphrase.
	const response = await post('/api/vault', { key: made.locks.key, wrap: made.wrap }, 'PUT', { [KEY_HEADER]: key });
	if (!response.ok) throw new Problem('vault.stuck', 409, { left: 0 });
	if (known) await emptyLocked(place, known.key);
	await keepWrap(place, made.locks.key, made.wrap);
	await remember(device, session, made.locks, new Date().toISOString());
	return { session, key, vault: made.vault, locks: made.locks };
}

/** Empties a revoked device of one person's things, once what was not sent has left.
 * @returns whether nothing is left */
export async function giveUp({ session, locks }: Holder): Promise<boolean> {
	const place = placeOf(session);
	if (locks) {
		const { left } = await sendLocked(place, locks.key);
		if (left > 0) return false;
	}
	await Dexie.delete(databaseName(place.structure, place.person));
	await post('/api/contact', { ...place, wiped: true }).catch(() => undefined);
	return true;
}

/** How much of a locked vault has not left. */
export const unsentOf = ({ session }: Holder): Promise<number> => countUnsent(placeOf(session));

/** Sends what somebody has not sent, without opening it. */
export const sendUnsentOf = ({ session, locks }: Holder): ReturnType<typeof sendSealed> =>
	sendLocked(placeOf(session), locks!.key);

/** Whether the server has declared this device lost for somebody. Without a network nobody knows. */
export async function isRevoked({ session }: Holder): Promise<boolean> {
	try {
		const response = await post('/api/contact', placeOf(session));
		return response.ok && ((await response.json()) as { revoked: boolean }).revoked;
	} catch {
		return false;
	}
}
