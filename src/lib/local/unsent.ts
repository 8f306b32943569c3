import type { PersonDatabase, SealedChange } from './database';
import { dropMediaOf, mediaTables } from './media';
import { heldIn } from './outbox';
import { dropTyped } from './typed';

/** Withdraws what was never sent, at the respondent's own demand: the record has left no trace anywhere, nor has its voice.
 * @returns whether it could be: once something may have been sent, only the server can erase it */
export async function eraseUnsent(db: PersonDatabase, record: string): Promise<boolean> {
	return await db.transaction('rw', [db.outbox, db.refused, db.records, db.settings, ...mediaTables(db)], async () => {
		const isAbout = ({ record: id, about }: SealedChange) => id === record || about === record;
		const rows = await db.outbox.filter(isAbout).toArray();
		const left = rows.some(({ state }) => state === 'frozen') || (await db.records.get(record));
		if (left) return false;
		await db.outbox.bulkDelete(rows.map(({ order }) => order));
		await heldIn(db).and(isAbout).delete();
		await dropMediaOf(db, [record]);
		await dropTyped(db, [record]);
		return true;
	});
}
