import { NOBODY } from '../../domain/kinds/all';
import { type Fields } from '../../domain/record';
import { monthsBefore, withoutPerson } from '../../domain/retention';
import { MONTHS_KEPT } from '../../domain/structure';
import { type App } from '../app';
import { forgetFreed } from '../database/open';
import { note, type By } from './journal';
import { Commit, TIME_IS_OVER } from '../exchange/commit';
import { settleQuotes } from '../exchange/quotes';
import { forgetNaming } from '../exchange/waiting';
import {
	changesOf,
	chunks,
	loadAbout,
	loadRecords,
	lockStructure,
	type Reader,
	type Stored,
	type Trx
} from '../database/store';
import { valuesOf } from '../../domain/kinds/values';

/** What a run would take away now. `before` is the last contact after which words are still kept. */
export type Due = { months: number; before: string; interviews: string[] };

/** The interviews whose last contact, by the server's clock, is older than what the structure keeps. */
export async function dueNow(app: App, db: Reader, structure: string): Promise<Due> {
	const settings = (await loadRecords(db, structure, [structure])).get(structure);
	const months = valuesOf('structure', settings?.fields).monthsKept ?? MONTHS_KEPT;
	const before = monthsBefore(app.clock(), months).toISOString();
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

async function depersonalise(app: App, trx: Trx, structure: string, ids: readonly string[]): Promise<void> {
	const interviews = await loadRecords(trx, structure, ids);
	const excerpts = await loadAbout(trx, structure, ids);
	const { sequence } = await lockStructure(trx, structure);
	const commit = new Commit(app, trx, structure, sequence);
	const stripped = (record: Stored): Stored => ({ ...record, owner: NOBODY, fields: withoutPerson(record) });
	const records = [...interviews.values(), ...excerpts];
	const quoted: Parameters<typeof settleQuotes>[3][number][] = [];
	for (const record of records) {
		const interview = record.about ? interviews.get(record.about) : undefined;
		const contextAfter = { interview: interview && stripped(interview) };
		// As for an erasure, devices forget whatever they still keep of it.
		commit.move(record, stripped(record), { interview }, contextAfter, TIME_IS_OVER);
		if (record.kind === 'excerpt') quoted.push({ excerpt: stripped(record), context: contextAfter });
		await forgetHistory(trx, structure, record.id);
	}
	await settleQuotes(app, trx, commit, quoted);
	const named = records.map(({ id }) => id);
	await forgetNaming(app, trx, structure, named);
	for (const part of chunks(ids))
		for (const table of ['receipt', 'media', 'media_part'] as const)
			await trx.deleteFrom(table).where('structure_id', '=', structure).where('record_id', 'in', part).execute();
	await commit.write();
}

/** A change that comes again is still known; what it said, by whom and on what day is not. */
async function forgetHistory(trx: Trx, structure: string, record: string): Promise<void> {
	const fields: Fields = {};
	await trx
		.updateTable('change')
		.set({ fields: JSON.stringify(fields), seen: '{}', at: '', person_id: NOBODY, device_id: NOBODY })
		.where('structure_id', '=', structure)
		.where(changesOf([record]))
		.execute();
}

/** All structures in turn, the fictitious one excepted: its dates are invented. */
export async function runRetentionEverywhere(app: App): Promise<void> {
	const rows = await app.db.selectFrom('structure').select('id').where('fictitious', '=', 0).execute();
	for (const { id } of rows) await runRetention(app, id, { person: 'server', device: '' });
}
