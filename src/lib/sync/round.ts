import type { Session } from '../domain/session';
import { canonical } from '../domain/record';
import { bringIn } from '../local/clear';
import { keepCatalogues } from '../local/catalogue';
import type { PersonDatabase } from '../local/database';
import { offerSealed } from '../local/locked';
import { knowTorn } from '../local/torn';
import { thin } from '../local/thinning';
import type { Seat } from '../local/vault';
import { findView, read } from '../local/views';
import { exchange, type Outcome, type Pack } from './exchange';
import { upload } from './upload';

/** One HTTP call. Nothing else of the network is known here: it throws where the line is cut. */
export type Call = (
	method: 'POST' | 'PUT',
	path: string,
	body: string | Uint8Array | null,
	headers: { [name: string]: string }
) => Promise<Response>;

/** Who visits: whose rows on which device, and what it takes from its surroundings. */
export type Visit = {
	db: PersonDatabase;
	seat: Seat;
	person: Session['person']; // as they were last known
	call: Call;
	pack?: Pack; // without it requests travel as they are
	now: () => number; // this device's clock, in milliseconds
	mint: () => string;
	/** Told how many changes have been taken and their receipts put on the disk, out of how many. */
	onprogress?: ((sent: number, of: number) => void) | undefined;
};

/** How it ended; `person` is there where their name or rights have changed. */
export type Visited = { outcome: Outcome; person?: Session['person'] };

const JSON_BODY = { 'content-type': 'application/json' };

/** One whole visit to the server: what a version without a vault had kept is brought in, changes and records are exchanged,
 * what lies under other keys is offered again, recordings follow their text, words whose time here is over leave, and
 * what the lists say is written down. Safe
 * to stop and to repeat at any point. A line that is cut after the exchange breaks nothing: the rest goes on with the next. */
export async function round(how: Visit): Promise<Visited> {
	const { db, seat, person, call, pack, now, mint, onprogress } = how;
	const { structure, device } = seat;
	try {
		await bringIn(db, structure, person.id);
		const outcome = await exchange({
			db,
			send: (path, body, headers) => call('POST', path, body, headers),
			person: person.id,
			device,
			now,
			...(pack ? { pack } : {}),
			...(onprogress ? { onprogress } : {})
		});
		if (outcome.state !== 'done') return { outcome };
		await offerSealed(
			db,
			seat,
			(path, body) => call('POST', path, JSON.stringify(body), JSON_BODY),
			async (key, wrap) => (await call('PUT', '/api/vault', JSON.stringify({ key, wrap }), JSON_BODY)).ok
		);
		await upload({
			db,
			send: (path, body, headers) => call('PUT', path, body, headers),
			person: person.id,
			now: () => new Date(now()).toISOString(),
			mint
		});
		await thin(db, structure, person.id);
		await knowTorn(db);
		await keepCatalogues(db, person.id);
		const changed = await changedPerson(db, person);
		return { outcome, ...(changed ? { person: changed } : {}) };
	} catch (cause) {
		return { outcome: { state: 'broken', cause } };
	}
}

/** A director may have changed this person's name or rights: what the server judges by, the screens show. */
async function changedPerson(db: PersonDatabase, person: Session['person']): Promise<Session['person'] | undefined> {
	const { name, grants } = read('person', await findView(db, person.id, person.id));
	const isSame = canonical({ name, grants }) === canonical({ name: person.name, grants: person.grants });
	return name && grants && !isSame ? { ...person, name, grants } : undefined;
}
