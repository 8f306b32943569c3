import type { Answer, AnswerValue, Consent, YesNo } from './interview-shapes';
import { type ConsentItem, type Framework, type Question, type Stakeholder } from './framework-shapes';

export const MAX_WORDS = 20_000;

export const answerField = (question: string) => `answer:${question}` as const;
export const consentField = (item: string) => `consent:${item}` as const;
export const withdrawalField = (item: string, change: string) => `withdrawal:${item}:${change}` as const;

/** An answer to an item of a framework.
 * @param how who ticked it, and the withdrawals it takes back */
export const consentTo = (
	{ use }: Pick<ConsentItem, 'use'>,
	answer: YesNo,
	how: Pick<Consent, 'given' | 'answers'> = {}
): Consent => ({
	answer,
	...(use ? { use } : {}),
	...(how.given ? { given: how.given } : {}),
	...(how.answers?.length ? { answers: how.answers } : {})
});

/** The questions of an interview, section by section (one per register), in the framework's order.
 * The common scale of a criterion comes before its own open questions, as the framework lists them. */
export function questionsFor(
	framework: Framework,
	stakeholder: Stakeholder,
	criteria: readonly string[]
): { register: string; criterion: string; question: Question }[] {
	return framework.registers.flatMap((register) =>
		register.criteria
			.filter((criterion) => criteria.includes(criterion.id))
			.flatMap((criterion) =>
				criterion.questions
					.filter((question) => question.stakeholders.includes(stakeholder))
					.map((question) => ({ register: register.id, criterion: criterion.id, question }))
			)
	);
}

/** What was chosen or counted, as texts: a level, an option or several, an amount, a day. */
export function chosenIn(value: AnswerValue): string[] {
	switch (value.type) {
		case 'scale':
			return [String(value.level)];
		case 'choice':
			return [value.option];
		case 'multiple':
			return [...new Set(value.options)];
		case 'number':
			return [String(value.amount)];
		case 'date':
			return [value.day];
	}
}

/** Whether a question has been dealt with: answered, in words or not, or knowingly left. */
export const isAnswered = (answer: Answer | undefined): boolean =>
	answer !== undefined &&
	(answer.without !== undefined ||
		(answer.value !== undefined && chosenIn(answer.value).length > 0) ||
		hasWords(answer));

/** Whether a question has been dealt with by an answer or by what was recorded at it. */
export const isDealtWith = (
	question: string,
	answer: Answer | undefined,
	recorded: readonly { question?: string | undefined }[]
): boolean => isAnswered(answer) || recorded.some((one) => one.question === question);

export const hasWords = (answer: Answer): boolean => answer.hadWords === true || Boolean(answer.words?.trim());
