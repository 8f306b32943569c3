import type { Framework } from '$lib/domain/framework-shapes';
import type { ReadingValue } from '$lib/domain/reading';
import { canonical, type Fields } from '$lib/domain/record';
import { fit, MAX_REMARK } from '$lib/domain/text';
import { here, type SaveState } from '$lib/here/here.svelte';
import { Pace } from '$lib/here/pace';
import type { Edit } from '$lib/here/stay';
import { listTyped, readTyped } from '$lib/local/typed';
import { draftOf } from './figure';
import { readDraft, unlikelyChange, type Cell, type Draft, type Row, type Slip } from './grid';

type Opened = { row: Pick<Row, 'indicator'>; cell: Cell };
/** What the reading of the opened cell holds on the disk. */
type Held = { value: ReadingValue; comment: string; toConfirm: boolean };
/** What was typed in a cell and no reading can hold: no figure, or too long a remark. */
type Left = { draft: Draft; comment: string };

/** `unread`: something typed is no figure yet, and is in no reading. */
type EntryState = SaveState | { at: 'unread' };

/** The one cell being filled, in the grid, in the list of a period or on the page of two values. What is typed is on the disk
 * within a second: as a reading where it is a figure, else as it was typed, beside the reading that was there before. */
export class Entry {
	/** The cell as it was when the edit began. */
	opened = $state.raw<Opened>();
	draft = $state<Draft>({ first: '', second: '' });
	comment = $state('');
	slip = $state.raw<Slip>();
	/** An unlikely change was saved and waits to be confirmed. */
	asking = $state(false);
	state = $state.raw<EntryState>({ at: 'nothing' });
	#framework: () => Framework;
	/** What the next save names as seen: what the edit began on and its own saves, nothing newer. */
	#before: Fields | undefined;
	#held: Held = { value: null, comment: '', toConfirm: false };
	/** What was typed and left in cells, by their ids. */
	#left = $state.raw<ReadonlyMap<string, Left>>(new Map());
	/** Those of them that have not been opened since. */
	#found = new Set<string>();
	#commit: Promise<boolean> | undefined;
	#writing: Promise<boolean> = Promise.resolve(true);
	#pace = new Pace(() => this.flush());
	#stay = here.stay;

	constructor(framework: () => Framework) {
		this.#framework = framework;
	}

	isOpen(cell: Cell): boolean {
		return this.opened?.cell.id === cell.id;
	}

	/** Reads what was typed and left here another time. */
	async find(): Promise<void> {
		const { db } = this.#stay;
		const found = await Promise.all(
			(await listTyped(db, 'reading:')).map(async (id) => [id, await readTyped<Left>(db, id)] as const)
		);
		this.#left = new Map(found.flatMap(([id, left]) => (left ? [[id, left]] : [])));
		this.#found = new Set(this.#left.keys());
	}

	/** Opens the first of these cells in which something was typed and left. */
	resume(rows: readonly Row[], isShown: (cell: Cell) => boolean): void {
		if (this.opened || this.#left.size === 0) return;
		for (const row of rows) {
			const cell = row.cells.find((one) => this.#left.has(one.id) && this.#found.has(one.id) && isShown(one));
			if (cell) return this.#begin(row, cell);
		}
	}

	/** Opens a cell, once what was typed in another is on the disk.
	 * @param typed the key that began it: it replaces what was there
	 * @returns whether it could: a figure that cannot be read keeps its cell open */
	async open(row: Opened['row'], cell: Cell, typed?: string): Promise<boolean> {
		if (this.isOpen(cell)) return true;
		if (!(await this.commit())) return false;
		if (this.opened) this.close(); // it asks to be confirmed, and can be asked again
		this.#begin(row, cell);
		this.asking = cell.toConfirm && typed === undefined && !this.slip;
		if (typed !== undefined) {
			this.draft.second = '';
			this.type('first', typed);
		}
		return true;
	}

	/** Begins to type over the value that is being asked about. */
	correct(row: Opened['row'], cell: Cell): void {
		const { comment } = this;
		const [before, held] = [this.#before, this.#held];
		const isSame = this.isOpen(cell);
		this.close();
		this.#begin(row, cell);
		if (isSame) [this.comment, this.#before, this.#held] = [comment, before, held];
	}

	#begin(row: Opened['row'], cell: Cell): void {
		const { value = null, comment, toConfirm } = cell;
		const left = this.#left.get(cell.id);
		this.#found.delete(cell.id);
		this.opened = { row, cell };
		this.#before = cell.fields;
		this.#held = { value, comment, toConfirm };
		this.draft = left?.draft ?? draftOf(this.#framework(), row.indicator, cell.value);
		this.comment = left?.comment ?? comment;
		if (!left) return;
		const read = this.#read();
		this.slip = 'at' in read ? read : undefined;
		this.state = { at: 'unread' };
	}

	/** One key in one of the fields. */
	type(at: keyof Draft, text: string): void {
		if (!this.opened) return;
		this.draft[at] = text;
		if (this.slip && !('at' in this.#read())) this.slip = undefined;
		this.#wait();
	}

	/** One key in the remark. */
	note(text: string): void {
		this.comment = text;
		this.#wait();
	}

	#wait(): void {
		this.state = { at: 'saving' };
		this.#pace.key();
	}

	/** Puts what was typed on the disk; the cell stays open.
	 * @returns whether it could be written */
	flush(): Promise<boolean> {
		this.#pace.rest();
		return (this.#writing = this.#writing.then(() => this.#write()));
	}

	/** Leaves the cell as it was before it was opened, whatever was saved of it meanwhile. */
	async cancel(): Promise<void> {
		if (!this.opened) return;
		const { row, cell } = this.opened;
		if (!this.asking) this.draft = draftOf(this.#framework(), row.indicator, cell.value);
		this.comment = cell.comment;
		if (await this.flush()) this.close();
	}

	/** Lets go of the cell. */
	close(): void {
		this.#pace.rest();
		this.opened = undefined;
		this.slip = undefined;
		this.asking = false;
	}

	/** Saves what was typed, and leaves the cell.
	 * @returns whether it could be left; the words stay on the screen otherwise */
	async commit(): Promise<boolean> {
		// Enter, then the loss of focus it brings: one save.
		return await (this.#commit ??= this.#leave().finally(() => (this.#commit = undefined)));
	}

	async #leave(): Promise<boolean> {
		const { opened } = this;
		if (!opened) return true;
		if (!(await this.flush())) return false;
		if (this.opened !== opened) return true;
		const read = this.#read();
		this.slip = 'at' in read && !this.asking ? read : undefined;
		if (this.slip || this.#isLong) return false;
		return this.#end(opened.cell);
	}

	/** Asks about an unlikely change, or closes. */
	#end(cell: Cell): true {
		const { value } = this.#held;
		const isNew = canonical(value) !== canonical(cell.value ?? null);
		if (!this.asking && isNew && unlikelyChange(cell.before, value) !== undefined) this.asking = true;
		else this.close();
		return true;
	}

	get #isLong(): boolean {
		return fit(this.comment.trim(), MAX_REMARK).over > 0;
	}

	/** What is typed as a value. What nobody touched is the value that was there, « does not apply » too. */
	#read(): { value: ReadingValue } | Slip {
		const { row, cell } = this.opened!;
		const initial = draftOf(this.#framework(), row.indicator, cell.value);
		const isUntouched = this.draft.first === initial.first && this.draft.second === initial.second;
		return isUntouched ? { value: cell.value ?? null } : readDraft(this.#framework(), row.indicator, this.draft);
	}

	/** Saves « does not apply », or takes the value back. */
	async put(value: { notApplicable: true } | null): Promise<boolean> {
		const opened = this.opened!;
		if (this.#isLong) return false; // said under the remark
		this.#pace.rest();
		this.slip = undefined;
		this.#writing = this.#writing.then(() => this.#store(opened, value, false));
		if (!(await this.#writing)) return false;
		return this.opened !== opened || this.#end(opened.cell);
	}

	/** Says that the unlikely figure of this cell is right. */
	async confirm(cell: Cell): Promise<boolean> {
		if (!this.isOpen(cell)) return (await this.#save(cell.id, { toConfirm: false }, cell.fields)) !== undefined;
		if (!(await this.flush())) return false;
		const stands = await this.#save(cell.id, { toConfirm: false }, this.#before);
		if (!stands) return false;
		this.#before = stands;
		if (!this.#isLong) this.close();
		return true;
	}

	/** Settles a contested cell on one value: everything that was on the screen is named. */
	async settle(cell: Cell, value: ReadingValue, toConfirm: boolean): Promise<boolean> {
		const fields = { value, ...(cell.toConfirm === toConfirm ? {} : { toConfirm }) };
		return (await this.#save(cell.id, fields, cell.fields)) !== undefined;
	}

	async #write(): Promise<boolean> {
		const { opened } = this;
		if (!opened) return true;
		const typed = this.#typed;
		const read = this.asking ? { value: this.#held.value } : this.#read();
		// Never the part of it that could be read on the way: what was there before stands again.
		const value = 'at' in read ? (opened.cell.value ?? null) : read.value;
		const done = await this.#store(opened, value, 'at' in read);
		if (done && this.opened === opened && this.#typed !== typed) this.state = { at: 'saving' };
		return done;
	}

	get #typed(): string {
		return JSON.stringify([this.draft, this.comment]);
	}

	/** @param isUnread what is typed is not the value */
	async #store({ cell }: Opened, value: ReadingValue, isUnread: boolean): Promise<boolean> {
		const comment = fit(this.comment.trim(), MAX_REMARK).held;
		const isNew = canonical(value) !== canonical(cell.value ?? null);
		const toConfirm = isNew
			? unlikelyChange(cell.before, value) !== undefined
			: this.asking
				? this.#held.toConfirm
				: cell.toConfirm;
		const fields = {
			...(canonical(value) === canonical(this.#held.value) ? {} : { value }),
			...(comment === this.#held.comment ? {} : { comment }),
			...(toConfirm === this.#held.toConfirm ? {} : { toConfirm })
		};
		const left = isUnread || this.#isLong ? { draft: $state.snapshot(this.draft), comment: this.comment } : undefined;
		if (!(await this.#keep(cell.id, left))) return false;
		if (Object.keys(fields).length > 0) {
			const stands = await this.#save(cell.id, fields, this.#before);
			if (!stands) return false;
			this.#before = stands;
			this.#held = { value, comment, toConfirm };
		}
		if (left) this.state = { at: 'unread' };
		else if (this.state.at !== 'saved') this.state = this.#saved;
		return true;
	}

	/** Keeps what no reading can hold, or nothing any more. */
	async #keep(id: string, left: Left | undefined): Promise<boolean> {
		if (!left && !this.#left.has(id)) return true;
		try {
			await this.#stay.keepTyped(id, left);
		} catch {
			this.state = { at: 'failed' };
			return false;
		}
		const all = new Map(this.#left);
		if (left) all.set(id, left);
		else all.delete(id);
		this.#left = all;
		return true;
	}

	/** Saves what many cells are to hold, together: all of it, or nothing.
	 * @returns whether it could be written */
	async saveMany(edits: readonly Edit[]): Promise<boolean> {
		if (!(await this.#saveAll(edits))) return false;
		for (const { record } of edits) await this.#keep(record, undefined); // what was typed and left there is written over
		return true;
	}

	#saved: SaveState = { at: 'nothing' };

	/** @returns what the next save stands on; nothing when it failed */
	async #save(
		record: string,
		fields: { [field: string]: unknown },
		before: Fields | undefined
	): Promise<Fields | undefined> {
		return (await this.#saveAll([{ kind: 'reading', record, fields, before }]))?.[0];
	}

	async #saveAll(edits: readonly Edit[]): Promise<Fields[] | undefined> {
		this.state = { at: 'saving' };
		try {
			const stand = await this.#stay.saveMany(edits);
			this.state = this.#saved = { at: 'saved', time: new Date().toISOString() };
			return stand;
		} catch {
			this.state = { at: 'failed' };
			return undefined;
		}
	}
}
