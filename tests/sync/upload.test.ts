import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { CHUNK, mediaField } from '$lib/domain/media';
import { inUse } from '$lib/domain/record';
import { eraseUnsent } from '$lib/local/unsent';
import { isAllSent, keepMedia, readMedia } from '$lib/local/media';
import { backUp } from '$lib/server/keeping/backup';
import { openEpoch } from '$lib/server/exchange/pull';
import { DATABASES, openApp } from '../support/databases';
import { get, hashOf, recording } from '../support/media';
import { interview, openScene, type Scene } from '../support/scene';
import { call } from '../support/server';
import type { Tablet } from '../support/tablet';

const AT = { at: '2014-11-12T10:00:00.000Z' };
const LONG = 2 * CHUNK + 500; // three pieces

const statesOf = async ({ db }: Tablet) => (await db.media.toArray()).map(({ state }) => state);
const atServer = async ({ app }: Scene) =>
	await app.db.selectFrom('media').select(['hash', 'received', 'completed_at']).execute();
const cutting = (tablet: Tablet, fails: (call: number) => 'before' | 'after' | undefined) => {
	let calls = 0;
	tablet.net = async (go) => {
		const when = fails(++calls);
		if (when === 'before') throw new TypeError('the line was cut');
		const response = await go();
		if (when === 'after') throw new TypeError('the reply was lost');
		return response;
	};
};

describe.each(DATABASES)('a voice note on a tablet, with a server on %s', (name) => {
	test('leaves after its text, never before, and comes back as it was said', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine, app } = scene;
		const id = await sandrine.create('interview', interview(scene));
		const content = recording(LONG);
		const { hash } = await sandrine.record(id, content);
		expect(await sandrine.upload()).toBe(1); // its interview is not there yet
		expect(await atServer(scene)).toEqual([]);
		const [row] = await sandrine.db.media.toArray();
		expect(isAllSent({ id }, new Set(), [row!])).toBe(false);

		await sandrine.sync();
		expect(await sandrine.upload()).toBe(0);
		expect(await statesOf(sandrine)).toEqual(['sent']);
		expect(isAllSent({ id }, new Set(), await sandrine.db.media.toArray())).toBe(true);
		const response = await get(app, sandrine.device, { interview: id, hash });
		expect(hashOf(new Uint8Array(await response.arrayBuffer()))).toBe(hash);
		expect(new Uint8Array(await (await readMedia(sandrine.db, [id, hash]))!.arrayBuffer())).toEqual(content);
		expect(await sandrine.upload()).toBe(0); // nothing more is asked of the server
	});

	test('goes on from the piece at which the line was cut, wherever that is, and no piece counts twice', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene));
		await sandrine.record(id, recording(LONG));
		await sandrine.sync();
		// How far it has come, three pieces: cut before and after each, then whole.
		let sent = 0;
		for (const at of [1, 2, 3, 4])
			for (const when of ['before', 'after'] as const) {
				cutting(sandrine, (call) => (call === at ? when : undefined));
				const left = await sandrine.upload();
				const [row] = await atServer(scene);
				expect(row?.received ?? 0).toBeGreaterThanOrEqual(sent);
				sent = row?.received ?? 0;
				if (left === 0) break;
				expect(await statesOf(sandrine)).toEqual(['waiting']);
			}
		sandrine.net = (go) => go();
		expect(await sandrine.upload()).toBe(0);
		expect(await atServer(scene)).toMatchObject([{ received: LONG }]);
		const parts = await scene.app.db.selectFrom('media_part').select('start').orderBy('start').execute();
		expect(parts.map(({ start }) => start)).toEqual([0, CHUNK, 2 * CHUNK]);
	});

	test('sends each byte once although every reply is lost', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene));
		await sandrine.record(id, recording(LONG));
		await sandrine.exchange();
		let bytes = 0;
		const { sendPiece } = sandrine;
		sandrine.sendPiece = async (path, body, headers) => {
			bytes += body?.length ?? 0;
			const response = await sendPiece(path, body, headers);
			if (body) throw new TypeError('the reply was lost');
			return response;
		};
		for (let i = 0; i < 4; i++) await sandrine.upload();
		expect(await statesOf(sandrine)).toEqual(['sent']);
		expect(bytes).toBe(LONG);
	});

	test('leaves the tablet only once a backup made after it came is announced', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine, app } = scene;
		const clock = app as typeof app & { now: Date };
		const announce = async (at: Date) =>
			void (await app.db.updateTable('structure').set({ backup_sequence: 1, backup_at: at.toISOString() }).execute());
		const id = await sandrine.create('interview', interview(scene));
		await sandrine.record(id, recording(500));
		await announce(clock.now);
		await sandrine.exchange();
		clock.now = new Date(clock.now.getTime() + 60_000);
		await sandrine.upload();
		await sandrine.exchange();
		await sandrine.upload();
		expect(await statesOf(sandrine)).toEqual(['sent']); // the backup is from before it
		await announce(clock.now);
		await sandrine.exchange();
		await sandrine.upload();
		expect(await statesOf(sandrine)).toEqual(['sent']); // made in the same instant: nobody knows which came first
		clock.now = new Date(clock.now.getTime() + 60_000);
		await announce(clock.now);
		await sandrine.exchange();
		expect(await sandrine.upload()).toBe(0);
		expect(await statesOf(sandrine)).toEqual([]);
		expect(await sandrine.db.chunks.count()).toBe(0);
		expect(await atServer(scene)).toHaveLength(1);
	});

	test('is offered again to a server that came back from before it', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine, app } = scene;
		const id = await sandrine.create('interview', interview(scene));
		const { hash } = await sandrine.record(id, recording(LONG));
		await sandrine.exchange();
		await sandrine.upload();
		for (const table of ['media', 'media_part'] as const) await app.db.deleteFrom(table).execute();
		await openEpoch(app, sandrine.device.session.structure.id);
		expect(await sandrine.exchange()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		expect(await statesOf(sandrine)).toEqual(['waiting']);
		expect(await sandrine.upload()).toBe(0);
		expect(await atServer(scene)).toMatchObject([{ hash, received: LONG }]);
	});

	test('whose tablet was killed before its interview could name it, is named at the next exchange', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene, { state: 'draft' }));
		await sandrine.sync();
		const { hash } = await keepMedia(sandrine.db, id, recording(500), AT); // and then the power goes
		expect(await sandrine.upload()).toBe(1);
		expect(inUse((await sandrine.view(id))!.fields, mediaField(hash))).toMatchObject({ hash, size: 500 });
		await sandrine.sync();
		expect(await sandrine.upload()).toBe(0);
		expect(await atServer(scene)).toMatchObject([{ hash, received: 500 }]);
		expect(await sandrine.db.outbox.count()).toBe(0);
	});

	test('of somebody erased leaves tablet and server, half sent or not, and is not named again', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine, claire, app } = scene;
		const id = await sandrine.create('interview', interview(scene));
		await sandrine.record(id, recording(LONG));
		await sandrine.sync();
		cutting(sandrine, (call) => (call === 3 ? 'before' : undefined));
		await sandrine.upload();
		sandrine.net = (go) => go();
		await call(app, 'DELETE', `/api/testimonies/${id}`, { as: claire.device });
		await sandrine.sync();
		expect(await sandrine.upload()).toBe(0);
		expect(await sandrine.db.media.count()).toBe(0);
		expect(await sandrine.db.chunks.count()).toBe(0);
		expect(await sandrine.db.outbox.count()).toBe(0);
		expect(await atServer(scene)).toEqual([]);
	});

	test('of an interview that was withdrawn before it was sent leaves with it', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene));
		await sandrine.record(id, recording(500));
		expect(await eraseUnsent(sandrine.db, id)).toBe(true);
		expect(await sandrine.db.media.count()).toBe(0);
		expect(await sandrine.db.chunks.count()).toBe(0);
		await sandrine.upload();
		await sandrine.sync();
		expect(await sandrine.db.sent.count()).toBe(0);
	});

	test('does not bring back an interview that was deleted', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene));
		await sandrine.record(id, recording(500));
		await sandrine.sync();
		const named = Object.values((await sandrine.view(id))!.fields).flatMap((all) => all.map(({ change }) => change));
		await sandrine.edit('interview', id, { deleted: { named: [...new Set(named)] } });
		expect(await sandrine.view(id)).toBeUndefined();
		await sandrine.upload();
		await sandrine.sync();
		await sandrine.upload();
		await sandrine.sync();
		expect(await sandrine.view(id)).toBeUndefined();
	});

	test('that does not open any more holds none of the others back', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene));
		const bad = await sandrine.record(id, recording(500));
		const good = await sandrine.record(id, recording(500, 2));
		await sandrine.db.media.update([id, bad.hash], { at: '2014-11-12T09:00:00.000Z' }); // first in turn
		const chunk = (await sandrine.db.chunks.get([id, bad.hash, 0]))!;
		chunk.sealed[40]! ^= 1;
		await sandrine.db.chunks.put(chunk);
		await sandrine.sync();
		expect(await sandrine.upload()).toBe(1);
		expect(await atServer(scene)).toMatchObject([{ hash: good.hash }]);
		expect((await sandrine.db.media.get([id, bad.hash]))!.state).toBe('waiting');
	});

	test('that is heard in two interviews is each one’s own: both have it, and one’s leaves without the other’s', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const ids = [
			await sandrine.create('interview', interview(scene)),
			await sandrine.create('interview', interview(scene))
		] as const;
		for (const id of ids) await sandrine.record(id, recording(500));
		const withdrawn = await sandrine.create('interview', interview(scene));
		await sandrine.record(withdrawn, recording(500));
		expect(await eraseUnsent(sandrine.db, withdrawn)).toBe(true);
		await sandrine.sync();
		expect(await sandrine.upload()).toBe(0);
		expect(await statesOf(sandrine)).toEqual(['sent', 'sent']);
		const rows = await scene.app.db.selectFrom('media').select(['record_id', 'completed_at']).execute();
		expect(rows.filter((row) => row.completed_at).map(({ record_id }) => record_id)).toEqual(ids.toSorted());
	});

	test('that the server will never take is said so, and is not offered at every exchange', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene));
		const { hash } = await sandrine.record(id, recording(500));
		await sandrine.edit('interview', id, { [mediaField(hash)]: { hash, type: 'image/png', size: 500, ...AT } });
		await sandrine.sync();
		expect(await sandrine.upload()).toBe(0);
		expect(await statesOf(sandrine)).toEqual(['refused']);
		expect(await readMedia(sandrine.db, [id, hash])).toBeDefined(); // kept: it can still be heard here
	});

	test('is kept whole or not at all where there is no room', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene));
		const { db } = sandrine;
		const full = vi.spyOn(db.media, 'put').mockRejectedValue(new DOMException('full', 'QuotaExceededError'));
		await expect(keepMedia(db, id, recording(LONG), AT)).rejects.toThrow('full');
		expect(await db.chunks.count()).toBe(0);
		full.mockRestore();
		for (const content of [new Uint8Array(), recording(20, 1, [0x3c, 0x73, 0x76, 0x67]), recording(25_000_001)])
			await expect(keepMedia(db, id, content, AT)).rejects.toThrow(RangeError);
		expect(await db.media.count()).toBe(0);
		await keepMedia(db, id, recording(LONG), AT);
		expect(await db.chunks.count()).toBe(3);
	});
});

test('a voice note that only a real backup knows leaves the tablet', async () => {
	const scene = await openScene(await openApp('SQLite'));
	const { sandrine } = scene;
	const app = scene.app as Awaited<ReturnType<typeof openApp>>;
	const id = await sandrine.create('interview', interview(scene));
	await sandrine.record(id, recording(500));
	await sandrine.sync();
	await sandrine.upload();
	app.now = new Date(app.now.getTime() + 60_000);
	await backUp(app, join(app.folder, 'backups'));
	await sandrine.sync();
	await sandrine.upload();
	expect(await sandrine.db.media.count()).toBe(0);
});
