import { inUse, type Fields } from '$lib/domain/record';
import { here, type SaveState } from '../../here.svelte';

/** Typing goes to the disk at the first pause of this length, */
const PAUSE = 400;
/** and by then even when the hand never rests: a second of typing is all that a dead battery may take. */
const AT_MOST = 600;

/** One interview while it is being taken. What is typed shows at once and is on the disk within a second; the form keeps
 * what it opened on, so that an edit names what was on the screen and nothing else. */
export class Draft {
	state = $state<SaveState>({ at: 'nothing' });
	#fields = $state.raw<Fields>({});
	#typed = $state<{ [field: string]: unknown }>({});
	#timer: ReturnType<typeof setTimeout> | undefined;
	/** When the oldest key that waits was typed. */
	#since: number | undefined;
	#writing: Promise<void> = Promise.resolve();

	constructor(
		readonly id: string,
		opened: Fields
	) {
		this.#fields = opened;
	}

	/** What the field shows: what is being typed, else what was kept. */
	get<T>(field: string): T | undefined {
		return (field in this.#typed ? this.#typed[field] : inUse(this.#fields, field)) as T | undefined;
	}

	get fields(): Fields {
		return this.#fields;
	}

	/** Changes a field; `later` waits for a pause in the typing. */
	set(field: string, value: unknown, later = false): void {
		this.#typed[field] = value;
		this.state = { ...this.state, at: 'saving' };
		clearTimeout(this.#timer);
		if (!later) return void this.flush();
		this.#since ??= performance.now();
		const left = this.#since + AT_MOST - performance.now();
		this.#timer = setTimeout(() => void this.flush(), Math.max(0, Math.min(PAUSE, left)));
	}

	/** Puts everything typed on the disk. Writes follow one another: the later one wins. */
	flush(): Promise<void> {
		clearTimeout(this.#timer);
		this.#since = undefined;
		this.#writing = this.#writing.then(() => this.#write());
		return this.#writing;
	}

	async #write(): Promise<void> {
		const typed = $state.snapshot(this.#typed) as { [field: string]: unknown };
		if (Object.keys(typed).length === 0) return;
		try {
			this.#fields = await here.save('interview', this.id, typed, this.#fields);
			for (const [field, value] of Object.entries(typed)) {
				if (JSON.stringify($state.snapshot(this.#typed[field])) === JSON.stringify(value)) delete this.#typed[field];
			}
			this.state = { at: Object.keys(this.#typed).length > 0 ? 'saving' : 'saved', time: new Date().toISOString() };
		} catch {
			// Still in #typed, so still on the screen and tried again with the next key.
			this.state = { ...this.state, at: 'failed' };
		}
	}
}
