import Dexie from 'dexie';
import { antennasOf, hasRole } from '$lib/domain/actor';
import type { Entered, Session } from '$lib/domain/session';
import type { Role } from '$lib/domain/structure';
import { databaseName, DeviceDatabase, type Holder, type PersonDatabase } from '$lib/local/database';
import { currentHolder, deviceSelf, forget, holderKey, leave, listHolders } from '$lib/local/holders';
import { waitingIn } from '$lib/local/waiting';
import { totalOf } from '$lib/domain/waiting';
import { unlock, type Bytes, type Locks, type Seat } from '$lib/local/vault';
import type { Outcome } from '$lib/sync/exchange';
import type { RunnerState } from '$lib/sync/runner';
import { look, tell, type Loss } from './canary';
import { language } from './language.svelte';
import { mint, platform, type Asked } from './platform';
import { seatOf, Stay, type Opened } from './stay';

export type SaveState = { at: 'nothing' | 'saving' | 'saved' | 'failed'; time?: string };

/** Wrong PINs before the key is dropped and only the passphrase opens. */
const TRIES = 5;

/** Somebody whose key is still in memory though they are locked: a PIN opens again. */
type Held = Opened & { pin: string; wrong: number };

/** This device, and whoever is here: the one small room through which pages ask. What a page or a form does for the person
 * who opened it goes through the `stay` it began with, so that nothing of theirs is ever done as somebody else. */
class Here {
	status = $state<'starting' | 'nobody' | 'locked' | 'open' | 'no-storage'>('starting');
	/** What the browser has thrown away since the app was last open. */
	loss = $state.raw<Loss>();
	/** It threw the database away, and what was not sent was put back from its second copy. */
	recovered = $state(false);
	/** The disk has failed: what is saved is kept twice until it was received. */
	doubted = $state(false);
	/** Somebody's things were deleted here because a director declared the device lost. */
	revoked = $state<string>();
	session = $state.raw<Session>();
	/** Everybody who can unlock this device, the last one first. */
	holders = $state.raw<Holder[]>([]);
	/** The person whose key is still in memory. */
	held = $state.raw<Holder>();
	hasPin = $state(false);
	sync = $state.raw<RunnerState>({ at: 'rest', outcome: undefined, retryIn: undefined });
	#stay: Stay | undefined;
	#held: Held | undefined;
	#cancelTelling: () => void = () => undefined;
	readonly device = new DeviceDatabase();
	/** Forms in which something may be typed that is not on the disk yet: asked to write before the page is covered, locked,
	 * left or reloaded. None of them throws. */
	readonly forms = new Set<() => Promise<void>>();
	/** Somebody is there without a touch: a voice is being recorded, or the camera they asked for covers the page. */
	attended: 'recording' | 'camera' | undefined;

	/** The open person's stay. Pages below the layout's gate always have one. */
	get stay(): Stay {
		return this.#stay!;
	}

	get db(): PersonDatabase {
		return this.stay.db;
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
			if (await platform.shelf?.isWanted()) await this.#recover();
			[this.holders, this.loss] = await Promise.all([
				listHolders(this.device),
				look(this.device),
				language.read(this.device)
			]);
			const holder = await currentHolder(this.device);
			if (holder?.locks?.none) await this.open(holder);
			else if (this.holders.some(({ locks }) => locks)) this.status = 'locked';
			else this.status = 'nobody';
		} catch {
			this.status = 'no-storage';
		}
	}

	/** Before anything else is read: what the browser has thrown away is put back from the second copy, where there is one. */
	async #recover(): Promise<void> {
		const { shelf } = platform;
		const { recover } = await import('$lib/local/spare');
		const found = await recover(shelf!, this.device);
		this.recovered = found === 'back';
		if (found === 'whole' && shelf!.hasRestarted()) await shelf!.want(false);
	}

	/** Opens a vault that nothing locks. */
	async open(holder: Holder): Promise<void> {
		await this.unlock(holder, 'none');
	}

	/** Opens somebody's vault with what they typed or showed.
	 * @returns whether it opened */
	async unlock({ session, locks }: Holder, by: { passphrase: string } | { prf: Bytes } | 'none'): Promise<boolean> {
		const opened = await unlock(seatOf(session), locks!, by, platform.random);
		if (!opened) return false;
		await this.#begin({ session, ...opened });
		return true;
	}

	/** Opens again what was locked a moment ago. The fifth wrong PIN drops the key.
	 * @returns whether it opened, and how many tries are left */
	async unlockByPin(pin: string): Promise<{ open: boolean; left: number }> {
		const held = this.#held;
		if (held && pin === held.pin) {
			await this.#begin(held);
			return { open: true, left: TRIES };
		}
		const left = held ? Math.max(0, TRIES - ++held.wrong) : 0;
		if (left === 0) this.#drop();
		return { open: false, left };
	}

	async choosePin(pin: string | undefined): Promise<void> {
		await this.stay.choosePin(pin);
		this.hasPin = pin !== undefined;
	}

	/** Covers and locks: pages leave the memory, an exchange under way ends by itself. With a PIN the key stays in memory
	 * to open again, without one the passphrase is asked. */
	async lock(): Promise<void> {
		const stay = this.#stay;
		if (!stay || stay.locks.none) return;
		await this.settle();
		if (this.#stay !== stay) return; // locked meanwhile: twice would drop the key that the PIN opens
		const { session, vault, locks, pin } = stay;
		this.#end();
		this.#hold(pin === undefined ? undefined : { session, vault, locks, pin, wrong: 0 });
		this.status = 'locked';
	}

	#hold(held: Held | undefined): void {
		this.#held = held;
		this.held = held && this.holders.find(({ key }) => key === holderKey(held.session));
	}

	#drop(): void {
		this.#hold(undefined);
	}

	/** Lets the others in: whoever was here is locked, key and all. */
	async switchPerson(): Promise<void> {
		await this.settle();
		this.#end();
		this.#drop();
		this.status = 'locked';
	}

	/** What the server answered to somebody who has come in: their vault is opened, or made, and remembered here.
	 * @param passphrase what they typed; none for the fictitious structure
	 * @throws Problem `vault.stuck` when another passphrase's unsent work is here and cannot leave now */
	async enter(value: Entered, passphrase: string | undefined): Promise<void> {
		const { openVaultOf } = await import('./enter');
		const opened = await openVaultOf(this.device, value, passphrase, platform);
		this.revoked = undefined;
		await this.#begin(opened);
	}

	/** Signs out here. What was not sent stays on the device, under this person's name. */
	async leave(): Promise<void> {
		await this.settle();
		await this.call('DELETE', '/api/session').catch(() => undefined);
		await leave(this.device);
		const holders = await listHolders(this.device);
		// Together: a page that is still there must not be left without its person.
		this.#end();
		this.#drop();
		this.holders = holders;
		this.status = this.holders.some(({ locks }) => locks && !locks.none) ? 'locked' : 'nobody';
	}

	/** Leaves nothing on this device of a structure that is no more. */
	async forgetStructure(structure: string): Promise<void> {
		for (const { session } of this.holders.filter((one) => one.session.structure.id === structure)) {
			await Dexie.delete(databaseName(structure, session.person.id));
			await forget(this.device, session);
			if (await platform.shelf?.isWanted()) await (await import('./enter')).forgetSpare(session, platform);
		}
		this.holders = await listHolders(this.device);
	}

	/** Waits until everything typed is on the disk. */
	async settle(): Promise<void> {
		await Promise.all([...this.forms].map((flush) => flush()));
	}

	async deviceSelf(): Promise<{ id: string; name: string }> {
		return await deviceSelf(this.device, mint);
	}

	/** One call to the server as whoever is here, or as nobody. */
	call = (
		method: string,
		path: string,
		body?: Asked['body'],
		headers: { [name: string]: string } = {}
	): Promise<Response> =>
		this.#stay ? this.#stay.call(method, path, body, headers) : platform.fetch(path, { method, body, headers });

	async #begin(opened: Opened): Promise<void> {
		void this.#stay?.close();
		const stay: Stay = new Stay(this.device, opened, platform, {
			onstate: (state) => this.#stay === stay && (this.sync = state),
			onkept: () => void this.#follow(stay),
			onsaved: () => this.#tellSoon(),
			ondoubt: () => this.#stay === stay && (this.doubted = stay.isDoubted),
			onvisited: (outcome) => this.#visited(stay, outcome)
		});
		await stay.begin(opened.key);
		this.#stay = stay;
		this.#drop();
		this.hasPin = stay.pin !== undefined;
		this.doubted = stay.isDoubted;
		this.recovered = false;
		this.session = stay.session;
		this.holders = await listHolders(this.device);
		this.loss = undefined;
		this.status = 'open';
		if (document.visibilityState === 'hidden') return await this.lock(); // gone while it was opening
		this.#tellSoon();
		void platform.shelf?.prepare();
		platform.wait(SETTLING, () => stay.wake());
	}

	/** Lets go of whoever is here: their stay ends by itself. */
	#end(): void {
		void this.#stay?.close();
		this.#stay = undefined;
		this.session = undefined;
	}

	/** Shows what has changed about somebody who works here. */
	async #follow(stay: Stay): Promise<void> {
		this.holders = await listHolders(this.device);
		if (this.#stay === stay) this.session = stay.session;
	}

	async #visited(stay: Stay, outcome: Outcome): Promise<void> {
		if (outcome.state === 'revoked') platform.wait(0, () => void this.giveUp(stay.seat));
		else await this.#tell(stay);
	}

	/** Tells the browser's three memories who works here and what is unsent, so that one can speak for another. No work
	 * stops because they cannot be told. */
	async #tell(stay: Stay | undefined = this.#stay): Promise<void> {
		this.#cancelTelling();
		try {
			const open = stay && {
				key: holderKey(stay.session),
				unsent: totalOf(await waitingIn(stay.db))
			};
			await tell(this.device, this.holders, open);
		} catch {
			// told again at the next edit or exchange
		}
	}

	#tellSoon(): void {
		this.#cancelTelling();
		this.#cancelTelling = platform.wait(SETTLING, () => void this.#tell());
	}

	/** Does what a revoked device must: what was not sent leaves as it lies, then the rest is deleted and the server told.
	 * Whatever cannot leave now keeps its place, and is tried again at the next contact. */
	async giveUp(place: Seat): Promise<void> {
		const holder = this.holders.find(({ session }) => isSame(seatOf(session), place));
		if (!holder) return;
		const stay = this.#stay;
		if (stay && isSame(stay.seat, place)) {
			await this.settle();
			if (this.#stay === stay) this.#end();
			this.status = 'locked';
			await stay.close();
		}
		if (this.#held && isSame(seatOf(this.#held.session), place)) this.#drop();
		const { giveUp } = await import('./enter');
		if (await giveUp(holder, platform)) {
			await forget(this.device, holder.session);
			this.revoked = holder.session.structure.name;
		}
		this.holders = await listHolders(this.device);
		await this.#tell();
		if (!this.holders.some(({ locks }) => locks)) this.status = 'nobody';
	}

	/** Looks for news now. */
	wake(): void {
		this.#stay?.wake();
	}
}

/** A cold start shows the page first: what it needs is on the device already. */
const SETTLING = 1000;

export const here = new Here();

const isSame = (a: object | undefined, b: object | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);
