import Dexie, { type EntityTable, type Table } from 'dexie';
import type { Change } from '../domain/change';
import type { Media } from '../domain/media';
import { isGone, pack, unpack, type Fields, type Packed } from '../domain/record';
import { modernChange, modernFields, SHAPES } from '../domain/former';
import type { Cursor, Filling, ReceivedReply, Record, Travelling } from '../domain/sync';
import type { Session } from '../domain/session';
import type { Catalogue } from './catalogue';
import { nonceOf, type Bytes, type Locks, type Vault } from './vault';

/** A record as this device keeps it: what it says is sealed, where it stands is not. */
export type Kept = {
	id: string;
	kind: string;
	owner: string;
	about?: string;
	audience: string;
	sequence: number;
	since: string; // the server's time when this state of it came
	sealed: Uint8Array;
	stub?: 1; // its words have left this device
	torn?: 1; // several values may stand in a field of it
	shape?: number; // the protocol in whose shapes it is sealed, from 3 on
	pass?: number; // of the fetching from zero that brought it
};
/** What a record that this version cannot read is kept as, for a later one. */
export const UNREADABLE = '';
/** A change as it lies here, and as it may leave while the vault is locked. */
export type SealedChange = { id: string; record: string; kind: string; about?: string; at: string; sealed: Uint8Array };
/** A change waiting to leave. `open` still takes edits; `frozen` may already be on its way and never changes again. */
export type Outgoing = SealedChange & { order: number; state: 'open' | 'frozen' };
/** A batch the server has, kept until a backup of the server has it too. One row a batch: a row a change would cost more
 * to write than the whole exchange. `key` names the vault before this one, whose passphrase was forgotten; `again` says
 * that the server came back from before it. */
export type Sent = { order: number; sequence: number; changes: SealedChange[]; key?: string; again?: 1 };
/** A batch whose every change has been taken and whose records this device can work out by itself: written down as one row
 * while a backlog drains, and turned into records once the line is free. Its changes stay in the outbox until then. */
export type Taken = {
	order: number;
	first: number;
	last: number;
	committed: number;
	now: string;
	receipts: ReceivedReply['receipts'];
};
/** A change the server refused, with why: nothing is thrown away. */
export type Refused = SealedChange & {
	problem: string;
	fields: string[];
	refusedAt: string;
	reason?: string; // why the office has set it aside
	held?: 1; // the server did not keep it either: it has not left
	key?: string;
	again?: 1;
};
/** A record of a history that the server has no more, kept until it is there again: `epoch` names that history. */
export type Aside = Kept & { epoch: string; key?: string };

/** An interview and the hash of what was recorded in it: the same picture may be in two, each with an end of its own. */
export type MediaKey = [about: string, hash: string];
/** A recording or a picture, its pieces beside it: `doneAt` is the server's time when it was whole there. */
export type MediaRow = Media & {
	about: string;
	state: 'waiting' | 'sent' | 'refused';
	problem?: string | undefined; // why it still waits, where the server said so
	doneAt?: string;
	key?: string; // of the vault before this one, whose passphrase was forgotten
	take?: { id: string; ends: Uint8Array[] }; // its pieces lie as they were recorded, and what ends each of them
};
/** A recording under way, or one that was interrupted and is still to be kept or erased: it is no media until then. */
export type Take = { id: string; about: string; question: string; at: string };
/** What a second or less of it added, on the disk as soon as it was said. `elapsed` is the length until then. */
export type Part = {
	take: string;
	from: number; // byte
	nonce: Bytes; // of its piece
	sealed: Uint8Array;
	mark: Uint8Array;
	elapsed: number; // milliseconds
};
export type Chunk = { about: string; hash: string; number: number; sealed: Uint8Array };

/** Where this device stands with the server. */
export type Position = {
	cursor: Cursor | null;
	audiences: string[];
	filling: Filling[];
	epoch: string | null;
	backup: { sequence: number; at: string } | null;
	/** Whether the last exchange ended with the same rows on both sides. */
	digest: 'equal' | 'different' | 'unknown';
	syncedAt: string | null; // the server's time
	/** How many times everything was fetched from zero, and whether the last time is still under way: what it has not
	 * brought again by its end leaves. */
	pass?: number;
	sweep?: boolean;
	/** What is offered again at the next exchange: what was refused, or all that was sent too. */
	offer?: 'refused' | 'all' | undefined;
	/** The erasures are being told again to a server that came back: up to this id they have been. */
	tell?: string | undefined;
	judging?: string | undefined;
	/** How full this person's place for what is refused is at the server, in percent, once it is to be said. */
	filled?: number | undefined;
	repairedAt?: string; // the server's time
	offset?: number; // milliseconds the server's clock is ahead of this device's: for people to read
};

export const START: Position = {
	cursor: null,
	audiences: [],
	filling: [],
	epoch: null,
	backup: null,
	digest: 'unknown',
	syncedAt: null
};

/** Opened records and changes kept in memory, so that a list is not opened row by row each time something changes. */
const OPENED = 4000;

function keep<T>(opened: Map<string, T>, key: string, value: T): void {
	if (opened.size >= OPENED) opened.delete(opened.keys().next().value!);
	opened.set(key, value);
}

/** What one person keeps on this device for one structure. Server records and outbox lie apart: a pull writes only the
 * first, an edit only the second, and what is shown is the one laid over the other. Whatever has content goes through the
 * vault, before a transaction or after it: IndexedDB closes one that waits for anything else. */
export class PersonDatabase extends Dexie {
	records!: EntityTable<Kept, 'id'>;
	outbox!: EntityTable<Outgoing, 'order'>;
	sent!: EntityTable<Sent, 'order'>;
	taken!: EntityTable<Taken, 'order'>;
	refused!: EntityTable<Refused, 'id'>;
	aside!: Table<Aside, [string, string]>;
	media!: Table<MediaRow, MediaKey>;
	chunks!: Table<Chunk, [...MediaKey, number]>;
	takes!: EntityTable<Take, 'id'>;
	parts!: Table<Part, [take: string, from: number]>;
	erased!: EntityTable<{ id: string; proof?: string }, 'id'>; // nothing about these is ever kept again
	settings!: Table<{ name: string; value: unknown }, string>;
	#opened = new Map<string, { nonce: string; record: Record }>();
	#changes = new Map<string, Change>(); // by nonce
	/** What the lists say of records, as it was last read. */
	catalogues = new Map<string, Catalogue>();
	/** The open change written last, so that typing on does not open it again at every pause. */
	typing: { row: Outgoing; change: Change } | undefined;
	/** Whether a record was met that does not open: what the server has takes its place. */
	damaged = false;

	constructor(
		name: string,
		readonly vault: Vault
	) {
		super(name, { chromeTransactionDurability: 'strict' }); // a tablet may lose power at any moment
		declare(this);
	}

	/** @param shape the protocol in whose shapes it came, where it is not today's */
	async sealRecord(record: Record | Travelling, since: string, pass = 0, shape = SHAPES): Promise<Kept> {
		const { id, kind, owner, about, audience, sequence, fields, ...rest } = record;
		const packed = Array.isArray(fields) ? (fields as Packed) : pack(fields as Fields);
		const sealed = await this.vault.seal(id, 'record-1', { ...rest, fields: packed });
		const more = { ...(about ? { about } : {}), ...(mayBeTorn(packed) ? { torn: 1 as const } : {}) };
		return { id, kind, owner, ...more, audience, sequence, since, sealed, pass, shape };
	}

	async openRecord(row: Kept): Promise<Record> {
		const nonce = nonceOf(row.sealed);
		const known = this.#opened.get(row.id);
		if (known?.nonce === nonce) return { ...known.record, sequence: row.sequence, audience: row.audience };
		const { sealed, since: _, stub: __, torn: ___, pass: ____, shape = 0, ...clear } = row;
		const content = await this.vault.open<{ fields: Packed | Fields }>(row.id, 'record-1', sealed);
		const fields = unpack(content.fields);
		const record = { ...content, fields: shape < SHAPES ? modernFields(row.kind, fields) : fields, ...clear };
		keep(this.#opened, row.id, { nonce, record });
		return record;
	}

	sealChange = async (change: Change): Promise<SealedChange> => {
		const { id, record, kind, about, at } = change;
		const sealed = await this.vault.seal(record, 'change-1', change);
		return { id, record, kind, ...(about ? { about } : {}), at, sealed };
	};

	openChange = async ({ record, sealed }: SealedChange): Promise<Change> => {
		const nonce = nonceOf(sealed);
		const known = this.#changes.get(nonce);
		if (known?.record === record) return known;
		const change = modernChange(await this.vault.open<Change>(record, 'change-1', sealed));
		keep(this.#changes, nonce, change);
		return change;
	};

	/** Spares opening again what has just been sealed, in today's shapes. */
	know({ sealed }: SealedChange, change: Change): void {
		keep(this.#changes, nonceOf(sealed), change);
	}

	/** A setting with content: what was received, and what only this person may know. */
	async writeSealed(name: string, value: unknown): Promise<void> {
		await this.settings.put({ name, value: await this.vault.seal(name, 'setting-1', value) });
	}

	async readSealed<T>(name: string): Promise<T | undefined> {
		const sealed = await readSetting<Uint8Array>(this, name);
		// Handed to Dexie's promise, so that a live query goes on being told what it depends on.
		return sealed && (await Promise.resolve(this.vault.open<T>(name, 'setting-1', sealed)));
	}
}

/** Whether several values stand in a field, or a deletion beside something that it did not name: only then can two people have
 * written two things. */
export const mayBeTorn = (packed: Packed): boolean =>
	Object.values(packed[1]).some(({ length }) => length > 1) || ('deleted' in packed[1] && !isGone(unpack(packed)));

/** The setting that says up to which id the rows of a version before are known to be torn or not; `ALL` once there are none
 * left to look at. */
export const TORN_KNOWN = 'torn-known';
export const ALL = '\uffff';

/** Shipped versions are history: add the next one below, never edit one. */
function declare(db: Dexie): void {
	db.version(1).stores({
		records: 'id, kind, about, [audience+sequence+id]', // the last one gives the digest without reading a row
		outbox: '++order, [record+state], [state+order], kind',
		sent: '++order, sequence',
		taken: '++order',
		refused: 'id',
		erased: 'id',
		settings: 'name'
	});
	db.version(2).stores({ aside: '[id+epoch], id', media: '[about+hash], about, state', chunks: '[about+hash+number]' });
	db.version(3).stores({ takes: 'id, about', parts: '[take+from]' });
	// Kinds with their sequences, for lists to look at without reading a row. Few rows are stubs, or torn.
	db.version(4).stores({ records: 'id, [kind+sequence], about, [audience+sequence+id], stub, torn' });
	db.on('populate', (trx) => trx.table('settings').add({ name: TORN_KNOWN, value: ALL }));
}

/** The same rows while the vault is locked: as they lie, to be sent or counted. */
export class LockedDatabase extends Dexie {
	aside!: Table<Aside, [string, string]>;
	media!: Table<MediaRow, MediaKey>;
	chunks!: Table<Chunk, [...MediaKey, number]>;
	takes!: EntityTable<Take, 'id'>;
	parts!: Table<Part, [take: string, from: number]>;
	outbox!: EntityTable<Outgoing, 'order'>;
	sent!: EntityTable<Sent, 'order'>;
	taken!: EntityTable<Taken, 'order'>;
	refused!: EntityTable<Refused, 'id'>;
	settings!: Table<{ name: string; value: unknown }, string>;

	constructor(name: string) {
		super(name, { chromeTransactionDurability: 'strict' });
		declare(this);
	}
}

export const databaseName = (structure: string, person: string): string => `temoin-vault-${structure}-${person}`;

/** Somebody who works on this device, as the server last said who they are, and the locks of their vault. */
export type Holder = { key: string; session: Session; usedAt: string; locks?: Locks };

/** What this device knows before anybody has said who they are. */
export class DeviceDatabase extends Dexie {
	holders!: EntityTable<Holder, 'key'>;
	settings!: Table<{ name: string; value: unknown }, string>;

	constructor(name = 'temoin-device') {
		super(name, { chromeTransactionDurability: 'strict' });
		this.version(1).stores({ holders: 'key, usedAt', settings: 'name' });
	}
}

export const readSetting = async <T>(
	db: { settings: Table<{ name: string; value: unknown }, string> },
	name: string
): Promise<T | undefined> => (await db.settings.get(name))?.value as T | undefined;
