import { isFilled, readDraft, shapeOf, unlikelyChange, type Cell, type Row, type Slip, type Spot } from './grid';
import type { Framework } from '$lib/domain/framework-shapes';
import type { ReadingValue } from '$lib/domain/reading';
import { canonical } from '$lib/domain/record';
import type { Edit } from '$lib/here/stay';

/** A block of cells, by two of its corners. The column after the last period is the total's. */
export type Span = { from: Spot; to: Spot };

export const spanOf = (a: Spot, b: Spot): Span => ({
	from: { row: Math.min(a.row, b.row), column: Math.min(a.column, b.column) },
	to: { row: Math.max(a.row, b.row), column: Math.max(a.column, b.column) }
});

export const isWithin = ({ from, to }: Span, { row, column }: Spot): boolean =>
	row >= from.row && row <= to.row && column >= from.column && column <= to.column;

/** Why nothing can be written in a cell, whatever is pasted there. */
type Shut = 'future' | 'contested' | 'read-only';

/** What becomes of one pasted cell. */
export type Fate =
	| { kind: 'new' | 'replaces'; value: ReadingValue; toConfirm: boolean }
	| { kind: 'same' | 'left' } // it is there already; or an empty one, which leaves what stands
	| { kind: 'refused'; why: Slip | Shut };

export type Landing = { row: Row; cell: Cell; text: string; fate: Fate };

/** A pasted block over the grid, before anything is written. */
export type Placed = {
	span: Span; // within the grid
	landings: ReadonlyMap<string, Landing>; // by the cell's id
	totals: number; // pasted on totals, which are worked out
	outside: number; // pasted beyond the grid
};

const NOT_APPLICABLE = /^(?:s\. ?o\.?|so|sans objet|ne s[’']applique pas|n\/a|n\. ?a\.|does not apply)$/iu;
const BETWEEN_TWO = /\s*\/\s*|\s+(?:sur|pour|out of|of|for)\s+/iu; // « 41 sur 47 », 41/47

/** Reads what a spreadsheet's cell holds as a value of this row. */
function readCell(framework: Framework, { indicator }: Row, text: string): { value: ReadingValue } | Slip {
	if (NOT_APPLICABLE.test(text)) return { value: { notApplicable: true } };
	const [first = '', second = '', ...rest] = shapeOf(indicator) === 'amount' ? [text] : text.split(BETWEEN_TWO);
	return readDraft(framework, indicator, rest.length > 0 ? { first: text, second: '' } : { first, second });
}

function fateOf(framework: Framework, row: Row, cell: Cell, text: string, writable: boolean): Fate {
	if (text === '') return { kind: 'left' };
	if (!writable) return { kind: 'refused', why: 'read-only' };
	if (!isFilled(cell)) return { kind: 'refused', why: cell.contested ? 'contested' : 'future' };
	const read = readCell(framework, row, text);
	if ('at' in read) return { kind: 'refused', why: read };
	const { value } = read;
	if (canonical(value) === canonical(cell.value ?? null)) return { kind: 'same' };
	const toConfirm = unlikelyChange(cell.before, value) !== undefined;
	return { kind: cell.value ? 'replaces' : 'new', value, toConfirm };
}

/** Lays a block over the grid, its first cell on `from`. */
export function place(
	framework: Framework,
	rows: readonly Row[],
	block: readonly string[][],
	from: Spot,
	mayWrite: (row: Row) => boolean
): Placed {
	const landings = new Map<string, Landing>();
	const columns = rows[0]?.cells.length ?? 0;
	const to = { row: from.row, column: Math.min(from.column, columns - 1) };
	let [totals, outside] = [0, 0];
	for (const [down, line] of block.entries()) {
		const row = rows[from.row + down];
		for (const [right, raw] of line.entries()) {
			const text = raw.trim();
			const column = from.column + right;
			const cell = row?.cells[column];
			if (row && cell) {
				landings.set(cell.id, { row, cell, text, fate: fateOf(framework, row, cell, text, mayWrite(row)) });
				to.row = from.row + down;
				to.column = Math.max(to.column, column);
			} else if (text !== '') {
				if (row && column === columns && columns > 1) totals++;
				else outside++;
			}
		}
	}
	return { span: { from, to }, landings, totals, outside };
}

type Written = Landing & { fate: Extract<Fate, { value: ReadingValue }> };
const written = ({ landings }: Placed): Written[] =>
	[...landings.values()].filter((landing): landing is Written => 'value' in landing.fate);

/** What is saved to write a block: nothing where it brings nothing. */
export const editsOf = (placed: Placed): Edit[] =>
	written(placed).map(({ cell, fate: { value, toConfirm } }) => ({
		kind: 'reading',
		record: cell.id,
		fields: { value, ...(toConfirm === cell.toConfirm ? {} : { toConfirm }) },
		before: cell.fields
	}));

/** What is saved to take a block back, wherever what it brought still stands. */
export function takenBack(rows: readonly Row[], placed: Placed): Edit[] {
	const now = new Map(rows.flatMap(({ cells }) => cells.map((cell) => [cell.id, cell])));
	return written(placed).flatMap(({ cell, fate: { value } }) => {
		const stands = now.get(cell.id);
		if (!stands || stands.contested || canonical(stands.value ?? null) !== canonical(value)) return [];
		const fields = {
			value: cell.value ?? null,
			...(stands.toConfirm === cell.toConfirm ? {} : { toConfirm: cell.toConfirm })
		};
		return [{ kind: 'reading', record: cell.id, fields, before: stands.fields }];
	});
}
