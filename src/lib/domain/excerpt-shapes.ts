import * as z from 'zod/mini';
import { QUOTE_LIMITS } from './excerpt';
import { ChangeId, Id } from './ids';
import { MAX_WORDS } from './interview';

export const QuoteLimit = z.enum(QUOTE_LIMITS);
export type QuoteLimit = z.infer<typeof QuoteLimit>;

export const Valence = z.enum(['added', 'improve']);
export type Valence = z.infer<typeof Valence>;

/** Where the passage stands in the answer (Unicode code points, end excluded), and its words as they were then. */
export const Passage = z.looseObject({
	question: Id,
	from: z.int().check(z.gte(0)),
	to: z.int().check(z.gte(1)),
	words: z.string().check(z.minLength(1), z.maxLength(MAX_WORDS))
});
export type Passage = z.infer<typeof Passage>;

/** What the office decides of an excerpt, and the changes it was decided for: whoever writes another later has none. */
export const Approval = z.looseObject({
	decision: z.enum(['approved', 'set-aside']),
	of: z.array(ChangeId).check(z.maxLength(100))
});
export type Approval = z.infer<typeof Approval>;
