import { Draws } from '../../src/lib/server/fictitious/draws.ts';

/** A seeded source of numbers, of ids and of choices. */
export class Random extends Draws {
	below = (bound: number): number => Math.floor(this.next() * bound);
	pick = <T>(items: readonly T[]): T => items[this.below(items.length)]!;
	uuid(): string {
		const hex = Buffer.from(this.bytes(16)).toString('hex');
		return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
	}
}

/** Something that runs and can be killed between any two of its steps: a tab, one request on the server, the world. */
export class Process {
	readonly queue: (() => void)[] = [];
	alive = true;

	/** @param disk of the device it runs on, if it does */
	constructor(
		readonly name: string,
		readonly disk?: { factory: IDBFactory }
	) {}

	/** Nothing of it ever runs again: what it was waiting for does not come. */
	kill(): void {
		this.alive = false;
		this.queue.length = 0;
	}
}

type Timer = { at: number; order: number; process: Process; run: () => void };

const tick = globalThis.setImmediate;

/** One thread on which everything runs, one step at a time, in an order drawn from the seed. A step is what a real event
 * loop runs between two turns; time passes when there is nothing else to do. */
export class Scheduler {
	now = 0;
	steps = 0;
	/** Told of each step before it is taken. */
	onstep: (process: Process) => void = () => undefined;
	#ready: Process[] = [];
	#timers: Timer[] = [];
	#order = 0;
	#current: Process;

	constructor(
		readonly random: Random,
		readonly world: Process
	) {
		this.#current = world;
	}

	get current(): Process {
		return this.#current;
	}

	/** In the place of the platform's own: whatever asks for a turn gets one in its own process. */
	setImmediate = (run: () => void): void => this.enqueue(this.#current, run);

	enqueue(process: Process, run: () => void): void {
		if (!process.alive) return;
		if (process.queue.length === 0) this.#ready.push(process);
		process.queue.push(run);
	}

	/** A turn of its own: where others may come in between, and where it may be killed. */
	turn = (process: Process): Promise<void> => new Promise((resolve) => this.enqueue(process, resolve));

	after(milliseconds: number, process: Process, run: () => void): () => void {
		const timer = { at: this.now + Math.max(0, milliseconds), order: this.#order++, process, run };
		this.#timers.push(timer);
		return () => {
			const index = this.#timers.indexOf(timer);
			if (index !== -1) this.#timers.splice(index, 1);
		};
	}

	/** Runs everything until `done`, or until there is nothing left to run.
	 * @throws Error after too many steps: something goes round in circles */
	async run(done: () => boolean, limit = 400_000): Promise<void> {
		while (!done()) {
			const process = this.#next();
			if (!process) return;
			this.onstep(process);
			if (!process.alive) continue;
			this.#current = process;
			this.steps += 1;
			if (this.steps > limit) throw new Error(`more than ${limit} steps`);
			process.queue.shift()!();
			await new Promise<void>((drained) => tick(drained)); // all that follows from it without a turn of its own
			if (process.alive && process.queue.length > 0) this.#ready.push(process);
			this.#current = this.world;
		}
	}

	#next(): Process | undefined {
		for (;;) {
			while (this.#ready.length > 0) {
				const index = this.random.below(this.#ready.length);
				const process = this.#ready[index]!;
				this.#ready[index] = this.#ready.at(-1)!;
				this.#ready.pop();
				if (process.alive && process.queue.length > 0) return process;
			}
			let first: Timer | undefined;
			for (const timer of this.#timers)
				if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
			if (!first) return undefined;
			this.#timers.splice(this.#timers.indexOf(first), 1);
			this.now = Math.max(this.now, first.at);
			this.enqueue(first.process, first.run);
		}
	}
}
