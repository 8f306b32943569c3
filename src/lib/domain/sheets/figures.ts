import { addDoubts, combine, isDoubtful, NO_DOUBT, numberOf, type Doubts, type Figure } from '../figures';
import { decimalsOf, inUnits, isComparable, isPercentage, isTyped } from '../framework';
import type { Framework, Indicator } from '../framework-shapes';
import { gridOf, yearBefore } from '../period';
import { readingId, WHOLE } from '../reading';
import { doubtsOfCell, type Sheet } from '../sheet';

/** Over what a figure was added up. */
export type Added = { periods: boolean; antennas: boolean };

/** One figure as it is shown, in the indicator's unit. `base` is what it was divided by: its n.
 * `no-base`: a division by nobody; `not-added`: figures that may not be added up, though there are some. */
export type Shown =
	| { state: 'value'; value: number; base: number | undefined; missing: number; added: Added }
	| { state: 'not-applicable' | 'empty' | 'no-base' | 'withheld' | 'not-added' };

export type Cell = {
	period: string;
	now: Shown;
	before: Shown | undefined; // a year before, in the campaign it is compared with
	doubts: Doubts;
	reading: string; // its id; none where several are added up
};
export type PlaceFigures = { place: string; cells: Cell[]; total: Shown; doubts: Doubts; before: Shown | undefined };
export type FigureView = {
	indicator: Indicator;
	places: PlaceFigures[];
	whole: PlaceFigures | undefined; // the structure, where it says more than the places do
	withheld: boolean;
	goal: number | undefined; // over the campaign, in the indicator's unit, for the structure
};

type FigureSheet = Sheet['figures'][number];
/** A campaign's side of a comparison. */
export type Side = { framework: Framework; sheet: Sheet | undefined };

/** Everything the page says of one indicator.
 * @param campaign its id, how many antennas it has, and its goal in the unit's smallest step */
export function figureView(
	indicator: Indicator,
	now: Side,
	before: Side | undefined,
	campaign: { id: string; antennas: number; goal: number | undefined }
): FigureView | undefined {
	const figure = figureIn(now.sheet, indicator.id);
	if (!figure) return undefined;
	const old = before && comparableIn(before, indicator);
	const show = (place: string, one: Figure, added: Added) => shownOf(now, figure, indicator, place, one, added);
	const showOld = (place: string, one: Figure | undefined, added: Added) =>
		old && one && before ? shownOf(before, old.figure, old.indicator, place, one, added) : undefined;
	const oldCell = (place: string, period: string) =>
		old?.figure.series.find((s) => s.place === place)?.cells.find((c) => c.period === yearBefore(period))?.figure;
	const places = figure.series.map((series) => {
		const { place, cells, total } = series;
		const added = { periods: addsPeriods(indicator, cells), antennas: false };
		return {
			place,
			cells: cells.map((cell) => ({
				period: cell.period,
				now: show(place, cell.figure, ALONE),
				before: showOld(place, oldCell(place, cell.period), ALONE),
				doubts: doubtsOfCell(cell),
				reading: readingId({ campaign: campaign.id, place, period: cell.period, indicator: indicator.id })
			})),
			total: notAdded(
				show(place, total, added),
				cells.map((c) => c.figure)
			),
			doubts: series.doubts ?? addDoubts(cells.map(doubtsOfCell)), // not said by an earlier server
			before: showOld(place, old?.figure.series.find((s) => s.place === place)?.total, added)
		};
	});
	const alone = figure.series.length === 1 && (figure.series[0]?.place === WHOLE || campaign.antennas === 1);
	return {
		indicator,
		places,
		whole: alone || !figure.whole ? undefined : wholeOf(figure.whole),
		withheld: figure.withheld ?? false,
		goal: campaign.goal === undefined ? undefined : inUnits(campaign.goal, decimalsOf(now.framework, indicator.unit))
	};

	function wholeOf(whole: Figure): PlaceFigures {
		const complete = figure!.series.length === campaign.antennas;
		const together = (sheet: FigureSheet | undefined, period: string) => {
			const cells = (sheet?.series ?? []).map(({ cells }) => cells.find((c) => c.period === period)?.figure);
			const known = cells.filter((cell) => cell !== undefined);
			return known.length > 0 && known.length === cells.length
				? combine(indicator.aggregateOverAntennas, known)
				: undefined;
		};
		const periods = complete ? (figure!.series[0]?.cells ?? []).map(({ period }) => period) : [];
		const antennas = { periods: false, antennas: true };
		const added = { ...antennas, periods: figure!.series.some(({ cells }) => addsPeriods(indicator, cells)) };
		return {
			place: WHOLE,
			cells: periods.map((period, i) => ({
				period,
				now: show(WHOLE, together(figure, period) ?? { state: 'empty' }, antennas),
				before: showOld(WHOLE, together(old?.figure, yearBefore(period)), antennas),
				doubts: addDoubts(places.map(({ cells }) => cells[i]?.doubts ?? NO_DOUBT)),
				reading: ''
			})),
			total: notAdded(
				show(WHOLE, whole, added),
				figure!.series.map((s) => s.total)
			),
			doubts: figure!.doubts ?? addDoubts(places.map(({ doubts }) => doubts)),
			before: showOld(WHOLE, old?.figure.whole, added)
		};
	}
}

const ALONE: Added = { periods: false, antennas: false };

/** Whether a place's total is a sum of several periods. Where its cells are withheld, those that are typed more than once a
 * year are taken for one. */
function addsPeriods(indicator: Indicator, cells: FigureSheet['series'][number]['cells']): boolean {
	if (!isTyped(indicator) || indicator.aggregateOverTime === 'last') return false;
	if (cells.length === 0) return gridOf(indicator.frequency) !== 'yearly';
	return cells.filter(({ figure }) => figure.state === 'value').length > 1;
}

const figureIn = (sheet: Sheet | undefined, indicator: string): FigureSheet | undefined =>
	sheet?.figures.find((figure) => figure.indicator === indicator);

/** The same indicator in another campaign, when it means the same there. */
function comparableIn(side: Side, indicator: Indicator): { figure: FigureSheet; indicator: Indicator } | undefined {
	const other = side.framework.registers
		.flatMap((register) => register.criteria)
		.flatMap((criterion) => criterion.indicators)
		.find(({ id }) => id === indicator.id);
	const figure = figureIn(side.sheet, indicator.id);
	return other && figure && isComparable(other, indicator) ? { figure, indicator: other } : undefined;
}

function shownOf(
	side: Side,
	sheet: FigureSheet,
	indicator: Indicator,
	place: string,
	figure: Figure,
	added: Added
): Shown {
	if (figure.state === 'not-applicable') return { state: 'not-applicable' };
	const isHidden = indicator.fedBy !== undefined && isWithheldAt(side.sheet, indicator.fedBy, place);
	if (figure.state === 'empty') return { state: sheet.withheld || isHidden ? 'withheld' : 'empty' };
	if (indicator.fedBy && figure.base === 0) return { state: 'empty' };
	const value = numberOf(side.framework, indicator, figure);
	if (value === undefined) return { state: 'no-base' };
	return {
		state: 'value',
		value,
		base: baseOf(side.framework, indicator, figure.base),
		missing: figure.missing,
		added
	};
}

/** Whether somebody answered, and too few to be shown. */
const isWithheldAt = (sheet: Sheet | undefined, question: string, place: string): boolean =>
	(sheet?.answers ?? [])
		.filter((answer) => answer.question === question)
		.flatMap(({ places }) => places)
		.some((row) => row.place === place && !row.distribution && (row.withheld || row.people > 0));

function baseOf(framework: Framework, indicator: Indicator, base: number): number | undefined {
	if (base === 0) return undefined;
	return indicator.weight || !indicator.denominatorUnit
		? base
		: inUnits(base, decimalsOf(framework, indicator.denominatorUnit));
}

const notAdded = (total: Shown, parts: Figure[]): Shown =>
	total.state === 'empty' && parts.length > 1 && parts.some(({ state }) => state === 'value')
		? { state: 'not-added' }
		: total;

const numberIn = (shown: Shown | undefined): number | null => (shown?.state === 'value' ? shown.value : null);
export const hasValue = ({ places, whole }: FigureView): boolean =>
	[...places, ...(whole ? [whole] : [])].some(
		({ cells, total }) => total.state === 'value' || cells.some(({ now }) => now.state === 'value')
	);

export type Line = {
	place: PlaceFigures;
	periods: string[];
	current: (number | null)[];
	previous: (number | null)[] | undefined;
	target: number | undefined;
	unconfirmed: boolean[];
};

/** The curves of one indicator, one per place on one scale, or nothing when there are fewer than three periods.
 * A goal is the structure's: it is drawn on the structure's own curve, never shared out among antennas. */
export function linesOf(framework: Framework, view: FigureView): { lines: Line[]; top: number } | undefined {
	const { indicator, places, whole, goal } = view;
	const isStructure = whole === undefined && places.length === 1;
	const drawn = [...(goal !== undefined && whole ? [whole] : []), ...places].filter(({ cells }) => cells.length >= 3);
	const lines = drawn.map((place) => {
		const previous = place.cells.map(({ before }) => numberIn(before));
		const hasGoal = goal !== undefined && (place === whole || isStructure);
		return {
			place,
			periods: place.cells.map(({ period }) => period),
			// A sum from which somebody is missing is no point of the curve: it would draw a fall that nobody measured.
			current: place.cells.map(({ now }) => (now.state === 'value' && now.missing > 0 ? null : numberIn(now))),
			previous: previous.some((value) => value !== null) ? previous : undefined,
			target: hasGoal ? (indicator.aggregateOverTime === 'sum' ? goal / place.cells.length : goal) : undefined,
			unconfirmed: place.cells.map(({ doubts }) => isDoubtful(doubts))
		};
	});
	const values = lines.flatMap(({ current, previous = [], target = null }) => [...current, ...previous, target]);
	const known = values.filter((value) => value !== null);
	if (!lines.some(({ current }) => current.some((value) => value !== null))) return undefined;
	const top = roundUp(Math.max(...known));
	return { lines, top: isPercentage(framework, indicator) ? Math.min(100, top) : top };
}

/** The next number that an axis divides into few round steps: 2347 becomes 3000, 38 becomes 40. */
export function roundUp(value: number): number {
	if (value <= 0) return 1;
	const step = 10 ** Math.floor(Math.log10(value));
	return [1, 1.5, 2, 3, 4, 6, 8, 10].map((n) => n * step).find((round) => round >= value)!;
}

/** What comes first on the page: the headline figures, or failing any the first that has a value. */
export function inOrder(views: FigureView[]): { first: FigureView[]; others: FigureView[] } {
	const headline = views.filter(({ indicator }) => indicator.headline);
	const first = headline.length > 0 ? headline : views.filter(hasValue).slice(0, 1);
	return { first, others: views.filter((view) => !first.includes(view)) };
}

/** How many of the cells that make a figure have been filled, where the page may know. */
export function filledIn(places: PlaceFigures[]): { filled: number; of: number } {
	const cells = places.flatMap((place) => place.cells);
	return { filled: cells.filter(({ now }) => now.state !== 'empty').length, of: cells.length };
}
