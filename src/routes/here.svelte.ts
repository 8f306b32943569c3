import type { Change } from '$lib/domain/change';
import { hasRole, antennasOf } from '$lib/domain/rights';
import type { Role } from '$lib/domain/structure';
import { merge } from '$lib/domain/merge';
import { seenOf, type Fields } from '$lib/domain/record';
import { KEY_HEADER } from '$lib/domain/header';
import type { Entered, Session } from '$lib/domain/session';
import { databaseName, DeviceDatabase, PersonDatabase, type Holder } from '$lib/local/database';
import { currentHolder, deviceSelf, forget, holderKey, leave, listHolders, remember } from '$lib/local/holders';
import { save } from '$lib/local/outbox';
import { unlock, type Bytes, type Locks, type Place, type Vault } from '$lib/local/vault';
import { Runner, type RunnerState } from '$lib/sync/runner';
import { look, tell, type Loss } from './canary';
import { mint } from './mint';

export type SaveState = { at: 'nothing' | 'saving' | 'saved' | 'failed'; time?: string };

/** Wrong PINs before the key is dropped and only the passphrase opens. */
const TRIES = 5;

/** This device and the person it is open for. Everything a page reads or writes goes through here. */
class Here {
	status = $state<'starting' | 'nobody' | 'locked' | 'open' | 'no-storage'>('starting');
	/** What the browser has thrown away since the app was last open. */
	loss = $state.raw<Loss>();
	/** Somebody's things were deleted here because a director declared the device lost. */
	revoked = $state<string>();
	session = $state.raw<Session>();
	/** Everybody who can unlock this device, the last one first. */
	holders = $state.raw<Holder[]>([]);
	/** The person whose key is still in memory: a PIN opens again. */
	held = $state.raw<Holder>();
	hasPin = $state(false);
	sync = $state.raw<RunnerState>({ at: 'rest', outcome: undefined, retryIn: undefined });
	#db: PersonDatabase | undefined;
	#runner: Runner | undefined;
	#key = '';
	#pin: string | undefined;
	#wrong = 0;
	#vault: Vault | undefined;
	#telling: ReturnType<typeof setTimeout> | undefined;
	readonly device = new DeviceDatabase();
	/** Forms with something typed that is not on the disk yet: asked to write before the page is reloaded on purpose. */
	readonly forms = new Set<() => Promise<void>>();
	/** Somebody is there without a touch: a voice is being recorded, or the camera they asked for covers the page. */
	attended: 'recording' | 'camera' | undefined;

	/** The open person's database. Pages below the layout's gate always have one. */
	get db(): PersonDatabase {
		return this.#db!;
	}

	get person(): string {
		return this.session!.person.id;
	}

	/** Whether there is something to lock: the fictitious structure has no passphrase. */
	get locks(): Locks | undefined {
		return this.holders.find(({ session }) => this.session && holderKey(session) === holderKey(this.session))?.locks;
	}

	hasRole(role: Role): boolean {
		return this.session !== undefined && hasRole(this.session.person, role);
	}

	/** Whether the person works for this antenna. */
	worksFor(antenna: string, roles?: Role[]): boolean {
		const antennas = antennasOf(this.session!.person, roles);
		return antennas === undefined || antennas.has(antenna);
	}

	/** Asks who is there, among those who work on this device; with or without a network. */
	async start(): Promise<void> {
		try {
			[this.holders, this.loss] = await Promise.all([listHolders(this.device), look(this.device)]);
			const holder = await currentHolder(this.device);
			if (holder?.locks?.none) await this.#openBy(holder, 'none');
			else if (this.holders.some(({ locks }) => locks)) this.status = 'locked';
			else this.status = 'nobody';
		} catch {
			this.status = 'no-storage';
		}
	}

	/** Opens a vault that nothing locks. */
	async open(holder: Holder): Promise<void> {
		await this.#openBy(holder, 'none');
	}

	/** Opens somebody's vault with what they typed or showed.
	 * @returns whether it opened */
	async unlock(holder: Holder, by: { passphrase: string } | { prf: Bytes }): Promise<boolean> {
		return await this.#openBy(holder, by);
	}

	async #openBy(holder: Holder, by: { passphrase: string } | { prf: Bytes } | 'none'): Promise<boolean> {
		const { session } = holder;
		const opened = await unlock(placeOf(session), holder.locks!, by, random);
		if (!opened) return false;
		await this.#take(session, opened.vault, opened.locks);
		return true;
	}

	/** Opens again what was locked a moment ago. The fifth wrong PIN drops the key.
	 * @returns whether it opened, and how many tries are left */
	async unlockByPin(pin: string): Promise<{ open: boolean; left: number }> {
		const held = this.held;
		if (held && this.#vault && this.#pin !== undefined && pin === this.#pin) {
			await this.#take(held.session, this.#vault, held.locks!);
			return { open: true, left: TRIES };
		}
		this.#wrong += 1;
		const left = Math.max(0, TRIES - this.#wrong);
		if (left === 0) this.#drop();
		return { open: false, left };
	}

	/** A PIN for the moments in between; it lies sealed in the vault, and opens nothing by itself. */
	async choosePin(pin: string | undefined): Promise<void> {
		if (pin === undefined) await this.db.settings.delete('pin');
		else await this.db.writeSealed('pin', pin);
		this.#pin = pin;
		this.hasPin = pin !== undefined;
	}

	/** Covers and locks: pages leave the memory, an exchange under way ends by itself. With a PIN the key stays in memory
	 * to open again, without one the passphrase is asked. */
	async lock(): Promise<void> {
		if (this.status !== 'open' || this.locks?.none) return;
		await this.settle();
		if (this.status !== 'open') return; // locked meanwhile: twice would drop the key that the PIN opens
		void this.#close();
		this.held = this.#pin === undefined ? undefined : this.holders.find(({ session }) => isSame(session, this.session));
		if (!this.held) this.#drop();
		this.#wrong = 0;
		this.session = undefined;
		this.status = 'locked';
	}

	#drop(): void {
		this.#vault = undefined;
		this.#pin = undefined;
		this.held = undefined;
	}

	/** Lets the others in: whoever was here is locked, key and all. */
	async switchPerson(): Promise<void> {
		await this.settle();
		void this.#close();
		this.#drop();
		this.session = undefined;
		this.status = 'locked';
	}

	/** What has changed about the person who is here, now and for the next opening. */
	async keep({
		secondFactor,
		person,
		locks = this.locks
	}: {
		secondFactor?: Session['secondFactor'];
		person?: Session['person'];
		locks?: Locks | undefined;
	}) {
		if (!this.session || !locks) return; // locked in between
		const session = {
			...this.session,
			...(secondFactor ? { secondFactor } : {}),
			...(person ? { person } : {})
		};
		await remember(this.device, session, locks, new Date().toISOString());
		this.holders = await listHolders(this.device);
		if (this.status === 'open') this.session = session;
	}

	/** What the server answered to somebody who has come in: their vault is opened, or made, and remembered here.
	 * @param passphrase what they typed; none for the fictitious structure
	 * @throws Problem `vault.stuck` when another passphrase's unsent work is here and cannot leave now */
	async enter(value: Entered, passphrase: string | undefined): Promise<void> {
		const { openVaultOf } = await import('./enter');
		const { session, key, vault, locks } = await openVaultOf(this.device, value, passphrase, random);
		this.revoked = undefined;
		await this.#take(session, vault, locks, key);
	}

	/** Signs out here. What was not sent stays on the device, under this person's name. */
	async leave(): Promise<void> {
		await this.settle();
		await this.call('DELETE', '/api/session').catch(() => undefined);
		void this.#close();
		await leave(this.device);
		const holders = await listHolders(this.device);
		// Together: a page that is still there must not be left without its person.
		this.#drop();
		this.holders = holders;
		this.session = undefined;
		this.status = this.holders.some(({ locks }) => locks && !locks.none) ? 'locked' : 'nobody';
	}

	/** Waits until everything typed is on the disk. */
	async settle(): Promise<void> {
		await Promise.all([...this.forms].map((flush) => flush()));
	}

	async deviceSelf(): Promise<{ id: string; name: string }> {
		return await deviceSelf(this.device, () => crypto.randomUUID());
	}

	/** One call to the server as this person: their half of the session goes with it. */
	call = (method: string, path: string, body?: BodyInit, headers: { [name: string]: string } = {}): Promise<Response> =>
		callAs(this.#key, method, path, body, headers);

	async #take(session: Session, vault: Vault, locks: Locks, key?: string): Promise<void> {
		void this.#close();
		this.#db = new PersonDatabase(databaseName(session.structure.id, session.person.id), vault);
		if (key) await this.#db.writeSealed('session', key);
		this.#key = key ?? (await this.#db.readSealed<string>('session')) ?? '';
		this.#pin = await this.#db.readSealed<string>('pin');
		this.hasPin = this.#pin !== undefined;
		this.#vault = vault;
		this.held = undefined;
		this.session = session;
		await remember(this.device, session, locks, new Date().toISOString());
		this.holders = await listHolders(this.device);
		this.#run(session, this.#db);
		this.loss = undefined;
		this.status = 'open';
		if (document.visibilityState === 'hidden') return await this.lock(); // gone while it was opening
		this.#tellSoon();
		setTimeout(() => this.wake(), SETTLING);
	}

	#run(session: Session, db: PersonDatabase): void {
		const key = this.#key; // an exchange under way when the person locks ends as theirs
		this.#runner = new Runner(
			async (onprogress) => {
				// Loaded when first needed: an interview opens without it.
				const { exchangeHere } = await import('./exchange');
				const send = (method: 'POST' | 'PUT', path: string, body: BodyInit | null, headers: Record<string, string>) =>
					callAs(key, method, path, body ?? undefined, headers);
				const outcome = await exchangeHere(db, send, session, onprogress);
				if (outcome.state === 'revoked') setTimeout(() => void this.giveUp(placeOf(session)), 0);
				else await this.#tell(session, db);
				return outcome;
			},
			{ alone: (work) => alone(db.name, work), wait, isOnline: () => navigator.onLine },
			(state) => (this.sync = state)
		);
	}

	/** Tells the browser's three memories who works here and what is unsent, so that one can speak for another. No work
	 * stops because they cannot be told. */
	async #tell(session = this.session, db = this.#db): Promise<void> {
		clearTimeout(this.#telling);
		try {
			const open = session && db && { key: holderKey(session), unsent: await db.outbox.count() };
			await tell(this.device, this.holders, open);
		} catch {
			// told again at the next edit or exchange
		}
	}

	#tellSoon(): void {
		clearTimeout(this.#telling);
		this.#telling = setTimeout(() => void this.#tell(), SETTLING);
	}

	/** Lets go of the person at once, and closes their database when what is under way has ended. */
	async #close(): Promise<void> {
		const [runner, db] = [this.#runner, this.#db];
		this.#runner = undefined;
		this.#db = undefined;
		this.#key = '';
		await runner?.stop();
		db?.close();
	}

	/** Does what a revoked device must: what was not sent leaves as it lies, then the rest is deleted and the server told.
	 * Whatever cannot leave now keeps its place, and is tried again at the next contact. */
	async giveUp(place: Place): Promise<void> {
		const holder = this.holders.find(({ session }) => isSame(placeOf(session), place));
		if (!holder) return;
		const wasOpen = this.status === 'open' && isSame(this.session && placeOf(this.session), place);
		if (wasOpen) {
			await this.settle();
			const closed = this.#close();
			this.session = undefined;
			this.status = 'locked';
			await closed;
		}
		this.#drop();
		const { giveUp } = await import('./enter');
		if (await giveUp(holder)) {
			await forget(this.device, holder.session);
			this.revoked = holder.session.structure.name;
		}
		this.holders = await listHolders(this.device);
		await this.#tell();
		if (!this.holders.some(({ locks }) => locks)) this.status = 'nobody';
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
			id: more.creates ? record : mint(),
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
		this.#tellSoon();
		return merge(before ?? {}, { ...edit, id }, this.person);
	}
}

/** A cold start shows the page first: what it needs is on the device already. */
const SETTLING = 1000;

export const here = new Here();

const PATIENCE = 120_000;
const callAs = (
	key: string,
	method: string,
	path: string,
	body: BodyInit | undefined,
	headers: { [name: string]: string }
): Promise<Response> =>
	fetch(path, {
		method,
		signal: AbortSignal.timeout(PATIENCE), // a line that is half open answers nothing, ever
		headers: { ...headers, ...(key ? { [KEY_HEADER]: key } : {}) },
		...(body === undefined ? {} : { body })
	});

const random = (bytes: number): Bytes => crypto.getRandomValues(new Uint8Array(bytes));

export const placeOf = ({ structure, person, device }: Session): Place => ({
	structure: structure.id,
	person: person.id,
	device: device.id
});

const isSame = (a: object | undefined, b: object | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

const isLost = (cause: unknown): boolean =>
	['DatabaseClosedError', 'InvalidStateError', 'UnknownError'].includes((cause as { name?: string }).name ?? '');

const wait = (milliseconds: number, then: () => void): (() => void) => {
	const timer = setTimeout(then, milliseconds);
	return () => clearTimeout(timer);
};

/** Whoever exchanges for a database holds this, open vault or locked. */
export const exchangeLock = (name: string): string => `sync-${name}`;

/** One runner for the device: another tab at work is left to it. */
async function alone(name: string, work: () => Promise<void>): Promise<boolean> {
	return await navigator.locks.request(exchangeLock(name), { ifAvailable: true }, async (lock) => {
		if (lock) await work();
		return lock !== null;
	});
}
