import { describe, expect, test } from 'vitest';
import type { SecondStep } from '$lib/domain/session';
import type { App } from '$lib/server/app';
import { DATABASES, openApp } from '../support/databases';
import { deviceOf, hear, openOffice, problem, signIn, type Office } from '../support/office';
import { addTotp, call, deviceNamed, digitsOf, entered, PASSPHRASE, setUp, uuid } from '../support/server';
import type { Device } from '../support/server';
import { bring, openVaultOf } from '../support/sealed';

const WRONG = 'une autre phrase';
const TRIED = [429, 'too-many-tries'];

/** Somebody signs in on the device they have always used: it shows what it was left. */
const onOwn = (app: App, { session, mark }: Device, more: { passphrase?: string; from?: string } = {}) =>
	signIn(app, session.structure.id, session.person.name, { device: session.device, cookie: mark, ...more });
/** Wrong tries on made-up names, from the office's own address. */
async function badHand({ app, structure }: Pick<Office, 'app' | 'structure'>, tries = 11): Promise<void> {
	for (let i = 0; i < tries; i++) await signIn(app, structure, `Personne ${i}`, { passphrase: WRONG });
}
/** Wrong tries on one name, from everywhere. */
async function besiege({ app, structure }: Office, name: string, tries = 12): Promise<void> {
	for (let i = 0; i < tries; i++) await signIn(app, structure, name, { passphrase: WRONG, from: `10.9.0.${i}` });
}
const newCodeFor = async ({ app, claire }: Office, name: string): Promise<string> => {
	const grants = [{ role: 'counsellor', antennas: [] }];
	const added = await call(app, 'POST', '/api/people', { as: claire, body: { name, grants } });
	return ((await added.json()) as { code: string }).code;
};

describe.each(DATABASES)('an office behind one address, on %s', (name) => {
	test('lets a colleague in on her own tablet, whatever a bad hand tries beside her', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		await badHand(office);
		expect((await onOwn(app, sandrine)).status).toBe(200);
		const elsewhere = await signIn(app, office.structure, 'Sandrine');
		expect(await problem(elsewhere)).toEqual(TRIED);
	});

	test('lets the owner of a besieged name in on her own tablet, and nobody on another', async () => {
		const office = await openOffice(name);
		const { app, structure, sandrine } = office;
		await besiege(office, 'Sandrine');
		expect(await problem(await signIn(app, structure, 'Sandrine', { from: '10.8.0.1' }))).toEqual(TRIED);
		expect((await onOwn(app, sandrine)).status).toBe(200);
	});

	test('has twenty tablets come in at the same moment while somebody guesses', async () => {
		const office = await openOffice(name);
		const { app, structure } = office;
		const tablets: Device[] = [];
		for (const who of ['Sandrine', 'Nadia', 'Paul', 'Sandrine'])
			for (let i = 0; i < 5; i++) tablets.push(await entered(await signIn(app, structure, who)));
		const guessing = badHand(office, 30);
		const morning = await Promise.all(tablets.map((one) => onOwn(app, one)));
		expect(morning.map(({ status }) => status)).toEqual(Array(20).fill(200));
		await guessing;
	});

	test('has twenty new tablets come in at the same moment', async () => {
		const { app, structure } = await openOffice(name);
		const names = Array.from({ length: 20 }, (_, i) => ['Sandrine', 'Nadia', 'Paul'][i % 3]!);
		const first = await Promise.all(names.map((who) => signIn(app, structure, who)));
		expect(first.map(({ status }) => status)).toEqual(Array(20).fill(200));
	});

	test('makes a tablet wait for its own wrong tries, and nobody else', async () => {
		const { app, structure, sandrine, nadia } = await openOffice(name);
		for (let i = 0; i < 5; i++)
			expect((await onOwn(app, sandrine, { passphrase: WRONG, from: `10.7.0.${i}` })).status).toBe(403);
		expect(await problem(await onOwn(app, sandrine, { from: '10.7.1.1' }))).toEqual(TRIED);
		expect((await onOwn(app, nadia)).status).toBe(200);
		expect((await signIn(app, structure, 'Sandrine')).status).toBe(200);
		app.now = new Date(app.now.getTime() + 1001);
		expect((await onOwn(app, sandrine)).status).toBe(200);
		for (let i = 0; i < 4; i++) expect((await onOwn(app, sandrine, { passphrase: WRONG })).status).toBe(403);
		expect((await onOwn(app, sandrine)).status).toBe(200); // the right passphrase began the count anew
	});

	test('knows a tablet by what it holds: neither its id, nor another’s mark, nor one made up', async () => {
		const office = await openOffice(name);
		const { app, structure, sandrine, nadia } = office;
		const second = await entered(await signIn(app, structure, 'Sandrine'));
		await besiege(office, 'Sandrine');
		const device = sandrine.session.device;
		const [named] = sandrine.mark.split('=') as [string];
		for (const cookie of [
			'',
			nadia.mark,
			second.mark,
			`${named}=`,
			`${named}=x`,
			`${named}=${nadia.mark.split('=')[1]}`
		])
			expect(await problem(await signIn(app, structure, 'Sandrine', { device, cookie })), cookie).toEqual(TRIED);
		const nadias = await signIn(app, structure, 'Sandrine', { device: nadia.session.device, cookie: nadia.mark });
		expect(await problem(nadias)).toEqual(TRIED);
		const row = await app.db.selectFrom('device').selectAll().where('id', '=', device.id).executeTakeFirstOrThrow();
		expect(JSON.stringify(row)).not.toContain(sandrine.mark.split('=')[1]);
	});

	test('knows no tablet any more that was declared lost', async () => {
		const office = await openOffice(name);
		const { app, claire, sandrine } = office;
		await call(app, 'DELETE', `/api/devices/${deviceOf(sandrine)}`, { as: claire });
		expect(await problem(await onOwn(app, sandrine))).toEqual([403, 'device.revoked']);
		await besiege(office, 'Sandrine');
		expect(await problem(await onOwn(app, sandrine))).toEqual(TRIED);
	});

	test('knows a tablet of before by its session, and leaves it a mark at the next right sign-in', async () => {
		const office = await openOffice(name);
		const { app, structure, sandrine } = office;
		await app.db.updateTable('device').set({ mark_hash: null }).execute();
		await besiege(office, 'Sandrine');
		expect(await problem(await onOwn(app, sandrine))).toEqual(TRIED);
		const device = sandrine.session.device;
		const again = await entered(await signIn(app, structure, 'Sandrine', { device, cookie: sandrine.cookie }));
		expect(again.mark).toMatch(/^temoin-mark-[0-9a-f]{8}=[\w-]{43}$/);
		expect((await onOwn(app, again)).status).toBe(200);
	});

	test('knows a tablet after its person has signed out, for as long as it comes', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const over = await call(app, 'DELETE', '/api/session', { as: sandrine });
		expect(over.headers.getSetCookie()).toHaveLength(1);
		await besiege(office, 'Sandrine');
		const back = await onOwn(app, sandrine);
		expect(back.headers.getSetCookie()[1]).toBe(
			`${sandrine.mark}; Path=/; HttpOnly; SameSite=Strict; Max-Age=34560000`
		);
		expect(back.status).toBe(200);
	});

	test('looks at no more tries on a name because they come at the same moment', async () => {
		const { app, structure } = await openOffice(name);
		const tries = Array.from({ length: 30 }, (_, i) =>
			signIn(app, structure, 'Sandrine', { passphrase: WRONG, from: `10.6.0.${i}` })
		);
		const statuses = (await Promise.all(tries)).map(({ status }) => status);
		expect(statuses.filter((status) => status === 403)).toHaveLength(5);
		expect(statuses.filter((status) => status === 429)).toHaveLength(25);
	});

	test('is not kept waiting by a hundred strangers whose passphrases are being looked at', async () => {
		const { app, structure, sandrine } = await openOffice(name);
		let answered = 0;
		const strangers = Array.from({ length: 100 }, async (_, i) => {
			const response = await signIn(app, structure, `Personne ${i}`, { passphrase: WRONG, from: `10.5.0.${i}` });
			answered += Number(response.status === 403);
			return response.status;
		});
		await new Promise((go) => setTimeout(go, 100));
		const before = answered;
		expect((await onOwn(app, sandrine)).status).toBe(200);
		expect(answered - before).toBeLessThan(20);
		const statuses = await Promise.all(strangers);
		expect(new Set(statuses)).toEqual(new Set([403, 429])); // more than can wait are sent away at once
	});
});

describe.each(DATABASES)('the second step of an office behind one address, on %s', (name) => {
	const second = (app: App, body: object, more: { from?: string; headers?: Record<string, string> } = {}) =>
		call(app, 'POST', '/api/session/second', { body, ...more });
	/** Sandrine with an authenticator app. */
	async function protectedOffice() {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const { secret } = await addTotp(app, sandrine);
		const wait = (seconds: number) => (app.now = new Date(app.now.getTime() + seconds * 1000));
		wait(60);
		return { ...office, office, wait, digits: () => digitsOf(secret, app.now) };
	}
	const ticketOf = async (response: Response) => ((await response.json()) as SecondStep).ticket;

	test('is open to a known tablet while wrong digits come from everywhere', async () => {
		const { app, structure, sandrine, digits } = await protectedOffice();
		for (let i = 0; i < 6; i++) {
			const ticket = await ticketOf(await signIn(app, structure, 'Sandrine', { from: `10.4.0.${i}` }));
			await second(app, { ticket, code: '000000' }, { from: i % 2 ? `10.4.0.${i}` : '127.0.0.1' });
		}
		const elsewhere = await ticketOf(await signIn(app, structure, 'Sandrine', { from: '10.4.1.1' }));
		expect(await problem(await second(app, { ticket: elsewhere, code: digits() }, { from: '10.4.1.1' }))).toEqual(
			TRIED
		);
		const ticket = await ticketOf(await onOwn(app, sandrine));
		const headers = { cookie: sandrine.mark };
		expect((await second(app, { ticket, code: digits() }, { headers })).status).toBe(200);
	});

	test('counts a known tablet’s wrong digits by themselves', async () => {
		const { app, sandrine, digits, wait } = await protectedOffice();
		const headers = { cookie: sandrine.mark };
		const show = async (code: string) =>
			await second(app, { ticket: await ticketOf(await onOwn(app, sandrine)), code }, { headers });
		for (let i = 0; i < 5; i++) expect((await show('000000')).status).toBe(403);
		expect(await problem(await show(digits()))).toEqual(TRIED);
		wait(31);
		expect((await show(digits())).status).toBe(200);
	});

	test('is not closed to anybody by tickets that are made up', async () => {
		const { app, structure, digits } = await protectedOffice();
		for (let i = 0; i < 20; i++)
			expect((await second(app, { ticket: `${structure}.${i}`, code: '000000' })).status).toBe(403);
		const ticket = await ticketOf(await signIn(app, structure, 'Sandrine'));
		expect((await second(app, { ticket, code: digits() })).status).toBe(200);
		for (let i = 0; i < 60; i++) await second(app, { ticket: `${structure}.${i}`, code: '000000' });
		expect(await problem(await second(app, { ticket: `${structure}.x`, code: '000000' }))).toEqual(TRIED);
	});

	test('looks at no more digits because they come at the same moment', async () => {
		const { app, structure } = await protectedOffice();
		const tickets = [];
		for (let i = 0; i < 12; i++)
			tickets.push(await ticketOf(await signIn(app, structure, 'Sandrine', { from: `10.3.0.${i}` })));
		const tries = tickets.map((ticket, i) => second(app, { ticket, code: '000000' }, { from: `10.3.1.${i}` }));
		const statuses = (await Promise.all(tries)).map(({ status }) => status);
		expect(statuses.filter((status) => status === 403)).toHaveLength(5);
	});
});

describe.each(DATABASES)('a code typed in an office behind one address, on %s', (name) => {
	const guess = (app: App, code = 'AAAAA-AAAAA') =>
		call(app, 'POST', '/api/enrol', { body: { code, passphrase: PASSPHRASE, device: deviceNamed('Neuve') } });

	test('enrols, though twenty wrong ones were typed there before', async () => {
		const office = await openOffice(name);
		const code = await newCodeFor(office, 'Zoé');
		for (let i = 0; i < 20; i++) expect((await guess(office.app)).status).toBe(403);
		expect((await guess(office.app, code)).status).toBe(200);
	});

	test('guessed at without end is slowed, and no honest hand waits more than a minute', async () => {
		const office = await openOffice(name);
		const { app } = office;
		const code = await newCodeFor(office, 'Zoé');
		let waits = 0;
		let looked = 0;
		const end = app.now.getTime() + 3_600_000;
		while (app.now.getTime() < end) {
			const response = await guess(app);
			const { details } = (await response.json()) as { details: { seconds?: number } };
			if (response.status === 403) looked += 1;
			else {
				waits = Math.max(waits, details.seconds!);
				app.now = new Date(app.now.getTime() + details.seconds! * 1000);
			}
		}
		expect(waits).toBe(60);
		expect(looked).toBeLessThan(130); // in an hour, of a thousand million million
		await guess(app);
		expect(await problem(await guess(app, code))).toEqual(TRIED);
		app.now = new Date(app.now.getTime() + 60_000);
		expect((await guess(app, code)).status).toBe(200);
	});

	test('sets a structure up, though twenty wrong ones were typed before', async () => {
		const app = await openApp(name);
		const body = { structure: 'x', antennas: ['x'], director: 'x', passphrase: PASSPHRASE, device: deviceNamed('x') };
		for (let i = 0; i < 20; i++)
			expect((await call(app, 'POST', '/api/setup', { body: { ...body, code: 'XXXXX-XXXXX' } })).status).toBe(403);
		await setUp(app);
	});

	test('finds a testimony, though twenty wrong receipts were typed before', async () => {
		const office = await openOffice(name);
		const { app, structure } = office;
		await hear(office, { words: 'Une parole', code: 'ABCDE-23456' });
		const use = (code: string) => call(app, 'POST', '/api/receipt', { body: { structure, code } });
		for (let i = 0; i < 20; i++) expect((await use('ABCDE-23457')).status).toBe(404);
		expect((await use('ABCDE-23456')).status).toBe(200);
	});

	test('has nothing to do with a locked tablet, whose work leaves though others’ vaults are unknown here', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const vault = await openVaultOf(app, sandrine);
		for (let i = 0; i < 20; i++) expect((await bring(app, { ...vault.place, key: uuid() }, [])).status).toBe(404);
		expect((await bring(app, vault.place, [])).status).toBe(200);
	});
});

describe('what a name is counted under', () => {
	test('does not say the name, nor what somebody typed in its place', async () => {
		const { app, structure } = await openOffice('SQLite');
		await signIn(app, structure, 'ma phrase de passe à moi', { passphrase: WRONG });
		const rows = JSON.stringify(await app.db.selectFrom('throttle').selectAll().execute());
		expect(rows).not.toContain('phrase');
	});

	test('leaves after a day, whatever structure was made up with it', async () => {
		const { app } = await openOffice('PostgreSQL');
		for (let i = 0; i < 4; i++) await signIn(app, uuid(), 'Claire', { passphrase: WRONG, from: `10.2.0.${i}` });
		app.now = new Date(app.now.getTime() + 2 * 86_400_000);
		await signIn(app, uuid(), 'Claire', { passphrase: WRONG, from: '10.2.1.1' });
		expect(await app.db.selectFrom('throttle').selectAll().execute()).toHaveLength(2);
	});
});

test('a person enrolled again on the same tablet keeps being known there', async () => {
	const { app, claire, sandrine } = await openOffice('SQLite');
	const again = await call(app, 'POST', `/api/people/${sandrine.session.person.id}/code`, { as: claire, body: {} });
	const { code } = (await again.json()) as { code: string };
	const body = { code, passphrase: 'une toute nouvelle phrase', device: sandrine.session.device };
	const headers = { cookie: sandrine.mark };
	const back = await entered(await call(app, 'POST', '/api/enrol', { body, headers }));
	expect(back.mark).toBe(sandrine.mark);
});
