import * as z from 'zod/mini';

/** A month, `2014-03`: how campaigns say where they begin and end. */
export const Month = z.string().check(z.regex(/^(19|20|21)\d\d-(0[1-9]|1[0-2])$/));

export const Frequency = z.enum(['continuous', 'monthly', 'quarterly', 'half-yearly', 'yearly', 'at-exit']);
export type Frequency = z.infer<typeof Frequency>;
