import * as z from 'zod/mini';
import { MAX_WORDS } from './interview';
import { Answer, InterviewState, YesNo } from './interview-shapes';
import { ConsentUse, Stakeholder } from './framework-shapes';
import { Day, Id } from './ids';
import { Media } from './media-shapes';
import { Text } from './text-shapes';

/** What somebody who may read one testimony is shown of it. Neither the label nor the team's note: the first is its
 * interviewer's alone, the second is not the respondent's words. `shown` is the answer chosen, in words;
 * it is whole only when all its `media` are complete. */
export const Testimony = z.looseObject({
	id: Id,
	campaign: z.string(),
	stakeholder: Stakeholder,
	antenna: z.string(),
	on: z.optional(Day),
	interviewer: z.string(),
	state: InterviewState,
	answers: z.array(z.looseObject({ question: Id, text: Text, answer: Answer, shown: z.array(Text) })),
	consents: z.array(z.looseObject({ item: Id, use: z.optional(ConsentUse), text: Text, consent: z.nullable(YesNo) })),
	media: z.array(z.extend(Media, { text: z.optional(Text), complete: z.boolean() })), // `text` of its question
	quotes: z.array(z.looseObject({ id: Id, words: z.string(), criterion: Text, approved: z.boolean() })),
	uses: z.array(z.looseObject({ quote: Id, criterion: Text, at: z.string(), where: z.enum(['sheet', 'file']) }))
});
export type Testimony = z.infer<typeof Testimony>;

/** One line of the list of testimonies: what the collection of answers says anyway, and who took it. */
export const TestimonyLine = z.looseObject({
	id: Id,
	campaign: z.string(),
	stakeholder: Stakeholder,
	antenna: z.string(),
	on: z.optional(Day),
	interviewer: z.string(),
	state: InterviewState
});
export type TestimonyLine = z.infer<typeof TestimonyLine>;

export const TestimonyLines = z.array(TestimonyLine);

/** The testimonies whose time is over: `before` is the last contact after which words are still kept. */
export const Due = z.looseObject({ months: z.int(), before: z.string(), interviews: z.int() });
export type Due = z.infer<typeof Due>;
/** How many a run has taken words from. */
export const Retained = z.looseObject({ interviews: z.int() });

/** The code a respondent was given. The structure is said beside it: codes are kept by structure. */
export const ReceiptCode = z.looseObject({
	structure: Id,
	code: z.string().check(z.trim(), z.minLength(8), z.maxLength(40))
});

/** What the respondent, or a director at their demand, changes of a testimony. */
export const Withdrawal = z.looseObject({ items: z.array(Id).check(z.minLength(1), z.maxLength(20)) });
export const Correction = z.looseObject({ question: Id, words: z.string().check(z.maxLength(MAX_WORDS)) });
