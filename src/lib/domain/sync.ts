import * as z from 'zod/mini';
import { ChangeId, Id } from './ids';
import { unpack } from './record';
import { Current } from './record-shapes';

const Packed = z
	.tuple([
		z.array(z.tuple([ChangeId, Id, z.string()])),
		z.record(z.string(), z.array(z.tuple([z.unknown(), z.int().check(z.gte(0))])))
	])
	.check(z.refine(([by, fields]) => Object.values(fields).every((values) => values.every(([, at]) => at < by.length))));

const place = { id: Id, kind: Id, owner: Id, about: z.optional(Id), audience: z.string(), sequence: z.int() };
const travelling = z.union([Packed, z.record(z.string(), z.array(Current))]);

/** A record as it travels and as it is kept: its fields packed, or in full from a server of protocol 1. */
export const Travelling = z.looseObject({ ...place, fields: travelling });
export type Travelling = z.infer<typeof Travelling>;

/** A record as the server gives it. Each field lists its current values, the first stored first: that one is in use.
 * Several that differ are contested. `owner` is the person whose change created it. */
export const Record = z.looseObject({ ...place, fields: z.pipe(travelling, z.transform(unpack)) });
export type Record = z.infer<typeof Record>;

/** The least that a record of any version says: with it, it counts in the digest. */
export const RecordPlace = z.looseObject({ id: z.string(), audience: z.string(), sequence: z.int() });

/** An erasure, as a device remembers it: `proof` is the server's own, so that it can be told again to a server that came
 * back from before it, and by nobody else. */
export const Erased = z.looseObject({ id: Id, proof: z.string().check(z.maxLength(64)) });
export type Erased = z.infer<typeof Erased>;

/** What stays of a record in an audience it has left, by deletion, erasure or otherwise. An erased one takes with it
 * whatever a device still keeps of it, unsent edits too. */
export const Mark = z.looseObject({
	id: Id,
	sequence: z.int(),
	gone: z.literal(true),
	erased: z.optional(z.boolean()),
	proof: z.optional(z.string())
});
export type Mark = z.infer<typeof Mark>;

/** Raised when a request or a reply says something that the version before would misread. Two versions that follow one
 * another understand each other: what one adds, the other keeps or leaves alone. */
export const PROTOCOL = 3;
export const speaks = (protocol: number): boolean => Math.abs(protocol - PROTOCOL) <= 1;

/** A batch holds at most this many changes, and this many bytes once inflated: more is refused with 413 and halved. */
export const MAX_CHANGES = 1000;
export const MAX_BYTES = 5_000_000;
/** Records in one page of a pull. */
export const PAGE = 500;

/** Where a device stands: everything up to `sequence` is here, and `mark` proves that the server's history still is the
 * one it was read from. */
export const Cursor = z.looseObject({ sequence: z.int().check(z.gte(0)), mark: z.string() });
export type Cursor = z.infer<typeof Cursor>;

/** An audience gained since the cursor was begun, being filled from zero up to where the cursor stood. */
export const Filling = z.looseObject({ audience: z.string(), after: z.int(), until: z.int() });
export type Filling = z.infer<typeof Filling>;

/** One call: what is pushed, and where to go on pulling from. Changes are parsed one by one, so that a bad one holds
 * nothing back. */
export const SyncRequest = z.looseObject({
	protocol: z.int(),
	person: Id,
	device: Id,
	changes: z.array(z.unknown()),
	cursor: z.nullable(Cursor),
	audiences: z.array(z.string()).check(z.maxLength(2000)),
	filling: z.array(Filling).check(z.maxLength(2000)),
	erased: z.optional(z.array(Erased).check(z.maxLength(MAX_CHANGES))), // told again to a server that came back
	signer: z.optional(z.string()) // the public key by which the device knows the server's receipts, or nothing yet
});
export type SyncRequest = z.infer<typeof SyncRequest>;

/** What became of one change. `held`: it was not taken and is nowhere but on its device, which offers it again once there is
 * place. `sequence` is there when the device can work the record out by itself from what it holds,
 * so that it is not sent back. */
export const Receipt = z.looseObject({
	verdict: z.enum(['applied', 'contested', 'quarantined', 'held', 'erased']),
	sequence: z.optional(z.int()),
	base: z.optional(z.int()), // with it: the sequence of the record that the change was merged with, where there was one
	stored: z.optional(z.int()), // of a repeat: the sequence of the commit that holds it
	problem: z.optional(z.string()),
	fields: z.optional(z.array(z.string())),
	reason: z.optional(z.string()), // why the office has set it aside
	erased: z.optional(z.array(Erased)) // what it was about
});
export type Receipt = z.infer<typeof Receipt>;

export const SyncReply = z.looseObject({
	protocol: z.optional(z.int()), // in whose shapes the records are; absent from a server of protocol 2
	receipts: z.array(Receipt), // by place in the batch
	committed: z.int(), // the push's last sequence, or the server's
	records: z.array(Record),
	marks: z.array(Mark),
	cursor: Cursor,
	audiences: z.optional(z.array(z.string())), // what the device follows from now on, where it is not what it said
	filling: z.array(Filling),
	more: z.boolean(),
	digest: z.optional(z.looseObject({ count: z.int(), sum: z.int() })), // with the last page
	epoch: z.string(),
	backup: z.nullable(z.looseObject({ sequence: z.int(), at: z.string() })), // what a backup surely holds
	judging: z.optional(z.string()), // once it is another, what was refused may be judged otherwise: it is offered again
	filled: z.optional(z.int()), // how full their place in quarantine is, in percent, once that is to be said
	signer: z.optional(z.string()), // the public key of the server's receipts, where the device does not know it
	now: z.string() // the server's time, for display
});
export type SyncReply = z.infer<typeof SyncReply>;

/** A reply as a device reads it: what it is made of is parsed one by one, so that a record this version cannot read holds
 * nothing back. */
export const ReceivedReply = z.extend(SyncReply, {
	receipts: z.array(z.extend(Receipt, { verdict: z.string() })),
	records: z.array(z.unknown()),
	marks: z.array(z.unknown())
});
export type ReceivedReply = z.infer<typeof ReceivedReply>;

/** What became of a locked vault's outbox. */
export const SealedReply = z.looseObject({
	receipts: z.array(Receipt),
	committed: z.int(),
	epoch: z.optional(z.string()) // absent from a server of protocol 1
});
export type SealedReply = z.infer<typeof SealedReply>;
