import { m } from '$lib/words/generated/messages';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365.25 * DAY;
/** What has waited this long is worth a word. */
const LATE = 3 * DAY;
/** A clock that is off by less surprises nobody. */
const OFF = 5 * MINUTE;

/** How long something has waited: « depuis 3 jours ». */
export function since(iso: string, now: Date): string {
	const age = now.getTime() - Date.parse(iso);
	if (age >= 60 * DAY) return m.recovery_since_months({ count: Math.floor(age / (30 * DAY)) });
	if (age >= DAY) return m.recovery_since_days({ count: Math.floor(age / DAY) });
	if (age >= HOUR) return m.recovery_since_hours({ count: Math.floor(age / HOUR) });
	return m.recovery_since_now();
}

export const isLate = (iso: string, now: Date): boolean => now.getTime() - Date.parse(iso) >= LATE;

/** The earliest of some moments. */
export const earliest = (moments: readonly string[]): string | undefined =>
	moments.length === 0 ? undefined : moments.reduce((first, one) => (one < first ? one : first));

/** How far a device's clock is from headquarters', in words, or nothing when it is near enough.
 * @param position what the last exchange told: how many milliseconds the server's clock was ahead, and its time. A clock
 *   that stands before that has gone back since. */
export function clockSaid(
	{ offset = 0, syncedAt }: { offset?: number | undefined; syncedAt: string | null },
	now: Date
): string | undefined {
	const behind = syncedAt ? Date.parse(syncedAt) - now.getTime() : 0;
	const ahead = behind > OFF ? Math.max(behind, offset) : offset;
	const away = Math.abs(ahead);
	if (away <= OFF) return undefined;
	const length =
		away >= 2 * YEAR
			? m.recovery_years({ count: Math.floor(away / YEAR) })
			: away >= 2 * DAY
				? m.recovery_days({ count: Math.round(away / DAY) })
				: away >= 2 * HOUR
					? m.recovery_hours({ count: Math.round(away / HOUR) })
					: m.recovery_minutes({ count: Math.round(away / MINUTE) });
	return ahead > 0 ? m.recovery_clock_late({ length }) : m.recovery_clock_early({ length });
}
