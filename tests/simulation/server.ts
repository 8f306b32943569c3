import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '$lib/server/app';
import type { Session } from '$lib/domain/session';
import { Process, type Random, type Scheduler } from './scheduler.ts';

export type Lib = typeof import('./lib.ts');
export type Libs = { now: Lib; next: Lib };
export type Version = keyof Libs;

/** The two halves of a session, as a device holds them. */
export type Halves = { cookie: string; key: string };
export type Reply = { status: number; headers: Headers; text: string };

/** What the handlers read of a request. */
type Asked = { method: string; path: string; body?: string | Uint8Array | undefined; headers: Record<string, string> };

const CODE = 'ABCDE-FGHJK';
const ORIGIN = 'http://localhost:3000';

/** Every SQLite handle that is open, by file, to be closed as a kill closes them: with what was not committed undone. */
type Handle = { close: () => void };
const handles = new Set<Handle>();
const sqlite = process.getBuiltinModule('node:sqlite');
class Watched extends sqlite.DatabaseSync {
	constructor(...args: ConstructorParameters<typeof sqlite.DatabaseSync>) {
		super(...args);
		handles.add(this);
	}
	override close(): void {
		if (handles.delete(this)) super.close();
	}
}
const original = process.getBuiltinModule.bind(process) as (name: string) => unknown;
process.getBuiltinModule = ((name: string) =>
	name === 'node:sqlite' ? { ...sqlite, DatabaseSync: Watched } : original(name)) as typeof process.getBuiltinModule;

function appOf(lib: Lib, folder: string, db: App['db'], clock: () => Date, random: Random, version: string): App {
	return {
		db,
		clock,
		random: random.bytes,
		origin: ORIGIN,
		setupCode: CODE,
		version,
		rate: { count: () => undefined, meet: () => undefined },
		secret: new Uint8Array(32).fill(7),
		ledger: lib.ledgerFile(join(folder, 'ledger', 'erased.ledger'))
	};
}

/** Somebody's session on a device; `guest` is who shares the device. */
type Seat = { session: Session; halves: Halves; structureKey: string };
export type Person = Session['person'] & { sessions: (Seat & { guest: Seat })[] };
/** A structure that begins to work: its people, each with devices of their own, and the file of its database. */
export type Template = { file: string; structure: string; antennas: string[]; campaign: string; people: Person[] };

export const DEVICES_EACH = 4;

/** Founds the structure through the real doors, once for all seeds. */
export async function found(lib: Lib, folder: string, random: Random): Promise<Template> {
	mkdirSync(folder, { recursive: true });
	const db = await lib.openDatabase({ folder }, '*');
	const app = appOf(lib, folder, db, () => new Date('2014-11-12T08:00:00.000Z'), random, 'now');
	const director = await lib.setUp(app);
	const { structure } = director.session;
	const rows = await db.selectFrom('record').selectAll().execute();
	const antennas = rows.filter(({ kind }) => kind === 'antenna').map(({ id }) => id);
	const [tarbes, lourdes] = antennas as [string, string];
	const devices = [director];
	for (const [name, role, antenna] of [
		['Sandrine', 'counsellor', lourdes],
		['Nadia', 'counsellor', tarbes],
		['Paul', 'antenna-staff', lourdes],
		['Marc', 'antenna-staff', tarbes]
	] as const)
		devices.push(await lib.enrol(app, director, name, [{ role, antennas: [antenna] }]));
	const people: Person[] = [];
	const seatAt = async (
		{ session, structureKey }: (typeof devices)[number],
		device: Session['device']
	): Promise<Seat> => {
		const opened = await db
			.transaction()
			.execute((trx) => lib.openSession(app, trx, structure.id, session.person.id, device));
		return { session: { ...session, device }, halves: halvesOf(opened), structureKey };
	};
	for (const [at, one] of devices.entries()) {
		const sessions: Person['sessions'] = [];
		for (let i = 0; i < DEVICES_EACH; i++) {
			const device = { id: random.uuid(), name: `tablet ${at}.${i}` };
			const guest = await seatAt(devices[(at + 1 + i) % devices.length]!, device);
			sessions.push({ ...(await seatAt(one, device)), guest });
		}
		people.push({ ...one.session.person, sessions });
	}
	const file = join(folder, 'template.sqlite');
	await lib.backUp(app, folder).then((made) => copyFileSync(made, file));
	await db.destroy();
	return { file, structure: structure.id, antennas, campaign: random.uuid(), people };
}

export const halvesOf = ({ token, key }: { token: string; key: string }): Halves => ({
	cookie: `temoin-${key.split('.')[0]}=${token}`,
	key
});

/** The real handlers on a real database file, in a process that can be killed at any query. */
export class Server {
	app!: App;
	/** Time on its clock, ahead of the world's. */
	offset = 0;
	up = false;
	/** The most milliseconds that a query takes: on a slow disk, requests overlap. */
	slowness = 0;
	backups: string[] = [];
	version: Version = 'now';
	#processes = new Set<Process>();

	constructor(
		readonly libs: Libs,
		readonly scheduler: Scheduler,
		readonly random: Random,
		readonly folder: string,
		template: Template
	) {
		rmSync(folder, { recursive: true, force: true });
		mkdirSync(folder, { recursive: true });
		copyFileSync(template.file, join(folder, 'temoin.sqlite'));
	}

	get lib(): Lib {
		return this.libs[this.version];
	}

	clock = (): Date => new Date(Date.parse('2014-11-12T09:00:00.000Z') + this.scheduler.now + this.offset);

	/** As its start command does: database, ledger, what waits to be judged; then it answers. */
	async start(): Promise<void> {
		const { lib } = this;
		const db = await lib.openDatabase({ folder: this.folder }, '*');
		this.app = appOf(lib, this.folder, db, this.clock, this.random, this.version);
		await lib.everywhere(() => lib.replayLedger(this.app));
		await lib.everywhere(() => lib.replayWithdrawals(this.app));
		await lib.everywhere(() => lib.afterUpgrade(this.app));
		this.up = true;
	}

	/** Whether no request is being answered. */
	get idle(): boolean {
		return this.#processes.size === 0;
	}

	/** Whatever it was doing is not finished, ever. */
	kill(): void {
		this.up = false;
		for (const one of this.#processes) one.kill();
		this.#processes.clear();
		for (const handle of [...handles]) handle.close();
	}

	/** Answers one request in a process of its own: after each query others may come in between, or the end. */
	answer(asked: Asked, done: (reply: Reply) => void): void {
		const process = new Process('request');
		this.#processes.add(process);
		const db = this.app.db.withPlugin({
			transformQuery: ({ node }) => node,
			transformResult: async ({ result }) => {
				if (this.slowness === 0) await this.scheduler.turn(process);
				else await new Promise<void>((go) => this.scheduler.after(this.random.below(this.slowness), process, go));
				return result;
			}
		});
		const { lib } = this;
		this.scheduler.enqueue(process, () => {
			const answered = async () => {
				const response = await lib.dispatch({ ...this.app, db }, requestOf(asked), '127.0.0.1');
				return { status: response.status, headers: response.headers, text: await response.text() };
			};
			const broken = { status: 500, headers: new Headers(), text: '{}' };
			void answered()
				.catch(() => broken)
				.then((reply) => {
					this.#processes.delete(process);
					done(reply);
				});
		});
	}

	async backUp(): Promise<void> {
		this.backups.push(await this.lib.backUp(this.app, join(this.folder, 'backups')));
	}

	/** Puts an older state back, as the restore command does, with the server stopped.
	 * @param ledger whether the ledger beside it survived */
	async restore(file: string, ledger: boolean): Promise<void> {
		this.kill();
		if (!ledger) rmSync(join(this.folder, 'ledger'), { recursive: true, force: true });
		const { clock, random } = this;
		await this.lib.restore({ clock, random: random.bytes }, file, this.folder);
	}

	end(): void {
		this.kill();
		rmSync(this.folder, { recursive: true, force: true });
	}
}

function requestOf({ method, path, body, headers }: Asked): Request {
	const bytes = typeof body === 'string' ? Buffer.from(body) : body;
	let read = false;
	const reader = {
		read: () => Promise.resolve(read || !bytes ? { done: true } : ((read = true), { done: false, value: bytes })),
		cancel: () => Promise.resolve()
	};
	const request = { method, url: `${ORIGIN}${path}`, headers: new Headers(headers), body: { getReader: () => reader } };
	return request as unknown as Request;
}
