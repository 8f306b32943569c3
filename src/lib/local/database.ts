import Dexie, { type EntityTable, type Table } from 'dexie';
import type { Change } from '../domain/change';
import type { Cursor, Filling, Receipt, Record } from '../domain/sync';
import type { Session } from '../domain/session';

/** A change waiting to leave. `open` still takes edits; `frozen` may already be on its way and never changes again. */
export type Outgoing = {
	order: number;
	id: string;
	record: string;
	kind: string;
	state: 'open' | 'frozen';
	change: Change;
};
/** A batch the server has, kept until a backup of the server has it too. One row a batch: a row a change would cost more
 * to write than the whole exchange. */
export type Sent = { order: number; sequence: number; changes: Change[] };
/** A batch whose every change has been taken and whose records this device can work out by itself: written down as one row
 * while a backlog drains, and turned into records once the line is free. Its changes stay in the outbox until then. */
export type Taken = { order: number; first: number; last: number; committed: number; now: string; receipts: Receipt[] };
/** A change the server refused, with why: nothing is thrown away. */
export type Refused = { id: string; change: Change; problem: string; fields: string[]; at: string };

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

/** What one person keeps on this device for one structure. Server records and outbox lie apart: a pull writes only the
 * first, an edit only the second, and what is shown is the one laid over the other. */
export class PersonDatabase extends Dexie {
	records!: EntityTable<Record, 'id'>;
	outbox!: EntityTable<Outgoing, 'order'>;
	sent!: EntityTable<Sent, 'order'>;
	taken!: EntityTable<Taken, 'order'>;
	refused!: EntityTable<Refused, 'id'>;
	settings!: Table<{ name: string; value: unknown }, string>;

	constructor(name: string) {
		super(name, { chromeTransactionDurability: 'strict' }); // a tablet may lose power at any moment
		// Shipped versions are history: add version(2) below, never edit version(1).
		this.version(1).stores({
			records: 'id, kind, about, [audience+sequence+id]', // the last one gives the digest without reading a row
			outbox: '++order, [record+state], [state+order], kind',
			sent: '++order, sequence',
			taken: '++order',
			refused: 'id',
			settings: 'name'
		});
	}
}

export const databaseName = (structure: string, person: string): string => `temoin-${structure}-${person}`;

/** Somebody who works on this device, as the server last said who they are. */
export type Holder = { key: string; session: Session; usedAt: string };

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
