import * as z from 'zod/mini';
import { ConsentUse } from './framework-shapes';
import { ChangeId, Day, Id } from './ids';
import { MAX_WORDS } from './interview';

export const Words = z.string().check(z.maxLength(MAX_WORDS));

/** What was chosen or counted, said with its type. An amount is in the smallest step of the question's unit. */
export const AnswerValue = z.discriminatedUnion('type', [
	z.looseObject({ type: z.literal('scale'), level: z.int().check(z.gte(-1000), z.lte(1000)) }),
	z.looseObject({ type: z.literal('choice'), option: Id }),
	z.looseObject({ type: z.literal('multiple'), options: z.array(Id).check(z.maxLength(100)) }),
	z.looseObject({ type: z.literal('number'), amount: z.int().check(z.gte(-1e9), z.lte(1e9)) }),
	z.looseObject({ type: z.literal('date'), day: Day })
]);
export type AnswerValue = z.infer<typeof AnswerValue>;

/** One answer. `words` is what the person said beside a value or instead; `without` tells the two ways of giving none apart,
 * and both from a question never asked (no field at all). */
export const Answer = z.looseObject({
	value: z.optional(AnswerValue),
	words: z.optional(Words),
	hadWords: z.optional(z.boolean()), // their time is over, or they have left this device: counted, not there any more
	without: z.optional(z.enum(['unknown', 'declined']))
});
export type Answer = z.infer<typeof Answer>;

export const YesNo = z.enum(['yes', 'no']);
export type YesNo = z.infer<typeof YesNo>;

/** The hash of the code that a respondent was given. */
export const Receipt = z.string().check(z.minLength(20), z.maxLength(60));

/** Whether a person agreed to one item. `use` is what the item of the framework is for, so that who may be quoted is known
 * without it: `no` to the evaluation itself is an objection. `given` says how: ticked by the person, said by them and ticked
 * by the interviewer, or with their receipt code. `answers` names the withdrawals of the item that it takes back, `receipt`
 * the code handed out with it. */
export const Consent = z.looseObject({
	answer: YesNo,
	use: z.optional(ConsentUse),
	given: z.optional(z.enum(['person', 'interviewer', 'code'])),
	answers: z.optional(z.array(ChangeId).check(z.maxLength(100))),
	receipt: z.optional(Receipt)
});
export type Consent = z.infer<typeof Consent>;

/** An agreement taken back: a field of its own, named by its item and the change that wrote it, so that nothing written
 * before or by somebody who has not seen it undoes it. `receipt` is the code that the person had then. */
export const Withdrawal = z.looseObject({ use: z.optional(ConsentUse), receipt: z.optional(Receipt) });
export type Withdrawal = z.infer<typeof Withdrawal>;

export const InterviewState = z.enum(['draft', 'finished', 'refused']);

export const Mode = z.enum(['face', 'phone', 'self', 'paper']);
