import { describe, expect, test } from 'vitest';
import type { SecondStep } from '$lib/domain/session';
import type { Grant } from '$lib/domain/structure';
import type { App } from '$lib/server/app';
import { DATABASES, openApp } from '../support/databases';
import {
	deviceOf,
	hear,
	idOf,
	OPEN_QUESTION,
	openOffice,
	problem,
	signIn,
	type Office,
	type Told
} from '../support/office';
import { Passkey } from '../support/passkey';
import { addTotp, call, deviceNamed, digitsOf, entered, PASSPHRASE, setUp, uuid, type Device } from '../support/server';
import { tracesOf } from '../support/stored';

const counsellor: Grant[] = [{ role: 'counsellor', antennas: [] }];
const wait = (app: { now: Date }, minutes: number) => (app.now = new Date(app.now.getTime() + minutes * 60_000));
/** Whether this is a session, and of whom. */
const whoIs = async (app: App, device: Device) =>
	((await (await call(app, 'GET', '/api/session', { as: device })).json()) as Device['session']).person?.name;
const factorsOf = async (app: App, as: Device) =>
	(await (await call(app, 'GET', '/api/account', { as })).json()) as { factors: object[]; recoveryCodes: number };

describe.each(DATABASES)('a one-time code whose answer was lost, on %s', (name) => {
	const use = (app: App, body: object, from = '127.0.0.1') => call(app, 'POST', '/api/enrol', { body, from });
	/** Zoé types her code on her tablet, and hears nothing. */
	async function unheard() {
		const office = await openOffice(name);
		const { app, claire } = office;
		const added = await call(app, 'POST', '/api/people', { as: claire, body: { name: 'Zoé', grants: counsellor } });
		const { person, code } = (await added.json()) as { person: string; code: string };
		const form = { code, passphrase: PASSPHRASE, device: deviceNamed('Tablette de Zoé') };
		expect((await use(app, form)).status).toBe(200);
		return { ...office, person, form };
	}
	const REFUSED = [403, 'code.refused'];

	test('is taken again from the same device with the same passphrase, and opens a fresh session', async () => {
		const { app, form } = await unheard();
		for (let i = 0; i < 3; i++) expect(await whoIs(app, await entered(await use(app, form)))).toBe('Zoé');
		expect(
			await app.db.selectFrom('session').selectAll().where('device_id', '=', form.device.id).execute()
		).toHaveLength(1);
		const typed = { ...form, code: ` ${form.code.toLowerCase().replace('-', ' ')}` };
		expect((await use(app, typed)).status).toBe(200);
	});

	test('is refused to anybody else: another device, another passphrase, or both', async () => {
		const { app, structure, form } = await unheard();
		const other = deviceNamed('Autre');
		expect(await problem(await use(app, { ...form, device: other }))).toEqual(REFUSED);
		expect(await problem(await use(app, { ...form, passphrase: 'une toute autre phrase' }))).toEqual(REFUSED);
		expect(await problem(await use(app, { ...form, passphrase: 'court' }))).toEqual(REFUSED);
		expect(await problem(await use(app, { ...form, passphrase: 'une toute autre phrase', device: other }))).toEqual(
			REFUSED
		);
		expect((await signIn(app, structure, 'Zoé')).status).toBe(200); // the passphrase is the one she chose
	});

	test('is no way to guess her passphrase: five tries, and one waits', async () => {
		const { app, form } = await unheard();
		for (let i = 0; i < 5; i++)
			expect(await problem(await use(app, { ...form, passphrase: 'une toute autre phrase' }, `10.0.0.${i}`))).toEqual(
				REFUSED
			);
		expect(await problem(await use(app, form, '10.0.1.1'))).toEqual([429, 'too-many-tries']);
	});

	test('is over with its three days, with the next code, and when she has left', async () => {
		const late = await unheard();
		wait(late.app, 72 * 60 - 1);
		expect((await use(late.app, late.form)).status).toBe(200);
		wait(late.app, 1);
		expect(await problem(await use(late.app, late.form))).toEqual(REFUSED);
		const next = await unheard();
		await call(next.app, 'POST', `/api/people/${next.person}/code`, { as: next.claire, body: {} });
		expect(await problem(await use(next.app, next.form))).toEqual(REFUSED);
		const left = await unheard();
		await call(left.app, 'DELETE', `/api/people/${left.person}`, { as: left.claire });
		expect(await problem(await use(left.app, left.form))).toEqual(REFUSED);
	});

	test('does not bring back a tablet that was declared lost since', async () => {
		const { app, claire, form } = await unheard();
		await call(app, 'DELETE', `/api/devices/${form.device.id}`, { as: claire });
		expect(await problem(await use(app, form))).toEqual(REFUSED);
	});

	test('brings back one that was declared lost before, as the first time would have', async () => {
		const { app, claire, sandrine } = await openOffice(name);
		const secret = await addTotp(app, sandrine);
		await call(app, 'DELETE', `/api/devices/${deviceOf(sandrine)}`, { as: claire });
		wait(app, 1);
		const made = await call(app, 'POST', `/api/people/${idOf(sandrine)}/code`, { as: claire, body: {} });
		const { code } = (await made.json()) as { code: string };
		const form = { code, passphrase: PASSPHRASE, device: sandrine.session.device };
		await use(app, form); // on to the second step, unheard
		const { ticket } = (await (await use(app, form)).json()) as SecondStep;
		const body = { ticket, code: digitsOf(secret.secret, app.now) };
		expect(await whoIs(app, await entered(await call(app, 'POST', '/api/session/second', { body })))).toBe('Sandrine');
	});

	test('pressed twice at the same moment opens both times', async () => {
		const { app, claire } = await openOffice(name);
		const added = await call(app, 'POST', '/api/people', { as: claire, body: { name: 'Zoé', grants: counsellor } });
		const { code } = (await added.json()) as { code: string };
		const form = { code, passphrase: PASSPHRASE, device: deviceNamed('Tablette de Zoé') };
		const both = await Promise.all([use(app, form), use(app, form)]);
		expect(both.map(({ status }) => status)).toEqual([200, 200]);
	});

	test('that a director was to be shown is made anew: the person is there once', async () => {
		const { app, claire } = await openOffice(name);
		const body = { name: 'Zoé', grants: counsellor };
		const add = async () => {
			const response = await call(app, 'POST', '/api/people', { as: claire, body });
			expect(response.status).toBe(201);
			return (await response.json()) as { person: string; code: string };
		};
		const [one, two] = [await add(), await add()];
		expect(two.person).toBe(one.person);
		const form = { passphrase: PASSPHRASE, device: deviceNamed('Tablette de Zoé') };
		expect((await use(app, { ...form, code: one.code })).status).toBe(403);
		expect((await use(app, { ...form, code: two.code })).status).toBe(200);
		const again = await call(app, 'POST', '/api/people', { as: claire, body });
		expect(await problem(again)).toEqual([409, 'name.taken']); // she has come in: it is somebody else
	});
});

describe.each(DATABASES)('a second step whose answer was lost, on %s', (name) => {
	const second = (app: App, body: object) => call(app, 'POST', '/api/session/second', { body });
	async function withTotp() {
		const app = await openApp(name);
		const claire = await setUp(app);
		const { secret, recovery } = await addTotp(app, claire);
		wait(app, 1);
		const structure = claire.session.structure.id;
		const ticket = async (device = deviceNamed('Poste')) =>
			((await (await signIn(app, structure, 'Claire', { device })).json()) as SecondStep).ticket;
		return { app, claire, structure, recovery, ticket, digits: () => digitsOf(secret, app.now) };
	}

	test('is taken again with the same ticket and the same digits, and opens a fresh session', async () => {
		const { app, ticket, digits } = await withTotp();
		const proof = { ticket: await ticket(), code: digits() };
		for (let i = 0; i < 3; i++) expect(await whoIs(app, await entered(await second(app, proof)))).toBe('Claire');
		wait(app, 9);
		expect((await second(app, proof)).status).toBe(200);
	});

	test('is refused with other digits, with another ticket, and after ten minutes', async () => {
		const { app, ticket, digits } = await withTotp();
		const proof = { ticket: await ticket(), code: digits() };
		expect((await second(app, proof)).status).toBe(200);
		wait(app, 1);
		for (const other of [
			{ ...proof, code: digits() },
			{ ...proof, code: '000000' },
			{ ticket: await ticket(), code: proof.code }
		])
			expect(await problem(await second(app, other))).toEqual([403, 'second-factor.refused']);
		wait(app, 10);
		expect(await problem(await second(app, proof))).toEqual([403, 'second-factor.refused']);
	});

	test('is not taken again from a device that was declared lost since', async () => {
		const { app, claire, ticket, digits } = await withTotp();
		const device = deviceNamed('Portable');
		const proof = { ticket: await ticket(device), code: digits() };
		expect((await second(app, proof)).status).toBe(200);
		expect((await call(app, 'DELETE', `/api/devices/${device.id}`, { as: claire })).status).toBe(204);
		expect(await problem(await second(app, proof))).toEqual([403, 'second-factor.refused']);
	});

	test('that followed a code is not taken again from a device that was declared lost since', async () => {
		const { app, claire, sandrine } = await openOffice(name);
		const { secret } = await addTotp(app, sandrine);
		wait(app, 1);
		const made = await call(app, 'POST', `/api/people/${idOf(sandrine)}/code`, { as: claire, body: {} });
		const { code } = (await made.json()) as { code: string };
		const device = deviceNamed('Neuve');
		const step = await call(app, 'POST', '/api/enrol', { body: { code, passphrase: PASSPHRASE, device } });
		const proof = { ticket: ((await step.json()) as SecondStep).ticket, code: digitsOf(secret, app.now) };
		for (let i = 0; i < 2; i++) expect((await second(app, proof)).status).toBe(200);
		await call(app, 'DELETE', `/api/devices/${device.id}`, { as: claire });
		expect(await problem(await second(app, proof))).toEqual([403, 'second-factor.refused']);
	});

	test('by a recovery code is taken again, by the same ticket or from the same device, and costs one code', async () => {
		const { app, claire, recovery, ticket } = await withTotp();
		const device = deviceNamed('Portable');
		const code = recovery[0]!;
		const proof = { ticket: await ticket(device), code };
		for (let i = 0; i < 2; i++) expect((await second(app, proof)).status).toBe(200);
		expect((await second(app, { ticket: await ticket(device), code: code.toLowerCase() })).status).toBe(200);
		expect(await problem(await second(app, { ticket: await ticket(), code }))).toEqual([403, 'second-factor.refused']);
		expect((await factorsOf(app, claire)).recoveryCodes).toBe(7);
		wait(app, 11);
		expect((await second(app, { ticket: await ticket(device), code })).status).toBe(403);
		expect(await tracesOf(app, [code, code.replace('-', '')])).toEqual([]);
	});

	test('by a recovery code is over once new ones were made: somebody else may have the list', async () => {
		const { app, claire, recovery, ticket } = await withTotp();
		const device = deviceNamed('Portable');
		const code = recovery[0]!;
		expect((await second(app, { ticket: await ticket(device), code })).status).toBe(200);
		await call(app, 'POST', '/api/account/recovery', { as: claire });
		expect((await second(app, { ticket: await ticket(device), code })).status).toBe(403);
	});

	test('by a passkey is taken again with what it signed', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		const passkey = new Passkey(app.origin);
		const offer = await call(app, 'POST', '/api/account/passkey', { as: claire });
		const { ticket, options } = (await offer.json()) as { ticket: string; options: { challenge: string } };
		await call(app, 'PUT', '/api/account/passkey', {
			as: claire,
			body: { ticket, response: passkey.register(options), name: 'Clé' }
		});
		const step = (await (await signIn(app, claire.session.structure.id, 'Claire')).json()) as SecondStep;
		const proof = { ticket: step.ticket, passkey: passkey.sign(step.passkey as { challenge: string }) };
		for (let i = 0; i < 2; i++) expect((await second(app, proof)).status).toBe(200);
		const other = { ticket: step.ticket, passkey: passkey.sign(step.passkey as { challenge: string }) };
		expect((await second(app, other)).status).toBe(403);
	});
});

describe.each(DATABASES)('recovery codes whose answer was lost, on %s', (name) => {
	const opens = async (app: App, structure: string, code: string) => {
		const { ticket } = (await (await signIn(app, structure, 'Claire')).json()) as SecondStep;
		return (await call(app, 'POST', '/api/session/second', { body: { ticket, code } })).status;
	};
	type Reply = { recovery: string[] };

	test('come anew with the same digits: the app is added once, and nobody is left without', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		const offer = await call(app, 'POST', '/api/account/totp', { as: claire });
		const { ticket, secret } = (await offer.json()) as { ticket: string; secret: string };
		const body = { ticket, code: digitsOf(secret, app.now), name: 'Téléphone' };
		const finish = (more: object = {}) =>
			call(app, 'PUT', '/api/account/totp', { as: claire, body: { ...body, ...more } });
		await finish();
		wait(app, 3);
		const again = await finish();
		expect(again.status).toBe(201);
		const later = await finish({ code: digitsOf(secret, app.now) }); // what the app shows now proves it as well
		const { recovery } = (await later.json()) as Reply;
		expect(recovery).toHaveLength(8);
		expect(await factorsOf(app, claire)).toMatchObject({ factors: [{ kind: 'totp' }], recoveryCodes: 8 });
		expect(await opens(app, claire.session.structure.id, recovery[0]!)).toBe(200);
		expect(await opens(app, claire.session.structure.id, ((await again.json()) as Reply).recovery[0]!)).toBe(403);
		expect(await problem(await finish({ code: '000000' }))).toEqual([403, 'second-factor.refused']);
		wait(app, 11);
		expect(await problem(await finish())).toEqual([403, 'second-factor.refused']);
	});

	test('come anew with the same passkey, to the person who made it only', async () => {
		const { app, claire, sandrine } = await openOffice(name);
		const passkey = new Passkey(app.origin);
		const offer = await call(app, 'POST', '/api/account/passkey', { as: sandrine });
		const { ticket, options } = (await offer.json()) as { ticket: string; options: { challenge: string } };
		const body = { ticket, response: passkey.register(options), name: 'Clé' };
		const finish = (as: Device, more: object = {}) =>
			call(app, 'PUT', '/api/account/passkey', { as, body: { ...body, ...more } });
		await finish(sandrine);
		const again = await finish(sandrine);
		expect(((await again.json()) as Reply).recovery).toHaveLength(8);
		expect((await factorsOf(app, sandrine)).factors).toHaveLength(1);
		expect(await problem(await finish(claire))).toEqual([403, 'passkey.refused']);
		const other = await finish(sandrine, { response: new Passkey(app.origin).register(options) });
		expect(await problem(other)).toEqual([403, 'passkey.refused']);
	});

	test('do not come with a factor that is not the first, nor with one that was taken away since', async () => {
		const { app, claire } = await openOffice(name);
		const offer = await call(app, 'POST', '/api/account/totp', { as: claire });
		const { ticket, secret } = (await offer.json()) as { ticket: string; secret: string };
		const body = { ticket, code: digitsOf(secret, app.now), name: 'Tablette' };
		const finish = () => call(app, 'PUT', '/api/account/totp', { as: claire, body });
		for (let i = 0; i < 2; i++) expect(((await (await finish()).json()) as Reply).recovery).toEqual([]);
		const { factors } = (await factorsOf(app, claire)) as unknown as { factors: { id: string }[] };
		await call(app, 'DELETE', `/api/account/factors/${factors[1]!.id}`, { as: claire });
		expect(await problem(await finish())).toEqual([403, 'second-factor.refused']);
	});

	test('renewed are renewed again: the last ones that came are the ones that open', async () => {
		const { app, claire, structure } = await openOffice(name);
		wait(app, 1);
		const renew = async () =>
			((await (await call(app, 'POST', '/api/account/recovery', { as: claire })).json()) as Reply).recovery;
		const [lost, heard] = [await renew(), await renew()];
		expect(await opens(app, structure, lost[0]!)).toBe(403);
		expect(await opens(app, structure, heard[0]!)).toBe(200);
	});
});

describe.each(DATABASES)('a set-up whose answer was lost, on %s', (name) => {
	const set = (app: App, form: object) => call(app, 'POST', '/api/setup', { body: form });
	const CLOSED = [409, 'setup.closed'];
	async function unheard() {
		const app = await openApp(name);
		const form = {
			code: app.setupCode,
			structure: 'Cap Bigorre',
			antennas: ['Tarbes'],
			director: 'Claire',
			passphrase: PASSPHRASE,
			device: deviceNamed('Poste')
		};
		expect((await set(app, form)).status).toBe(200);
		return { app, form };
	}

	test('is taken again with the same form, and founds nothing more', async () => {
		const { app, form } = await unheard();
		const claire = await entered(await set(app, form));
		expect(await whoIs(app, claire)).toBe('Claire');
		expect(await app.db.selectFrom('structure').select('id').execute()).toHaveLength(1);
		expect(await app.db.selectFrom('person').select('id').execute()).toHaveLength(1);
	});

	test('is closed to anybody else: another code, device, name or passphrase, and after an hour', async () => {
		const { app, form } = await unheard();
		for (const more of [
			{ device: deviceNamed('Autre') },
			{ passphrase: 'une toute autre phrase' },
			{ director: 'Claude' },
			{ structure: 'Cap Adour' },
			{ antennas: ['Lourdes'] }
		])
			expect(await problem(await set(app, { ...form, ...more })), JSON.stringify(more)).toEqual(CLOSED);
		expect(await problem(await set(app, { ...form, code: 'XXXXX-XXXXX' }))).toEqual([403, 'setup.code']);
		wait(app, 61);
		expect(await problem(await set(app, form))).toEqual(CLOSED);
	});

	test('is no way to guess the passphrase, nor around a second factor', async () => {
		const guessed = await unheard();
		for (let i = 0; i < 5; i++) await set(guessed.app, { ...guessed.form, passphrase: `une toute autre phrase ${i}` });
		expect(await problem(await set(guessed.app, guessed.form))).toEqual([429, 'too-many-tries']);
		const { app, form } = await unheard();
		await addTotp(app, await entered(await set(app, form)));
		expect(await problem(await set(app, form))).toEqual(CLOSED);
	});
});

describe.each(DATABASES)('what a respondent asked for and was not told, on %s', (name) => {
	const CODE = 'ABCDE-23456';
	const use = (office: Office, door: string, more: object = {}) =>
		call(office.app, 'POST', `/api/receipt/${door}`, { body: { structure: office.structure, code: CODE, ...more } });
	const heard = async (telling: Told = {}) => {
		const office = await openOffice(name);
		await hear(office, { words: 'Une parole', code: CODE, ...telling });
		return office;
	};

	test('an agreement withdrawn twice is withdrawn', async () => {
		const office = await heard();
		const withdraw = async () => {
			const response = await use(office, 'withdraw', { items: ['citation-anonyme'] });
			expect(response.status).toBe(200);
			return await response.json();
		};
		expect(await withdraw()).toEqual(await withdraw());
	});

	test('words corrected twice are the ones that stand', async () => {
		const office = await heard();
		const correct = async () => {
			const response = await use(office, 'correct', { question: OPEN_QUESTION, words: 'Autrement' });
			expect(response.status).toBe(200);
			return await response.json();
		};
		expect(await correct()).toEqual(await correct());
	});

	test('a testimony erased twice is erased, for a day, and its code opens nothing', async () => {
		const office = await heard();
		for (let i = 0; i < 3; i++) expect((await use(office, 'erase')).status).toBe(204);
		expect((await use(office, 'withdraw', { items: ['citation-anonyme'] })).status).toBe(404);
		const wrong = await use(office, 'erase', { code: 'ABCDE-23457' });
		expect(await problem(wrong)).toEqual([404, 'receipt.refused']);
		const other = await use(office, 'erase', { structure: uuid() });
		expect(await problem(other)).toEqual([404, 'receipt.refused']);
		expect(await tracesOf(office.app, [CODE, CODE.replace('-', ''), 'Une parole'])).toEqual([]);
		wait(office.app, 24 * 60 + 1);
		expect(await problem(await use(office, 'erase'))).toEqual([404, 'receipt.refused']);
		const erased = await office.app.db.selectFrom('journal').selectAll().where('act', '=', 'person.erased').execute();
		expect(erased).toHaveLength(1);
	});
});
