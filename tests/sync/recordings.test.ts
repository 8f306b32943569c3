import { describe, expect, test } from 'vitest';
import { mediaField } from '$lib/domain/media';
import { keepMedia, readMedia } from '$lib/local/media';
import { eraseUnsent } from '$lib/local/unsent';
import { deletionOf, inUse } from '$lib/domain/record';
import { upload } from '$lib/sync/upload';
import { openOffice, told } from '../support/office';
import { call, uuid } from '../support/server';
import { Tablet } from '../support/tablet';

const AT = '2014-11-12T10:00:00.000Z';
const CONTENT = new Uint8Array(1_500_000).fill(7);
CONTENT.set([0x1a, 0x45, 0xdf, 0xa3]);

/** Sandrine's tablet in Lourdes, with an interview and what was recorded in it; nothing has left. */
async function recording(more: { named: boolean }) {
	const office = await openOffice('SQLite');
	const tablet = await Tablet.of(office.app, office.sandrine);
	const { record, fields } = told(office);
	await tablet.edit('interview', record, fields, { creates: true });
	const media = await keepMedia(tablet.db, record, CONTENT, { at: AT, seconds: 42 });
	if (more.named) await tablet.edit('interview', record, { [mediaField(media.hash)]: media });
	const send = (path: string, body: Uint8Array | null, headers: { [name: string]: string }) =>
		call(office.app, 'PUT', path, {
			headers,
			as: office.sandrine,
			...(body ? { raw: body as Uint8Array<ArrayBuffer> } : {})
		});
	const sendAll = () => upload({ db: tablet.db, send, person: tablet.person, now: () => AT, mint: uuid });
	const left = async () => [await tablet.db.media.count(), await tablet.db.chunks.count()];
	return { ...office, tablet, interview: record, hash: media.hash, sendAll, left };
}

describe('what was recorded on a tablet', () => {
	test('is named by its interview even when the tablet was killed in between, and arrives after it', async () => {
		const { app, tablet, interview, hash, sendAll, claire } = await recording({ named: false });
		expect(await sendAll()).toBe(1); // the interview has not left: its recording waits for it
		await tablet.sync();
		expect(await sendAll()).toBe(0);
		const heard = await call(app, 'GET', `/api/media/${interview}/${hash}`, { as: claire });
		expect(new Uint8Array(await heard.arrayBuffer())).toEqual(CONTENT);
		expect(await (await readMedia(tablet.db, [interview, hash]))?.arrayBuffer()).toHaveProperty(
			'byteLength',
			CONTENT.length
		);
	});

	test('leaves with an interview that was erased before it was sent, which nothing brings back', async () => {
		const { tablet, interview, sendAll, left } = await recording({ named: true });
		expect(await eraseUnsent(tablet.db, interview)).toBe(true);
		expect(await left()).toEqual([0, 0]);
		await sendAll();
		expect(await tablet.view(interview)).toBeUndefined();
		expect(await tablet.db.outbox.count()).toBe(0);
	});

	test('does not bring back an interview that was deleted', async () => {
		const { tablet, interview, sendAll } = await recording({ named: false });
		await tablet.edit('interview', interview, { deleted: deletionOf((await tablet.view(interview))!.fields) });
		await tablet.sync();
		await sendAll();
		expect(await tablet.view(interview)).toBeUndefined();
		expect(await tablet.db.outbox.count()).toBe(0);
	});

	test('leaves once it was taken back elsewhere', async () => {
		const { tablet, interview, hash, sendAll, left } = await recording({ named: true });
		await tablet.edit('interview', interview, { [mediaField(hash)]: null });
		expect(await sendAll()).toBe(0);
		expect(await left()).toEqual([0, 0]);
		expect(inUse((await tablet.view(interview))!.fields, mediaField(hash))).toBeNull();
	});

	test('arrives in smaller pieces where a box on the way takes no more', async () => {
		const { app, claire, tablet, interview, hash } = await recording({ named: true });
		const { sendPiece } = tablet;
		const sizes: number[] = [];
		tablet.sendPiece = async (path, body, headers) => {
			if (body) sizes.push(body.length);
			return body && body.length > 400_000 ? new Response('', { status: 413 }) : await sendPiece(path, body, headers);
		};
		await tablet.sync();
		expect(sizes).toEqual([1_000_000, 500_000, 250_000, 250_000, 250_000, 250_000, 250_000, 250_000]);
		const heard = await call(app, 'GET', `/api/media/${interview}/${hash}`, { as: claire });
		expect(new Uint8Array(await heard.arrayBuffer())).toEqual(CONTENT);
	});
});
