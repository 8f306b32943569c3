import type { ConsentUse } from '$lib/domain/framework-shapes';
import type { Testimony } from '$lib/domain/testimony';

type Agreement = Pick<Testimony['consents'][number], 'item' | 'use' | 'consent'>;
type Quote = Testimony['quotes'][number];

/** Whether there is something to withdraw: a yes, or, for the evaluation itself, the absence of a no. */
export const stands = ({ use, consent }: Agreement): boolean =>
	consent === 'yes' || (use === 'evaluation' && consent !== 'no');

/** What goes with an agreement: whoever does not want their words repeated is not named beside them either. */
export function goesWith(item: string, agreements: readonly Agreement[]): string[] {
	const isQuotation = agreements.some((one) => one.item === item && one.use === 'quotation');
	const named = agreements.filter((one) => (one.use === 'role' || one.use === 'first-name') && stands(one));
	return [item, ...(isQuotation ? named.map(({ item }) => item) : [])];
}

const ON_QUOTES: readonly (ConsentUse | undefined)[] = ['evaluation', 'quotation', 'role', 'first-name'];
/** The agreements whose withdrawal takes sentences off pages. */
export const bearsOnQuotes = ({ use }: Pick<Agreement, 'use'>): boolean => ON_QUOTES.includes(use);

/** Where one quote stands now, and since when: a quote may have gone in and out several times. */
export function whereIs(
	{ id, approved }: Pick<Quote, 'id' | 'approved'>,
	{ uses, consents }: { uses: Testimony['uses']; consents: readonly Agreement[] }
): { sheet: 'shown' | 'once' | 'never'; since: string; files: string[] } {
	const own = uses.filter(({ quote }) => quote === id).toSorted((a, b) => a.at.localeCompare(b.at));
	const since = own.findLast(({ where }) => where === 'sheet')?.at ?? '';
	const objects = consents.some(({ use, consent }) => use === 'evaluation' && consent === 'no');
	const files = own.filter(({ where }) => where === 'file').map(({ at }) => at);
	return { sheet: since === '' ? 'never' : approved && !objects ? 'shown' : 'once', since, files };
}
