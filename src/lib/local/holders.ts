import type { Session } from '../domain/session';
import { readSetting, type DeviceDatabase, type Holder } from './database';

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

const keyOf = (session: Session) => `${session.structure.id}|${session.person.id}`;

/** Remembers who signed in, so that the app opens on them days later without a network. */
export async function remember(db: DeviceDatabase, session: Session, at: string): Promise<void> {
	await db.transaction('rw', db.holders, db.settings, async () => {
		await db.holders.put({ key: keyOf(session), session, usedAt: at });
		await db.settings.put({ name: 'current', value: keyOf(session) });
		await db.settings.delete('left');
		await db.settings.put({ name: 'self', value: session.device });
	});
}

/** Who this device is open for, or nobody. */
export async function currentHolder(db: DeviceDatabase): Promise<Holder | undefined> {
	const key = await readSetting<string>(db, 'current');
	return key ? await db.holders.get(key) : undefined;
}

/** Signs out here. What the person has not sent stays in their database, and they find it again on return. */
export async function leave(db: DeviceDatabase): Promise<void> {
	await db.settings.delete('current');
	await db.settings.put({ name: 'left', value: true });
}

/** Forgets a person on this device, once their database has been deleted. */
export async function forget(db: DeviceDatabase, session: Session): Promise<void> {
	await db.transaction('rw', db.holders, db.settings, async () => {
		await db.holders.delete(keyOf(session));
		if ((await readSetting<string>(db, 'current')) === keyOf(session)) await db.settings.delete('current');
	});
}
