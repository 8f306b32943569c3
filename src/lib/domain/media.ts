import * as z from 'zod/mini';
import { Id, Instant } from './ids';

/** Bytes in one piece on the device and on the way, and in one recording or picture. */
export const CHUNK = 1_000_000;
export const MAX_MEDIA = 25_000_000;

export const MEDIA_TYPES = ['audio/webm', 'audio/ogg', 'audio/mp4', 'audio/wav', 'image/jpeg', 'image/png'] as const;
export const MediaType = z.enum(MEDIA_TYPES);
export type MediaType = z.infer<typeof MediaType>;

/** SHA-256 of the content, base64url: what a recording is called everywhere. */
export const MediaHash = z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/));

/** A voice note or a picture, as its interview names it, in the field `media:<hash>`. The content travels apart, after the
 * text. */
export const Media = z.looseObject({
	hash: MediaHash,
	type: MediaType,
	size: z.int().check(z.gte(1), z.lte(MAX_MEDIA)),
	question: z.optional(Id),
	seconds: z.optional(z.int().check(z.gte(0))),
	at: Instant
});
export type Media = z.infer<typeof Media>;

/** The field of a recording: a hash may begin with a sign that no id does. */
export const mediaField = (hash: string): string => `media:${hash}`;
export const isMediaField = (field: string): boolean => field.startsWith('media:');

/** How far a content has come to the server. `at` is the server's time when it was whole. */
export const MediaState = z.looseObject({ received: z.int(), complete: z.boolean(), at: z.nullable(z.string()) });
export type MediaState = z.infer<typeof MediaState>;

const SIGNATURES: readonly [type: MediaType, at: number, bytes: readonly number[], then?: [number, string]][] = [
	['audio/webm', 0, [0x1a, 0x45, 0xdf, 0xa3]],
	['audio/ogg', 0, [0x4f, 0x67, 0x67, 0x53]],
	['audio/mp4', 4, [0x66, 0x74, 0x79, 0x70]],
	['audio/wav', 0, [0x52, 0x49, 0x46, 0x46], [8, 'WAVE']],
	['image/jpeg', 0, [0xff, 0xd8, 0xff]],
	['image/png', 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]]
];

/** What a content is, by its first bytes and by nothing that anybody says of it. */
export const typeOfBytes = (start: Uint8Array): MediaType | undefined =>
	SIGNATURES.find(
		([, at, bytes, then]) =>
			bytes.every((byte, i) => start[at + i] === byte) &&
			(!then || [...then[1]].every((letter, i) => start[then[0] + i] === letter.charCodeAt(0)))
	)?.[0];
