import { createHash } from 'node:crypto';
import type { Grant } from '../domain/structure';
import type { Session } from '../domain/session';
import { nowOf, type App } from './app';
import { inUse, type Fields } from '../domain/record';
import type { Reader, Trx } from './store';

/** Thirty days since the last call: a tablet that syncs is not asked again, one that lies in a drawer is. */
const DAYS = 30;

/** A session is found by the hash of its token: a copied database signs nobody in. The token names its structure,
 * so that the look-up stays within it. */
export async function openSession(
	app: App,
	trx: Trx,
	structure: string,
	person: string,
	device: { id: string; name: string }
): Promise<string> {
	const token = `${structure}.${Buffer.from(app.random(32)).toString('base64url')}`;
	const now = nowOf(app);
	await trx
		.insertInto('device')
		.values({
			structure_id: structure,
			id: device.id,
			person_id: person,
			name: device.name,
			created_at: now,
			seen_at: now
		})
		.onConflict((c) => c.columns(['structure_id', 'id', 'person_id']).doUpdateSet({ name: device.name, seen_at: now }))
		.execute();
	await trx
		.insertInto('session')
		.values({
			structure_id: structure,
			token_hash: hashOf(token),
			person_id: person,
			device_id: device.id,
			created_at: now,
			seen_at: now,
			expires_at: after(app, DAYS)
		})
		.execute();
	return token;
}

/** Who holds this token, or nobody. The stay is prolonged at most once a day: reading must not write each time. */
export async function findSession(app: App, token: string | undefined): Promise<Session | undefined> {
	const structure = token?.split('.')[0];
	if (!token || !structure) return undefined;
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
		.select(['session.seen_at', 'structure.fictitious', 'record.fields'])
		.where('session.structure_id', '=', structure)
		.where('session.token_hash', '=', hashOf(token))
		.where('session.expires_at', '>', nowOf(app))
		.where('person.left_at', 'is', null)
		.executeTakeFirst();
	if (!row) return undefined;
	if (app.clock().getTime() - Date.parse(row.seen_at) > 86_400_000) {
		await app.db
			.updateTable('session')
			.set({ seen_at: nowOf(app), expires_at: after(app, DAYS) })
			.where('structure_id', '=', structure)
			.where('token_hash', '=', hashOf(token))
			.execute();
	}
	const name = inUse(JSON.parse(row.fields) as Fields, 'name');
	return {
		structure: { id: structure, name: String(name), fictitious: row.fictitious === 1 },
		person: { id: row.id, name: row.name, grants: JSON.parse(row.grants) as Grant[] },
		device: { id: row.deviceId, name: row.deviceName }
	};
}

export async function closeSession(db: Reader, token: string): Promise<void> {
	await db
		.deleteFrom('session')
		.where('structure_id', '=', token.split('.')[0]!)
		.where('token_hash', '=', hashOf(token))
		.execute();
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');
const after = (app: App, days: number): string => new Date(app.clock().getTime() + days * 86_400_000).toISOString();
