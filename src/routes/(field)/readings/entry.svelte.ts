import type { Framework } from '$lib/domain/framework';
import type { ReadingValue } from '$lib/domain/reading';
import { canonical } from '$lib/domain/record';
import { here, type SaveState } from '../../here.svelte';
import { draftOf } from './figure';
import { readDraft, unlikelyChange, type Cell, type Draft, type Row, type Slip } from './grid';

type Opened = { row: Pick<Row, 'indicator'>; cell: Cell };

/** The one cell being filled, in the grid, in the list of a period or on the page of two values. */
export class Entry {
	/** The cell as it was when the edit began: what is saved names these values as seen, and no newer ones. */
	opened = $state.raw<Opened>();
	draft = $state<Draft>({ first: '', second: '' });
	comment = $state('');
	slip = $state.raw<Slip>();
	/** An unlikely change was saved and waits to be confirmed. */
	asking = $state(false);
	state = $state.raw<SaveState>({ at: 'nothing' });
	#framework: () => Framework;
	#latest: (id: string) => Cell | undefined;
	#commit: Promise<boolean> | undefined;

	/** @param latest the cell as it is on the screen now */
	constructor(framework: () => Framework, latest: (id: string) => Cell | undefined) {
		this.#framework = framework;
		this.#latest = latest;
	}

	isOpen(cell: Cell): boolean {
		return this.opened?.cell.id === cell.id;
	}

	/** Opens a cell, once what was typed in another is on the disk.
	 * @param typed the key that began it: it replaces what was there
	 * @returns whether it could: a figure that cannot be read keeps its cell open */
	async open(row: Opened['row'], cell: Cell, typed?: string): Promise<boolean> {
		if (this.isOpen(cell)) return true;
		if (!(await this.commit())) return false;
		if (this.opened) this.close(); // it asks to be confirmed, and can be asked again
		this.#begin(row, cell);
		if (typed !== undefined) this.draft = { first: typed, second: '' };
		this.asking = cell.toConfirm && typed === undefined;
		return true;
	}

	/** Begins to type over the value that is being asked about. */
	correct(row: Opened['row'], cell: Cell): void {
		this.close();
		this.#begin(row, cell);
	}

	#begin(row: Opened['row'], cell: Cell): void {
		this.opened = { row, cell };
		this.draft = draftOf(this.#framework(), row.indicator, cell.value);
		this.comment = cell.comment;
	}

	/** Leaves the cell as it was before it was opened. */
	close(): void {
		this.opened = undefined;
		this.slip = undefined;
		this.asking = false;
	}

	/** Saves what was typed.
	 * @returns whether the cell could be left; the words stay on the screen otherwise */
	async commit(): Promise<boolean> {
		// Enter, then the loss of focus it brings: one save.
		return await (this.#commit ??= this.#read().finally(() => (this.#commit = undefined)));
	}

	async #read(): Promise<boolean> {
		if (!this.opened) return true;
		const { row, cell } = this.opened;
		if (this.asking) return await this.#answer(cell, {});
		const initial = draftOf(this.#framework(), row.indicator, cell.value);
		const untouched = this.draft.first === initial.first && this.draft.second === initial.second;
		if (untouched) return await this.#write(cell.value ?? null);
		const read = readDraft(this.#framework(), row.indicator, this.draft);
		this.slip = 'at' in read ? read : undefined;
		return 'at' in read ? false : await this.#write(read.value);
	}

	/** Saves « does not apply », or takes the value back. */
	async put(value: { notApplicable: true } | null): Promise<boolean> {
		this.slip = undefined;
		return await this.#write(value);
	}

	/** Says that the unlikely figure of this cell is right. */
	async confirm(cell: Cell): Promise<boolean> {
		if (this.isOpen(cell)) return await this.#answer(cell, { toConfirm: false });
		return await this.#save(cell, { toConfirm: false });
	}

	/** Leaves the question with what was answered: at least the reason, if one was typed. */
	async #answer(asked: Cell, fields: { [field: string]: unknown }): Promise<boolean> {
		const cell = this.#latest(asked.id) ?? asked;
		const comment = this.comment.trim();
		const all = { ...fields, ...(comment === cell.comment ? {} : { comment }) };
		if (Object.keys(all).length > 0 && !(await this.#save(cell, all))) return false;
		this.close();
		return true;
	}

	async #write(value: ReadingValue): Promise<boolean> {
		const opened = this.opened!;
		const { cell } = opened;
		const fields: { [field: string]: unknown } = {};
		const changed = canonical(value) !== canonical(cell.value ?? null);
		const unlikely = changed && unlikelyChange(cell.before, value) !== undefined;
		if (changed) {
			fields.value = value;
			if (unlikely || cell.toConfirm) fields.toConfirm = unlikely;
		}
		if (this.comment.trim() !== cell.comment) fields.comment = this.comment.trim();
		if (Object.keys(fields).length > 0 && !(await this.#save(cell, fields))) return false;
		if (this.opened !== opened) return true;
		this.slip = undefined;
		if (unlikely) this.asking = true;
		else this.close();
		return true;
	}

	/** Settles a contested cell on one value: everything that was on the screen is named. */
	async settle(cell: Cell, value: ReadingValue, toConfirm: boolean): Promise<boolean> {
		return await this.#save(cell, { value, ...(cell.toConfirm === toConfirm ? {} : { toConfirm }) });
	}

	async #save(cell: Cell, fields: { [field: string]: unknown }): Promise<boolean> {
		this.state = { at: 'saving' };
		try {
			await here.save('reading', cell.id, fields, cell.fields);
			this.state = { at: 'saved', time: new Date().toISOString() };
			return true;
		} catch {
			this.state = { at: 'failed' };
			return false;
		}
	}
}
