import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Change } from '$lib/domain/change';
import { answerInForce } from '$lib/domain/consent';
import { differing, inUse } from '$lib/domain/record';
import { readingId } from '$lib/domain/reading';
import { PROTOCOL, type ReceivedReply } from '$lib/domain/sync';
import { readSetting, UNREADABLE, type Position } from '$lib/local/database';
import { freeze, save } from '$lib/local/outbox';
import { listAside, listRefused } from '$lib/local/views';
import { replayLedger } from '$lib/server/keeping/erasure';
import type { Ledger } from '$lib/server/keeping/ledger';
import { replayWithdrawals } from '$lib/server/keeping/withdrawals';
import { afterUpgrade } from '$lib/server/keeping/upgrade';
import type { Outcome } from '$lib/sync/exchange';
import { Runner, type RunnerState } from '$lib/sync/runner';
import { DATABASES, openApp, type DatabaseName, type TestApp } from '../support/databases';
import { keepCopy } from '../support/copies';
import { problem } from '../support/office';
import { interview, openScene, type Scene } from '../support/scene';
import { call, change, sync, uuid } from '../support/server';
import { dump, expectSound, storedRecords } from '../support/stored';
import type { Tablet } from '../support/tablet';

type Place = Scene & { app: TestApp; structure: string };
async function openPlace(name: DatabaseName): Promise<Place> {
	const scene = await openScene(await openApp(name));
	return { ...scene, app: scene.app as TestApp, structure: scene.claire.device.session.structure.id };
}

const EQUAL = { state: 'done', position: { digest: 'equal' } };
const positionOf = async ({ db }: Tablet) => (await readSetting<Position>(db, 'position'))!;
const labels = async (tablet: Tablet) =>
	(await tablet.list('interview')).map(({ fields }) => inUse(fields, 'label')).toSorted();
const later = (app: TestApp, hours: number) => void (app.now = new Date(app.now.getTime() + hours * 3_600_000));
const erase = ({ app, claire }: Place, id: string) =>
	call(app, 'DELETE', `/api/testimonies/${id}`, { as: claire.device });
const stored = async ({ app, structure }: Place, id: string) =>
	(await storedRecords(app, structure)).find((record) => record.id === id);

const NO_LEDGER: Ledger = {
	append: () => undefined,
	read: () => [],
	appendWithdrawn: () => undefined,
	readWithdrawn: () => []
};
const withdraw = ({ app, claire }: Place, id: string) =>
	call(app, 'POST', `/api/testimonies/${id}/withdraw`, { as: claire.device, body: { items: ['citation-anonyme'] } });
const mayBeQuoted = async (place: Place, id: string) =>
	answerInForce((await stored(place, id))!.fields, 'consent:citation-anonyme');

/** What the server answers, with something about it changed. */
const answering = (tablet: Tablet, edit: (reply: ReceivedReply & { [key: string]: unknown }) => void): void => {
	tablet.net = async (go) => {
		const response = await go();
		if (!response.ok) return response;
		const reply = (await response.json()) as ReceivedReply;
		edit(reply);
		return Response.json(reply);
	};
};
const direct = (tablet: Tablet) => void (tablet.net = (go) => go());
const textOf = (body: Uint8Array | string): string => (typeof body === 'string' ? body : gunzipSync(body).toString());
/** What is sent, with something about it changed. */
const sending = (tablet: Tablet, edit: (request: { [key: string]: unknown }) => void): void => {
	const { send } = tablet;
	tablet.send = async (path, body, headers) => {
		const request = JSON.parse(textOf(body)) as { [key: string]: unknown };
		edit(request);
		const { 'content-encoding': _, ...rest } = headers;
		return await send(path, JSON.stringify(request), rest);
	};
};

describe.each(DATABASES)('a server on %s that came back from before', (name) => {
	test('is offered again what was sent and what was refused, and is told the erasures with its own proof', async () => {
		const place = await openPlace(name);
		const { app, sandrine, structure, tarbes } = place;
		const before = await sandrine.create('interview', interview(place, { label: 'avant' }));
		const gone = await sandrine.create('interview', interview(place, { label: 'MARQUE-effacee' }));
		await sandrine.sync();
		const back = await keepCopy(app);
		await sandrine.edit('interview', before, { note: 'depuis' });
		const after = await sandrine.create('interview', interview(place, { label: 'après' }));
		const refused = await sandrine.create('interview', interview(place, { label: 'ailleurs', antenna: tarbes }));
		await sandrine.sync();
		await erase(place, gone);
		await sandrine.sync();
		expect((await sandrine.db.erased.get(gone))!.proof).toBeDefined();

		await back();
		app.ledger = NO_LEDGER; // it was lost with it
		await replayLedger(app);
		expect(await stored(place, gone)).toBeDefined();
		expect(await stored(place, after)).toBeUndefined();
		const unsent = await sandrine.create('interview', interview(place, { label: 'sans réseau' }));

		const seen: unknown[] = [];
		sandrine.net = async (go) => {
			seen.push(await labels(sandrine));
			return await go();
		};
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		for (const labels of seen) expect(labels).toEqual(expect.arrayContaining(['après', 'avant', 'sans réseau']));
		expect(inUse((await stored(place, before))!.fields, 'note')).toBe('depuis');
		for (const id of [after, unsent]) expect(await stored(place, id), id).toBeDefined();
		expect(await stored(place, gone)).toBeUndefined();
		expect(JSON.stringify(await dump(app))).not.toContain('MARQUE');
		expect(await app.db.selectFrom('quarantine').select('problem').execute()).toEqual([{ problem: 'right.missing' }]);
		expect((await listRefused(sandrine.db)).map(({ record }) => record)).toEqual([refused]);
		expect(await listAside(sandrine.db)).toEqual([]); // all of it is there again
		expect(await sandrine.db.aside.count()).toBe(0);
		expect(await sandrine.db.outbox.count()).toBe(0);
		await expectSound(app, structure);
	});

	test('gives no agreement again that was withdrawn since, by its ledger alone', async () => {
		const place = await openPlace(name);
		const { app, sandrine, structure } = place;
		const [kept, since] = [
			await sandrine.create('interview', interview(place)),
			await sandrine.create('interview', interview(place, { label: 'après' }))
		];
		const two = (await sandrine.db.outbox.toArray()).find(({ record }) => record === since)!;
		await sandrine.db.outbox.delete(two.order);
		await sandrine.sync();
		const back = await keepCopy(app);
		await sandrine.db.outbox.add(two);
		await sandrine.sync();
		for (const id of [kept, since]) expect((await withdraw(place, id)).status).toBe(200);
		await back();
		expect(await mayBeQuoted(place, kept)).toBe('yes');
		await replayWithdrawals(app);
		expect(await mayBeQuoted(place, kept)).toBe('no');
		expect(await stored(place, since)).toBeUndefined();
		// Her tablet knows of neither withdrawal, and offers the second interview again.
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await mayBeQuoted(place, since)).toBe('no');
		await replayWithdrawals(app);
		expect(await app.db.selectFrom('quarantine').select('problem').execute()).toEqual([]);
		await expectSound(app, structure);
	});

	test('learns of a withdrawal from the tablet that had received it, where its ledger was lost', async () => {
		const place = await openPlace(name);
		const { app, sandrine, structure } = place;
		const id = await sandrine.create('interview', interview(place));
		await sandrine.sync();
		const back = await keepCopy(app);
		await withdraw(place, id);
		await sandrine.sync();
		await back();
		app.ledger = NO_LEDGER;
		expect(await mayBeQuoted(place, id)).toBe('yes');
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await mayBeQuoted(place, id)).toBe('no');
		const changes = await app.db.selectFrom('change').select('id').where('record_id', '=', id).execute();
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await app.db.selectFrom('change').select('id').where('record_id', '=', id).execute()).toEqual(changes);
		await expectSound(app, structure);
	});

	test('does not believe an erasure without its proof, nor with another’s', async () => {
		const place = await openPlace(name);
		const { app, sandrine, structure } = place;
		const [one, two] = [
			await sandrine.create('interview', interview(place)),
			await sandrine.create('interview', interview(place))
		];
		await sandrine.sync();
		await erase(place, one);
		await sandrine.sync();
		const { proof } = (await sandrine.db.erased.get(one))!;
		const { person, device } = sandrine.device.session;
		const tell = (erased: unknown[]) =>
			call(app, 'POST', '/api/sync', {
				as: sandrine.device,
				body: {
					...{ protocol: PROTOCOL, person: person.id, device: device.id, changes: [], cursor: null },
					...{ audiences: [], filling: [], erased }
				}
			});
		for (const said of [proof!, '', proof!.slice(1), `${proof}x`, 'x'.repeat(64)])
			expect((await tell([{ id: two, proof: said }])).status).toBe(200);
		expect(await stored(place, two)).toBeDefined();
		expect(await problem(await tell([{ id: two, proof: 'x'.repeat(65) }]))).toEqual([400, 'body.unreadable']);
		const elsewhere = { ...app, secret: new Uint8Array(32).fill(9) }; // a server that is not the one that said so
		await app.db.deleteFrom('erased').execute();
		const response = await call(elsewhere, 'POST', '/api/sync', {
			as: sandrine.device,
			body: {
				...{ protocol: PROTOCOL, person: person.id, device: device.id, changes: [], cursor: null },
				...{ audiences: [], filling: [], erased: [{ id: one, proof }] }
			}
		});
		expect(response.status).toBe(200);
		expect(await app.db.selectFrom('erased').select('id').execute()).toEqual([]);
		await expectSound(app, structure);
	});

	test('whose records nobody offers again leaves them set aside on the tablet, in sight and exportable, until they are there', async () => {
		const place = await openPlace(name);
		const { app, claire, sandrine, paul, lourdes, campaign } = place;
		const back = await keepCopy(app);
		const cell = readingId({ campaign, place: lourdes, period: '2014-03', indicator: 'situation-missions-realisees' });
		await paul.edit('reading', cell, { value: { amount: 212 } });
		await paul.sync();
		await claire.sync();
		await sandrine.sync();
		await back();
		expect(await claire.sync()).toMatchObject(EQUAL);
		expect(await claire.view(cell)).toBeUndefined();
		const aside = await listAside(claire.db);
		expect(aside.map(({ record }) => [record.id, inUse(record.fields, 'value')])).toEqual([[cell, { amount: 212 }]]);
		// Paul wrote it and still has it: once he has been there, nobody misses it.
		expect(await paul.sync()).toMatchObject(EQUAL);
		expect(await claire.sync()).toMatchObject(EQUAL);
		expect(inUse((await claire.view(cell))!.fields, 'value')).toEqual({ amount: 212 });
		expect(await listAside(claire.db)).toEqual([]);
	});

	test('and never had a record tells whoever set it aside that it was erased', async () => {
		const place = await openPlace(name);
		const { app, sandrine } = place;
		const back = await keepCopy(app);
		const id = await sandrine.create('interview', interview(place));
		await sandrine.sync();
		await sandrine.db.sent.clear(); // a backup that came to nothing had it
		await erase(place, id);
		await back();
		await replayLedger(app);
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await listAside(sandrine.db)).toEqual([]);
		expect(await sandrine.db.erased.get(id)).toMatchObject({ id });
	});

	test('and never had what was made of somebody tells whoever set it aside that they were erased', async () => {
		const place = await openPlace(name);
		const { app, claire, sandrine, campaign } = place;
		const id = await sandrine.create('interview', interview(place));
		await sandrine.sync();
		const back = await keepCopy(app);
		await sandrine.create('excerpt', { campaign, criterion: 'c', valence: 'improve' }, id);
		await sandrine.sync();
		await claire.sync();
		await back();
		await claire.sync();
		expect(await listAside(claire.db)).toHaveLength(1);
		await erase(place, id);
		expect(await claire.sync()).toMatchObject(EQUAL);
		expect(await listAside(claire.db)).toEqual([]);
	});

	test('never blanks the screen, however often the line is cut while all of it comes again', async () => {
		const place = await openPlace(name);
		const { app, sandrine } = place;
		const kept = Array.from({ length: 12 }, (_, i) => `fiche ${String(i).padStart(2, '0')}`);
		for (const label of kept) await sandrine.create('interview', interview(place, { label }));
		await sandrine.sync();
		const back = await keepCopy(app);
		const last = await sandrine.create('interview', interview(place, { label: 'fiche 99' }));
		await sandrine.edit('interview', last, { note: 'en une fois' });
		await sandrine.sync();
		await sandrine.edit('interview', last, { note: 'en deux fois' });
		await sandrine.sync();
		await back();
		for (let cut = 1; cut < 6; cut++) {
			let calls = 0;
			sandrine.net = async (go) => {
				const response = await go();
				if (++calls === cut) throw new TypeError('the reply was lost');
				return response;
			};
			await sandrine.sync();
			expect(await labels(sandrine), `cut at ${cut}`).toEqual([...kept, 'fiche 99']);
		}
		direct(sandrine);
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await labels(sandrine)).toEqual([...kept, 'fiche 99']);
	});
});

test('a fiche stands whole while it waits for the page that brings it again', async () => {
	const place = await openPlace('SQLite');
	const { app, claire, sandrine } = place;
	await sync(
		app,
		claire.device,
		Array.from({ length: 600 }, (_, order) => change('antenna', { name: `Antenne ${order}`, order }))
	);
	const id = await sandrine.create('interview', interview(place, { label: 'K.' }));
	await sandrine.sync();
	const { sequence } = (await stored(place, id))!;
	await app.db.updateTable('structure').set({ backup_sequence: sequence, backup_at: app.now.toISOString() }).execute();
	await sandrine.sync();
	expect(await sandrine.db.sent.count()).toBe(0); // the backup has it: it is not offered again
	const back = await keepCopy(app);
	await sandrine.edit('interview', id, { note: 'depuis' });
	await sandrine.sync();
	await back();
	for (let i = 0; i < 2; i++) {
		let calls = 0;
		sandrine.net = (go) => (++calls > 1 ? Promise.reject(new TypeError('the line was cut')) : go());
		expect(await sandrine.sync()).toEqual({ state: 'offline' });
		const { fields } = (await sandrine.view(id))!;
		expect([inUse(fields, 'label'), inUse(fields, 'note')]).toEqual(['K.', 'depuis']);
	}
	direct(sandrine);
	expect(await sandrine.sync()).toMatchObject(EQUAL);
	expect(inUse((await sandrine.view(id))!.fields, 'label')).toBe('K.');
});

describe.each(DATABASES)('a tablet whose rows are not those of a server on %s', (name) => {
	test('fetches them anew, once a day at most, and never takes its own for the right ones', async () => {
		const place = await openPlace(name);
		const { app, sandrine } = place;
		const ids = [];
		for (const label of ['a', 'b', 'c']) ids.push(await sandrine.create('interview', interview(place, { label })));
		await sandrine.sync();
		await sandrine.sync();
		const pulls = async () => {
			sandrine.requests = [];
			const outcome = await sandrine.sync();
			return { outcome, calls: sandrine.requests.length };
		};
		// A row deleted, another one tampered with: both come back, in one go.
		await sandrine.db.records.delete(ids[0]!);
		const row = (await sandrine.db.records.get(ids[1]!))!;
		await sandrine.db.records.put({ ...row, sequence: row.sequence + 1000 });
		expect((await pulls()).outcome).toMatchObject(EQUAL);
		expect(await labels(sandrine)).toEqual(['a', 'b', 'c']);
		// Again on the same day: said, and left for tomorrow.
		await sandrine.db.records.delete(ids[2]!);
		later(app, 1);
		const again = await pulls();
		expect(again.outcome).toMatchObject({ state: 'done', position: { digest: 'different' } });
		expect(again.calls).toBe(1);
		expect(await labels(sandrine)).toEqual(['a', 'b']);
		later(app, 24);
		expect((await pulls()).outcome).toMatchObject(EQUAL);
		expect(await labels(sandrine)).toEqual(['a', 'b', 'c']);
	});

	test('and one of which does not open loses no other to it, nor what was written on it', async () => {
		const place = await openPlace(name);
		const { sandrine } = place;
		const id = await sandrine.create('interview', interview(place, { label: 'a' }));
		await sandrine.create('interview', interview(place, { label: 'b' }));
		await sandrine.sync();
		await sandrine.edit('interview', id, { note: 'écrite avant' });
		const row = (await sandrine.db.records.get(id))!;
		const sealed = row.sealed.slice();
		sealed[30]! ^= 1;
		await sandrine.db.records.put({ ...row, sealed });
		sandrine.reopen(); // nothing of it in memory any more
		expect(await labels(sandrine)).toContain('b');
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await labels(sandrine)).toEqual(['a', 'b']);
		expect(inUse((await sandrine.view(id))!.fields, 'note')).toBe('écrite avant');
		expect(await sandrine.db.outbox.count()).toBe(0);
	});

	test('and one of which is gone does not take what was written on it for the whole', async () => {
		const place = await openPlace(name);
		const { sandrine } = place;
		const id = await sandrine.create('interview', interview(place, { label: 'a' }));
		await sandrine.sync();
		await sandrine.edit('interview', id, { note: 'jamais écrite avant' });
		await freeze(sandrine.db);
		await sandrine.edit('interview', id, { 'answer:q': { words: 'dans le même lot' } });
		await sandrine.db.records.delete(id);
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		const { fields } = (await sandrine.view(id))!;
		expect(['label', 'note'].map((field) => inUse(fields, field))).toEqual(['a', 'jamais écrite avant']);
	});

	test('keeps a record of a shape it does not know, counts it, and reads it once it does', async () => {
		const place = await openPlace(name);
		const { claire, sandrine } = place;
		await sandrine.sync();
		const id = await claire.create('antenna', { name: 'Bagnères', order: 3 });
		await claire.sync();
		let strange: unknown;
		answering(sandrine, (reply) => {
			reply.records = reply.records.map((one) => {
				const record = one as { id: string; fields: unknown };
				return record.id === id ? (strange = { ...record, fields: 'of a later version' }) : one;
			});
		});
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(strange).toBeDefined();
		expect(await sandrine.db.records.get(id)).toMatchObject({ kind: UNREADABLE });
		expect(await sandrine.view(id)).toBeUndefined();
		expect((await sandrine.list('antenna')).length).toBe(2);
		direct(sandrine);
		expect(await sandrine.sync()).toMatchObject(EQUAL); // counted, and still not read
		// The version that knows it: what was kept is what came.
		const row = (await sandrine.db.records.get(id))!;
		expect(await sandrine.vault.open(id, 'record-1', row.sealed)).toEqual(strange);
		const known = {
			...(strange as object),
			fields: { name: [{ value: 'Bagnères', change: id, person: claire.person, at: 'x' }] }
		};
		await sandrine.db.records.put({ ...row, sealed: await sandrine.vault.seal(id, 'record-1', known) });
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(inUse((await sandrine.view(id))!.fields, 'name')).toBe('Bagnères');
	});

	test('passes over what is not even a record, and says that something is missing', async () => {
		const place = await openPlace(name);
		const { claire, sandrine } = place;
		const id = await claire.create('antenna', { name: 'Bagnères', order: 3 });
		await claire.sync();
		answering(sandrine, (reply) => {
			const others = reply.records.filter((one) => (one as { id: string }).id !== id);
			reply.records = [null, 'x', ...others, { id: 5 }];
		});
		expect(await sandrine.sync()).toMatchObject({ state: 'done', position: { digest: 'different' } });
		expect((await sandrine.list('antenna')).length).toBe(2);
	});
});

describe.each(DATABASES)('what a tablet sends to a server on %s', (name) => {
	test('that cannot be taken is set aside alone, and the others go on in few calls', async () => {
		const place = await openPlace(name);
		const { sandrine } = place;
		for (let i = 0; i < 60; i++) await sandrine.create('interview', interview(place, { label: `f${i}` }));
		const rows = await sandrine.db.outbox.toArray();
		const bad = rows[17]!;
		const { send } = sandrine;
		let calls = 0;
		sandrine.send = async (path, body, headers) => {
			calls += 1;
			const isBad = textOf(body).includes(bad.id);
			return isBad ? Response.json({ problem: 'body.unreadable' }, { status: 400 }) : await send(path, body, headers);
		};
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await sandrine.db.outbox.count()).toBe(0);
		expect(await sandrine.db.refused.toArray()).toMatchObject([{ id: bad.id, problem: 'body.unreadable' }]);
		expect(await place.app.db.selectFrom('change').select('id').where('kind', '=', 'interview').execute()).toHaveLength(
			59
		);
		expect(calls).toBeLessThan(20);
		// Once the server is another one, it is offered again.
		sandrine.send = send;
		place.app.version = 'newer';
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await sandrine.db.refused.count()).toBe(0);
		expect(await stored(place, bad.record)).toBeDefined();
	});

	test('and arrives cut short by a box on the way is sent again, not set aside', async () => {
		const place = await openPlace(name);
		const { sandrine } = place;
		await sandrine.sync();
		const id = await sandrine.create('interview', interview(place));
		const { send } = sandrine;
		let calls = 0;
		sandrine.send = (path, body, headers) => send(path, ++calls < 3 ? body.slice(0, body.length / 2) : body, headers);
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(calls).toBe(3);
		expect(await listRefused(sandrine.db)).toEqual([]);
		expect(await stored(place, id)).toBeDefined();
	});

	test('and does not open any more is set aside as it lies, offered never again, and hides nothing', async () => {
		const place = await openPlace(name);
		const { app, sandrine } = place;
		await sandrine.create('interview', interview(place, { label: 'a' }));
		const bad = await sandrine.create('interview', interview(place, { label: 'b' }));
		await sandrine.create('interview', interview(place, { label: 'c' }));
		const row = (await sandrine.db.outbox.toArray()).find(({ record }) => record === bad)!;
		const sealed = row.sealed.slice();
		sealed[40]! ^= 1;
		await sandrine.db.outbox.put({ ...row, sealed });
		sandrine.reopen(); // what was sealed in this window is still known in it
		expect(await labels(sandrine)).toEqual(['a', 'c']);
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		app.version = 'newer';
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await labels(sandrine)).toEqual(['a', 'c']);
		expect(await sandrine.db.outbox.count()).toBe(0);
		expect(await listRefused(sandrine.db)).toMatchObject([
			{ record: bad, problem: 'change.damaged', change: undefined }
		]);
		expect((await sandrine.db.refused.get(row.id))!.sealed).toEqual(sealed);
	});

	test('and is answered by a verdict that it does not know is kept, not thrown away', async () => {
		const place = await openPlace(name);
		const { sandrine } = place;
		const id = await sandrine.create('interview', interview(place));
		answering(sandrine, (reply) => {
			for (const receipt of reply.receipts) receipt.verdict = 'postponed';
		});
		await sandrine.sync();
		expect(await sandrine.db.outbox.count()).toBe(0);
		expect(await listRefused(sandrine.db)).toMatchObject([{ record: id, problem: 'verdict.unknown' }]);
		expect((await listRefused(sandrine.db))[0]!.change!.fields.stakeholder).toBe('employee');
	});

	test('again after others have gone on from it does not come back as contested', async () => {
		const place = await openPlace(name);
		const { app, claire, paul, lourdes, campaign } = place;
		const cell = readingId({ campaign, place: lourdes, period: '2014-03', indicator: 'situation-missions-realisees' });
		await paul.edit('reading', cell, { value: { amount: 1 } });
		// Paul's reply is lost; Claire sees his figure and corrects it; Paul fetches hers, then offers his again.
		paul.net = async (go) => {
			await go();
			throw new TypeError('the reply was lost');
		};
		await paul.sync();
		await claire.sync();
		await claire.edit('reading', cell, { value: { amount: 2 } });
		await claire.sync();
		direct(paul);
		expect(await paul.sync()).toMatchObject(EQUAL);
		expect(differing((await paul.view(cell))!.fields, 'value')).toHaveLength(1);
		expect(inUse((await paul.view(cell))!.fields, 'value')).toEqual({ amount: 2 });
		// And so with all that was sent, after a new history in which nothing was lost.
		const back = await keepCopy(app);
		await back();
		await app.db.updateTable('structure').set({ epoch: uuid() }).execute();
		expect(await paul.sync()).toMatchObject(EQUAL);
		expect(inUse((await paul.view(cell))!.fields, 'value')).toEqual({ amount: 2 });
		expect(differing((await paul.view(cell))!.fields, 'value')).toHaveLength(1);
		expect(await paul.db.refused.count()).toBe(0);
		await expectSound(app, place.structure);
	});
});

describe.each(DATABASES)('two versions that follow one another, with a server on %s', (name) => {
	test('understand each other: what one adds, the other keeps', async () => {
		const place = await openPlace(name);
		const { app, sandrine, structure } = place;
		for (const protocol of [PROTOCOL - 1, PROTOCOL + 1]) {
			sending(sandrine, (request) => Object.assign(request, { protocol, added: { later: [1] } }));
			answering(sandrine, (reply) => {
				Object.assign(reply, { added: { later: [1] } });
				for (const part of [...reply.receipts, ...reply.records, ...reply.marks])
					Object.assign(part as object, { added: 'x' });
			});
			await sandrine.create('interview', interview(place, { label: `v${protocol}`, mood: 'of a later version' }));
			expect(await sandrine.sync(), `protocol ${protocol}`).toMatchObject(EQUAL);
		}
		expect(await labels(sandrine)).toEqual([`v${PROTOCOL - 1}`, `v${PROTOCOL + 1}`]);
		expect((await storedRecords(app, structure)).filter(({ kind }) => kind === 'interview')).toHaveLength(2);
		await expectSound(app, structure);
	});

	test('that do not are refused in words, and nothing is lost', async () => {
		const place = await openPlace(name);
		const { app, sandrine } = place;
		const id = await sandrine.create('interview', interview(place));
		const { send } = sandrine;
		for (const protocol of [0, PROTOCOL - 2, PROTOCOL + 2, -1, 1000]) {
			sending(sandrine, (request) => void (request.protocol = protocol));
			const before = await dump(app);
			expect(await sandrine.sync(), `protocol ${protocol}`).toEqual({ state: 'refused', status: 426 });
			const after = await dump(app);
			for (const table of ['record', 'change', 'quarantine', 'tally']) expect(after[table]).toEqual(before[table]);
			sandrine.send = send;
			expect(await sandrine.db.outbox.toArray()).toMatchObject([{ record: id }]);
			expect(await sandrine.db.refused.count()).toBe(0);
		}
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await stored(place, id)).toBeDefined();
	});

	test('a kind that the older server does not know waits in its quarantine until it does', async () => {
		const place = await openPlace(name);
		const { app, sandrine } = place;
		const id = await sandrine.create('visit', { at: 'Lourdes' });
		await sandrine.sync();
		expect(await listRefused(sandrine.db)).toMatchObject([{ record: id, problem: 'kind.unknown' }]);
		// The server of the next version: to it, what waits is an interview like any other.
		const [row] = await app.db.selectFrom('quarantine').selectAll().execute();
		const known = { ...(JSON.parse(row!.raw) as Change), kind: 'interview', fields: interview(place) };
		await app.db
			.updateTable('quarantine')
			.set({ raw: JSON.stringify(known) })
			.execute();
		app.version = 'newer';
		await afterUpgrade(app);
		expect(await stored(place, id)).toMatchObject({ kind: 'interview' });
		await sandrine.sync();
		expect(await sandrine.view(id)).toBeDefined();
		await expectSound(app, place.structure);
	});
});

describe('trouble on the way', () => {
	const faults: [what: string, response: () => Response, outcome: Outcome][] = [
		['401', () => Response.json({ problem: 'session.missing' }, { status: 401 }), { state: 'signed-out' }],
		['403', () => Response.json({ problem: 'session.other' }, { status: 403 }), { state: 'signed-out' }],
		['a lost tablet', () => Response.json({ problem: 'device.revoked' }, { status: 401 }), { state: 'revoked' }],
		[
			'400 of a box on the way',
			() => new Response('<h1>Bad request</h1>', { status: 400 }),
			{ state: 'refused', status: 400 }
		],
		['413 of a box on the way', () => new Response('', { status: 413 }), { state: 'refused', status: 413 }],
		['429', () => Response.json({ problem: 'too-many-tries' }, { status: 429 }), { state: 'refused', status: 429 }],
		['500', () => new Response('', { status: 500 }), { state: 'refused', status: 500 }],
		['502', () => new Response('<html>', { status: 502 }), { state: 'refused', status: 502 }],
		['a full disk', () => Response.json({ problem: 'place.full' }, { status: 507 }), { state: 'refused', status: 507 }],
		['a page in the place of an answer', () => new Response('<html>Wi-Fi de la gare</html>'), { state: 'offline' }],
		['half an answer', () => new Response('{"receipts":['), { state: 'offline' }],
		['another answer', () => Response.json({ hello: 'world' }), { state: 'refused', status: 200 }]
	];

	test('deletes nothing, whatever it is, and ends with the trouble', async () => {
		const place = await openPlace('SQLite');
		const { sandrine } = place;
		const id = await sandrine.create('interview', interview(place));
		await sandrine.sync();
		await sandrine.edit('interview', id, { label: 'K.' });
		await sandrine.create('interview', interview(place));
		await sandrine.db.outbox.toCollection().modify({ state: 'frozen' });
		const kept = async () =>
			Object.fromEntries(
				await Promise.all(sandrine.db.tables.map(async (table) => [table.name, await table.toArray()] as const))
			);
		const before = await kept();
		for (const [what, response, outcome] of faults) {
			sandrine.net = () => Promise.resolve(response());
			expect(await sandrine.sync(), what).toEqual(outcome);
			expect(await kept(), what).toEqual(before);
		}
		direct(sandrine);
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await sandrine.db.outbox.count()).toBe(0);
	});

	test('a box on the way that takes less than the server is given less, until everything has left', async () => {
		const place = await openPlace('SQLite');
		const { app, sandrine } = place;
		for (let i = 0; i < 9; i++) await sandrine.create('interview', interview(place, { note: 'x'.repeat(4000) }));
		const { send } = sandrine;
		const sizes: number[] = [];
		sandrine.send = (path, body, headers) => {
			const { length } = textOf(body);
			sizes.push(length);
			return length > 9000 ? Promise.resolve(new Response('', { status: 413 })) : send(path, body, headers);
		};
		expect(await sandrine.sync()).toMatchObject(EQUAL);
		expect(await sandrine.db.outbox.count()).toBe(0);
		expect(await listRefused(sandrine.db)).toEqual([]);
		expect(Math.max(...sizes)).toBeGreaterThan(9000);
		await expectSound(app, place.structure);
	});

	test('waits for a person where only they can change it, and longer and longer otherwise', async () => {
		const run = async (outcomes: Outcome[]) => {
			const waits: number[] = [];
			const states: RunnerState[] = [];
			let next: (() => void) | undefined;
			const runner = new Runner(
				() => Promise.resolve(outcomes.shift()!),
				{
					alone: async (work) => (await work(), true),
					wait: (ms, then) => {
						waits.push(ms);
						next = then;
						return () => (next = undefined);
					},
					isOnline: () => true
				},
				(state) => states.push(state)
			);
			await runner.wake();
			while (outcomes.length > 0 && next) {
				next();
				await new Promise((done) => setTimeout(done));
			}
			return { waits, last: states.at(-1) };
		};
		for (const state of ['signed-out', 'revoked', 'second-factor'] as const)
			expect(await run([{ state }]), state).toEqual({
				waits: [],
				last: { at: 'rest', outcome: { state }, retryIn: undefined }
			});
		for (const status of [400, 413, 426, 429, 500, 502, 503, 507]) {
			const { waits } = await run(Array.from({ length: 9 }, () => ({ state: 'refused', status })));
			expect(waits, String(status)).toEqual([10, 20, 40, 80, 160, 320, 600, 600, 600].map((s) => s * 1000));
		}
		const recovered = await run([{ state: 'offline' }, { state: 'offline' }, { state: 'signed-out' }]);
		expect(recovered.waits).toEqual([10_000, 20_000]);
	});

	test('a clock that is years off changes nothing but what is said of the time', async () => {
		const results = [];
		for (const years of [0, -30, 40]) {
			const place = await openPlace('SQLite');
			const { app, sandrine, claire, paul, lourdes, campaign } = place;
			const off = years * 365 * 86_400_000;
			const at = new Date(app.now.getTime() + off).toISOString();
			const cell = readingId({
				campaign,
				place: lourdes,
				period: '2014-03',
				indicator: 'situation-missions-realisees'
			});
			const edit = (tablet: Tablet, kind: string, record: string, fields: Change['fields']) =>
				save(tablet.db, { id: kind === 'interview' ? record : uuid(), kind, record, fields, seen: {}, at });
			const id = uuid();
			await edit(sandrine, 'interview', id, interview(place, { label: 'K.' }));
			await edit(paul, 'reading', cell, { value: { amount: 1 } });
			await claire.edit('reading', cell, { value: { amount: 2 } });
			const clocked = async (tablet: Tablet) => {
				const real = app.clock;
				let asked = 0;
				const outcome = await (
					await import('$lib/sync/exchange')
				).exchange({
					...{ db: tablet.db, send: tablet.send, person: tablet.person, device: tablet.device.session.device.id },
					now: () => (asked++, real().getTime() + off)
				});
				expect(asked).toBeGreaterThan(0);
				return outcome;
			};
			expect(await clocked(paul)).toMatchObject(EQUAL);
			await claire.sync();
			expect(await clocked(paul)).toMatchObject(EQUAL);
			expect(await clocked(sandrine)).toMatchObject(EQUAL);
			expect(Math.abs((await positionOf(paul)).offset! + off)).toBeLessThan(1000);
			results.push({
				cell: differing((await paul.view(cell))!.fields, 'value').map(({ value }) => value),
				label: inUse((await sandrine.view(id))!.fields, 'label'),
				synced: (await positionOf(sandrine)).syncedAt
			});
		}
		expect(results[1]).toEqual(results[0]);
		expect(results[2]).toEqual(results[0]);
	});
});
