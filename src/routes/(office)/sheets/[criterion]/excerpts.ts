import type { QuoteLimit, Valence, Passage } from '$lib/domain/excerpt';
import { STAKEHOLDERS, type Stakeholder } from '$lib/domain/framework';
import { isContested } from '$lib/domain/record';
import type { Sheet } from '$lib/domain/sheet';
import { read, type View } from '$lib/local/views';

export type Excerpt = {
	id: string;
	view: View;
	words: string;
	valence: Valence;
	quote: QuoteLimit;
	stakeholder: Stakeholder;
	antenna: string;
	state: 'to-review' | 'approved' | 'set-aside';
	contested: boolean;
};
type Fields = {
	campaign: string;
	criterion: string;
	passage: Passage;
	valence: Valence;
	quote: QuoteLimit;
	stakeholder: Stakeholder;
	antenna: string;
	approval: 'approved' | 'set-aside';
};

/** What this person may read on this device of what was said on a criterion: the approved excerpts and their own, or all
 * of them for who reviews. In the order of stakeholders, so that a decision moves nothing. */
export function excerptsOn(
	views: View[],
	{ campaign, criterion, person, reviews }: { campaign: string; criterion: string; person: string; reviews: boolean }
): Excerpt[] {
	return views
		.flatMap((view) => {
			const fields = read<Fields>(view);
			const { passage, valence, stakeholder, approval } = fields;
			if (fields.campaign !== campaign || fields.criterion !== criterion) return [];
			if (!passage || !valence || !stakeholder) return [];
			if (approval !== 'approved' && view.owner !== person && !reviews) return [];
			return [
				{
					id: view.id,
					view,
					words: passage.words,
					valence,
					quote: fields.quote ?? 'team',
					stakeholder,
					antenna: fields.antenna ?? '',
					state: approval ?? 'to-review',
					contested: isContested(view.fields, 'approval')
				} satisfies Excerpt
			];
		})
		.sort(
			(a, b) =>
				STAKEHOLDERS.indexOf(a.stakeholder) - STAKEHOLDERS.indexOf(b.stakeholder) ||
				a.antenna.localeCompare(b.antenna) ||
				a.id.localeCompare(b.id)
		);
}

export type Filter = { state: string; valence: string; stakeholder: string }; // '' lets everything through

export const filterExcerpts = (excerpts: Excerpt[], { state, valence, stakeholder }: Filter): Excerpt[] =>
	excerpts.filter(
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
