import { valueOf, type FieldOf, type ValueOf } from '$lib/domain/kinds/values';
import type { Fields } from '$lib/domain/record';
import { here, type SaveState } from '$lib/here/here.svelte';
import { Pace } from '$lib/here/pace';
import { readTyped } from '$lib/local/typed';

/** Texts as they were typed that the interview cannot hold, by their place in it: a number that is none, words too long. */
type Left = { [place: string]: string };
const NOTHING = '{}';
/** The place among these where the step is kept at which the interview was left. */
const STEP = 'step';

/** One interview while it is being taken. What is typed shows at once and is on the disk within a second; the form keeps
 * what it opened on, so that an edit names what was on the screen and nothing else. */
export class Draft {
	state = $state<SaveState>({ at: 'nothing' });
	#fields = $state.raw<Fields>({});
	#typed = $state<{ [field: string]: unknown }>({});
	#left = $state<Left>({});
	/** What lies on the disk of these. */
	#kept: string;
	#pace = new Pace(() => this.flush());
	#writing: Promise<void> = Promise.resolve();
	/** Whose it is: whoever opens the device afterwards. */
	readonly stay = here.stay;

	constructor(
		readonly id: string,
		opened: Fields,
		left: Left = {}
	) {
		this.#fields = opened;
		this.#left = left;
		this.#kept = JSON.stringify(left);
	}

	/** @returns the interview as it was left, with what was typed in it and could not be held */
	static async open(id: string, opened: Fields): Promise<Draft> {
		return new Draft(id, opened, await readTyped<Left>(here.stay.db, id).catch(() => undefined));
	}

	/** What the field shows: what is being typed, else what was kept. */
	get<F extends FieldOf<'interview'>>(field: F): ValueOf<'interview', F> | undefined {
		if (field in this.#typed) return this.#typed[field] as ValueOf<'interview', F>;
		return valueOf('interview', this.#fields, field);
	}

	get fields(): Fields {
		return this.#fields;
	}

	/** Changes a field; `later` waits for a pause in the typing. */
	set<F extends FieldOf<'interview'>>(field: F, value: ValueOf<'interview', F>, later = false): void {
		this.#typed[field] = value;
		this.state = { ...this.state, at: 'saving' };
		if (later) this.#pace.key();
		else void this.flush();
	}

	/** The whole text that was typed in a place and that the interview does not hold. */
	left(place: string): string | undefined {
		return this.#left[place];
	}

	/** Whether something typed stands beside the interview: all is not « enregistré » then. */
	get hasLeft(): boolean {
		return Object.keys(this.#left).some((place) => place !== STEP);
	}

	/** The step at which it was left on this device. */
	get step(): number | undefined {
		return STEP in this.#left ? Number(this.#left[STEP]) : undefined;
	}

	/** Keeps the step: it goes to the disk with the next writing. */
	standAt(step: number | undefined): void {
		if (step === undefined) delete this.#left[STEP];
		else this.#left[STEP] = String(step);
	}

	/** Keeps such a text beside the interview, on this device, until it is mended. */
	leave(place: string, text: string | undefined): void {
		if (this.#left[place] === text) return;
		if (text === undefined) delete this.#left[place];
		else this.#left[place] = text;
		this.state = { ...this.state, at: 'saving' };
		this.#pace.key();
	}

	/** Puts everything typed on the disk. Writes follow one another: the later one wins. */
	flush(): Promise<void> {
		this.#pace.rest();
		this.#writing = this.#writing.then(() => this.#write());
		return this.#writing;
	}

	async #write(): Promise<void> {
		const typed = $state.snapshot(this.#typed) as { [field: string]: unknown };
		const left = JSON.stringify(this.#left);
		if (Object.keys(typed).length === 0 && left === this.#kept) return;
		try {
			if (left !== this.#kept)
				await this.stay.keepTyped(this.id, left === NOTHING ? undefined : (JSON.parse(left) as Left));
			this.#kept = left;
			if (Object.keys(typed).length > 0)
				this.#fields = await this.stay.save({
					kind: 'interview',
					record: this.id,
					fields: typed,
					before: this.#fields
				});
			for (const [field, value] of Object.entries(typed)) {
				if (JSON.stringify($state.snapshot(this.#typed[field])) === JSON.stringify(value)) delete this.#typed[field];
			}
			const waits = Object.keys(this.#typed).length > 0 || JSON.stringify(this.#left) !== this.#kept;
			// Where one is has no state of its own: nothing was typed.
			if (this.state.at === 'saving' || this.state.at === 'failed')
				this.state = { at: waits ? 'saving' : 'saved', time: new Date().toISOString() };
		} catch {
			// Still in #typed, so still on the screen and tried again with the next key.
			this.state = { ...this.state, at: 'failed' };
		}
	}
}
