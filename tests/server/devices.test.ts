import { describe, expect, test } from 'vitest';
import type { OwnDevice } from '$lib/domain/session';
import type { Receipt } from '$lib/domain/sync';
import type { App } from '$lib/server/app';
import { DATABASES } from '../support/databases';
import { deviceOf, idOf, openOffice, openOther, problem, signIn, told, type Office } from '../support/office';
import {
	addTotp,
	call,
	change,
	enrol,
	entered,
	PASSPHRASE,
	pullAll,
	sync,
	TOO_MANY,
	uuid,
	type Device
} from '../support/server';
import { dump, expectSound, quarantineOf, storedRecords } from '../support/stored';
import { bring, openVaultOf, sealAll, Vault } from '../support/sealed';

const devicesOf = async (app: App, as: Device) =>
	((await (await call(app, 'GET', '/api/account', { as })).json()) as { devices: OwnDevice[] }).devices;
const contact = async (app: App, device: Device, more: object = {}) => {
	const place = { structure: device.session.structure.id, person: idOf(device), device: deviceOf(device) };
	const headers = { cookie: device.mark };
	return (await (await call(app, 'POST', '/api/contact', { body: { ...place, ...more }, headers })).json()) as object;
};
const receiptsOf = async (response: Response): Promise<Receipt['verdict'][]> => {
	const { receipts } = (await response.json()) as { receipts: Receipt[] };
	return receipts.map(({ verdict }) => verdict);
};
const actsOf = async (app: App, act: string) =>
	await app.db.selectFrom('journal').selectAll().where('act', '=', act).execute();
/** Sandrine signs in on a second tablet. */
const elsewhere = async ({ app, structure }: Office, name = 'Sandrine') =>
	await entered(await signIn(app, structure, name));

describe.each(DATABASES)('a person’s devices on %s', (name) => {
	test('are listed with their names, since when, and which one this is', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		app.now = new Date(app.now.getTime() + 60_000);
		const second = await elsewhere(office);
		const seen = (await devicesOf(app, second)).map(({ id, current, state, since }) => ({ id, current, state, since }));
		expect(seen).toEqual([
			{ id: deviceOf(second), current: true, state: 'open', since: app.now.toISOString() },
			{ id: deviceOf(sandrine), current: false, state: 'open', since: '2014-11-12T09:00:00.000Z' }
		]);
		await call(app, 'DELETE', '/api/session', { as: second });
		expect((await devicesOf(app, sandrine)).map(({ state }) => state)).toEqual(['closed', 'open']);
	});

	test('are one’s own: nobody lists or revokes a colleague’s but a director', async () => {
		const { app, sandrine, nadia } = await openOffice(name);
		expect((await devicesOf(app, nadia)).map(({ id }) => id)).toEqual([deviceOf(nadia)]);
		const tried = await call(app, 'DELETE', `/api/account/devices/${deviceOf(sandrine)}`, { as: nadia });
		expect(await problem(tried)).toEqual([404, 'record.missing']);
		const tried2 = await call(app, 'DELETE', `/api/devices/${deviceOf(sandrine)}`, { as: nadia });
		expect(await problem(tried2)).toEqual([403, 'right.missing']);
		expect((await call(app, 'GET', '/api/session', { as: sandrine })).status).toBe(200);
		expect(await contact(app, sandrine)).toEqual({ revoked: false });
	});

	test('may be revoked by oneself, for oneself: a colleague who shares the tablet stays', async () => {
		const office = await openOffice(name);
		const { app, structure, sandrine } = office;
		const shared = { device: { id: deviceOf(sandrine), name: 'Tablette commune' } };
		const nadia = await entered(await signIn(app, structure, 'Nadia', shared));
		const phone = await elsewhere(office);
		const path = `/api/account/devices/${deviceOf(sandrine)}`;
		expect((await call(app, 'DELETE', path, { as: phone })).status).toBe(204);
		expect(await problem(await call(app, 'GET', '/api/session', { as: sandrine }))).toEqual([401, 'device.revoked']);
		expect((await call(app, 'GET', '/api/session', { as: nadia })).status).toBe(200);
		expect((await call(app, 'GET', '/api/session', { as: phone })).status).toBe(200);
		expect([await contact(app, sandrine), await contact(app, nadia)]).toEqual([{ revoked: true }, { revoked: false }]);
		expect(await problem(await call(app, 'DELETE', path, { as: phone }))).toEqual([404, 'record.missing']);
		expect(await actsOf(app, 'device.revoked')).toMatchObject([
			{ person_id: idOf(sandrine), device_id: deviceOf(phone), subject: deviceOf(sandrine), count: 1 }
		]);
	});

	test('are revoked for everybody by a director, who sees it done', async () => {
		const office = await openOffice(name);
		const { app, structure, claire, sandrine } = office;
		const shared = { device: { id: deviceOf(sandrine), name: 'Tablette commune' } };
		const nadia = await entered(await signIn(app, structure, 'Nadia', shared));
		const id = deviceOf(sandrine);
		expect((await call(app, 'DELETE', `/api/devices/${id}`, { as: claire })).status).toBe(204);
		for (const one of [sandrine, nadia]) {
			expect(await problem(await call(app, 'GET', '/api/session', { as: one }))).toEqual([401, 'device.revoked']);
			await expect(sync(app, one)).rejects.toThrow('401');
			expect(await contact(app, one)).toEqual({ revoked: true });
		}
		const people = (await (await call(app, 'GET', '/api/people', { as: claire })).json()) as {
			name: string;
			devices: OwnDevice[];
		}[];
		const states = people.find((one) => one.name === 'Sandrine')!.devices.map(({ state }) => state);
		expect(states).toEqual(['revoked']);
		expect(await actsOf(app, 'device.revoked')).toMatchObject([{ person_id: idOf(claire), subject: id, count: 2 }]);
		const again = await call(app, 'DELETE', `/api/devices/${id}`, { as: claire });
		expect(await problem(again)).toEqual([404, 'record.missing']);
		const other = await openOther(app);
		const theirs = await call(app, 'DELETE', `/api/devices/${deviceOf(claire)}`, { as: other });
		expect(await problem(theirs)).toEqual([404, 'record.missing']);
	});

	test('of somebody who left give up what they hold as well', async () => {
		const { app, claire, sandrine } = await openOffice(name);
		await call(app, 'DELETE', `/api/people/${idOf(sandrine)}`, { as: claire });
		expect(await problem(await call(app, 'GET', '/api/session', { as: sandrine }))).toEqual([401, 'device.revoked']);
		expect(await contact(app, sandrine)).toEqual({ revoked: true });
	});

	test('that were revoked say once that they have deleted what they held', async () => {
		const { app, structure, claire, sandrine } = await openOffice(name);
		expect(await contact(app, sandrine, { wiped: true })).toEqual({ revoked: false });
		await call(app, 'DELETE', `/api/devices/${deviceOf(sandrine)}`, { as: claire });
		await contact(app, sandrine);
		expect(await actsOf(app, 'device.wiped')).toEqual([]);
		for (let i = 0; i < 3; i++) expect(await contact(app, sandrine, { wiped: true })).toEqual({ revoked: true });
		expect(await actsOf(app, 'device.wiped')).toMatchObject([
			{ structure_id: structure, person_id: idOf(sandrine), subject: deviceOf(sandrine) }
		]);
		const people = (await (await call(app, 'GET', '/api/people', { as: claire })).json()) as {
			name: string;
			devices: OwnDevice[];
		}[];
		expect(people.find((one) => one.name === 'Sandrine')!.devices[0]!.state).toBe('wiped');
	});

	test('that this server does not know are never told to delete anything', async () => {
		const { app, structure, claire, sandrine, nadia } = await openOffice(name);
		await call(app, 'DELETE', `/api/devices/${deviceOf(sandrine)}`, { as: claire });
		const known = { structure, person: idOf(sandrine), device: deviceOf(sandrine) };
		for (const place of [
			{ ...known, structure: uuid() },
			{ ...known, person: idOf(nadia) },
			{ ...known, person: uuid() },
			{ ...known, device: uuid() }
		]) {
			const response = await call(app, 'POST', '/api/contact', { body: { ...place, wiped: true } });
			expect([response.status, await response.json()]).toEqual([200, { revoked: false }]);
		}
		expect(await actsOf(app, 'device.wiped')).toEqual([]);
	});

	test('that were revoked come back by a code of the director’s, and by no passphrase that was lost with them', async () => {
		const { app, structure, claire, sandrine } = await openOffice(name);
		await call(app, 'DELETE', `/api/devices/${deviceOf(sandrine)}`, { as: claire });
		const device = { id: deviceOf(sandrine), name: 'Retrouvée' };
		expect(await problem(await signIn(app, structure, 'Sandrine', { device }))).toEqual([403, 'device.revoked']);
		expect(await contact(app, sandrine)).toEqual({ revoked: true });
		expect(await actsOf(app, 'sign-in.refused')).toMatchObject([{ person_id: '', device_id: device.id }]);
		await entered(await signIn(app, structure, 'Sandrine')); // on another one her passphrase still serves
		const invited = await call(app, 'POST', `/api/people/${idOf(sandrine)}/code`, { as: claire, body: {} });
		const { code } = (await invited.json()) as { code: string };
		const back = await entered(
			await call(app, 'POST', '/api/enrol', { body: { code, passphrase: PASSPHRASE, device } })
		);
		expect(back.session.device.name).toBe('Retrouvée');
		expect(await contact(app, back)).toEqual({ revoked: false });
	});

	test('that are revoked between the two steps of a sign-in stay so', async () => {
		const { app, structure, claire, sandrine } = await openOffice(name);
		const { recovery } = await addTotp(app, sandrine);
		const first = await signIn(app, structure, 'Sandrine', { device: { id: deviceOf(sandrine), name: 'Volée' } });
		const { ticket } = (await first.json()) as { ticket: string };
		await call(app, 'DELETE', `/api/devices/${deviceOf(sandrine)}`, { as: claire });
		const second = await call(app, 'POST', '/api/session/second', { body: { ticket, code: recovery[0]! } });
		expect(second.status).toBe(403);
		expect(await contact(app, sandrine)).toEqual({ revoked: true });
	});
});

describe.each(DATABASES)('the outbox of a locked vault on %s', (name) => {
	async function locked() {
		const office = await openOffice(name);
		const vault = await openVaultOf(office.app, office.sandrine);
		const changes = [told(office), told(office, { words: 'Je me sens utile' })];
		return { ...office, office, vault, changes, sealed: await sealAll(vault, changes) };
	}
	const kept = async (app: App) => ({ ...(await dump(app)), throttle: [], commit_mark: [] });

	test('is taken as its owner’s, whoever brings it', async () => {
		const { app, structure, vault, changes, sealed, sandrine } = await locked();
		expect(await receiptsOf(await bring(app, vault.place, sealed))).toEqual(['applied', 'applied']);
		const records = await storedRecords(app, structure);
		for (const { record } of changes)
			expect(records.find(({ id }) => id === record)).toMatchObject({
				kind: 'interview',
				owner: idOf(sandrine),
				audience: `interviews:${idOf(sandrine)}`
			});
		await expectSound(app, structure);
		expect((await pullAll(app, sandrine)).records.map(({ id }) => id)).toContain(changes[0]!.record);
		expect(await actsOf(app, 'vault.opened')).toMatchObject([
			{ person_id: idOf(sandrine), subject: deviceOf(sandrine), count: 2 }
		]);
	});

	test('brought again counts once, and is told the same', async () => {
		const { app, structure, vault, sealed, changes, sandrine } = await locked();
		await bring(app, vault.place, sealed);
		const before = await storedRecords(app, structure);
		expect(await receiptsOf(await bring(app, vault.place, sealed))).toEqual(['applied', 'applied']);
		// Found again, unlocked, sent by its owner: still once.
		const { receipts } = await sync(app, sandrine, changes);
		expect(receipts.map(({ verdict }) => verdict)).toEqual(['applied', 'applied']);
		expect(await storedRecords(app, structure)).toEqual(before);
	});

	test('of a revoked device is taken before it is emptied', async () => {
		const { app, claire, vault, sealed, sandrine } = await locked();
		await call(app, 'DELETE', `/api/devices/${deviceOf(sandrine)}`, { as: claire });
		expect(await receiptsOf(await bring(app, vault.place, sealed))).toEqual(['applied', 'applied']);
	});

	test('of somebody who left is kept in quarantine, whole', async () => {
		const { app, claire, vault, sealed, changes, sandrine } = await locked();
		await call(app, 'DELETE', `/api/people/${idOf(sandrine)}`, { as: claire });
		expect(await receiptsOf(await bring(app, vault.place, sealed))).toEqual(['quarantined', 'quarantined']);
		const quarantine = await quarantineOf(app);
		expect(quarantine.map(({ raw }) => raw)).toEqual(expect.arrayContaining(changes));
		expect(quarantine[0]).toMatchObject({
			problem: 'right.missing',
			person_id: idOf(sandrine),
			device_id: deviceOf(sandrine)
		});
	});

	test('is judged by the rights its owner has now, and never more', async () => {
		const { app, office, claire, vault, tarbes, sandrine } = await locked();
		const body = { name: 'Sandrine', grants: [{ role: 'counsellor', antennas: [tarbes] }] };
		await call(app, 'PUT', `/api/people/${idOf(sandrine)}`, { as: claire, body });
		const changes = [told({ ...office, lourdes: tarbes }), told(office), change('campaign', { title: 'La mienne' })];
		const response = await bring(app, vault.place, await sealAll(vault, changes));
		expect(await receiptsOf(response)).toEqual(['applied', 'quarantined', 'quarantined']);
	});

	test('altered anywhere is refused whole, and nothing of it is taken', async () => {
		const { app, vault, sealed } = await locked();
		const before = await kept(app);
		const bytes = Buffer.from(sealed[1]!.sealed, 'base64url');
		for (const at of [0, 1, 12, 13, 40, bytes.length - 17, bytes.length - 1]) {
			const bad = Buffer.from(bytes);
			bad[at]! ^= 1;
			const altered = [sealed[0]!, { ...sealed[1]!, sealed: bad.toString('base64url') }];
			expect(await problem(await bring(app, vault.place, altered)), `byte ${at}`).toEqual([400, 'sealed.altered']);
		}
		for (const length of [0, 1, 12, 13, 28, bytes.length - 1]) {
			const cut = [sealed[0]!, { ...sealed[1]!, sealed: bytes.subarray(0, length).toString('base64url') }];
			expect(await problem(await bring(app, vault.place, cut)), `${length} bytes`).toEqual([400, 'sealed.altered']);
		}
		const swapped = [
			{ record: sealed[0]!.record, sealed: sealed[1]!.sealed },
			{ record: sealed[1]!.record, sealed: sealed[0]!.sealed }
		];
		expect(await problem(await bring(app, vault.place, swapped))).toEqual([400, 'sealed.altered']);
		expect(await kept(app)).toEqual(before);
	});

	test('sealed with another key, for another device or as something else than a change is refused whole', async () => {
		const { app, vault, changes, sealed, nadia } = await locked();
		const before = await kept(app);
		const [first] = changes;
		const other = Vault.of(nadia);
		for (const bad of [
			await other.seal(first!.record, first),
			await new Vault(vault.place).seal(first!.record, first),
			await vault.seal(first!.record, first, { device: deviceOf(nadia) }),
			await vault.seal(first!.record, first, { schema: 'record-1' }),
			await vault.seal(uuid(), first)
		]) {
			const mixed = [sealed[1]!, { record: first!.record, sealed: bad }];
			expect(await problem(await bring(app, vault.place, mixed))).toEqual([400, 'sealed.altered']);
		}
		expect(await kept(app)).toEqual(before);
	});

	test('of a vault that was not enrolled here, or is said to be another’s, is refused', async () => {
		const { app, vault, sealed, nadia } = await locked();
		const hers = await openVaultOf(app, nadia);
		const other = await openOther(app);
		const before = await kept(app);
		const places = [
			{ ...vault.place, key: uuid() },
			{ ...vault.place, person: idOf(nadia) },
			{ ...vault.place, device: deviceOf(nadia) },
			{ ...vault.place, key: hers.place.key },
			{ ...hers.place, key: vault.place.key },
			{ ...vault.place, structure: other.session.structure.id },
			{ ...vault.place, structure: uuid() }
		];
		for (const [i, place] of places.entries())
			expect(await problem(await bring(app, place, sealed, `10.0.0.${i}`))).toEqual([404, 'record.missing']);
		expect(await kept(app)).toEqual(before);
	});

	test('whose wrap was not made for this vault opens nothing', async () => {
		const { app, sandrine, nadia } = await locked();
		for (const lie of [{ person: idOf(nadia) }, { device: uuid() }, { key: uuid() }, { structure: uuid() }]) {
			const vault = Vault.of(sandrine);
			const wrap = await vault.wrapTo(sandrine.structureKey, { ...vault.place, ...lie });
			await call(app, 'PUT', '/api/vault', { as: sandrine, body: { key: vault.place.key, wrap } });
			expect(await problem(await bring(app, vault.place, [], '10.0.0.9'))).toEqual([404, 'record.missing']);
		}
	});

	test('keeps the wrap it was first given: nobody puts another in its place', async () => {
		const { app, vault, sealed, sandrine, nadia } = await locked();
		const body = { key: vault.place.key, wrap: await Vault.of(sandrine).wrapTo(sandrine.structureKey, vault.place) };
		for (const as of [sandrine, nadia]) await call(app, 'PUT', '/api/vault', { as, body });
		expect(await receiptsOf(await bring(app, vault.place, sealed))).toEqual(['applied', 'applied']);
		expect(await app.db.selectFrom('vault_key').selectAll().execute()).toHaveLength(1);
	});

	test('brought by guessing is slowed', async () => {
		const { app, vault, sealed } = await locked();
		for (let i = 0; i < 60; i++) expect((await bring(app, { ...vault.place, key: uuid() }, [])).status).toBe(404);
		expect(await problem(await bring(app, vault.place, sealed))).toEqual([429, 'too-many-tries']);
		expect((await bring(app, vault.place, sealed, '10.0.0.1')).status).toBe(200);
	});

	test('of more than a thousand changes is refused before anything is opened', async () => {
		const { app, vault, sealed } = await locked();
		const before = await kept(app);
		const many = Array.from({ length: TOO_MANY }, () => sealed[0]!);
		expect((await bring(app, vault.place, many)).status).toBe(400);
		expect(await kept(app)).toEqual(before);
		expect((await bring(app, vault.place, many.slice(1))).status).toBe(200);
	});

	test('opens with the structure’s private key alone, which lies sealed in the tables', async () => {
		const { app, structure, vault, sealed } = await locked();
		const row = await app.db.selectFrom('structure').selectAll().where('id', '=', structure).executeTakeFirstOrThrow();
		const key = Buffer.from(row.private_key!, 'base64url');
		await expect(
			crypto.subtle.importKey('pkcs8', key, { name: 'ECDH', namedCurve: 'P-256' }, false, [])
		).rejects.toThrow();
		const thief = { ...app, secret: new Uint8Array(32).fill(8) };
		expect(await problem(await bring(thief, vault.place, sealed))).toEqual([404, 'record.missing']);
	});

	test('of a person with a second factor needs none: it only gives', async () => {
		const office = await openOffice(name);
		const { app, claire } = office;
		const odile = await enrol(app, claire, 'Odile', [{ role: 'director', antennas: [] }]);
		await addTotp(app, odile);
		const vault = await openVaultOf(app, odile);
		const response = await bring(app, vault.place, await sealAll(vault, [told(office)]));
		const text = await response.text();
		expect([response.status, Object.keys(JSON.parse(text) as object)]).toEqual([
			200,
			['receipts', 'committed', 'epoch']
		]);
		expect(text).not.toContain(PASSPHRASE);
	});
});
