import type { Criterion, Framework, Question, Stakeholder } from '../framework-shapes';
import { criteriaOf, decimalsOf, inUnits } from '../framework';
import { WHOLE } from '../reading';
import type { Sheet } from '../sheet';
import type { Text } from '../text-shapes';

export type Option = { id: string; label: Text; count: number; share: number };
/** What one group answered. `few`: under the threshold; `withheld`: hidden because it would give another group away. */
export type AnswerRow = {
	stakeholder: Stakeholder;
	place: string;
	people: number;
	unknown: number;
	declined: number;
	left: number;
	notAsked: number;
	/** Of those who answered, whose answer stands in two values. */
	contested: number;
	state: 'shown' | 'few' | 'withheld' | 'nobody';
	/** How many people the released options are about: those who answered since may still be waiting. */
	base: number;
	options: Option[];
	/** Answered in words only, without choosing. */
	inWords: number;
	/** The same group a campaign earlier, where the question was the same; `changed` where it was not. */
	before?: AnswerRow | 'changed';
	/** Of numbers, where enough people answered: what half of them are under, and between what the middle half lies. */
	numbers: Spread | undefined;
};
export type Spread = { median: number; middle: [from: number, to: number] | undefined };
export type QuestionView = {
	question: Question;
	shape: 'levels' | 'options' | 'numbers';
	/** The structure per stakeholder or, where the reader may not have it, each of their antennas. */
	main: AnswerRow[];
	rows: AnswerRow[];
};

/** A campaign's side of a comparison: `k` is what its own sheets were released with. */
export type AnswerSide = { framework: Framework; sheet: Sheet | undefined; k: number };

/** The closed questions of a criterion that somebody could answer, in the framework's order.
 * @param earlier the campaign before, where its answers are to be beside */
export function questionViews(
	framework: Framework,
	criterion: Criterion,
	sheet: Sheet,
	k: number,
	earlier?: AnswerSide
): QuestionView[] {
	return criterion.questions
		.filter(({ type }) => type !== 'open')
		.map((question) => {
			const groups = sheet.answers.filter((answer) => answer.question === question.id);
			const byStakeholder = groups.map((group) =>
				group.places
					.filter(
						({ withheld, people, unknown, declined, left = 0, notAsked }) =>
							withheld || people + unknown + declined + left + notAsked > 0
					)
					.map((row) => rowOf(framework, question, group.stakeholder as Stakeholder, row, k))
			);
			return {
				question,
				shape: question.type === 'scale' ? 'levels' : question.type === 'number' ? 'numbers' : 'options',
				main: byStakeholder.flatMap((rows) => {
					const whole = rows.filter(({ place }) => place === WHOLE);
					return (whole.length > 0 ? whole : rows).map((row) => withBefore(row, framework, question, earlier));
				}),
				rows: byStakeholder.flat()
			} satisfies QuestionView;
		})
		.filter(({ rows }) => rows.length > 0);
}

function withBefore(
	row: AnswerRow,
	framework: Framework,
	question: Question,
	earlier: AnswerSide | undefined
): AnswerRow {
	const old = earlier && criteriaOf(earlier.framework).flatMap((one) => one.questions);
	const asked = old?.find(({ id }) => id === question.id);
	if (!earlier || !asked) return row;
	const group = earlier.sheet?.answers.find((a) => a.question === question.id && a.stakeholder === row.stakeholder);
	const found = group?.places.find(({ place }) => place === row.place);
	if (!found) return row;
	if (meaningOf(framework, question) !== meaningOf(earlier.framework, asked)) return { ...row, before: 'changed' };
	return { ...row, before: rowOf(earlier.framework, asked, row.stakeholder, found, earlier.k) };
}

/** What makes a question the same in two campaigns: its words, and what could be answered. Spacing and inclusive spelling are
 * no part of it. */
function meaningOf(framework: Framework, question: Question): string {
	const options = labelsOf(framework, question).map(({ id, label }) => [id, label.fr]);
	return JSON.stringify([question.type, question.text.fr, question.unit, options])
		.replace(/\s|\u2060/gu, '')
		.replace(/-es?\b/g, '');
}

type Row = Sheet['answers'][number]['places'][number];
function rowOf(framework: Framework, question: Question, stakeholder: Stakeholder, row: Row, k: number): AnswerRow {
	const { place, people, unknown, declined, left = 0, notAsked, contested = 0, withheld, distribution } = row;
	const base = distribution?.people ?? 0;
	const options =
		distribution && question.type !== 'number'
			? labelsOf(framework, question).map(({ id, label }) => {
					const count = distribution.details[`value:${id}`] ?? 0;
					return { id, label, count, share: base > 0 ? count / base : 0 };
				})
			: [];
	const answered = question.type === 'number' ? numbersIn(framework, question, distribution) : [];
	const chosen = options.reduce((sum, { count }) => sum + count, 0);
	return {
		stakeholder,
		place,
		people,
		unknown,
		declined,
		left,
		notAsked,
		contested,
		state: distribution ? 'shown' : withheld ? 'few' : people === 0 ? 'nobody' : people < k ? 'few' : 'withheld',
		base,
		options,
		inWords: distribution && question.type !== 'multiple' ? Math.max(0, base - chosen - answered.length) : 0,
		numbers: spreadOf(answered, k)
	};
}

function labelsOf(framework: Framework, question: Question) {
	if (question.type === 'scale') {
		const scale = framework.scales.find(({ id }) => id === question.scale);
		return (scale?.levels ?? []).map(({ value, label }) => ({ id: String(value), label }));
	}
	return question.options ?? [];
}

/** The numbers that people gave, in their unit, the smallest first. */
function numbersIn(framework: Framework, { unit }: Question, distribution: Row['distribution']): number[] {
	const decimals = unit ? decimalsOf(framework, unit) : 0;
	return Object.entries(distribution?.details ?? {})
		.flatMap(([detail, count]) => Array<number>(count).fill(inUnits(Number(detail.slice('value:'.length)), decimals)))
		.sort((a, b) => a - b);
}

/** Median from k people, quartiles from four times as many, extremes never: they are somebody's. */
function spreadOf(sorted: readonly number[], k: number): Spread | undefined {
	if (sorted.length === 0 || sorted.length < k) return undefined;
	const at = (share: number) => {
		const place = (sorted.length - 1) * share;
		const [under, over] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
		return under + (over - under) * (place - Math.floor(place));
	};
	return { median: at(0.5), middle: sorted.length >= 4 * k ? [at(0.25), at(0.75)] : undefined };
}
