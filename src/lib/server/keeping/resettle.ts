import { modernFields } from '../../domain/former';
import { withdrawalField } from '../../domain/interview';
import type { Consent } from '../../domain/interview-shapes';
import { contributionsOf, NOBODY, RULES } from '../../domain/kinds/all';
import type { Context } from '../../domain/kinds/kind';
import { valueOf } from '../../domain/kinds/values';
import { printFields } from '../../domain/record';
import type { Current } from '../../domain/record-shapes';
import { addUp, tallyKey, type Tally } from '../../domain/tallies';
import type { App } from '../app';
import {
	chunks,
	insertMany,
	loadRecords,
	lockStructure,
	readSetting,
	writeSetting,
	type Stored,
	type Trx
} from '../database/store';
import { Commit } from '../exchange/commit';
import { settleQuotes } from '../exchange/quotes';

/** The setting that names the rules by which a structure's records, tallies and audiences stand. */
const SETTLED_BY = 'settled-by';

/** Says that a structure stands by today's rules. */
export const noteSettled = (trx: Trx, structure: string): Promise<void> =>
	writeSetting(trx, structure, SETTLED_BY, RULES);

/** Brings all that a structure holds under today's rules: fields that an earlier version stored are written in today's
 * shapes, tallies are counted anew from the records, and whatever belongs to another audience now moves to it, with its
 * mark. Nobody fetches anew what only changed its shape: its sequence stays.
 * @returns whether there was anything to do */
export async function resettle(app: App, trx: Trx, structure: string): Promise<boolean> {
	if ((await readSetting(trx, structure, SETTLED_BY)) === RULES) return false;
	const { sequence } = await lockStructure(trx, structure);
	const commit = new Commit(app, trx, structure, sequence);
	const tallies = new Map<string, Tally>();
	const ids = await trx.selectFrom('record').select('id').where('structure_id', '=', structure).orderBy('id').execute();
	for (const part of chunks(ids.map(({ id }) => id))) {
		const records = await loadRecords(trx, structure, part);
		const abouts = [...records.values()].flatMap(({ about }) => (about && !records.has(about) ? [about] : []));
		const interviews = await loadRecords(trx, structure, abouts);
		const excerpts: { excerpt: Stored; context: Context }[] = [];
		for (const stored of records.values()) {
			const about = stored.about ? (records.get(stored.about) ?? interviews.get(stored.about)) : undefined;
			const interview = about && withFields(modern(about), withdrawalsIn(modern(about)));
			const alone = modern(stored);
			const withdrawn = withdrawalsIn(alone);
			for (const one of withdrawn) await addToHistory(trx, structure, one);
			const record = withFields(modern(stored, interview), withdrawn);
			const context: Context = { interview };
			// What a device works out from its own row alone is not sent again.
			const isSame = printFields(alone.fields) === printFields(record.fields);
			if (isSame) await rewrite(trx, structure, stored, record);
			for (const one of contributionsOf(record, context)) {
				const key = tallyKey(one);
				const [sum] = addUp([...(tallies.has(key) ? [tallies.get(key)!] : []), one]);
				if (sum) tallies.set(key, sum);
				else tallies.delete(key);
			}
			commit.move(isSame ? record : alone, record, context, context);
			if (record.kind === 'excerpt') excerpts.push({ excerpt: record, context });
		}
		await settleQuotes(app, trx, commit, excerpts);
	}
	await trx.deleteFrom('tally').where('structure_id', '=', structure).execute();
	const rows = [...tallies.values()].map((tally) => ({ structure_id: structure, ...tally }));
	await insertMany(trx, 'tally', rows, (some) => trx.insertInto('tally').values(some));
	await commit.write();
	await noteSettled(trx, structure);
	return true;
}

const modern = (record: Stored, interview?: Stored): Stored => ({
	...record,
	fields: modernFields(record.kind, record.fields, interview?.fields)
});

type Withdrawn = [field: string, withdrawal: Current];

/** A « no » that the respondent or the office wrote before there were withdrawals becomes one: a yes of the interviewer's
 * does not undo it any more. */
function withdrawalsIn({ kind, owner, fields }: Stored): Withdrawn[] {
	if (kind !== 'interview' || owner === NOBODY) return [];
	const receipt = valueOf('interview', fields, 'receipt');
	const said = receipt ? { receipt } : {};
	return Object.entries(fields).flatMap(([field, all]) =>
		all
			.filter(({ person, value }) => field.startsWith('consent:') && person !== owner && isNo(value))
			.map((current): Withdrawn => {
				const { use } = current.value as Consent;
				const name = withdrawalField(field.slice('consent:'.length), current.change);
				return [name, { ...current, value: { ...(use ? { use } : {}), ...said } }];
			})
	);
}

const withFields = (record: Stored, more: readonly Withdrawn[]): Stored => ({
	...record,
	fields: { ...record.fields, ...Object.fromEntries(more.map(([field, one]) => [field, [one]])) }
});

const isNo = (value: unknown): boolean => (value as Consent).answer === 'no';

async function addToHistory(trx: Trx, structure: string, [field, { change: id, value }]: Withdrawn): Promise<void> {
	const row = await trx
		.selectFrom('change')
		.select('fields')
		.where('structure_id', '=', structure)
		.where('id', '=', id)
		.executeTakeFirst();
	if (!row) return;
	const fields = JSON.stringify({ ...(JSON.parse(row.fields) as { [field: string]: unknown }), [field]: value });
	await trx.updateTable('change').set({ fields }).where('structure_id', '=', structure).where('id', '=', id).execute();
}

async function rewrite(trx: Trx, structure: string, before: Stored, now: Stored): Promise<void> {
	const fields = printFields(now.fields);
	if (fields === printFields(before.fields)) return;
	await trx
		.updateTable('record')
		.set({ fields })
		.where('structure_id', '=', structure)
		.where('id', '=', now.id)
		.execute();
}
