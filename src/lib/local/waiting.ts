import Dexie from 'dexie';
import { waitingOf, type Waiting } from '../domain/waiting';
import type { Outgoing, PersonDatabase } from './database';
import { heldIn } from './outbox';

/** What of a vault waits, open or locked: out of the indexes alone, since screens ask at every edit. */
export async function waitingIn(
	db: Dexie & Pick<PersonDatabase, 'outbox' | 'refused' | 'taken' | 'media' | 'takes'>
): Promise<Waiting> {
	return await db.transaction('r', [db.outbox, db.refused, db.taken, db.media, db.takes], async () => {
		// What a receipt has cleared lies there still, until it is turned into records.
		const cleared = (await db.taken.orderBy('order').last())?.last ?? -Infinity;
		const records = new Map<number, string>();
		await db.outbox
			.orderBy('[record+state]')
			.eachKey((key, { primaryKey }) => void records.set(primaryKey, (key as unknown as string[])[0]!));
		const changes: Pick<Outgoing, 'kind' | 'record'>[] = await heldIn(db).toArray();
		// WebKit throws where an empty store is asked for its unique keys.
		const kinds = records.size > 0 ? ((await db.outbox.orderBy('kind').uniqueKeys()) as string[]) : [];
		for (const kind of kinds)
			for (const order of await db.outbox.where('kind').equals(kind).primaryKeys())
				if (order > cleared) changes.push({ kind, record: records.get(order)! });
		const recordings = await db.media.where('state').equals('waiting').count();
		return waitingOf(changes, recordings + (await db.takes.count()));
	});
}
