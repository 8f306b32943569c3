import Dexie, { type Table } from 'dexie';
import type { Change } from '../domain/change';
import { freeze } from './outbox';
import type { Outgoing, PersonDatabase, Refused, Sent } from './database';

/** Before the vault, a person's rows lay open in a database of this name. */
const clearName = (structure: string, person: string): string => `temoin-${structure}-${person}`;

type ClearRows = {
	outbox: { order: number; state: Outgoing['state']; change: Change }[];
	sent: { sequence: number; changes: Change[] }[];
	refused: { change: Change; problem: string; fields: string[]; at: string }[];
};

/** Brings what a version without a vault had not sent, or was still keeping, into the vault, and deletes the open rows.
 * Records come again with the next pull. Killed in between, it begins again: a change has one place by its id.
 * @returns how many unsent changes were brought in */
export async function bringIn(db: PersonDatabase, structure: string, person: string): Promise<number> {
	const name = clearName(structure, person);
	if (!(await Dexie.exists(name))) return 0;
	const old = new Dexie(name);
	try {
		await old.open(); // whatever version it has
		const rows = <T>(table: string): Promise<T[]> => (old.table(table) as Table<T>).toArray();
		const outbox = await rows<ClearRows['outbox'][number]>('outbox');
		const sealed = await Promise.all(outbox.map(({ change }) => db.sealChange(change)));
		const sent = await Promise.all(
			(await rows<ClearRows['sent'][number]>('sent')).map(async ({ sequence, changes }) => ({
				sequence,
				changes: await Promise.all(changes.map(db.sealChange))
			}))
		);
		const refused = await Promise.all(
			(await rows<ClearRows['refused'][number]>('refused')).map(async ({ change, problem, fields, at }) => ({
				...(await db.sealChange(change)),
				problem,
				fields,
				refusedAt: at
			}))
		);
		await db.transaction('rw', db.outbox, db.sent, db.refused, async () => {
			const there = new Set((await db.outbox.toArray()).map(({ id }) => id));
			const missing = sealed.flatMap((change, i) => {
				const { order, state } = outbox[i]!;
				return there.has(change.id) ? [] : [{ ...change, order, state }];
			});
			await db.outbox.bulkPut(missing);
			if ((await db.sent.count()) === 0) await db.sent.bulkAdd(sent as Sent[]);
			await db.refused.bulkPut(refused as Refused[]);
		});
		// One open change a record: what was open before and what may have begun since must not meet.
		await freeze(db);
		await old.delete();
		return outbox.length;
	} finally {
		old.close();
	}
}
