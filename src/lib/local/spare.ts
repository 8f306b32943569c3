import type { Table } from 'dexie';
import type { Session } from '../domain/session';
import { databaseName, LockedDatabase, readSetting, type DeviceDatabase, type Holder, type MediaRow } from './database';
import { holderKey, listHolders } from './holders';
import { heldIn } from './outbox';
import { fromBase64, toBase64 } from './vault';

/** Texts by their names, in a place that does not go when the database does. */
export type Shelf = {
	names: () => Promise<string[]>;
	read: (name: string) => Promise<string | undefined>;
	/** @throws where there is no room */
	write: (name: string, text: string) => Promise<void>;
	drop: (name: string) => Promise<void>;
};

/** Rows that are written once and never change: only whether they are on the shelf is looked at. */
const PIECES = ['chunks', 'parts'] as const;
const ROWS = ['outbox', 'refused', 'media', 'takes', 'settings'] as const;
/** What of a person's settings could not come again from the server. */
const OWN_SETTING = /^(session|pin|signer|make-good|typed:.*|wrap:.*)$/;

/** How many times the copy was made: the database knows the same number, unless it is an older one, or another. */
const COUNT = 'spare';
type Made = { holder: Holder; count: number };

/** The second copy of what this device has not sent, sealed as it lies, for when the browser may throw the database away:
 * Chromium did, whole, at the start after a write that had found no room. Everybody's, since they go together. */
export class Spare {
	/** What is on the shelf, as far as this knows; of pieces only that they are. */
	#there = new Map<string, string>();
	#keeping: Promise<unknown> = Promise.resolve();
	#othersKept = false;

	constructor(
		readonly shelf: Shelf,
		readonly device: DeviceDatabase,
		readonly own: string // the key of the holder who works
	) {}

	/** Brings the copy to what is on the disk now. Only then is what was saved there twice.
	 * @throws what the shelf or the database threw: the copy is not what it should be */
	keep(): Promise<void> {
		const kept = this.#keeping.then(() => this.#keep());
		this.#keeping = kept.catch(() => undefined);
		return kept;
	}

	/** @returns once nothing is being written on the shelf */
	async rest(): Promise<void> {
		await this.#keeping;
	}

	async #keep(): Promise<void> {
		for (const holder of await listHolders(this.device)) {
			if (!holder.locks || (this.#othersKept && holder.key !== this.own)) continue;
			const db = lockedOf(holder);
			try {
				await this.#keepOne(db, holder);
			} finally {
				db.close();
			}
		}
		this.#othersKept = true;
	}

	async #keepOne(db: LockedDatabase, holder: Holder): Promise<void> {
		const { shelf } = this;
		const start = `${holder.key}/`;
		const count = ((await readSetting<number>(db, COUNT)) ?? 0) + 1;
		const stale = new Set((await shelf.names()).filter((name) => name.startsWith(start)));
		for (const [table, key, read] of await unsentRows(db)) {
			const name = `${start}${table}/${JSON.stringify(key)}`;
			const isPiece = (PIECES as readonly string[]).includes(table);
			const isThere = stale.delete(name);
			if (isPiece && isThere) continue;
			const row = await read();
			if (!row) continue; // received meanwhile
			const text = textOf(row);
			if (isThere && this.#there.get(name) === text) continue;
			await shelf.write(name, text);
			if (!isPiece) this.#there.set(name, text);
		}
		await db.settings.put({ name: COUNT, value: count });
		await shelf.write(start, textOf({ holder, count } satisfies Made));
		stale.delete(start);
		for (const name of stale) {
			await shelf.drop(name);
			this.#there.delete(name);
		}
	}
}

/** Puts back what the database has lost since the copy was made. Before anything of the device is read. A copy that cannot
 * be read is left, and keeps nobody from theirs, nor from what the database has.
 * @returns `whole` when nothing had gone, `back` when what had is there again, `torn` when not all of the copy could be read */
export async function recover(shelf: Shelf, device: DeviceDatabase): Promise<'whole' | 'back' | 'torn'> {
	const names = await shelf.names();
	const found: unknown[] = [];
	for (const start of names.filter((name) => name.endsWith('/')))
		found.push(await recoverOne(shelf, device, start, names).catch(() => 'torn'));
	if (found.includes('torn')) return 'torn';
	return found.includes(true) ? 'back' : 'whole';
}

/** @returns whether something of this person had gone */
async function recoverOne(
	shelf: Shelf,
	device: DeviceDatabase,
	start: string,
	names: readonly string[]
): Promise<boolean> {
	const { holder, count } = valueOf((await shelf.read(start))!) as Made;
	const db = lockedOf(holder);
	try {
		const isHere = await device.holders.get(holder.key);
		if (isHere && ((await readSetting<number>(db, COUNT)) ?? 0) >= count) return false;
		await putBack(db, shelf, start, names);
		if (!isHere) await device.holders.put(holder);
		await device.settings.put({ name: 'self', value: holder.session.device });
		return true;
	} finally {
		db.close();
	}
}

async function putBack(db: LockedDatabase, shelf: Shelf, start: string, names: readonly string[]): Promise<void> {
	const rows: { [table: string]: object[] } = {};
	for (const name of names.filter((one) => one.startsWith(start) && one !== start)) {
		const table = name.slice(start.length).split('/')[0]!;
		(rows[table] ??= []).push(valueOf((await shelf.read(name))!) as object);
	}
	const outbox = ((rows.outbox ?? []) as Numbered[]).sort((a, b) => a.order - b.order);
	const others = [...ROWS, ...PIECES].filter((table) => table !== 'outbox');
	await db.transaction('rw', db.tables, async () => {
		for (const table of others) await db.table(table).bulkPut(rows[table] ?? []);
		const known = new Map((await db.outbox.toArray()).map(({ id, order }) => [id, order]));
		// After what is there, in their order, and frozen: whoever goes on typing begins another change.
		for (const { order: _, ...row } of outbox) {
			const order = known.get(row.id);
			await (db.outbox as Table).put({ ...row, state: 'frozen', ...(order === undefined ? {} : { order }) });
		}
	});
}
type Numbered = { id: string; order: number };

/** Whether nothing of a person waits here that only this device has. */
export async function isAllReceived(session: Session): Promise<boolean> {
	const db = lockedOf({ session });
	try {
		const rows = await unsentRows(db);
		const isKept = ([table, key]: Row) =>
			table === 'refused' || (table === 'settings' && !String(key).startsWith('typed:'));
		return rows.every(isKept) && (await heldIn(db).count()) === 0;
	} finally {
		db.close();
	}
}

/** Takes one person's copy off the shelf.
 * @returns whether it was the last */
export async function dropSpare(shelf: Shelf, session: Session): Promise<boolean> {
	const start = `${holderKey(session)}/`;
	const names = await shelf.names();
	// What says that there is a copy goes first.
	for (const name of names.filter((one) => one.startsWith(start)).sort()) await shelf.drop(name);
	return names.every((name) => name.startsWith(start));
}

const lockedOf = ({ session }: Pick<Holder, 'session'>): LockedDatabase =>
	new LockedDatabase(databaseName(session.structure.id, session.person.id));

type Row = [table: string, key: unknown, read: () => PromiseLike<object | undefined>];

/** Everything of a person that only this device has, pieces of recordings by their keys. */
async function unsentRows(db: LockedDatabase): Promise<Row[]> {
	const rows: Row[] = [];
	const add = (table: Table, key: unknown, row?: object) =>
		rows.push([table.name, key, row ? () => Promise.resolve(row) : () => table.get(key) as PromiseLike<object>]);
	for (const row of await db.outbox.toArray()) add(db.outbox, row.order, row);
	for (const row of await db.refused.toArray()) add(db.refused, row.id, row);
	for (const row of await db.settings.filter(({ name }) => OWN_SETTING.test(name)).toArray())
		add(db.settings, row.name, row);
	const waiting: MediaRow[] = await db.media.where('state').equals('waiting').toArray();
	for (const row of waiting) add(db.media, [row.about, row.hash], row);
	const whole = new Set(waiting.map(({ about, hash }) => `${about}|${hash}`));
	for (const key of await db.chunks.toCollection().primaryKeys())
		if (whole.has(`${key[0]}|${key[1]}`)) add(db.chunks, key);
	const takes = await db.takes.toArray();
	for (const row of takes) add(db.takes, row.id, row);
	const recorded = new Set([...takes.map(({ id }) => id), ...waiting.flatMap(({ take }) => take?.id ?? [])]);
	for (const key of await db.parts.toCollection().primaryKeys()) if (recorded.has(key[0])) add(db.parts, key);
	return rows;
}

/** As JSON, bytes in base64. */
const textOf = (row: unknown): string =>
	JSON.stringify(row, (_, value: unknown) => (value instanceof Uint8Array ? { bytes: toBase64(value) } : value));

const valueOf = (text: string): unknown =>
	JSON.parse(text, (_, value: { bytes?: unknown } | null) =>
		typeof value?.bytes === 'string' ? fromBase64(value.bytes) : value
	);
