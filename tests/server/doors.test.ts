import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Role } from '$lib/domain/structure';
import type { App } from '$lib/server/app';
import { openFictitious } from '$lib/server/fictitious/structure';
import { DATABASES, openApp } from '../support/databases';
import { deviceOf, idOf, openOffice, openOther, problem, signIn, type Office } from '../support/office';
import { addTotp, call, entered, setUp, uuid, type Device } from '../support/server';

const explore = (app: App, from = '127.0.0.1', id = uuid()) =>
	call(app, 'POST', '/api/explore', { body: { role: 'director', device: { id, name: 'Poste' } }, from });
const canExplore = async (app: App) =>
	((await (await call(app, 'GET', '/api/welcome')).json()) as { canExplore: boolean }).canExplore;
const structuresOf = async (app: App) => await app.db.selectFrom('structure').selectAll().execute();

describe.each(DATABASES)('the door of the fictitious structure on %s', (name) => {
	test('makes one before anybody works for real, and never a second', async () => {
		const app = await openApp(name);
		expect(await canExplore(app)).toBe(true);
		for (let i = 0; i < 3; i++) expect((await explore(app)).status).toBe(200);
		expect(await structuresOf(app)).toHaveLength(1);
	});

	test('makes none where a structure works for real, however often it is asked', async () => {
		const app = await openApp(name);
		await setUp(app);
		expect(await canExplore(app)).toBe(false);
		for (let i = 0; i < 3; i++) expect(await problem(await explore(app))).toEqual([409, 'explore.closed']);
		expect(await structuresOf(app)).toHaveLength(1);
		await openFictitious(app); // as `npm run seed` does
		expect(await canExplore(app)).toBe(true);
		expect((await explore(app)).status).toBe(200);
	});

	test('once deleted where a structure works for real, does not make another', async () => {
		const app = await openApp(name);
		const explorer = await openOther(app);
		await setUp(app);
		expect((await explore(app)).status).toBe(200);
		await call(app, 'DELETE', '/api/explore', { as: explorer });
		expect(await problem(await explore(app))).toEqual([409, 'explore.closed']);
	});

	test('keeps a hundred explorers and no more, the last ones', async () => {
		const app = await openApp(name);
		const { structure } = await openFictitious(app);
		const first = await entered(await explore(app, '10.1.0.0'));
		const body = { key: uuid(), wrap: 'x'.repeat(168) };
		await call(app, 'PUT', '/api/vault', { as: first, body });
		for (let i = 1; i <= 130; i++) {
			app.now = new Date(app.now.getTime() + 1000);
			await explore(app, `10.1.1.${i}`);
		}
		const last = await entered(await explore(app, '10.1.2.1'));
		for (const table of ['session', 'device'] as const)
			expect(await app.db.selectFrom(table).selectAll().where('structure_id', '=', structure).execute()).toHaveLength(
				100
			);
		expect(await app.db.selectFrom('vault_key').selectAll().execute()).toEqual([]);
		expect((await call(app, 'GET', '/api/session', { as: first })).status).toBe(401);
		expect((await call(app, 'GET', '/api/session', { as: last })).status).toBe(200);
	});

	test('is slowed for an address that comes through it all day', async () => {
		const app = await openApp(name);
		for (let i = 0; i < 60; i++) expect((await explore(app)).status).toBe(200);
		expect(await problem(await explore(app))).toEqual([429, 'too-many-tries']);
		expect((await explore(app, '10.0.0.1')).status).toBe(200);
	});
});

describe.each(DATABASES)('that a lost tablet is empty, on %s', (name) => {
	const say = async ({ app, structure }: Office, device: Device, cookie: string, more: object = {}) => {
		const body = { structure, person: idOf(device), device: deviceOf(device), wiped: true, ...more };
		const headers: Record<string, string> = cookie ? { cookie } : {};
		return await (await call(app, 'POST', '/api/contact', { body, headers })).json();
	};
	const isWiped = async ({ app }: Office, device: Device) =>
		(await app.db.selectFrom('device').selectAll().where('id', '=', deviceOf(device)).executeTakeFirstOrThrow())
			.wiped_at !== null;
	/** Sandrine's tablet was stolen, and declared lost. */
	async function lost() {
		const office = await openOffice(name);
		await call(office.app, 'DELETE', `/api/devices/${deviceOf(office.sandrine)}`, { as: office.claire });
		return { office, ...office };
	}

	test('is said by the tablet itself, with what it still holds, and by nobody who only knows its ids', async () => {
		const { office, sandrine, nadia } = await lost();
		const [named] = sandrine.mark.split('=') as [string];
		const strangers = ['', nadia.mark, nadia.cookie, `${named}=x`, `${named}=${nadia.mark.split('=')[1]}`];
		for (const cookie of strangers) expect(await say(office, sandrine, cookie), cookie).toEqual({ revoked: true });
		expect(await isWiped(office, sandrine)).toBe(false);
		expect(await say(office, sandrine, sandrine.mark)).toEqual({ revoked: true });
		expect(await isWiped(office, sandrine)).toBe(true);
	});

	test('is said by a tablet of before with its half of the session, which opens nothing any more', async () => {
		const { office, app, sandrine } = await lost();
		await app.db.updateTable('device').set({ mark_hash: null }).execute();
		expect(await problem(await call(app, 'GET', '/api/session', { as: sandrine }))).toEqual([401, 'device.revoked']);
		await say(office, sandrine, sandrine.cookie);
		expect(await isWiped(office, sandrine)).toBe(true);
	});

	test('cannot be said with the mark of another of her devices, nor of a colleague on the same tablet', async () => {
		const office = await openOffice(name);
		const { app, structure, claire, sandrine } = office;
		const phone = await entered(await signIn(app, structure, 'Sandrine'));
		const shared = { device: sandrine.session.device };
		const nadia = await entered(await signIn(app, structure, 'Nadia', shared));
		await call(app, 'DELETE', `/api/devices/${deviceOf(sandrine)}`, { as: claire });
		for (const cookie of [phone.mark, phone.cookie, nadia.mark]) await say(office, sandrine, cookie);
		expect(await isWiped(office, sandrine)).toBe(false);
	});

	test('a mark opens nothing: neither a session nor what the tablet had', async () => {
		const { app, sandrine } = await openOffice(name);
		const [, value] = sandrine.mark.split('=') as [string, string];
		const { key, cookie } = sandrine;
		const stolen = [
			{ cookie: sandrine.mark, key },
			{ cookie: sandrine.mark, key: `mark-${key}` },
			{ cookie: `${cookie.split('=')[0]}=${value}`, key },
			{ cookie: `${cookie.split('=')[0]}=${sandrine.session.structure.id}.${value}`, key }
		];
		for (const as of stolen)
			expect(await problem(await call(app, 'GET', '/api/session', { as }))).toEqual([401, 'session.missing']);
	});
});

describe.each(DATABASES)('a right on %s', (name) => {
	test('holds for an antenna that there is: one made up is refused in words, and nothing changes', async () => {
		const office = await openOffice(name);
		const { app, claire, sandrine, lourdes, campaign } = office;
		const there = (await openOther(app)).session.structure.id;
		const elsewhere = await app.db
			.selectFrom('record')
			.select('id')
			.where('structure_id', '=', there)
			.where('kind', '=', 'antenna')
			.executeTakeFirstOrThrow();
		const edit = (antennas: string[], role: Role = 'counsellor') => ({
			as: claire,
			body: { name: 'Zoé', grants: [{ role, antennas }] }
		});
		for (const made of ['bagneres', uuid(), elsewhere.id, campaign, idOf(sandrine)]) {
			const added = await call(app, 'POST', '/api/people', edit([lourdes, made]));
			expect([added.status, await added.json()]).toEqual([
				400,
				{ problem: 'antenna.unknown', details: { antennas: [made] } }
			]);
			const changed = await call(app, 'PUT', `/api/people/${idOf(sandrine)}`, edit([made], 'antenna-staff'));
			expect(await problem(changed)).toEqual([400, 'antenna.unknown']);
		}
		const people = await app.db.selectFrom('person').selectAll().where('name', '=', 'Zoé').execute();
		expect(people).toEqual([]);
		expect((await call(app, 'POST', '/api/people', edit([lourdes]))).status).toBe(201);
	});

	test('for an antenna named a thousand times over is kept once', async () => {
		const { app, claire, lourdes } = await openOffice(name);
		const grants = [{ role: 'counsellor', antennas: Array(1000).fill(lourdes) }];
		const added = await call(app, 'POST', '/api/people', { as: claire, body: { name: 'Zoé', grants } });
		expect(added.status).toBe(201);
		const { grants: kept } = await app.db
			.selectFrom('person')
			.select('grants')
			.where('name', '=', 'Zoé')
			.executeTakeFirstOrThrow();
		expect(JSON.parse(kept)).toEqual([{ role: 'counsellor', antennas: [lourdes] }]);
	});
});

describe.each(DATABASES)('what one person may begin on %s', (name) => {
	test('is twenty things of a kind at a time, and ten ways to sign in', async () => {
		const { app, sandrine } = await openOffice(name);
		for (let i = 0; i < 40; i++) await call(app, 'POST', '/api/account/totp', { as: sandrine });
		expect(await app.db.selectFrom('pending').selectAll().where('purpose', '=', 'totp').execute()).toHaveLength(20);
		for (let i = 0; i < 10; i++) await addTotp(app, sandrine);
		await expect(addTotp(app, sandrine)).rejects.toThrow('factor.many');
	});
});

describe('what a stranger’s browser reports', () => {
	test('fills no log: so many lines an hour, and the last says so', async () => {
		const app = await openApp('SQLite');
		const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
		onTestFinished(() => said.mockRestore());
		const report = (i: number) =>
			call(app, 'POST', '/api/csp-report', { body: { 'csp-report': { 'blocked-uri': `x${i}` } } });
		for (let i = 0; i < 200; i++) expect((await report(i)).status).toBe(204);
		expect(said.mock.calls.length).toBeLessThanOrEqual(31);
		app.now = new Date(app.now.getTime() + 3_600_001);
		await report(201);
		expect(said.mock.lastCall![0]).toContain('x201');
	});
});
