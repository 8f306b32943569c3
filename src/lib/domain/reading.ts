import * as z from 'zod/mini';
import { isPeriod } from './period';

/** Where figures of the structure as a whole are kept, beside the antennas. */
export const WHOLE = 'structure';

/** Whole numbers of the unit's smallest step, bounded so that a network's sums stay under 2^53, where both JavaScript and
 * SQLite stop counting exactly. */
export const MOST = { amount: 1e12, mean: 1e7, weight: 1e6 };
const Amount = z.int().check(z.gte(-MOST.amount), z.lte(MOST.amount));
const Count = z.int().check(z.gte(0), z.lte(MOST.amount));
/** What one cell of the grid holds: an amount, a division kept undivided, a weighted mean, or « does not apply ».
 * An empty cell is a reading without this field: zero, empty and not applicable are three things. */
export const ReadingValue = z.union([
	z.looseObject({ amount: Amount }),
	z.looseObject({ numerator: Amount, denominator: Count }),
	z.looseObject({
		mean: z.int().check(z.gte(-MOST.mean), z.lte(MOST.mean)),
		weight: z.int().check(z.gte(0), z.lte(MOST.weight))
	}),
	z.looseObject({ notApplicable: z.literal(true) }),
	z.null() // typed by mistake, taken back
]);
export type ReadingValue = z.infer<typeof ReadingValue>;

/** The cell a reading fills. Its id says it all, so that two people filling one cell meet in one record. */
export type ReadingKey = { campaign: string; place: string; period: string; indicator: string };

export const readingId = ({ campaign, place, period, indicator }: ReadingKey): string =>
	`${readingsAt(campaign, place)}${period}:${indicator}`;

/** How the ids of all readings of a campaign and place begin. */
export const readingsAt = (campaign: string, place: string): string => `reading:${campaign}:${place}:`;

/** The cell of a reading's id, or nothing when the id is not one. */
export function readingKey(id: string): ReadingKey | undefined {
	const [kind, campaign, place, period, indicator, ...rest] = id.split(':');
	if (kind !== 'reading' || !campaign || !place || !period || !indicator || rest.length > 0) return undefined;
	return isPeriod(period) ? { campaign, place, period, indicator } : undefined;
}
