import * as z from 'zod/mini';
import { Stakeholder, type Framework, type Question } from './framework';
import { Day, Id } from './ids';
import { Media } from './media-shapes';

export const MAX_WORDS = 20_000;
const Words = z.string().check(z.maxLength(MAX_WORDS));

/** One answer. `value` is a level, an option, several options or a number; `words` is what the person said beside or
 * instead; `without` tells the two ways of giving none apart, and both from a question never asked (no field at all). */
export const Answer = z.looseObject({
	value: z.optional(
		z.union([z.int().check(z.gte(-1_000_000), z.lte(1_000_000)), Id, z.array(Id).check(z.maxLength(100))])
	),
	words: z.optional(Words),
	hadWords: z.optional(z.boolean()), // their time is over, or they have left this device: counted, not there any more
	without: z.optional(z.enum(['unknown', 'declined']))
});
export type Answer = z.infer<typeof Answer>;

/** Whether a person agreed to one use of their words. Evaluation itself is `usage-evaluation`: `no` is an objection. */
export const Consent = z.enum(['yes', 'no']);
export type Consent = z.infer<typeof Consent>;

export const InterviewState = z.enum(['draft', 'finished', 'refused']);
export const Mode = z.enum(['face', 'phone', 'self', 'paper']);

export const interviewFields = {
	campaign: Id,
	framework: Id, // the version it was begun with, kept until it is finished
	stakeholder: Stakeholder,
	antenna: Id,
	mode: Mode,
	on: Day,
	label: z.string().check(z.maxLength(80)), // seen by the interviewer only, never in sheets or exports
	criteria: z.array(Id),
	state: InterviewState,
	note: Words, // for the team, never quoted
	receipt: z.string().check(z.minLength(20), z.maxLength(60)) // hash of the code that the respondent was given
};
export const interviewFamilies = { 'answer:': Answer, 'consent:': Consent, 'media:': z.nullable(Media) };

export const answerField = (question: string) => `answer:${question}`;
export const consentField = (item: string) => `consent:${item}`;

export const OBJECTION = 'usage-evaluation';

/** The item of consent that a voice is recorded under. */
export const VOICE = 'enregistrement-voix';

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

/** The criteria to propose for an interview: those this stakeholder has been least heard on, at most `size`,
 * given back in the framework's order. Criteria without a question for the stakeholder are left out.
 * @param heard finished interviews by criterion id */
export function leastHeard(
	framework: Framework,
	kept: readonly string[],
	stakeholder: Stakeholder,
	heard: ReadonlyMap<string, number>,
	size = 4
): string[] {
	const order = framework.registers
		.flatMap((register) => register.criteria)
		.filter((c) => kept.includes(c.id) && c.questions.some((q) => q.stakeholders.includes(stakeholder)))
		.map((criterion) => criterion.id);
	const chosen = order.toSorted((a, b) => (heard.get(a) ?? 0) - (heard.get(b) ?? 0)).slice(0, size);
	return order.filter((id) => chosen.includes(id));
}

/** Whether a question has been dealt with: answered, in words or not, or knowingly left. */
export const isAnswered = (answer: Answer | undefined): boolean =>
	answer !== undefined &&
	(answer.without !== undefined ||
		(answer.value !== undefined && !(Array.isArray(answer.value) && answer.value.length === 0)) ||
		hasWords(answer));

export const hasWords = (answer: Answer): boolean => answer.hadWords === true || Boolean(answer.words?.trim());
