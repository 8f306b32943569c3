import { combine, numberOf, type Figure } from '$lib/domain/figures';
import { decimalsOf, isComparable, type Framework, type Indicator } from '$lib/domain/framework';
import { inUnits } from '$lib/domain/amount';
import { yearBefore } from '$lib/domain/period';
import { readingId, WHOLE } from '$lib/domain/reading';
import type { Sheet } from '$lib/domain/sheet';

/** One figure as it is shown, in the indicator's unit. `base` is what it was divided by: its n.
 * `no-base`: a division by nobody; `not-added`: figures that may not be added up, though there are some. */
export type Shown =
	| { state: 'value'; value: number; base: number | undefined; missing: number }
	| { state: 'not-applicable' | 'empty' | 'no-base' | 'withheld' | 'not-added' };

export type Cell = {
	period: string;
	now: Shown;
	before: Shown | undefined; // a year before, in the campaign it is compared with
	contested: number;
	toConfirm: boolean;
	reading: string; // its id
};
export type Place = { place: string; cells: Cell[]; total: Shown; before: Shown | undefined };
export type FigureView = {
	indicator: Indicator;
	places: Place[];
	whole: Place | undefined; // the structure, where it says more than the places do
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
	const show = (place: string, one: Figure) => shownOf(now, figure, indicator, place, one);
	const showOld = (place: string, one: Figure | undefined) =>
		old && one && before ? shownOf(before, old.figure, old.indicator, place, one) : undefined;
	const oldCell = (place: string, period: string) =>
		old?.figure.series.find((s) => s.place === place)?.cells.find((c) => c.period === yearBefore(period))?.figure;
	const places = figure.series.map(({ place, cells, total }) => ({
		place,
		cells: cells.map((cell) => ({
			period: cell.period,
			now: show(place, cell.figure),
			before: showOld(place, oldCell(place, cell.period)),
			contested: cell.contested,
			toConfirm: cell.toConfirm,
			reading: readingId({ campaign: campaign.id, place, period: cell.period, indicator: indicator.id })
		})),
		total: notAdded(
			show(place, total),
			cells.map((c) => c.figure)
		),
		before: showOld(place, old?.figure.series.find((s) => s.place === place)?.total)
	}));
	const alone = figure.series.length === 1 && (figure.series[0]?.place === WHOLE || campaign.antennas === 1);
	return {
		indicator,
		places,
		whole: alone || !figure.whole ? undefined : wholeOf(figure.whole),
		withheld: figure.withheld ?? false,
		goal: campaign.goal === undefined ? undefined : inUnits(campaign.goal, decimalsOf(now.framework, indicator.unit))
	};

	function wholeOf(whole: Figure): Place {
		const complete = figure!.series.length === campaign.antennas;
		const together = (sheet: FigureSheet | undefined, period: string) => {
			const cells = (sheet?.series ?? []).map(({ cells }) => cells.find((c) => c.period === period)?.figure);
			const known = cells.filter((cell) => cell !== undefined);
			return known.length > 0 && known.length === cells.length
				? combine(indicator.aggregateOverAntennas, known)
				: undefined;
		};
		const periods = complete ? (figure!.series[0]?.cells ?? []).map(({ period }) => period) : [];
		return {
			place: WHOLE,
			cells: periods.map((period) => ({
				period,
				now: show(WHOLE, together(figure, period) ?? { state: 'empty' }),
				before: showOld(WHOLE, together(old?.figure, yearBefore(period))),
				contested: 0,
				toConfirm: false,
				reading: ''
			})),
			total: notAdded(
				show(WHOLE, whole),
				figure!.series.map((s) => s.total)
			),
			before: showOld(WHOLE, old?.figure.whole)
		};
	}
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

function shownOf(side: Side, sheet: FigureSheet, indicator: Indicator, place: string, figure: Figure): Shown {
	if (figure.state === 'not-applicable') return { state: 'not-applicable' };
	const answered = indicator.fedBy ? peopleAt(side.sheet, indicator.fedBy, place) : 0;
	if (figure.state === 'empty') return { state: sheet.withheld || answered > 0 ? 'withheld' : 'empty' };
	if (indicator.fedBy && figure.base === 0) return { state: 'empty' };
	const value = numberOf(side.framework, indicator, figure);
	if (value === undefined) return { state: 'no-base' };
	return { state: 'value', value, base: baseOf(side.framework, indicator, figure.base), missing: figure.missing };
}

/** Who gave an answer, everybody together. */
const peopleAt = (sheet: Sheet | undefined, question: string, place: string): number =>
	(sheet?.answers ?? [])
		.filter((answer) => answer.question === question)
		.flatMap(({ places }) => places)
		.filter((row) => row.place === place)
		.reduce((sum, { people }) => sum + people, 0);

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
	place: Place;
	periods: string[];
	current: (number | null)[];
	previous: (number | null)[] | undefined;
	target: number | undefined;
	unconfirmed: boolean[];
};

/** The curves of one indicator, one per place on one scale, or nothing when there are fewer than three periods.
 * A goal is the structure's: it is drawn on the structure's own curve, never shared out among antennas. */
export function linesOf(view: FigureView): { lines: Line[]; top: number } | undefined {
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
			unconfirmed: place.cells.map(({ contested, toConfirm }) => contested > 0 || toConfirm)
		};
	});
	const values = lines.flatMap(({ current, previous = [], target = null }) => [...current, ...previous, target]);
	const known = values.filter((value) => value !== null);
	if (!lines.some(({ current }) => current.some((value) => value !== null))) return undefined;
	const top = roundUp(Math.max(...known));
	return { lines, top: indicator.unit === 'pourcentage' ? Math.min(100, top) : top };
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
export function filledIn(places: Place[]): { filled: number; of: number } {
	const cells = places.flatMap((place) => place.cells);
	return { filled: cells.filter(({ now }) => now.state !== 'empty').length, of: cells.length };
}
