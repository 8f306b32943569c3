import type { OwnDevice } from '../domain/session';
import type { Reader } from './store';

type Listed = { id: string; person: string; name: string; since: string; seen: string; state: OwnDevice['state'] };

/** A person's devices, or everybody's, the last used first. */
export async function listDevices(db: Reader, structure: string, person?: string): Promise<Listed[]> {
	let query = db
		.selectFrom('device')
		.leftJoin('session', (join) =>
			join
				.onRef('session.structure_id', '=', 'device.structure_id')
				.onRef('session.device_id', '=', 'device.id')
				.onRef('session.person_id', '=', 'device.person_id')
		)
		.select(['device.id', 'device.name', 'device.person_id', 'device.created_at', 'device.seen_at'])
		.select(['device.revoked_at', 'device.wiped_at', 'session.seen_at as session_seen'])
		.where('device.structure_id', '=', structure)
		.orderBy('device.seen_at', 'desc');
	if (person) query = query.where('device.person_id', '=', person);
	return (await query.execute()).map((row) => ({
		id: row.id,
		person: row.person_id,
		name: row.name,
		since: row.created_at,
		seen: row.session_seen && row.session_seen > row.seen_at ? row.session_seen : row.seen_at,
		state: row.wiped_at ? 'wiped' : row.revoked_at ? 'revoked' : row.session_seen ? 'open' : 'closed'
	}));
}
