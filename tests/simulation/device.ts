import type { Session } from '$lib/domain/session';
import type { PersonDatabase, Position } from '$lib/local/database';
import type { Bytes, Locks, Vault } from '$lib/local/vault';
import type { Fields } from '$lib/domain/record';
import type { Runner } from '$lib/sync/runner';
import type { Outcome } from '$lib/sync/exchange';
import { Process, type Scheduler } from './scheduler.ts';
import type { Halves, Lib, Libs, Version } from './server.ts';
import { Disk } from './storage.ts';

/** One request as a device makes it, and what comes back of it, or nothing. */
export type Ask = (
	device: Device,
	process: Process,
	request: { method: string; path: string; body?: string | Uint8Array | undefined; headers: Record<string, string> }
) => Promise<Response>;

/** What a form stands on, from when it was opened. */
export type Form = { record: string; kind: string; about?: string | undefined; fields: Fields };

/** Where a database is being opened from outside any process. */
export const opening: { disk: Process['disk'] } = { disk: undefined };

/** A window of the app on a device. */
export class Tab {
	forms: Form[] = [];
	busy = false;
	runner: Runner;

	constructor(
		readonly device: Device,
		readonly process: Process,
		readonly db: PersonDatabase
	) {
		const { scheduler } = device;
		this.runner = new device.lib.Runner(
			() => device.exchange(this),
			{
				alone: async (work) => {
					if (device.locked) return false;
					device.locked = true;
					try {
						await work();
					} finally {
						device.locked = false;
					}
					return true;
				},
				wait: (milliseconds, then) => scheduler.after(milliseconds, this.process, then),
				isOnline: () => device.online
			},
			() => undefined
		);
	}
}

/** A person's device: a disk, a vault, a session, and the real code of the app over them. */
export class Device {
	disk = new Disk();
	tabs: Tab[] = [];
	online = true;
	offset = 0;
	version: Version = 'now';
	/** Held by whoever exchanges, as a Web Lock is: gone with the process. */
	locked = false;
	halves: Halves | undefined;
	vault!: Vault;
	locks!: Locks;
	wrap = '';
	/** Somebody has altered what the server gave: only then has it anything to repair. */
	tampered = false;
	broken: unknown;

	constructor(
		readonly libs: Libs,
		readonly scheduler: Scheduler,
		readonly session: Session,
		halves: Halves,
		readonly structureKey: string,
		readonly ask: Ask
	) {
		this.halves = halves;
	}

	get lib(): Lib {
		return this.libs[this.version];
	}

	get name(): string {
		return this.session.device.name;
	}

	get person(): string {
		return this.session.person.id;
	}

	get place() {
		const { structure, person, device } = this.session;
		return { structure: structure.id, person: person.id, device: device.id };
	}

	get database(): string {
		return this.lib.databaseName(this.place.structure, this.place.person);
	}

	now = (): number => Date.parse('2014-11-12T09:00:00.000Z') + this.scheduler.now + this.offset;
	at = (): string => new Date(this.now()).toISOString();
	#random = (count: number): Bytes => this.scheduler.random.bytes(count);

	/** A new vault, left with the server before anything is sealed with it. */
	async makeVault(process: Process): Promise<boolean> {
		const { scheduler, structureKey } = this;
		const made = await this.lib.makeVault(
			this.place,
			scheduler.random.uuid(),
			undefined,
			structureKey,
			this.#random,
			() => scheduler.now
		);
		const body = JSON.stringify({ key: made.locks.key, wrap: made.wrap });
		const response = await this.call(process, 'PUT', '/api/vault', body).catch(() => undefined);
		if (!response?.ok) return false;
		Object.assign(this, { vault: made.vault, locks: made.locks, wrap: made.wrap });
		return true;
	}

	call(
		process: Process,
		method: string,
		path: string,
		body?: string | Uint8Array | null,
		headers: Record<string, string> = {},
		as = this.halves
	): Promise<Response> {
		const halves: Record<string, string> = as ? { cookie: as.cookie, [this.lib.KEY_HEADER]: as.key } : {};
		return this.ask(this, process, { method, path, body: body ?? undefined, headers: { ...headers, ...halves } });
	}

	/** Opens a window. What it runs, it runs in its own process. */
	open(): Tab {
		const process = new Process(`${this.name}.${this.tabs.length}`, this.disk);
		const db = this.within(process, () => new this.lib.PersonDatabase(this.database, this.vault));
		const tab = new Tab(this, process, db);
		this.tabs.push(tab);
		return tab;
	}

	/** Dexie takes the IndexedDB it finds when a database is made. */
	within<T>(process: Process, work: () => T): T {
		opening.disk = process.disk;
		const made = work();
		opening.disk = undefined;
		return made;
	}

	/** The app, the browser or the device is gone at once; with a power cut, what was not flushed too. */
	kill(power: boolean): void {
		for (const tab of this.tabs) tab.process.kill();
		this.tabs = [];
		this.locked = false;
		if (power) this.disk.cutPower();
		else this.disk.kill();
	}

	/** What the app does to exchange: as `routes/exchange.ts`. */
	async exchange(tab: Tab): Promise<Outcome> {
		const { lib, person } = this;
		const { db, process } = tab;
		const json = { 'content-type': 'application/json' };
		const outcome = await lib.exchange({
			db,
			send: (path, body, headers) => this.call(process, 'POST', path, body, headers),
			person,
			device: this.place.device,
			now: this.now
		});
		if (outcome.state === 'broken') this.broken = outcome.cause;
		if (outcome.state !== 'done') return outcome;
		await lib
			.offerSealed(
				db,
				this.place,
				(path, body) => this.call(process, 'POST', path, JSON.stringify(body), json),
				async (key, wrap) => (await this.call(process, 'PUT', '/api/vault', JSON.stringify({ key, wrap }), json)).ok
			)
			.catch(() => false); // cut: it goes on at the next exchange
		await lib.upload({
			db,
			send: (path, body, headers) => this.call(process, 'PUT', path, body, headers),
			person,
			now: this.at,
			mint: () => this.scheduler.random.uuid()
		});
		await lib.thin(db, this.place.structure, person);
		return outcome;
	}

	/** Everything that lies on the disk, opened, past the app's own reading: for the model to look at. */
	async contents(db: PersonDatabase) {
		const [records, outbox, sent, refused, taken] = await Promise.all([
			...([db.records.toArray(), db.outbox.toArray()] as const),
			...([db.sent.toArray(), db.refused.toArray(), db.taken.toArray()] as const)
		]);
		const [aside, erased, media] = [await db.aside.toArray(), await db.erased.toArray(), await db.media.toArray()];
		const position = await this.lib.readSetting<Position>(db, 'position');
		return { records, outbox, sent, refused, taken, aside, erased, media, position };
	}
}

/** What the tables hold, as they lie. */
export type Contents = Awaited<ReturnType<Device['contents']>>;
