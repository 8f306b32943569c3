import * as z from 'zod/mini';
import { combine, EMPTY, type Figure } from './figures';
import { gridOf, periodsBetween } from './period';
import { isForStructure, isTyped, STAKEHOLDERS, type Criterion, type Indicator } from './framework';
import { WHOLE } from './reading';
import { groupOf, release, withhold, type Distribution, type Group, type Released } from './release';
import type { Tally } from './tallies';
import { antennasOf, hasRole, type Actor } from './rights';

/** What a sheet needs to know of its campaign. */
export type CampaignScope = {
	id: string;
	title: string;
	from: string;
	to: string;
	criteria: string[];
	antennas: string[];
};

const FigureShape = z.union([
	z.looseObject({ state: z.literal('value'), amount: z.number(), base: z.number(), missing: z.int() }),
	z.looseObject({ state: z.literal('not-applicable') }),
	z.looseObject({ state: z.literal('empty') })
]);
const Cell = z.looseObject({
	period: z.string(),
	figure: FigureShape,
	contested: z.int(), // how many different values stand beside one another
	toConfirm: z.boolean()
});
const Series = z.looseObject({ place: z.string(), cells: z.array(Cell), total: FigureShape });
const FigureSheet = z.looseObject({
	indicator: z.string(),
	series: z.array(Series),
	whole: z.optional(FigureShape), // the structure's figure, absent where the reader may not have it
	withheld: z.optional(z.boolean()) // some cells are kept back to protect people
});
const DistributionShape = z.looseObject({ people: z.int(), details: z.record(z.string(), z.int()) });
const AnswerSheet = z.looseObject({
	question: z.string(),
	stakeholder: z.string(),
	places: z.array(
		z.looseObject({
			place: z.string(), // an antenna, or `structure` for all together
			people: z.int(),
			unknown: z.int(),
			declined: z.int(),
			notAsked: z.int(),
			distribution: z.optional(DistributionShape) // absent: withheld
		})
	)
});
const ExcerptCount = z.looseObject({ stakeholder: z.string(), place: z.string(), added: z.int(), improve: z.int() });

/** Everything counted on one criterion, as one reader may see it. The words themselves are records, not part of it. */
export const Sheet = z.looseObject({
	criterion: z.string(),
	figures: z.array(FigureSheet),
	answers: z.array(AnswerSheet),
	excerpts: z.array(ExcerptCount),
	heard: z.array(z.looseObject({ stakeholder: z.string(), place: z.string(), people: z.int() })),
	contested: z.int(),
	toConfirm: z.int()
});
export type Sheet = z.infer<typeof Sheet>;

/** The answer of `GET /api/sheets`: one campaign, as released to one reader at one moment of the server. */
export const Sheets = z.looseObject({
	campaign: z.string(),
	sequence: z.int(),
	at: z.string(),
	k: z.int(),
	sheets: z.array(Sheet),
	coverage: z.array(z.looseObject({ stakeholder: z.string(), place: z.string(), finished: z.int(), refused: z.int() }))
});
export type Sheets = z.infer<typeof Sheets>;

/** The released distributions of a structure, by `question` and stakeholder: decided once, for every reader. */
export type ReleasedAnswers = { [group: string]: Released };
export const groupKey = (question: string, stakeholder: string): string => `${question}|${stakeholder}`;

type Tallies = readonly Tally[];

/** Looks tallies up by measure and subject: a campaign has some thousands of cells and a sheet asks hundreds of times. */
function index(tallies: Tallies): (measure: Tally['measure'], subject: string) => Tally[] {
	const cells = Map.groupBy(tallies, ({ measure, subject }) => `${measure}|${subject}`);
	return (measure, subject) => cells.get(`${measure}|${subject}`) ?? [];
}

/** The answers of a campaign by question and stakeholder, before anything is withheld. */
export function groupsOf(tallies: Tallies): { [group: string]: Group } {
	const answers = tallies.filter(({ measure }) => measure === 'answer');
	const groups = Map.groupBy(answers, ({ subject, stakeholder }) => groupKey(subject, stakeholder));
	return Object.fromEntries(
		[...groups].map(([key, cells]) => {
			const places = Object.create(null) as { [place: string]: Distribution };
			for (const { place, detail, count } of cells) {
				const distribution = (places[place] ??= { people: 0, details: {} });
				if (detail === 'answered') distribution.people += count;
				else if (detail.startsWith('value:'))
					distribution.details[detail] = (distribution.details[detail] ?? 0) + count;
			}
			return [key, groupOf(places)];
		})
	);
}

/** The one table of released distributions, moved on from the one shown before. */
export function releaseAnswers(
	groups: { [group: string]: Group },
	k: number,
	before: ReleasedAnswers
): ReleasedAnswers {
	const keys = new Set([...Object.keys(groups), ...Object.keys(before)]);
	return Object.fromEntries([...keys].map((key) => [key, release(groups[key] ?? groupOf({}), k, before[key])]));
}

/** The sheet of one criterion with everything released, for the whole structure; `forReader` then takes one person's part.
 * @param k respondents under which a figure about people is withheld */
export function sheetOf(
	criterion: Criterion,
	campaign: CampaignScope,
	tallies: Tallies,
	released: ReleasedAnswers,
	k: number
): Sheet {
	const cellsOf = index(tallies);
	const figures = criterion.indicators.map((indicator) =>
		isTyped(indicator)
			? typedFigure(indicator, campaign, cellsOf('reading', indicator.id), k)
			: indicator.fedBy
				? answeredFigure(indicator, campaign, released)
				: heardFigure(indicator, campaign, cellsOf('heard', criterion.id))
	);
	const excerpts = cellsOf('excerpt', criterion.id);
	const count = (stakeholder: string, place: string, detail: string) =>
		excerpts.find((c) => c.stakeholder === stakeholder && c.place === place && c.detail === detail)?.count ?? 0;
	// Counted before anything is withheld: a period with contested personal figures must not close either.
	const readings = criterion.indicators.flatMap(({ id }) => cellsOf('reading', id));
	return {
		criterion: criterion.id,
		figures,
		answers: criterion.questions.flatMap((question) =>
			question.type === 'open'
				? []
				: question.stakeholders.flatMap((stakeholder) =>
						answerSheet(question.id, stakeholder, criterion.id, campaign, cellsOf, released)
					)
		),
		excerpts: STAKEHOLDERS.flatMap((stakeholder) =>
			campaign.antennas.map((place) => ({
				stakeholder,
				place,
				added: count(stakeholder, place, 'added'),
				improve: count(stakeholder, place, 'improve')
			}))
		).filter(({ added, improve }) => added + improve > 0),
		heard: cellsOf('criterion', criterion.id).map(({ stakeholder, place, count: people }) => ({
			stakeholder,
			place,
			people
		})),
		contested: readings.filter(({ detail }) => detail === 'contested').length,
		toConfirm: readings.filter(({ detail }) => detail === 'to-confirm').length
	};
}

function typedFigure(
	indicator: Indicator,
	campaign: CampaignScope,
	tallies: Tally[],
	k: number
): Sheet['figures'][number] {
	const periods = periodsBetween(campaign.from, campaign.to, gridOf(indicator.frequency));
	const places = isForStructure(indicator) ? [WHOLE] : campaign.antennas;
	const find = (place: string, period: string, detail: string) =>
		tallies.find((c) => c.place === place && c.period === period && c.detail === detail);
	const series = places.map((place) => {
		const cells = periods.map((period) => {
			const value = find(place, period, 'value');
			const figure: Figure = value
				? { state: 'value', amount: value.amount, base: value.base, missing: 0 }
				: find(place, period, 'not-applicable')
					? { state: 'not-applicable' }
					: EMPTY;
			return {
				period,
				figure,
				contested: find(place, period, 'contested')?.count ?? 0,
				toConfirm: find(place, period, 'to-confirm') !== undefined
			};
		});
		return {
			place,
			cells,
			total: combine(
				indicator.aggregateOverTime,
				cells.map(({ figure }) => figure)
			)
		};
	});
	const whole = combine(
		indicator.aggregateOverAntennas,
		series.map(({ total }) => total)
	);
	return protect({ indicator: indicator.id, series, whole }, indicator, k);
}

/** Figures about people that are marked personal: shown at the finest level at which none of them is about fewer than k,
 * so that no subtraction between levels gives a small one away. */
function protect(sheet: Sheet['figures'][number], indicator: Indicator, k: number): Sheet['figures'][number] {
	if (indicator.sensitivity === 'none') return sheet;
	const small = (figure: Figure) =>
		figure.state === 'value' &&
		(figure.base > 0 ? figure.base < k || isBetween(figure.amount, k) : isBetween(figure.amount, k));
	const series = sheet.series;
	if (!series.some(({ cells, total }) => small(total) || cells.some(({ figure }) => small(figure)))) return sheet;
	const coarse = series.map((one) => ({ ...one, cells: [] }));
	if (!series.some(({ total }) => small(total))) return { ...sheet, series: coarse, withheld: true };
	const none = coarse.map((one) => ({ ...one, total: EMPTY }));
	return { ...sheet, series: none, whole: sheet.whole && small(sheet.whole) ? EMPTY : sheet.whole, withheld: true };
}
const isBetween = (people: number, k: number) => people > 0 && people < k;

/** A figure made from answers: those that count as positive, over all who gave an answer. */
function answeredFigure(
	indicator: Indicator,
	campaign: CampaignScope,
	released: ReleasedAnswers
): Sheet['figures'][number] {
	const groups = STAKEHOLDERS.map((stakeholder) => released[groupKey(indicator.fedBy!, stakeholder)]).filter(
		(g) => g !== undefined
	);
	const figure = (distributions: (Distribution | undefined)[]): Figure => {
		const some = distributions.filter((d) => d !== undefined);
		if (some.length === 0) return EMPTY;
		const positive = (d: Distribution) =>
			(indicator.positive ?? []).reduce<number>((sum, value) => sum + (d.details[`value:${value}`] ?? 0), 0);
		return {
			state: 'value',
			amount: some.reduce((sum, d) => sum + positive(d), 0),
			base: some.reduce((sum, d) => sum + d.people, 0),
			missing: 0
		};
	};
	return {
		indicator: indicator.id,
		series: campaign.antennas.map((place) => ({ place, cells: [], total: figure(groups.map((g) => g.places[place])) })),
		whole: figure(groups.map((g) => g.total))
	};
}

/** A figure that counts interviews with an excerpt on the criterion, each once. */
function heardFigure(indicator: Indicator, campaign: CampaignScope, heard: Tally[]): Sheet['figures'][number] {
	const counted = heard.filter((c) => !indicator.countedFrom || indicator.countedFrom.some((s) => s === c.stakeholder));
	const figure = (cells: Tally[]): Figure => ({
		state: 'value',
		amount: new Set(cells.map((c) => c.detail)).size,
		base: 0,
		missing: 0
	});
	return {
		indicator: indicator.id,
		series: campaign.antennas.map((place) => ({
			place,
			cells: [],
			total: figure(counted.filter((c) => c.place === place))
		})),
		whole: figure(counted)
	};
}

function answerSheet(
	question: string,
	stakeholder: string,
	criterion: string,
	campaign: CampaignScope,
	cellsOf: ReturnType<typeof index>,
	released: ReleasedAnswers
): Sheet['answers'] {
	const cells = cellsOf('answer', question).filter((c) => c.stakeholder === stakeholder);
	const asked = cellsOf('criterion', criterion).filter((c) => c.stakeholder === stakeholder);
	if (asked.length === 0 && cells.length === 0) return [];
	const shown = released[groupKey(question, stakeholder)];
	const row = (place: string) => {
		const here = (c: Tally) => place === WHOLE || c.place === place;
		const sum = (detail: string) =>
			cells.filter((c) => here(c) && c.detail === detail).reduce((n, c) => n + c.count, 0);
		const [people, unknown, declined] = [sum('answered'), sum('unknown'), sum('declined')];
		const interviews = asked.filter(here).reduce((n, c) => n + c.count, 0);
		const distribution = place === WHOLE ? shown?.total : shown?.places[place];
		return {
			place,
			people,
			unknown,
			declined,
			notAsked: Math.max(0, interviews - people - unknown - declined),
			...(distribution ? { distribution } : {})
		};
	};
	return [{ question, stakeholder, places: [...campaign.antennas, WHOLE].map(row) }];
}

/** One reader's part of the structure's one table: their antennas, and the structure's total unless it would give away
 * the one antenna that is not theirs. Nothing is recomputed, so no two readers' parts can be set against each other. */
export function forReader(sheets: Sheets, actor: Actor, campaign: CampaignScope): Sheets {
	if (hasRole(actor, 'director')) return sheets;
	const own = antennasOf(actor) ?? new Set<string>();
	// Where the antennas that are not theirs, or those of them with something to tell, come down to one, the total less
	// their own is that one.
	const isOther = (place: string) => place !== WHOLE && !own.has(place);
	const hides = (places: readonly string[]) =>
		campaign.antennas.filter(isOther).length !== 1 && new Set(places.filter(isOther)).size !== 1;
	const total = hides(sheets.coverage.filter(({ finished }) => finished > 0).map(({ place }) => place));
	const mine = (place: string) => own.has(place) || (place === WHOLE && total);
	return {
		...sheets,
		coverage: sheets.coverage.filter(({ place }) => mine(place)),
		sheets: sheets.sheets.map((sheet) => ({
			...sheet,
			figures: sheet.figures.map(({ whole, series, ...figure }) => {
				// A figure entered for the structure as a whole adds up from nothing: it gives no antenna away.
				const entered = series.length === 1 && series[0]!.place === WHOLE;
				const open = entered || hides(series.filter((one) => one.total.state !== 'empty').map(({ place }) => place));
				return {
					...figure,
					series: series.filter(({ place }) => entered || own.has(place)),
					...(whole && open ? { whole } : {})
				};
			}),
			answers: sheet.answers.map((answer) => ({ ...answer, places: answer.places.filter(({ place }) => mine(place)) })),
			heard: sheet.heard.filter(({ place }) => mine(place)),
			excerpts: sheet.excerpts.filter(({ place }) => mine(place))
		}))
	};
}

/** The coverage of a campaign: interviews finished and refused, by stakeholder and antenna. */
export function coverageOf(tallies: Tallies): Sheets['coverage'] {
	const cells = Map.groupBy(
		tallies.filter(({ measure }) => measure === 'interview'),
		({ stakeholder, place }) => `${stakeholder}|${place}`
	);
	return [...cells.values()].map((group) => ({
		stakeholder: group[0]!.stakeholder,
		place: group[0]!.place,
		finished: group.find(({ detail }) => detail === 'finished')?.count ?? 0,
		refused: group.find(({ detail }) => detail === 'refused')?.count ?? 0
	}));
}

/** What a file may hold: the same table under the stricter threshold, with nothing remembered between two files. */
export const releaseOnce = (groups: { [group: string]: Group }, k: number): ReleasedAnswers =>
	Object.fromEntries(Object.entries(groups).map(([key, group]) => [key, withhold(group, k)]));
