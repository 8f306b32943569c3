import { criteriaOf } from '../../domain/framework';
import type { Framework } from '../../domain/framework-shapes';
import { type Fields } from '../../domain/record';
import type { Contribution } from '../../domain/contributions';
import {
	coverageOf,
	groupsOf,
	refusalsIn,
	sheetOf,
	withholdAll,
	type CampaignScope,
	type Sheets
} from '../../domain/sheet';
import { Problem } from '../../domain/problem';
import { nowOf, type App } from '../app';
import { loadRecords, type Reader } from '../database/store';
import { valueOf, valuesOf } from '../../domain/kinds/values';

/** The sheets of an open campaign, as a director sees them, with what it takes to give others their part.
 * @throws Problem `record.missing` (404) */
export async function liveSheets(
	app: App,
	structure: string,
	id: string
): Promise<{ sheets: Sheets; campaign: CampaignScope; framework: Framework }> {
	return await app.db
		.transaction()
		.setIsolationLevel('repeatable read')
		.execute(async (trx) => {
			const { campaign, framework, k } = await scopeOf(trx, structure, id);
			const tallies = await loadTallies(trx, structure, id);
			const answers = withholdAll(groupsOf(tallies), k);
			const kept = criteriaOf(framework).filter((criterion) => campaign.criteria.includes(criterion.id));
			const coverage = coverageOf(tallies, campaign);
			const sheets: Sheets = {
				campaign: campaign.id,
				sequence: await sequenceOf(trx, structure),
				at: nowOf(app),
				k,
				sheets: kept.map((criterion) => sheetOf(criterion, campaign, tallies, answers, k)),
				coverage,
				refusals: refusalsIn(coverage)
			};
			return { sheets, campaign, framework };
		});
}

type Scope = { campaign: CampaignScope; framework: Framework; k: number };

async function scopeOf(db: Reader, structure: string, id: string): Promise<Scope> {
	const found = await loadRecords(db, structure, [id, structure]);
	const [record, settings] = [found.get(id), found.get(structure)];
	if (!record || record.kind !== 'campaign' || !record.audience)
		throw new Problem('record.missing', 404, { campaign: id });
	const frameworkId = valueOf('campaign', record.fields, 'framework') ?? '';
	const stored = (await loadRecords(db, structure, [frameworkId])).get(frameworkId);
	const framework = stored && valueOf('framework', stored.fields, 'definition');
	if (!framework) throw new Problem('record.missing', 404, { framework: frameworkId });
	const { k = 5 } = valuesOf('structure', settings?.fields);
	return { campaign: campaignScope(id, record.fields), framework, k };
}

export function campaignScope(id: string, fields: Fields): CampaignScope {
	const { title = '', from = '', to = '', criteria = [], antennas = [] } = valuesOf('campaign', fields);
	return { id, title, from, to, criteria, antennas };
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
