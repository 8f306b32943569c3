import type { Session } from '$lib/domain/session';
import type { PersonDatabase } from '$lib/local/database';
import { bringIn } from '$lib/local/clear';
import { thin } from '$lib/local/thinning';
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
	if (outcome.state === 'done') await thin(db, structure.id, person.id);
	return outcome;
}
