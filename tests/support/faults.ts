import Dexie, { type Table } from 'dexie';

export type Fault = 'QuotaExceededError' | 'AbortError' | 'UnknownError' | 'InvalidStateError';

/** What these tests must know of the insides of the fake: a request that fails by itself, and how a transaction ends. */
type Insides = IDBTransaction & {
	_state: string;
	_requests: { request: IDBRequest }[];
	_execRequestAsync: (what: { operation: () => unknown }) => IDBRequest;
	_start: () => void;
	_abort: (name: string) => void;
};
type Method = (this: unknown, ...args: unknown[]) => unknown;

const REQUESTS: [object, string[]][] = [
	[
		IDBObjectStore.prototype,
		['add', 'put', 'get', 'getKey', 'getAll', 'getAllKeys', 'delete', 'clear', 'count', 'openCursor', 'openKeyCursor']
	],
	[IDBIndex.prototype, ['get', 'getKey', 'getAll', 'getAllKeys', 'count', 'openCursor', 'openKeyCursor']],
	[IDBCursor.prototype, ['continue', 'continuePrimaryKey', 'advance', 'update', 'delete']]
];

/** Counts every call of IndexedDB and fails the one it is told to: thrown at once where the connection is not in a state
 * to be asked, else as the failure of the request, which takes its transaction along. Each call is put down to the line of
 * the product that asked for it. */
export class Faults {
	/** Calls since `arm`. */
	static count = 0;
	/** The line in `src/lib` behind the call that failed, or behind each call while none is to fail. */
	static sites: string[] = [];
	static hasFailed = false;
	static #at = Infinity;
	static #line: string | undefined;
	static #fault: Fault = 'UnknownError';
	static #silent = 0;
	static #failing: DOMException | undefined;
	// Stacks, the last asked last: reading one costs more than the call it belongs to, so it is put off until one fails.
	static #last: Error[] = [];
	static #asked = new WeakMap<IDBTransaction, Error[]>();
	static #undo: (() => void)[] = [];

	/** The call of this number fails, from now on counted from 0: of a line, the first of its calls from there on. */
	static arm(at: number, fault: Fault, line?: string): void {
		[this.#at, this.#fault, this.#line, this.count, this.sites, this.hasFailed] = [at, fault, line, 0, [], false];
	}

	static disarm(): void {
		[this.#at, this.#line, this.hasFailed] = [-1, undefined, false];
	}

	/** What somebody looks at meanwhile is not counted and does not fail. */
	static async without<T>(work: () => Promise<T>): Promise<T> {
		this.#silent += 1;
		try {
			return await work();
		} finally {
			this.#silent -= 1;
		}
	}

	static install(): void {
		for (const [prototype, names] of REQUESTS) for (const name of names) this.#wrap(prototype, name, this.#request);
		this.#wrap(IDBTransaction.prototype, '_execRequestAsync', this.#execute);
		this.#wrap(IDBTransaction.prototype, '_start', this.#end);
		this.#wrap(IDBDatabase.prototype, 'transaction', this.#transaction);
		for (const name of ['open', 'deleteDatabase']) this.#wrap(IDBFactory.prototype, name, this.#whole);
		for (const prototype of dexiePrototypes())
			for (const name of Object.getOwnPropertyNames(prototype))
				if (name !== 'constructor') this.#wrap(prototype, name, this.#ask);
	}

	static uninstall(): void {
		for (const undo of this.#undo.splice(0)) undo();
	}

	static #wrap(
		prototype: object,
		name: string,
		around: (that: unknown, go: () => unknown, args: unknown[]) => unknown
	) {
		const own = Object.getOwnPropertyDescriptor(prototype, name);
		if (typeof own?.value !== 'function') return;
		const original = own.value as Method;
		const wrapped: Method = function (...args) {
			return around(this, () => original.apply(this, args), args);
		};
		Object.defineProperty(prototype, name, { ...own, value: wrapped });
		this.#undo.push(() => Object.defineProperty(prototype, name, own));
	}

	/** @returns the failure, when this is the call that fails */
	static #counted(asked: readonly Error[]): DOMException | undefined {
		if (this.#silent > 0) return undefined;
		const at = this.count++;
		const mayFail = this.#line === undefined ? at === this.#at : at >= this.#at && !this.hasFailed;
		if (!mayFail && this.#at !== Infinity) return undefined;
		const line = lineOfProduct(asked);
		const fails = mayFail && (this.#line ?? line) === line;
		if (fails || this.#at === Infinity) this.sites.push(line);
		this.hasFailed ||= fails;
		return fails ? new DOMException('planted', this.#fault) : undefined;
	}

	/** The product asks Dexie: from here on, what its transaction does is for this line. */
	static #ask = (_: unknown, go: () => unknown): unknown => {
		const stack = here();
		this.#last = [...this.#last.slice(-20), stack];
		const under = (Dexie.currentTransaction as { idbtrans?: IDBTransaction } | null)?.idbtrans;
		if (under) this.#asked.get(under)?.push(stack);
		return go();
	};

	static #transaction = (_: unknown, go: () => unknown, [, mode]: unknown[]): unknown => {
		if (mode === 'versionchange') return go(); // the fake's own, within `open`
		const asked = [...this.#last, here()];
		const failure = this.#counted(asked);
		if (failure) throw failure;
		const made = go() as IDBTransaction;
		this.#asked.set(made, asked);
		return made;
	};

	static #request = (that: unknown, go: () => unknown): unknown => {
		const failure = this.#counted(this.#asked.get(transactionOf(that)) ?? this.#last);
		if (failure?.name === 'InvalidStateError') throw failure;
		this.#failing = failure;
		try {
			return go();
		} finally {
			this.#failing = undefined;
		}
	};

	static #execute = (_: unknown, go: () => unknown, args: unknown[]): unknown => {
		const failure = this.#failing;
		if (failure)
			(args[0] as { operation: () => unknown }).operation = () => {
				throw failure;
			};
		return go();
	};

	/** A transaction that has nothing more to do is about to be committed: the last moment at which it can fail. */
	static #end = (that: unknown, go: () => unknown): unknown => {
		const transaction = that as Insides;
		const idle = transaction._requests.every(({ request }) => request.readyState === 'done');
		if (idle && transaction._state !== 'finished' && transaction.mode === 'readwrite') {
			const failure = this.#counted(this.#asked.get(transaction) ?? this.#last);
			if (failure) return transaction._abort(failure.name);
		}
		return go();
	};

	static #whole = (_: unknown, go: () => unknown): unknown => {
		const failure = this.#counted([...this.#last, here()]);
		if (!failure) return go();
		if (failure.name === 'InvalidStateError') throw failure;
		const request = { error: failure, onerror: undefined as ((event: unknown) => void) | undefined };
		setImmediate(() => request.onerror?.({ type: 'error', target: request }));
		return request;
	};
}

function transactionOf(that: unknown): IDBTransaction {
	if (that instanceof IDBObjectStore) return that.transaction;
	const store = that instanceof IDBIndex ? that.objectStore : (that as IDBCursor).source;
	return store instanceof IDBIndex ? store.objectStore.transaction : store.transaction;
}

function here(): Error {
	const before = Error.stackTraceLimit;
	Error.stackTraceLimit = 60;
	const stack = new Error();
	Error.stackTraceLimit = before;
	return stack;
}

/** The innermost line of the product on the last stack that shows one. */
function lineOfProduct(asked: readonly Error[]): string {
	for (const { stack } of asked.toReversed()) {
		const found = /src\/(lib\/[\w/-]+\.ts):(\d+)/.exec(stack ?? '');
		if (found) return `${found[1]}:${found[2]}`;
	}
	return '';
}

/** The objects that hold Dexie's methods. */
function dexiePrototypes(): object[] {
	const db = new Dexie('prototypes');
	db.version(1).stores({ rows: 'id' });
	const table: Table = db.table('rows');
	const owner = (start: object, name: string): object => {
		let at: object = start;
		while (!Object.hasOwn(at, name)) at = Object.getPrototypeOf(at) as object;
		return at;
	};
	return [owner(table, 'bulkPut'), owner(table.toCollection(), 'sortBy'), owner(db, 'transaction')];
}
