import { IDBFactory as FDBFactory, IDBKeyRange as FDBKeyRange, IDBTransaction as FDBTransaction } from 'fake-indexeddb';

/** What of the fake IndexedDB a power cut needs to reach into. */
type Transaction = {
	mode: string;
	durability?: string;
	error: unknown;
	_state: string;
	_rollbackLog: (() => void)[];
	_start: () => void;
	_execRequestAsync: (request: { operation: () => unknown }) => unknown;
	db: { _rawDatabase: Raw };
};
type Raw = { transactions: Transaction[]; connections: unknown[] };

export const KeyRange = FDBKeyRange;

const disks = new WeakMap<Raw, Disk>();

/** A device's disk: its IndexedDB, what of it has not been flushed, and how it fails. */
export class Disk {
	factory = new FDBFactory();
	/** Committed without strict durability, and not yet flushed by a strict commit after it. */
	#unflushed: Transaction[] = [];
	/** The error that writes end with, drawn for each, or none. */
	fails: () => string | undefined = () => undefined;

	databases(): Raw[] {
		return [...(this.factory as unknown as { _databases: Map<string, Raw> })._databases.values()];
	}

	/** Every transaction under way ends as if it had never begun. */
	kill(): void {
		queuesOf(this.factory).clear(); // whoever was opening a database waits for nobody any more
		for (const raw of this.databases()) {
			disks.set(raw, this);
			for (const transaction of raw.transactions.splice(0)) {
				if (transaction._state === 'finished') continue;
				undo(transaction);
				transaction._state = 'finished';
			}
			raw.connections.length = 0;
		}
	}

	/** The same, and what was not flushed is gone. */
	cutPower(): void {
		this.kill();
		for (const transaction of this.#unflushed.reverse()) undo(transaction);
		this.#unflushed = [];
	}

	wipe(): void {
		this.kill();
		this.factory = new FDBFactory();
		this.#unflushed = [];
	}

	committed(transaction: Transaction): void {
		if (transaction.mode === 'readonly') return;
		if (transaction.durability === 'strict' || transaction.mode === 'versionchange') this.#unflushed = [];
		else this.#unflushed.push(transaction);
	}

	/** The one a transaction is on. */
	static of(transaction: Transaction, all: Iterable<Disk>): Disk | undefined {
		const raw = transaction.db._rawDatabase;
		const known = disks.get(raw);
		if (known) return known;
		for (const disk of all)
			if (disk.databases().includes(raw)) {
				disks.set(raw, disk);
				return disk;
			}
		return undefined;
	}
}

/** Who waits to open or delete which database. */
const queuesOf = (factory: IDBFactory): Map<string, unknown> =>
	(factory as unknown as { _connectionQueues: Map<string, unknown> })._connectionQueues;

const undo = ({ _rollbackLog }: Transaction): void => {
	for (const step of _rollbackLog.toReversed()) step();
};

let all: Iterable<Disk> = [];
/** Whose disks the transactions from now on are on. */
export const useDisks = (disks: Iterable<Disk>): void => void (all = disks);

const prototype = FDBTransaction.prototype as unknown as Transaction;
const { _start, _execRequestAsync } = prototype;
prototype._start = function (this: Transaction) {
	const before = this._state;
	_start.call(this);
	if (before !== 'finished' && this._state === 'finished' && !this.error) Disk.of(this, all)?.committed(this);
};
prototype._execRequestAsync = function (this: Transaction, request) {
	const name = this.mode === 'readwrite' ? Disk.of(this, all)?.fails() : undefined;
	const failing = () => {
		throw new DOMException('simulated', name);
	};
	return _execRequestAsync.call(this, name ? { ...request, operation: failing } : request);
};
