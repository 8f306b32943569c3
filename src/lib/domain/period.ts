import type { Frequency } from './period-shapes';

/** One period of readings: a month `2014-03`, a quarter `2014-Q1`, a half-year `2014-H1` or a year `2014`. */
export type Period = string;
export const isPeriod = (text: string): text is Period => /^(19|20|21)\d\d(-(0[1-9]|1[0-2]|Q[1-4]|H[12]))?$/.test(text);

const MONTHS: Record<Frequency, number> = {
	monthly: 1,
	quarterly: 3,
	'half-yearly': 6,
	yearly: 12,
	continuous: 12,
	'at-exit': 12
};

const monthNumber = (month: string) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;

/** The frequency at which readings are typed: what happens continuously or at exit is counted by the year. */
export const gridOf = (frequency: Frequency): Frequency => (MONTHS[frequency] === 12 ? 'yearly' : frequency);

/** The periods of a frequency that touch the months `from`..`to` (included), in order.
 * A campaign that begins mid-quarter still has that quarter: a figure is never without a place. */
export function periodsBetween(from: string, to: string, frequency: Frequency): Period[] {
	const step = MONTHS[frequency];
	const periods: Period[] = [];
	for (let month = monthNumber(from) - (monthNumber(from) % step); month <= monthNumber(to); month += step) {
		periods.push(periodAt(month, step));
	}
	return periods;
}

function periodAt(month: number, step: number): Period {
	const year = String(Math.floor(month / 12));
	const within = month % 12;
	if (step === 1) return `${year}-${String(within + 1).padStart(2, '0')}`;
	if (step === 3) return `${year}-Q${within / 3 + 1}`;
	if (step === 6) return `${year}-H${within / 6 + 1}`;
	return year;
}

/** The same period one year before. */
export const yearBefore = (period: Period): Period => String(Number(period.slice(0, 4)) - 1) + period.slice(4);

/** First day of the period and first day after it, as ISO dates. */
export function boundsOf(period: Period): { start: string; after: string } {
	const year = Number(period.slice(0, 4));
	const part = period.slice(5);
	const [first, step] = part.startsWith('Q')
		? [(Number(part[1]) - 1) * 3, 3]
		: part.startsWith('H')
			? [(Number(part[1]) - 1) * 6, 6]
			: part
				? [Number(part) - 1, 1]
				: [0, 12];
	const day = (month: number) =>
		`${String(year + Math.floor(month / 12))}-${String((month % 12) + 1).padStart(2, '0')}-01`;
	return { start: day(first), after: day(first + step) };
}
