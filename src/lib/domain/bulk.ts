import { isKnownField, type KindName } from './kinds/all';
import { MAX_WORDS } from './interview';
import type { Fields } from './record';

/** Characters of one change as it travels: thirty answers of the longest are 600,000, a framework is 200,000. */
export const MAX_CHANGE = 1_000_000;

/** Characters of one field's JSON: the longest words, had each letter to be escaped in six, and what stands beside them. It
 * also bounds all that a record holds in fields that no kind knows. */
export const MAX_FIELD = 7 * MAX_WORDS;

const LONGEST: { [kind in KindName]: number } = {
	structure: MAX_FIELD,
	antenna: MAX_FIELD,
	person: MAX_FIELD,
	framework: MAX_CHANGE, // its definition is one field
	campaign: MAX_FIELD,
	interview: MAX_FIELD,
	excerpt: MAX_FIELD,
	quote: MAX_FIELD,
	reading: MAX_FIELD,
	judgement: MAX_FIELD,
	action: MAX_FIELD
};

const length = (value: unknown): number => JSON.stringify(value).length;

/** The fields of a change that hold more than any of their kind needs. What a later version adds is kept, within reason.
 * @param text the change as it came
 * @param merged what its record would be */
export function bulkyFields(
	kind: KindName,
	fields: { [field: string]: unknown },
	text: string,
	merged: Fields
): string[] {
	const names = Object.keys(fields);
	const unknown = names.filter((field) => !isKnownField(kind, field));
	const held =
		unknown.length === 0 ? 0 : length(Object.entries(merged).filter(([field]) => !isKnownField(kind, field)));
	const bulky = text.length > LONGEST[kind] ? names.filter((field) => length(fields[field]) > LONGEST[kind]) : [];
	return held > MAX_FIELD ? [...new Set([...bulky, ...unknown])] : bulky;
}
