import type { Grant } from '../../domain/structure';
import type { Session } from '../../domain/session';
import { Problem } from '../../domain/problem';
import { hasFactor, mustHaveFactor } from './factors';
import { nowOf, type App } from '../app';
import { parseFields } from '../../domain/record';
import type { Reader, Trx } from '../database/store';
import { valueOf } from '../../domain/kinds/values';
import { sha256 } from '../database/hash';

/** Thirty days since the last call: a tablet that syncs is not asked again, one that lies in a drawer is. */
const DAYS = 30;
const NEWS = 600_000;

/** The two halves of a session, the cookie's and the one that only the device's vault holds; and the mark by which the device
 * shows from now on that it is itself. */
export type Opened = { token: string; key: string; mark: string };

/** A session is found by the hash of its token: a copied database signs nobody in. The token names its structure,
 * so that the look-up stays within it. A person has one session a device: signing in again ends the one before.
 * @param held the mark that the device shows: it keeps it, unless it was declared lost with it */
export async function openSession(
	app: App,
	trx: Trx,
	structure: string,
	person: string,
	device: { id: string; name: string },
	held?: string
): Promise<Opened> {
	const secret = () => Buffer.from(app.random(32)).toString('base64url');
	const [token, key] = [`${structure}.${secret()}`, `${person.slice(0, 8)}.${secret()}`];
	const now = nowOf(app);
	const before = await trx
		.selectFrom('device')
		.select(['mark_hash', 'revoked_at'])
		.where('structure_id', '=', structure)
		.where('id', '=', device.id)
		.where('person_id', '=', person)
		.executeTakeFirst();
	const isHeld = held && before?.mark_hash === sha256(held) && !before.revoked_at;
	const mark = isHeld ? held : secret();
	await trx
		.insertInto('device')
		.values({
			structure_id: structure,
			id: device.id,
			person_id: person,
			name: device.name,
			created_at: now,
			seen_at: now,
			revoked_at: null,
			wiped_at: null,
			mark_hash: sha256(mark)
		})
		.onConflict((c) =>
			c
				.columns(['structure_id', 'id', 'person_id'])
				.doUpdateSet({ name: device.name, seen_at: now, revoked_at: null, wiped_at: null, mark_hash: sha256(mark) })
		)
		.execute();
	await trx
		.deleteFrom('session')
		.where('structure_id', '=', structure)
		.where('person_id', '=', person)
		.where('device_id', '=', device.id)
		.execute();
	await trx
		.insertInto('session')
		.values({
			structure_id: structure,
			token_hash: sha256(token),
			person_id: person,
			device_id: device.id,
			created_at: now,
			seen_at: now,
			expires_at: after(app, DAYS),
			key_hash: sha256(key),
			revoked_at: null
		})
		.execute();
	return { token, key, mark };
}

/** Who holds both halves, or nobody. The stay is prolonged every ten minutes: reading must not write each time, and
 * whoever looks for a lost device must know when it was last there.
 * @throws Problem `device.revoked` (401) when the device was revoked: it then gives up what it holds */
export async function findSession(
	app: App,
	token: string | undefined,
	key: string | undefined
): Promise<Session | undefined> {
	const structure = token?.split('.')[0];
	if (!token || !structure || !key) return undefined;
	const row = await app.db
		.selectFrom('session')
		.innerJoin('person', (join) =>
			join.onRef('person.structure_id', '=', 'session.structure_id').onRef('person.id', '=', 'session.person_id')
		)
		.innerJoin('device', (join) =>
			join
				.onRef('device.structure_id', '=', 'session.structure_id')
				.onRef('device.id', '=', 'session.device_id')
				.onRef('device.person_id', '=', 'session.person_id')
		)
		.innerJoin('structure', 'structure.id', 'session.structure_id')
		.innerJoin('record', (join) =>
			join.onRef('record.structure_id', '=', 'structure.id').onRef('record.id', '=', 'structure.id')
		)
		.select(['person.id', 'person.name', 'person.grants', 'device.id as deviceId', 'device.name as deviceName'])
		.select(['session.seen_at', 'session.revoked_at', 'person.left_at', 'structure.fictitious', 'record.fields'])
		.where('session.structure_id', '=', structure)
		.where('session.token_hash', '=', sha256(token))
		.where('session.key_hash', '=', sha256(key))
		.where('session.expires_at', '>', nowOf(app))
		.executeTakeFirst();
	if (!row) return undefined;
	if (row.revoked_at) throw new Problem('device.revoked', 401);
	if (row.left_at) return undefined;
	if (app.clock().getTime() - Date.parse(row.seen_at) > NEWS) {
		await app.db
			.updateTable('session')
			.set({ seen_at: nowOf(app), expires_at: after(app, DAYS) })
			.where('structure_id', '=', structure)
			.where('token_hash', '=', sha256(token))
			.execute();
	}
	const person = { id: row.id, name: row.name, grants: JSON.parse(row.grants) as Grant[] };
	const name = valueOf('structure', parseFields(row.fields), 'name');
	const known = { structure, fictitious: row.fictitious === 1, person };
	return {
		structure: { id: structure, name: String(name), fictitious: known.fictitious },
		person,
		device: { id: row.deviceId, name: row.deviceName },
		secondFactor: (await hasFactor(app.db, structure, person.id))
			? 'on'
			: (await mustHaveFactor(app, app.db, known))
				? 'required'
				: 'off'
	};
}

/** Ends somebody's session on one device. */
export async function closeSession(db: Reader, { structure, person, device }: Session): Promise<void> {
	await db
		.deleteFrom('session')
		.where('structure_id', '=', structure.id)
		.where('person_id', '=', person.id)
		.where('device_id', '=', device.id)
		.execute();
}

/** Revokes a device, for one person or for everybody who uses it: it gets nothing more, and at its next contact it sends
 * what it had not sent and deletes the rest.
 * @returns how many people used it */
export async function revokeDevice(
	app: App,
	trx: Trx,
	structure: string,
	device: string,
	person?: string
): Promise<number> {
	const revoked_at = nowOf(app);
	let devices = trx
		.updateTable('device')
		.set({ revoked_at })
		.where('structure_id', '=', structure)
		.where('id', '=', device)
		.where('revoked_at', 'is', null);
	let sessions = trx
		.updateTable('session')
		.set({ revoked_at })
		.where('structure_id', '=', structure)
		.where('device_id', '=', device);
	if (person) {
		devices = devices.where('person_id', '=', person);
		sessions = sessions.where('person_id', '=', person);
	}
	await sessions.execute();
	return Number((await devices.executeTakeFirst()).numUpdatedRows);
}

export async function isDeviceRevoked(db: Reader, structure: string, person: string, device: string): Promise<boolean> {
	const row = await db
		.selectFrom('device')
		.select('revoked_at')
		.where('structure_id', '=', structure)
		.where('id', '=', device)
		.where('person_id', '=', person)
		.executeTakeFirst();
	return Boolean(row?.revoked_at);
}

const after = (app: App, days: number): string => new Date(app.clock().getTime() + days * 86_400_000).toISOString();
