import * as z from 'zod/mini';
import { isPeriod } from './period';

/** Where figures of the structure as a whole are kept, beside the antennas. */
export const WHOLE = 'structure';

/** Whole numbers of the unit's smallest step, bounded so that a network's sums stay under 2^53, where both JavaScript and
 * SQLite stop counting exactly. */
const Amount = z.int().check(z.gte(-1e12), z.lte(1e12));
const Count = z.int().check(z.gte(0), z.lte(1e12));
/** What one cell of the grid holds: an amount, a division kept undivided, a weighted mean, or « does not apply ».
 * An empty cell is a reading without this field: zero, empty and not applicable are three things. */
export const ReadingValue = z.union([
	z.looseObject({ amount: Amount }),
	z.looseObject({ numerator: Amount, denominator: Count }),
	z.looseObject({ mean: z.int().check(z.gte(-1e7), z.lte(1e7)), weight: z.int().check(z.gte(0), z.lte(1e6)) }),
	z.looseObject({ notApplicable: z.literal(true) }),
	z.null() // typed by mistake, taken back
]);
export type ReadingValue = z.infer<typeof ReadingValue>;

export const readingFields = {
	value: ReadingValue,
	comment: z.string().check(z.maxLength(500)),
	toConfirm: z.boolean() // an unlikely change, typed all the same and not yet confirmed
};

/** The cell a reading fills. Its id says it all, so that two people filling one cell meet in one record. */
export type ReadingKey = { campaign: string; place: string; period: string; indicator: string };

export const readingId = ({ campaign, place, period, indicator }: ReadingKey): string =>
	`reading:${campaign}:${place}:${period}:${indicator}`;

/** The cell of a reading's id, or nothing when the id is not one. */
export function readingKey(id: string): ReadingKey | undefined {
	const [kind, campaign, place, period, indicator, ...rest] = id.split(':');
	if (kind !== 'reading' || !campaign || !place || !period || !indicator || rest.length > 0) return undefined;
	return isPeriod(period) ? { campaign, place, period, indicator } : undefined;
}

/** How far the amount is from last year's, as a share (0.2 is +20 %), or nothing when there is nothing to compare. */
export function changeFrom(before: ReadingValue | undefined, now: ReadingValue | undefined): number | undefined {
	const [a, b] = [sizeOf(before), sizeOf(now)];
	return a === undefined || b === undefined || a === 0 ? undefined : (b - a) / Math.abs(a);
}

/** A figure that more than doubled or fell by more than half is asked about once: mostly a slip of the finger. */
export const isUnlikely = (change: number | undefined): boolean =>
	change !== undefined && (change > 1 || change < -0.5);

function sizeOf(value: ReadingValue | undefined): number | undefined {
	if (!value) return undefined;
	if ('amount' in value) return value.amount as number;
	if ('numerator' in value && 'denominator' in value)
		return value.denominator === 0 ? undefined : Number(value.numerator) / Number(value.denominator);
	if ('mean' in value) return value.mean as number;
	return undefined;
}
