import { describe, expect, test } from 'vitest';
import { Journal } from '$lib/domain/journal';
import { CHUNK, mediaField, type MediaType, MAX_MEDIA } from '$lib/domain/media';
import { mediaOf as mediaKept } from '$lib/server/exchange/media';
import { runRetention } from '$lib/server/keeping/retention';
import { loadRecords } from '$lib/server/database/store';
import { DATABASES } from '../support/databases';
import { get, hashOf, mediaOf, naming, put, putAll, recording, type Content } from '../support/media';
import { deviceOf, hear, idOf, openNetwork, openOffice, problem, type Office } from '../support/office';
import { call, change, sync } from '../support/server';
import { expectSound } from '../support/stored';

/** An interview of Sandrine's that names this content, which has not come yet. */
async function heard(office: Office, content: Content, more = {}): Promise<{ interview: string; hash: string }> {
	const { interview } = await hear(office, { words: 'Une parole', fields: naming(content, more) });
	return { interview, hash: hashOf(content) };
}
const rowsOf = async ({ app }: Office) => ({
	media: await app.db.selectFrom('media').selectAll().execute(),
	parts: await app.db.selectFrom('media_part').select(['start', 'record_id']).orderBy('start').execute()
});
const NOTHING = { media: [], parts: [] };
const whole = { received: 2500, complete: true, at: '2014-11-12T09:00:00.000Z' };
const until = (received: number) => ({ received, complete: false, at: null });
const bytes = async (response: Response) => new Uint8Array(await response.arrayBuffer());

describe.each(DATABASES)('a recording that comes to %s', (name) => {
	test('in pieces, in order, is whole with the last one and comes back as it was', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const content = recording(2500);
		const where = await heard(office, content);
		const send = async (range: string, from?: number, to?: number) => {
			const piece = from === undefined ? undefined : content.slice(from, to);
			const response = await put(app, sandrine, where, `bytes ${range}/2500`, piece);
			expect(response.status).toBe(200);
			return (await response.json()) as object;
		};
		expect(await send('*')).toEqual(until(0));
		expect(await send('0-999', 0, 1000)).toEqual(until(1000));
		expect(await problem(await get(app, sandrine, where))).toEqual([404, 'record.missing']); // not whole yet
		expect(await send('1000-1999', 1000, 2000)).toEqual(until(2000));
		expect(await send('*')).toEqual(until(2000));
		expect(await send('2000-2499', 2000, 2500)).toEqual(whole);
		expect(await bytes(await get(app, sandrine, where))).toEqual(content);
		expect(await send('*')).toEqual(whole);
		await expectSound(app, office.structure);
	});

	test('out of order is told how much of it there is, repeated or overlapping counts once', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const content = recording(2500);
		const where = await heard(office, content);
		const send = (from: number, to: number) =>
			put(app, sandrine, where, `bytes ${from}-${to - 1}/2500`, content.slice(from, to));
		const ahead = await send(1000, 2000);
		expect([ahead.status, await ahead.json()]).toEqual([416, { problem: 'media.range', details: { received: 0 } }]);
		expect(await rowsOf(office)).toEqual(NOTHING);
		await send(0, 1000);
		expect(await (await send(0, 1000)).json()).toEqual(until(1000));
		expect(await (await send(200, 700)).json()).toEqual(until(1000));
		const gap = await send(1001, 2000);
		expect(await gap.json()).toEqual({ problem: 'media.range', details: { received: 1000 } });
		expect(await (await send(500, 1500)).json()).toEqual(until(1500));
		expect(await (await send(0, 2500)).json()).toEqual(whole);
		expect(await bytes(await get(app, sandrine, where))).toEqual(content);
		expect((await rowsOf(office)).parts.map(({ start }) => start)).toEqual([0, 1000, 1500]);
	});

	test('goes on from where it stood when the server was killed, and two who send it at once make one', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const content = recording(2 * CHUNK + 10);
		const where = await heard(office, content);
		const range = (from: number, to: number) => `bytes ${from}-${to - 1}/${content.length}`;
		await put(app, sandrine, where, range(0, CHUNK), content.slice(0, CHUNK));
		const both = [1, 2].map(() => put(app, sandrine, where, range(CHUNK, 2 * CHUNK), content.slice(CHUNK, 2 * CHUNK)));
		for (const one of await Promise.all(both)) expect(await one.json()).toMatchObject({ received: 2 * CHUNK });
		expect((await putAll(app, sandrine, where.interview, content)).status).toBe(200);
		expect((await rowsOf(office)).media).toMatchObject([{ size: content.length, received: content.length }]);
		expect(hashOf(await bytes(await get(app, sandrine, where)))).toBe(where.hash);
	});

	test('that is not what its name says is refused at the end, and nothing of it is kept', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const content = recording(2500);
		const where = await heard(office, content);
		const altered = content.slice();
		altered[1700]! ^= 1;
		for (const size of [2500, 1000]) {
			let last: Response | undefined;
			for (let from = 0; from < 2500; from += size) {
				const piece = altered.slice(from, from + size);
				last = await put(app, sandrine, where, `bytes ${from}-${from + piece.length - 1}/2500`, piece);
			}
			expect(await problem(last!)).toEqual([409, 'media.differs']);
			expect(await rowsOf(office)).toEqual(NOTHING);
		}
		expect(await (await putAll(app, sandrine, where.interview, content)).json()).toEqual(whole);
	});

	test('is taken by its first bytes and by nothing that is said of it', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const text = (words: string) => [...new TextEncoder().encode(words)];
		const lies: [start: number[], said: MediaType][] = [
			[text('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">'), 'image/png'],
			[text('<!doctype html><script>alert(1)</script>'), 'audio/webm'],
			[text('\ufeff<?xml version="1.0"?><svg/>'), 'image/jpeg'],
			[text('GIF89a'), 'image/png'],
			[text('%PDF-1.4'), 'audio/ogg'],
			[[0xff, 0xd8, 0xff, 0xe0], 'image/png'], // a picture, and not of the kind that it says
			[[0x1a, 0x45, 0xdf], 'audio/webm'],
			[text('RIFF....AVI LIST'), 'audio/wav'],
			[[0, 0, 0], 'audio/mp4']
		];
		for (const [start, said] of lies) {
			const content = start.length < 5 ? new Uint8Array(start) : recording(300, 1, start);
			const { interview } = await heard(office, content, { type: said });
			expect(await problem(await putAll(app, sandrine, interview, content)), said).toEqual([400, 'media.refused']);
		}
		expect(await rowsOf(office)).toEqual(NOTHING);
		const kinds: [MediaType, number[]][] = [
			['audio/webm', [0x1a, 0x45, 0xdf, 0xa3]],
			['audio/ogg', text('OggS')],
			['audio/mp4', [0, 0, 0, 24, ...text('ftypM4A ')]],
			['audio/wav', text('RIFF....WAVEfmt ')],
			['image/jpeg', [0xff, 0xd8, 0xff, 0xe1]],
			['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]]
		];
		for (const [type, start] of kinds) {
			const content = recording(300, 1, start);
			const { interview, hash } = await heard(office, content);
			expect((await putAll(app, sandrine, interview, content)).status, type).toBe(200);
			expect((await get(app, sandrine, { interview, hash })).headers.get('content-type')).toBe(type);
		}
	});

	test('a picture that is also a page is never shown as one', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const page = [...new TextEncoder().encode('<html><script>alert(document.cookie)</script>')];
		const content = recording(300, 1, [0xff, 0xd8, 0xff, 0xe0, ...page]);
		const { interview, hash } = await heard(office, content);
		await putAll(app, sandrine, interview, content);
		const { headers } = await get(app, sandrine, { interview, hash });
		expect(Object.fromEntries(headers)).toMatchObject({
			'content-type': 'image/jpeg',
			'x-content-type-options': 'nosniff',
			'content-disposition': `attachment; filename="temoin-${hash.slice(0, 8)}.jpeg"`,
			'content-security-policy': "default-src 'none'; sandbox",
			'cache-control': 'no-store'
		});
	});

	test('of more than 25 MB, or in pieces that are none, is refused and nothing of it is kept', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const content = recording(2500);
		const where = await heard(office, content);
		const big = { ...mediaOf(recording(10, 9)), size: MAX_MEDIA + 1 };
		const { receipts } = await sync(app, sandrine, [change('interview', { [mediaField(big.hash)]: big })]);
		expect(receipts).toMatchObject([
			{ verdict: 'quarantined', problem: 'field.invalid', fields: [mediaField(big.hash)] }
		]);
		const refused: [range: string, piece?: Content][] = [
			['', content],
			['bytes 0-2499', content],
			['bytes 0-/2500', content],
			['bytes 9-5/2500', content],
			['bytes 0-2498/2500', content], // not as long as what comes
			['bytes 0-2500/2501', recording(2501)], // longer than the interview says
			[`bytes ${MAX_MEDIA}-${MAX_MEDIA}/${MAX_MEDIA + 1}`, recording(1)],
			[`bytes 0-${CHUNK + 1}/${MAX_MEDIA}`, recording(CHUNK + 2)],
			['bytes 0--1/2500', new Uint8Array()],
			['octets 0-2499/2500', content]
		];
		for (const [range, piece] of refused)
			expect(await problem(await put(app, sandrine, where, range, piece)), range).toEqual([416, 'media.range']);
		const long = await put(app, sandrine, where, `bytes 0-2499/2500`, recording(CHUNK + 2));
		expect(await problem(long)).toEqual([413, 'body.too-large']);
		expect(await rowsOf(office)).toEqual(NOTHING);
	});

	test('of somebody else, of an interview that has not come, or that does not name it, is refused', async () => {
		const office = await openOffice(name);
		const { app, sandrine, nadia, claire } = office;
		const content = recording(2500);
		const where = await heard(office, content);
		const send = (as: typeof nadia, interview: string, one = content) => putAll(app, as, interview, one);
		for (const as of [nadia, claire])
			// not even a director: she reads, and says nothing in another's name
			expect(await problem(await send(as, where.interview))).toEqual([404, 'record.missing']);
		expect(await problem(await send(sandrine, hashOf(content)))).toEqual([404, 'record.missing']);
		expect(await problem(await send(sandrine, where.interview, recording(2500, 2)))).toEqual([404, 'record.missing']);
		expect(await problem(await send(sandrine, office.campaign))).toEqual([404, 'record.missing']);
		expect(await rowsOf(office)).toEqual(NOTHING);
	});

	test('is heard by who took it, by a director, which is noted, and by nobody else', async () => {
		const office = await openOffice(name);
		const { app, sandrine, nadia, paul, claire } = office;
		const content = recording(2500);
		const where = await heard(office, content);
		await putAll(app, sandrine, where.interview, content);
		const noted = async () => {
			const { lines } = Journal.parse(await (await call(app, 'GET', '/api/journal', { as: claire })).json());
			return lines.filter(({ act }) => act === 'testimony.read');
		};
		for (const as of [nadia, paul, await openNetwork(office)])
			expect(await problem(await get(app, as, where))).toEqual([404, 'record.missing']);
		expect((await get(app, sandrine, where)).status).toBe(200);
		expect(await noted()).toEqual([]);
		expect(await bytes(await get(app, claire, where))).toEqual(content);
		expect(await noted()).toMatchObject([{ person: idOf(claire), device: deviceOf(claire), subject: where.interview }]);
		expect(await problem(await get(app, claire, { ...where, hash: 'x' }))).toEqual([404, 'record.missing']);
	});

	test('makes its interview complete only once it is whole', async () => {
		const office = await openOffice(name);
		const { app, sandrine, structure } = office;
		const [one, two] = [recording(2500), recording(2500, 2)];
		const fields = { ...naming(one), ...naming(two), [mediaField(hashOf(recording(5, 3)))]: null };
		const { interview } = await hear(office, { fields });
		const complete = async () => {
			const record = (await loadRecords(app.db, structure, [interview])).get(interview)!;
			return new Map((await mediaKept(app.db, structure, record)).map(({ hash, complete }) => [hash, complete]));
		};
		expect(await complete()).toEqual(new Map([one, two].map((content) => [hashOf(content), false])));
		await putAll(app, sandrine, interview, one);
		await put(app, sandrine, { interview, hash: hashOf(two) }, 'bytes 0-999/2500', two.slice(0, 1000));
		expect([...(await complete()).values()].toSorted()).toEqual([false, true]);
		await putAll(app, sandrine, interview, two);
		expect([...(await complete()).values()]).toEqual([true, true]);
	});

	test('leaves both tables with an erased person, whole or half come, and does not come again', async () => {
		const office = await openOffice(name);
		const { app, sandrine, claire } = office;
		const [one, two] = [recording(2500), recording(2500, 2)];
		const { interview } = await hear(office, { fields: { ...naming(one), ...naming(two) } });
		await putAll(app, sandrine, interview, one);
		await put(app, sandrine, { interview, hash: hashOf(two) }, 'bytes 0-999/2500', two.slice(0, 1000));
		const kept = await heard(office, one);
		await putAll(app, sandrine, kept.interview, one); // the same content, of another interview: its own
		expect((await call(app, 'DELETE', `/api/testimonies/${interview}`, { as: claire })).status).toBe(204);
		const left = await rowsOf(office);
		expect(left.media.map(({ record_id }) => record_id)).toEqual([kept.interview]);
		expect(left.parts.map(({ record_id }) => record_id)).toEqual([kept.interview]);
		const again = await put(app, sandrine, { interview, hash: hashOf(two) }, 'bytes 1000-2499/2500', two.slice(1000));
		expect(await problem(again)).toEqual([404, 'record.missing']);
		expect(await problem(await get(app, claire, { interview, hash: hashOf(one) }))).toEqual([404, 'record.missing']);
		expect(hashOf(await bytes(await get(app, sandrine, kept)))).toBe(kept.hash);
		await expectSound(app, office.structure);
	});

	test('leaves with the words when their time is over', async () => {
		const office = await openOffice(name);
		const { app, sandrine, structure } = office;
		const content = recording(2500);
		const where = await heard(office, content);
		await putAll(app, sandrine, where.interview, content);
		app.now = new Date('2034-01-01T00:00:00.000Z');
		expect(await runRetention(app, structure, { person: 'server', device: '' })).toBe(1);
		expect(await rowsOf(office)).toEqual(NOTHING);
		const record = (await loadRecords(app.db, structure, [where.interview])).get(where.interview)!;
		expect(Object.keys(record.fields).filter((field) => field.startsWith('media:'))).toEqual([]);
		await expectSound(app, structure);
	});
});
