import * as z from 'zod/mini';
import { Id, Instant } from './ids';
import { MediaHash, MediaType } from './media-shapes';
import { Receipt } from './sync';

/** Shapes of the two files that go by hand where there is no network: a device's outbox as it lies, and the receipts that
 * come back. Their layout is told in `local/stick/README.md`. */
export const OUTBOX_FORMAT = 'temoin-outbox-1';
export const RECEIPTS_FORMAT = 'temoin-receipts-1';

/** Whose vault on which device, and which of its keys. */
export const VaultPlace = { structure: Id, person: Id, device: Id, key: Id };

/** The first line of an outbox file. */
export const OutboxHeader = z.looseObject({
	...VaultPlace,
	format: z.literal(OUTBOX_FORMAT),
	name: z.string(), // of the device, for people to read
	at: Instant
});
export type OutboxHeader = z.infer<typeof OutboxHeader>;

/** One change, sealed. */
export const SealedLine = z.looseObject({ record: Id, sealed: z.string() });
export type SealedLine = z.infer<typeof SealedLine>;

/** One piece of a recording, sealed. */
export const PieceLine = z.looseObject({
	about: Id,
	hash: MediaHash,
	type: MediaType,
	size: z.int(),
	number: z.int().check(z.gte(0), z.lte(100)),
	piece: z.string()
});
export type PieceLine = z.infer<typeof PieceLine>;

/** A recording that was interrupted, in the parts in which it was sealed while it was made: what it will be called nobody
 * knows before they are opened. */
export const TakeLine = z.looseObject({
	about: Id,
	take: Id,
	question: Id,
	at: Instant,
	milliseconds: z.int().check(z.gte(0)),
	parts: z.array(
		z.looseObject({ from: z.int().check(z.gte(0)), nonce: z.string(), sealed: z.string(), mark: z.string() })
	)
});
export type TakeLine = z.infer<typeof TakeLine>;
/** Whether it was kept. It was not where its person is to be recorded no more, or was erased: nobody holds it then. */
export const TakenLine = z.looseObject({ kept: z.boolean() });

/** The last line: how many came before it. A file without it was cut. */
export const EndLine = z.looseObject({ end: z.int() });

/** What the server says it has taken of one device's outbox, and signs: what it held is not in it, and stays there. `sealed` is SHA-256 of the sealed change: the very
 * one that was brought, and no other under its name. */
export const SignedReceipts = z.looseObject({
	...VaultPlace,
	format: z.literal(RECEIPTS_FORMAT),
	epoch: z.string(),
	committed: z.int(),
	at: z.string(),
	changes: z.array(z.extend(Receipt, { sealed: z.string() })),
	media: z.array(z.looseObject({ about: Id, hash: MediaHash, at: z.string() }))
});
export type SignedReceipts = z.infer<typeof SignedReceipts>;

/** A text and its signature: ECDSA P-256 with SHA-256, base64url. */
export const Signed = z.looseObject({ text: z.string(), signature: z.string() });
export type Signed = z.infer<typeof Signed>;

/** The receipts file: one or several signed texts. */
export const ReceiptsFile = z.looseObject({ format: z.literal(RECEIPTS_FORMAT), signed: z.array(Signed) });

/** What became of a part of an outbox file; signed, once it was taken and not only checked. */
export const ImportSummary = z.looseObject({
	applied: z.int(),
	contested: z.int(),
	quarantined: z.int(),
	erased: z.int(),
	held: z.optional(z.int()), // for want of place: they are on the device still
	signed: z.optional(Signed)
});
