import * as z from 'zod/mini';

/** Words in several languages, by language code. French is always there. */
export const Text = z.catchall(z.object({ fr: z.string() }), z.string());
export type Text = z.infer<typeof Text>;
