import type { Waiting } from '$lib/domain/waiting';
import Dexie from 'dexie';
import { KEY_HEADER } from '$lib/domain/header';
import { Problem } from '$lib/domain/problem';
import { Entered, type Session } from '$lib/domain/session';
import { databaseName, type DeviceDatabase, type Holder } from '$lib/local/database';
import { holderKey, remember } from '$lib/local/holders';
import { emptyLocked, hasSetting, keepWrap, sendSealed, waitingLocked } from '$lib/local/locked';
import { makeVault } from '$lib/local/locks';
import { dropSpare } from '$lib/local/spare';
import { unlock, type Seat } from '$lib/local/vault';
import { isoAt, mint, platform as ours, type Asked, type Platform } from './platform';
import { exchangeLock, seatOf, type Opened } from './stay';

const asJson = (method: string, body: unknown, headers: Asked['headers'] = {}): Asked => ({
	method,
	body: JSON.stringify(body),
	headers: { 'content-type': 'application/json', ...headers }
});

/** One exchange at a time for a person's database: another tab may have it open. */
const sendLocked = (place: Seat, key: string, platform: Platform): ReturnType<typeof sendSealed> =>
	platform.alone(exchangeLock(place), () =>
		sendSealed(place, key, (path, body) => platform.fetch(path, asJson('POST', body)))
	);

/** Opens the vault of somebody who has just proved to the server who they are, or makes them one.
 * @throws Problem `vault.stuck` when what another passphrase sealed here cannot leave now: nothing has been touched */
export async function openVaultOf(
	device: DeviceDatabase,
	value: unknown,
	passphrase: string | undefined,
	platform: Platform
): Promise<Opened> {
	const { session, key, structureKey } = Entered.parse(value);
	const { random, now } = platform;
	const place = seatOf(session);
	const known = (await device.holders.get(holderKey(session)))?.locks;
	const opened = known && (await unlock(place, known, passphrase === undefined ? 'none' : { passphrase }, random));
	if (opened) return { session, key, ...opened };
	if (known) {
		// A forgotten passphrase: its unsent work leaves as it lies before a new vault takes the place of the old one.
		const { left, problem } = await sendLocked(place, known.key, platform);
		if (left > 0) throw new Problem('vault.stuck', 409, { left, problem });
	}
	const made = await makeVault(place, mint(platform), passphrase, structureKey, random, now);
	// Left with the server first, and its locks kept here before anything is sealed with it: from now on nothing can be lost
	// with its passphrase.
	const wrap = { key: made.locks.key, wrap: made.wrap };
	const response = await platform.fetch('/api/vault', asJson('PUT', wrap, { [KEY_HEADER]: key }));
	if (!response.ok) throw new Problem('vault.stuck', 409, { left: 0 });
	if (known) {
		await emptyLocked(place, known.key);
		await forgetSpare(session, platform);
	}
	await keepWrap(place, made.locks.key, made.wrap);
	await remember(device, session, made.locks, isoAt(platform));
	return { session, key, vault: made.vault, locks: made.locks };
}

/** Empties a revoked device of one person's things, once what was not sent has left.
 * @returns whether nothing is left */
export async function giveUp({ session, locks }: Holder, platform: Platform): Promise<boolean> {
	const place = seatOf(session);
	if (locks) {
		const { left } = await sendLocked(place, locks.key, platform);
		if (left > 0) return false;
	}
	await Dexie.delete(databaseName(place.structure, place.person));
	await forgetSpare(session, platform);
	await platform.fetch('/api/contact', asJson('POST', { ...place, wiped: true })).catch(() => undefined);
	return true;
}

/** The second copy of what somebody had here goes with it, where there is one. */
export async function forgetSpare(session: Session, { shelf }: Platform): Promise<void> {
	if (await shelf?.isWanted()) await dropSpare(shelf!, session);
}

/** How much of a locked vault has not left. */
export const waitingOfHolder = ({ session }: Holder): Promise<Waiting> => waitingLocked(seatOf(session));

/** Whether something shorter than the passphrase opens their vault again while its key is in memory. */
export const hasPin = ({ session }: Holder): Promise<boolean> => hasSetting(seatOf(session), 'pin');

/** Sends what somebody has not sent, without opening it. */
export const sendUnsentOf = ({ session, locks }: Holder): ReturnType<typeof sendSealed> =>
	sendLocked(seatOf(session), locks!.key, ours);

/** Whether the server has declared this device lost for somebody. Without a network nobody knows. */
export async function isRevoked({ session }: Holder): Promise<boolean> {
	try {
		const response = await ours.fetch('/api/contact', asJson('POST', seatOf(session)));
		return response.ok && ((await response.json()) as { revoked: boolean }).revoked;
	} catch {
		return false;
	}
}
