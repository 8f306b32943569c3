import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CHUNK } from '$lib/domain/media';
import type { Signed } from '$lib/domain/stick';
import { readSetting, type Position } from '$lib/local/database';
import { waitingLocked, sendSealed } from '$lib/local/locked';
import { totalOf } from '$lib/domain/waiting';
import { readOutbox, writeOutbox, type OutboxFile } from '$lib/local/stick/outbox-file';
import { takeReceiptsFile } from '$lib/local/stick/receipts-file';
import { Draws } from '$lib/server/fictitious/draws';
import { keepCopy } from '../support/copies';
import { DATABASES, openApp, type TestApp } from '../support/databases';
import { hashOf, recording } from '../support/media';
import { problem, signIn } from '../support/office';
import { interview, openScene, type Scene } from '../support/scene';
import { call, entered, type Device } from '../support/server';
import { dump, expectSound } from '../support/stored';
import { Tablet } from '../support/tablet';
import { check, take as takeFile, type Call } from '../../src/routes/(office)/import/take';

type ReceiptsFile = { format: string; signed: Signed[] };

/** Sandrine's tablet as it was enrolled, with what it has not sent. */
type Place = { scene: Scene; tablet: Tablet; structure: string };

async function openPlace(name: (typeof DATABASES)[number]): Promise<Place> {
	const scene = await openScene(await openApp(name));
	const tablet = await Tablet.enrolled(scene.app, scene.sandrine.device);
	await tablet.sync();
	return { scene, tablet, structure: tablet.vault.place.structure };
}

const write = async ({ db, vault }: Tablet, lock = false): Promise<string> => {
	if (lock) db.close();
	const { file } = await writeOutbox(vault.place, vault.id, { name: 'Tablette', at: '2014-11-12T10:00:00.000Z' });
	if (lock) await db.open();
	return await file.text();
};

/** Takes a file in as headquarters does, by the layout that is published: all of it opened first, then taken.
 * @returns the receipts file, or what was answered to the part that was refused */
async function bring({ app, claire }: Scene, text: string, as: Device = claire.device): Promise<Brought> {
	const file = await readOutbox(new Blob([text]));
	if (!file) return { refused: 'stick.unreadable' };
	const { header, changes, pieces } = file;
	const { structure, person, device, key } = header;
	const place = { structure, person, device, key };
	const post = (path: string, body: object) => call(app, 'POST', path, { as, body: { ...place, ...body } });
	const checked = await post('/api/stick', { changes, check: true });
	if (!checked.ok) return { refused: (await problem(checked))[1] };
	for (const { read, ...piece } of pieces) {
		const opened = await post('/api/stick/media', { ...piece, piece: await read(), check: true });
		if (!opened.ok) return { refused: (await problem(opened))[1] };
	}
	const signed: Signed[] = [];
	const summary = { applied: 0, contested: 0, quarantined: 0, erased: 0 };
	const take = async (part: OutboxFile['changes'], media: object[]) => {
		const reply = (await (await post('/api/stick', { changes: part, media })).json()) as typeof summary & {
			signed: Signed;
		};
		for (const verdict of Object.keys(summary) as (keyof typeof summary)[]) summary[verdict] += reply[verdict];
		signed.push(reply.signed);
	};
	for (let from = 0; from < changes.length; from += 2) await take(changes.slice(from, from + 2), []);
	for (const { read, ...piece } of pieces) await post('/api/stick/media', { ...piece, piece: await read() });
	const media = [...new Map(pieces.map(({ about, hash }) => [hash, { about, hash }])).values()];
	if (media.length > 0) await take([], media);
	const receipts: ReceiptsFile = { format: 'temoin-receipts-1', signed };
	return { receipts: JSON.stringify(receipts), summary };
}
type Brought =
	| { refused: string; receipts?: undefined }
	| { receipts: string; summary: { [verdict: string]: number }; refused?: undefined };

/** Everything a tablet keeps. */
const kept = async ({ db }: Tablet) =>
	Object.fromEntries(await Promise.all(db.tables.map(async (table) => [table.name, await table.toArray()] as const)));

const still = (rows: Awaited<ReturnType<typeof dump>>) => {
	const { throttle: _, session: __, ...rest } = rows; // when somebody was last here
	return rest;
};

const take = ({ vault }: Tablet, text: string) => takeReceiptsFile(vault.place, vault.id, text);

/** The receipts with something about them altered, and signed as they were. */
const altering = (text: string, edit: (receipts: { [key: string]: unknown }) => void): string => {
	const file = JSON.parse(text) as ReceiptsFile;
	const inner = JSON.parse(file.signed[0]!.text) as { [key: string]: unknown };
	edit(inner);
	return JSON.stringify({ ...file, signed: [{ ...file.signed[0]!, text: JSON.stringify(inner) }] });
};

describe.each(DATABASES)('an outbox brought as a file to a server on %s', (name) => {
	for (const state of ['open', 'locked'] as const)
		test(`out of a vault that is ${state} counts once however often it is imported, and its receipts clear the tablet`, async () => {
			const { scene, tablet, structure } = await openPlace(name);
			const ids: string[] = [];
			for (let i = 0; i < 3; i++) ids.push(await tablet.create('interview', interview(scene)));
			const media = await tablet.record(ids[0]!, recording(CHUNK + 500));
			const file = await write(tablet, state === 'locked');
			expect(file).not.toContain('employee');
			await tablet.edit('interview', ids[1]!, { note: 'après la copie' });

			const first = await bring(scene, file);
			const stored = await dump(scene.app);
			const second = await bring(scene, file);
			expect(first.refused ?? second.refused).toBeUndefined();
			const again = await dump(scene.app);
			for (const table of ['record', 'change', 'tally', 'audience', 'quarantine', 'media', 'media_part', 'mark'])
				expect(again[table], table).toEqual(stored[table]);
			expect(stored.media).toMatchObject([{ hash: media.hash, received: CHUNK + 500 }]);
			await expectSound(scene.app, structure);

			if (state === 'locked') tablet.db.close();
			expect(await take(tablet, second.receipts!)).toEqual({ cleared: 3, refused: 0 });
			if (state === 'locked') await tablet.db.open();
			expect(totalOf(await waitingLocked(tablet.vault.place))).toBe(1); // what was written since
			expect((await tablet.db.sent.toArray()).flatMap(({ changes }) => changes.map(({ record }) => record))).toEqual(
				ids
			);
			expect(await tablet.db.media.toArray()).toMatchObject([{ state: 'sent' }]);
			expect(await take(tablet, first.receipts!)).toEqual({ cleared: 0, refused: 0 }); // the other copy of them
			// There still is no network: what was cleared stays in sight, as it was said.
			const rows = async () => (await tablet.list('interview')).map(({ id, unsent }) => ({ id, unsent }));
			tablet.net = () => Promise.reject(new TypeError('no network'));
			expect(await tablet.sync()).toEqual({ state: 'offline' });
			expect(await rows()).toEqual(expect.arrayContaining(ids.map((id) => ({ id, unsent: id === ids[1] }))));
			tablet.net = (go) => go();
			// And the network, once there is one, changes nothing of it.
			expect(await tablet.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
			expect(await rows()).toEqual(expect.arrayContaining(ids.map((id) => ({ id, unsent: false }))));
			const count = await scene.app.db.selectFrom('change').select('id').where('kind', '=', 'interview').execute();
			expect(count).toHaveLength(4);
			await expectSound(scene.app, structure);
		});

	test('whose receipts come after others have gone on from it brings none of it back', async () => {
		const { scene, tablet, structure } = await openPlace(name);
		const id = await tablet.create('interview', interview(scene, { label: 'avant' }));
		const brought = await bring(scene, await write(tablet));
		const other = await Tablet.of(scene.app, await entered(await signIn(scene.app, structure, 'Sandrine')));
		await other.sync();
		await other.edit('interview', id, { label: 'après' });
		await other.sync();
		// The tablet is given what stands now, and the line is cut before its own copy leaves again.
		const { outbox } = tablet.db;
		const waiting = await outbox.toArray();
		await outbox.clear();
		await tablet.sync();
		await outbox.bulkAdd(waiting);
		expect(await take(tablet, brought.receipts!)).toEqual({ cleared: 1, refused: 0 });
		tablet.net = () => Promise.reject(new TypeError('no network'));
		await tablet.sync();
		expect((await tablet.view(id))?.fields.label).toMatchObject([{ value: 'après' }]);
		await expectSound(scene.app, structure);
	});

	test('that came by the network as well counts once, whichever came first', async () => {
		const { scene, tablet, structure } = await openPlace(name);
		const [one, two] = [
			await tablet.create('interview', interview(scene)),
			await tablet.create('interview', interview(scene))
		];
		const file = await write(tablet);
		await tablet.sync();
		const { receipts } = await bring(scene, file);
		expect(await take(tablet, receipts!)).toEqual({ cleared: 0, refused: 0 });
		const three = await tablet.create('interview', interview(scene));
		await bring(scene, await write(tablet));
		await tablet.sync(); // before its receipts are back
		const changes = await scene.app.db
			.selectFrom('change')
			.select('record_id')
			.where('kind', '=', 'interview')
			.execute();
		expect(changes.map(({ record_id }) => record_id).toSorted()).toEqual([one, two, three].toSorted());
		expect(await tablet.sync()).toMatchObject({ position: { digest: 'equal' } });
		await expectSound(scene.app, structure);
	});

	test('of which a part is refused says so on both sides, and loses nothing', async () => {
		const { scene, tablet } = await openPlace(name);
		const id = await tablet.create('interview', interview(scene, { antenna: scene.tarbes }));
		await tablet.create('interview', interview(scene));
		const brought = await bring(scene, await write(tablet));
		expect(brought).toMatchObject({ summary: { applied: 1, quarantined: 1 } });
		expect(await take(tablet, brought.receipts!)).toEqual({ cleared: 2, refused: 1 });
		expect(await tablet.db.refused.toArray()).toMatchObject([{ record: id, problem: 'right.missing' }]);
		expect(await scene.app.db.selectFrom('quarantine').select('problem').execute()).toEqual([
			{ problem: 'right.missing' }
		]);
	});

	test('is noted: who brought whose, and that a vault was opened', async () => {
		const { scene, tablet } = await openPlace(name);
		await tablet.create('interview', interview(scene));
		await bring(scene, await write(tablet));
		const { person, device } = scene.claire.device.session;
		const acts = await scene.app.db.selectFrom('journal').selectAll().orderBy('number').execute();
		expect(acts.slice(-2)).toMatchObject([
			{ act: 'vault.opened', subject: tablet.vault.place.device, count: 1 },
			{ act: 'outbox.imported', person_id: person.id, device_id: device.id, subject: tablet.vault.place.device }
		]);
	});

	test('altered, moved, cut or of another is refused for what it is, and nothing changes on either side', async () => {
		const { scene, tablet } = await openPlace(name);
		for (let i = 0; i < 3; i++) await tablet.create('interview', interview(scene));
		await tablet.record((await tablet.list('interview'))[0]!.id, recording(700));
		const text = await write(tablet);
		const lines = text
			.trimEnd()
			.split('\n')
			.map((line) => JSON.parse(line) as { [key: string]: unknown });
		const print = (all: object[]) => all.map((line) => `${JSON.stringify(line)}\n`).join('');
		const edited = (at: number, more: object) =>
			print(lines.map((line, i) => (i === at ? { ...line, ...more } : line)));
		const flipped = (sealed: unknown, at: number) => {
			const bytes = Buffer.from(String(sealed), 'base64url');
			bytes[at < 0 ? bytes.length + at : at]! ^= 1;
			return bytes.toString('base64url');
		};
		const piece = lines.findIndex((line) => 'piece' in line);
		const other = await Tablet.enrolled(scene.app, scene.nadia.device);
		const theirs = JSON.parse((await write(other)).split('\n')[0]!) as { [key: string]: unknown };
		const forged: [what: string, file: string, problem: string][] = [
			['a byte of a change', edited(1, { sealed: flipped(lines[1]!.sealed, 40) }), 'sealed.altered'],
			['its nonce', edited(2, { sealed: flipped(lines[2]!.sealed, 3) }), 'sealed.altered'],
			['its version', edited(3, { sealed: flipped(lines[3]!.sealed, 0) }), 'sealed.altered'],
			['its tag', edited(3, { sealed: flipped(lines[3]!.sealed, -1) }), 'sealed.altered'],
			['nothing in it', edited(1, { sealed: '' }), 'sealed.altered'],
			['a line moved to another record', edited(1, { record: lines[2]!.record }), 'sealed.altered'],
			['a byte of a recording', edited(piece, { piece: flipped(lines[piece]!.piece, 100) }), 'sealed.altered'],
			['a piece in another’s place', edited(piece, { number: 1 }), 'sealed.altered'],
			['a piece under another hash', edited(piece, { hash: hashOf(recording(5)) }), 'sealed.altered'],
			['a device that is another', edited(0, { device: theirs.device }), 'record.missing'],
			['a person who is another', edited(0, { person: theirs.person }), 'record.missing'],
			['a key nobody enrolled', edited(0, { key: crypto.randomUUID() }), 'record.missing'],
			['all of another’s place', edited(0, { ...theirs }), 'sealed.altered'],
			['another structure', edited(0, { structure: crypto.randomUUID() }), 'stick.foreign'],
			['another format', edited(0, { format: 'temoin-outbox-9' }), 'stick.unreadable'],
			['a line left out', print(lines.filter((_, i) => i !== 2)), 'stick.unreadable'],
			['a line twice', print([...lines.slice(0, 2), ...lines.slice(1)]), 'stick.unreadable'],
			['another file', '{"hello":"world"}\n', 'stick.unreadable'],
			['nothing', '', 'stick.unreadable']
		];
		const cuts = text
			.split('\n')
			.slice(0, -2)
			.map((_, i, all) => `${all.slice(0, i + 1).join('\n')}\n`);
		const draws = new Draws(2014);
		for (let i = 0; i < 40; i++) cuts.push(text.slice(0, draws.between(0, text.length - 3)));
		for (const [i, cut] of cuts.entries()) forged.push([`cut, ${i}`, cut, 'stick.unreadable']);

		const [before, here] = [still(await dump(scene.app)), await kept(tablet)];
		for (const [what, file, problem] of forged) expect((await bring(scene, file)).refused, what).toBe(problem);
		expect(still(await dump(scene.app))).toEqual(before);
		expect(await kept(tablet)).toEqual(here);
		expect((await bring(scene, text)).refused).toBeUndefined(); // and the file itself is still good
	});

	test('with lines left out and counted anew is taken for what it holds: the rest stays on the tablet', async () => {
		const { scene, tablet } = await openPlace(name);
		for (let i = 0; i < 3; i++) await tablet.create('interview', interview(scene));
		const lines = (await write(tablet)).trimEnd().split('\n');
		const { receipts } = await bring(scene, [lines[0], lines[1], lines[3], '{"end":3}', ''].join('\n'));
		expect(await take(tablet, receipts!)).toEqual({ cleared: 2, refused: 0 });
		expect(await tablet.db.outbox.toArray()).toMatchObject([{ record: JSON.parse(lines[2]!).record as string }]);
	});

	test('is brought by a director and by nobody else', async () => {
		const { scene, tablet } = await openPlace(name);
		await tablet.create('interview', interview(scene));
		const file = await write(tablet);
		for (const one of [scene.sandrine, scene.paul])
			expect((await bring(scene, file, one.device)).refused).toBe('right.missing');
		expect(await scene.app.db.selectFrom('change').select('id').where('kind', '=', 'interview').execute()).toEqual([]);
	});

	test('of somebody who has left is kept for the office to decide', async () => {
		const { scene, tablet } = await openPlace(name);
		await tablet.create('interview', interview(scene));
		const file = await write(tablet);
		await call(scene.app, 'DELETE', `/api/people/${tablet.person}`, { as: scene.claire.device });
		expect(await bring(scene, file)).toMatchObject({ summary: { applied: 0, quarantined: 1 } });
	});

	test('brings nobody back who was erased, and the tablet forgets them by the receipts', async () => {
		const { scene, tablet } = await openPlace(name);
		const id = await tablet.create('interview', interview(scene));
		await tablet.sync();
		await tablet.edit('interview', id, { note: 'MARQUE' });
		const file = await write(tablet);
		await call(scene.app, 'DELETE', `/api/testimonies/${id}`, { as: scene.claire.device });
		const brought = await bring(scene, file);
		expect(brought).toMatchObject({ summary: { erased: 1, applied: 0, quarantined: 0 } });
		expect(await take(tablet, brought.receipts!)).toEqual({ cleared: 1, refused: 0 });
		expect(await tablet.db.outbox.count()).toBe(0);
		expect(JSON.stringify(await dump(scene.app))).not.toContain('MARQUE');
		await tablet.sync();
		expect(await tablet.view(id)).toBeUndefined();
	});
});

describe.each(DATABASES)('receipts brought back from a server on %s', (name) => {
	test('forged, altered or for another are refused for what they are, and nothing changes', async () => {
		const { scene, tablet } = await openPlace(name);
		for (let i = 0; i < 2; i++) await tablet.create('interview', interview(scene));
		const { receipts } = await bring(scene, await write(tablet));
		const other = await Tablet.enrolled(scene.app, scene.nadia.device);
		await other.sync();
		await other.create('interview', interview(scene, { antenna: scene.tarbes }));
		const theirs = (await bring(scene, await write(other))).receipts!;
		const file = JSON.parse(receipts!) as ReceiptsFile;
		const [first] = file.signed as [Signed];
		const signature = Buffer.from(first.signature, 'base64url');
		signature[5]! ^= 1;
		const signed = (...signed: unknown[]) => JSON.stringify({ ...file, signed });
		const bad: [what: string, text: string, problem: string][] = [
			['a bad signature', signed({ ...first, signature: signature.toString('base64url') }), 'signature'],
			['none', signed({ ...first, signature: '' }), 'signature'],
			['not even one', signed({ ...first, signature: '***' }), 'signature'],
			[
				'one of another text',
				signed({ ...first, signature: (JSON.parse(theirs) as ReceiptsFile).signed[0]!.signature }),
				'signature'
			],
			[
				'a verdict altered',
				altering(receipts!, (one) => ((one.changes as { verdict: string }[])[0]!.verdict = 'erased')),
				'signature'
			],
			['another device in it', altering(receipts!, (one) => (one.device = other.vault.place.device)), 'signature'],
			['a good one, then a bad one', signed(first, { ...first, text: `${first.text} ` }), 'signature'],
			['those of another device', theirs, 'foreign'],
			['a good one, then another’s', signed(first, ...(JSON.parse(theirs) as ReceiptsFile).signed), 'foreign'],
			['no receipts', '{"hello":"world"}', 'unreadable'],
			['another format', JSON.stringify({ ...file, format: 'temoin-receipts-9' }), 'unreadable'],
			['nothing', '', 'unreadable'],
			['half of them', receipts!.slice(0, receipts!.length / 2), 'unreadable']
		];
		const before = await kept(tablet);
		for (const [what, text, problem] of bad) expect(await take(tablet, text), what).toBe(problem);
		expect(await kept(tablet)).toEqual(before);
		// A tablet that has never met its server does not know whom to believe.
		await tablet.db.settings.delete('signer');
		expect(await take(tablet, receipts!)).toBe('signature');
		expect(await tablet.db.outbox.count()).toBe(2);
	});

	test('for another key of the same tablet are not taken', async () => {
		const { scene, tablet } = await openPlace(name);
		await tablet.create('interview', interview(scene));
		const { receipts } = await bring(scene, await write(tablet));
		expect(await takeReceiptsFile(tablet.vault.place, crypto.randomUUID(), receipts!)).toBe('foreign');
		expect(await tablet.db.outbox.count()).toBe(1);
	});

	test('from before the server came back clear the tablet, which offers it all again', async () => {
		const { scene, tablet, structure } = await openPlace(name);
		const back = await keepCopy(scene.app as TestApp);
		const id = await tablet.create('interview', interview(scene));
		const { receipts } = await bring(scene, await write(tablet));
		await back(); // from before the file was brought
		// The tablet has heard of it, and the line was cut before anything else was said.
		const { epoch } = await scene.app.db
			.selectFrom('structure')
			.select('epoch')
			.where('id', '=', structure)
			.executeTakeFirstOrThrow();
		const position = (await readSetting<Position>(tablet.db, 'position'))!;
		await tablet.db.settings.put({ name: 'position', value: { ...position, epoch } });
		expect(await take(tablet, receipts!)).toEqual({ cleared: 1, refused: 0 });
		await tablet.sync();
		const rows = await scene.app.db.selectFrom('change').select('id').where('record_id', '=', id).execute();
		expect(rows).toHaveLength(1);
		expect(await tablet.view(id)).toBeDefined();
		await expectSound(scene.app, structure);
	});

	test('say that a recording is whole only where it is of its own interview', async () => {
		const { scene, tablet } = await openPlace(name);
		const [one, two] = [
			await tablet.create('interview', interview(scene)),
			await tablet.create('interview', interview(scene))
		];
		const content = recording(500);
		const { hash } = await tablet.record(one, content);
		await tablet.sync();
		await tablet.upload();
		const { structure, person, device } = tablet.vault.place;
		const place = { structure, person, device, key: tablet.vault.id };
		const receiptsFor = async (about: string) => {
			const body = { ...place, changes: [], media: [{ about, hash }] };
			const response = await call(scene.app, 'POST', '/api/stick', { as: scene.claire.device, body });
			const { signed } = (await response.json()) as { signed: Signed };
			return (JSON.parse(signed.text) as { media: object[] }).media;
		};
		expect(await receiptsFor(one)).toMatchObject([{ hash }]);
		expect(await receiptsFor(two)).toEqual([]);
	});

	test('name the very change that was brought: one written since under its record stays', async () => {
		const { scene, tablet } = await openPlace(name);
		const id = await tablet.create('interview', interview(scene));
		const { receipts } = await bring(scene, await write(tablet));
		const [row] = await tablet.db.outbox.toArray();
		// The same change, sealed anew: not what lies in the file.
		await tablet.db.outbox.put({ ...row!, ...(await tablet.db.sealChange(await tablet.db.openChange(row!))) });
		expect(await take(tablet, receipts!)).toEqual({ cleared: 0, refused: 0 });
		expect(await tablet.db.outbox.toArray()).toMatchObject([{ record: id }]);
	});
});

describe('the layout that is published', () => {
	test('is what is written: line by line, byte by byte, without any code of the product', async () => {
		const { scene, tablet } = await openPlace('SQLite');
		const id = await tablet.create('interview', interview(scene, { note: 'des mots' }));
		const content = recording(CHUNK + 20);
		const { hash } = await tablet.record(id, content);
		const text = await write(tablet);
		const lines = text.split('\n');
		expect(lines.pop()).toBe('');
		const all = lines.map((line) => JSON.parse(line) as { [key: string]: string | number });
		const { structure, device, person } = tablet.vault.place;
		const said = { name: 'Tablette', at: '2014-11-12T10:00:00.000Z' };
		expect(all[0]).toEqual({ format: 'temoin-outbox-1', structure, person, device, key: tablet.vault.id, ...said });
		expect(Object.keys(all[1]!)).toEqual(['record', 'sealed']);
		expect(all.slice(2, 4)).toMatchObject([
			{ about: id, hash, type: 'audio/webm', size: CHUNK + 20, number: 0 },
			{ about: id, hash, type: 'audio/webm', size: CHUNK + 20, number: 1 }
		]);
		expect(all.slice(4)).toEqual([{ end: 4 }]);
		expect(hash).toBe(createHash('sha256').update(content).digest('base64url'));

		// The wrap that the device left opens it, as `tests/support/sealed.ts` makes one; here by the data key's own words.
		const sealed = Buffer.from(String(all[1]!.sealed), 'base64url');
		expect(sealed[0]).toBe(1);
		const change = JSON.parse(await tablet.vault.openText(id, 'change-1', sealed)) as { fields: { note: string } };
		expect(change.fields.note).toBe('des mots');
		for (const [number, from] of [0, CHUNK].entries()) {
			const piece = Buffer.from(String(all[2 + number]!.piece), 'base64url');
			const plain = await tablet.vault.openBytes(`${hash}|${number}`, 'media-1', piece);
			expect(plain).toEqual(content.slice(from, from + CHUNK));
		}

		const { receipts } = await bring(scene, text);
		const file = JSON.parse(receipts!) as ReceiptsFile;
		const { text: words, signature } = file.signed[0]!;
		const named = ['format', 'structure', 'person', 'device', 'key', 'epoch', 'committed', 'at', 'changes', 'media'];
		const inner = JSON.parse(words) as { changes: { sealed: string; verdict: string }[] };
		expect(Object.keys(inner)).toEqual(named);
		expect(inner.changes).toMatchObject([
			{ verdict: 'applied', sealed: createHash('sha256').update(sealed).digest('base64url') }
		]);
		const { signing_key } = await scene.app.db.selectFrom('structure').select('signing_key').executeTakeFirstOrThrow();
		const how = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
		const point = new Uint8Array(Buffer.from(signing_key!, 'base64url'));
		const key = await crypto.subtle.importKey('raw', point, how, false, ['verify']);
		const raw = Buffer.from(signature, 'base64url');
		expect(raw).toHaveLength(64);
		expect(await crypto.subtle.verify(how, key, raw, new TextEncoder().encode(words))).toBe(true);
	});

	test('has lines of bounded length, and pieces that stay in the file until they are asked for', async () => {
		const { scene, tablet } = await openPlace('SQLite');
		const id = await tablet.create('interview', interview(scene));
		await tablet.record(id, recording(CHUNK + 500));
		const text = await write(tablet);
		const { pieces } = (await readOutbox(new Blob([text])))!;
		expect(pieces).toHaveLength(2);
		expect(JSON.stringify(pieces).length).toBeLessThan(1000);
		expect(text).toContain(await pieces[0]!.read());
		const [header, ...others] = text.split('\n');
		const long = (size: number) =>
			new Blob([`${header!.slice(0, -1)},"more":"${'a'.repeat(size)}"}\n${others.join('\n')}`]);
		expect(await readOutbox(long(7_900_000))).toBeDefined();
		expect(await readOutbox(long(8_000_000))).toBeUndefined();
	});

	test('is not the door of a locked vault: what left through that one is not in the file', async () => {
		const { scene, tablet } = await openPlace('SQLite');
		await tablet.create('interview', interview(scene));
		tablet.db.close();
		const { place, id } = tablet.vault;
		await sendSealed(place, id, (path, body) => call(scene.app, 'POST', path, { body }));
		const file = (await readOutbox(new Blob([await write(tablet)])))!;
		await tablet.db.open();
		expect(file.changes).toEqual([]);
	});

	test('leaves by a door that a box on the way has made smaller, in smaller parts', async () => {
		const { scene, tablet } = await openPlace('SQLite');
		for (let i = 0; i < 9; i++) await tablet.create('interview', interview(scene, { note: 'x'.repeat(4000) }));
		tablet.db.close();
		const { place, id } = tablet.vault;
		const sizes: number[] = [];
		const sent = await sendSealed(place, id, async (path, body) => {
			const { length } = JSON.stringify(body);
			sizes.push(length);
			return length > 20_000 ? new Response('', { status: 413 }) : await call(scene.app, 'POST', path, { body });
		});
		await tablet.db.open();
		expect(sent).toEqual({ left: 0 });
		expect(Math.max(...sizes)).toBeGreaterThan(20_000);
	});

	test('is taken in parts that whoever stands between the office and the server lets through', async () => {
		const { scene, tablet } = await openPlace('SQLite');
		for (let i = 0; i < 7; i++) await tablet.create('interview', interview(scene));
		const file = (await readOutbox(new Blob([await write(tablet)])))!;
		const sizes: number[] = [];
		const slow: Call = async (shape, path, body) => {
			const { changes } = body as { changes: unknown[] };
			sizes.push(changes.length);
			if (changes.length > 2) return { ok: false, problem: 'body.too-large', details: {} };
			const response = await call(scene.app, 'POST', `/api/stick${path}`, { as: scene.claire.device, body });
			return { ok: true, value: shape.parse(await response.json()) };
		};
		expect(await check(file, slow)).toBeUndefined();
		expect(await takeFile(file, slow, () => undefined)).toMatchObject({ applied: 7 });
		expect(sizes.slice(0, sizes.length / 2)).toEqual([7, 4, 2, 2, 3, 2, 1]);
	});
});
