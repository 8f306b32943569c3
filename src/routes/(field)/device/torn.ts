import { resolve } from '$app/paths';
import { periodName, say } from '$lib/words/format';
import { m } from '$lib/words/generated/messages';
import type { Contested } from './contested';

/** How a record is called by people. */
export function recordName(kind: string, name: string): string {
	const short = name.length > SHORT ? `${name.slice(0, SHORT).trimEnd()}…` : name;
	switch (kind) {
		case 'interview':
			return short ? m.recovery_two_of_interview({ name: short }) : m.office_one_interview();
		case 'excerpt':
			return short ? m.recovery_two_of_excerpt({ name: short }) : m.office_one_excerpt();
		case 'campaign':
			return m.recovery_two_of_campaign({ name: short });
		case 'antenna':
			return m.recovery_two_of_antenna({ name: short });
		case 'structure':
			return m.recovery_two_of_structure();
		case 'framework':
			return m.recovery_two_of_framework();
		case 'reading':
			return m.office_one_reading();
		default:
			return m.recovery_two_of_other();
	}
}
const SHORT = 60;

/** Where something contested is settled, and how the list says it. */
export function tornLink({ id, kind, deleted, name, cell }: Contested): { href: string; words: string } {
	const contested = resolve('/(field)/contested/[id]', { id });
	if (deleted) return { href: contested, words: m.recovery_two_torn_deletion({ what: recordName(kind, name) }) };
	if (!cell) return { href: contested, words: m.recovery_two_torn({ what: recordName(kind, name) }) };
	return {
		href: cell.value ? resolve('/(field)/readings/[id]', { id }) : contested,
		words: m.office_torn_reading({
			indicator: cell.indicator ? say(cell.indicator) : m.office_one_reading(),
			place: cell.place ?? m.whole_structure(),
			period: periodName(cell.period)
		})
	};
}
