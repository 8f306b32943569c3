import { isDoubtful } from '$lib/domain/figures';
import { number } from '$lib/words/format';
import { periodName } from '$lib/words/period';
import { m } from '$lib/words/generated/messages';
import type { Progress } from './grid';

/** What is left to enter, in words: nothing is complete where no period has ended. */
export function progressSaid(place: string, { of, left, due, doubts }: Progress): string {
	if (of === 0 || !due) return m.readings_none_due({ place });
	const period = periodName(due.period);
	const said = { place, period, of: number(of) };
	if (left === 0) {
		const filled = m.readings_all_filled({ ...said, count: of });
		if (!isDoubtful(doubts)) return filled;
		const contested = doubts.contested > 0 ? [m.sheets_contested({ count: doubts.contested })] : [];
		const toConfirm = doubts.toConfirm > 0 ? [m.sheets_to_confirm({ count: doubts.toConfirm })] : [];
		return m.readings_with_doubts({ filled, doubts: [...contested, ...toConfirm].join(', ') });
	}
	return due.left > 0 && due.left < left
		? m.readings_left_due({ ...said, count: left, due: number(due.left) })
		: m.readings_left({ ...said, count: left });
}
