import { createHash } from 'node:crypto';
import { mediaField, typeOfBytes, type Media } from '$lib/domain/media';
import type { App } from '$lib/server/app';
import { call, type Device } from './server';

export type Content = Uint8Array<ArrayBuffer>;

export const hashOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('base64url');

/** A content that begins as a voice note does, unless told otherwise; no two of another `mark` are alike. */
export function recording(size: number, mark = 1, start: readonly number[] = [0x1a, 0x45, 0xdf, 0xa3]): Content {
	const bytes = new Uint8Array(size);
	for (let i = 0; i < size; i++) bytes[i] = (i * 31 + mark * 7 + (i >> 8)) & 255;
	bytes.set(start.slice(0, size));
	return bytes;
}

/** What its interview says of it. */
export const mediaOf = (content: Uint8Array, more: Partial<Media> = {}): Media => ({
	hash: hashOf(content),
	type: typeOfBytes(content) ?? 'audio/webm',
	size: content.length,
	at: '2014-11-12T10:00:00.000Z',
	...more
});

/** The field that names it. */
export const naming = (content: Uint8Array, more: Partial<Media> = {}): { [field: string]: Media } => {
	const media = mediaOf(content, more);
	return { [mediaField(media.hash)]: media };
};

export type Where = { interview: string; hash: string };
const pathOf = ({ interview, hash }: Where) => `/api/media/${interview}/${hash}`;

/** Sends one piece, from a byte to another; without it, asks how far the recording has come. */
export const put = (
	app: App,
	as: Device,
	where: Where,
	range: string,
	piece?: Uint8Array<ArrayBuffer>
): Promise<Response> =>
	call(app, 'PUT', pathOf(where), { as, headers: { 'content-range': range }, ...(piece ? { raw: piece } : {}) });

/** Sends a recording whole, in pieces of this size. */
export async function putAll(
	app: App,
	as: Device,
	interview: string,
	content: Content,
	size = 1_000_000
): Promise<Response> {
	const where = { interview, hash: hashOf(content) };
	let response = await put(app, as, where, `bytes */${content.length}`);
	for (let from = 0; from < content.length && response.ok; from += size) {
		const piece = content.slice(from, from + size);
		response = await put(app, as, where, `bytes ${from}-${from + piece.length - 1}/${content.length}`, piece);
	}
	return response;
}

export const get = (app: App, as: Device, where: Where): Promise<Response> => call(app, 'GET', pathOf(where), { as });
