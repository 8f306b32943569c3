import { isDoubtful } from '$lib/domain/figures';
import type { Looked } from '$lib/domain/sheets/overview';
import { number } from '$lib/words/format';
import { m } from '$lib/words/generated/messages';

/** What is said of the figures where none is listed: only of those that were there to be looked at. */
export function figuresLooked({ figures, hidden }: Looked, listed: number): string | undefined {
	if (listed > 0 || isDoubtful(hidden)) return undefined;
	return figures === 0
		? m.sheets_looked_no_figure()
		: m.sheets_looked_figures({ count: figures, figures: number(figures) });
}

/** What is said of the criteria, heard or not. */
export function heardLooked({ interviews, criteria, untouched }: Looked): string | undefined {
	if (criteria === 0) return undefined;
	if (interviews === 0) return m.sheets_looked_nobody();
	return untouched > 0 ? m.sheets_looked_untouched({ count: untouched }) : m.sheets_looked_heard({ count: criteria });
}
