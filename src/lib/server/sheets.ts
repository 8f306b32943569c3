import { criteriaOf, type Framework } from '../domain/framework';
import { inUse, type Fields } from '../domain/record';
import type { Contribution } from '../domain/contributions';
import {
	coverageOf,
	groupsOf,
	releaseAnswers,
	releaseOnce,
	sheetOf,
	type CampaignScope,
	type ReleasedAnswers,
	type Sheets
} from '../domain/sheet';
import { Problem } from '../domain/problem';
import { nowOf, type App } from './app';
import { loadRecords, lockStructure, type Reader, type Trx } from './store';

export type Released = { sheets: Sheets; campaign: CampaignScope; framework: Framework };

/** The sheets of one campaign, released for the inside of the structure and remembered, so that the next release knows
 * what was shown. Within a sequence that has been released already nothing is written.
 * @throws Problem `record.missing` (404) */
export async function releaseInside(app: App, structure: string, campaignId: string): Promise<Released> {
	const scope = await scopeOf(app.db, structure, campaignId);
	const k = scope.k;
	const shown = await app.db
		.transaction()
		.setIsolationLevel('repeatable read')
		.execute(async (trx) => {
			const known = await readReleased(trx, structure, campaignId, k);
			const sequence = await sequenceOf(trx, structure);
			return known?.sequence === sequence
				? assemble(app, scope, await loadTallies(trx, structure, campaignId), known.answers, k, sequence)
				: undefined;
		});
	if (shown) return shown;
	return await app.db.transaction().execute(async (trx) => {
		const { sequence } = await lockStructure(trx, structure);
		const before = await readReleased(trx, structure, campaignId, k);
		const tallies = await loadTallies(trx, structure, campaignId);
		const answers = releaseAnswers(groupsOf(tallies), k, before?.answers ?? {});
		await writeReleased(trx, structure, campaignId, k, sequence, answers);
		return assemble(app, scope, tallies, answers, k, sequence);
	});
}

/** The same sheets under the threshold of what leaves the structure: files, print, shares. */
export async function releaseOutside(app: App, structure: string, campaignId: string): Promise<Released> {
	const scope = await scopeOf(app.db, structure, campaignId);
	const tallies = await loadTallies(app.db, structure, campaignId);
	const sequence = await sequenceOf(app.db, structure);
	const answers = releaseOnce(groupsOf(tallies), scope.kShared);
	return assemble(app, scope, tallies, answers, scope.kShared, sequence);
}

type Scope = { campaign: CampaignScope; framework: Framework; k: number; kShared: number };

async function scopeOf(db: Reader, structure: string, id: string): Promise<Scope> {
	const found = await loadRecords(db, structure, [id, structure]);
	const [record, settings] = [found.get(id), found.get(structure)];
	if (!record || record.kind !== 'campaign' || !record.audience)
		throw new Problem('record.missing', 404, { campaign: id });
	const frameworkId = String(inUse(record.fields, 'framework'));
	const framework = (await loadRecords(db, structure, [frameworkId])).get(frameworkId);
	if (!framework) throw new Problem('record.missing', 404, { framework: frameworkId });
	return {
		campaign: campaignScope(id, record.fields),
		framework: inUse(framework.fields, 'definition') as Framework,
		k: Number(settings && inUse(settings.fields, 'k')) || 5,
		kShared: Number(settings && inUse(settings.fields, 'kShared')) || 11
	};
}

export const campaignScope = (id: string, fields: Fields): CampaignScope => ({
	id,
	title: String(inUse(fields, 'title') ?? ''),
	from: String(inUse(fields, 'from')),
	to: String(inUse(fields, 'to')),
	criteria: (inUse(fields, 'criteria') as string[] | undefined) ?? [],
	antennas: (inUse(fields, 'antennas') as string[] | undefined) ?? []
});

function assemble(
	app: App,
	{ campaign, framework }: Scope,
	tallies: readonly Contribution[],
	answers: ReleasedAnswers,
	k: number,
	sequence: number
): Released {
	const kept = criteriaOf(framework).filter(({ id }) => campaign.criteria.includes(id));
	const sheets: Sheets = {
		campaign: campaign.id,
		sequence,
		at: nowOf(app),
		k,
		sheets: kept.map((criterion) => sheetOf(criterion, campaign, tallies, answers, k)),
		coverage: coverageOf(tallies)
	};
	return { sheets, campaign, framework };
}

export async function loadTallies(db: Reader, structure: string, campaign: string): Promise<Contribution[]> {
	return (await db
		.selectFrom('tally')
		.select(['campaign', 'measure', 'subject', 'stakeholder', 'place', 'period', 'detail', 'count', 'amount', 'base'])
		.where('structure_id', '=', structure)
		.where('campaign', '=', campaign)
		.execute()) as Contribution[];
}

/** The sequence of the structure's last commit: the sheets of a campaign move with it and with nothing else. */
export const sequenceOf = async (db: Reader, structure: string): Promise<number> =>
	(await db.selectFrom('structure').select('sequence').where('id', '=', structure).executeTakeFirstOrThrow()).sequence;

async function readReleased(db: Reader, structure: string, campaign: string, k: number) {
	const row = await db
		.selectFrom('released')
		.selectAll()
		.where('structure_id', '=', structure)
		.where('campaign', '=', campaign)
		.where('k', '=', k)
		.executeTakeFirst();
	return row && { sequence: row.sequence, answers: JSON.parse(row.answers) as ReleasedAnswers };
}

async function writeReleased(
	trx: Trx,
	structure: string,
	campaign: string,
	k: number,
	sequence: number,
	answers: ReleasedAnswers
) {
	const values = { sequence, answers: JSON.stringify(answers) };
	await trx
		.insertInto('released')
		.values({ structure_id: structure, campaign, k, ...values })
		.onConflict((c) => c.columns(['structure_id', 'campaign', 'k']).doUpdateSet(values))
		.execute();
}
