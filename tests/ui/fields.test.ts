import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** A tag with its attributes, whose values may hold what looks like its end. */
const FIELD = /<(input|textarea|select)\b((?:[^>{"]|"[^"]*"|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})*)>/g;
const TICKED = /\btype=("(radio|checkbox|file)"|\{multiple)/;
/** A password is never written; a code is used up, and a name is what the browser's own manager knows a person by. */
const KEPT = /\bautocomplete=("(off|current-password|new-password|one-time-code|username)"|\{)/;

// A browser that may fill a field in again also writes what is typed there to its own files, in clear, for when it is started
// again: the words of a respondent would lie beside the vault.
test('no field lets the browser keep what is typed in it', () => {
	let fields = 0;
	for (const file of globSync('src/**/*.svelte')) {
		for (const [tag, name, attributes] of readFileSync(file, 'utf8').matchAll(FIELD)) {
			if (name === 'select' || TICKED.test(attributes!)) continue;
			fields += 1;
			expect(attributes, `${file}: ${tag.slice(0, 80)}`).toMatch(KEPT);
		}
	}
	expect(fields).toBeGreaterThan(15);
});
