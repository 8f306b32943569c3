import { valueOf } from './kinds/values';
import type { Fields } from './record';
import type * as shapes from './media-shapes';

/** What a page needs to know of recordings: their shapes lie apart, so that an interview opens without what parses them. */
export type Media = shapes.Media;
export type MediaType = shapes.MediaType;
export type MediaState = shapes.MediaState;

/** Bytes in one recording or picture. */
export const MAX_MEDIA = 25_000_000;

/** Bytes in one piece on the device and on the way. */
export const CHUNK = 1_000_000;

/** The field of a recording: a hash may begin with a sign that no id does. */
export const mediaField = (hash: string) => `media:${hash}` as const;
export const isMediaField = (field: string): field is `media:${string}` => field.startsWith('media:');

/** What an interview names, the oldest first; what was taken back is not among it. */
export const mediaIn = (fields: Fields): Media[] =>
	Object.keys(fields)
		.filter(isMediaField)
		.flatMap((field) => valueOf('interview', fields, field) ?? [])
		.sort((a, b) => (a.at < b.at ? -1 : 1));

export const isVoice = ({ type }: Pick<Media, 'type'>): boolean => type.startsWith('audio/');

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
