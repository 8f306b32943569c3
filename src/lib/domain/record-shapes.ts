import * as z from 'zod/mini';
import { ChangeId, Id } from './ids';

/** One value that no stored change has named as seen: its change, its author, and their device's time. */
export const Current = z.looseObject({ value: z.unknown(), change: ChangeId, person: Id, at: z.string() });
export type Current = z.infer<typeof Current>;
