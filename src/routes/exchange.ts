import type { Session } from '$lib/domain/session';
import type { PersonDatabase } from '$lib/local/database';
import { bringIn } from '$lib/local/clear';
import { thin } from '$lib/local/thinning';
import { canonical } from '$lib/domain/record';
import { findView, read } from '$lib/local/views';
import { offerSealed } from '$lib/local/locked';
import { here, placeOf } from './here.svelte';
import { mint } from './mint';
import { exchange, gzip, type Outcome, type Send } from '$lib/sync/exchange';
import { upload } from '$lib/sync/upload';

/** One exchange for the person who is open, with what goes before it and after: what a version without a vault had kept is
 * brought in, words whose time here is over leave. */
export async function exchangeHere(...asked: Parameters<typeof exchangeWhole>): Promise<Outcome> {
	try {
		return await exchangeWhole(...asked);
	} catch (cause) {
		return { state: 'broken', cause };
	}
}

async function exchangeWhole(
	db: PersonDatabase,
	call: (
		method: 'POST' | 'PUT',
		path: string,
		body: BodyInit | null,
		headers: { [name: string]: string }
	) => Promise<Response>,
	session: Session,
	onprogress: (sent: number, of: number) => void
): Promise<Outcome> {
	const { structure, person, device } = session;
	await bringIn(db, structure.id, person.id);
	const now = () => Date.now();
	const send: Send = (path, body, headers) => call('POST', path, body as BodyInit, headers);
	const outcome = await exchange({ db, send, pack: gzip, person: person.id, device: device.id, now, onprogress });
	if (outcome.state !== 'done') return outcome;
	const json = { 'content-type': 'application/json' };
	await offerSealed(
		db,
		placeOf(session),
		(path, body) => call('POST', path, JSON.stringify(body), json),
		async (key, wrap) => (await call('PUT', '/api/vault', JSON.stringify({ key, wrap }), json)).ok
	);
	await upload({
		db,
		send: (path, body, headers) => call('PUT', path, body as BodyInit | null, headers),
		person: person.id,
		now: () => new Date().toISOString(),
		mint
	});
	await thin(db, structure.id, person.id);
	await followOwnRights(db, person);
	return outcome;
}

/** A director may have changed this person's name or rights: what the server judges by, the screens show. */
async function followOwnRights(db: PersonDatabase, person: Session['person']): Promise<void> {
	const { name, grants } = read<Session['person']>(await findView(db, person.id, person.id));
	if (!name || !grants || canonical({ name, grants }) === canonical({ name: person.name, grants: person.grants }))
		return;
	await here.keep({ person: { ...person, name, grants } });
}
