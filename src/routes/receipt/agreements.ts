import { OBJECTION } from '$lib/domain/interview';
import type { Testimony } from '$lib/domain/testimony';

type Agreement = Pick<Testimony['consents'][number], 'item' | 'consent'>;
type Quote = Testimony['quotes'][number];

/** The agreement to be quoted at all, without a name. */
export const QUOTING = 'citation-anonyme';

/** Whether there is something to withdraw: a yes, or, for the evaluation itself, the absence of a no. */
export const stands = ({ item, consent }: Agreement): boolean =>
	consent === 'yes' || (item === OBJECTION && consent !== 'no');

/** What goes with an agreement: whoever does not want their words repeated is not named beside them either. */
export function goesWith(item: string, agreements: readonly Agreement[]): string[] {
	const others = item === QUOTING ? ['citation-role', 'citation-prenom'] : [];
	return [item, ...agreements.filter((one) => others.includes(one.item) && stands(one)).map(({ item }) => item)];
}

/** The agreements whose withdrawal takes sentences off pages. */
export const bearsOnQuotes = (item: string): boolean => item === OBJECTION || item.startsWith('citation-');

/** Where one quote stands now, and since when: a quote may have gone in and out several times. */
export function whereIs(
	{ id, approved }: Pick<Quote, 'id' | 'approved'>,
	{ uses, consents }: { uses: Testimony['uses']; consents: readonly Agreement[] }
): { sheet: 'shown' | 'once' | 'never'; since: string; files: string[] } {
	const own = uses.filter(({ quote }) => quote === id).toSorted((a, b) => a.at.localeCompare(b.at));
	const since = own.findLast(({ where }) => where === 'sheet')?.at ?? '';
	const objects = consents.some(({ item, consent }) => item === OBJECTION && consent === 'no');
	const files = own.filter(({ where }) => where === 'file').map(({ at }) => at);
	return { sheet: since === '' ? 'never' : approved && !objects ? 'shown' : 'once', since, files };
}
