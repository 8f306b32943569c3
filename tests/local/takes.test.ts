import { Serializer } from 'node:v8';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CHUNK, mediaField } from '$lib/domain/media';
import { inUse } from '$lib/domain/record';
import { databaseName, LockedDatabase, PersonDatabase } from '$lib/local/database';
import { waitingLocked, emptyLocked, sendSealed } from '$lib/local/locked';
import { totalOf } from '$lib/domain/waiting';
import { dropMedia, keepMedia, mediaTables, readMedia, sealedPiece } from '$lib/local/media';
import { eraseUnsent } from '$lib/local/unsent';
import { readOutbox, writeOutbox } from '$lib/local/stick/outbox-file';
import { keepTake, listTakes, readTake, Taking } from '$lib/local/takes';
import type { Bytes } from '$lib/local/vault';
import { openApp } from '../support/databases';
import { hashOf, recording } from '../support/media';
import { interview, openScene } from '../support/scene';
import { call, uuid } from '../support/server';
import { storedRecords } from '../support/stored';
import { Tablet } from '../support/tablet';
import { openVault } from '../support/vault';

const AT = '2014-11-12T10:00:00.000Z';
const BEAT = 500; // milliseconds between two parts
const PER_MINUTE = 240_000; // bytes of speech as it is recorded
const PART = (PER_MINUTE * BEAT) / 60_000;
const QUESTION = 'moment-fier';

async function openDisk() {
	const place = { structure: uuid(), person: uuid(), device: uuid() };
	const vault = await openVault(place);
	const db = new PersonDatabase(databaseName(place.structure, place.person), vault);
	onTestFinished(() => db.delete());
	return { place, vault, db };
}

/** Says all of it into a recording that nobody has ended yet. */
async function say(db: PersonDatabase, about: string, content: Bytes, size = PART): Promise<Taking> {
	const taking = new Taking({ id: uuid(), about, question: QUESTION, at: AT });
	for (let from = 0, elapsed = BEAT; from < content.length; from += size, elapsed += BEAT)
		await add(db, taking, content.slice(from, from + size), elapsed);
	return taking;
}

async function add(db: PersonDatabase, taking: Taking, plain: Bytes, elapsed: number): Promise<void> {
	await taking.seal(db.vault, plain, elapsed);
	await taking.write(db);
}

const bytesOf = async (blob: Blob | undefined) => new Uint8Array(await blob!.arrayBuffer());
const rowsOf = (db: Parameters<typeof mediaTables>[0]) => Promise.all(mediaTables(db).map((table) => table.count()));

/** Bytes that are handed to IndexedDB to be written, the keys that lie beside the rows not counted. */
async function writtenBy(work: () => Promise<unknown>): Promise<number> {
	let bytes = 0;
	const spies = (['put', 'add'] as const).map((name) => {
		const real = IDBObjectStore.prototype[name];
		return vi.spyOn(IDBObjectStore.prototype, name).mockImplementation(function (this: IDBObjectStore, ...args) {
			const copy = new Serializer(); // as IndexedDB clones it: a view with all that it looks at
			copy.writeValue(args[0]);
			bytes += copy.releaseBuffer().length;
			return real.apply(this, args);
		});
	});
	await work();
	spies.forEach((spy) => spy.mockRestore());
	return bytes;
}

describe('a voice while it is recorded', () => {
	test('is on the disk as it comes: a kill takes nothing of what was there, and keeping it makes what an end makes', async () => {
		const { db, vault } = await openDisk();
		const about = uuid();
		const content = recording(CHUNK + 90_000);
		const { take } = await say(db, about, content); // and then the power goes
		const after = new PersonDatabase(db.name, vault);
		onTestFinished(() => after.close());
		const [found] = await listTakes(after, about);
		expect(found).toEqual({ ...take, milliseconds: Math.ceil(content.length / PART) * BEAT });
		expect(await bytesOf(await readTake(after, take))).toEqual(content);
		const media = await keepTake(after, take);
		const seconds = Math.round(found!.milliseconds / 1000);
		const said = { hash: hashOf(content), type: 'audio/webm', size: content.length };
		expect(media).toEqual({ ...said, question: QUESTION, seconds, at: AT });
		expect(await after.media.toArray()).toMatchObject([{ ...media, about, state: 'waiting' }]);
		expect(await bytesOf(await readMedia(after, [about, media.hash]))).toEqual(content);
		expect(await listTakes(after, about)).toEqual([]);
	});

	test('costs the disk at most 1.3 times a recording that is written at its end', async () => {
		const { db } = await openDisk();
		const minute = recording(PER_MINUTE);
		const before = await writtenBy(() => keepMedia(db, uuid(), minute, { at: AT, question: QUESTION, seconds: 60 }));
		const now = await writtenBy(async () => keepTake(db, (await say(db, uuid(), minute)).take));
		console.log(`${before} bytes a minute written at the end, ${now} as they come`);
		expect(before).toBeGreaterThan(PER_MINUTE);
		expect(now / before).toBeLessThan(1.3);
	});

	test('lies sealed, and ends as if it had been sealed whole', async () => {
		const { db, vault } = await openDisk();
		const about = uuid();
		const word = Buffer.from('fier de mon travail');
		const content = recording(2 * CHUNK + 77, 3);
		for (const from of [10, CHUNK - 5, CHUNK + 50_000]) content.set(word, from);
		const { take } = await say(db, about, content, 33_333);
		for (const { sealed } of await db.parts.toArray()) expect(Buffer.from(sealed).includes(word)).toBe(false);
		const media = await keepTake(db, take);
		const row = (await db.media.get([about, media.hash]))!;
		for (const number of [0, 1, 2]) {
			const sealed = (await sealedPiece(db, row, number))!;
			expect(await vault.openBytes(`${media.hash}|${number}`, 'media-1', sealed)).toEqual(
				content.slice(number * CHUNK, (number + 1) * CHUNK)
			);
			await expect(vault.openBytes(`${media.hash}|${number + 1}`, 'media-1', sealed)).rejects.toThrow();
		}
		// No nonce twice: of the pieces, of what answers for the parts.
		const parts = await db.parts.toArray();
		const nonces = [...new Set(parts.map(({ nonce }) => hashOf(nonce)))];
		const marks = parts.map(({ mark }) => hashOf(mark.slice(1, 13)));
		expect(new Set([...nonces, ...marks]).size).toBe(3 + parts.length);
	});

	test('that was altered, shortened in the middle or moved on the disk does not open', async () => {
		const { db } = await openDisk();
		const parts = async () => {
			const { take } = await say(db, uuid(), recording(10 * PART));
			return { take, rows: await db.parts.where('take').equals(take.id).toArray() };
		};
		db.close();
		db.version(4).stores({ parts: '[take+from], take' }); // for the test to look in
		await db.open();
		const cases: [string, (rows: Awaited<ReturnType<typeof parts>>['rows']) => Promise<unknown>][] = [
			['a byte', ([, row]) => ((row!.sealed[7]! ^= 1), db.parts.put(row!))],
			['a hole', ([, , row]) => db.parts.delete([row!.take, row!.from])],
			[
				'two changed over',
				([a, b]) =>
					db.parts.bulkPut([
						{ ...a!, sealed: b!.sealed, mark: b!.mark },
						{ ...b!, sealed: a!.sealed, mark: a!.mark }
					])
			]
		];
		for (const [name, alter] of cases) {
			const { take, rows } = await parts();
			await alter(rows);
			await expect(readTake(db, take), name).rejects.toThrow();
			await expect(keepTake(db, take), name).rejects.toThrow();
			expect(await db.takes.get(take.id), name).toBeDefined();
		}
	});

	test('for which there is no room stays, sealed, what came before it on the disk; it can be put there later, or given up', async () => {
		for (const then of ['room', 'given up'] as const) {
			const { db } = await openDisk();
			const about = uuid();
			const content = recording(10 * PART);
			const taking = await say(db, about, content.slice(0, 4 * PART));
			const full = vi.spyOn(db.parts, 'bulkPut').mockRejectedValue(new DOMException('full', 'QuotaExceededError'));
			for (let n = 4; n < 10; n++)
				await expect(add(db, taking, content.slice(n * PART, (n + 1) * PART), (n + 1) * BEAT)).rejects.toThrow('full');
			expect(taking.hasLeft).toBe(true);
			expect(taking.kept).toBe(4 * BEAT);
			expect(await bytesOf(await readTake(db, taking.take))).toEqual(content.slice(0, 4 * PART));
			full.mockRestore();
			if (then === 'room')
				await Promise.all([taking.write(db), taking.write(db)]); // two fast taps
			else taking.giveUp();
			expect(taking.hasLeft).toBe(false);
			const { size } = await keepTake(db, taking.take);
			expect(size).toBe(then === 'room' ? content.length : 4 * PART);
		}
	});

	test('leaves nothing behind: not the one taken back, not the one of an interview that is withdrawn', async () => {
		const { db } = await openDisk();
		const [one, other] = [uuid(), uuid()];
		const { hash } = await keepTake(db, (await say(db, one, recording(5000))).take);
		await db.transaction('rw', mediaTables(db), () => dropMedia(db, [one, hash]));
		expect(await rowsOf(db)).toEqual([0, 0, 0, 0]);
		await keepTake(db, (await say(db, other, recording(5000))).take);
		await say(db, other, recording(5000, 2));
		expect(await eraseUnsent(db, other)).toBe(true);
		expect(await rowsOf(db)).toEqual([0, 0, 0, 0]);
	});

	test('kept twice is kept once', async () => {
		const { db } = await openDisk();
		const about = uuid();
		const kept = [];
		for (let n = 0; n < 2; n++) kept.push(await keepTake(db, (await say(db, about, recording(5000))).take));
		expect(kept[1]).toEqual(kept[0]);
		expect(await rowsOf(db)).toEqual([1, 0, 0, 3]);
	});
});

describe('a voice that was recorded piece by piece, with a server', () => {
	/** Sandrine's tablet: an interview, its voice of three pieces, named or not. */
	async function recorded(how: 'kept' | 'interrupted') {
		const scene = await openScene(await openApp('SQLite'));
		const { sandrine } = scene;
		const tablet = await Tablet.enrolled(scene.app, sandrine.device);
		const id = await tablet.create('interview', interview(scene));
		const content = recording(2 * CHUNK + 500);
		const { take } = await say(tablet.db, id, content, 40_000);
		if (how === 'interrupted') return { ...scene, tablet, id, content, take };
		const media = await keepTake(tablet.db, take);
		await tablet.edit('interview', id, { [mediaField(media.hash)]: media });
		return { ...scene, tablet, id, content, take };
	}
	const heard = async ({ app, tablet, id, content }: Awaited<ReturnType<typeof recorded>>) => {
		const response = await call(app, 'GET', `/api/media/${id}/${hashOf(content)}`, { as: tablet.device });
		return await bytesOf(await response.blob());
	};

	test('leaves as any other, by the pieces the server takes, and then leaves the tablet whole', async () => {
		const scene = await recorded('kept');
		const { app, tablet, id, content } = scene;
		await tablet.sync();
		expect(await tablet.upload()).toBe(0);
		expect(await heard(scene)).toEqual(content);
		const parts = await app.db.selectFrom('media_part').select('start').orderBy('start').execute();
		expect(parts.map(({ start }) => start)).toEqual([0, CHUNK, 2 * CHUNK]);
		await tablet.db.transaction('rw', mediaTables(tablet.db), () => dropMedia(tablet.db, [id, hashOf(content)]));
		expect(await rowsOf(tablet.db)).toEqual([0, 0, 0, 0]);
	});

	test('leaves as it lies while the vault is locked, by net and by stick', async () => {
		const scene = await recorded('kept');
		const { app, tablet, content } = scene;
		const { place, id: key } = tablet.vault;
		tablet.db.close();
		const written = await writeOutbox(place, key, { name: 'Tablette', at: AT });
		const { pieces } = (await readOutbox(written.file))!;
		expect(pieces.map(({ number, hash }) => [number, hash])).toEqual([0, 1, 2].map((n) => [n, hashOf(content)]));
		for (const { number, hash, read } of pieces)
			expect(
				await tablet.vault.openBytes(`${hash}|${number}`, 'media-1', Buffer.from(await read(), 'base64url'))
			).toEqual(content.slice(number * CHUNK, (number + 1) * CHUNK));
		const send = (path: string, body: unknown) => call(app, 'POST', path, { body: body as object });
		expect(await sendSealed(place, key, send)).toEqual({ left: 0 });
		expect(await heard(scene)).toEqual(content);
	});

	test('and was interrupted is erased once the person no longer agrees to be recorded, and not before', async () => {
		const { tablet, id } = await recorded('interrupted');
		await tablet.edit('interview', id, { 'consent:voix': { answer: 'yes', use: 'voice' } });
		await tablet.sync();
		await tablet.upload();
		expect(await tablet.db.takes.count()).toBe(1);
		await tablet.edit('interview', id, { 'consent:voix': { answer: 'no', use: 'voice' } });
		await tablet.upload();
		expect(await rowsOf(tablet.db)).toEqual([0, 0, 0, 0]);
	});

	test('and was interrupted leaves with an interview that headquarters erases', async () => {
		const { app, tablet, claire, id } = await recorded('interrupted');
		await tablet.sync();
		expect(await tablet.db.takes.count()).toBe(1);
		await call(app, 'DELETE', `/api/testimonies/${id}`, { as: claire.device });
		await tablet.sync();
		expect(await rowsOf(tablet.db)).toEqual([0, 0, 0, 0]);
	});

	describe('and was interrupted, on a tablet that only its lost vault could open', () => {
		/** Locked for good: revoked, or its passphrase forgotten. */
		async function lost() {
			const scene = await recorded('interrupted');
			await scene.tablet.edit('interview', scene.id, { 'consent:voix': { answer: 'yes', use: 'voice' } });
			await scene.tablet.sync();
			const { place, id: key } = scene.tablet.vault;
			scene.tablet.db.close();
			const locked = new LockedDatabase(databaseName(place.structure, place.person));
			onTestFinished(() => locked.close());
			const send = (path: string, body: unknown) => call(scene.app, 'POST', path, { body: body as object });
			return { ...scene, place, key, locked, send };
		}

		test('is not wiped before it has left', async () => {
			const { place, key, locked } = await lost();
			expect(totalOf(await waitingLocked(place))).toBe(1);
			await expect(emptyLocked(place, key)).rejects.toThrow('unsent');
			const cut = () => Promise.reject(new TypeError('offline'));
			expect(await sendSealed(place, key, cut)).toEqual({ left: 1, problem: 'offline' });
			expect(await locked.takes.count()).toBe(1);
		});

		test('leaves as it lies, once: headquarters hears it, its interviewer finds it', async () => {
			const scene = await lost();
			const { app, place, key, locked, send, content, id, tablet } = scene;
			let heardOf = 0;
			const unheard = async (...[path, body]: Parameters<typeof send>) => {
				await send(path, body);
				heardOf += 1;
				throw new TypeError('offline');
			};
			expect(await sendSealed(place, key, unheard)).toEqual({ left: 1, problem: 'offline' });
			expect(await sendSealed(place, key, send)).toEqual({ left: 0 });
			expect(heardOf).toBe(1);
			expect(await heard(scene)).toEqual(content);
			const media = (await storedRecords(app, place.structure)).find((one) => one.id === id)!.fields[
				mediaField(hashOf(content))
			];
			expect(media).toMatchObject([
				{ value: { question: QUESTION, type: 'audio/webm', size: content.length }, person: tablet.vault.place.person }
			]);
			expect(await rowsOf(locked)).toEqual([0, 0, 0, 0]);
			await emptyLocked(place, key);
		});

		test('is not kept against its person’s will: then it may be wiped', async () => {
			const { app, place, key, locked, send, id, claire, sandrine, content } = await lost();
			const body = { items: ['voix'] };
			await call(app, 'POST', `/api/testimonies/${id}/withdraw`, { as: claire.device, body });
			expect(await locked.takes.count()).toBe(1);
			expect(await sendSealed(place, key, send)).toEqual({ left: 0 });
			expect(await locked.takes.count()).toBe(0);
			expect((await call(app, 'GET', `/api/media/${id}/${hashOf(content)}`, { as: sandrine.device })).status).toBe(404);
		});

		test('and was altered on the disk is refused, and stays', async () => {
			const { place, key, locked, send } = await lost();
			const [part] = await locked.parts.toArray();
			part!.sealed[7]! ^= 1;
			await locked.parts.put(part!);
			expect(await sendSealed(place, key, send)).toEqual({ left: 1, problem: 'refused' });
			expect(await locked.takes.count()).toBe(1);
		});
	});

	test('is named by its interview even when the tablet was killed between the two', async () => {
		const { tablet, id, take } = await recorded('interrupted');
		const { hash, size } = await keepTake(tablet.db, take);
		await tablet.upload();
		const named = inUse((await tablet.view(id))!.fields, mediaField(hash)) as object;
		expect(named).toMatchObject({ hash, size });
		expect(named).not.toHaveProperty('take');
	});
});
