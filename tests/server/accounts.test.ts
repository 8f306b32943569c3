import { createHook } from 'node:async_hooks';
import { argon2Sync } from 'node:crypto';
import type { People } from '$lib/domain/account';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inUse } from '$lib/domain/record';
import type { Grant } from '$lib/domain/structure';
import { foldNames, hashStrong } from '$lib/server/accounts/people';
import type { App } from '$lib/server/app';
import { DATABASES, openApp } from '../support/databases';
import { openScene } from '../support/scene';
import {
	addTotp,
	call,
	deviceNamed,
	enrol,
	entered,
	PASSPHRASE,
	pullAll,
	setUp,
	sync,
	uuid,
	type Device
} from '../support/server';
import { openOther, problem, signIn as signInAs } from '../support/office';
import { dump, storedRecords } from '../support/stored';
import { entryOf } from '../../src/routes/(office)/people/people';

type Welcome = {
	canSetUp: boolean;
	canExplore: boolean;
	structures: { id: string; name: string; fictitious: boolean }[];
};

const device = () => deviceNamed('Poste');
const welcome = async (app: App) => (await (await call(app, 'GET', '/api/welcome')).json()) as Welcome;
/** Who a session says one is: 200, or 401 when it opens nothing. */
const whoAmI = async (app: App, as?: Pick<Device, 'cookie' | 'key'>) =>
	(await call(app, 'GET', '/api/session', as ? { as } : {})).status;
/** A director who may invite: one with a second factor. */
async function directing(app: App): Promise<Device> {
	const director = await setUp(app);
	await addTotp(app, director);
	return director;
}
const founding = (app: App, more: object = {}) => ({
	code: app.setupCode,
	structure: 'Cap Bigorre',
	antennas: ['Tarbes'],
	director: 'Claire',
	passphrase: PASSPHRASE,
	device: device(),
	...more
});
const signIn = (app: App, structure: string, name: string, passphrase = PASSPHRASE) =>
	signInAs(app, structure, name, { passphrase });
const as = (director: Device) => ({ as: director });
const invited = async (response: Response) => (await response.json()) as { person: string; code: string };
const counsellor: Grant[] = [{ role: 'counsellor', antennas: [] }];

describe.each(DATABASES)('setting up on %s', (name) => {
	test('asks the code that was printed, and happens once', async () => {
		const app = await openApp(name);
		expect(await welcome(app)).toEqual({ canSetUp: true, canExplore: true, structures: [] });
		const wrong = await call(app, 'POST', '/api/setup', { body: founding(app, { code: 'WRONG-WRONG' }) });
		expect(await problem(wrong)).toEqual([403, 'setup.code']);
		const alone = (code: string) => call(app, 'POST', '/api/setup/code', { body: { code } });
		expect(await problem(await alone('WRONG-WRONG'))).toEqual([403, 'setup.code']);
		expect((await alone(app.setupCode)).status).toBe(204);
		expect((await welcome(app)).structures).toEqual([]);
		const typed = ` ${app.setupCode.toLowerCase().replace('-', ' ')} `;
		expect((await call(app, 'POST', '/api/setup', { body: founding(app, { code: typed }) })).status).toBe(200);
		expect(await welcome(app)).toMatchObject({
			canSetUp: false,
			structures: [{ name: 'Cap Bigorre', fictitious: false }]
		});
		for (const again of [alone(app.setupCode), call(app, 'POST', '/api/setup', { body: founding(app) })])
			expect(await problem(await again)).toEqual([409, 'setup.closed']);
	});

	test('happens once even for two people who press at the same moment', async () => {
		const app = await openApp(name);
		const both = await Promise.all([1, 2].map(() => call(app, 'POST', '/api/setup', { body: founding(app) })));
		expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
		expect((await welcome(app)).structures).toHaveLength(1);
	});

	test('refuses a weak passphrase and keeps nothing', async () => {
		const app = await openApp(name);
		const response = await call(app, 'POST', '/api/setup', { body: founding(app, { passphrase: 'tropcourt' }) });
		expect(await problem(response)).toEqual([400, 'passphrase.weak']);
		expect((await welcome(app)).canSetUp).toBe(true);
	});

	test('stays open beside the fictitious structure', async () => {
		const app = await openApp(name);
		const explored = await call(app, 'POST', '/api/explore', { body: { role: 'director', device: device() } });
		expect(explored.status).toBe(200);
		expect(await welcome(app)).toMatchObject({ canSetUp: true, structures: [{ fictitious: true }] });
	});
});

describe.each(DATABASES)('signing in on %s', (name) => {
	test('with one’s name, however it is written, and one’s passphrase', async () => {
		const app = await openApp(name);
		const director = await setUp(app);
		const structure = director.session.structure.id;
		await enrol(app, director, 'Élodie Sans-Souci', counsellor);
		for (const typed of ['Élodie Sans-Souci', ' elodie  sans-souci', 'ÉLODIE SANS-SOUCI'])
			expect((await signIn(app, structure, typed)).status).toBe(200);
	});

	test('a wrong passphrase, an unknown name and an unknown structure get one answer', async () => {
		const app = await openApp(name);
		const director = await directing(app);
		const structure = director.session.structure.id;
		await invited(
			await call(app, 'POST', '/api/people', { body: { name: 'Pas encore', grants: counsellor }, ...as(director) })
		);
		const answers = await Promise.all([
			signIn(app, structure, 'Claire', 'une autre phrase'),
			signIn(app, structure, 'Personne'),
			signIn(app, uuid(), 'Claire'),
			signIn(app, structure, 'Pas encore')
		]);
		const bodies = await Promise.all(answers.map((one) => one.text()));
		expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
		expect(new Set(bodies)).toEqual(new Set(['{"problem":"sign-in.refused","details":{}}']));
		expect(answers.every((one) => one.headers.get('set-cookie') === null)).toBe(true);
	});

	test('a long passphrase opens, to its last letter', async () => {
		const app = await openApp(name);
		const long = 'les gaves descendent vite, et '.repeat(9).slice(0, 256);
		const body = founding(app, { passphrase: long });
		expect((await call(app, 'POST', '/api/setup', { body })).status).toBe(200);
		const { id } = (await welcome(app)).structures[0]!;
		expect((await signIn(app, id, 'Claire', long)).status).toBe(200);
		expect((await signIn(app, id, 'Claire', `${long.slice(0, -1)}!`)).status).toBe(403);
		expect(await problem(await signIn(app, id, 'Claire', `${long}x`))).toEqual([400, 'body.unreadable']);
	});

	test('after five wrong tries one waits, and longer each time, even with the right words', async () => {
		const app = await openApp(name);
		const structure = (await setUp(app)).session.structure.id;
		for (let i = 0; i < 5; i++) expect((await signIn(app, structure, 'Claire', 'une autre phrase')).status).toBe(403);
		expect(await problem(await signIn(app, structure, 'Claire'))).toEqual([429, 'too-many-tries']);
		app.now = new Date(app.now.getTime() + 1001);
		expect((await signIn(app, structure, 'Claire', 'une autre phrase')).status).toBe(403);
		app.now = new Date(app.now.getTime() + 1001);
		expect((await signIn(app, structure, 'Claire')).status).toBe(429);
		app.now = new Date(app.now.getTime() + 1001);
		expect((await signIn(app, structure, 'Claire')).status).toBe(200);
	});

	test('wrong tries on one name from one place slow another name there too', async () => {
		const app = await openApp(name);
		const structure = (await setUp(app)).session.structure.id;
		for (let i = 0; i < 5; i++) await signIn(app, structure, `Personne ${i}`);
		expect((await signIn(app, structure, 'Claire')).status).toBe(429);
	});

	test('the code of a first set-up and one-time codes are slowed as well', async () => {
		const app = await openApp(name);
		const body = founding(app, { code: 'WRONG-WRONG' });
		for (let i = 0; i < 60; i++) expect((await call(app, 'POST', '/api/setup', { body })).status).toBe(403);
		expect((await call(app, 'POST', '/api/setup', { body: founding(app) })).status).toBe(429);
		const guess = { code: 'AAAAA-AAAAA', passphrase: PASSPHRASE, device: device() };
		for (let i = 0; i < 60; i++) expect((await call(app, 'POST', '/api/enrol', { body: guess })).status).toBe(403);
		expect((await call(app, 'POST', '/api/enrol', { body: guess })).status).toBe(429);
	});
});

describe.each(DATABASES)('a one-time code on %s', (name) => {
	const use = (app: App, code: string, passphrase = PASSPHRASE) =>
		call(app, 'POST', '/api/enrol', { body: { code, passphrase, device: device() } });
	const add = async (app: App, director: Device, who = 'Sandrine') =>
		await invited(await call(app, 'POST', '/api/people', { body: { name: who, grants: counsellor }, ...as(director) }));

	test('opens once', async () => {
		const app = await openApp(name);
		const { code } = await add(app, await directing(app));
		expect((await use(app, code.toLowerCase().replace('-', ''))).status).toBe(200);
		expect(await problem(await use(app, code))).toEqual([403, 'code.refused']);
	});

	test('opens for one of two who type it at the same moment', async () => {
		const app = await openApp(name);
		const { code } = await add(app, await directing(app));
		const both = await Promise.all([use(app, code), use(app, code)]);
		expect(both.map(({ status }) => status).toSorted()).toEqual([200, 403]);
	});

	test('is over after three days', async () => {
		const app = await openApp(name);
		const { code } = await add(app, await directing(app));
		app.now = new Date(app.now.getTime() + 72 * 3_600_000);
		expect(await problem(await use(app, code))).toEqual([403, 'code.refused']);
	});

	test('is over when another one has been made', async () => {
		const app = await openApp(name);
		const director = await directing(app);
		const { person, code } = await add(app, director);
		const next = await invited(await call(app, 'POST', `/api/people/${person}/code`, { ...as(director), body: {} }));
		expect((await use(app, code)).status).toBe(403);
		expect((await use(app, next.code)).status).toBe(200);
	});

	test('is not used up by a weak passphrase', async () => {
		const app = await openApp(name);
		const { code } = await add(app, await directing(app));
		expect(await problem(await use(app, code, 'azerty'))).toEqual([400, 'passphrase.weak']);
		expect((await use(app, code)).status).toBe(200);
	});

	test('replaces a forgotten passphrase', async () => {
		const app = await openApp(name);
		const director = await directing(app);
		const structure = director.session.structure.id;
		const { person, code } = await add(app, director);
		await use(app, code);
		const next = await invited(await call(app, 'POST', `/api/people/${person}/code`, { ...as(director), body: {} }));
		await use(app, next.code, 'une toute nouvelle phrase');
		expect((await signIn(app, structure, 'Sandrine')).status).toBe(403);
		expect((await signIn(app, structure, 'Sandrine', 'une toute nouvelle phrase')).status).toBe(200);
	});

	test('is kept nowhere as it is read', async () => {
		const app = await openApp(name);
		const { code } = await add(app, await directing(app));
		const rows = await app.db.selectFrom('invitation').selectAll().execute();
		expect(JSON.stringify(rows)).not.toContain(code);
		expect(JSON.stringify(rows)).not.toContain(code.replace('-', ''));
		const people = await app.db.selectFrom('person').select('passphrase').execute();
		expect(JSON.stringify(people)).not.toContain(PASSPHRASE);
		const sessions = await app.db.selectFrom('session').select('token_hash').execute();
		expect(sessions).toHaveLength(1);
	});
});

describe.each(DATABASES)('the people of a structure on %s', (name) => {
	test('have names of their own, whatever the accents and capitals', async () => {
		const app = await openApp(name);
		const director = await directing(app);
		const add = (who: string) =>
			call(app, 'POST', '/api/people', { body: { name: who, grants: counsellor }, ...as(director) });
		expect((await add('Élodie Durand')).status).toBe(201);
		expect(await problem(await add('elodie  durand '))).toEqual([409, 'name.taken']);
		const { person } = await invited(await add('Paul'));
		const rename = { body: { name: 'ELODIE DURAND', grants: counsellor }, ...as(director) };
		expect(await problem(await call(app, 'PUT', `/api/people/${person}`, rename))).toEqual([409, 'name.taken']);
		const both = await Promise.all([add('Zoé'), add('Zoe')]);
		expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409]);
	});

	test('are one person by whatever apostrophe, invisible or look-alike letter', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		const { person } = claire.session;
		await enrol(app, claire, 'Awa N’Diaye', counsellor);
		const add = (who: string) =>
			call(app, 'POST', '/api/people', { body: { name: who, grants: counsellor }, ...as(claire) });
		for (const same of ["Awa N'Diaye", 'awa ndiaye\u200b'.replace('nd', 'n´d'), 'Аwa N’Diaye', 'Awa\u202e N’Diaye'])
			expect(await problem(await add(same)), same).toEqual([409, 'name.taken']);
		const structure = claire.session.structure.id;
		expect((await signIn(app, structure, "AWA N'DIAYE")).status).toBe(200);
		expect((await add('Ma\u200brie\u202e')).status).toBe(201);
		const rows = await app.db.selectFrom('person').select('name').where('id', '!=', person.id).execute();
		expect(rows.map(({ name }) => name).toSorted()).toEqual(['Awa N’Diaye', 'Marie']);
	});

	test('whom an earlier version told apart by an apostrophe both come in, and keep their names', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		const structure = claire.session.structure.id;
		const straight = await enrol(app, claire, "N'Diaye", counsellor);
		const curly = await enrol(app, claire, 'Sarr', counsellor);
		const another = 'quatre vents sur la place';
		const earlier = { name: 'N’Diaye', name_key: 'n’diaye', passphrase: await hashStrong(app, another, 'Sarr') };
		await app.db.updateTable('person').set(earlier).where('id', '=', curly.session.person.id).execute();
		await app.db.transaction().execute((trx) => foldNames(trx, structure));

		for (const [phrase, person] of [
			[PASSPHRASE, straight],
			[another, curly]
		] as const) {
			const back = await entered(await signIn(app, structure, "n'diaye", phrase));
			expect(back.session.person.id).toBe(person.session.person.id);
		}
		expect((await signIn(app, structure, "n'diaye", 'une autre phrase')).status).toBe(403);
		const rights = { name: 'N’Diaye', grants: [{ role: 'antenna-staff', antennas: [] }] };
		const path = `/api/people/${curly.session.person.id}`;
		expect((await call(app, 'PUT', path, { body: rights, ...as(claire) })).status).toBeLessThan(300);
	});

	test('do not choose their own name as a passphrase', async () => {
		const app = await openApp(name);
		const setup = founding(app, { director: 'Claire Fontaine', passphrase: 'fontaine.claire.1984' });
		expect(await problem(await call(app, 'POST', '/api/setup', { body: setup }))).toEqual([400, 'passphrase.name']);
		const claire = await directing(app);
		const added = { body: { name: 'Sandrine Abadie', grants: counsellor }, ...as(claire) };
		const { code } = await invited(await call(app, 'POST', '/api/people', added));
		const enrolment = { code, passphrase: 'Abadie SANDRINE 65', device: device() };
		expect(await problem(await call(app, 'POST', '/api/enrol', { body: enrolment }))).toEqual([400, 'passphrase.name']);
		expect((await call(app, 'POST', '/api/enrol', { body: { ...enrolment, passphrase: PASSPHRASE } })).status).toBe(
			200
		);
	});

	test('keep a director: the last one can neither leave nor be made something else', async () => {
		const app = await openApp(name);
		const director = await setUp(app);
		const path = `/api/people/${director.session.person.id}`;
		const demote = { body: { name: 'Claire', grants: counsellor }, ...as(director) };
		expect(await problem(await call(app, 'PUT', path, demote))).toEqual([409, 'director.last']);
		expect(await problem(await call(app, 'DELETE', path, as(director)))).toEqual([409, 'director.last']);
		await enrol(app, director, 'Odile', [{ role: 'director', antennas: [] }]);
		expect((await call(app, 'DELETE', path, as(director))).status).toBe(204);
	});

	test('keep a director even when two directors dismiss each other at the same moment', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		const odile = await enrol(app, claire, 'Odile', [{ role: 'director', antennas: [] }]);
		await addTotp(app, odile);
		const done = await Promise.all([
			call(app, 'DELETE', `/api/people/${odile.session.person.id}`, as(claire)),
			call(app, 'DELETE', `/api/people/${claire.session.person.id}`, as(odile))
		]);
		expect(done.filter(({ status }) => status === 204)).toHaveLength(1);
	});

	test('who leaves is out at once, and what they wrote stays', async () => {
		const scene = await openScene(await openApp(name));
		const { app, claire, sandrine } = scene;
		const structure = claire.device.session.structure.id;
		await sandrine.create('interview', {
			campaign: scene.campaign,
			antenna: scene.lourdes,
			stakeholder: 'client',
			state: 'finished'
		});
		await sandrine.sync();
		expect((await call(app, 'DELETE', `/api/people/${sandrine.person}`, as(claire.device))).status).toBe(204);
		await expect(sync(app, sandrine.device)).rejects.toThrow('401');
		expect((await signIn(app, structure, 'Sandrine')).status).toBe(403);
		expect(await whoAmI(app, sandrine.device)).toBe(401);
		const records = await storedRecords(app, structure);
		expect(records.some(({ kind, owner }) => kind === 'interview' && owner === sandrine.person)).toBe(true);
		expect(inUse(records.find(({ id }) => id === sandrine.person)!.fields, 'left')).toBe(true);
		const again = { ...as(claire.device), body: {} };
		expect((await call(app, 'POST', `/api/people/${sandrine.person}/code`, again)).status).toBe(404);
	});

	test('who has left is not brought back by a change of name', async () => {
		const app = await openApp(name);
		const director = await setUp(app);
		const { session } = await enrol(app, director, 'Sandrine', counsellor);
		const path = `/api/people/${session.person.id}`;
		await call(app, 'DELETE', path, as(director));
		const response = await call(app, 'PUT', path, { body: { name: 'Sandra', grants: counsellor }, ...as(director) });
		expect(response.status).toBe(404);
		const { records } = await pullAll(app, director);
		expect(inUse(records.find(({ id }) => id === session.person.id)!.fields, 'left')).toBe(true);
	});

	test('have a code under way only while it still opens', async () => {
		const app = await openApp(name);
		const director = await directing(app);
		await enrol(app, director, 'Sandrine', counsellor);
		await invited(
			await call(app, 'POST', '/api/people', { body: { name: 'Nadia', grants: counsellor }, ...as(director) })
		);
		const entries = async () => {
			const people = (await (await call(app, 'GET', '/api/people', as(director))).json()) as People;
			return people.map((person) => [person.name, entryOf(person)]);
		};
		expect(await entries()).toEqual([
			['Claire', 'enrolled'],
			['Nadia', 'code'],
			['Sandrine', 'enrolled']
		]);
		await app.db.updateTable('invitation').set({ expires_at: '2014-01-01T00:00:00.000Z' }).execute();
		expect(await entries()).toContainEqual(['Nadia', 'no-code']);
	});

	test('are seen and changed by a director only', async () => {
		const app = await openApp(name);
		const director = await setUp(app);
		const sandrine = await enrol(app, director, 'Sandrine', counsellor);
		const { session } = sandrine;
		const body = { name: 'X', grants: [{ role: 'director', antennas: [] }] };
		const path = `/api/people/${session.person.id}`;
		const tries = [
			call(app, 'GET', '/api/people', as(sandrine)),
			call(app, 'POST', '/api/people', { ...as(sandrine), body }),
			call(app, 'PUT', path, { ...as(sandrine), body }),
			call(app, 'DELETE', path, as(sandrine)),
			call(app, 'POST', `${path}/code`, { ...as(sandrine), body: {} })
		];
		for (const response of await Promise.all(tries)) expect(await problem(response)).toEqual([403, 'right.missing']);
		expect(await problem(await call(app, 'GET', '/api/people'))).toEqual([401, 'session.missing']);
	});
});

describe.each(DATABASES)('a session on %s', (name) => {
	const cookieOf = (response: Response) => response.headers.get('set-cookie')!;

	test('is a cookie no script reads and no other site sends', async () => {
		const app = await openApp(name);
		const local = cookieOf(await call(app, 'POST', '/api/setup', { body: founding(app) }));
		expect(local).toMatch(/^temoin-[0-9a-f]{8}=[0-9a-f-]{36}\.[\w-]{43}; /);
		const flags = local.split('; ').slice(1);
		expect(flags).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'SameSite=Strict']));
		expect(flags).not.toContain('Secure');
		const https = { ...app, origin: 'https://temoin.example' };
		const { id } = (await welcome(app)).structures[0]!;
		const response = await signIn(https, id, 'Claire');
		const remote = cookieOf(response);
		expect(remote).toMatch(/^__Host-temoin-[0-9a-f]{8}=/);
		expect(remote.split('; ')).toEqual(
			expect.arrayContaining(['Secure', 'Path=/', 'HttpOnly', 'SameSite=Strict', 'Max-Age=34560000'])
		);
		expect(remote).not.toMatch(/domain/i);
		const over = cookieOf(await call(https, 'DELETE', '/api/session', { as: await entered(response) }));
		expect(over).toMatch(/^__Host-temoin-[0-9a-f]{8}=; /);
		expect(over.split('; ')).toEqual(expect.arrayContaining(['Secure', 'Path=/', 'HttpOnly', 'Max-Age=0']));
	});

	test('has two halves: a cookie copied from a stolen tablet opens nothing, nor does the key of a vault', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		const second = await entered(await signIn(app, claire.session.structure.id, 'Claire'));
		expect(await whoAmI(app, claire)).toBe(200);
		for (const [cookie, key] of [
			[claire.cookie, ''],
			[claire.cookie, claire.key.slice(0, -2)],
			[claire.cookie, `${claire.key.split('.')[0]}.${'A'.repeat(43)}`],
			[claire.cookie, second.key],
			[second.cookie, claire.key],
			['', claire.key],
			[`${claire.cookie.slice(0, -2)}xx`, claire.key]
		] as const)
			expect(await whoAmI(app, { cookie, key }), `${cookie} ${key}`).toBe(401);
		// The cookie is one person's, and says so by its name: under another's it is not even read.
		const other = claire.cookie.replace(/^temoin-\w{8}/, 'temoin-00000000');
		expect(await whoAmI(app, { cookie: other, key: claire.key })).toBe(401);
	});

	test('of two people on one tablet go side by side, each under their own cookie', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		const sandrine = await enrol(app, claire, 'Sandrine', counsellor);
		const cookie = `${claire.cookie}; ${sandrine.cookie}`;
		const who = async (key: string) =>
			((await (await call(app, 'GET', '/api/session', { as: { cookie, key } })).json()) as Device['session']).person
				.name;
		expect([await who(claire.key), await who(sandrine.key)]).toEqual(['Claire', 'Sandrine']);
	});

	test('is kept as two hashes: a copied database signs nobody in', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		const rows = JSON.stringify(await app.db.selectFrom('session').selectAll().execute());
		for (const half of [claire.cookie.split('=')[1]!, claire.key]) {
			expect(rows).not.toContain(half);
			expect(rows).not.toContain(half.split('.')[1]);
		}
	});

	test('ends when one signs out', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		expect(await whoAmI(app, claire)).toBe(200);
		expect((await call(app, 'DELETE', '/api/session', { as: claire })).status).toBe(204);
		expect(await whoAmI(app, claire)).toBe(401);
	});

	test('is one a device: signing in again there ends the one before', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		const here = { device: { id: claire.session.device.id, name: 'Poste' } };
		const again = await entered(await signInAs(app, claire.session.structure.id, 'Claire', here));
		expect(await whoAmI(app, claire)).toBe(401);
		expect(await whoAmI(app, again)).toBe(200);
	});

	test('lasts thirty days after the last call', async () => {
		const app = await openApp(name);
		const claire = await setUp(app);
		const later = (days: number) => (app.now = new Date(app.now.getTime() + days * 86_400_000));
		for (let i = 0; i < 3; i++) {
			later(29);
			expect(await whoAmI(app, claire)).toBe(200);
		}
		later(31);
		expect(await whoAmI(app, claire)).toBe(401);
	});

	test.each<Record<string, string>>([
		{ origin: 'https://evil.example' },
		{ origin: 'null' },
		{ origin: 'http://localhost.evil.example' },
		{ 'sec-fetch-site': 'cross-site' },
		{ 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000' }
	])('is of no use to another site’s page (%j)', async (headers) => {
		const app = await openApp(name);
		const claire = await directing(app);
		const tries = [
			call(app, 'POST', '/api/people', { ...as(claire), headers, body: { name: 'X', grants: counsellor } }),
			call(app, 'DELETE', '/api/session', { ...as(claire), headers }),
			call(app, 'POST', '/api/sync', { ...as(claire), headers, body: {} })
		];
		for (const response of await Promise.all(tries)) expect(await problem(response)).toEqual([403, 'origin.refused']);
		expect(await whoAmI(app, claire)).toBe(200);
	});

	test('of one’s own page is', async () => {
		const app = await openApp(name);
		const claire = await directing(app);
		const headers = { origin: app.origin, 'sec-fetch-site': 'same-origin' };
		const body = { name: 'X', grants: counsellor };
		expect((await call(app, 'POST', '/api/people', { ...as(claire), headers, body })).status).toBe(201);
		const remote = { ...app, origin: 'https://temoin.example' };
		const other = { origin: 'http://localhost:3000' };
		expect((await call(remote, 'DELETE', '/api/session', { ...as(claire), headers: other })).status).toBe(403);
	});

	test.each(['', 'x', 'x.y', '.', '*', '*.x', '__proto__.x', 'a.b.c', `${'x'.repeat(5000)}.y`])(
		'is not opened by a made-up token (%#)',
		async (token) => {
			const app = await openApp(name);
			const { cookie, key } = await setUp(app);
			const named = `${cookie.split('=')[0]}=${token}`;
			expect((await call(app, 'GET', '/api/people', { as: { cookie: named, key } })).status).toBe(401);
			const keyed = { cookie: `temoin-${token}=${token}`, key: token };
			expect((await call(app, 'GET', '/api/people', { as: keyed })).status).toBe(401);
		}
	);

	test('opens nothing of another structure on the same server', async () => {
		const app = await openApp(name);
		const real = await setUp(app);
		const fictitious = await openOther(app);
		const [ours, theirs] = [real.session.structure.id, fictitious.session.structure.id];
		expect(ours).not.toBe(theirs);
		const people = async (who: Device) =>
			((await (await call(app, 'GET', '/api/people', as(who))).json()) as { name: string }[]).map((one) => one.name);
		expect(await people(real)).toEqual(['Claire']);
		expect(await people(fictitious)).not.toContain('Claire');
		const mine = new Set((await pullAll(app, real)).records.map(({ id }) => id));
		const others = (await pullAll(app, fictitious)).records;
		expect(others.length).toBeGreaterThan(500);
		expect(others.filter(({ id }) => mine.has(id))).toEqual([]);
		const path = `/api/people/${real.session.person.id}`;
		for (const [method, more] of [
			['PUT', ''],
			['DELETE', ''],
			['POST', '/code']
		] as const) {
			const body = method === 'DELETE' ? {} : { body: method === 'PUT' ? { name: 'Autre', grants: counsellor } : {} };
			expect((await call(app, method, path + more, { ...as(fictitious), ...body })).status).toBe(404);
		}
		expect((await signIn(app, theirs, 'Claire')).status).toBe(403);
		const swapped = { ...fictitious, cookie: fictitious.cookie.replace(theirs, ours) };
		expect(await whoAmI(app, swapped)).toBe(401);
		expect(await problem(await call(app, 'DELETE', '/api/explore', as(real)))).toEqual([403, 'right.missing']);
	});

	test('of the fictitious structure ends with it, and the real one stays whole', async () => {
		const app = await openApp(name);
		const real = await setUp(app);
		const explorer = await openOther(app);
		const before = await storedRecords(app, real.session.structure.id);
		expect((await call(app, 'DELETE', '/api/explore', as(explorer))).status).toBe(204);
		expect(await whoAmI(app, explorer)).toBe(401);
		expect((await welcome(app)).structures).toHaveLength(1);
		expect(await storedRecords(app, real.session.structure.id)).toEqual(before);
		for (const [table, rows] of Object.entries(await dump(app)))
			for (const row of rows)
				if (row.structure_id) expect(row.structure_id, `left in ${table}`).toBe(real.session.structure.id);
	});
});

describe('a passphrase on the server', () => {
	test('is kept by Argon2id, at the cost that is announced', async () => {
		const app = await openApp('SQLite');
		await setUp(app);
		const { passphrase } = await app.db.selectFrom('person').select('passphrase').executeTakeFirstOrThrow();
		const [, memory, passes, parallelism, salt, hash] = passphrase!.split('$');
		expect(passphrase).toMatch(/^argon2id\$/);
		expect([Number(memory), Number(passes), Number(parallelism)]).toEqual([19_456, 2, 1]); // 19 MiB
		const nonce = Buffer.from(salt!, 'base64url');
		expect(nonce).toHaveLength(16);
		const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };
		expect(argon2Sync('argon2id', { message: PASSPHRASE, nonce, ...cost }).toString('base64url')).toBe(hash);
	});

	test('is looked at two at a time, however many sign in at once', async () => {
		const app = await openApp('SQLite');
		const structure = (await setUp(app)).session.structure.id;
		const running = new Set<number>();
		let most = 0;
		const watch = createHook({
			init(id, type) {
				if (type === 'ARGON2REQUEST') most = Math.max(most, running.add(id).size);
			},
			before: (id) => void running.delete(id)
		}).enable();
		onTestFinished(() => void watch.disable());
		const from = (i: number) => signInAs(app, structure, `Personne ${i}`, { from: `10.0.0.${i}` });
		const burst = await Promise.all([0, 1, 2, 3, 4].map(from));
		expect(burst.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
		expect(most).toBe(2);
	});
});
