import type { Framework } from '$lib/domain/framework-shapes';
import { supportField, type Support } from '$lib/domain/judgement';
import type { AnswerRow, QuestionView } from '$lib/domain/sheets/answers';
import type { Said } from '$lib/domain/sheets/excerpts';
import type { FigureView } from '$lib/domain/sheets/figures';
import { m } from '$lib/words/generated/messages';
import { percent, say } from '$lib/words/format';
import { spreadSaid, writingOf } from '$lib/words/sheets';
import { many, one } from '$lib/words/stakeholders';

/** Something the page shows that a judgement may rest on, as it stands now. */
export type Evidence = { field: string; on: Support['on']; text: string; detail: string };

/** All that a reader's page shows of a criterion: what they may not see is not among it.
 * @param before the name of the campaign before */
export function evidenceOn(
	framework: Framework,
	shown: { figures: readonly FigureView[]; questions: readonly QuestionView[]; quotes: readonly Said[] },
	{
		before,
		nameOf,
		unitOf
	}: { before: string | undefined; nameOf: (place: string) => string; unitOf: (id?: string) => string }
): Evidence[] {
	const figures = shown.figures.map((view): Evidence => {
		const writing = writingOf(framework, view.indicator);
		const columns = view.whole ? [view.whole] : view.places;
		const [only] = columns;
		const figure =
			columns.length === 1
				? writing.withUnit(only!.total)
				: columns
						.map(({ place, total }) => m.sheets_place_figure({ place: nameOf(place), figure: writing.withUnit(total) }))
						.join(' ; ');
		const earlier = columns.length === 1 && before && only!.before?.state === 'value' ? only!.before : undefined;
		return {
			field: supportField({ on: 'figure', indicator: view.indicator.id }),
			on: 'figure',
			text: figure,
			detail: [
				say(view.indicator.label),
				earlier ? m.sheets_before({ campaign: before!, figure: writing.full(earlier) }) : ''
			]
				.filter(Boolean)
				.join('. ')
		};
	});
	const answers = shown.questions.flatMap(({ question, main }) =>
		[...new Set(main.map(({ stakeholder }) => stakeholder))].map((stakeholder): Evidence => {
			const rows = main.filter((row) => row.stakeholder === stakeholder);
			return {
				field: supportField({ on: 'answer', question: question.id, stakeholder }),
				on: 'answer',
				text: rows.map((row) => answersSaid(row, unitOf(question.unit))).join(' ; '),
				detail: `${say(question.text)} ${many(stakeholder)}, ${m.sheets_answers({ count: rows.reduce((sum, { base }) => sum + base, 0) })}`
			};
		})
	);
	const quotes = shown.quotes.map(({ id, words, stakeholder }): Evidence => ({
		field: supportField({ on: 'quote', quote: id }),
		on: 'quote',
		text: words,
		detail: stakeholder ? one(stakeholder) : m.sheets_somebody()
	}));
	return [...figures, ...answers, ...quotes];
}

/** The answer most people gave, or the middle of what they counted. */
function answersSaid({ state, options, numbers }: AnswerRow, unit: string): string {
	if (state !== 'shown') return m.sheets_masked();
	const [most] = options.toSorted((a, b) => b.count - a.count);
	return most ? m.sheets_share({ label: say(most.label), share: percent(most.share) }) : spreadSaid(numbers, unit);
}

/** Why nothing is shown of what a judgement rests on.
 * @param isKnown whether the framework still has it on this criterion */
export const missing = (support: Support, isKnown: boolean): string =>
	support.on === 'quote' ? m.judgement_quote_gone() : isKnown ? m.judgement_not_shown() : m.judgement_element_gone();
