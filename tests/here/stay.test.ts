import { describe, expect, onTestFinished, test } from 'vitest';
import { inUse } from '$lib/domain/record';
import type { Session } from '$lib/domain/session';
import { DeviceDatabase, type Holder } from '$lib/local/database';
import { currentHolder, holderKey, listHolders } from '$lib/local/holders';
import { keepMedia, readMedia } from '$lib/local/media';
import { eraseUnsent } from '$lib/local/unsent';
import { recover } from '$lib/local/spare';
import { readOutbox, writeOutbox } from '$lib/local/stick/outbox-file';
import { readTyped } from '$lib/local/typed';
import { lockByPassphrase, importKey, unlock, Vault, type Locks } from '$lib/local/vault';
import { findView } from '$lib/local/views';
import { giveUp } from '$lib/here/enter';
import type { Platform } from '$lib/here/platform';
import type { Shelves } from '$lib/here/shelf';
import { Ended, seatOf, Stay } from '$lib/here/stay';
import { hashOf, recording } from '../support/media';
import { openApp } from '../support/databases';
import { interview, openScene, type Scene } from '../support/scene';
import { call, uuid } from '../support/server';
import { randomBytes } from '../support/vault';

let devices = 0;

/** What outlives the database, and may be without room too. */
class Memory implements Shelves {
	texts = new Map<string, string>();
	isFull = false;
	#wanted = false;
	names = () => Promise.resolve([...this.texts.keys()]);
	read = (name: string) => Promise.resolve(this.texts.get(name));
	write = async (name: string, text: string) => {
		if (this.isFull) throw new DOMException('no room', 'QuotaExceededError');
		this.texts.set(name, text);
		return Promise.resolve();
	};
	drop = (name: string) => Promise.resolve(void this.texts.delete(name));
	isWanted = () => Promise.resolve(this.#wanted);
	want = (yes: boolean) => Promise.resolve(void (this.#wanted = yes));
	prepare = () => Promise.resolve();
	hasRestarted = () => true;
}

/** The next write of a change finds no room. */
function fillOnce({ db }: Stay): void {
	let isFull = true;
	db.outbox.hook('creating', () => {
		if (!isFull) return;
		isFull = false;
		throw new DOMException('no room', 'QuotaExceededError');
	});
}

/** The browser throws every database of the app away. */
async function wipe(holders: DeviceDatabase, stays: readonly Stay[]): Promise<void> {
	for (const stay of stays) {
		await stay.close();
		await stay.db.delete();
	}
	await holders.holders.clear();
	await holders.settings.clear();
}

/** One tablet in front of which two people sit in turn, each with a passphrase of their own. */
async function openTablet(scene: Scene) {
	const holders = new DeviceDatabase(`shared-${++devices}`);
	/** What becomes of each request; nothing happens to it by default. */
	const line = { pass: (go: () => Promise<Response>) => go() };
	const shelf = new Memory();
	const platform: Platform = {
		shelf,
		now: () => scene.app.clock().getTime(),
		random: randomBytes,
		fetch: (path, { method, body, headers }) =>
			line.pass(() => {
				const as = [scene.sandrine, scene.nadia].find(({ device }) => device.key === headers?.['temoin-key'])?.device;
				const more = { ...(as ? { as } : {}), ...(body ? { raw: body } : {}) };
				return call(scene.app, method, path, { ...more, headers: headers ?? {} });
			}),
		alone: (_, work) => work(),
		aloneNow: async (_, work) => (await work(), true),
		wait: () => () => undefined,
		isOnline: () => true
	};
	const locksOf = new Map<string, Locks>();
	const sitDown = async (who: Scene['sandrine']): Promise<Stay> => {
		const { key } = who.device;
		const { session } = (await holders.holders.get(holderKey(who.device.session))) ?? who.device;
		const place = seatOf(session);
		const passphrase = `celle de ${session.person.name}`;
		const known = (await holders.holders.get(holderKey(session)))?.locks ?? locksOf.get(session.person.id);
		const locks = known ?? (await makeLocks(session, passphrase));
		locksOf.set(session.person.id, locks);
		const opened = await unlock(place, locks, { passphrase }, randomBytes);
		if (!opened) throw new Error(`${session.person.name} cannot open their vault any more`);
		const nothing = () => undefined;
		const quiet = { onstate: nothing, onkept: nothing, onsaved: nothing, ondoubt: nothing };
		const stay = new Stay(holders, { session, ...opened }, platform, { ...quiet, onvisited: () => Promise.resolve() });
		await stay.begin(key);
		onTestFinished(async () => {
			await stay.close();
			await stay.db.delete();
		});
		return stay;
	};
	onTestFinished(() => holders.delete());
	return { holders, line, platform, shelf, sitDown };
}

async function makeLocks(session: Session, passphrase: string): Promise<Locks> {
	const [id, raw, place] = [uuid(), randomBytes(32), seatOf(session)];
	expect(new Vault(place, id, await importKey(raw), randomBytes).id).toBe(id);
	return { key: id, passphrase: await lockByPassphrase(place, raw, passphrase, randomBytes, 600_000, id) };
}

const renamed = async ({ app, claire, sandrine, tarbes }: Scene, name: string) => {
	const grants = [{ role: 'counsellor', antennas: [tarbes] }];
	const path = `/api/people/${sandrine.person}`;
	expect((await call(app, 'PUT', path, { as: claire.device, body: { name, grants } })).ok).toBe(true);
	return grants;
};

describe('a stay', () => {
	test('keeps new rights under the locks of the person they are of, though somebody else has sat down meanwhile', async () => {
		const scene = await openScene(await openApp('SQLite'));
		const { holders, line, sitDown } = await openTablet(scene);
		const grants = await renamed(scene, 'Sandrine');
		const hers = await sitDown(scene.sandrine);
		let goOn: () => void = () => undefined;
		const held = new Promise<void>((go) => (goOn = go));
		line.pass = async (go) => (await held, await go());
		const visit = hers.visit();
		void hers.close();
		const other = await sitDown(scene.nadia);
		goOn();
		expect(await visit).toMatchObject({ state: 'done' });
		await hers.close();

		expect(await currentHolder(holders)).toMatchObject({ key: holderKey(other.session) });
		expect((await holders.holders.get(holderKey(hers.session)))!.session.person).toMatchObject({ grants });
		await other.close();
		const again = await sitDown(scene.sandrine);
		expect(again.session.person).toMatchObject({ name: 'Sandrine', grants });
		expect(await again.db.records.count()).toBeGreaterThan(0);
	});

	test('takes nothing any more once it has been asked to end, and writes nothing once it has', async () => {
		const scene = await openScene(await openApp('SQLite'));
		const { holders, sitDown } = await openTablet(scene);
		const stay = await sitDown(scene.sandrine);
		const record = uuid();
		await stay.save({ kind: 'interview', record, id: record, fields: interview(scene, { label: 'avant' }) });
		const before = await holders.holders.toArray();
		const closed = stay.close();
		const late = { kind: 'interview', record: uuid(), fields: interview(scene, { label: 'après' }) };
		await expect(stay.save(late)).rejects.toThrow(Ended);
		await expect(stay.keep({ secondFactor: 'on' })).rejects.toThrow(Ended);
		await expect(stay.choosePin('1234')).rejects.toThrow(Ended);
		await expect(stay.call('GET', '/api/session')).rejects.toThrow(Ended);
		stay.wake();
		await closed;
		expect(stay.db.isOpen()).toBe(false);
		expect(await holders.holders.toArray()).toEqual(before);
		const again = await sitDown(scene.sandrine);
		expect(await again.db.outbox.count()).toBe(1);
		const view = await findView(again.db, again.seat.person, record);
		expect(inUse(view!.fields, 'label')).toBe('avant');
	});

	test('brings nobody back whom the device has forgotten', async () => {
		const scene = await openScene(await openApp('SQLite'));
		const { holders, sitDown } = await openTablet(scene);
		const stay = await sitDown(scene.sandrine);
		await holders.holders.clear();
		await stay.keep({ secondFactor: 'on' });
		expect(await holders.holders.count()).toBe(0);
	});

	test('puts several edits on the disk together, or none', async () => {
		const scene = await openScene(await openApp('SQLite'));
		const { sitDown } = await openTablet(scene);
		const stay = await sitDown(scene.sandrine);
		const edits = ['un', 'deux', 'trois'].map((label) => {
			const record = uuid();
			return { kind: 'interview', record, id: record, fields: interview(scene, { label }) };
		});
		const kept = await stay.saveMany(edits);
		expect(kept.map((fields) => inUse(fields, 'label'))).toEqual(['un', 'deux', 'trois']);
		expect(await stay.db.outbox.count()).toBe(3);
		// The second of these cannot be written.
		stay.db.outbox.hook('creating', function (_, row) {
			if (row.record === 'full') throw new Error('full');
		});
		const more = [uuid(), 'full'].map((record) => ({ kind: 'interview', record, fields: { label: 'non' } }));
		await expect(stay.saveMany(more)).rejects.toThrow('full');
		expect(await stay.db.outbox.count()).toBe(3);
	});
});

describe('a stay on a disk that has failed', () => {
	const draft = (scene: Scene, label: string) => {
		const record = uuid();
		return { kind: 'interview', record, id: record, fields: interview(scene, { label }) };
	};

	/** Two people have work here that never left; the disk fails under the second. */
	async function failing() {
		const scene = await openScene(await openApp('SQLite'));
		const tablet = await openTablet(scene);
		tablet.line.pass = () => Promise.reject(new TypeError('no network'));
		const hers = await tablet.sitDown(scene.nadia);
		await hers.save(draft(scene, 'chez Nadia'));
		await hers.close();
		const stay = await tablet.sitDown(scene.sandrine);
		const before = draft(scene, 'avant');
		await stay.save(before);
		const content = recording(700_000, 1, [0xff, 0xd8, 0xff]);
		await stay.write(() => keepMedia(stay.db, before.record, content, { at: '2014-11-12T10:00:00.000Z' }));
		fillOnce(stay);
		const lost = draft(scene, 'sans place');
		await expect(stay.save(lost)).rejects.toThrow();
		return { scene, ...tablet, hers, stay, before, lost, content };
	}

	test('keeps what it then saves a second time: a browser that throws the database away loses nothing of anybody', async () => {
		const { scene, holders, shelf, sitDown, hers, stay, before, lost, content, line } = await failing();
		expect(stay.isDoubted).toBe(true);
		await stay.save(lost);
		await stay.keepTyped('a form', 'à moitié');
		await wipe(holders, [stay, hers]);

		expect(await recover(shelf, holders)).toBe('back');
		expect((await holders.holders.toArray()).map(({ key }) => key).sort()).toEqual(
			[hers, stay].map(({ session }) => holderKey(session)).sort()
		);
		const again = await sitDown(scene.sandrine);
		const labels = async (one: Stay, id: string) =>
			inUse((await findView(one.db, one.seat.person, id))!.fields, 'label');
		expect(await labels(again, before.record)).toBe('avant');
		expect(await labels(again, lost.record)).toBe('sans place');
		expect(await readTyped(again.db, 'a form')).toBe('à moitié');
		const hash = hashOf(content);
		expect(await (await readMedia(again.db, [before.record, hash]))!.bytes()).toEqual(content);
		// It all leaves, and the second copy with it.
		line.pass = (go) => go();
		await again.keepTyped('a form', undefined);
		// The picture is named in its interview by the first visit.
		for (let i = 0; i < 2; i++) expect(await again.visit()).toMatchObject({ state: 'done' });
		expect(await again.db.outbox.count()).toBe(0);
		expect(again.isDoubted).toBe(false);
		expect([...shelf.texts.keys()].filter((name) => name.startsWith(holderKey(again.session)))).toEqual([]);
		await again.close();
		const nadia = await sitDown(scene.nadia);
		expect(await nadia.db.outbox.count()).toBe(1);
	});

	test('calls nothing saved that only the failed disk has', async () => {
		const { scene, shelf, stay } = await failing();
		shelf.isFull = true;
		await expect(stay.save(draft(scene, 'une fois'))).rejects.toThrow('no room');
		shelf.isFull = false;
		await stay.save(draft(scene, 'deux fois'));
	});

	test('holds nothing that its person has erased, and puts nothing back where all is there', async () => {
		const { holders, shelf, stay, lost } = await failing();
		await stay.save(lost);
		const names = [...shelf.texts.keys()];
		expect(await stay.write(() => eraseUnsent(stay.db, lost.record))).toBe(true);
		expect(shelf.texts.size).toBe(names.length - 1);
		await stay.close();
		expect(await recover(shelf, holders)).toBe('whole');
	});

	test('puts back what a database has lost from its end', async () => {
		const { holders, shelf, sitDown, scene, stay, lost } = await failing();
		await stay.save({ ...lost, fields: { ...lost.fields, label: 'un' } });
		const older = await stay.db.settings.toArray();
		const row = (await stay.db.outbox.toArray()).find(({ record }) => record === lost.record)!;
		const view = await findView(stay.db, stay.seat.person, lost.record);
		await stay.save({ kind: 'interview', record: lost.record, fields: { label: 'deux' }, before: view!.fields });
		await stay.db.outbox.put(row);
		await stay.db.settings.bulkPut(older);
		await stay.close();
		expect(await recover(shelf, holders)).toBe('back');
		const again = await sitDown(scene.sandrine);
		expect(inUse((await findView(again.db, again.seat.person, lost.record))!.fields, 'label')).toBe('deux');
	});

	test('gives back what can be read of a torn copy, and leaves the rest of it', async () => {
		const { holders, shelf, sitDown, scene, hers, stay, before, lost } = await failing();
		await stay.save(lost);
		await wipe(holders, [stay, hers]);
		const torn = `${holderKey(hers.session)}/`;
		shelf.texts.set(torn, shelf.texts.get(torn)!.slice(0, 40));
		expect(await recover(shelf, holders)).toBe('torn');
		const again = await sitDown(scene.sandrine);
		expect(await findView(again.db, again.seat.person, before.record)).toBeDefined();
		expect(shelf.texts.has(torn)).toBe(true);
	});

	test('puts what could not be written in the file', async () => {
		const { stay, lost } = await failing();
		const unwritten = await stay.takeUnwritten();
		expect(unwritten.map(({ record }) => record)).toEqual([lost.record]);
		const { file, waiting } = await writeOutbox(
			stay.seat,
			stay.locks.key,
			{ name: 'tablette', at: '2014-11-12T10:00:00.000Z' },
			unwritten
		);
		expect(waiting).toEqual([
			{ group: 'interviews', count: 2 },
			{ group: 'recordings', count: 1 }
		]);
		expect((await readOutbox(file))!.changes.map(({ record }) => record)).toContain(lost.record);
		await stay.save(lost);
		expect(await stay.takeUnwritten()).toEqual([]);
	});

	test('leaves with the device that was declared lost', async () => {
		const { holders, line, platform, shelf, stay } = await failing();
		await stay.write(() => Promise.resolve());
		const all = await listHolders(holders);
		const [holder, other] = all.toSorted((one) => (one.key === holderKey(stay.session) ? -1 : 1));
		const isKept = (of: Holder) => [...shelf.texts.keys()].some((name) => name.startsWith(of.key));
		expect([holder!, other!].map(isKept)).toEqual([true, true]);
		for (const table of [stay.db.outbox, stay.db.media]) await table.clear(); // it has all left
		await stay.close();
		line.pass = (go) => go();
		expect(await giveUp(holder!, platform)).toBe(true);
		expect([holder!, other!].map(isKept)).toEqual([false, true]);
	});
});
