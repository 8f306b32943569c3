import Dexie from 'dexie';
import { withdrawnIn } from '../domain/consent';
import { currentOf } from '../domain/record';
import {
	readSetting,
	type Outgoing,
	type PersonDatabase,
	type Position,
	type Refused,
	type SealedChange
} from './database';
import { DAMAGED, heldIn } from './outbox';
import { findView, listAside } from './views';

/** What lies in the outbox, without its place there. */
export const sealedOf = ({ id, record, kind, about, at, sealed }: SealedChange): SealedChange => ({
	id,
	record,
	kind,
	...(about ? { about } : {}),
	at,
	sealed
});

/** The setting that says that something which lies here under other keys is still to be offered. */
export const MAKE_GOOD = 'make-good';

/** Puts back at the head of the outbox what is to be offered again: what was refused, now that it may be judged otherwise,
 * and, when the server came back from before it, all that was sent. Nothing is in two places, nor in none, at any moment.
 * Before an exchange, once everything is frozen: the ranges that receipts clear then hold nothing else. */
export async function offerAgain(db: PersonDatabase): Promise<void> {
	await db.transaction('rw', db.outbox, db.sent, db.refused, db.settings, async () => {
		const position = await readSetting<Position>(db, 'position');
		if (!position?.offer) return;
		const all = position.offer === 'all';
		const sent = all ? await db.sent.filter(({ key }) => key === undefined).toArray() : [];
		const refused = await db.refused.filter(({ key, problem }) => key === undefined && problem !== DAMAGED).toArray();
		const there = new Set((await db.outbox.toArray()).map(({ id }) => id));
		const changes = [...sent.flatMap(({ changes }) => changes), ...refused].filter(({ id }) => !there.has(id));
		const head = ((await db.outbox.orderBy('order').first())?.order ?? 1) - changes.length;
		await db.outbox.bulkPut(changes.map((one, i) => ({ ...sealedOf(one), order: head + i, state: 'frozen' as const })));
		await db.sent.bulkDelete(sent.map(({ order }) => order));
		await db.refused.bulkDelete(refused.map(({ id }) => id));
		// Another vault sealed these: they leave as they lie.
		const kept = db.refused.filter(({ key }) => key !== undefined);
		const marked = await kept.modify((row) => void (row.again = 1));
		if (all) await db.sent.toCollection().modify((row) => void (row.again = 1));
		if (all || marked > 0) await db.settings.put({ name: MAKE_GOOD, value: true });
		await db.settings.put({ name: 'position', value: { ...position, offer: undefined } });
	});
}

/** Puts back at the end of the outbox what this vault sealed and the server had no place for: it leaves with the rest. At the
 * head stands what was taken under a locked vault and is found by its place there. */
export async function offerHeld(db: Dexie & Pick<PersonDatabase, 'outbox' | 'refused'>): Promise<void> {
	await db.transaction('rw', db.outbox, db.refused, async () => {
		const held = (await heldIn(db).toArray()).filter(({ key }) => key === undefined);
		await db.outbox.bulkAdd(held.map((one) => ({ ...sealedOf(one), state: 'frozen' }) as Outgoing));
		await db.refused.bulkDelete(held.map(({ id }) => id));
	});
}

/** Takes one change out of the way of the others, with why: it stays here, visible and exportable. */
export async function setRefused(
	db: PersonDatabase,
	row: Outgoing,
	why: Pick<Refused, 'problem' | 'refusedAt'>
): Promise<void> {
	await db.transaction('rw', db.outbox, db.refused, async () => {
		const held = why.problem === DAMAGED ? {} : { held: 1 as const };
		await db.refused.put({ ...sealedOf(row), ...why, ...held, fields: [] });
		await db.outbox.delete(row.order);
	});
}

/** The oldest frozen changes after a place in the outbox, in the order they were made. */
export const nextBatch = (db: Pick<PersonDatabase, 'outbox'>, size: number, after = -Infinity): Promise<Outgoing[]> =>
	db.outbox.where('[state+order]').between(['frozen', after], ['frozen', Dexie.maxKey], false).limit(size).toArray();

/** Offers again the agreements that a person withdrew, where a server that came back from before gives them again: they stand
 * in what was set aside. Only once everything has been fetched anew: what is there is not written twice.
 * @returns whether there was anything */
export async function offerWithdrawn(db: PersonDatabase, person: string): Promise<boolean> {
	const lost: SealedChange[] = [];
	for (const { record } of await listAside(db)) {
		const now = record.owner === person ? await findView(db, person, record.id) : undefined;
		if (now?.kind !== 'interview') continue;
		for (const change of withdrawnIn(record.fields, record.id)) {
			const isThere = Object.keys(change.fields).some((field) => currentOf(now.fields, field).length > 0);
			if (!isThere && !(await db.refused.get(change.id))) lost.push(await db.sealChange(change));
		}
	}
	if (lost.length > 0) await db.outbox.bulkAdd(lost.map((one) => ({ ...one, state: 'frozen' }) as Outgoing));
	return lost.length > 0;
}
