import { groupBy } from './grouped';
import * as z from 'zod/mini';
import { addDoubts, combine, doubtsReaching, EMPTY, NO_DOUBT, type Doubts, type Figure } from './figures';
import { gridOf, periodsBetween } from './period';
import { criteriaOf, isForStructure, isTyped, STAKEHOLDERS } from './framework';
import type { Criterion, Framework, Indicator } from './framework-shapes';
import { WHOLE } from './reading';
import { groupOf, withhold, type Distribution, type Group, type Shown } from './withholding';
import type { Tally } from './tallies';
import { antennasOf, hasRole, type Actor } from './actor';

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
const DoubtsShape = z.looseObject({ contested: z.int(), toConfirm: z.int() });
const Series = z.looseObject({
	place: z.string(),
	cells: z.array(Cell),
	total: FigureShape,
	doubts: z.optional(DoubtsShape) // of the total
});
const FigureSheet = z.looseObject({
	indicator: z.string(),
	series: z.array(Series),
	whole: z.optional(FigureShape), // the structure's figure, absent where the reader may not have it
	doubts: z.optional(DoubtsShape), // of the whole
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
			left: z.optional(z.int()), // put, and left without a word
			notAsked: z.int(),
			contested: z.optional(z.int()), // of those who answered, whose answer stands in two values
			withheld: z.optional(z.boolean()), // too few were asked: none of the counts above is said
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

/** The answer of `GET /api/sheets`: one campaign, as one reader may see it at one moment of the server. */
export const Sheets = z.looseObject({
	campaign: z.string(),
	sequence: z.int(),
	at: z.string(),
	k: z.int(),
	sheets: z.array(Sheet),
	coverage: z.array(
		z.looseObject({
			stakeholder: z.string(),
			place: z.string(),
			finished: z.int(),
			refused: z.int(), // where the reader may have it by stakeholder and place: `refusals` otherwise
			after: z.optional(z.int()) // of those finished, dated after the campaign’s last month
		})
	),
	/** How many refused, in the whole structure. */
	refusals: z.optional(z.int()),
	/** What people chose is in it: a director’s. */
	choices: z.optional(z.boolean())
});
export type Sheets = z.infer<typeof Sheets>;

/** What is shown of the answers, by question and stakeholder. */
export type ShownAnswers = { [group: string]: Shown };
export const groupKey = (question: string, stakeholder: string): string => `${question}|${stakeholder}`;

type Tallies = readonly Tally[];

/** Looks tallies up by measure and subject: a campaign has some thousands of cells and a sheet asks hundreds of times. */
function index(tallies: Tallies): (measure: Tally['measure'], subject: string) => Tally[] {
	const cells = groupBy(tallies, ({ measure, subject }) => `${measure}|${subject}`);
	return (measure, subject) => cells.get(`${measure}|${subject}`) ?? [];
}

/** The answers of a campaign by question and stakeholder, before anything is withheld. */
export function groupsOf(tallies: Tallies): { [group: string]: Group } {
	const answers = tallies.filter(({ measure }) => measure === 'answer');
	const groups = groupBy(answers, ({ subject, stakeholder }) => groupKey(subject, stakeholder));
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

/** What is shown of them: no base under k. */
export const withholdAll = (groups: { [group: string]: Group }, k: number): ShownAnswers =>
	Object.fromEntries(Object.entries(groups).map(([key, group]) => [key, withhold(group, k)]));

/** The sheet of one criterion as a director sees it, for the whole structure; `forReader` then takes one person's part.
 * @param k respondents under which a figure about people is withheld */
export function sheetOf(
	criterion: Criterion,
	campaign: CampaignScope,
	tallies: Tallies,
	shown: ShownAnswers,
	k: number
): Sheet {
	const cellsOf = index(tallies);
	const figures = criterion.indicators.map((indicator) =>
		isTyped(indicator)
			? typedFigure(indicator, campaign, cellsOf('reading', indicator.id), k)
			: indicator.fedBy
				? answeredFigure(indicator, campaign, shown, cellsOf('answer', indicator.fedBy))
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
						answerSheet(question.id, stakeholder, criterion.id, campaign, cellsOf, shown)
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
		...doubtsIn(readings)
	};
}

/** What is in doubt among these readings. */
function doubtsIn(readings: Tallies): Doubts {
	const cells = groupBy(readings, ({ subject, place, period }) => `${subject}|${place}|${period}`);
	return addDoubts(
		[...cells.values()].map((cell) => {
			const has = (detail: string) => cell.some((tally) => tally.detail === detail);
			return doubtsOfCell({ contested: has('contested') ? 2 : 0, toConfirm: has('to-confirm') });
		})
	);
}

export const doubtsOfCell = ({ contested, toConfirm }: { contested: number; toConfirm: boolean }): Doubts =>
	contested > 0 ? { contested: 1, toConfirm: 0 } : { contested: 0, toConfirm: toConfirm ? 1 : 0 };

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
			),
			doubts: doubtsReaching(
				indicator.aggregateOverTime,
				cells.map((cell) => ({ figure: cell.figure, doubts: doubtsOfCell(cell) }))
			)
		};
	});
	const whole = combine(
		indicator.aggregateOverAntennas,
		series.map(({ total }) => total)
	);
	const doubts = doubtsReaching(
		indicator.aggregateOverAntennas,
		series.map(({ total, doubts }) => ({ figure: total, doubts }))
	);
	return protect({ indicator: indicator.id, series, whole, doubts }, indicator, k);
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
	shown: ShownAnswers,
	answers: Tallies
): Sheet['figures'][number] {
	const groups = STAKEHOLDERS.map((stakeholder) => shown[groupKey(indicator.fedBy!, stakeholder)]).filter(
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
	const doubts = (at: (tally: Tally) => boolean): Doubts => ({
		contested: contestedIn(answers.filter(at)),
		toConfirm: 0
	});
	return {
		indicator: indicator.id,
		series: campaign.antennas.map((place) => ({
			place,
			cells: [],
			total: figure(groups.map((g) => g.places[place])),
			doubts: doubts((tally) => tally.place === place)
		})),
		whole: figure(groups.map((g) => g.total)),
		doubts: doubts(() => true)
	};
}

/** How many of these answers stand in two values. */
const contestedIn = (answers: Tallies): number =>
	answers.filter(({ detail }) => detail === 'contested').reduce((sum, { count }) => sum + count, 0);

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
	shown: ShownAnswers
): Sheet['answers'] {
	const cells = cellsOf('answer', question).filter((c) => c.stakeholder === stakeholder);
	const taken = cellsOf('criterion', criterion).filter((c) => c.stakeholder === stakeholder);
	if (taken.length === 0 && cells.length === 0) return [];
	const group = shown[groupKey(question, stakeholder)];
	const row = (place: string) => {
		const here = (c: Tally) => place === WHOLE || c.place === place;
		const sum = (detail: string) =>
			cells.filter((c) => here(c) && c.detail === detail).reduce((n, c) => n + c.count, 0);
		const [asked, people, unknown, declined] = ['asked', 'answered', 'unknown', 'declined'].map(sum) as [
			number,
			number,
			number,
			number
		];
		const interviews = taken.filter(here).reduce((n, c) => n + c.count, 0);
		const distribution = place === WHOLE ? group?.total : group?.places[place];
		if (asked > 0 && !distribution)
			return { place, people: 0, unknown: 0, declined: 0, left: 0, notAsked: 0, withheld: true };
		return {
			place,
			people,
			unknown,
			declined,
			left: Math.max(0, asked - people - unknown - declined),
			notAsked: Math.max(0, interviews - asked),
			contested: contestedIn(cells.filter(here)),
			...(distribution ? { distribution } : {})
		};
	};
	return [{ question, stakeholder, places: [...campaign.antennas, WHOLE].map(row) }];
}

/** Figures that are about nobody in particular: those that answers or excerpts make, and those marked personal, are what
 * people chose. */
export const isOpenFigure = (indicator: Indicator): boolean => isTyped(indicator) && indicator.sensitivity === 'none';

/** What is left without what people chose: open figures and what the team did, refusals for the structure only. */
function withoutChoices(sheets: Sheets, framework: Framework): Sheets {
	const open = new Set(
		criteriaOf(framework)
			.flatMap(({ indicators }) => indicators)
			.filter(isOpenFigure)
			.map(({ id }) => id)
	);
	return {
		...sheets,
		choices: false,
		coverage: sheets.coverage.map((row) => ({ ...row, refused: 0 })).filter(({ finished }) => finished > 0),
		sheets: sheets.sheets.map((sheet) => ({
			...withFigures(
				sheet,
				sheet.figures.filter(({ indicator }) => open.has(indicator))
			),
			answers: [],
			excerpts: []
		}))
	};
}

/** A sheet of these figures alone, with what is in doubt among them. */
function withFigures(sheet: Sheet, figures: Sheet['figures']): Sheet {
	const known = figures.map(({ series, doubts = NO_DOUBT }) => {
		const cells = addDoubts(series.flatMap(({ cells }) => cells.map(doubtsOfCell)));
		// A total may rest on what the reader does not have cell by cell.
		return {
			contested: Math.max(cells.contested, doubts.contested),
			toConfirm: Math.max(cells.toConfirm, doubts.toConfirm)
		};
	});
	return { ...sheet, figures, ...addDoubts(known) };
}

/** What a file of an open campaign may hold: outside, what the team did is said by stakeholder, without antennas. */
export function forFile(sheets: Sheets, framework: Framework): Sheets {
	const part = withoutChoices(sheets, framework);
	const coverage = groupBy(part.coverage, ({ stakeholder }) => stakeholder);
	const together = (heard: Sheet['heard']): Sheet['heard'] =>
		[...groupBy(heard, ({ stakeholder }) => stakeholder)].map(([stakeholder, rows]) => ({
			stakeholder,
			place: WHOLE,
			people: rows.reduce((sum, { people }) => sum + people, 0)
		}));
	return {
		...part,
		coverage: [...coverage].map(([stakeholder, rows]) => ({
			stakeholder,
			place: WHOLE,
			finished: rows.reduce((sum, { finished }) => sum + finished, 0),
			refused: 0,
			after: rows.reduce((sum, { after = 0 }) => sum + after, 0)
		})),
		sheets: part.sheets.map((sheet) => ({ ...sheet, heard: together(sheet.heard) }))
	};
}

/** One reader's part of an open campaign: directors see all of it; the others, what is not what people chose, of their
 * antennas, and the structure's total unless it would give away the one antenna that is not theirs. */
export function forReader(all: Sheets, actor: Actor, campaign: CampaignScope, framework: Framework): Sheets {
	if (hasRole(actor, 'director')) return { ...all, choices: true };
	const sheets = withoutChoices(all, framework);
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
			...withFigures(
				sheet,
				sheet.figures.map(({ whole, doubts, series, ...figure }) => {
					// A figure entered for the structure as a whole adds up from nothing: it gives no antenna away.
					const entered = series.length === 1 && series[0]!.place === WHOLE;
					const open = entered || hides(series.filter((one) => one.total.state !== 'empty').map(({ place }) => place));
					return {
						...figure,
						series: series.filter(({ place }) => entered || own.has(place)),
						...(whole && open ? { whole, ...(doubts ? { doubts } : {}) } : {})
					};
				})
			),
			heard: sheet.heard.filter(({ place }) => mine(place))
		}))
	};
}

/** The coverage of a campaign: interviews finished and refused, by stakeholder and antenna. */
export function coverageOf(tallies: Tallies, { to }: Pick<CampaignScope, 'to'>): Sheets['coverage'] {
	const cells = groupBy(
		tallies.filter(({ measure }) => measure === 'interview'),
		({ stakeholder, place }) => `${stakeholder}|${place}`
	);
	return [...cells.values()].map((group) => {
		const count = (of: (tally: Tally) => boolean) => group.filter(of).reduce((sum, { count }) => sum + count, 0);
		return {
			stakeholder: group[0]!.stakeholder,
			place: group[0]!.place,
			finished: count(({ detail }) => detail === 'finished'),
			refused: count(({ detail }) => detail === 'refused'),
			after: count(({ detail, period }) => detail === 'finished' && to !== '' && period > to)
		};
	});
}

export const refusalsIn = (coverage: Sheets['coverage']): number =>
	coverage.reduce((sum, { refused }) => sum + refused, 0);
