import { CHUNK } from '../../domain/media';
import { MediaState } from '../../domain/media-shapes';
import { Problem } from '../../domain/problem';
import { hasRole } from '../../domain/actor';
import { readBytes } from '../door/body';
import { endpoint, reply } from '../door/endpoint';
import { noteAlone } from '../keeping/journal';
import { readMedia, readRange, receivePiece } from '../exchange/media';

export const putMedia = endpoint({
	method: 'PUT',
	path: '/api/media/[interview]/[hash]',
	summary: 'One piece of a recording of one’s own interview, by Content-Range; without bounds, how far it has come',
	act: 'sync',
	reply: MediaState,
	async handle(call) {
		const { app, request, session, params } = call;
		const key = { structure: session.structure.id, interview: params.interview!, hash: params.hash! };
		const range = readRange(request.headers.get('content-range'));
		const bytes = range && (await readBytes(request, CHUNK + 1));
		if (range && bytes!.length !== range.to - range.from + 1) throw new Problem('media.range', 416);
		const piece = range && { from: range.from, bytes: bytes! };
		return await reply(call, await receivePiece(app, key, piece, session.person.id));
	}
});

/** Rights come from the interview: one's own, or a director's one by one, noted as reading it is. */
export const getMedia = endpoint({
	method: 'GET',
	path: '/api/media/[interview]/[hash]',
	summary: 'A whole recording, of one’s own interview or as a director',
	act: 'sync',
	async handle({ app, session, params }) {
		const { structure, person, device } = session;
		const key = { structure: structure.id, interview: params.interview!, hash: params.hash! };
		const director = hasRole(person, 'director');
		const { type, content } = await readMedia(app.db, key, director ? undefined : person.id);
		if (director)
			await noteAlone(app, structure.id, {
				act: 'testimony.read',
				person: person.id,
				device: device.id,
				subject: key.interview
			});
		return new Response(content as BodyInit, {
			headers: {
				'content-type': type,
				'content-disposition': `attachment; filename="temoin-${key.hash.slice(0, 8)}.${type.split('/')[1]}"`,
				'content-security-policy': "default-src 'none'; sandbox",
				'x-content-type-options': 'nosniff',
				'cache-control': 'no-store'
			}
		});
	}
});
