import type { Session } from '../domain/session';
import { readSetting, type DeviceDatabase, type Holder } from './database';
import type { Locks } from './vault';

/** The device's own id, minted once. Its name is on its back. */
export async function deviceSelf(db: DeviceDatabase, mint: () => string): Promise<{ id: string; name: string }> {
	return await db.transaction('rw', db.settings, async () => {
		const known = await readSetting<{ id: string; name: string }>(db, 'self');
		if (known) return known;
		const self = { id: mint(), name: '' };
		await db.settings.put({ name: 'self', value: self });
		return self;
	});
}

export const holderKey = (session: Session): string => `${session.structure.id}|${session.person.id}`;

/** Remembers who signed in and the locks of their vault, so that the app opens on them days later without a network. */
export async function remember(db: DeviceDatabase, session: Session, locks: Locks, at: string): Promise<void> {
	await db.transaction('rw', db.holders, db.settings, async () => {
		await db.holders.put({ key: holderKey(session), session, locks, usedAt: at });
		await db.settings.put({ name: 'current', value: holderKey(session) });
		await db.settings.put({ name: 'self', value: session.device });
	});
}

/** What may change about somebody who works on this device. */
export type News = Partial<Pick<Session, 'secondFactor' | 'person'>> & { locks?: Locks | undefined };

/** Writes down what has changed about somebody, and nothing else: who is here now is not asked.
 * @returns them as they are kept from now on, or nothing when nobody of that name works here any more */
export async function renew(db: DeviceDatabase, key: string, { locks, ...news }: News): Promise<Holder | undefined> {
	return await db.transaction('rw', db.holders, async () => {
		const holder = await db.holders.get(key);
		if (!holder) return undefined;
		const renewed = { ...holder, session: { ...holder.session, ...news }, ...(locks ? { locks } : {}) };
		await db.holders.put(renewed);
		return renewed;
	});
}

/** Everybody who works on this device, the last one first. */
export const listHolders = async (db: DeviceDatabase): Promise<Holder[]> =>
	(await db.holders.orderBy('usedAt').toArray()).reverse();

/** Who this device is open for, or nobody. */
export async function currentHolder(db: DeviceDatabase): Promise<Holder | undefined> {
	const key = await readSetting<string>(db, 'current');
	return key ? await db.holders.get(key) : undefined;
}

/** Signs out here. What the person has not sent stays in their database, and they find it again on return. */
export async function leave(db: DeviceDatabase): Promise<void> {
	await db.settings.delete('current');
}

/** Forgets a person on this device, once their database has been deleted. */
export async function forget(db: DeviceDatabase, session: Session): Promise<void> {
	await db.transaction('rw', db.holders, db.settings, async () => {
		await db.holders.delete(holderKey(session));
		if ((await readSetting<string>(db, 'current')) === holderKey(session)) await db.settings.delete('current');
	});
}
