import type { Session } from '$lib/domain/session';
import type { PersonDatabase, Position } from '$lib/local/database';
import type { Bytes, Locks, Seat, Vault } from '$lib/local/vault';
import type { Fields } from '$lib/domain/record';
import type { Platform } from '$lib/here/platform';
import type { Stay } from '$lib/here/stay';
import type { Outcome } from '$lib/sync/exchange';
import { must } from './model.ts';
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

/** A thing that people share: its disk, its network, its clock, and the locks that its windows hold. */
export class Tablet {
	disk = new Disk();
	online = true;
	offset = 0;
	version: Version = 'now';
	readonly seats: Device[] = [];
	/** Names held, as Web Locks are: gone with the processes. */
	readonly locked = new Set<string>();
	/** Windows whose person has locked: what was under way goes on in them. */
	readonly windows = new Set<Process>();

	/** The app, the browser or the tablet is gone at once; with a power cut, what was not flushed too. */
	kill(power: boolean): void {
		for (const process of this.windows) process.kill();
		this.windows.clear();
		this.locked.clear();
		for (const { tabs } of this.seats) tabs.length = 0;
		if (power) this.disk.cutPower();
		else this.disk.kill();
	}
}

/** A window of the app with somebody's vault open in it. */
export class Tab {
	forms: Form[] = [];
	busy = false;
	readonly stay: Stay;

	constructor(
		readonly device: Device,
		readonly process: Process
	) {
		const { lib, session, vault, locks } = device;
		const holders = new lib.DeviceDatabase();
		const platform = device.platform(process);
		this.stay = new lib.Stay(holders, { session, vault, locks }, platform, {
			onstate: () => undefined,
			onkept: () => device.follow(this.stay.session),
			onsaved: () => undefined,
			ondoubt: () => undefined,
			onvisited: (outcome) => Promise.resolve(device.hear(outcome))
		});
	}

	get db(): PersonDatabase {
		return this.stay.db;
	}
}

/** A person's seat at a tablet: a vault, a session, and the real code of the app over them. */
export class Device {
	readonly tabs: Tab[] = [];
	halves: Halves | undefined;
	vault!: Vault;
	locks!: Locks;
	/** Somebody has altered what the server gave: only then has it anything to repair. */
	tampered = false;
	broken: unknown;
	/** The tablet has written down that this person works at it. */
	remembered = false;
	#passphrases = 0;

	constructor(
		readonly libs: Libs,
		readonly scheduler: Scheduler,
		readonly tablet: Tablet,
		public session: Session,
		halves: Halves,
		readonly structureKey: string,
		readonly ask: Ask
	) {
		this.halves = halves;
		tablet.seats.push(this);
	}

	get lib(): Lib {
		return this.libs[this.tablet.version];
	}

	get disk(): Disk {
		return this.tablet.disk;
	}

	get online(): boolean {
		return this.tablet.online;
	}

	get name(): string {
		return `${this.session.person.name} at ${this.session.device.name}`;
	}

	get person(): string {
		return this.session.person.id;
	}

	get place(): Seat {
		const { structure, person, device } = this.session;
		return { structure: structure.id, person: person.id, device: device.id };
	}

	get passphrase(): string {
		return `${this.person} ${this.#passphrases}`;
	}

	now = (): number => Date.parse('2014-11-12T09:00:00.000Z') + this.scheduler.now + this.tablet.offset;
	at = (): string => new Date(this.now()).toISOString();
	random = (count: number): Bytes => this.scheduler.random.bytes(count);

	/** What the app finds around it in one window. */
	platform(process: Process): Platform {
		const { scheduler, tablet, random, now } = this;
		const turn = () => new Promise<void>((go) => void scheduler.after(50, process, go));
		const alone = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
			while (tablet.locked.has(name)) await turn();
			tablet.locked.add(name);
			try {
				return await work();
			} finally {
				tablet.locked.delete(name);
			}
		};
		return {
			now,
			random,
			alone,
			aloneNow: async (name, work) => {
				if (tablet.locked.has(name)) return false;
				await alone(name, work);
				return true;
			},
			fetch: (path, { method, body, headers }) =>
				this.call(process, method, path, body as string | Uint8Array | null, headers),
			wait: (milliseconds, then) => scheduler.after(milliseconds, process, then),
			isOnline: () => tablet.online
		};
	}

	/** What holds the exchange of this seat's database. */
	get lock(): string {
		return this.lib.exchangeLock(this.place);
	}

	get locked(): boolean {
		return this.tablet.locked.has(this.lock);
	}

	set locked(held: boolean) {
		if (held) this.tablet.locked.add(this.lock);
		else this.tablet.locked.delete(this.lock);
	}

	/** Comes in as the sign-in does once the passphrase was right: the vault is opened, or made anew.
	 * @returns whether that could be done now */
	async enter(process: Process): Promise<boolean> {
		const { lib, session, structureKey } = this;
		const holders = this.within(process, () => new lib.DeviceDatabase());
		const value = { session, key: this.halves?.key ?? '', structureKey };
		const opened = await lib
			.openVaultOf(holders, value, this.passphrase, this.platform(process))
			.catch((cause: unknown) => void (this.broken = cause));
		holders.close();
		if (!opened) return false;
		this.vault = opened.vault;
		this.locks = opened.locks;
		return true;
	}

	/** Opens the vault again with the passphrase it was made with, as whoever sits down does. */
	async unlock(process: Process): Promise<void> {
		const { lib } = this;
		const holders = this.within(process, () => new lib.DeviceDatabase());
		const holder = (await lib.listHolders(holders)).find(({ session }) => session.person.id === this.person);
		holders.close();
		must(holder !== undefined || !this.remembered, () => `${this.name} is not known at this tablet any more`);
		if (!holder) return;
		const { locks, session } = holder;
		const opened = await lib.unlock(this.place, locks!, { passphrase: this.passphrase }, this.random);
		must(opened !== undefined, () => `I2: the passphrase of ${this.name} opens nothing any more`);
		this.vault = opened!.vault;
		this.locks = opened!.locks;
		this.session = session;
	}

	/** Forgets the passphrase: another one is chosen. */
	forgetPassphrase(): () => void {
		this.#passphrases += 1;
		return () => void (this.#passphrases -= 1);
	}

	follow(session: Session): void {
		must(session.person.id === this.person, () => `I8: ${this.name} is kept as ${session.person.name}`);
		this.session = session;
	}

	hear(outcome: Outcome): void {
		if (outcome.state === 'broken') this.broken = outcome.cause;
	}

	call(
		process: Process,
		method: string,
		path: string,
		body?: string | Uint8Array | null,
		headers: Record<string, string> = {},
		as = this.halves
	): Promise<Response> {
		const { [this.lib.KEY_HEADER]: _, ...others } = headers;
		const halves: Record<string, string> = as ? { cookie: as.cookie, [this.lib.KEY_HEADER]: as.key } : {};
		return this.ask(this, process, { method, path, body: body ?? undefined, headers: { ...others, ...halves } });
	}

	/** Opens a window, or takes one that somebody has left. What it runs, it runs in its own process. */
	open(process = new Process(`${this.name}.${this.tabs.length}`, this.disk)): Tab {
		const tab = this.within(process, () => new Tab(this, process));
		this.tablet.windows.add(process);
		this.tabs.push(tab);
		const begun = () => (this.remembered = true);
		const full = () => undefined; // its disk is: whoever sat there before is still known
		this.scheduler.enqueue(process, () => void tab.stay.begin().then(begun, full));
		return tab;
	}

	/** Locks every window of this seat: what is under way in them ends by itself.
	 * @returns the windows */
	leave(): Process[] {
		return this.tabs.splice(0).map(({ stay, process }) => {
			void stay.close();
			return process;
		});
	}

	/** Dexie takes the IndexedDB it finds when a database is made. */
	within<T>(process: Process, work: () => T): T {
		opening.disk = process.disk;
		const made = work();
		opening.disk = undefined;
		return made;
	}

	/** One exchange now, as a window that is woken makes it. */
	exchange(tab: Tab): Promise<Outcome> {
		return new Promise((resolve, reject) =>
			this.scheduler.enqueue(tab.process, () => void tab.stay.visit().then(resolve, reject))
		);
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
