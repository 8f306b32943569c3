import type { OwnDevice } from '../../domain/session';
import { sha256 } from '../database/hash';
import type { Reader } from '../database/store';

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

/** What a device shows of itself when it calls: the mark it was left when somebody came in on it, and its half of their
 * session. Neither opens anything. A device's id is no proof: it stands in lists, and in the files it writes. */
export type Shown = { mark?: string | undefined; token?: string | undefined };

/** Whether a call comes from the very device that somebody came in on. One that has no mark yet, from before there were
 * any, is known by its half of the session.
 * @returns whether it was declared lost since, or nothing when it does not show that it is that device */
export async function recognise(
	db: Reader,
	{ structure, person, device }: { structure: string; person: string; device: string },
	{ mark, token }: Shown
): Promise<{ revoked: boolean } | undefined> {
	if (!mark && !token) return undefined;
	const row = await db
		.selectFrom('device')
		.select(['mark_hash', 'revoked_at'])
		.where('structure_id', '=', structure)
		.where('id', '=', device)
		.where('person_id', '=', person)
		.executeTakeFirst();
	if (!row) return undefined;
	const found = { revoked: row.revoked_at !== null };
	if (mark && row.mark_hash === sha256(mark)) return found;
	const session =
		token &&
		(await db
			.selectFrom('session')
			.select('token_hash')
			.where('structure_id', '=', structure)
			.where('token_hash', '=', sha256(token))
			.where('person_id', '=', person)
			.where('device_id', '=', device)
			.executeTakeFirst());
	return session ? found : undefined;
}
