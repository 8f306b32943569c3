import * as z from 'zod/mini';
import { Id, Instant } from './ids';
import { MAX_MEDIA } from './media';

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

/** How far a content has come to the server. `at` is the server's time when it was whole. */
export const MediaState = z.looseObject({ received: z.int(), complete: z.boolean(), at: z.nullable(z.string()) });
export type MediaState = z.infer<typeof MediaState>;
