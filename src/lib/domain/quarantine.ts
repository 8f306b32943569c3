import * as z from 'zod/mini';
import { Id } from './ids';

/** A change that was refused, as the office sees it, without a word of it: who made it on which device, of what, and why it
 * could not be taken. */
export const QuarantineLine = z.looseObject({
	hash: z.string(),
	kind: z.nullable(z.string()), // none: it cannot be read as a change at all
	record: z.nullable(z.string()),
	problem: z.string(),
	fields: z.array(z.string()),
	person: Id,
	device: z.string(),
	deviceName: z.string(),
	receivedAt: z.string(),
	decision: z.nullable(z.enum(['released', 'set-aside'])),
	decidedAt: z.nullable(z.string()),
	decidedBy: z.nullable(z.string()),
	reason: z.nullable(z.string())
});
export type QuarantineLine = z.infer<typeof QuarantineLine>;

/** A page of them, the latest first: `next` asks for the one after, where there is one. */
export const Quarantine = z.looseObject({ lines: z.array(QuarantineLine), next: z.optional(z.string()) });
export type Quarantine = z.infer<typeof Quarantine>;

/** How many wait for a decision and how many have one, and whose place is running out: in percent, of one device or, with
 * none named, of all that a person has. */
export const QuarantineCount = z.looseObject({
	waiting: z.int(),
	decided: z.int(),
	crowded: z.array(
		z.looseObject({ person: Id, device: z.nullable(z.string()), deviceName: z.string(), filled: z.int() })
	)
});
export type QuarantineCount = z.infer<typeof QuarantineCount>;

/** One of them whole, as it came: JSON in a text. */
export const QuarantinedChange = z.looseObject({ line: QuarantineLine, raw: z.string() });
export type QuarantinedChange = z.infer<typeof QuarantinedChange>;

/** Why something is set aside for good, in the office's own words. */
export const Reason = z.looseObject({ reason: z.string().check(z.trim(), z.minLength(1), z.maxLength(500)) });
