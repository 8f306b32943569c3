import { copyFileSync, rmSync } from 'node:fs';
import { sql } from 'kysely';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import { criteriaOf } from '$lib/domain/framework';
import type { Framework } from '$lib/domain/framework-shapes';
import { currentOf, inUse } from '$lib/domain/record';
import { readingId } from '$lib/domain/reading';
import type { Record as Stored } from '$lib/domain/sync';
import { answer, type Endpoint } from '$lib/server/door/endpoint';
import { endpoints } from '$lib/server/door/endpoints';
import { openDatabase, sqliteFile } from '$lib/server/database/open';
import { Draws } from '$lib/server/fictitious/draws';
import { rateLimit } from '$lib/server/door/rate';
import { openApp, type DatabaseName, type TestApp } from './databases';
import { hashOf, naming, putAll, recording } from './media';
import { hear, openOffice, openOther, signIn, QUESTION, OPEN_QUESTION } from './office';
import { openVaultOf } from './sealed';
import { addTotp, call, change, digitsOf, headersOf, PASSPHRASE, pullAll, sync, uuid, type Device } from './server';

export const pick = <T>(draws: Draws, list: readonly T[]): T => list[draws.between(0, list.length - 1)]!;
export const doorOf = ({ method, path }: Endpoint): string => `${method} ${path}`;

/** Parameters that a handler reads from the query, found in its text: no list of them has to be kept. */
export const askedBy = ({ handle }: Endpoint): string[] =>
	[...handle.toString().matchAll(/\.get\(["'`]([\w-]+)["'`]\)/g)].map(([, name]) => name!);

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** Real values by the name they go under, so that requests speak of what exists. What a server answers later joins them. */
export class Words {
	#known = new Map<string, unknown[]>();
	#fresh = new Map<string, unknown[]>();

	static #add(to: Map<string, unknown[]>, key: string, value: unknown, most: number) {
		const list = to.get(key) ?? [];
		to.set(key, list);
		if (list.length < most) list.push(value);
		else if (most < 50) list.push(list.shift() && value);
	}

	learn(key: string, value: unknown, known = true, depth = 0): void {
		const add = (name: string, one: unknown) =>
			Words.#add(known ? this.#known : this.#fresh, name, one, known ? 80 : 10);
		if (depth > 4) return;
		if (Array.isArray(value)) {
			for (const item of value.slice(0, 80)) this.learn(key, item, known, depth + 1);
			return;
		}
		if (value !== null && typeof value === 'object') {
			if ('id' in value) add(key, value.id);
			for (const [name, part] of Object.entries(value)) this.learn(name, part, known, depth + 1);
			if (JSON.stringify(value).length > 2000) return;
		}
		add(key, value);
	}

	all(key: string): readonly unknown[] {
		return this.#known.get(key) ?? [];
	}

	draw(draws: Draws, key: string, type?: string): unknown {
		const fresh = draws.chance(0.4) ? this.#fresh.get(key) : undefined;
		const list = (fresh ?? this.all(key)).filter((value) => type === undefined || typeOf(value) === type);
		return list.length > 0 ? pick(draws, list) : undefined;
	}

	forgetFresh(): void {
		this.#fresh.clear();
	}
}

/** One server with its database as it was when the run began, and the people who call it. */
export type Place = { app: TestApp; words: Words; devices: Device[]; reopen: (draws: Draws) => Promise<void> };
export type Caller = { place: Place; device?: Device };

/** Keeps a database as it is now.
 * @returns how to have it back, whatever was done to it meanwhile: every table, those of later migrations too */
async function keep(app: TestApp, name: DatabaseName): Promise<() => Promise<void>> {
	if (name === 'SQLite') {
		const file = sqliteFile(app.folder);
		await sql`vacuum into ${`${file}.kept`}`.execute(app.db);
		return async () => {
			await app.db.destroy();
			for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
			copyFileSync(`${file}.kept`, file);
			app.db = await openDatabase(app.where, '*');
			await sql`pragma synchronous = off`.execute(app.db); // what is tried here is not the disk
		};
	}
	const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(app.db);
	const admin = new pg.Client(`${inject('postgres')}/${rows[0]!.name}`);
	await admin.connect();
	onTestFinished(() => admin.end());
	const found = await admin.query<{ name: string }>(
		`select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely_%'`
	);
	const tables = found.rows.map((row) => `"${row.name}"`);
	const everywhere = `begin; set local temoin.structure = '*';`;
	const kept = tables.map((table) => `create table kept.${table} as table public.${table};`).join('');
	await admin.query(`create schema kept; ${everywhere} ${kept} commit`);
	// One statement puts everything back, so that no table has to come before another.
	const back = tables.map((table, i) => `t${i} as (insert into public.${table} select * from kept.${table})`).join(',');
	const empty = `truncate ${tables.map((table) => `public.${table}`).join(',')};`;
	return async () => {
		await admin.query(`${everywhere} ${empty} with ${back} select 1; commit`);
	};
}

async function place(app: TestApp, name: DatabaseName, words: Words, devices: Device[]): Promise<Place> {
	words.learn('passphrase', PASSPHRASE);
	words.learn('protocol', 1);
	words.learn('role', ['director', 'counsellor', 'antenna-staff']);
	words.learn('format', ['json', 'csv']);
	words.learn('language', ['fr', 'en']);
	const back = await keep(app, name);
	const began = app.now;
	return {
		app,
		words,
		devices,
		async reopen(draws) {
			await back();
			app.now = began;
			app.random = draws.bytes;
			app.rate = rateLimit(app.clock);
			words.forgetFresh();
		}
	};
}

/** A server nobody has set up yet: its set-up code is the only thing to know. */
export async function openEmpty(name: DatabaseName): Promise<Place> {
	const app = await openApp(name);
	const words = new Words();
	words.learn('code', app.setupCode);
	words.learn('name', ['Claire', 'Poste du siège']);
	return await place(app, name, words, []);
}

/** Cap Bigorre with its campaign, interviews and readings, its director, a counsellor and somebody who types figures; and
 * beside it the fictitious structure with its own director. */
export async function openFurnished(name: DatabaseName): Promise<Place> {
	const office = await openOffice(name);
	const { app, claire, sandrine, paul, campaign, lourdes, structure } = office;
	const words = new Words();
	const codes = ['ABCDE-FGHJK', 'BCDEF-GHJKL', 'CDEFG-HJKLM', 'DEFGH-JKLMN'];
	const content = recording(200);
	for (const code of codes) {
		const fields = naming(content);
		const { interview } = await hear(office, { words: 'On m’a écouté.', quote: 'On m’a', code, fields });
		await putAll(app, sandrine, interview, content);
		words.learn('media', interview);
	}
	words.learn('hash', Array(20).fill(hashOf(content))); // the hashes of what is refused go by the same name
	words.learn('content-range', ['bytes */200', 'bytes 0-199/200', 'bytes 0-0/200', 'bytes 200-300/200', 'bytes 1-0/1']);
	await sync(
		app,
		sandrine,
		codes.map((name) => change('antenna', { name }))
	);
	const refused = await app.db.selectFrom('quarantine').select('hash').where('structure_id', '=', structure).execute();
	words.learn(
		'quarantine',
		refused.map(({ hash }) => hash)
	);
	const vault = await openVaultOf(app, sandrine);
	words.learn('key', vault.place.key);
	words.learn('code', codes);
	words.learn('items', ['usage-evaluation', 'citation-anonyme', 'citation-prenom']);
	words.learn('question', [OPEN_QUESTION, QUESTION]);
	const { records } = await pullAll(app, claire);
	const framework = records.find(({ kind }) => kind === 'framework')!;
	const criteria = criteriaOf(inUse(framework.fields, 'definition') as Framework);
	const reading = ({ id }: { id: string }, amount: number) =>
		change(
			'reading',
			{ value: { amount } },
			{ record: readingId({ campaign, place: lourdes, period: '2014', indicator: id }), id: uuid() }
		);
	await sync(
		app,
		paul,
		criteria
			.flatMap(({ indicators }) => indicators)
			.slice(0, 5)
			.map(reading)
	);
	const devices = [claire, sandrine, paul, await openOther(app)];
	for (const { session } of devices.slice(0, 3)) words.learn('', session);
	words.learn('structure', [structure, structure]);
	words.learn('name', ['Tarbes', 'Claire', 'claire ', 'Jeanne', 'Jean', 'Aïcha']);
	for (const device of devices.slice(0, 2)) {
		const { records: held, ...reply } = await pullAll(app, device);
		words.learn('', reply);
		words.learn('audience', reply.audiences);
		for (const record of held) learnRecord(words, record);
	}
	for (const criterion of criteria.slice(0, 6)) {
		words.learn('criterion', criterion.id);
		words.learn('question', criterion.questions);
		words.learn('indicator', criterion.indicators);
	}
	const { secret } = await addTotp(app, claire);
	words.learn('totp of Claire', secret);
	const invited = await call(app, 'POST', '/api/people', {
		body: { name: 'Jeanne', grants: [{ role: 'counsellor', antennas: [] }] },
		as: claire
	});
	words.learn('', await invited.json());
	await learnDoors(app, claire, words);
	return await place(app, name, words, devices);
}

/** Bodies whose parts belong together, which no schema says: what a device is told in one answer and sends in the next. */
export const EXAMPLES: { [door: string]: (caller: Caller) => Promise<unknown> } = {
	'POST /api/session': ({ place: { devices } }) =>
		Promise.resolve({
			structure: devices[0]?.session.structure.id ?? 'x',
			name: devices[1]?.session.person.name ?? 'x',
			passphrase: PASSPHRASE,
			device: { id: uuid(), name: 'Poste' }
		}),
	'POST /api/enrol': async ({ place: { app, devices } }) => {
		const [as] = devices;
		const body = { name: `Jeanne ${uuid()}`, grants: [{ role: 'counsellor', antennas: [] }] };
		const invited = as && (await call(app, 'POST', '/api/people', { as, body }));
		const { code = '' } = invited ? ((await invited.json()) as { code?: string }) : {};
		return { code, passphrase: PASSPHRASE, device: { id: uuid(), name: 'Poste' } };
	},
	'POST /api/setup': ({ place: { app } }) =>
		Promise.resolve({
			code: app.setupCode,
			structure: 'Cap Bigorre',
			antennas: ['Tarbes'],
			director: 'Claire',
			passphrase: PASSPHRASE,
			device: { id: uuid(), name: 'Poste' }
		}),
	'POST /api/setup/code': ({ place: { app } }) => Promise.resolve({ code: app.setupCode }),
	'POST /api/session/second': async ({ place: { app, devices, words } }) => {
		const structure = devices[0]?.session.structure.id;
		if (!structure) return {};
		const { ticket } = (await (await signIn(app, structure, 'Claire')).json()) as { ticket?: string };
		return { ticket: ticket ?? '', code: digitsOf(String(words.all('totp of Claire')[0]), app.clock()) };
	},
	'POST /api/stick': ({ place: { devices, words } }) => Promise.resolve(brought(devices[1], words, { changes: [] })),
	'POST /api/stick/media': ({ place: { devices, words } }) => {
		const line = { about: words.all('media')[0], hash: words.all('hash')[0], type: 'audio/webm', size: 200, number: 0 };
		return Promise.resolve(brought(devices[1], words, { ...line, piece: 'AQ' }));
	},
	'PUT /api/account/totp': async ({ place: { app }, device }) => {
		const begun = await call(app, 'POST', '/api/account/totp', device ? { as: device } : {});
		const { ticket = '', secret } = (await begun.json()) as { ticket?: string; secret?: string };
		return { ticket, code: secret ? digitsOf(secret, app.clock()) : '000000', name: 'Téléphone' };
	}
};

/** What comes on a stick from a tablet that the server knows. */
const brought = (device: Device | undefined, words: Words, more: object) => ({
	structure: device?.session.structure.id,
	person: device?.session.person.id,
	device: device?.session.device.id,
	key: words.all('key')[0],
	...more
});

function learnRecord(words: Words, { id, kind, fields, about }: Stored): void {
	words.learn(kind, id);
	words.learn('record', id);
	words.learn('kind', kind);
	if (about) words.learn('about', about);
	for (const field of Object.keys(fields)) {
		const seen = currentOf(fields, field).map((current) => current.change);
		words.learn(`fields of ${kind}`, field);
		words.learn(`seen ${id} ${field}`, seen);
		words.learn('change', seen);
		if (field !== 'definition') words.learn(field, inUse(fields, field));
	}
}

/** Reads what every door shows to a director. */
async function learnDoors(app: TestApp, as: Device, words: Words): Promise<void> {
	for (const endpoint of endpoints.filter(({ method }) => method === 'GET')) {
		const { method, path } = endpoint;
		if (path.includes('[') || path.includes('openapi')) continue;
		const asked = new URLSearchParams();
		for (const name of askedBy(endpoint)) if (words.all(name)[0]) asked.append(name, String(words.all(name)[0]));
		const response = await call(app, method, `${path}?${asked}`, { as });
		const isJson = response.headers.get('content-type') === 'application/json';
		if (response.ok && isJson) words.learn(path.split('/').at(-1)!, await response.json());
	}
}

/** Which callers an endpoint lets in, asked with its handler taken out: nothing is done. */
export async function lets(endpoint: Endpoint, caller: Caller): Promise<boolean> {
	let entered = false;
	const { body: _, ...rest } = endpoint;
	const hollow: Endpoint = {
		...rest,
		handle: () => {
			entered = true;
			return Promise.resolve(new Response(null, { status: 204 }));
		}
	};
	const { app } = caller.place;
	const headers = caller.device ? headersOf(caller.device) : {};
	const request = new Request(new URL('/', app.origin), { method: endpoint.method, headers });
	await answer(app, hollow, request, {}, '127.0.0.1');
	return entered;
}
