import type { Outcome } from './exchange';

/** What the runner needs of its device. */
export type Surroundings = {
	/** Runs `work` unless another tab is at it; says whether it did. */
	alone: (work: () => Promise<void>) => Promise<boolean>;
	wait: (milliseconds: number, then: () => void) => () => void; // gives back how to cancel
	isOnline: () => boolean;
};

export type RunnerState =
	{ at: 'rest'; outcome: Outcome | undefined; retryIn: number | undefined } | { at: 'work'; sent: number; of: number };

const FIRST_RETRY = 10_000;
const LAST_RETRY = 600_000;
/** Between two looks for news while all goes well. */
const LOOK = 60_000;
/** After an edit, so that a page of typing travels as one change. */
const AFTER_EDIT = 4_000;

/** Ends that only a person can change: trying again would not. */
const WAITS: Outcome['state'][] = ['signed-out', 'revoked', 'second-factor'];

/** Decides when to exchange: at the start, when the network returns, when the person comes back to the app, after an edit,
 * from time to time, and at once when they ask. Failures wait longer and longer.
 *
 *   rest ──wake──▶ work ──done──▶ rest (look again in a minute)
 *                    └──failed──▶ rest (retry in 10 s, 20 s … 10 min) */
export class Runner {
	#cancel: () => void = () => {};
	#failures = 0;
	#running = false;
	/** How soon to exchange again after the one under way, where something came up meanwhile. */
	#again: number | undefined;
	#stopped = false;
	#ended: () => void = () => {};

	constructor(
		readonly work: (onprogress: (sent: number, of: number) => void) => Promise<Outcome>,
		readonly surroundings: Surroundings,
		readonly onstate: (state: RunnerState) => void
	) {}

	/** Exchanges now, or once the exchange under way has ended. */
	async wake(): Promise<void> {
		if (this.#stopped) return;
		if (this.#running) {
			this.#again = 0;
			return;
		}
		this.#cancel();
		this.#running = true;
		let outcome: Outcome | undefined;
		try {
			await this.surroundings.alone(async () => {
				this.onstate({ at: 'work', sent: 0, of: 0 });
				outcome = await this.work((sent, of) => this.onstate({ at: 'work', sent, of }));
			});
		} finally {
			this.#running = false;
			this.#ended();
			this.#rest(outcome);
		}
	}

	/** Something was saved: it will be worth a call soon. */
	edited(): void {
		if (this.#running) this.#again ??= AFTER_EDIT;
		else if (!this.#stopped && this.#failures === 0) this.#next(AFTER_EDIT);
	}

	/** Begins no other exchange.
	 * @returns once the one under way has ended by itself */
	async stop(): Promise<void> {
		this.#stopped = true;
		this.#cancel();
		if (this.#running) await new Promise<void>((ended) => (this.#ended = ended));
	}

	#rest(outcome: Outcome | undefined): void {
		const waits = outcome !== undefined && WAITS.includes(outcome.state);
		const failed = outcome !== undefined && outcome.state !== 'done' && !waits;
		this.#failures = failed ? this.#failures + 1 : 0;
		const delay = failed ? Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (this.#failures - 1)) : (this.#again ?? LOOK);
		this.#again = undefined;
		this.onstate({ at: 'rest', outcome, retryIn: failed ? delay : undefined });
		if (!this.#stopped && !waits) this.#next(delay);
	}

	#next(delay: number): void {
		this.#cancel();
		this.#cancel = this.surroundings.wait(delay, () => {
			if (this.surroundings.isOnline()) void this.wake();
			else this.#next(LOOK);
		});
	}
}
