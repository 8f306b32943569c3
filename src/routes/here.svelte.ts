import type { Change } from '$lib/domain/change';
import { hasRole, antennasOf } from '$lib/domain/rights';
import type { Role } from '$lib/domain/structure';
import { merge } from '$lib/domain/merge';
import { seenOf, type Fields } from '$lib/domain/record';
import type { Session } from '$lib/domain/session';
import { databaseName, DeviceDatabase, PersonDatabase, readSetting } from '$lib/local/database';
import { currentHolder, deviceSelf, leave, remember } from '$lib/local/holders';
import { save } from '$lib/local/outbox';
import { Runner, type RunnerState } from '$lib/sync/runner';

/** Beside IndexedDB, to notice when the browser has emptied it: who worked here, and how much was not sent. */
const CANARY = 'temoin-here';
type Canary = { name: string; unsent: number };

export type SaveState = { at: 'nothing' | 'saving' | 'saved' | 'failed'; time?: string };

/** This device and the person it is open for. Everything a page reads or writes goes through here. */
class Here {
	/** `nobody` may come with the memory of somebody whose data the browser has emptied. */
	status = $state<'starting' | 'nobody' | 'open' | 'no-storage'>('starting');
	wiped = $state<Canary>();
	session = $state.raw<Session>();
	sync = $state.raw<RunnerState>({ at: 'rest', outcome: undefined, retryIn: undefined });
	#db: PersonDatabase | undefined;
	#runner: Runner | undefined;
	readonly device = new DeviceDatabase();
	/** Forms with something typed that is not on the disk yet: asked to write before the page is reloaded on purpose. */
	readonly forms = new Set<() => Promise<void>>();

	/** The open person's database. Pages below the layout's gate always have one. */
	get db(): PersonDatabase {
		return this.#db!;
	}

	get person(): string {
		return this.session!.person.id;
	}

	hasRole(role: Role): boolean {
		return this.session !== undefined && hasRole(this.session.person, role);
	}

	/** Whether the person works for this antenna. */
	worksFor(antenna: string, roles?: Role[]): boolean {
		const antennas = antennasOf(this.session!.person, roles);
		return antennas === undefined || antennas.has(antenna);
	}

	/** Opens the device on who worked here last, with or without a network. */
	async start(): Promise<void> {
		try {
			const holder = await currentHolder(this.device);
			if (holder) this.#open(holder.session, SETTLING);
			else {
				this.wiped = readCanary();
				this.status = 'nobody';
			}
		} catch {
			this.status = 'no-storage';
		}
	}

	/** Signs in what the server answered: remembered, so that tomorrow needs no network. */
	async enter(session: unknown): Promise<void> {
		const { Session } = await import('$lib/domain/session');
		const known = Session.parse(session);
		await remember(this.device, known, new Date().toISOString());
		this.wiped = undefined;
		this.#open(known);
	}

	/** Signs out here. What was not sent stays on the device, under this person's name. */
	async leave(): Promise<void> {
		this.#runner?.stop();
		await fetch('/api/session', { method: 'DELETE' }).catch(() => undefined);
		await leave(this.device);
		localStorage.removeItem(CANARY);
		this.#db?.close();
		this.#db = undefined;
		this.session = undefined;
		this.status = 'nobody';
	}

	/** Waits until everything typed is on the disk. */
	async settle(): Promise<void> {
		await Promise.all([...this.forms].map((flush) => flush()));
	}

	/** Whether somebody signed out here, perhaps without a network, and nobody has signed in since. */
	async hasLeft(): Promise<boolean> {
		return (await readSetting<boolean>(this.device, 'left')) === true;
	}

	async deviceSelf(): Promise<{ id: string; name: string }> {
		return await deviceSelf(this.device, () => crypto.randomUUID());
	}

	#open(session: Session, delay = 0): void {
		this.#runner?.stop();
		this.#db?.close();
		this.session = session;
		this.#db = new PersonDatabase(databaseName(session.structure.id, session.person.id));
		const db = this.#db;
		this.#runner = new Runner(
			async (onprogress) => {
				// Loaded when first needed: an interview opens without it.
				const { exchange } = await import('$lib/sync/exchange');
				const outcome = await exchange({ db, send, person: session.person.id, device: session.device.id, onprogress });
				writeCanary({ name: session.person.name, unsent: await db.outbox.count() });
				return outcome;
			},
			{ alone: (work) => alone(db.name, work), wait, isOnline: () => navigator.onLine },
			(state) => (this.sync = state)
		);
		this.status = 'open';
		setTimeout(() => this.wake(), delay);
	}

	/** Looks for news now. */
	wake(): void {
		if (this.#runner) void this.#runner.wake();
	}

	/** Puts an edit on the disk; when it resolves, it is « enregistré ».
	 * @param before what the form opened on: its changes are named as seen
	 * @returns what the form stands on from now on, for its next edit
	 * @throws what the storage threw: the caller still holds the words */
	async save(
		kind: string,
		record: string,
		fields: Change['fields'],
		before: Fields | undefined,
		more: { about?: string | undefined; creates?: boolean } = {}
	): Promise<Fields> {
		const edit: Change = {
			id: more.creates ? record : crypto.randomUUID(),
			kind,
			record,
			...(more.about ? { about: more.about } : {}),
			fields: $state.snapshot(fields) as Change['fields'],
			seen: Object.fromEntries(Object.keys(fields).map((field) => [field, before ? seenOf(before, field) : []])),
			at: new Date().toISOString()
		};
		let id: string;
		try {
			id = await save(this.db, edit);
		} catch (cause) {
			// On iPads a connection can die in the background: reopen once and write again before saying that it failed.
			if (!isLost(cause)) throw cause;
			this.db.close();
			await this.db.open();
			id = await save(this.db, edit);
		}
		this.#runner?.edited();
		return merge(before ?? {}, { ...edit, id }, this.person);
	}
}

/** A cold start shows the page first: what it needs is on the device already. */
const SETTLING = 1000;

export const here = new Here();

const isLost = (cause: unknown): boolean =>
	['DatabaseClosedError', 'InvalidStateError', 'UnknownError'].includes((cause as { name?: string }).name ?? '');

const send = (path: string, body: Uint8Array | string, headers: Record<string, string>): Promise<Response> =>
	fetch(path, { method: 'POST', body: body as BodyInit, headers });

const wait = (milliseconds: number, then: () => void): (() => void) => {
	const timer = setTimeout(then, milliseconds);
	return () => clearTimeout(timer);
};

/** One runner for the device: another tab at work is left to it. */
async function alone(name: string, work: () => Promise<void>): Promise<boolean> {
	return await navigator.locks.request(`sync-${name}`, { ifAvailable: true }, async (lock) => {
		if (lock) await work();
		return lock !== null;
	});
}

function readCanary(): Canary | undefined {
	const text = localStorage.getItem(CANARY);
	return text ? (JSON.parse(text) as Canary) : undefined;
}

const writeCanary = (canary: Canary): void => localStorage.setItem(CANARY, JSON.stringify(canary));
