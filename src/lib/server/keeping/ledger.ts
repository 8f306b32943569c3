import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export type Erasure = { structure: string; id: string; at: string };

/** What withdrew an agreement to one interview: the fields of its change, which name it. */
export type Withdrawn = { structure: string; id: string; at: string; fields: { [field: string]: unknown } };

/** The erased ids and the agreements withdrawn, beside the database and its backups and never in them: no backup that comes
 * back undoes what a person decided. */
export type Ledger = {
	/** Resolves once the lines are on the disk: only then may what they name be deleted. */
	append: (erasures: readonly Erasure[]) => void;
	read: () => Erasure[];
	appendWithdrawn: (one: Withdrawn) => void;
	readWithdrawn: () => Withdrawn[];
};

/** One line an id: structure, id, time, and for a withdrawal its fields; nothing else. A line cut by a power failure is
 * passed over: what it named has not been done yet, and whoever asked was told so. */
export const ledgerFile = (file: string): Ledger => {
	// Asked for at every push of a new interview: read again only where it has grown, whoever let it.
	let known: { size: number; lines: string[][] } = { size: 0, lines: [] };
	const lines = (): string[][] => {
		const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
		if (size !== known.size) known = { size, lines: size === 0 ? [] : read() };
		return known.lines;
	};
	const read = (): string[][] => {
		const parts = /^(\S+) (\S+) (\S+)(?: (.+))?$/;
		return readFileSync(file, 'utf8')
			.split('\n')
			.flatMap((line) => {
				const found = parts.exec(line);
				return found ? [found.slice(1)] : [];
			});
	};
	const append = (text: readonly string[]) => {
		mkdirSync(dirname(file), { recursive: true });
		const handle = openSync(file, 'a', 0o600);
		try {
			// Should the line before have been cut by a power failure, this one does not lengthen it.
			// All of it or an error: one write alone stops short, and says nothing, where the disk is full.
			writeFileSync(handle, text.map((line) => `\n${line}\n`).join(''));
			fsyncSync(handle);
		} finally {
			closeSync(handle);
		}
	};
	return {
		append: (erasures) => append(erasures.map(({ structure, id, at }) => `${structure} ${id} ${at}`)),
		read: () => lines().flatMap(([structure, id, at, more]) => (more ? [] : [{ structure, id, at } as Erasure])),
		appendWithdrawn: ({ structure, id, at, fields }) => append([`${structure} ${id} ${at} ${JSON.stringify(fields)}`]),
		readWithdrawn: () =>
			lines().flatMap(([structure, id, at, more]) => {
				const fields = more && fieldsIn(more);
				return fields ? [{ structure, id, at, fields } as Withdrawn] : [];
			})
	};
};

function fieldsIn(text: string): Withdrawn['fields'] | undefined {
	try {
		return JSON.parse(text) as Withdrawn['fields'];
	} catch {
		return undefined; // cut short
	}
}
