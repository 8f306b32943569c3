import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export type Erasure = { structure: string; id: string; at: string };

/** The erased ids, beside the database and its backups and never in them. */
export type Ledger = {
	/** Resolves once the lines are on the disk: only then may what they name be deleted. */
	append: (erasures: readonly Erasure[]) => void;
	read: () => Erasure[];
};

/** One line an id: structure, id, time, nothing else. A line cut by a power failure is passed over: what it named has not
 * been erased yet, and whoever asked was told so. */
export const ledgerFile = (file: string): Ledger => ({
	append(erasures) {
		mkdirSync(dirname(file), { recursive: true });
		const handle = openSync(file, 'a', 0o600);
		try {
			// Should the line before have been cut by a power failure, this one does not lengthen it.
			// All of it or an error: one write alone stops short, and says nothing, where the disk is full.
			writeFileSync(handle, erasures.map(({ structure, id, at }) => `\n${structure} ${id} ${at}\n`).join(''));
			fsyncSync(handle);
		} finally {
			closeSync(handle);
		}
	},
	read() {
		if (!existsSync(file)) return [];
		return readFileSync(file, 'utf8')
			.split('\n')
			.flatMap((line) => {
				const [structure, id, at, more] = line.split(' ');
				return structure && id && at && more === undefined ? [{ structure, id, at }] : [];
			});
	}
});
