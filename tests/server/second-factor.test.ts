import { Secret } from 'otpauth';
import { describe, expect, test } from 'vitest';
import type { SecondStep } from '$lib/domain/session';
import type { Grant } from '$lib/domain/structure';
import type { App } from '$lib/server/app';
import { DATABASES, openApp, type DatabaseName } from '../support/databases';
import { deviceOf, idOf, openOffice, openOther, problem, signIn as enter } from '../support/office';
import { Passkey } from '../support/passkey';
import {
	addTotp,
	call,
	deviceNamed,
	digitsOf,
	enrol,
	entered,
	PASSPHRASE,
	setUp,
	uuid,
	type Device
} from '../support/server';
import { dump, tracesOf } from '../support/stored';

const REFUSED = '{"problem":"second-factor.refused","details":{}}';
const director: Grant[] = [{ role: 'director', antennas: [] }];
const counsellor: Grant[] = [{ role: 'counsellor', antennas: [] }];

type Account = {
	factors: { id: string; kind: string; name: string; usedAt: string | null }[];
	recoveryCodes: number;
};
const accountOf = async (app: App, as: Device) =>
	(await (await call(app, 'GET', '/api/account', { as })).json()) as Account;

/** The first step of a sign-in, that must be followed by a second one. */
async function firstStep(app: App, structure: string, name = 'Claire', from?: string): Promise<SecondStep> {
	const response = await enter(app, structure, name, from ? { from } : {});
	expect(response.status).toBe(200);
	expect(response.headers.get('set-cookie')).toBeNull();
	return (await response.json()) as SecondStep;
}
const second = (app: App, body: object, from = '127.0.0.1') => call(app, 'POST', '/api/session/second', { body, from });
/** Signs in with this code, from the beginning. */
const withCode = async (app: App, structure: string, code: string, name = 'Claire', from?: string) =>
	await second(app, { ticket: (await firstStep(app, structure, name, from)).ticket, code }, from);

/** Claire with an authenticator app; half a minute goes by, so that the digits it was added with are over. */
async function withTotp(name: DatabaseName) {
	const app = await openApp(name);
	const claire = await setUp(app);
	const { secret, recovery } = await addTotp(app, claire);
	const wait = (seconds: number) => (app.now = new Date(app.now.getTime() + seconds * 1000));
	wait(60);
	const digits = (seconds = 0) => digitsOf(secret, new Date(app.now.getTime() + seconds * 1000));
	return { app, claire, structure: claire.session.structure.id, secret, recovery, wait, digits };
}

describe.each(DATABASES)('six digits on %s', (name) => {
	test('are asked once an authenticator app was added, and open a session', async () => {
		const { app, claire, structure, digits } = await withTotp(name);
		const step = await firstStep(app, structure);
		expect(step.methods).toEqual(['totp', 'recovery']);
		const inside = await entered(await second(app, { ticket: step.ticket, code: digits() }));
		expect(inside.session).toMatchObject({ person: { id: idOf(claire) }, secondFactor: 'on' });
		expect((await call(app, 'GET', '/api/people', { as: inside })).status).toBe(200);
		expect((await accountOf(app, inside)).factors).toMatchObject([{ kind: 'totp', usedAt: app.now.toISOString() }]);
	});

	test.each([
		[-60, 403],
		[-30, 200],
		[0, 200],
		[30, 200],
		[60, 403]
	])('of a phone whose clock is %i seconds off get %i', async (off, status) => {
		const { app, structure, digits } = await withTotp(name);
		expect((await withCode(app, structure, digits(off))).status).toBe(status);
	});

	test('are read however they are typed', async () => {
		const { app, structure, digits } = await withTotp(name);
		expect((await withCode(app, structure, digits().replace(/^(...)/, ' $1 '))).status).toBe(200);
	});

	test('do not serve twice, nor those before them', async () => {
		const { app, structure, digits, wait } = await withTotp(name);
		expect((await withCode(app, structure, digits())).status).toBe(200);
		expect(await (await withCode(app, structure, digits())).text()).toBe(REFUSED);
		expect((await withCode(app, structure, digits(-30))).status).toBe(403);
		wait(30);
		expect((await withCode(app, structure, digits(-30))).status).toBe(403);
		expect((await withCode(app, structure, digits())).status).toBe(200);
	});

	test('serve one of two who type them at the same moment', async () => {
		const { app, structure, digits } = await withTotp(name);
		const tickets = [await firstStep(app, structure), await firstStep(app, structure)];
		const both = await Promise.all(tickets.map(({ ticket }) => second(app, { ticket, code: digits() })));
		expect(both.map(({ status }) => status).toSorted()).toEqual([200, 403]);
	});

	test('that added the app do not open a session as well', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		const { secret } = await addTotp(app, claire);
		expect((await withCode(app, claire.session.structure.id, digitsOf(secret, app.now))).status).toBe(403);
	});

	test('must be those of the secret that was offered, to the person it was offered to, once', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		await addTotp(app, claire);
		const sandrine = await enrol(app, claire, 'Sandrine', counsellor);
		const begin = async () =>
			(await (await call(app, 'POST', '/api/account/totp', { as: sandrine })).json()) as {
				ticket: string;
				secret: string;
			};
		const finish = async (as: Device, ticket: string, code: string) =>
			await call(app, 'PUT', '/api/account/totp', { as, body: { ticket, code, name: 'Téléphone' } });
		const [one, two] = [await begin(), await begin()];
		const right = digitsOf(one.secret, app.now);
		expect(await problem(await finish(sandrine, two.ticket, right))).toEqual([403, 'second-factor.refused']);
		expect(await problem(await finish(claire, one.ticket, right))).toEqual([403, 'second-factor.refused']);
		const three = await begin();
		app.now = new Date(app.now.getTime() + 10 * 60_000 + 1);
		const late = await finish(sandrine, three.ticket, digitsOf(three.secret, app.now));
		expect(await problem(late)).toEqual([403, 'second-factor.refused']);
		expect((await accountOf(app, sandrine)).factors).toEqual([]);
		const four = await begin();
		const done = () => finish(sandrine, four.ticket, digitsOf(four.secret, app.now));
		for (let i = 0; i < 2; i++) expect((await done()).status).toBe(201); // the same again adds nothing
		expect((await accountOf(app, sandrine)).factors).toHaveLength(1);
	});
});

describe.each(DATABASES)('the ticket between the two steps on %s', (name) => {
	test('serves once, whether the digits were right or wrong', async () => {
		const { app, structure, digits, wait } = await withTotp(name);
		const right = await firstStep(app, structure);
		expect((await second(app, { ticket: right.ticket, code: digits() })).status).toBe(200);
		wait(30);
		expect(await (await second(app, { ticket: right.ticket, code: digits() })).text()).toBe(REFUSED);
		const wrong = await firstStep(app, structure);
		expect((await second(app, { ticket: wrong.ticket, code: '000000' })).status).toBe(403);
		wait(30);
		expect((await second(app, { ticket: wrong.ticket, code: digits() })).status).toBe(403);
	});

	test('is over after ten minutes', async () => {
		const { app, structure, digits, wait } = await withTotp(name);
		const [early, late] = [await firstStep(app, structure), await firstStep(app, structure)];
		wait(599);
		expect((await second(app, { ticket: early.ticket, code: digits() })).status).toBe(200);
		wait(31);
		expect(await (await second(app, { ticket: late.ticket, code: digits() })).text()).toBe(REFUSED);
	});

	test('of one purpose does not serve another, and one of another structure opens nothing here', async () => {
		const { app, claire, structure, digits } = await withTotp(name);
		const offer = (await (await call(app, 'POST', '/api/account/totp', { as: claire })).json()) as { ticket: string };
		expect((await second(app, { ticket: offer.ticket, code: digits() })).status).toBe(403);
		const { ticket } = await firstStep(app, structure);
		const other = await openOther(app);
		const moved = ticket.replace(structure, other.session.structure.id);
		expect(await (await second(app, { ticket: moved, code: digits() })).text()).toBe(REFUSED);
		for (const made of ['', '.', '*', `${structure}.`, `*.${ticket.split('.')[1]}`, '__proto__'])
			expect((await second(app, { ticket: made, code: digits() }, `10.0.0.${made.length}`)).status).toBe(403);
	});

	test('of somebody dismissed meanwhile opens nothing, and does not excuse their tablet', async () => {
		const { app, claire, structure } = await withTotp(name);
		const sandrine = await enrol(app, claire, 'Sandrine', counsellor);
		const { secret } = await addTotp(app, sandrine);
		app.now = new Date(app.now.getTime() + 60_000);
		const device = sandrine.session.device;
		const response = await enter(app, structure, 'Sandrine', { device: { id: device.id, name: device.name } });
		const { ticket } = (await response.json()) as SecondStep;
		expect((await call(app, 'DELETE', `/api/people/${idOf(sandrine)}`, { as: claire })).status).toBe(204);
		const late = await second(app, { ticket, code: digitsOf(secret, app.now) });
		expect([late.status, await late.text()]).toEqual([403, REFUSED]);
		const body = { structure, person: idOf(sandrine), device: deviceOf(sandrine) };
		expect(await (await call(app, 'POST', '/api/contact', { body })).json()).toEqual({ revoked: true });
	});
});

describe.each(DATABASES)('a recovery code on %s', (name) => {
	test('opens once each, of eight, and the account says how many are left', async () => {
		const { app, claire, structure, recovery } = await withTotp(name);
		expect(new Set(recovery).size).toBe(8);
		for (const [i, code] of recovery.entries()) {
			const typed = i % 2 ? code : ` ${code.toLowerCase().replace('-', '')} `;
			expect((await withCode(app, structure, typed)).status).toBe(200);
			expect((await accountOf(app, claire)).recoveryCodes).toBe(7 - i);
		}
		expect((await firstStep(app, structure)).methods).toEqual(['totp']);
		expect(await (await withCode(app, structure, recovery[0]!)).text()).toBe(REFUSED);
	});

	test('opens for one of two who type it at the same moment', async () => {
		const { app, structure, recovery } = await withTotp(name);
		const tickets = [await firstStep(app, structure), await firstStep(app, structure)];
		const both = await Promise.all(tickets.map(({ ticket }) => second(app, { ticket, code: recovery[0]! })));
		expect(both.map(({ status }) => status).toSorted()).toEqual([200, 403]);
	});

	test('is one’s own: a colleague’s opens nothing', async () => {
		const { app, claire, structure, recovery } = await withTotp(name);
		const sandrine = await enrol(app, claire, 'Sandrine', counsellor);
		await addTotp(app, sandrine);
		expect(await (await withCode(app, structure, recovery[0]!, 'Sandrine')).text()).toBe(REFUSED);
		expect((await withCode(app, structure, recovery[0]!)).status).toBe(200);
	});

	test('stops working when new ones are made, which takes a second factor', async () => {
		const { app, claire, structure, recovery } = await withTotp(name);
		const renewed = await call(app, 'POST', '/api/account/recovery', { as: claire });
		expect(renewed.status).toBe(201);
		const { recovery: codes } = (await renewed.json()) as { recovery: string[] };
		expect((await withCode(app, structure, recovery[0]!)).status).toBe(403);
		expect((await withCode(app, structure, codes[0]!)).status).toBe(200);
		const sandrine = await enrol(app, claire, 'Sandrine', counsellor);
		const bare = await call(app, 'POST', '/api/account/recovery', { as: sandrine });
		expect(await problem(bare)).toEqual([403, 'second-factor.required']);
	});

	test('goes with the last factor, and comes with the first only', async () => {
		const { app, claire, recovery } = await withTotp(name);
		expect(recovery).toHaveLength(8);
		expect((await addTotp(app, claire)).recovery).toEqual([]);
		for (const { id } of (await accountOf(app, claire)).factors)
			expect((await call(app, 'DELETE', `/api/account/factors/${id}`, { as: claire })).status).toBe(204);
		expect(await accountOf(app, claire)).toMatchObject({ factors: [], recoveryCodes: 0 });
	});

	test('shown while one must wait is not used up', async () => {
		const { app, claire, structure, recovery } = await withTotp(name);
		for (let i = 0; i < 5; i++) await withCode(app, structure, '000000', 'Claire', `10.0.0.${i}`);
		expect((await withCode(app, structure, recovery[0]!, 'Claire', '10.0.1.1')).status).toBe(429);
		expect((await accountOf(app, claire)).recoveryCodes).toBe(8);
	});
});

describe.each(DATABASES)('a second step that fails on %s', (name) => {
	test('gets one answer, whatever was wrong', async () => {
		const { app, claire, structure, digits } = await withTotp(name);
		const sandrine = await enrol(app, claire, 'Sandrine', counsellor);
		const hers = await addTotp(app, sandrine);
		const stranger = new Passkey(app.origin);
		const proofs: object[] = [
			{ ticket: 'x', code: digits() },
			{ ticket: (await firstStep(app, structure)).ticket, code: '000000' },
			{ ticket: (await firstStep(app, structure)).ticket, code: hers.recovery[0]! },
			{ ticket: (await firstStep(app, structure)).ticket, code: digitsOf(hers.secret, app.now) },
			{ ticket: (await firstStep(app, structure)).ticket },
			{ ticket: (await firstStep(app, structure)).ticket, passkey: stranger.sign({ challenge: 'AAAA' }) },
			{ ticket: (await firstStep(app, structure)).ticket, passkey: { id: 'x' } }
		];
		for (const [i, proof] of proofs.entries()) {
			const response = await second(app, proof, `10.0.0.${i}`);
			// Five wrong proofs with a ticket of hers, and she waits: right or wrong, nobody learns which.
			const expected = i < 6 ? [403, REFUSED] : [429, expect.stringContaining('too-many-tries')];
			expect([response.status, await response.text()], String(i)).toEqual(expected);
			expect(response.headers.get('set-cookie')).toBeNull();
		}
	});

	test('makes the address wait after five, whoever it asks for', async () => {
		const { app, claire, structure, digits, wait } = await withTotp(name);
		for (const who of ['Sandrine', 'Nadia']) await addTotp(app, await enrol(app, claire, who, counsellor));
		for (const who of ['Sandrine', 'Nadia', 'Sandrine', 'Nadia', 'Sandrine'])
			expect((await withCode(app, structure, '000000', who)).status).toBe(403);
		expect(await problem(await withCode(app, structure, digits()))).toEqual([429, 'too-many-tries']);
		wait(1.001);
		expect((await withCode(app, structure, digits())).status).toBe(200);
	});

	test('makes the person wait after five, from wherever, even with the right digits', async () => {
		const { app, structure, digits, wait } = await withTotp(name);
		for (let i = 0; i < 5; i++)
			expect((await withCode(app, structure, '000000', 'Claire', `10.0.0.${i}`)).status).toBe(403);
		expect((await withCode(app, structure, digits(), 'Claire', '10.0.1.1')).status).toBe(429);
		wait(31);
		expect((await withCode(app, structure, digits(), 'Claire', '10.0.1.2')).status).toBe(200);
	});

	test('while one must wait does not tell right digits from wrong ones', async () => {
		const { app, structure, digits } = await withTotp(name);
		for (let i = 0; i < 5; i++) await withCode(app, structure, '000000', 'Claire', `10.0.0.${i}`);
		const wrong = await withCode(app, structure, '000000', 'Claire', '10.0.1.1');
		const right = await withCode(app, structure, digits(), 'Claire', '10.0.1.2');
		expect(wrong.status).toBe(right.status);
	});

	test('is noted in the journal as a sign-in refused', async () => {
		const { app, claire, structure } = await withTotp(name);
		await withCode(app, structure, '000000');
		const { lines } = (await (await call(app, 'GET', '/api/journal', { as: claire })).json()) as {
			lines: { act: string }[];
		};
		expect(lines.map(({ act }) => act)).toContain('sign-in.refused');
	});
});

describe.each(DATABASES)('a second factor is asked of a director on %s', (name) => {
	test('before they invite anybody', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		expect(claire.session.secondFactor).toBe('off');
		const invite = () =>
			call(app, 'POST', '/api/people', { as: claire, body: { name: 'Sandrine', grants: counsellor } });
		expect(await problem(await invite())).toEqual([403, 'second-factor.required']);
		expect((await dump(app)).person).toHaveLength(1);
		await addTotp(app, claire);
		expect((await invite()).status).toBe(201);
	});

	test('alone on this very machine it is not, and on https it is, for everything but their own account', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		expect((await call(app, 'GET', '/api/people', { as: claire })).status).toBe(200);
		const remote = { ...app, origin: 'https://temoin.example' };
		const there = await entered(await enter(remote, claire.session.structure.id, 'Claire'));
		expect(there.session.secondFactor).toBe('required');
		for (const path of ['/api/people', '/api/journal', '/api/retention', '/api/sheets?campaign=x'])
			expect(await problem(await call(remote, 'GET', path, { as: there }))).toEqual([403, 'second-factor.required']);
		expect((await call(remote, 'GET', '/api/session', { as: there })).status).toBe(200);
		expect((await call(remote, 'GET', '/api/account', { as: there })).status).toBe(200);
		await addTotp(remote, there);
		expect((await call(remote, 'GET', '/api/people', { as: there })).status).toBe(200);
	});

	test('who is not alone, and of the network, whatever the address', async () => {
		const { app, claire } = await openOffice(name);
		const roles: Grant[][] = [director, [{ role: 'network', antennas: [] }], [...counsellor, ...director]];
		for (const [i, grants] of roles.entries()) {
			const other = await enrol(app, claire, `Collègue ${i}`, grants);
			expect(other.session.secondFactor).toBe('required');
			const sync = await call(app, 'POST', '/api/sync', { as: other, body: {} });
			expect(await problem(sync)).toEqual([403, 'second-factor.required']);
			await addTotp(app, other);
			expect((await call(app, 'POST', '/api/sync', { as: other, body: {} })).status).toBe(400);
		}
		const staff = await enrol(app, claire, 'Paule', [{ role: 'antenna-staff', antennas: [] }]);
		expect(staff.session.secondFactor).toBe('off');
	});

	test('of the fictitious structure it never is: there is nothing to protect', async () => {
		const app = { ...(await openApp(name)), origin: 'https://temoin.example' };
		const explorer = await openOther(app);
		expect(explorer.session.secondFactor).toBe('off');
		const body = { name: 'Quelqu’un', grants: counsellor };
		expect((await call(app, 'POST', '/api/people', { as: explorer, body })).status).toBe(201);
	});

	test('the last one stays; of two, either may go', async () => {
		const { app, claire } = await openOffice(name);
		const [first] = (await accountOf(app, claire)).factors;
		const drop = (id: string, as = claire) => call(app, 'DELETE', `/api/account/factors/${id}`, { as });
		expect(await problem(await drop(first!.id))).toEqual([403, 'second-factor.required']);
		await addTotp(app, claire);
		expect((await drop(first!.id)).status).toBe(204);
		const [left] = (await accountOf(app, claire)).factors;
		expect(await problem(await drop(left!.id))).toEqual([403, 'second-factor.required']);
	});
});

describe.each(DATABASES)('a factor on %s', (name) => {
	test('of a counsellor is offered, and may be taken away again', async () => {
		const { app, structure, sandrine } = await openOffice(name);
		await addTotp(app, sandrine);
		const [factor] = (await accountOf(app, sandrine)).factors;
		expect((await firstStep(app, structure, 'Sandrine')).methods).toContain('totp');
		expect((await call(app, 'DELETE', `/api/account/factors/${factor!.id}`, { as: sandrine })).status).toBe(204);
		await entered(await enter(app, structure, 'Sandrine'));
	});

	test('is one’s own: nobody takes a colleague’s away by its id', async () => {
		const { app, claire, sandrine } = await openOffice(name);
		const [hers] = (await accountOf(app, claire)).factors;
		const tried = await call(app, 'DELETE', `/api/account/factors/${hers!.id}`, { as: sandrine });
		expect(await problem(tried)).toEqual([404, 'record.missing']);
		expect((await accountOf(app, claire)).factors).toHaveLength(1);
	});

	test('that was lost is reset by a director, with a new code; one’s own is not', async () => {
		const { app, claire, structure, sandrine } = await openOffice(name);
		await addTotp(app, sandrine);
		const code = async (who: Device, body: object, as = claire) =>
			await call(app, 'POST', `/api/people/${idOf(who)}/code`, { as, body });
		const use = async (response: Response) => {
			const body = {
				...((await response.json()) as { code: string }),
				passphrase: PASSPHRASE,
				device: deviceNamed('Neuve')
			};
			return await call(app, 'POST', '/api/enrol', { body });
		};
		// A new code alone replaces the passphrase, not the second factor.
		const halfway = await use(await code(sandrine, {}));
		expect(((await halfway.json()) as SecondStep).methods).toContain('totp');
		expect(halfway.headers.get('set-cookie')).toBeNull();
		const reset = await code(sandrine, { forgetSecondFactor: true });
		expect(reset.status).toBe(201);
		await entered(await use(reset));
		await entered(await enter(app, structure, 'Sandrine'));
		expect(await problem(await code(claire, { forgetSecondFactor: true }))).toEqual([403, 'right.missing']);
		expect((await accountOf(app, claire)).factors).toHaveLength(1);
		expect(await problem(await code(claire, { forgetSecondFactor: true }, sandrine))).toEqual([403, 'right.missing']);
	});

	test('reset of a director leaves them to set one up before anything else', async () => {
		const { app, claire } = await openOffice(name);
		const odile = await enrol(app, claire, 'Odile', director);
		await addTotp(app, odile);
		const body = { forgetSecondFactor: true };
		await call(app, 'POST', `/api/people/${idOf(odile)}/code`, { as: claire, body });
		expect(await problem(await call(app, 'GET', '/api/people', { as: odile }))).toEqual([
			403,
			'second-factor.required'
		]);
	});

	test('is unreadable in the tables, and so are codes and tickets', async () => {
		const { app, claire, structure, secret, recovery } = await withTotp(name);
		const passkey = new Passkey(app.origin);
		await addPasskey(app, claire, passkey);
		const { ticket, secret: offered } = (await (
			await call(app, 'POST', '/api/account/totp', { as: claire })
		).json()) as { ticket: string; secret: string };
		const { ticket: awaited } = await firstStep(app, structure);
		const bytes = Buffer.from(Secret.fromBase32(secret).buffer);
		const written = [secret, ...(['hex', 'base64', 'base64url'] as const).map((form) => bytes.toString(form))];
		const codes = recovery.flatMap((code) => [code, code.replace('-', '')]);
		const tickets = [ticket, awaited].flatMap((one) => [one, one.split('.')[1]!]);
		expect(await tracesOf(app, [...written, ...codes, ...tickets, PASSPHRASE])).toEqual([]);
		expect(await tracesOf(app, [passkey.id])).toEqual([`${passkey.id} in factor`]); // the search does find what is there
		expect(await tracesOf(app, [offered]), 'a secret that is only offered yet').toEqual([]);
	});

	test('moved in the tables to somebody else opens nothing there', async () => {
		const { app, claire, structure, digits } = await withTotp(name);
		const sandrine = await enrol(app, claire, 'Sandrine', counsellor);
		await app.db
			.updateTable('factor')
			.set({ person_id: idOf(sandrine), counter: 0 })
			.execute();
		const { ticket } = await firstStep(app, structure, 'Sandrine');
		await expect(second(app, { ticket, code: digits() })).rejects.toThrow();
	});
});

/** Adds a passkey to somebody's account, as their browser does. */
async function addPasskey(app: App, as: Device, passkey: Passkey, lie: Parameters<Passkey['register']>[1] = {}) {
	const offer = await call(app, 'POST', '/api/account/passkey', { as });
	const { ticket, options } = (await offer.json()) as { ticket: string; options: { challenge: string } };
	const body = { ticket, response: passkey.register(options, lie), name: 'Clé' };
	return await call(app, 'PUT', '/api/account/passkey', { as, body });
}

describe.each(DATABASES)('a passkey on %s', (name) => {
	async function withPasskey() {
		const app = await openApp(name);
		const claire = await setUp(app);
		const passkey = new Passkey(app.origin);
		expect((await addPasskey(app, claire, passkey)).status).toBe(201);
		const structure = claire.session.structure.id;
		const asked = async (who = 'Claire') => {
			const { ticket, passkey: options, methods } = await firstStep(app, structure, who);
			return { ticket, options: options as { challenge: string; allowCredentials: { id: string }[] }, methods };
		};
		return { app, claire, structure, passkey, asked };
	}

	test('signs in, and the account says when', async () => {
		const { app, claire, passkey, asked } = await withPasskey();
		for (let i = 0; i < 2; i++) {
			const { ticket, options, methods } = await asked();
			expect(methods).toEqual(['passkey', 'recovery']);
			expect(options.allowCredentials.map(({ id }) => id)).toEqual([passkey.id]);
			const inside = await entered(await second(app, { ticket, passkey: passkey.sign(options) }));
			expect(inside.session.secondFactor).toBe('on');
		}
		expect((await accountOf(app, claire)).factors).toMatchObject([
			{ kind: 'passkey', name: 'Clé', usedAt: app.now.toISOString() }
		]);
	});

	test.each([
		['challenge', { challenge: Buffer.from('another').toString('base64url') }],
		['origin', { origin: 'https://evil.example' }],
		['site', { site: 'evil.example' }],
		['ceremony', { type: 'webauthn.create' }],
		['counter, gone back', { counter: 0 }]
	])('that signs for another %s is refused', async (_, lie) => {
		const { app, passkey, asked } = await withPasskey();
		const { ticket, options } = await asked();
		const response = await second(app, { ticket, passkey: passkey.sign(options, lie) });
		expect([response.status, await response.text()]).toEqual([403, REFUSED]);
	});

	test('whose answer was signed by another key, altered or kept from another time is refused', async () => {
		const { app, passkey, asked } = await withPasskey();
		const forger = new Passkey(app.origin, passkey.id);
		const first = await asked();
		expect((await second(app, { ticket: first.ticket, passkey: forger.sign(first.options) })).status).toBe(403);
		const two = await asked();
		const altered = passkey.sign(two.options);
		const signature = Buffer.from(altered.response.signature, 'base64url');
		signature[signature.length - 1]! ^= 1;
		altered.response.signature = signature.toString('base64url');
		expect((await second(app, { ticket: two.ticket, passkey: altered })).status).toBe(403);
		const three = await asked();
		const good = passkey.sign(three.options);
		expect((await second(app, { ticket: three.ticket, passkey: good })).status).toBe(200);
		const four = await asked();
		expect((await second(app, { ticket: four.ticket, passkey: good })).status).toBe(403);
	});

	test('of a colleague does not sign in for one', async () => {
		const { app, claire, passkey, asked } = await withPasskey();
		const sandrine = await enrolBeside(app, claire);
		const hers = new Passkey(app.origin);
		await addPasskey(app, sandrine, hers);
		const { ticket, options } = await asked('Sandrine');
		expect((await second(app, { ticket, passkey: passkey.sign(options) })).status).toBe(403);
		const again = await asked('Sandrine');
		expect((await second(app, { ticket: again.ticket, passkey: hers.sign(again.options) })).status).toBe(200);
	});

	test.each([
		['challenge', { challenge: Buffer.from('another').toString('base64url') }],
		['origin', { origin: 'https://evil.example' }],
		['site', { site: 'evil.example' }],
		['ceremony', { type: 'webauthn.get' }]
	])('made for another %s is not added', async (_, lie) => {
		const app = await openApp(name);
		const claire = await setUp(app);
		const response = await addPasskey(app, claire, new Passkey(app.origin), lie);
		expect(await problem(response)).toEqual([403, 'passkey.refused']);
		expect((await accountOf(app, claire)).factors).toEqual([]);
	});

	test('is added by the person it was offered to, once', async () => {
		const { app, claire } = await withPasskey();
		const sandrine = await enrolBeside(app, claire);
		const offer = await call(app, 'POST', '/api/account/passkey', { as: claire });
		const { ticket, options } = (await offer.json()) as { ticket: string; options: { challenge: string } };
		const body = { ticket, response: new Passkey(app.origin).register(options), name: 'Clé' };
		const add = (as: Device) => call(app, 'PUT', '/api/account/passkey', { as, body });
		expect(await problem(await add(sandrine))).toEqual([403, 'passkey.refused']);
		expect((await accountOf(app, sandrine)).factors).toEqual([]);
		for (let i = 0; i < 2; i++) expect((await add(claire)).status).toBe(201); // the same again adds nothing
		expect((await accountOf(app, claire)).factors).toHaveLength(2);
		expect(await problem(await add(sandrine))).toEqual([403, 'passkey.refused']);
	});

	test('that is somebody’s already is refused in words, and theirs stays', async () => {
		const { app, claire, passkey, asked } = await withPasskey();
		const sandrine = await enrolBeside(app, claire);
		const copy = new Passkey(app.origin, passkey.id);
		expect(await problem(await addPasskey(app, sandrine, copy))).toEqual([403, 'passkey.refused']);
		const { ticket, options } = await asked();
		expect((await second(app, { ticket, passkey: passkey.sign(options) })).status).toBe(200);
	});
});

/** Sandrine, beside a director who already has a passkey. */
async function enrolBeside(app: App, claire: Device): Promise<Device> {
	const added = await call(app, 'POST', '/api/people', { as: claire, body: { name: 'Sandrine', grants: counsellor } });
	const { code } = (await added.json()) as { code: string };
	const device = { id: uuid(), name: 'Tablette' };
	return await entered(await call(app, 'POST', '/api/enrol', { body: { code, passphrase: PASSPHRASE, device } }));
}
