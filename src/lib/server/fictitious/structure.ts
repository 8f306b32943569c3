import type { Approval } from '../../domain/excerpt-shapes';
import { answerField, consentField, consentTo, isAnswered, questionsFor } from '../../domain/interview';
import type { Answer, Consent } from '../../domain/interview-shapes';
import { criteriaOf, decimalsOf, isForStructure, isTyped } from '../../domain/framework';
import type { Framework, Indicator, Stakeholder, ConsentUse } from '../../domain/framework-shapes';
import { targetField } from '../../domain/campaign';
import { gridOf, periodsBetween } from '../../domain/period';
import { judgementId, type Judged } from '../../domain/judgement';
import { readingId, WHOLE, type ReadingValue } from '../../domain/reading';
import { passageOf } from '../../domain/excerpt';
import type { QuoteLimit, Valence } from '../../domain/excerpt-shapes';
import { Problem } from '../../domain/problem';
import type { Grant } from '../../domain/structure';
import { newId, type App } from '../app';
import { savePerson } from '../accounts/people';
import { push } from '../exchange/push';
import { canSetUp, found } from '../accounts/structures';
import { templateFramework } from '../templates';
import { chunks, lockFounding, writeSetting, type Trx } from '../database/store';
import { Draws, shareOut } from './draws';
import { FIGURES_2014, SEASON, TARBES_SHARE, YEAR_BEFORE } from './figures';

type Testimony = {
	campaign: string;
	stakeholder: Stakeholder;
	antenna: string;
	on: string;
	mode: string;
	label: string | null;
	criteria: string[];
	words: Record<string, string>;
	tone: number;
	quote: QuoteLimit;
	excerpts: { question: string; text: string; criterion: string; valence: Valence }[];
};

type Roles = { director: string; counsellor: string; 'antenna-staff': string };
export type Fictitious = { structure: string; people: Roles };

export const FICTITIOUS_NAME = 'L’Escale des Gaves';
const NOTE = {
	fr: 'Structure fictive. Le partage entre antennes est inventé.',
	en: 'Fictitious structure. The split between antennas is invented.'
};

/** The fictitious structure of this server, made when it is first asked for. Its ids, values and dates are always the same. */
export const openFictitious = (app: App): Promise<Fictitious> => open(app, () => Promise.resolve());

/** The same for somebody who only looks: where people work for real, nobody makes one from outside.
 * @throws Problem `explore.closed` */
export const exploreFictitious = (app: App): Promise<Fictitious> =>
	open(app, async (trx) => {
		if (!(await canSetUp(app, trx))) throw new Problem('explore.closed', 409);
	});

const open = (app: App, mayMake: (trx: Trx) => Promise<void>): Promise<Fictitious> =>
	app.db.transaction().execute(async (trx) => {
		await lockFounding(trx);
		const there = await trx.selectFrom('setting').selectAll().where('name', '=', 'fictitious').executeTakeFirst();
		if (there) return JSON.parse(there.value) as Fictitious;
		await mayMake(trx);
		return await build(app, trx);
	});

/** Whoever explores more than this at the same time shows the first of them out: nothing of a stranger stays for ever. */
const EXPLORERS = 100;

/** Keeps the last explorers only, with their devices. */
export async function showOut(trx: Trx, structure: string): Promise<void> {
	const kept = await trx
		.selectFrom('session')
		.select('token_hash')
		.where('structure_id', '=', structure)
		.orderBy('seen_at', 'desc')
		.orderBy('created_at', 'desc')
		.limit(EXPLORERS)
		.execute();
	await trx
		.deleteFrom('session')
		.where('structure_id', '=', structure)
		.where(
			'token_hash',
			'not in',
			kept.map(({ token_hash }) => token_hash)
		)
		.execute();
	const open = await trx.selectFrom('session').select('device_id').where('structure_id', '=', structure).execute();
	const ids = open.map(({ device_id }) => device_id);
	await trx.deleteFrom('device').where('structure_id', '=', structure).where('id', 'not in', ids).execute();
	await trx.deleteFrom('vault_key').where('structure_id', '=', structure).where('device_id', 'not in', ids).execute();
}

/** Deletes everything the fictitious structure ever held, in every table there is: a written list would forget the next one. */
export async function deleteFictitious(app: App, structure: string): Promise<void> {
	await app.db.transaction().execute(async (trx) => {
		const tables = await trx.introspection.getTables();
		for (const { name, columns } of tables)
			if (columns.some((column) => column.name === 'structure_id'))
				await trx
					.deleteFrom(name as 'record')
					.where('structure_id', '=', structure)
					.execute();
		// Last: people refer to it.
		await trx.deleteFrom('structure').where('id', '=', structure).where('fictitious', '=', 1).execute();
	});
}

async function build(app: App, trx: Trx): Promise<Fictitious> {
	const draws = new Draws(2014);
	const seeded: App = { ...app, random: draws.bytes, clock: () => new Date('2015-01-12T08:00:00.000Z') };
	const { structure, director, antennas, framework } = await found(seeded, trx, {
		name: FICTITIOUS_NAME,
		fictitious: true,
		antennas: [
			{ name: 'Tarbes', note: NOTE },
			{ name: 'Lourdes', note: NOTE }
		],
		director: 'Claire Montaut'
	});
	const [tarbes, lourdes] = antennas as [string, string];
	const add = (name: string, role: Grant['role'], ...places: string[]) =>
		savePerson(
			seeded,
			trx,
			structure,
			{ name, grants: [{ role, antennas: places }] },
			{ person: director, device: 'server' }
		);
	const counsellors = {
		tarbes: await add('Nadia Ferrand', 'counsellor', tarbes),
		lourdes: await add('Sandrine Ossun', 'counsellor', lourdes)
	};
	const staff = {
		tarbes: await add('Paul Cazaux', 'antenna-staff', tarbes),
		lourdes: await add('Maryse Arbéost', 'antenna-staff', lourdes)
	};
	const julien = await add('Julien Sarrat', 'counsellor', tarbes, lourdes);

	const definition = await templateFramework();
	const { default: testimonies } = await import('./testimonies.json');
	const scene: Scene = { definition, framework, antennas: { tarbes, lourdes }, draws, id: () => newId(seeded) };
	const write = async (person: string, changes: object[]) => {
		const grants: Grant[] = person === director ? [{ role: 'director', antennas: [] }] : [];
		for (const part of chunks(changes, 500))
			await push(
				seeded,
				trx,
				{ structure, id: person, device: 'server', grants },
				part,
				{ sequence: 0, audiences: new Set() },
				false
			);
	};
	const team: Team = {
		...{ director, julien, nadia: counsellors.tarbes, sandrine: counsellors.lourdes },
		...{ paul: staff.tarbes, maryse: staff.lourdes }
	};
	const campaigns = new Map<string, string>();
	for (const year of ['2013', '2014']) {
		const campaign = newId(seeded);
		campaigns.set(year, campaign);
		await write(director, [campaignOf(scene, campaign, year)]);
		const readings = readingsOf(scene, campaign, year);
		await write(
			staff.tarbes,
			readings.filter(({ place }) => place === tarbes).map(({ change }) => change)
		);
		await write(
			staff.lourdes,
			readings.filter(({ place }) => place === lourdes).map(({ change }) => change)
		);
		await write(
			director,
			readings.filter(({ place }) => place === WHOLE).map(({ change }) => change)
		);
		for (const [antenna, person] of Object.entries(counsellors)) {
			const heard = (testimonies as unknown as Testimony[]).filter((t) => t.campaign === year && t.antenna === antenna);
			const changes = heard.map((testimony) => interviewOf(scene, campaign, testimony));
			await write(
				person,
				changes.map(({ interview }) => interview)
			);
			await write(
				person,
				changes.flatMap(({ excerpts }) => excerpts)
			);
			await write(
				director,
				changes.flatMap(({ approvals }) => approvals)
			);
		}
	}
	await write(director, await conclusionsOf(scene, campaigns, team));
	const fictitious = {
		structure,
		people: { director, counsellor: counsellors.lourdes, 'antenna-staff': staff.lourdes }
	};
	await writeSetting(trx, structure, 'fictitious', JSON.stringify(fictitious));
	return fictitious;
}

type Scene = {
	definition: Framework;
	framework: string;
	antennas: { tarbes: string; lourdes: string };
	draws: Draws;
	id: () => string;
};

/** The change that creates a record: everything in it is new, so nothing was seen. */
const creation = (
	kind: string,
	record: string,
	fields: { [field: string]: unknown },
	at: string,
	id = record,
	about?: string
) => ({
	id,
	kind,
	record,
	...(about ? { about } : {}),
	fields,
	seen: {},
	at
});

function campaignOf({ definition, framework, antennas }: Scene, id: string, year: string) {
	const targets: Record<Stakeholder, [number, number]> = {
		employee: [24, 16],
		client: [15, 10],
		'elected-official': [5, 4],
		partner: [4, 3],
		staff: [3, 2]
	};
	const fields: { [field: string]: unknown } = {
		title: year,
		from: `${year}-01`,
		to: `${year}-12`,
		framework,
		criteria: criteriaOf(definition).map((criterion) => criterion.id),
		antennas: [antennas.tarbes, antennas.lourdes],
		state: year === '2014' ? 'open' : 'closed',
		'goal:richesses-heures-mise-a-disposition': year === '2014' ? 4_000_000 : 3_700_000
	};
	for (const [stakeholder, [tarbes, lourdes]] of Object.entries(targets)) {
		const part = year === '2014' ? 1 : 0.5;
		fields[targetField(stakeholder, antennas.tarbes)] = Math.ceil(tarbes * part);
		fields[targetField(stakeholder, antennas.lourdes)] = Math.ceil(lourdes * part);
	}
	return creation('campaign', id, fields, `${year}-01-06T09:00:00.000Z`);
}

type Team = { [name in 'director' | 'julien' | 'nadia' | 'sandrine' | 'paul' | 'maryse']: string };
type Conclusions = {
	judgements: ({ campaign: string; criterion: string; supports: string[]; state: string } & {
		[field in Judged]: string;
	})[];
	actions: ({ key: string; campaign: string; owner: keyof Team | null; from?: string } & {
		[field in 'criterion' | 'words' | 'state' | 'note']: string;
	} & { due: string | null })[];
};

/** What the directors concluded of both years, and what was decided, in every state. */
async function conclusionsOf(scene: Scene, campaigns: ReadonlyMap<string, string>, team: Team): Promise<object[]> {
	const { judgements, actions } = (await import('./conclusions.json')).default as Conclusions;
	const at = '2015-01-08T15:20:00.000Z';
	const ids = new Map(actions.map(({ key }) => [key, scene.id()]));
	return [
		...judgements.map(({ campaign, criterion, supports, ...words }) => {
			const resting = supports.map((support, i) => [`support:${support}`, { number: i + 1 }]);
			const id = judgementId({ campaign: campaigns.get(campaign)!, criterion });
			return creation('judgement', id, { ...words, ...Object.fromEntries(resting) }, at, scene.id());
		}),
		...actions.map(({ key, campaign, owner, from, ...said }) =>
			creation(
				'action',
				ids.get(key)!,
				{
					...said,
					campaign: campaigns.get(campaign)!,
					owner: owner && team[owner],
					...(from ? { from: ids.get(from)! } : {})
				},
				at
			)
		)
	];
}

function readingsOf(scene: Scene, campaign: string, year: string) {
	const { definition, antennas, draws } = scene;
	const part = year === '2014' ? 1 : YEAR_BEFORE;
	return criteriaOf(definition).flatMap((criterion) =>
		criterion.indicators.filter(isTyped).flatMap((indicator) => {
			const figure = FIGURES_2014[indicator.id];
			if (figure === undefined) return [];
			const periods = periodsBetween(`${year}-01`, `${year}-12`, gridOf(indicator.frequency));
			const whole = isForStructure(indicator);
			const places = whole ? [WHOLE] : [antennas.tarbes, antennas.lourdes];
			const shares = whole ? [1] : [TARBES_SHARE, 1 - TARBES_SHARE];
			const weights = periods.map((_, i) =>
				SEASON.slice((i * 12) / periods.length, ((i + 1) * 12) / periods.length).reduce((a, b) => a + b, 0)
			);
			const wobble = weights.map((weight) => weight * (0.94 + draws.next() * 0.12));
			const values = spread(definition, indicator, figure, part, shares, wobble);
			return places.flatMap((place, p) =>
				periods.map((period, i) => ({
					place,
					change: creation(
						'reading',
						readingId({ campaign, place, period, indicator: indicator.id }),
						{ value: values[p]![i] },
						`${year}-12-30T10:00:00.000Z`,
						scene.id()
					)
				}))
			);
		})
	);
}

/** One year's figure shared out over places and periods, so that adding up gives it back to the unit. */
function spread(
	definition: Framework,
	indicator: Indicator,
	figure: number | [number, number],
	part: number,
	shares: readonly number[],
	weights: readonly number[]
): ReadingValue[][] {
	const steps = (value: number, unit: string | undefined) =>
		Math.round(value * 10 ** (unit ? decimalsOf(definition, unit) : 0) * part);
	const grid = (total: number) => shareOut(total, shares).map((one) => shareOut(one, weights));
	const last = indicator.aggregateOverTime === 'last';
	const repeat = (total: number) => shareOut(total, shares).map((one) => weights.map(() => one));
	if (typeof figure === 'number') {
		const total = steps(figure, indicator.unit);
		return (last ? repeat(total) : grid(total)).map((row) => row.map((amount) => ({ amount })));
	}
	if (indicator.weight) {
		const mean = Math.round(figure[0] * 10 ** decimalsOf(definition, indicator.unit));
		return grid(Math.round(figure[1] * part)).map((row, p) =>
			row.map((weight, i) => ({ mean: mean + ((p * 3 + i) % 5) - 2, weight }))
		);
	}
	const [numerator, denominator] = [
		steps(figure[0], indicator.numeratorUnit),
		steps(figure[1], indicator.denominatorUnit)
	];
	const [above, below] = last ? [repeat(numerator), repeat(denominator)] : [grid(numerator), grid(denominator)];
	return above.map((row, p) => row.map((value, i) => ({ numerator: value, denominator: below[p]![i]! })));
}

function interviewOf(scene: Scene, campaign: string, testimony: Testimony) {
	const { definition, framework, draws } = scene;
	const antenna = scene.antennas[testimony.antenna as 'tarbes' | 'lourdes'];
	const id = scene.id();
	const at = `${testimony.on}T${String(draws.between(9, 16)).padStart(2, '0')}:${String(draws.between(0, 59)).padStart(2, '0')}:00.000Z`;
	const isQuoted = testimony.quote === 'anonymous' || testimony.quote === 'first-name';
	const fields: { [field: string]: unknown } = {
		campaign,
		framework,
		stakeholder: testimony.stakeholder,
		antenna,
		mode: testimony.mode,
		on: testimony.on,
		...(testimony.label ? { label: testimony.label } : {}),
		criteria: testimony.criteria,
		state: 'finished',
		...consents(definition, {
			evaluation: true,
			quotation: isQuoted,
			role: isQuoted,
			'first-name': testimony.quote === 'first-name',
			contact: draws.chance(0.5)
		})
	};
	const questions = questionsFor(definition, testimony.stakeholder, testimony.criteria);
	fields.asked = questions.map(({ question }) => question.id);
	for (const { question } of questions) {
		const answer: Answer | undefined =
			question.type === 'open'
				? testimony.words[question.id]
					? { words: testimony.words[question.id]! }
					: undefined
				: closedAnswer(definition, question, testimony.tone, draws);
		if (isAnswered(answer)) fields[answerField(question.id)] = answer;
	}
	const excerpts = testimony.excerpts.map(({ question, text, criterion, valence }) => {
		const words = testimony.words[question]!;
		const start = words.indexOf(text);
		const passage = passageOf(question, words, { start, end: start + text.length });
		const excerpt = {
			campaign,
			stakeholder: testimony.stakeholder,
			antenna,
			passage,
			criterion,
			valence,
			quote: testimony.quote
		};
		return creation('excerpt', scene.id(), excerpt, at, undefined, id);
	});
	const approvals = excerpts
		.filter(() => testimony.quote !== 'none' && draws.chance(0.7))
		.map((excerpt) => {
			const approval: Approval = { decision: 'approved', of: [excerpt.id] };
			return creation('excerpt', excerpt.record, { approval }, at, scene.id(), id);
		});
	return { interview: creation('interview', id, fields, at), excerpts, approvals };
}

/** The consents that a testimony gives, by what each item of the framework is for. */
function consents(
	{ consentItems }: Framework,
	agreed: { [use in ConsentUse]?: boolean }
): { [field: string]: Consent } {
	const given = consentItems.flatMap((item) => {
		const yes = item.use && agreed[item.use];
		return yes === undefined ? [] : [[consentField(item.id), consentTo(item, yes ? 'yes' : 'no')] as const];
	});
	return Object.fromEntries(given);
}

/** A closed answer drawn around the person's tone: most answer, some do not know, a few would rather not say. */
function closedAnswer(
	definition: Framework,
	question: ReturnType<typeof questionsFor>[number]['question'],
	tone: number,
	draws: Draws
): Answer {
	const luck = draws.next();
	if (luck < 0.04) return { without: 'unknown' };
	if (luck < 0.06) return { without: 'declined' };
	if (question.type === 'number') return { value: { type: 'number', amount: draws.between(1, 8) } };
	if (question.type === 'scale') {
		const levels = definition.scales.find(({ id }) => id === question.scale)!.levels;
		const at =
			levels.length === 2
				? Number(draws.chance(tone / 4.6))
				: Math.min(levels.length - 1, Math.max(0, tone - 1 + draws.between(-1, 1)));
		return { value: { type: 'scale', level: levels[at]!.value } };
	}
	const options = question.options ?? [];
	if (question.type === 'choice')
		return { value: { type: 'choice', option: options[draws.between(0, options.length - 1)]!.id } };
	const some = options.filter(() => draws.chance(0.35)).map(({ id }) => id);
	return { value: { type: 'multiple', options: some.length > 0 ? some : [options[0]!.id] } };
}
