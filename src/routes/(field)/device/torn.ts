import { resolve } from '$app/paths';
import { say } from '$lib/words/format';
import { periodName } from '$lib/words/period';
import { m } from '$lib/words/generated/messages';
import { namedRecord } from '$lib/words/kinds';
import type { Contested } from './contested';

/** Where something contested is settled, and how the list says it. */
export function tornLink({ id, kind, deleted, name, cell }: Contested): { href: string; words: string } {
	const contested = resolve('/(field)/contested/[id]', { id });
	if (deleted) return { href: contested, words: m.recovery_two_torn_deletion({ what: namedRecord(kind, name) }) };
	if (!cell) return { href: contested, words: m.recovery_two_torn({ what: namedRecord(kind, name) }) };
	return {
		href: cell.value ? resolve('/(field)/readings/[id]', { id }) : contested,
		words: m.office_torn_reading({
			indicator: cell.indicator ? say(cell.indicator) : m.office_one_reading(),
			place: cell.place ?? m.whole_structure(),
			period: periodName(cell.period)
		})
	};
}
