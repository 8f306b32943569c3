import type { ConsentItem } from '$lib/domain/framework-shapes';
import type { YesNo } from '$lib/domain/interview-shapes';

export type Given = (item: string) => YesNo | undefined;

/** What the agreement's step asks about, in the framework's order: of somebody who is not quoted nothing is said beside their
 * words, and the voice is asked before the first recording. */
export function itemsToAsk(items: readonly ConsentItem[], given: Given): ConsentItem[] {
	const quotation = items.find(({ use }) => use === 'quotation');
	const isQuoted = quotation && given(quotation.id) === 'yes';
	return items.filter(({ id, use }) => {
		if (use === 'voice') return given(id) !== undefined;
		return isQuoted || (use !== 'role' && use !== 'first-name');
	});
}

/** What has not been answered yet; nothing more is asked of somebody who objects. */
export function openItems(items: readonly ConsentItem[], given: Given): ConsentItem[] {
	const objects = items.some(({ id, use }) => use === 'evaluation' && given(id) === 'no');
	return objects ? [] : itemsToAsk(items, given).filter(({ id }) => given(id) === undefined);
}
