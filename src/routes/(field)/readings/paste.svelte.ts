import type { Framework } from '$lib/domain/framework-shapes';
import { readBlock } from '$lib/report/clipboard';
import { editsOf, place, takenBack, type Placed } from './block';
import type { Entry } from './entry.svelte';
import type { Row, Spot } from './grid';

type Over = { entry: () => Entry; framework: () => Framework; rows: () => Row[]; mayWrite: (row: Row) => boolean };

/** One block pasted over readings, in the grid or in the list of a period: shown, then written in one go, then taken back in
 * one go. */
export class Paste {
	/** A block that is shown, and not written. */
	#pasting = $state.raw<{ block: string[][]; at: Spot }>();
	/** The one that was written last, and the rows it was written over. */
	#pasted = $state.raw<{ placed: Placed; over: Row[] }>();
	undone = $state(false);
	/** What was pasted could not be read: what reads it has not been fetched. */
	unread = $state(false);
	#writing = false;
	readonly placed = $derived.by(() => {
		const { framework, rows, mayWrite } = this.#over;
		return this.#pasting && place(framework(), rows(), this.#pasting.block, this.#pasting.at, mayWrite);
	});
	/** The block that stands written, and can be taken back. */
	readonly pasted = $derived.by(() => (this.#pasted?.over === this.#over.rows() ? undefined : this.#pasted?.placed));
	#over: Over;

	constructor(over: Over) {
		this.#over = over;
	}

	get #entry(): Entry {
		return this.#over.entry();
	}

	/** Shows what a text would write, its first cell on `at`. */
	async show(text: string, at: Spot): Promise<void> {
		if (this.#entry.opened) await this.#entry.cancel();
		const block = await readBlock(text).catch(() => undefined);
		this.unread = block === undefined;
		this.#pasting = block && { block, at };
		[this.#pasted, this.undone] = [undefined, false];
	}

	/** @returns where it begins, once it is on the disk */
	async write(): Promise<Spot | undefined> {
		const edits = this.placed && editsOf(this.placed);
		if (!edits || edits.length === 0) return undefined;
		const now = { placed: this.placed!, over: this.#over.rows() };
		if (!(await this.#save(() => this.#entry.saveMany(edits)))) return undefined;
		[this.#pasting, this.#pasted] = [undefined, now];
		return now.placed.span.from;
	}

	/** @returns where it began, once what it brought is gone */
	async undo(): Promise<Spot | undefined> {
		const { pasted } = this;
		if (!pasted) return undefined;
		const edits = takenBack(this.#over.rows(), pasted);
		if (edits.length > 0 && !(await this.#save(() => this.#entry.saveMany(edits)))) return undefined;
		[this.#pasted, this.undone] = [undefined, edits.length > 0]; // nothing of it stood any more
		return pasted.span.from;
	}

	async #save(write: () => Promise<boolean>): Promise<boolean> {
		if (this.#writing) return false;
		this.#writing = true;
		return await write().finally(() => (this.#writing = false));
	}

	/** Lets go of a block: nothing is written of it, or what is written stays. */
	drop(): void {
		[this.#pasting, this.#pasted] = [undefined, undefined];
	}

	/** Something else is being typed. */
	leave(): void {
		[this.#pasting, this.undone] = [undefined, false];
	}
}
