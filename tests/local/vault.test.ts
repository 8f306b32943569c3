import { createDecipheriv } from 'node:crypto';
import Dexie from 'dexie';
import { afterEach, describe, expect, test } from 'vitest';
import type { Change } from '$lib/domain/change';
import { bringIn } from '$lib/local/clear';
import { PersonDatabase, readSetting, START, type Position, TORN_KNOWN } from '$lib/local/database';
import { addPasskeyLock, makeVault } from '$lib/local/locks';
import { settle } from '$lib/local/worked-out';
import { waitingLocked, emptyLocked, sendSealed, type SendSealed } from '$lib/local/locked';
import { totalOf } from '$lib/domain/waiting';
import { askAgain, freeze, save } from '$lib/local/outbox';
import { eraseUnsent } from '$lib/local/unsent';
import { thin } from '$lib/local/thinning';
import { codeBeside, keepTyped, readTyped } from '$lib/local/typed';
import { nonceOf, rawKey, unlock, type Seat } from '$lib/local/vault';
import { findView, listViews, listRefused, read } from '$lib/local/views';
import { databaseName } from '$lib/local/database';
import { openVault, randomBytes } from '../support/vault';
import { change, uuid } from '../support/server';

const place: Seat = { structure: uuid(), person: uuid(), device: uuid() };
const other = (more: Partial<Seat>): Seat => ({ ...place, ...more });
const structureKey = async () => {
	const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
	const raw = await crypto.subtle.exportKey('raw', (pair as CryptoKeyPair).publicKey);
	return Buffer.from(raw).toString('base64url');
};
const PASSPHRASE = 'les gaves descendent vite';
const now = () => performance.now();
const words = { words: 'J’ai retrouvé le matin.' };

describe('a vault', () => {
	test('opens by its passphrase, in whatever Unicode form it is typed, and by no other', async () => {
		const { vault, locks } = await makeVault(place, uuid(), 'été à Lourdes', await structureKey(), randomBytes, now);
		const sealed = await vault.seal('r', 'change-1', words);
		const again = await unlock(place, locks, { passphrase: 'été à Lourdes'.normalize('NFD') }, randomBytes);
		expect(await again!.vault.open('r', 'change-1', sealed)).toEqual(words);
		for (const passphrase of ['été à lourdes', '', 'été à Lourdes '])
			expect(await unlock(place, locks, { passphrase }, randomBytes)).toBeUndefined();
	});

	test('spends at least the floor of rounds, a salt of its own, and says how', async () => {
		const key = await structureKey();
		const [a, b] = await Promise.all([1, 2].map(() => makeVault(place, uuid(), PASSPHRASE, key, randomBytes, now)));
		for (const { locks } of [a!, b!]) {
			expect(locks.passphrase!.kdf).toBe('PBKDF2-SHA-256');
			expect(locks.passphrase!.iterations).toBeGreaterThanOrEqual(600_000);
		}
		expect(a!.locks.passphrase!.salt).not.toEqual(b!.locks.passphrase!.salt);
	});

	test('is calibrated: a fast device does more rounds, never endlessly more', async () => {
		let clock = 0;
		const instant = await makeVault(place, uuid(), PASSPHRASE, await structureKey(), randomBytes, () => (clock += 10));
		expect(instant.locks.passphrase!.iterations).toBe(3_000_000);
		const slow = await makeVault(place, uuid(), PASSPHRASE, await structureKey(), randomBytes, () => (clock += 5000));
		expect(slow.locks.passphrase!.iterations).toBe(600_000);
	});

	test('belongs to one person on one device of one structure', async () => {
		const { locks } = await makeVault(place, uuid(), PASSPHRASE, await structureKey(), randomBytes, now);
		for (const elsewhere of [other({ person: 'x' }), other({ device: 'x' }), other({ structure: 'x' })])
			expect(await unlock(elsewhere, locks, { passphrase: PASSPHRASE }, randomBytes)).toBeUndefined();
	});

	test('opens by a passkey only once one was added, with the passphrase', async () => {
		const { vault, locks } = await makeVault(place, uuid(), PASSPHRASE, await structureKey(), randomBytes, now);
		const prf = randomBytes(32);
		expect(await unlock(place, locks, { prf }, randomBytes)).toBeUndefined();
		const shown = { credential: 'c', salt: randomBytes(32), prf };
		expect(await addPasskeyLock(place, locks, 'une autre phrase', shown, randomBytes)).toBeUndefined();
		const more = (await addPasskeyLock(place, locks, PASSPHRASE, shown, randomBytes))!;
		const sealed = await vault.seal('r', 'change-1', words);
		expect(await (await unlock(place, more, { prf }, randomBytes))!.vault.open('r', 'change-1', sealed)).toEqual(words);
		expect(await unlock(place, more, { prf: randomBytes(32) }, randomBytes)).toBeUndefined();
		expect(await unlock(place, more, { passphrase: PASSPHRASE }, randomBytes)).toBeDefined();
	});

	test('locks weaker than today’s come back stronger, and open as before', async () => {
		const { locks } = await makeVault(place, uuid(), PASSPHRASE, await structureKey(), randomBytes, now);
		// As an older version would have left them: the same key under fewer rounds.
		const { lockByPassphrase } = await import('$lib/local/vault');
		const raw = (await rawKey(place, locks, { passphrase: PASSPHRASE }))!;
		const passphrase = await lockByPassphrase(place, raw, PASSPHRASE, randomBytes, 1000, locks.key);
		const weak = { ...locks, passphrase };
		const opened = (await unlock(place, weak, { passphrase: PASSPHRASE }, randomBytes))!;
		expect(opened.locks.passphrase!.iterations).toBe(600_000);
		expect(await unlock(place, opened.locks, { passphrase: PASSPHRASE }, randomBytes)).toBeDefined();
		expect(await unlock(place, opened.locks, { passphrase: 'une autre phrase' }, randomBytes)).toBeUndefined();
	});

	test('what it sealed opens for the same record, kind of row and device, and nowhere else', async () => {
		const vault = await openVault(place);
		const sealed = await vault.seal('r', 'change-1', words);
		await expect(vault.open('other', 'change-1', sealed)).rejects.toThrow();
		await expect(vault.open('r', 'record-1', sealed)).rejects.toThrow();
		await expect((await openVault(place)).open('r', 'change-1', sealed)).rejects.toThrow();
		for (let i = 1; i < sealed.length; i += 7) {
			const altered = sealed.slice();
			altered[i]! ^= 1;
			await expect(vault.open('r', 'change-1', altered)).rejects.toThrow();
		}
		await expect(vault.open('r', 'change-1', sealed.slice(0, -1))).rejects.toThrow();
	});

	test('what it seals is AES-256-GCM, which any other program checks with the key alone', async () => {
		const { vault, locks } = await makeVault(place, uuid(), PASSPHRASE, await structureKey(), randomBytes, now);
		const key = (await rawKey(place, locks, { passphrase: PASSPHRASE }))!;
		expect(key).toHaveLength(32);
		const sealed = await vault.seal('r', 'change-1', words);
		const [nonce, text, tag] = [sealed.subarray(1, 13), sealed.subarray(13, -16), sealed.subarray(-16)];
		const cipher = createDecipheriv('aes-256-gcm', key, nonce).setAuthTag(tag);
		cipher.setAAD(Buffer.from(`${place.structure}|${place.device}|r|change-1`));
		expect(JSON.parse(Buffer.concat([cipher.update(text), cipher.final()]).toString())).toEqual(words);
	});

	test('never uses a nonce twice', async () => {
		const vault = await openVault(place);
		const all = await Promise.all(Array.from({ length: 2000 }, () => vault.seal('r', 'change-1', words)));
		expect(new Set(all.map(nonceOf)).size).toBe(2000);
		expect(new Set(all.map((one) => Buffer.from(one).toString('hex'))).size).toBe(2000);
	});

	test('its key cannot be read back by a script', async () => {
		const { vault } = await makeVault(place, uuid(), PASSPHRASE, await structureKey(), randomBytes, now);
		expect(JSON.stringify(vault)).not.toContain('key');
		expect(Object.values(vault).some((one) => one instanceof CryptoKey)).toBe(false);
	});
});

describe('what lies on the disk', () => {
	const open: PersonDatabase[] = [];
	const database = async (name = `vault-test-${uuid()}`) => {
		const db = new PersonDatabase(name, await openVault(place));
		open.push(db);
		return db;
	};
	afterEach(async () => {
		for (const db of open.splice(0)) await db.delete();
	});

	/** Everything a database holds, as bytes a thief would search. */
	async function dump(name: string): Promise<string> {
		const db = await new Dexie(name).open();
		const rows = await Promise.all(db.tables.map((table) => table.toArray() as Promise<unknown[]>));
		db.close();
		return JSON.stringify(rows, (_, value: unknown) =>
			value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
		);
	}

	test('no word of a draft, a sent, received or refused change, or a setting', async () => {
		const db = await database();
		const marked = (place: string) => ({ 'answer:q': { words: `MARQUE ${place}` }, label: `MARQUE-label-${place}` });
		const draft = change('interview', marked('draft'));
		await save(db, draft);
		await save(db, { ...draft, id: uuid(), fields: { note: 'MARQUE note' } });
		await db.sent.add({ sequence: 1, changes: [await db.sealChange(change('interview', marked('sent')))] } as never);
		const refused = await db.sealChange(change('interview', marked('refused')));
		await db.refused.put({ ...refused, problem: 'right.missing', fields: [], refusedAt: '' });
		const fields = { 'answer:q': [{ value: { words: 'MARQUE received' }, change: uuid(), person: 'p', at: '' }] };
		const record = { id: uuid(), kind: 'interview', owner: 'p', audience: 'a', sequence: 1, fields };
		await db.records.put(await db.sealRecord({ ...record, unknown: 'MARQUE unknown' } as never, ''));
		await db.writeSealed('sheets:c', { text: 'MARQUE sheets' });
		await db.writeSealed('pin', '4711');
		await keepTyped(db, draft.record, { note: 'MARQUE typed' });
		await keepTyped(db, codeBeside(draft.record), 'MARQUE-CODE');
		expect(await dump(db.name)).not.toMatch(/MARQUE|4711/);
		// And all of it is still there for who has the key.
		expect(read('interview', await findView(db, 'p', draft.record)).note).toBe('MARQUE note');
		expect((await listRefused(db))[0]!.change!.fields.label).toBe('MARQUE-label-refused');
		expect(await db.readSealed('sheets:c')).toEqual({ text: 'MARQUE sheets' });
		expect(await readTyped(db, draft.record)).toEqual({ note: 'MARQUE typed' });
		expect(await db.openRecord((await db.records.get(record.id))!)).toMatchObject({
			unknown: 'MARQUE unknown',
			fields
		});
	});

	test('edits made in two tabs at once meet in one change, and none is lost', async () => {
		const name = `vault-test-${uuid()}`;
		const db = await database(name);
		const tab = new PersonDatabase(name, db.vault);
		open.push(tab);
		const id = uuid();
		const edit = (field: string, value: string): Change => ({
			...change('interview', { [field]: value }),
			record: id
		});
		await Promise.all([
			...Array.from({ length: 10 }, (_, i) => save(db, edit(`answer:a${i}`, 'x'))),
			...Array.from({ length: 10 }, (_, i) => save(tab, edit(`answer:b${i}`, 'y')))
		]);
		expect(await db.outbox.count()).toBe(1);
		const view = (await findView(db, 'p', id))!;
		expect(Object.keys(view.fields)).toHaveLength(20);
	});

	test('a row moved under another record does not open: nobody’s words are shown as somebody else’s', async () => {
		const db = await database();
		const [a, b] = [change('interview', { label: 'A' }), change('interview', { label: 'B' })];
		await save(db, a);
		await save(db, b);
		const rows = await db.outbox.toArray();
		await db.outbox.put({ ...rows[0]!, sealed: rows[1]!.sealed });
		expect(await findView(db, 'p', a.record)).toBeUndefined();
	});

	test('what a version without a vault had kept comes in, once, and its open rows are gone', async () => {
		const structure = uuid();
		const person = uuid();
		const old = new Dexie(`temoin-${structure}-${person}`);
		old.version(1).stores({
			records: 'id, kind, about, [audience+sequence+id]',
			outbox: '++order, [record+state], [state+order], kind',
			sent: '++order, sequence',
			taken: '++order',
			refused: 'id',
			settings: 'name'
		});
		const [draft, frozen, refused, sent] = ['draft', 'frozen', 'refused', 'sent'].map((label) =>
			change('interview', { label: `MARQUE-${label}` })
		) as [Change, Change, Change, Change];
		const row = (one: Change, state: string) => ({
			id: one.id,
			record: one.record,
			kind: one.kind,
			state,
			change: one
		});
		await old.table('outbox').bulkAdd([row(frozen, 'frozen'), row(draft, 'open')]);
		await old.table('refused').add({ id: refused.id, change: refused, problem: 'right.missing', fields: [], at: '' });
		await old.table('sent').add({ sequence: 4, changes: [sent] });
		old.close();

		const db = await database(databaseName(structure, person));
		expect(await bringIn(db, structure, person)).toBe(2);
		const labels = (await listViews(db, person, 'interview')).map((view) => read('interview', view).label);
		expect(labels.toSorted()).toEqual(['MARQUE-draft', 'MARQUE-frozen']);
		expect((await listRefused(db)).map(({ change }) => change!.id)).toEqual([refused.id]);
		expect(await db.openChange((await db.sent.toArray())[0]!.changes[0]!)).toEqual(sent);
		expect(await Dexie.exists(`temoin-${structure}-${person}`)).toBe(false);
		expect(await bringIn(db, structure, person)).toBe(0);
		expect(await db.outbox.count()).toBe(2);
		expect(await dump(db.name)).not.toContain('MARQUE');
	});

	test('is not emptied for a new vault while something unsent is there', async () => {
		const whose = other({ person: uuid() });
		const db = await database(databaseName(whose.structure, whose.person));
		await save(db, change('interview', { label: 'x' }));
		await db.settings.put({ name: 'position', value: START });
		db.close();
		await expect(emptyLocked(whose, 'old')).rejects.toThrow();
		const again = await database(db.name);
		expect(await again.outbox.count()).toBe(1);
		expect(await again.settings.where('name').notEqual(TORN_KNOWN).count()).toBe(1);
	});
});

test('an interview withdrawn before it left takes what was typed beside it along, and the code nobody took yet', async () => {
	const whose = other({ person: uuid() });
	const db = new PersonDatabase(databaseName(whose.structure, whose.person), await openVault(whose));
	const one = change('interview', { label: 'x' });
	await save(db, one);
	await keepTyped(db, one.record, { note: 'la suite' });
	await keepTyped(db, codeBeside(one.record), 'AB2CD-EF3GH');
	expect(await eraseUnsent(db, one.record)).toBe(true);
	expect(await readTyped(db, one.record)).toBeUndefined();
	expect(await readTyped(db, codeBeside(one.record))).toBeUndefined();
	await db.delete();
});

describe('a locked outbox', () => {
	test('leaves without what the server has already, whose places the open vault still needs', async () => {
		const whose = other({ person: uuid() });
		const name = databaseName(whose.structure, whose.person);
		const db = new PersonDatabase(name, await openVault(whose));
		const changes = ['a', 'b', 'c'].map((label) => change('interview', { label }));
		for (const one of changes) await save(db, one);
		await freeze(db);
		const [first, second] = await db.outbox.orderBy('order').toArray();
		const receipts = [
			{ verdict: 'applied' as const, sequence: 4 },
			{ verdict: 'applied' as const, sequence: 5 }
		];
		const taken = { first: first!.order, last: second!.order, committed: 5, now: '2014-11-12T09:00:00.000Z', receipts };
		await db.taken.add(taken as never);
		db.close();

		expect(totalOf(await waitingLocked(whose))).toBe(1);
		const sent: { changes: { record: string }[] }[] = [];
		const send: SendSealed = (_, body) => {
			sent.push(body as (typeof sent)[number]);
			const answer = { receipts: [{ verdict: 'applied' }], committed: 9 };
			return Promise.resolve({ ok: true, status: 200, json: () => Promise.resolve(answer) });
		};
		expect(await sendSealed(whose, 'key', send)).toEqual({ left: 0 });
		expect(sent.flatMap((body) => body.changes.map(({ record }) => record))).toEqual([changes[2]!.record]);

		// Opened again, the batch that was taken becomes records, each with its own sequence.
		const again = new PersonDatabase(name, db.vault);
		expect((await again.outbox.toArray()).map(({ record }) => record)).toEqual(
			changes.slice(0, 2).map(({ record }) => record)
		);
		await settle(again, whose.person);
		const rows = await again.records.toArray();
		expect(new Map(rows.map(({ id, sequence }) => [id, sequence]))).toEqual(
			new Map([
				[changes[0]!.record, 4],
				[changes[1]!.record, 5]
			])
		);
		await again.delete();
	});

	test('keeps why the office has set one of its changes aside', async () => {
		const whose = other({ person: uuid() });
		const name = databaseName(whose.structure, whose.person);
		const db = new PersonDatabase(name, await openVault(whose));
		await save(db, change('interview', { label: 'a' }));
		db.close();
		const refused = { verdict: 'quarantined', problem: 'right.missing', reason: 'Fiche en double' };
		const reply = { ok: true, status: 200, json: () => Promise.resolve({ receipts: [refused], committed: 9 }) };
		expect(await sendSealed(whose, 'key', () => Promise.resolve(reply))).toEqual({ left: 0 });
		const after = new PersonDatabase(name, db.vault);
		expect(await after.refused.toArray()).toMatchObject([{ problem: 'right.missing', reason: 'Fiche en double' }]);
		await after.delete();
	});

	test('is asked to offer again what was refused, and nothing less than that', async () => {
		const whose = other({ person: uuid() });
		const after = new PersonDatabase(databaseName(whose.structure, whose.person), await openVault(whose));
		await askAgain(after);
		expect(await readSetting<Position>(after, 'position'), 'never exchanged').toBeUndefined();
		await after.settings.put({ name: 'position', value: { ...START, offer: 'all' } });
		await askAgain(after);
		expect((await readSetting<Position>(after, 'position'))?.offer, 'all of it is offered already').toBe('all');
		await after.settings.put({ name: 'position', value: START });
		await askAgain(after);
		expect((await readSetting<Position>(after, 'position'))?.offer).toBe('refused');
		await after.delete();
	});

	test('makes room for another vault, and what was taken is kept as sent', async () => {
		const whose = other({ person: uuid() });
		const name = databaseName(whose.structure, whose.person);
		const db = new PersonDatabase(name, await openVault(whose));
		await save(db, change('interview', { label: 'a' }));
		await freeze(db);
		const { order } = (await db.outbox.toArray())[0]!;
		await db.taken.add({ first: order, last: order, committed: 5, now: '', receipts: [] } as never);
		db.close();
		await emptyLocked(whose, 'old');
		const after = new PersonDatabase(name, db.vault);
		expect(await after.outbox.count()).toBe(0);
		expect(await after.taken.count()).toBe(0);
		expect(await after.sent.toArray()).toMatchObject([{ sequence: 5, key: 'old', changes: [{ kind: 'interview' }] }]);
		await after.delete();
	});
});

describe('words that have been on the server for long enough', () => {
	const DAY = 86_400_000;
	const START_AT = Date.parse('2014-11-01T08:00:00.000Z');
	const at = (days: number) => new Date(START_AT + days * DAY).toISOString();

	async function scene(more: { backup?: number; daysOnDevice?: number; state?: string } = {}) {
		const person = place.person;
		const db = new PersonDatabase(`thin-${uuid()}`, await openVault(place));
		const current = (value: unknown) => [{ value, change: uuid(), person, at: at(0) }];
		const interview = {
			id: uuid(),
			kind: 'interview',
			owner: person,
			audience: `interviews:${person}`,
			sequence: 5,
			fields: {
				state: current(more.state ?? 'finished'),
				label: current('Karim'),
				note: current('MARQUE note'),
				'answer:open': current({ words: 'MARQUE words' }),
				'answer:scale': current({ value: 3 })
			}
		};
		await db.records.put(await db.sealRecord(interview, at(0)));
		if (more.daysOnDevice) {
			const fields = { daysOnDevice: current(more.daysOnDevice) };
			const structure = {
				id: place.structure,
				kind: 'structure',
				owner: person,
				audience: 'structure',
				sequence: 1,
				fields
			};
			await db.records.put(await db.sealRecord(structure, at(0)));
		}
		const run = async (day: number) => {
			const position = { ...START, syncedAt: at(day), backup: { sequence: more.backup ?? 9, at: at(day) } };
			await db.settings.put({ name: 'position', value: position });
			return await thin(db, place.structure, person);
		};
		return { db, interview, run, view: () => findView(db, person, interview.id) };
	}

	test('stay as long as something was typed beside them that they could not hold', async () => {
		const { db, interview, run } = await scene();
		await keepTyped(db, interview.id, { note: 'la suite' });
		expect(await run(30)).toBe(0);
		await keepTyped(db, interview.id, undefined);
		expect(await run(30)).toBe(1);
	});

	test('leave the device after seven days, and a stub stays in the list and in the digest', async () => {
		const { db, interview, run, view } = await scene();
		expect(await run(6.9)).toBe(0);
		expect((await view())!.stub).toBe(false);
		expect(await run(7)).toBe(1);
		const stub = (await view())!;
		expect(stub).toMatchObject({ stub: true, sequence: 5 });
		expect(read('interview', stub).label).toBe('Karim');
		expect(JSON.stringify(stub)).not.toContain('MARQUE');
		expect(stub.fields['answer:open']![0]!.value).toEqual({ hadWords: true });
		expect(stub.fields['answer:scale']![0]!.value).toEqual({ value: 3 });
		const keys = await db.records.orderBy('[audience+sequence+id]').keys();
		expect(keys).toEqual([[interview.audience, 5, interview.id]]);
		expect(await run(8)).toBe(0);
	});

	test.each([
		['before a backup of the server holds them', { backup: 4 }],
		['while the interview is a draft', { state: 'draft' }],
		['before the structure’s own delay', { daysOnDevice: 20 }]
	])('stay %s', async (_, more) => {
		const { run, view } = await scene(more);
		expect(await run(15)).toBe(0);
		expect(JSON.stringify(await view())).toContain('MARQUE words');
	});

	test('stay while something about them is unsent', async () => {
		const { db, interview, run, view } = await scene();
		await save(db, { ...change('interview', { label: 'K.' }), record: interview.id });
		expect(await run(30)).toBe(0);
		expect(JSON.stringify(await view())).toContain('MARQUE words');
	});
});
