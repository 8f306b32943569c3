import type { Session } from '$lib/domain/session';
import type { PersonDatabase } from '$lib/local/database';
import { bringIn } from '$lib/local/clear';
import { thin } from '$lib/local/thinning';
import { canonical } from '$lib/domain/record';
import { findView, read } from '$lib/local/views';
import { here } from './here.svelte';
import { exchange, type Outcome, type Send } from '$lib/sync/exchange';

/** One exchange for the person who is open, with what goes before it and after: what a version without a vault had kept is
 * brought in, words whose time here is over leave. */
export async function exchangeHere(
	db: PersonDatabase,
	send: Send,
	{ structure, person, device }: Session,
	onprogress: (sent: number, of: number) => void
): Promise<Outcome> {
	await bringIn(db, structure.id, person.id);
	const outcome = await exchange({ db, send, person: person.id, device: device.id, onprogress });
	if (outcome.state !== 'done') return outcome;
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
