import * as z from 'zod/mini';

/** What the journal notes: who did what to what and when, and never a word of what somebody said. */
export const JOURNAL_ACTS = [
	'sign-in',
	'sign-in.refused',
	'sign-out',
	'second-factor.added',
	'second-factor.removed',
	'recovery-code.used',
	'person.added',
	'person.changed',
	'person.removed',
	'person.invited',
	'device.revoked',
	'device.wiped',
	'vault.opened', // changes taken out of a locked vault by the server
	'testimony.read',
	'testimonies.listed',
	'sheets.exported',
	'receipt.used',
	'campaign.opened',
	'campaign.closed',
	'judgement.changed',
	'words.approved',
	'words.set-aside',
	'words.corrected',
	'consent.withdrawn',
	'consent.given',
	'person.erased',
	'retention.run',
	'quarantine.read',
	'quarantine.released',
	'quarantine.set-aside',
	'outbox.imported', // a device's outbox was brought as a file
	'journal.read'
] as const;
export const JournalAct = z.enum(JOURNAL_ACTS);
export type JournalAct = z.infer<typeof JournalAct>;

/** One line of the journal. `person` is who acted: a person's id, `respondent`, `server`, or nobody known. `subject` is
 * the id of what it was done to. */
export const JournalLine = z.looseObject({
	number: z.int(),
	at: z.string(),
	act: JournalAct,
	person: z.string(),
	device: z.string(),
	subject: z.string(),
	count: z.int()
});
export type JournalLine = z.infer<typeof JournalLine>;

/** A page of the journal, newest first. `intact` says whether every line still is what was written. */
export const Journal = z.looseObject({
	lines: z.array(JournalLine),
	more: z.boolean(),
	intact: z.boolean(),
	brokenAt: z.nullable(z.int())
});
export type Journal = z.infer<typeof Journal>;
