import type { Criterion, Framework, Question, Stakeholder } from '$lib/domain/framework';
import { WHOLE } from '$lib/domain/reading';
import type { Sheet } from '$lib/domain/sheet';
import type { Text } from '$lib/domain/text';

export type Option = { id: string; label: Text; count: number; share: number };
/** What one group answered. `few`: under the threshold; `withheld`: hidden because it would give another group away. */
export type AnswerRow = {
	stakeholder: Stakeholder;
	place: string;
	people: number;
	unknown: number;
	declined: number;
	notAsked: number;
	state: 'shown' | 'few' | 'withheld' | 'nobody';
	/** How many people the released options are about: those who answered since may still be waiting. */
	base: number;
	options: Option[];
	/** Answered in words only, without choosing. */
	inWords: number;
};
export type QuestionView = {
	question: Question;
	shape: 'levels' | 'options' | 'numbers';
	/** The structure per stakeholder or, where the reader may not have it, each of their antennas. */
	main: AnswerRow[];
	rows: AnswerRow[];
};

/** The closed questions of a criterion that somebody could answer, in the framework's order. */
export function questionViews(framework: Framework, criterion: Criterion, sheet: Sheet, k: number): QuestionView[] {
	return criterion.questions
		.filter(({ type }) => type !== 'open')
		.map((question) => {
			const groups = sheet.answers.filter((answer) => answer.question === question.id);
			const byStakeholder = groups.map((group) =>
				group.places
					.filter(({ people, unknown, declined, notAsked }) => people + unknown + declined + notAsked > 0)
					.map((row) => rowOf(framework, question, group.stakeholder as Stakeholder, row, k))
			);
			return {
				question,
				shape: question.type === 'scale' ? 'levels' : question.type === 'number' ? 'numbers' : 'options',
				main: byStakeholder.flatMap((rows) => {
					const whole = rows.filter(({ place }) => place === WHOLE);
					return whole.length > 0 ? whole : rows;
				}),
				rows: byStakeholder.flat()
			} satisfies QuestionView;
		})
		.filter(({ rows }) => rows.length > 0);
}

type Row = Sheet['answers'][number]['places'][number];
function rowOf(framework: Framework, question: Question, stakeholder: Stakeholder, row: Row, k: number): AnswerRow {
	const { place, people, unknown, declined, notAsked, distribution } = row;
	const base = distribution?.people ?? 0;
	const options = distribution
		? labelsOf(framework, question, distribution.details).map(({ id, label }) => {
				const count = distribution.details[`value:${id}`] ?? 0;
				return { id, label, count, share: base > 0 ? count / base : 0 };
			})
		: [];
	const chosen = options.reduce((sum, { count }) => sum + count, 0);
	return {
		stakeholder,
		place,
		people,
		unknown,
		declined,
		notAsked,
		state: distribution ? 'shown' : people === 0 ? 'nobody' : people < k ? 'few' : 'withheld',
		base,
		options,
		inWords: distribution && question.type !== 'multiple' ? Math.max(0, base - chosen) : 0
	};
}

function labelsOf(framework: Framework, question: Question, details: { [detail: string]: number }) {
	if (question.type === 'scale') {
		const scale = framework.scales.find(({ id }) => id === question.scale);
		return (scale?.levels ?? []).map(({ value, label }) => ({ id: String(value), label }));
	}
	if (question.type !== 'number') return question.options ?? [];
	return Object.keys(details)
		.map((detail) => detail.slice('value:'.length))
		.sort((a, b) => Number(a) - Number(b))
		.map((id) => ({ id, label: { fr: id } }));
}
