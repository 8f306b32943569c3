import type { Misread } from '$lib/domain/amount';
import { doubtsOfCell, type CampaignScope } from '$lib/domain/sheet';
import {
	addDoubts,
	changeFrom,
	combine,
	doubtsReaching,
	EMPTY,
	figureOf,
	isUnlikely,
	type Doubts,
	type Figure
} from '$lib/domain/figures';
import { findIndicator, isComparable, isForStructure, isTyped } from '$lib/domain/framework';
import type { Criterion, Framework, Indicator, Register } from '$lib/domain/framework-shapes';
import { boundsOf, gridOf, periodsBetween, yearBefore, type Period } from '$lib/domain/period';
import type { Frequency } from '$lib/domain/period-shapes';
import { MOST, readingId, readingsAt, WHOLE, type ReadingValue } from '$lib/domain/reading';
import { differing, type Fields } from '$lib/domain/record';
import { valueOf } from '$lib/domain/kinds/values';
import { readAmount } from '$lib/words/amounts';

/** A campaign with the framework it froze. */
export type Framed = CampaignScope & { framework: Framework };

/** One cell to fill: a reading that is there or may come. */
export type Cell = {
	id: string;
	period: Period;
	when: 'past' | 'current' | 'future';
	fields: Fields | undefined; // nobody has written it yet
	value: ReadingValue | undefined;
	contested: number; // how many different values stand beside one another; 0: it is not contested
	toConfirm: boolean;
	comment: string;
	before: ReadingValue | undefined; // the same period of the year before, where it means the same
};

/** `apart`: there are figures, and their rule forbids putting them together. */
export type Total = { figure: Figure; doubts: Doubts; apart: boolean; before: Figure };

export type Row = {
	place: string;
	register: Register;
	criterion: Criterion;
	indicator: Indicator;
	cells: Cell[];
	total: Total;
};

export const GRIDS = ['monthly', 'quarterly', 'half-yearly', 'yearly'] as const satisfies readonly Frequency[];
export type Grid = (typeof GRIDS)[number];

/** The grid an indicator is typed in. */
export const gridFor = (indicator: Indicator): Grid =>
	GRIDS.find((grid) => grid === gridOf(indicator.frequency)) ?? 'yearly';

export function whenIs(period: Period, today: string): Cell['when'] {
	const { start, after } = boundsOf(period);
	return today < start ? 'future' : today < after ? 'current' : 'past';
}

/** The period to fill first: the last one that has ended, as figures come once it is over; else the first. */
export const duePeriod = (periods: readonly Period[], today: string): Period | undefined =>
	periods.findLast((period) => whenIs(period, today) === 'past') ?? periods[0];

type Placed = { register: Register; criterion: Criterion; indicator: Indicator };

/** What the campaign asks of one place, in the order of the framework. */
function indicatorsOf(campaign: Framed, place: string): Placed[] {
	return campaign.framework.registers.flatMap((register) =>
		register.criteria
			.filter(({ id }) => campaign.criteria.includes(id))
			.flatMap((criterion) =>
				criterion.indicators
					.filter((indicator) => isForStructure(indicator) === (place === WHOLE))
					.map((indicator) => ({ register, criterion, indicator }))
			)
	);
}

/** The frequencies at which something is typed for this place. */
export function gridsOf(campaign: Framed, place: string): Grid[] {
	const used = new Set(
		indicatorsOf(campaign, place)
			.filter(({ indicator }) => isTyped(indicator))
			.map(({ indicator }) => gridFor(indicator))
	);
	return GRIDS.filter((grid) => used.has(grid));
}

/** What interviews fill at this frequency: shown, never typed. */
export const fedByInterviews = (campaign: Framed, place: string, grid: Grid): Indicator[] =>
	indicatorsOf(campaign, place)
		.map(({ indicator }) => indicator)
		.filter((indicator) => !isTyped(indicator) && gridFor(indicator) === grid);

/** How the ids of all that the grids of these places show begin: their own readings, and those of the year before in
 * whichever campaign has them. A structure has ten years of readings, and a grid is not to read them all. */
export function shownIn(
	campaign: CampaignScope,
	places: readonly string[],
	earlier: readonly CampaignScope[]
): string[] {
	const year = (month: string) => Number(month.slice(0, 4));
	const before = earlier.filter(
		({ from, to }) => year(from) < year(campaign.to) && year(to) >= year(campaign.from) - 1
	);
	return [campaign, ...before].flatMap(({ id }) => places.map((place) => readingsAt(id, place)));
}

/** The rows of one place at one frequency.
 * @param readings what the device holds, by reading id
 * @param earlier campaigns in which the year before may be found, the likeliest first */
export function rowsOf(
	campaign: Framed,
	place: string,
	grid: Grid,
	readings: ReadonlyMap<string, Fields>,
	earlier: readonly Framed[],
	today: string
): Row[] {
	const periods = periodsBetween(campaign.from, campaign.to, grid);
	return indicatorsOf(campaign, place)
		.filter(({ indicator }) => isTyped(indicator) && gridFor(indicator) === grid)
		.map(({ register, criterion, indicator }) => {
			const comparable = [campaign, ...earlier].filter((one) => {
				const then = findIndicator(one.framework, indicator.id);
				return then !== undefined && isComparable(indicator, then);
			});
			const valueAt = (one: Framed, period: Period) => {
				const fields = readings.get(readingId({ campaign: one.id, place, period, indicator: indicator.id }));
				return fields && valueIn(fields);
			};
			const cells = periods.map((period): Cell => {
				const id = readingId({ campaign: campaign.id, place, period, indicator: indicator.id });
				const fields = readings.get(id);
				const different = fields ? differing(fields, 'value').length : 0;
				const before = comparable.map((one) => valueAt(one, yearBefore(period))).find((value) => value !== undefined);
				return {
					id,
					period,
					when: whenIs(period, today),
					fields,
					value: fields && valueIn(fields),
					contested: different > 1 ? different : 0,
					toConfirm: fields !== undefined && valueOf('reading', fields, 'toConfirm') === true,
					comment: (fields && valueOf('reading', fields, 'comment')) ?? '',
					before
				};
			});
			return { place, register, criterion, indicator, cells, total: totalOf(indicator, cells) };
		});
}

/** The rows of several places beside one another: each indicator once, then each place's row of it. */
export const sideBySide = (places: readonly Row[][]): Row[] =>
	(places[0] ?? []).flatMap((_, index) => places.map((rows) => rows[index]!));

/** The value in use; one that was taken back is none. */
const valueIn = (fields: Fields): ReadingValue | undefined => valueOf('reading', fields, 'value') ?? undefined;

/** All that is there so far, beside what the year before had in the same periods. */
export function totalOf(indicator: Indicator, cells: readonly Cell[]): Total {
	const rule = indicator.aggregateOverTime;
	const come = cells.filter(({ when }) => when !== 'future');
	const figure = combine(
		rule,
		come.map(({ value }) => figureOf(value))
	);
	const filled = come.filter(({ value }) => figureOf(value).state === 'value');
	const before = filled.map((cell) => figureOf(cell.before));
	return {
		figure,
		doubts: doubtsReaching(
			rule,
			come.map((cell) => ({ figure: figureOf(cell.value), doubts: doubtsOfCell(cell) }))
		),
		apart: figure.state === 'empty' && filled.length > 0,
		before: before.some(({ state }) => state === 'empty') ? EMPTY : combine(rule, before)
	};
}

/** Cells that wait for a figure, in one period or in all that have come. */
export const toFill = (rows: readonly Row[], period?: Period): Cell[] =>
	rows.flatMap(({ cells }) =>
		cells.filter(
			(cell) =>
				!cell.value && (period === undefined ? cell.when === 'past' : cell.period === period && cell.when !== 'future')
		)
	);

/** Where the figures of one grid stand, of the periods that have ended. */
export type Progress = {
	of: number;
	left: number;
	/** Of those left, how many are of the last period. */
	due: { period: Period; left: number } | undefined;
	doubts: Doubts;
};

export function progressOf(rows: readonly Row[]): Progress {
	const past = rows.flatMap(({ cells }) => cells.filter(({ when }) => when === 'past'));
	const left = past.filter(({ value, contested }) => !value && !contested);
	const last = past.map(({ period }) => period).reduce<Period | undefined>((a, b) => (a && a > b ? a : b), undefined);
	return {
		of: past.length,
		left: left.length,
		due: last === undefined ? undefined : { period: last, left: left.filter(({ period }) => period === last).length },
		doubts: addDoubts(past.map(doubtsOfCell))
	};
}

/** Whether a figure is typed as one number or as two. */
export type Shape = 'amount' | 'ratio' | 'mean';
export const shapeOf = (indicator: Indicator): Shape =>
	indicator.weight ? 'mean' : indicator.numerator && indicator.denominator ? 'ratio' : 'amount';

/** The units of the one or two numbers to type. */
export function unitsOf(indicator: Indicator): [first: string, second: string | undefined] {
	const shape = shapeOf(indicator);
	if (shape === 'amount') return [indicator.unit, undefined];
	if (shape === 'mean') return [indicator.unit, indicator.weightUnit];
	return [indicator.numeratorUnit ?? indicator.unit, indicator.denominatorUnit];
}

/** The words of a cell while they are typed. `second` is the denominator or the weight. */
export type Draft = { first: string; second: string };
export type Slip = {
	at: keyof Draft;
	problem: Misread | 'missing' | 'above';
	decimals: number;
};

/** Reads what was typed. Nothing typed at all is an empty cell. */
export function readDraft(framework: Framework, indicator: Indicator, draft: Draft): { value: ReadingValue } | Slip {
	const shape = shapeOf(indicator);
	const units = unitsOf(indicator);
	const texts = shape === 'amount' ? [draft.first] : [draft.first, draft.second];
	if (texts.every((text) => text.trim() === '')) return { value: null };
	const amounts: number[] = [];
	for (const [index, text] of texts.entries()) {
		const at = index === 0 ? 'first' : 'second';
		const unit = framework.units.find(({ id }) => id === units[index]);
		const decimals = unit?.decimals ?? 0;
		if (text.trim() === '') return { at, problem: 'missing', decimals };
		const amount = readAmount(text, unit);
		if (typeof amount === 'string') return { at, problem: amount, decimals };
		const most = shape !== 'mean' ? MOST.amount : at === 'first' ? MOST.mean : MOST.weight;
		if (Math.abs(amount) > most) return { at, problem: 'size', decimals };
		if (amount < 0 && (at === 'second' || shape === 'ratio')) return { at, problem: 'sign', decimals };
		amounts.push(amount);
	}
	const [first = 0, second = 0] = amounts;
	if (shape === 'amount') return { value: { amount: first } };
	if (shape === 'mean') return { value: { mean: first, weight: second } };
	if (first > second && units[0] === units[1]) return { at: 'first', problem: 'above', decimals: 0 };
	return { value: { numerator: first, denominator: second } };
}

/** Whether something may be typed in a cell, by whoever may write there. */
export const isFilled = ({ when, contested }: Cell): boolean => when !== 'future' && !contested;

/** How far a value is from last year's when that is far enough to ask about it. */
export function unlikelyChange(before: ReadingValue | undefined, value: ReadingValue | undefined): number | undefined {
	const change = changeFrom(before, value);
	return isUnlikely(change) ? change : undefined;
}

export type Spot = { row: number; column: number };

/** How far a grid goes, and how many of its rows are in sight at once. */
export type Extent = { rows: number; columns: number; page: number };

/** Where a key leads from a cell; the same cell at the edge. Nothing for a key that leads nowhere.
 * @param far with Ctrl: as far as it goes */
export function moved(from: Spot, key: string, far: boolean, { rows, columns, page }: Extent): Spot | undefined {
	const { row, column } = from;
	const [lastRow, last] = [rows - 1, columns - 1];
	const rowBy = (by: number): Spot => ({ row: Math.min(lastRow, Math.max(0, row + (far ? by * rows : by))), column });
	const columnBy = (by: number): Spot => ({
		row,
		column: Math.min(last, Math.max(0, column + (far ? by * columns : by)))
	});
	switch (key) {
		case 'ArrowUp':
			return rowBy(-1);
		case 'ArrowDown':
			return rowBy(1);
		case 'PageUp':
			return rowBy(-page);
		case 'PageDown':
			return rowBy(page);
		case 'ArrowLeft':
			return columnBy(-1);
		case 'ArrowRight':
			return columnBy(1);
		case 'Home':
			return { row: far ? 0 : row, column: 0 };
		case 'End':
			return { row: far ? lastRow : row, column: last };
		default:
			return undefined;
	}
}

/** The column that Tab leads to. Nothing at the end of the row: there Tab leaves the grid, so that nobody is caught in it. */
export function tabbed({ row, column }: Spot, back: boolean, columns: number): Spot | undefined {
	const next = column + (back ? -1 : 1);
	return next < 0 || next >= columns ? undefined : { row, column: next };
}

/** Whether a key begins to type a figure. */
export const startsTyping = (key: string): boolean => /^[\p{L}\p{N},.\-−]$/u.test(key);
