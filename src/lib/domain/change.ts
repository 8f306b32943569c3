import * as z from 'zod/mini';
import { ChangeId, Id, Instant } from './ids';

const FieldName = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/));
const Seen = z.array(ChangeId).check(z.maxLength(1000));

/** What a device sends: the fields that changed, and for each the changes whose values were on the screen when the edit
 * began (none: it was empty). `id` is minted once and makes repeats harmless; the change that creates a record lends it
 * its id, readings excepted. `about` names the interview whose words it holds. `at` is the device's own time, for people
 * to read: it decides nothing. Loose, so that what a newer version adds is carried along. */
export const Change = z.looseObject({
	id: ChangeId,
	kind: Id,
	record: Id,
	about: z.optional(Id),
	fields: z.record(FieldName, z.unknown()),
	seen: z.record(FieldName, Seen),
	at: Instant
});
export type Change = z.infer<typeof Change>;
