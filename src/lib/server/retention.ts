import { contributionsOf } from '../domain/contributions';
import { minus, NO_ROWS, type Digest } from '../domain/digest';
import { NOBODY } from '../domain/kinds';
import { type Fields, inUse, printFields } from '../domain/record';
import { withoutPerson } from '../domain/retention';
import { MONTHS_KEPT } from '../domain/structure';
import { addUp, negate, type Tally } from '../domain/tallies';
import { type App } from './app';
import { forgetFreed } from './database/open';
import type { Schema } from './database/schema';
import { note, type By } from './journal';
import { closeCommit, writeDigests, writeMarks, writeTallies } from './moves';
import { chunks, loadAbout, loadRecords, lockStructure, type Reader, type Stored, type Trx } from './store';

/** What a run would take away now. `before` is the last contact after which words are still kept. */
export type Due = { months: number; before: string; interviews: string[] };

/** The interviews whose last contact, by the server's clock, is older than what the structure keeps. */
export async function dueNow(app: App, db: Reader, structure: string): Promise<Due> {
	const settings = (await loadRecords(db, structure, [structure])).get(structure);
	const months = Number((settings && inUse(settings.fields, 'monthsKept')) ?? MONTHS_KEPT);
	const limit = app.clock();
	limit.setUTCMonth(limit.getUTCMonth() - months);
	const before = limit.toISOString();
	// One pass over the changes: an excerpt's speak for the interview it is about.
	const contacts = await db
		.selectFrom('change')
		.select((eb) => [eb.fn.coalesce('about', 'record_id').as('id'), eb.fn.max('received_at').as('last')])
		.where('structure_id', '=', structure)
		.groupBy((eb) => eb.fn.coalesce('about', 'record_id'))
		.execute();
	const recent = new Set(contacts.filter(({ last }) => last >= before).map(({ id }) => id));
	const interviews = await db
		.selectFrom('record')
		.select('id')
		.where('structure_id', '=', structure)
		.where('kind', '=', 'interview')
		.where('owner', '!=', NOBODY)
		.execute();
	const rows = interviews.filter(({ id }) => !recent.has(id));
	return { months, before, interviews: rows.map(({ id }) => id) };
}

/** Takes words, label, day, interviewer and receipt from every testimony whose time is over; coded answers and counts stay
 * as they are.
 * @returns how many testimonies */
export async function runRetention(app: App, structure: string, by: By): Promise<number> {
	const count = await app.db.transaction().execute(async (trx) => {
		await lockStructure(trx, structure);
		const { interviews } = await dueNow(app, trx, structure);
		for (const part of chunks(interviews)) await depersonalise(app, trx, structure, part);
		if (interviews.length > 0)
			await note(app, trx, structure, { act: 'retention.run', ...by, subject: structure, count: interviews.length });
		return interviews.length;
	});
	if (count > 0) await forgetFreed(app.db);
	return count;
}

/** In a mark's `erased`, where an erasure has 1: devices forget both alike, and only tell an erasure again. */
const TIME_IS_OVER = 2;

async function depersonalise(app: App, trx: Trx, structure: string, ids: readonly string[]): Promise<void> {
	const interviews = await loadRecords(trx, structure, ids);
	const excerpts = await loadAbout(trx, structure, ids);
	let { sequence } = await lockStructure(trx, structure);
	const moves: Tally[] = [];
	const marks: Schema['mark'][] = [];
	const digests = new Map<string, Digest>();
	const stripped = (record: Stored): Stored => ({ ...record, owner: NOBODY, fields: withoutPerson(record.fields) });
	for (const record of [...interviews.values(), ...excerpts]) {
		const context = record.about ? interviews.get(record.about) : undefined;
		const now = stripped(record);
		moves.push(...negate(contributionsOf(record, context)), ...contributionsOf(now, context && stripped(context)));
		sequence += 1;
		if (record.audience) {
			digests.set(record.audience, minus(digests.get(record.audience) ?? NO_ROWS, record.id, record.sequence));
			// As for an erasure, devices forget whatever they still keep of it.
			const mark = { structure_id: structure, audience: record.audience, record_id: record.id, sequence };
			marks.push({ ...mark, erased: TIME_IS_OVER });
		}
		await trx
			.updateTable('record')
			.set({ owner: NOBODY, audience: null, sequence, fields: printFields(now.fields) })
			.where('structure_id', '=', structure)
			.where('id', '=', record.id)
			.execute();
		await forgetHistory(trx, structure, record.id);
	}
	for (const part of chunks(ids))
		for (const table of ['receipt', 'media', 'media_part'] as const)
			await trx.deleteFrom(table).where('structure_id', '=', structure).where('record_id', 'in', part).execute();
	await writeMarks(trx, structure, marks);
	await writeDigests(trx, structure, digests);
	await writeTallies(trx, structure, addUp(moves));
	await closeCommit(app, trx, structure, sequence);
}

/** A change that comes again is still known; what it said, by whom and on what day is not. */
async function forgetHistory(trx: Trx, structure: string, record: string): Promise<void> {
	const fields: Fields = {};
	await trx
		.updateTable('change')
		.set({ fields: JSON.stringify(fields), seen: '{}', at: '', person_id: NOBODY, device_id: NOBODY })
		.where('structure_id', '=', structure)
		.where('record_id', '=', record)
		.execute();
	await trx
		.deleteFrom('quarantine')
		.where('structure_id', '=', structure)
		.where('raw', 'like', `%${record}%`)
		.execute();
}

/** All structures in turn, the fictitious one excepted: its dates are invented. */
export async function runRetentionEverywhere(app: App): Promise<void> {
	const rows = await app.db.selectFrom('structure').select('id').where('fictitious', '=', 0).execute();
	for (const { id } of rows) await runRetention(app, id, { person: 'server', device: '' });
}
