import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { mediaField } from '$lib/domain/media';
import type { Testimony } from '$lib/domain/testimony';
import { DATABASES } from '../support/databases';
import { hear, OPEN_QUESTION, openOffice, problem, seenBy, type Office } from '../support/office';
import { call, change, sync } from '../support/server';

const CODE = 'ABCDE-23456';
const WEBM = [0x1a, 0x45, 0xdf, 0xa3];
const JPEG = [0xff, 0xd8, 0xff];

const recording = (start: number[], size = 1200) => {
	const content = new Uint8Array(size).fill(7);
	content.set(start);
	return { content, hash: createHash('sha256').update(content).digest('base64url') };
};
/** The template's item for a voice. */
const VOICE = 'enregistrement-voix';
const VOICE_NOTE = recording(WEBM);
const PICTURE = recording(JPEG);

/** Somebody whose voice was recorded and whose work was photographed, at a question nothing was written at. */
async function recorded(name: (typeof DATABASES)[number]) {
	const office = await openOffice(name);
	const at = '2014-11-12T10:00:00.000Z';
	const about = { question: OPEN_QUESTION, size: 1200, at };
	const { interview } = await hear(office, {
		code: CODE,
		fields: {
			[`consent:${VOICE}`]: 'yes',
			[mediaField(VOICE_NOTE.hash)]: { ...about, hash: VOICE_NOTE.hash, type: 'audio/webm', seconds: 42 },
			[mediaField(PICTURE.hash)]: { ...about, hash: PICTURE.hash, type: 'image/jpeg' }
		}
	});
	return { office, interview };
}

const send = ({ app, sandrine }: Office, interview: string, { content, hash }: typeof VOICE_NOTE) =>
	call(app, 'PUT', `/api/media/${interview}/${hash}`, {
		raw: content,
		headers: { 'content-range': `bytes 0-${content.length - 1}/${content.length}` },
		as: sandrine
	});
const read = async ({ app, claire }: Office, interview: string): Promise<Testimony> =>
	(await (await call(app, 'GET', `/api/testimonies/${interview}`, { as: claire })).json()) as Testimony;
const listen = ({ app, claire }: Office, interview: string, { hash }: typeof VOICE_NOTE) =>
	call(app, 'GET', `/api/media/${interview}/${hash}`, { as: claire });
const partsOf = ({ app }: Office) => app.db.selectFrom('media_part').select('hash').execute();

describe.each(DATABASES)('what was recorded, on %s', (name) => {
	test('is said with its question, and whether it has arrived: a testimony is whole with its last recording', async () => {
		const { office, interview } = await recorded(name);
		const before = await read(office, interview);
		expect(before.media).toHaveLength(2);
		expect(before.media.find(({ hash }) => hash === VOICE_NOTE.hash)).toMatchObject({
			question: OPEN_QUESTION,
			seconds: 42,
			complete: false,
			text: { fr: expect.any(String) as string }
		});
		expect((await send(office, interview, VOICE_NOTE)).status).toBe(200);
		const media = Object.fromEntries((await read(office, interview)).media.map((one) => [one.hash, one.complete]));
		expect(media).toEqual({ [VOICE_NOTE.hash]: true, [PICTURE.hash]: false });
		const heard = await listen(office, interview, VOICE_NOTE);
		expect(new Uint8Array(await heard.arrayBuffer())).toEqual(VOICE_NOTE.content);
		expect(heard.headers.get('content-disposition')).toMatch(/^attachment/);
		expect(heard.headers.get('x-content-type-options')).toBe('nosniff');
	});

	test('is erased at headquarters once it is taken back, and is not taken again', async () => {
		const { office, interview } = await recorded(name);
		for (const one of [VOICE_NOTE, PICTURE]) await send(office, interview, one);
		const field = mediaField(VOICE_NOTE.hash);
		const seen = { [field]: await seenBy(office.app, office.sandrine, interview, field) };
		await sync(office.app, office.sandrine, [change('interview', { [field]: null }, { record: interview, seen })]);
		expect(await partsOf(office)).toEqual([{ hash: PICTURE.hash }]);
		expect((await read(office, interview)).media.map(({ hash }) => hash)).toEqual([PICTURE.hash]);
		expect(await problem(await listen(office, interview, VOICE_NOTE))).toEqual([404, 'record.missing']);
		expect(await problem(await send(office, interview, VOICE_NOTE))).toEqual([404, 'record.missing']);
	});

	test('stays while somebody else has said that it is to stay', async () => {
		const { office, interview } = await recorded(name);
		await send(office, interview, VOICE_NOTE);
		const field = mediaField(VOICE_NOTE.hash);
		await sync(office.app, office.sandrine, [change('interview', { [field]: null }, { record: interview })]);
		expect(await partsOf(office)).toEqual([{ hash: VOICE_NOTE.hash }]);
	});

	test('is erased when the person no longer agrees to be recorded: the voice, not the picture', async () => {
		const { office, interview } = await recorded(name);
		for (const one of [VOICE_NOTE, PICTURE]) await send(office, interview, one);
		const body = { structure: office.structure, code: CODE, items: [VOICE] };
		const left = (await (await call(office.app, 'POST', '/api/receipt/withdraw', { body })).json()) as Testimony;
		expect(left.media.map(({ hash }) => hash)).toEqual([PICTURE.hash]);
		expect(left.consents.find(({ item }) => item === VOICE)!.consent).toBe('no');
		expect(await partsOf(office)).toEqual([{ hash: PICTURE.hash }]);
	});

	test('that is not what its first bytes say is refused, whatever its type is said to be', async () => {
		const { office, interview } = await recorded(name);
		const page = recording([...new TextEncoder().encode('<script>alert(1)</script>')]);
		const field = mediaField(page.hash);
		const said = { hash: page.hash, type: 'audio/webm', size: 1200, at: '2014-11-12T10:00:00.000Z' };
		await sync(office.app, office.sandrine, [change('interview', { [field]: said }, { record: interview })]);
		expect(await problem(await send(office, interview, page))).toEqual([400, 'media.refused']);
		expect(await partsOf(office)).toEqual([]);
	});
});
