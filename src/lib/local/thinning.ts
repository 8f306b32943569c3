import { valueOf, valuesOf } from '../domain/kinds/values';
import { contestedFields } from '../domain/record';
import { withoutWords } from '../domain/retention';
import { DAYS_ON_DEVICE } from '../domain/structure';
import { readSetting, type Kept, type PersonDatabase, type Position } from './database';
import { listTyped } from './typed';

const DAY = 86_400_000;

/** Takes the words of a person's own testimonies off this device once they have been on the server for some days and a
 * backup of the server surely holds them. A stub stays: it is listed, and it counts in the digest. Drafts, and what has
 * unsent edits or something typed that no record holds, keep their words. Decided by the server's time alone.
 * @returns how many testimonies lost their words */
export async function thin(db: PersonDatabase, structure: string, person: string): Promise<number> {
	const position = await readSetting<Position>(db, 'position');
	if (!position?.syncedAt || !position.backup) return 0;
	const now = Date.parse(position.syncedAt);
	const settings = await db.records.get(structure);
	const { daysOnDevice: days = DAYS_ON_DEVICE } = valuesOf(
		'structure',
		settings && (await db.openRecord(settings)).fields
	);
	const isDue = ({ sequence, since, stub }: Kept) =>
		!stub && sequence > 0 && sequence <= position.backup!.sequence && now - Date.parse(since) >= days * DAY;
	const own = [`interviews:${person}`, `excerpts:${person}`];
	const due = (
		await db.records
			.where('kind')
			.anyOf('interview', 'excerpt')
			.filter((row) => own.includes(row.audience) && row.owner === person && isDue(row))
			.toArray()
	).slice(0, 500);
	const edited = (await db.outbox.toArray()).flatMap(({ record, about }) => (about ? [record, about] : [record]));
	const interrupted = (await db.takes.toArray()).map(({ about }) => about); // a voice still to be kept or erased
	const busy = new Set([...edited, ...interrupted, ...(await listTyped(db))]);
	let thinned = 0;
	for (const row of due) {
		if (busy.has(row.id)) continue;
		const record = await db.openRecord(row).catch(() => undefined);
		if (!record) continue; // it does not open: the next exchange sees to it
		// Words that two people disagree on are still to be settled here.
		if (contestedFields(record.fields).length > 0) continue;
		if (row.kind === 'interview' && valueOf('interview', record.fields, 'state') === 'draft') continue;
		const sealed = await db.sealRecord({ ...record, fields: withoutWords(record) }, row.since, row.pass);
		await db.transaction('rw', db.records, db.outbox, async () => {
			const still = (await db.records.get(row.id))?.sequence === row.sequence;
			const edited = await db.outbox.where('[record+state]').between([row.id, ''], [row.id, '\uffff']).count();
			if (still && edited === 0) await db.records.put({ ...sealed, stub: 1 });
		});
		if (row.kind === 'interview') thinned += 1;
	}
	return thinned;
}
