import { decisionOn } from '../excerpt';
import type { QuoteLimit, Valence } from '../excerpt-shapes';
import { STAKEHOLDERS } from '../framework';
import type { Stakeholder } from '../framework-shapes';
import { isContested } from '../record';
import type { Sheet } from '../sheet';
import type { Subject } from '../kinds/kind';
import { valuesOf } from '../kinds/values';

/** Words about a criterion, as somebody may read them: an excerpt, with where it comes from, or what the server made of one. */
export type Said = {
	id: string;
	words: string;
	valence: Valence;
	quote: QuoteLimit;
	stakeholder: Stakeholder | undefined; // nothing where the person did not agree to have it said
	antenna: string; // of an excerpt
	view: Subject | undefined; // the excerpt, where it may be decided on or is one's own
	state: 'to-review' | 'approved' | 'set-aside';
	contested: boolean;
	/** Approved, and shown to nobody: the person did not agree to be quoted, or does not any more. */
	unquoted: boolean;
};

/** What this person may read on this device of what was said on a criterion: their own excerpts, or all of them for who
 * reviews, and otherwise the quotes. In the order of stakeholders, so that a decision moves nothing. */
export function saidOn(
	{ excerpts, quotes }: { excerpts: readonly Subject[]; quotes: readonly Subject[] },
	{ campaign, criterion, person, reviews }: { campaign: string; criterion: string; person: string; reviews: boolean }
): Said[] {
	const about = (fields: { campaign?: string | undefined; criterion?: string | undefined }) =>
		fields.campaign === campaign && fields.criterion === criterion;
	const made = quotes.flatMap(({ id, fields }): Said[] => {
		const { words, valence, limit, stakeholder, ...quote } = valuesOf('quote', fields);
		if (!about(quote) || !words || !valence) return [];
		const plain = { view: undefined, state: 'approved', contested: false, unquoted: false } as const;
		return [{ id, words, valence, quote: limit ?? 'team', stakeholder, antenna: '', ...plain }];
	});
	const own = excerpts.flatMap((view): Said[] => {
		const { passage, valence, stakeholder, antenna = '', quote, ...excerpt } = valuesOf('excerpt', view.fields);
		if (!about(excerpt) || !passage || !valence || !stakeholder) return [];
		if (view.owner !== person && !reviews) return [];
		const state = decisionOn(view.fields) ?? 'to-review';
		const shown = made.find(({ words, ...one }) => words === passage.words && one.valence === valence);
		const { id } = view;
		return [
			{
				...{ id, view, words: passage.words, valence, stakeholder, antenna, state },
				quote: shown?.quote ?? quote ?? 'team',
				contested: isContested(view.fields, 'approval'),
				unquoted: state === 'approved' && !shown
			}
		];
	});
	const known = new Set(own.map(({ words, valence }) => `${valence} ${words}`));
	const others = made.filter(({ words, valence }) => !known.has(`${valence} ${words}`));
	const rank = ({ stakeholder }: Said) => (stakeholder ? STAKEHOLDERS.indexOf(stakeholder) : STAKEHOLDERS.length);
	return [...own, ...(reviews ? [] : others)].sort(
		(a, b) => rank(a) - rank(b) || a.antenna.localeCompare(b.antenna) || a.id.localeCompare(b.id)
	);
}

/** Why there is nothing to read on a criterion, as far as its reader may know.
 * @param heard interviews that took it up */
export const whyNoWords = (
	reviews: boolean,
	excerpts: number,
	heard: number
): 'none-kept' | 'none-marked' | 'not-heard' =>
	!reviews || excerpts > 0 ? 'none-kept' : heard > 0 ? 'none-marked' : 'not-heard';

export type Filter = { state: string; valence: string; stakeholder: string }; // '' lets everything through

export const filterSaid = (said: Said[], { state, valence, stakeholder }: Filter): Said[] =>
	said.filter(
		(one) =>
			(state === '' || one.state === state) &&
			(valence === '' || one.valence === valence) &&
			(stakeholder === '' || one.stakeholder === stakeholder)
	);

/** What the excerpts say, stakeholder by stakeholder, all places together. */
export function balanceOf(excerpts: Sheet['excerpts']): { stakeholder: Stakeholder; added: number; improve: number }[] {
	return STAKEHOLDERS.map((stakeholder) => {
		const own = excerpts.filter((e) => e.stakeholder === stakeholder);
		return {
			stakeholder,
			added: own.reduce((sum, { added }) => sum + added, 0),
			improve: own.reduce((sum, { improve }) => sum + improve, 0)
		};
	}).filter(({ added, improve }) => added + improve > 0);
}

/** How many excerpts wait for the office's decision, by criterion. */
export function toReview(excerpts: readonly Subject[], campaign: string): Map<string, number> {
	const counts = new Map<string, number>();
	for (const { fields } of excerpts) {
		const { campaign: own, criterion, passage, valence, stakeholder } = valuesOf('excerpt', fields);
		if (own !== campaign || !criterion || !passage || !valence || !stakeholder || decisionOn(fields)) continue;
		counts.set(criterion, (counts.get(criterion) ?? 0) + 1);
	}
	return counts;
}
