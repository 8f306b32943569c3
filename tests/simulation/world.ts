import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Grant } from '$lib/domain/structure';
import type { Record, SyncReply } from '$lib/domain/sync';
import { Device, opening, type Contents, type Form, type Tab } from './device.ts';
import { checkServer, idsHeld, Model, must, Violation } from './model.ts';
import { Process, Random, Scheduler } from './scheduler.ts';
import { DEVICES_EACH, halvesOf, Server, type Libs, type Reply, type Template } from './server.ts';
import { KeyRange, useDisks } from './storage.ts';

export type Run = { seed: number; trace: string; steps: number; problem?: string };

/** Before which step of whom, and whether the power goes too. */
export type Crash = { who: 'device' | 'server'; step: number; power: boolean };

/** Whether it went well or not. */
const both = (then: () => void): [() => void, () => void] => [then, then];

const FAULTS = [
	...(['kill', 'power', 'server', 'restore', 'restore', 'network', 'clock', 'tab', 'sign-out'] as const),
	...(['disk', 'wipe', 'tamper', 'stick', 'upgrade', 'passphrase'] as const)
];
type Fault = (typeof FAULTS)[number];

type Shown = { device: Device; record: string; change: string };

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const YEAR = 365 * DAY;

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
	#trace = createHash('sha256');
	#minted = 0;
	#interviews: string[] = [];
	#excerpts: string[] = [];
	#outbound: { device: Device; file: string }[] = [];
	#receipts: { device: Device; file: string }[] = [];
	#upgrades: boolean;
	#faults: Fault[];
	#checked = -1;

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
		this.#faults = Array.from({ length: 2 + this.random.below(4) }, () => this.random.pick(FAULTS));
		this.#upgrades = this.#faults.includes('upgrade');
		const sizes = [2, 2, 2, 3, 3, 4];
		const count = size ?? (this.random.chance(0.02) ? 5 + this.random.below(16) : this.random.pick(sizes));
		const all = template.people.flatMap((person, i) => person.sessions.map((one) => ({ ...one, i })));
		// Claire first, then one device of each, then any.
		const order = all.sort((a, b) => (all.indexOf(a) % DEVICES_EACH) - (all.indexOf(b) % DEVICES_EACH));
		const [first, ...others] = order;
		const rest = others.map((one) => ({ one, at: this.random.next() + Math.floor(others.indexOf(one) / 8) }));
		const chosen = [first!, ...rest.sort((a, b) => a.at - b.at).map(({ one }) => one)].slice(0, count);
		for (const { session, halves, structureKey } of chosen)
			this.devices.push(new Device(libs, this.scheduler, session, halves, structureKey, this.#ask));
		for (const { id, grants } of template.people) this.model.follow(id, grants);
		useDisks(this.devices.map(({ disk }) => disk));
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
			await this.#run(
				new Process('enrolment', device.disk),
				async (process) => {
					while (!(await device.makeVault(process)));
					await device.lib.keepWrap(device.place, device.locks.key, device.wrap);
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
			await this.#look();
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
		await this.#run(enrolment, async (process) => {
			await device.makeVault(process);
			await device.lib.keepWrap(device.place, device.locks.key, device.wrap);
		});
		const taken = { device: 0, server: 0 };
		let killed = false;
		this.scheduler.onstep = (process) => {
			const who = process.disk === device.disk ? 'device' : process.name === 'request' ? 'server' : undefined;
			if (!who) return;
			taken[who] += 1;
			if (killed || at?.who !== who || at.step !== taken[who]) return;
			killed = true;
			if (who === 'device') device.kill(at.power);
			else this.server.kill();
		};
		const form = async (tab: Tab) => (await this.#openForm(tab, 'interview'))!;
		const office = new Process('office');
		const script: ((tab: Tab) => Promise<unknown>)[] = [
			(tab) => this.#begin(tab, 'première parole'),
			async (tab) => this.#save(tab, await form(tab), { 'answer:q1': { words: 'deuxième parole' } }),
			async (tab) => this.#save(tab, await form(tab), { state: 'finished' }),
			(tab) => this.#record(tab),
			(tab) => device.exchange(tab),
			(tab) => this.#excerpt(tab, 'passage'),
			async (tab) => this.#save(tab, await form(tab), { note: 'troisième parole' }),
			(tab) => device.exchange(tab),
			(tab) => this.#begin(tab, 'quelqu’un d’autre'),
			() => device.call(office, 'DELETE', `/api/testimonies/${this.#interviews[0]}`),
			(tab) => device.exchange(tab)
		];
		for (const item of script) {
			const tab = device.tabs[0] ?? device.open();
			let ended = false;
			this.scheduler.enqueue(tab.process, () => void item(tab).then(...both(() => (ended = true))));
			await this.scheduler.run(() => ended || !tab.process.alive || !this.server.up);
			if (!this.server.up) await this.server.start();
			await this.scheduler.run(() => ended || !tab.process.alive);
			await this.#followServer();
		}
		this.scheduler.onstep = () => undefined;
		await this.#drain();
		return taken;
	}

	/* ── the network ── */

	#ask = (
		device: Device,
		process: Process,
		request: {
			method: string;
			path: string;
			body?: string | Uint8Array | undefined;
			headers: { [name: string]: string };
		}
	): Promise<Response> =>
		new Promise((resolve, reject) => {
			const { random, scheduler } = this;
			const draw = this.calm ? 1 : random.next();
			const fate =
				draw < 0.05
					? 'no request'
					: draw < 0.12
						? 'no reply'
						: draw < 0.17
							? 'twice'
							: draw < 0.19
								? 'cut'
								: draw < 0.21
									? 'proxy'
									: 'fine';
			const wait = () => random.below(this.calm ? 20 : 3000);
			const end = (then: () => void) => {
				stop();
				scheduler.after(wait(), process, then);
			};
			const fail = () => end(() => reject(new TypeError('network')));
			const stop = scheduler.after(90_000, process, () => reject(new TypeError('timeout')));
			if (!device.online || fate === 'no request') return fail();
			if (fate === 'proxy')
				return end(() => resolve(responseOf({ status: 502, text: '<html>', headers: new Headers() })));
			const arrive = (first: boolean) => {
				if (!this.server.up) return first ? fail() : undefined;
				this.note(device.name, 'asks', request.method, request.path, fate, first);
				const before = this.model.possibleGrants(device.person);
				this.server.answer(request, (reply) => {
					const grants = [...before, ...this.model.possibleGrants(device.person)];
					this.#overhear(device, request, reply, grants);
					if (!first) return;
					if (fate === 'no reply') return fail();
					end(() => resolve(responseOf(fate === 'cut' ? { ...reply, text: reply.text.slice(0, -7) } : reply)));
				});
			};
			scheduler.after(wait(), this.self, () => arrive(true));
			if (fate === 'twice') scheduler.after(wait() + random.below(5 * MINUTE), this.self, () => arrive(false));
		});

	/** I8: nobody receives what their rights do not give them. */
	#overhear(device: Device, request: { path: string; body?: unknown }, reply: Reply, grants: Grant[]): void {
		if (request.path !== '/api/sync' || reply.status !== 200) {
			this.note(device.name, request.path, reply.status);
			return;
		}
		const { receipts, records, marks, cursor } = JSON.parse(reply.text) as SyncReply;
		this.note(
			device.name,
			receipts.map(({ verdict }) => verdict),
			records.map(({ id, sequence }) => [id, sequence]),
			marks.length,
			cursor.sequence
		);
		const { unpack } = this.libs.now;
		const foreign = records.find(
			(record) => !isFor(device.person, grants, { ...record, fields: unpack(record.fields) })
		);
		if (foreign) this.#failed ??= new Violation(`I8: ${device.name} was given ${foreign.kind} ${foreign.id}`);
	}

	/* ── what people do ── */

	async #act(): Promise<void> {
		const { random } = this;
		const device = random.pick(this.devices);
		const draw = random.next();
		if (draw < 0.62) return this.#work(device);
		if (draw < 0.72) return this.#administer();
		return await this.#break(device);
	}

	/** Somebody does something in a window of the app. */
	#work(device: Device): void {
		const tab = device.tabs.length > 0 ? this.random.pick(device.tabs) : device.open();
		if (tab.busy) return;
		tab.busy = true;
		const work = this.#draw(tab);
		this.scheduler.enqueue(tab.process, () => {
			void work().then(
				() => (tab.busy = false),
				(cause: unknown) => {
					tab.busy = false;
					if (cause instanceof Violation) this.#failed ??= cause;
				}
			);
		});
	}
	#failed: Violation | undefined;

	#draw(tab: Tab): () => Promise<void> {
		const { random } = this;
		const { device } = tab;
		const role = this.model.grants.get(device.person)![0]!.role;
		const draw = random.next();
		const words = `parole ${++this.#minted}`;
		if (draw < 0.16) return () => this.#begin(tab, words);
		if (draw < 0.5) return () => this.#type(tab, words);
		if (draw < 0.58) return () => this.#excerpt(tab, words);
		if (draw < 0.74) return () => this.#figure(tab, ++this.#minted);
		if (draw < 0.78) return () => this.#delete(tab);
		if (draw < 0.82) return () => this.#record(tab);
		if (draw < 0.84 && device.version === 'next') return () => this.#ofTheNextVersion(tab, words);
		if (role === 'director' && draw < 0.92) return () => this.#approve(tab);
		return () => Promise.resolve(tab.runner.wake());
	}

	/** As `here.save`: what the form stands on is named as seen, and the form goes on from what was saved. */
	async #save(tab: Tab, form: Form, fields: { [field: string]: unknown }, creates = false): Promise<void> {
		const { device } = tab;
		const { lib } = device;
		const seen = Object.fromEntries(Object.keys(fields).map((field) => [field, lib.seenOf(form.fields, field)]));
		const { record, kind, about } = form;
		this.model.forms.set(record, (this.model.forms.get(record) ?? new Set()).add(form));
		const id = creates ? record : this.random.uuid();
		const edit = { id, kind, record, ...(about ? { about } : {}), fields, seen, at: device.at() };
		this.model.attempt(tab, id, edit);
		this.note('types', device.name, kind, record, Object.keys(fields));
		let kept: string;
		try {
			kept = await lib.save(tab.db, edit);
		} catch {
			return; // said as « pas enregistré »: the words are still on the screen
		}
		this.model.confirm(tab, id, kept, edit);
		form.fields = lib.merge(form.fields, { ...edit, id: kept }, device.person);
		tab.runner.edited();
	}

	async #begin(tab: Tab, note: string): Promise<void> {
		const grant = this.model.grants.get(tab.device.person)![0]!;
		const antenna = grant.antennas[0] ?? this.template.antennas[0]!;
		const form: Form = { record: this.random.uuid(), kind: 'interview', fields: {} };
		const { campaign } = this.template;
		await this.#save(
			tab,
			form,
			{
				campaign,
				stakeholder: 'employee',
				antenna,
				state: 'draft',
				note,
				'consent:usage-evaluation': 'yes',
				'consent:citation-anonyme': 'yes'
			},
			true
		);
		tab.forms.push(form);
		this.#interviews.push(form.record);
	}

	/** Opens a form, or goes on in one that has been open for a while. */
	async #openForm(tab: Tab, kind: string): Promise<Form | undefined> {
		const { random } = this;
		const { lib, person } = tab.device;
		const open = tab.forms.filter((form) => form.kind === kind);
		if (open.length > 0 && random.chance(0.5)) return random.pick(open);
		const own = (await lib.listViews(tab.db, person, kind)).filter(
			({ owner }) => kind === 'reading' || owner === person
		);
		if (own.length === 0) return undefined;
		const { id, about, fields } = random.pick(own);
		const form = { record: id, kind, about, fields };
		tab.forms.push(form);
		return form;
	}

	async #type(tab: Tab, words: string): Promise<void> {
		const form = await this.#openForm(tab, 'interview');
		if (!form) return;
		const { random } = this;
		const field = random.pick(['note', 'label', 'answer:q1', 'answer:q2', 'state', 'consent:citation-anonyme']);
		const value = field.startsWith('answer:')
			? { words }
			: field === 'state'
				? 'finished'
				: field.startsWith('consent:')
					? random.pick(['yes', 'no'])
					: words;
		await this.#save(tab, form, { [field]: value });
		if (random.chance(0.3))
			await this.#save(tab, form, { [field]: field.startsWith('answer:') ? { words: `${words} bis` } : value });
	}

	async #excerpt(tab: Tab, words: string): Promise<void> {
		const form = await this.#openForm(tab, 'interview');
		if (!form) return;
		const { campaign, antennas } = this.template;
		const made: Form = { record: this.random.uuid(), kind: 'excerpt', about: form.record, fields: {} };
		const passage = { question: 'q1', start: 0, end: words.length, words };
		await this.#save(
			tab,
			made,
			{
				campaign,
				stakeholder: 'employee',
				antenna: antennas[0]!,
				passage,
				criterion: 'c1',
				valence: 'added',
				quote: 'anonymous'
			},
			true
		);
		this.#excerpts.push(made.record);
	}

	async #figure(tab: Tab, amount: number): Promise<void> {
		const { random, template } = this;
		const grant = this.model.grants.get(tab.device.person)![0]!;
		const place = random.chance(0.9)
			? (grant.antennas[0] ?? random.pick(template.antennas))
			: random.pick(template.antennas);
		const { lib, person } = tab.device;
		const record = lib.readingId({
			campaign: template.campaign,
			place,
			period: `2014-0${1 + random.below(3)}`,
			indicator: 'heures'
		});
		const known = tab.forms.find((form) => form.record === record);
		const form =
			known && random.chance(0.5)
				? known
				: { record, kind: 'reading', fields: (await lib.findView(tab.db, person, record))?.fields ?? {} };
		if (form !== known) tab.forms.push(form);
		await this.#save(tab, form, { value: { amount } });
	}

	async #delete(tab: Tab): Promise<void> {
		const form = await this.#openForm(tab, this.random.pick(['interview', 'excerpt']));
		if (form) await this.#save(tab, form, { deleted: tab.device.lib.deletionOf(form.fields) });
	}

	/** A recording: its bytes first, then the word of it; sometimes somebody is killed between the two. */
	async #record(tab: Tab): Promise<void> {
		const form = await this.#openForm(tab, 'interview');
		if (!form) return;
		const { lib } = tab.device;
		const content = Uint8Array.from([0x1a, 0x45, 0xdf, 0xa3, ...this.random.bytes(20 + this.random.below(120))]);
		try {
			const media = await lib.keepMedia(tab.db, form.record, content, { at: tab.device.at() });
			this.#recordings.set(media.hash, { device: tab.device, about: form.record, content });
			await this.#save(tab, form, { [lib.mediaField(media.hash)]: media });
		} catch {
			return; // no room: said so, and the words are kept apart
		}
	}
	#recordings = new Map<string, { device: Device; about: string; content: Uint8Array }>();

	/** What only the next version of the app knows. */
	async #ofTheNextVersion(tab: Tab, words: string): Promise<void> {
		await this.#save(tab, { record: this.random.uuid(), kind: 'action', fields: {} }, { title: words }, true);
	}

	async #approve(tab: Tab): Promise<void> {
		const { lib, person } = tab.device;
		const views = await lib.listViews(tab.db, person, 'excerpt');
		if (views.length === 0) return;
		const { id, about, fields } = this.random.pick(views);
		await this.#save(
			tab,
			{ record: id, kind: 'excerpt', about, fields },
			{ approval: this.random.pick(['approved', 'set-aside']) }
		);
	}

	/* ── what the office does, online ── */

	#administer(): void {
		const { random, template } = this;
		const draw = random.next();
		const process = new Process('office');
		const office = this.#office(process);
		const work = async () => {
			if (draw < 0.25 && this.#interviews.length > 0) {
				const id = random.pick(this.#interviews);
				this.note('erases', id);
				await office('DELETE', `/api/testimonies/${id}`);
			} else if (draw < 0.5) {
				const person = random.pick(template.people.slice(1));
				const antenna = random.pick(template.antennas);
				const grants: Grant[] = [{ role: random.pick(['counsellor', 'antenna-staff'] as const), antennas: [antenna] }];
				this.note('rights', person.name, grants);
				this.model.ask(person.id, grants);
				await office('PUT', `/api/people/${person.id}`, { name: person.name, grants });
			} else if (draw < 0.75) {
				const response = await office('GET', '/api/quarantine');
				if (!response.ok) return;
				const { lines } = (await response.json()) as { lines: { hash: string; decision: string | null }[] };
				const waiting = lines.filter(({ decision }) => decision !== 'released');
				if (waiting.length === 0) return;
				const { hash } = random.pick(waiting);
				if (random.chance(0.6)) await office('POST', `/api/quarantine/${hash}/release`);
				else await office('POST', `/api/quarantine/${hash}/set-aside`, { reason: 'Doublon' });
			} else await this.#carry(process, office);
		};
		this.scheduler.enqueue(process, () => void work().catch(() => undefined));
	}

	/** A stick goes to headquarters, or its receipts come back. */
	async #carry(
		process: Process,
		office: (method: string, path: string, body?: unknown) => Promise<Response>
	): Promise<void> {
		const { random } = this;
		const back = this.#receipts.length > 0 && random.chance(0.5) ? random.pick(this.#receipts) : undefined;
		if (back) {
			const tab = back.device.tabs[0];
			if (!tab || back.device.locked) return;
			back.device.locked = true;
			this.scheduler.enqueue(tab.process, () => {
				const { lib, place, locks } = back.device;
				void lib.takeReceiptsFile(place, locks.key, back.file).then(
					(taken) => {
						back.device.locked = false;
						this.note('receipts', back.device.name, taken);
					},
					() => (back.device.locked = false)
				);
			});
			return;
		}
		const stick = this.#outbound.length > 0 ? random.pick(this.#outbound) : undefined;
		if (!stick) return;
		const read = stick.device.lib.readOutbox(stick.file);
		must(read !== undefined, () => 'an outbox file does not read');
		const { header, changes, pieces } = read!;
		const { structure, person, device, key } = header;
		const whose = { structure, person, device, key };
		for (const piece of pieces.filter(() => changes.length === 0))
			await office('POST', '/api/stick/media', { ...whose, ...piece });
		const response = await office('POST', '/api/stick', { ...whose, changes });
		this.note('imported', stick.device.name, response.status);
		if (!response.ok) return;
		for (const piece of pieces) await office('POST', '/api/stick/media', { ...whose, ...piece });
		const { signed } = (await response.json()) as { signed: unknown };
		this.#receipts.push({
			device: stick.device,
			file: JSON.stringify({ format: 'temoin-receipts-1', signed: [signed] })
		});
	}

	#writeStick(device: Device): void {
		const tab = device.tabs[0];
		if (!tab || device.locked) return;
		device.locked = true;
		this.scheduler.enqueue(tab.process, () => {
			void device.lib.writeOutbox(device.place, device.locks.key, { name: device.name, at: device.at() }).then(
				async ({ file }) => {
					device.locked = false;
					this.#outbound.push({ device, file: await file.text() });
				},
				() => (device.locked = false)
			);
		});
	}

	/* ── what goes wrong ── */

	async #break(device: Device): Promise<void> {
		const { random, server } = this;
		const fault = random.pick(this.#faults);
		this.note('breaks', device.name, fault);
		switch (fault) {
			case 'kill':
				return await this.#restart(device, false);
			case 'power':
				return await this.#restart(device, true);
			case 'server':
				return await this.#restartServer();
			case 'restore':
				return random.chance(0.5) ? await this.#backUp() : await this.#restore();
			case 'network':
				device.online = !device.online;
				return;
			case 'clock':
				(random.chance(0.5) ? device : server).offset += (random.next() - 0.5) * 6 * YEAR;
				return;
			case 'tab':
				if (device.tabs.length < 2) device.open();
				return;
			case 'sign-out':
				return this.#signOut(device);
			case 'disk': {
				const name = random.pick(['QuotaExceededError', 'UnknownError', 'AbortError', 'InvalidStateError']);
				device.disk.fails = random.chance(0.5) ? () => (random.chance(0.3) ? name : undefined) : () => undefined;
				return;
			}
			case 'wipe':
				return await this.#wipe(device);
			case 'tamper':
				return await this.#tamper(device);
			case 'stick':
				return random.chance(0.4) ? this.#writeStick(device) : this.#carryNow();
			case 'upgrade':
				return await this.#upgrade(device);
			case 'passphrase':
				return await this.#forgetPassphrase(device);
		}
	}

	#carryNow(): void {
		const process = new Process('office');
		this.scheduler.enqueue(process, () => void this.#carry(process, this.#office(process)).catch(() => undefined));
	}

	#office(process: Process) {
		return (method: string, path: string, body?: unknown): Promise<Response> =>
			this.claire.call(process, method, path, body === undefined ? undefined : JSON.stringify(body), {
				'content-type': 'application/json'
			});
	}

	/** Runs something of a device to its end, with the rest of the world going on. */
	async #run(process: Process, work: (process: Process) => Promise<void>, calm = this.calm): Promise<void> {
		let ended = false;
		const before = this.calm;
		this.calm = calm;
		this.scheduler.enqueue(process, () => {
			void work(process).then(
				() => (ended = true),
				(cause: unknown) => {
					ended = true;
					this.#failed ??= cause instanceof Violation ? cause : new Violation(`${process.name}: ${describe(cause)}`);
				}
			);
		});
		await this.scheduler.run(() => ended);
		this.calm = before;
		if (this.#failed) throw this.#failed;
		must(ended, () => `${process.name}: never ended`);
	}

	async #restart(device: Device, power: boolean): Promise<void> {
		device.kill(power);
		const fails = device.disk.fails;
		device.disk.fails = () => undefined;
		const tab = device.open();
		await this.#run(tab.process, async () => this.#checkKept(device, tab));
		device.disk.fails = fails;
		tab.runner.wake().catch(() => undefined);
	}

	async #checkKept(device: Device, tab: Tab): Promise<void> {
		await this.#followServer();
		this.model.checkKept(device, await device.contents(tab.db), await this.#onServer());
	}

	/** The ids of all changes that the server holds, whatever became of them. */
	async #onServer(): Promise<Set<string>> {
		const { db } = this.server.app;
		const stored = await db.selectFrom('change').select('id').execute();
		const refused = await db.selectFrom('quarantine').select('change_id as id').execute();
		return new Set([...stored, ...refused].map(({ id }) => id));
	}

	/** Lets the server end what it is at: the world looks at its database outside of any request. */
	#quiet = (): Promise<void> => this.scheduler.run(() => this.server.idle);

	async #restartServer(): Promise<void> {
		this.server.kill();
		this.scheduler.after(this.random.below(20_000), this.self, () => undefined);
		if (this.#upgrades && this.random.chance(0.3)) this.server.version = 'next';
		await this.server.start();
		await this.#followServer();
	}

	/** What the model must know of the server: who may do what, and who was erased.
	 * @returns the ids that the server itself knows as erased */
	async #followServer(): Promise<Set<string>> {
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

	async #restore(): Promise<void> {
		const { server, random, model } = this;
		if (server.backups.length === 0) return;
		await this.#quiet();
		// Less than what was ever erased, where its ledger was lost before.
		const known = await this.#followServer();
		this.note('restores');
		const held = new Set<string>();
		const told = new Set<string>();
		const shown: Shown[] = [];
		for (const device of this.devices) {
			const contents = await this.#contentsOf(device);
			for (const id of idsHeld(contents)) held.add(id);
			for (const { id, proof } of contents.erased) if (proof) told.add(id);
			shown.push(...(await this.#shownOn(device, contents)));
		}
		const ledger = random.chance(0.7);
		await server.restore(random.pick(server.backups), ledger);
		await server.start();
		const erased = await this.#followServer();
		for (const id of ledger ? known : [])
			must(erased.has(id), () => `I7: the restored server does not know that ${id} was erased`);
		// With its ledger went what it had told nobody yet: that must be asked for again.
		for (const id of known) if (!erased.has(id) && !told.has(id)) model.erased.delete(id);
		const there = await this.#onServer();
		this.#shown.push(...shown.filter(({ change }) => !there.has(change) && !held.has(change)));
		// A device keeps what it sent until a backup has it; an older backup than that loses what only the server had.
		for (const edit of model.edits.values())
			if (!held.has(edit.id) && !there.has(edit.id)) edit.excused ??= 'lost with the server';
	}

	async #backUp(): Promise<void> {
		await this.#quiet();
		await this.server.backUp();
		for (const id of await this.#onServer()) this.model.covered.add(id);
	}

	async #contentsOf(device: Device) {
		device.kill(false);
		device.disk.fails = () => undefined;
		const tab = device.open();
		let contents: Awaited<ReturnType<Device['contents']>> | undefined;
		await this.#run(tab.process, async () => void (contents = await device.contents(tab.db)));
		return contents!;
	}

	/** What stands on the screens of a device when the server comes back from before it. */
	#shown: Shown[] = [];
	async #shownOn(device: Device, { records }: Contents): Promise<Shown[]> {
		const tab = device.tabs[0]!;
		const shown: Shown[] = [];
		await this.#run(tab.process, async () => {
			for (const row of records) {
				if (row.sequence === 0 || device.tampered) continue;
				const { fields } = await tab.db.openRecord(row);
				for (const { change } of Object.values(fields).flat()) shown.push({ device, record: row.id, change });
			}
		});
		return shown;
	}

	#signOut(device: Device): void {
		const process = new Process('sign-out');
		const { halves } = device;
		if (!halves) return;
		this.scheduler.enqueue(
			process,
			() => void device.call(process, 'DELETE', '/api/session', null, {}, halves).catch(() => undefined)
		);
		if (this.random.chance(0.7)) void this.#signIn(device);
		else device.halves = undefined;
	}

	/** As the sign-in does once the passphrase was right. */
	async #signIn(device: Device): Promise<void> {
		const { app, lib } = this.server;
		const { structure, person } = device.place;
		const opened = await app.db
			.transaction()
			.execute((trx) => lib.openSession(app, trx, structure, person, device.session.device));
		device.halves = halvesOf(opened);
		for (const { runner } of device.tabs) runner.wake().catch(() => undefined);
	}

	async #wipe(device: Device): Promise<void> {
		device.kill(false);
		await this.#quiet();
		this.model.wiped(device, await this.#onServer());
		for (const [hash, recording] of this.#recordings) if (recording.device === device) this.#recordings.delete(hash);
		this.#shown = this.#shown.filter((one) => one.device !== device);
		device.disk.wipe();
		device.open();
	}

	/** A row of what the server gave is altered, or lost, by whatever does such things. */
	async #tamper(device: Device): Promise<void> {
		const tab = device.tabs[0];
		if (!tab) return;
		const [draw, at] = [this.random.next(), this.random.next()];
		this.scheduler.enqueue(tab.process, () => {
			void (async () => {
				const rows = (await tab.db.records.toArray()).filter(({ sequence }) => sequence > 0);
				const row = rows[Math.floor(at * rows.length)];
				if (!row) return;
				device.tampered = true;
				if (draw < 0.5) await tab.db.records.delete(row.id);
				else await tab.db.records.put({ ...row, sequence: row.sequence + 1000 });
			})().catch(() => undefined);
		});
	}

	async #upgrade(device: Device): Promise<void> {
		if (!this.#upgrades) return;
		device.kill(false);
		device.version = 'next';
		device.open();
	}

	/** Another passphrase: what the vault had not sent leaves as it lies, then a new one takes its place. As `routes/enter.ts`. */
	async #forgetPassphrase(device: Device): Promise<void> {
		if (device.locked) return;
		device.kill(false);
		device.disk.fails = () => undefined;
		const { lib, place, locks } = device;
		const process = new Process('new passphrase', device.disk);
		let made = false;
		await this.#run(process, async () => {
			const { left } = await lib.sendSealed(place, locks.key, (path, body) =>
				device.call(process, 'POST', path, JSON.stringify(body), { 'content-type': 'application/json' })
			);
			if (left > 0) return;
			made = await device.makeVault(process);
			if (!made) return;
			this.#shown = this.#shown.filter((one) => one.device !== device);
			await lib.emptyLocked(place, locks.key);
			await lib.keepWrap(place, device.locks.key, device.wrap);
		});
		this.note('new vault', device.name, made);
		device.open();
	}

	/* ── what must hold ── */

	async #look(): Promise<void> {
		if (this.#failed) throw this.#failed;
		if (!this.server.up || this.server.app === undefined) return;
		await this.#quiet();
		const { structure } = this.template;
		const { sequence } = await this.server.app.db
			.selectFrom('structure')
			.select('sequence')
			.where('id', '=', structure)
			.executeTakeFirstOrThrow();
		if (sequence === this.#checked || !this.random.chance(0.3)) return;
		this.#checked = sequence;
		await checkServer(this.server, structure);
		await this.#followServer();
	}

	/** Faults stop: everything drains, and both sides hold the same. */
	async #drain(): Promise<void> {
		this.calm = true;
		const version =
			this.server.version === 'next' || this.devices.some((one) => one.version === 'next') ? 'next' : 'now';
		this.server.kill();
		this.server.version = version;
		await this.server.start();
		await this.#followServer();
		for (const device of this.devices) {
			device.kill(false);
			device.online = true;
			device.disk.fails = () => undefined;
			device.version = version;
			await this.#signIn(device);
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
				await this.#run(tab.process, async () => {
					if (round === 0) await this.#checkKept(device, tab);
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
			await this.#quiet();
			await this.#followServer();
			const text = JSON.stringify(now);
			if (text === before) break;
			before = text;
		}
		await this.#checkAll();
	}

	async #checkAll(): Promise<void> {
		const { app, lib } = this.server;
		const { structure } = this.template;
		await checkServer(this.server, structure);
		const records = await app.db.selectFrom('record').selectAll().where('structure_id', '=', structure).execute();
		const changes = await app.db.selectFrom('change').selectAll().where('structure_id', '=', structure).execute();
		const quarantine = await app.db
			.selectFrom('quarantine')
			.selectAll()
			.where('structure_id', '=', structure)
			.execute();
		const stored = new Map(changes.map(({ id, fields }) => [id, JSON.parse(fields) as { [field: string]: unknown }]));
		const released = quarantine.filter(({ decision }) => decision === 'released').map(({ change_id }) => change_id);
		this.model.checkArrived(stored, [...quarantine.map(({ raw }) => raw), ...released]);
		this.#checkAuthors(changes);
		this.#checkRights(changes, new Set(released));
		this.#checkForms(records);

		const erased = new Set((await app.db.selectFrom('erased').select('id').execute()).map(({ id }) => id));
		const traces = JSON.stringify([records, changes, quarantine]);
		for (const id of erased) must(!traces.includes(id), () => `I7: ${id} was erased and is on the server`);
		for (const device of this.devices) {
			const tab = device.tabs[0]!;
			await this.#run(tab.process, async () => {
				const contents = await device.contents(tab.db);
				const { position, aside } = contents;
				must(contents.outbox.length === 0, () => `liveness: ${device.name} still has an outbox`);
				must(position?.digest === 'equal', () => `I5: ${device.name} says ${position?.digest}`);
				const actor = { id: device.person, grants: this.model.grants.get(device.person)! };
				const audiences = await lib.audiencesOf(app.db, structure, actor);
				const own = records.filter(({ audience }) => audience !== null && audiences.includes(audience));
				must(
					own.length === contents.records.length,
					() => `I5: ${device.name} has ${contents.records.length} records, ${own.length} are its`
				);
				for (const row of contents.records) {
					const there = own.find(({ id }) => id === row.id);
					const opened = await tab.db.openRecord(row);
					must(
						there?.sequence === row.sequence,
						() => `I5: ${device.name} has ${row.kind} ${row.id} at ${row.sequence}, not ${there?.sequence}`
					);
					if (row.stub) continue;
					const theirs = lib.parseFields(there!.fields);
					for (const field of new Set([...Object.keys(theirs), ...Object.keys(opened.fields)])) {
						const both = [opened.fields, theirs].map((fields) => lib.canonical(fields[field] ?? null));
						must(
							both[0] === both[1],
							() => `I5: ${device.name} shows ${row.kind} ${row.id} ${field} as ${both.join(', not ')}`
						);
					}
				}
				for (const { id, proof } of contents.erased)
					must(
						!proof || erased.has(id),
						() => `I7: ${device.name} can prove that ${id} was erased, and the server does not know it`
					);
				const [listed] = [
					JSON.stringify(
						[contents.records, contents.outbox, contents.sent, contents.refused, aside].map((rows) =>
							(rows as object[]).map(withoutSealed)
						)
					)
				];
				for (const id of erased) must(!listed.includes(id), () => `I7: ${id} was erased and is on ${device.name}`);
				for (const { id, problem } of contents.refused)
					must(
						quarantine.some(({ change_id }) => change_id === id),
						() => `I4: ${id} is refused (${problem}) on ${device.name} and nowhere on the server`
					);
				for (const { record, change } of this.#shown.filter((one) => one.device === device))
					must(
						stored.has(change) || erased.has(record) || aside.some(({ id }) => id === record),
						() => `I9: ${change} of ${record} stood on ${device.name} when the server came back from before it`
					);
				for (const { change_id, decision, device_id } of quarantine)
					if (decision === null && device_id === device.place.device && !this.model.wipedIds.has(change_id))
						must(
							contents.refused.some(({ id }) => id === change_id),
							() => `I4: ${change_id} is in quarantine and ${device.name} does not show it`
						);
				await this.#checkRecordings(device, tab);
			});
		}
	}

	/** I8: what is stored under somebody's name was written by them. */
	#checkAuthors(changes: readonly { id: string; person_id: string }[]): void {
		for (const { id, person_id } of changes) {
			const edit = this.model.edits.get(id);
			if (edit)
				must(edit.device.person === person_id, () => `I8: ${id} of ${edit.device.name} is stored as somebody else's`);
		}
	}

	/** I8: a figure was typed by somebody who, once at least, had the right to; or the office took it after all. */
	#checkRights(
		changes: readonly { id: string; record_id: string; kind: string; person_id: string }[],
		released: ReadonlySet<string>
	): void {
		for (const { id, record_id, kind, person_id } of changes) {
			if (kind !== 'reading' || released.has(id)) continue;
			const place = record_id.split(':')[2]!;
			const had = this.model.everHad.get(person_id) ?? [];
			must(
				had.some(({ role, antennas }) => role === 'director' || (role === 'antenna-staff' && antennas.includes(place))),
				() => `I8: ${id} is a figure of an antenna its author never worked for`
			);
		}
	}

	/** Nobody disagrees with themselves: what was typed in one form alone is never contested. */
	#checkForms(records: readonly { id: string; fields: string }[]): void {
		for (const { id, fields } of records) {
			if (this.model.forms.get(id)?.size !== 1) continue;
			for (const [field, current] of Object.entries(this.server.lib.parseFields(fields)))
				must(current.length <= 1, () => `${field} of ${id} is contested, and one form wrote it`);
		}
	}

	async #checkRecordings(device: Device, tab: Tab): Promise<void> {
		const { app } = this.server;
		for (const [hash, recording] of this.#recordings) {
			if (recording.device !== device || this.model.erased.has(recording.about)) continue;
			const here = await tab.db.media.get([recording.about, hash]);
			const row = await app.db
				.selectFrom('media')
				.select(['completed_at', 'received'])
				.where('hash', '=', hash)
				.executeTakeFirst();
			must(here !== undefined || Boolean(row?.completed_at), () => `media: ${hash} is whole nowhere`);
		}
	}
}

const withoutSealed = (row: object): object => ({
	...row,
	sealed: undefined,
	changes: 'changes' in row ? (row.changes as object[]).map(withoutSealed) : undefined
});

/** Who may hold a record, by the rights table, said once more and apart from it. */
function isFor(person: string, grants: readonly Grant[], record: Record): boolean {
	const director = grants.some(({ role }) => role === 'director');
	const value = (field: string) => record.fields[field]?.[0]?.value;
	switch (record.kind) {
		case 'interview':
			return record.owner === person;
		case 'excerpt':
			return (
				record.owner === person ||
				director ||
				(value('approval') === 'approved' && record.fields.approval!.every((one) => one.value === 'approved'))
			);
		case 'reading':
			return director || grants.some(({ antennas }) => antennas.includes(record.id.split(':')[2]!));
		default:
			return true;
	}
}

const responseOf = ({ status, text }: Reply): Response =>
	({
		ok: status >= 200 && status < 300,
		status,
		json: () => {
			try {
				return Promise.resolve(JSON.parse(text) as unknown);
			} catch (cause) {
				return Promise.reject(cause as Error);
			}
		}
	}) as Response;

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
		for (const device of world.devices) device.kill(false);
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
		for (const device of world.devices) device.kill(false);
		world.server.end();
	}
}
