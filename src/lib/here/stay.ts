import type Dexie from 'dexie';
import type { Change } from '../domain/change';
import { KEY_HEADER } from '../domain/header';
import { merge } from '../domain/merge';
import { seenOf, type Fields } from '../domain/record';
import type { Session } from '../domain/session';
import { databaseName, PersonDatabase, type DeviceDatabase, type SealedChange } from '../local/database';
import { holderKey, remember, renew, type News } from '../local/holders';
import { askAgain, freeze, saveMany } from '../local/outbox';
import type { Spare } from '../local/spare';
import { keepTyped } from '../local/typed';
import type { Locks, Seat, Vault } from '../local/vault';
import type { Outcome } from '../sync/exchange';
import { Runner, type RunnerState } from '../sync/runner';
import { isoAt, mint, type Asked, type Platform } from './platform';

/** Whoever has come in: their session and their open vault. `key` is the second half of the session, where it is new. */
export type Opened = { session: Session; vault: Vault; locks: Locks; key?: string };

/** What a stay tells of itself. */
export type Watch = {
	onstate: (state: RunnerState) => void; // of its exchanges
	onkept: () => void; // the person, or the locks of their vault, are others now
	onsaved: () => void;
	ondoubt: () => void; // the disk is believed alone no more, or again
	/** Before the exchange counts as ended. */
	onvisited: (outcome: Outcome) => Promise<void>;
};

/** One edit of a form, as `save` takes it.
 * `before` is what the form opened on: its changes are named as seen. `id` is the change's, where it lends it to the record
 * that it creates; otherwise one is minted. */
export type Edit = {
	kind: string;
	record: string;
	fields: Change['fields'];
	before?: Fields | undefined;
	about?: string | undefined;
	id?: string | undefined;
};

/** What is asked of a stay that has ended: whoever asks belongs to a page that has gone. */
export class Ended extends Error {}

/** One person at work on this device, from the moment their vault opens until it locks: their session, database, key and
 * exchanges. Whose it is never changes, whoever opens the device afterwards. `close` begins its end: nothing is taken any
 * more, an exchange under way ends as theirs, and after it nothing is written anywhere. */
export class Stay {
	readonly seat: Seat;
	readonly db: PersonDatabase;
	/** Opens again what locks for a moment, where the person chose one. */
	pin: string | undefined;
	#session: Session;
	#locks: Locks;
	#key = '';
	#isDoubted = false;
	#spare: Promise<Spare> | undefined;
	/** What could not be written, by its record: it is in the forms that are open, and in no database. */
	#unwritten = new Map<string, Change>();
	/** What is still open has left in a file: nothing is folded into it any more. */
	#mustFreeze = false;
	#runner: Runner;
	#visiting: Promise<unknown> | undefined;
	#closing: Promise<void> | undefined;

	constructor(
		readonly device: DeviceDatabase,
		{ session, vault, locks }: Opened,
		readonly platform: Platform,
		readonly watch: Watch
	) {
		this.seat = seatOf(session);
		this.#session = session;
		this.#locks = locks;
		this.db = new PersonDatabase(databaseName(this.seat.structure, this.seat.person), vault);
		const { aloneNow, wait, isOnline } = platform;
		this.#runner = new Runner(
			(onprogress) => this.visit(onprogress),
			{ alone: (work) => aloneNow(exchangeLock(this.seat), work), wait, isOnline },
			watch.onstate
		);
	}

	/** Reads what lies in the vault, and remembers on the device who is here.
	 * @param key the second half of the session, where it is new */
	async begin(key?: string): Promise<void> {
		const { db, device, platform } = this;
		if (key) await db.writeSealed('session', key);
		this.#key = key ?? (await db.readSealed<string>('session')) ?? '';
		this.pin = await db.readSealed<string>('pin');
		await remember(device, this.#session, this.#locks, isoAt(platform));
		if (await platform.shelf?.isWanted()) this.#doubt();
	}

	get session(): Session {
		return this.#session;
	}

	get locks(): Locks {
		return this.#locks;
	}

	/** Whether the disk has failed: what is saved is kept twice until it was received. */
	get isDoubted(): boolean {
		return this.#isDoubted;
	}

	get vault(): Vault {
		return this.db.vault;
	}

	/** Puts an edit on the disk; when it resolves, it is « enregistré ».
	 * @returns what the form stands on from now on, for its next edit
	 * @throws what the storage threw: the caller still holds the words */
	async save(edit: Edit): Promise<Fields> {
		return (await this.saveMany([edit]))[0]!;
	}

	/** Puts edits on the disk together: all of them, or none. */
	async saveMany(edits: readonly Edit[]): Promise<Fields[]> {
		this.#mustBeOpen();
		const changes = edits.map((edit) => this.#changeOf(edit));
		for (const change of changes) this.#unwritten.set(change.record, change);
		const ids = await this.write(async () => {
			if (this.#mustFreeze) await freeze(this.db);
			this.#mustFreeze = false;
			return await saveMany(this.db, changes);
		});
		for (const { record } of changes) this.#unwritten.delete(record);
		if (this.#isDoubted) this.wake();
		else this.#runner.edited();
		this.watch.onsaved();
		return changes.map((change, i) => merge(edits[i]!.before ?? {}, { ...change, id: ids[i]! }, this.seat.person));
	}

	/** Keeps what is typed and is in no record, sealed on this device, until it is; nothing takes it back.
	 * @param name of the form, or the id of the record that it is typed about */
	async keepTyped(name: string, typed: unknown): Promise<void> {
		this.#mustBeOpen();
		await this.write(() => keepTyped(this.db, name, typed));
	}

	/** Does what writes. On iPads a connection can die in the background: it is opened again and `work` done once more before
	 * it counts as failed. Once the disk has failed nothing is done until it is in the second copy too.
	 * @throws what the storage threw */
	async write<T>(work: () => Promise<T>): Promise<T> {
		try {
			const done = await this.#twice(work);
			if (this.#isDoubted) await this.#keepTwice();
			return done;
		} catch (cause) {
			if (isStorage(cause)) this.#doubt();
			throw cause;
		}
	}

	async #twice<T>(work: () => Promise<T>): Promise<T> {
		try {
			return await work();
		} catch (cause) {
			if (!isLost(cause) || this.#closing) throw cause;
			if (nameOf(cause) === 'UnknownError') this.#doubt(); // of a disk without room, too
			await reopen(this.db);
			return await work();
		}
	}

	/** The disk has failed, or did and nobody has seen since that all is there: it is not believed alone any more. */
	#doubt(): void {
		if (!this.platform.shelf || this.#isDoubted) return;
		this.#isDoubted = true;
		this.watch.ondoubt();
		void this.#keepTwice().catch(() => undefined); // tried again with the next write
	}

	async #keepTwice(): Promise<void> {
		this.#spare ??= this.#openSpare();
		try {
			if (!this.device.isOpen()) await reopen(this.device);
			await (await this.#spare).keep();
		} catch (cause) {
			this.#spare = undefined; // what it knows of the shelf may be wrong, or it could not be loaded
			throw cause;
		}
	}

	async #openSpare(): Promise<Spare> {
		const shelf = this.platform.shelf!;
		await shelf.want(true);
		const { Spare } = await import('../local/spare');
		return new Spare(shelf, this.device, holderKey(this.#session));
	}

	/** After a visit: what was received needs no second copy. */
	async #settleSpare(): Promise<void> {
		const { shelf } = this.platform;
		if (!shelf || !this.#isDoubted) return;
		const { isAllReceived, dropSpare } = await import('../local/spare');
		if (!(await isAllReceived(this.#session))) return await this.#keepTwice();
		[this.#isDoubted, this.#spare] = [false, undefined];
		if (await dropSpare(shelf, this.#session)) await shelf.want(false);
		this.watch.ondoubt();
		if (!(await isAllReceived(this.#session))) this.#doubt(); // saved while the copy was going
	}

	/** What could not be written, sealed for a file; what is open here is not added to any more. */
	async takeUnwritten(): Promise<SealedChange[]> {
		this.#mustFreeze = true;
		return await Promise.all([...this.#unwritten.values()].map((change) => this.db.sealChange(change)));
	}

	#changeOf({ kind, record, fields, before, about, id }: Edit): Change {
		const { platform } = this;
		return {
			id: id ?? mint(platform),
			kind,
			record,
			...(about ? { about } : {}),
			fields: JSON.parse(JSON.stringify(fields)) as Change['fields'], // as it will travel, and nobody's to change any more
			seen: Object.fromEntries(Object.keys(fields).map((field) => [field, before ? seenOf(before, field) : []])),
			at: isoAt(platform)
		};
	}

	/** One call to the server as this person: their half of the session goes with it. */
	async call(method: string, path: string, body?: Asked['body'], headers: Asked['headers'] = {}): Promise<Response> {
		this.#mustBeOpen();
		return await this.#ask(method, path, body, headers);
	}

	#ask(method: string, path: string, body: Asked['body'], headers: Asked['headers']): Promise<Response> {
		const key = this.#key;
		return this.platform.fetch(path, { method, body, headers: { ...headers, ...(key ? { [KEY_HEADER]: key } : {}) } });
	}

	/** What has changed about this person, now and for the next opening. */
	async keep(news: News): Promise<void> {
		this.#mustBeOpen();
		await this.#keep(news);
	}

	async #keep(news: News): Promise<void> {
		const kept = await renew(this.device, holderKey(this.#session), news);
		if (!kept) return; // nobody of that name works here any more
		this.#session = kept.session;
		this.#locks = kept.locks ?? this.#locks;
		this.watch.onkept();
	}

	/** Chooses the PIN for the moments in between, or none; it lies sealed in the vault, and opens nothing by itself. */
	async choosePin(pin: string | undefined): Promise<void> {
		this.#mustBeOpen();
		if (pin === undefined) await this.db.settings.delete('pin');
		else await this.db.writeSealed('pin', pin);
		this.pin = pin;
	}

	/** Has what was refused judged anew: between two exchanges, never during one. */
	async offerRefused(): Promise<void> {
		this.#mustBeOpen();
		await this.platform.alone(exchangeLock(this.seat), () => askAgain(this.db));
		this.wake();
	}

	/** Looks for news now. */
	wake(): void {
		if (!this.#closing) void this.#runner.wake();
	}

	/** One whole visit to the server, whoever else is at it: `wake` asks for one. */
	visit(onprogress?: (sent: number, of: number) => void): Promise<Outcome> {
		const visit = this.#visit(onprogress);
		this.#visiting = visit.catch(() => undefined);
		return visit;
	}

	async #visit(onprogress?: (sent: number, of: number) => void): Promise<Outcome> {
		// Loaded when first needed: an interview opens without it.
		const { round } = await import('../sync/round');
		const { pack, now } = this.platform;
		const { outcome, person } = await round({
			db: this.db,
			seat: this.seat,
			person: this.#session.person,
			call: (method, path, body, headers) => this.#ask(method, path, body as BodyInit | null, headers),
			...(pack ? { pack } : {}),
			now,
			mint: () => mint(this.platform),
			onprogress
		});
		if (person) await this.#keep({ person });
		if (outcome.state === 'done') await this.#settleSpare().catch(() => undefined);
		await this.watch.onvisited(outcome);
		return outcome;
	}

	/** Takes nothing any more, and lets what is under way end.
	 * @returns once nothing of this stay writes, ever */
	close(): Promise<void> {
		this.#closing ??= this.#end();
		return this.#closing;
	}

	async #end(): Promise<void> {
		await this.#runner.stop();
		await this.#visiting;
		await (await this.#spare?.catch(() => undefined))?.rest();
		this.db.close();
	}

	#mustBeOpen(): void {
		if (this.#closing) throw new Ended();
	}
}

/** Whoever exchanges for a person's database holds this, open vault or locked. */
export const exchangeLock = ({ structure, person }: Seat): string => `sync-${databaseName(structure, person)}`;

export const seatOf = ({ structure, person, device }: Session): Seat => ({
	structure: structure.id,
	person: person.id,
	device: device.id
});

/** One that could not be opened says so for ever, until it is closed. */
async function reopen(db: Dexie): Promise<void> {
	db.close();
	await db.open();
}

const nameOf = (cause: unknown): string => (cause as { name?: string }).name ?? '';

/** What a database says that the browser has closed. */
const LOST = ['DatabaseClosedError', 'InvalidStateError', 'UnknownError'];
const isLost = (cause: unknown): boolean => LOST.includes(nameOf(cause));
const isStorage = (cause: unknown): boolean =>
	[...LOST, 'QuotaExceededError', 'AbortError', 'BulkError', 'ModifyError', 'OpenFailedError'].includes(nameOf(cause));
