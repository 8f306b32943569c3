import { periodName } from '$lib/words/period';
import { m } from '$lib/words/generated/messages';

/** « janvier à décembre 2014 », « novembre 2014 à mars 2015 ». */
export function spanName(from: string, to: string): string {
	if (from === to) return periodName(from);
	const first = from.slice(0, 4) === to.slice(0, 4) ? periodName(from).replace(/\s\d{4}$/u, '') : periodName(from);
	return m.office_span({ from: first, to: periodName(to) });
}
