import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Grant } from '$lib/domain/structure';
import { checkAll, checkKept, look } from './checks.ts';
import { Device, opening, Tablet, type Ask, type Tab } from './device.ts';
import { FAULTS, goWrong, signIn, type Fault } from './faults.ts';
import { Model, must, Violation } from './model.ts';
import { ask } from './network.ts';
import { administer } from './office.ts';
import { addExcerpt, begin, openForm, recordVoice, saveForm, work } from './people.ts';
import { Process, Random, Scheduler } from './scheduler.ts';
import { DEVICES_EACH, Server, type Libs, type Template } from './server.ts';
import { KeyRange, useDisks } from './storage.ts';

export type Run = { seed: number; trace: string; steps: number; problem?: string };

/** Before which step of whom, and whether the power goes too. */
export type Crash = { who: 'device' | 'server'; step: number; power: boolean };

/** A value that stands on a screen of a device. */
export type Shown = { device: Device; record: string; field: string; change: string };

/** Whether it went well or not. */
const both = (then: () => void): [() => void, () => void] => [then, then];

const DAY = 86_400_000;

/** One life of a structure, drawn from a seed: its devices, what people do on them, and everything that goes wrong. */
export class World {
	readonly random: Random;
	readonly scheduler: Scheduler;
	readonly self = new Process('world');
	readonly model = new Model();
	readonly devices: Device[] = [];
	server: Server;
	/** Nothing goes wrong any more: what is left must drain. */
	calm = false;
	/** Says everything that happens. */
	aloud = false;
	/** The first thing that must not happen and did, where nobody could be told at once. */
	failed: Violation | undefined;
	/** How many words and figures have been thought of. */
	minted = 0;
	readonly interviews: string[] = [];
	/** Whose person took back the agreement to be quoted. */
	readonly withdrawn = new Set<string>();
	/** How often the server came back from before. */
	restored = 0;
	readonly recordings = new Map<string, { device: Device; about: string; content: Uint8Array }>();
	/** Sticks on their way to headquarters, and receipts on their way back. */
	readonly outbound: { device: Device; file: string }[] = [];
	readonly receipts: { device: Device; file: string }[] = [];
	/** What stood on the screens of the devices when the server came back from before it. */
	shown: Shown[] = [];
	readonly upgrades: boolean;
	readonly faults: Fault[];
	/** The sequence at which the server was last looked at. */
	checked = -1;
	#trace = createHash('sha256');

	constructor(
		readonly seed: number,
		readonly libs: Libs,
		readonly template: Template,
		folder: string,
		size?: number
	) {
		this.random = new Random(seed);
		this.scheduler = new Scheduler(this.random, this.self);
		this.server = new Server(libs, this.scheduler, this.random, join(folder, 'server'), template);
		this.server.slowness = this.random.pick([0, 0, 0, 40]);
		// Not everything goes wrong in every life: a few faults, often, meet more than all of them, rarely.
		this.faults = Array.from({ length: 2 + this.random.below(4) }, () => this.random.pick(FAULTS));
		this.upgrades = this.faults.includes('upgrade');
		const sizes = [2, 2, 2, 3, 3, 4];
		const count = size ?? (this.random.chance(0.02) ? 5 + this.random.below(16) : this.random.pick(sizes));
		const all = template.people.flatMap((person, i) => person.sessions.map((one) => ({ ...one, i })));
		// Claire first, then one device of each, then any.
		const order = all.sort((a, b) => (all.indexOf(a) % DEVICES_EACH) - (all.indexOf(b) % DEVICES_EACH));
		const [first, ...others] = order;
		const rest = others.map((one) => ({ one, at: this.random.next() + Math.floor(others.indexOf(one) / 8) }));
		const chosen = [first!, ...rest.sort((a, b) => a.at - b.at).map(({ one }) => one)].slice(0, count);
		const asking: Ask = (...asked) => ask(this, ...asked);
		for (const { session, halves, structureKey, guest } of chosen) {
			const tablet = new Tablet();
			const seats = [{ session, halves, structureKey }, ...(size === 1 ? [] : [guest])];
			for (const seat of seats) {
				const { session, halves, structureKey } = seat;
				this.devices.push(new Device(libs, this.scheduler, tablet, session, halves, structureKey, asking));
			}
		}
		for (const { id, grants } of template.people) this.model.follow(id, grants);
		useDisks(new Set(this.devices.map(({ disk }) => disk)));
		const { scheduler } = this;
		for (const lib of new Set(Object.values(libs)))
			lib.Dexie.dependencies = {
				get indexedDB() {
					return (opening.disk ?? scheduler.current.disk)?.factory as IDBFactory;
				},
				IDBKeyRange: KeyRange
			};
	}

	get claire(): Device {
		return this.devices[0]!;
	}

	note(...said: unknown[]): void {
		const line = `${this.scheduler.now} ${said.map((one) => JSON.stringify(one)).join(' ')}`;
		this.#trace.update(`${line}\n`);
		if (this.aloud) console.log(line);
	}

	/** Runs the whole life.
	 * @throws Violation where something happened that must not */
	async live(): Promise<string> {
		await this.server.start();
		for (const device of this.devices) {
			await this.run(
				new Process('enrolment', device.disk),
				async (process) => {
					while (!(await device.enter(process)));
				},
				true
			);
			device.open();
		}
		const actions = 5 + this.random.below(18);
		for (let i = 0; i < actions; i++) {
			await this.#act();
			const until = this.scheduler.now + this.random.below(this.random.pick([20, 200, 2_000, 20_000]));
			this.scheduler.after(until - this.scheduler.now, this.self, () => undefined);
			await this.scheduler.run(() => this.scheduler.now >= until);
			await look(this);
		}
		await this.#drain();
		return this.#trace.digest('hex').slice(0, 16);
	}

	/** One life that is always the same, in which a device or the server is killed before one of its steps: what IndexedDB or
	 * a query was about to do, had just done, or was in the middle of, whichever that step is.
	 * @returns how many steps each of them took */
	async crash(at: Crash | undefined): Promise<{ device: number; server: number }> {
		this.calm = true;
		await this.server.start();
		const device = this.claire;
		const enrolment = new Process('enrolment', device.disk);
		await this.run(enrolment, async (process) => void (await device.enter(process)));
		const taken = { device: 0, server: 0 };
		let killed = false;
		this.scheduler.onstep = (process) => {
			const who = process.disk === device.disk ? 'device' : process.name === 'request' ? 'server' : undefined;
			if (!who) return;
			taken[who] += 1;
			if (killed || at?.who !== who || at.step !== taken[who]) return;
			killed = true;
			if (who === 'device') device.tablet.kill(at.power);
			else this.server.kill();
		};
		const form = async (tab: Tab) => (await openForm(this, tab, 'interview'))!;
		const office = new Process('office');
		const script: ((tab: Tab) => Promise<unknown>)[] = [
			(tab) => begin(this, tab, 'première parole'),
			async (tab) => saveForm(this, tab, await form(tab), { 'answer:q1': { words: 'deuxième parole' } }),
			async (tab) => saveForm(this, tab, await form(tab), { state: 'finished' }),
			(tab) => recordVoice(this, tab),
			(tab) => device.exchange(tab),
			(tab) => addExcerpt(this, tab, 'passage'),
			async (tab) => saveForm(this, tab, await form(tab), { note: 'troisième parole' }),
			(tab) => device.exchange(tab),
			(tab) => begin(this, tab, 'quelqu’un d’autre'),
			() => device.call(office, 'DELETE', `/api/testimonies/${this.interviews[0]}`),
			(tab) => device.exchange(tab)
		];
		for (const item of script) {
			const tab = device.tabs[0] ?? device.open();
			let ended = false;
			this.scheduler.enqueue(tab.process, () => void item(tab).then(...both(() => (ended = true))));
			await this.scheduler.run(() => ended || !tab.process.alive || !this.server.up);
			if (!this.server.up) await this.server.start();
			await this.scheduler.run(() => ended || !tab.process.alive);
			await this.followServer();
		}
		this.scheduler.onstep = () => undefined;
		await this.#drain();
		return taken;
	}

	async #act(): Promise<void> {
		const { random } = this;
		const device = random.pick(this.devices);
		const draw = random.next();
		if (draw < 0.62) return work(this, device);
		if (draw < 0.72) return administer(this);
		return await goWrong(this, device);
	}

	/** Runs something of a device to its end, with the rest of the world going on. */
	async run(process: Process, work: (process: Process) => Promise<void>, calm = this.calm): Promise<void> {
		let ended = false;
		const before = this.calm;
		this.calm = calm;
		this.scheduler.enqueue(process, () => {
			void work(process).then(
				() => (ended = true),
				(cause: unknown) => {
					ended = true;
					this.failed ??= cause instanceof Violation ? cause : new Violation(`${process.name}: ${describe(cause)}`);
				}
			);
		});
		await this.scheduler.run(() => ended);
		this.calm = before;
		if (this.failed) throw this.failed;
		must(ended, () => `${process.name}: never ended`);
	}

	/** Lets the server end what it is at: the world looks at its database outside of any request. */
	quiet = (): Promise<void> => this.scheduler.run(() => this.server.idle);

	/** What the model must know of the server: who may do what, and who was erased.
	 * @returns the ids that the server itself knows as erased */
	async followServer(): Promise<Set<string>> {
		const { db } = this.server.app;
		const { structure } = this.template;
		const people = await db
			.selectFrom('person')
			.select(['id', 'grants'])
			.where('structure_id', '=', structure)
			.execute();
		for (const { id, grants } of people) this.model.follow(id, JSON.parse(grants) as Grant[]);
		const erased = await db.selectFrom('erased').select('id').where('structure_id', '=', structure).execute();
		for (const { id } of erased) this.model.erased.add(id);
		return new Set(erased.map(({ id }) => id));
	}

	/** The ids of all changes that the server holds, whatever became of them. */
	async onServer(): Promise<Set<string>> {
		const { db } = this.server.app;
		const stored = await db.selectFrom('change').select('id').execute();
		const refused = await db.selectFrom('quarantine').select('change_id as id').execute();
		return new Set([...stored, ...refused].map(({ id }) => id));
	}

	/** Faults stop: everything drains, and both sides hold the same. */
	async #drain(): Promise<void> {
		this.calm = true;
		const version =
			this.server.version === 'next' || this.devices.some(({ tablet }) => tablet.version === 'next') ? 'next' : 'now';
		this.server.kill();
		this.server.version = version;
		await this.server.start();
		await this.followServer();
		for (const device of this.devices) {
			device.tablet.kill(false);
			device.tablet.online = true;
			device.disk.fails = () => undefined;
			device.tablet.version = version;
			await signIn(this, device);
		}
		this.server.offset += 2 * DAY; // a repair is made once a day at most
		// Everybody at once first: what waits meets on the server.
		let left = this.devices.length;
		for (const device of this.devices) {
			const tab = device.open();
			this.scheduler.enqueue(tab.process, () => void device.exchange(tab).then(...both(() => (left -= 1))));
		}
		await this.scheduler.run(() => left === 0);
		let before = '';
		for (let round = 0; ; round++) {
			must(round < 8, () => `liveness: after ${round} rounds something is still moving`);
			const now: unknown[] = [];
			for (const device of this.devices) {
				const tab = device.tabs[0] ?? device.open();
				let state = '';
				await this.run(tab.process, async () => {
					if (round === 0) await checkKept(this, device, tab);
					state = (await device.exchange(tab)).state;
					const { outbox, position, aside } = await device.contents(tab.db);
					must(
						!position?.repairedAt || device.tampered,
						() => `I5: ${device.name} had to repair itself and nobody had touched it`
					);
					now.push(state, outbox.length, position?.cursor, position?.digest, aside.length);
					must(state === 'done', () => `liveness: ${device.name} ends ${state} ${describe(device.broken)}`);
				});
			}
			await this.quiet();
			await this.followServer();
			const text = JSON.stringify(now);
			if (text === before) break;
			before = text;
		}
		await checkAll(this);
	}
}

const describe = (cause: unknown): string =>
	cause instanceof Error
		? `${cause.name}: ${cause.message} ${cause.stack?.split('\n').slice(1, 4).join(' | ')}`
		: String(cause ?? '');

/** Lives one life with a crash in it, or none, to count the steps there are. */
export async function runCrash(
	at: Crash | undefined,
	libs: Libs,
	template: Template,
	folder: string
): Promise<{ at: Crash | undefined; taken: { device: number; server: number }; problem?: string }> {
	const real = globalThis.setImmediate;
	const world = new World(1, libs, template, folder, 1);
	globalThis.setImmediate = world.scheduler.setImmediate as typeof setImmediate;
	try {
		return { at, taken: await world.crash(at) };
	} catch (cause) {
		return { at, taken: { device: 0, server: 0 }, problem: describe(cause) };
	} finally {
		globalThis.setImmediate = real;
		for (const { tablet } of world.devices) tablet.kill(false);
		world.server.end();
	}
}

/** Lives one seed. */
export async function runSeed(
	seed: number,
	libs: Libs,
	template: Template,
	folder: string,
	aloud = false
): Promise<Run> {
	const real = globalThis.setImmediate;
	const world = new World(seed, libs, template, folder);
	world.aloud = aloud;
	globalThis.setImmediate = world.scheduler.setImmediate as typeof setImmediate;
	try {
		const trace = await world.live();
		return { seed, trace, steps: world.scheduler.steps };
	} catch (cause) {
		const problem = cause instanceof Violation ? cause.message : describe(cause);
		return { seed, trace: '', steps: world.scheduler.steps, problem };
	} finally {
		globalThis.setImmediate = real;
		for (const { tablet } of world.devices) tablet.kill(false);
		world.server.end();
	}
}
