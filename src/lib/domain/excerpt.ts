import * as z from 'zod/mini';
import { Stakeholder } from './framework';
import { Id } from './ids';
import { MAX_WORDS } from './interview';

/** How far a passage may be quoted, from least to most. It can be lowered under the person's consent, never raised. */
export const QUOTE_LIMITS = ['none', 'team', 'anonymous', 'first-name'] as const;
export const QuoteLimit = z.enum(QUOTE_LIMITS);
export type QuoteLimit = z.infer<typeof QuoteLimit>;

export const Valence = z.enum(['added', 'improve']);
export type Valence = z.infer<typeof Valence>;

/** Where the passage stands in the answer (UTF-16 offsets, end excluded), and its words as they were then. */
export const Passage = z.looseObject({
	question: Id,
	start: z.int().check(z.gte(0)),
	end: z.int().check(z.gte(1)),
	words: z.string().check(z.minLength(1), z.maxLength(MAX_WORDS))
});
export type Passage = z.infer<typeof Passage>;

export const excerptFields = {
	campaign: Id,
	stakeholder: Stakeholder, // stakeholder and antenna are copied, for readers who may not see the interview
	antenna: Id,
	passage: Passage,
	criterion: Id,
	valence: Valence,
	quote: QuoteLimit,
	approval: z.enum(['approved', 'set-aside'])
};

export const lowerLimit = (a: QuoteLimit, b: QuoteLimit): QuoteLimit =>
	QUOTE_LIMITS.indexOf(a) < QUOTE_LIMITS.indexOf(b) ? a : b;
