import type { Current } from './record-shapes';

/** What merging needs of a record: it is the same on the server, on a device, and with unsent edits laid over. */
export type Fields = { [field: string]: Current[] };

/** Fields as they are stored and travel: who wrote a change and when is said once for all the values it brought, which on a
 * record of one change halves it. */
export type Packed = [
	by: [change: string, person: string, at: string][],
	fields: { [field: string]: [unknown, number][] }
];

export function pack(fields: Fields): Packed {
	const places = new Map<string, number>();
	const by: Packed[0] = [];
	const placeOf = ({ change, person, at }: Current): number => {
		const known = places.get(change);
		if (known !== undefined) return known;
		places.set(change, by.length);
		return by.push([change, person, at]) - 1;
	};
	const packed: Packed[1] = {};
	for (const field of Object.keys(fields)) packed[field] = fields[field]!.map((one) => [one.value, placeOf(one)]);
	return [by, packed];
}

/** The fields of a stored record, out of its JSON and into it. */
export const parseFields = (json: string): Fields => unpack(JSON.parse(json) as Packed | Fields);
export const printFields = (fields: Fields): string => JSON.stringify(pack(fields));

/** The fields again, also of what was kept before they were packed. */
export function unpack(kept: Packed | Fields): Fields {
	if (!Array.isArray(kept)) return kept;
	const [by, packed] = kept;
	return Object.fromEntries(
		Object.entries(packed).map(([field, values]) => [
			field,
			values.map(([value, place]) => {
				const [change, person, at] = by[place]!;
				return { value, change, person, at };
			})
		])
	);
}

/** The current values of a field. Names come from outside: one that every object inherits is still just a name. */
export const currentOf = (fields: Fields, field: string): Current[] =>
	Object.hasOwn(fields, field) ? fields[field]! : [];

/** The value in use, or nothing when the field was never filled. */
export const inUse = (fields: Fields, field: string): unknown => currentOf(fields, field)[0]?.value;

/** All that is in use, field by field: what a form shows. */
export const valuesOf = (fields: Fields): { [field: string]: unknown } =>
	Object.fromEntries(Object.entries(fields).map(([field, current]) => [field, current[0]?.value]));

/** The ids an edit of this field must name: everything that was on the screen. */
export const seenOf = (fields: Fields, field: string): string[] => currentOf(fields, field).map(({ change }) => change);

/** The different values that stand beside one another, in the order they were stored. One or none: not contested. */
export function differing(fields: Fields, field: string): Current[] {
	const distinct = new Map<string, Current>();
	for (const current of currentOf(fields, field)) {
		const { value } = current;
		const key = value !== null && typeof value === 'object' ? textOf(value) : canonical(value);
		if (!distinct.has(key)) distinct.set(key, current);
	}
	return [...distinct.values()];
}

/** Stops at the first difference: a field may have gathered many values, and is asked about at every change. */
export function isContested(fields: Fields, field: string): boolean {
	const [first, ...others] = currentOf(fields, field);
	return first !== undefined && others.some(({ value }) => !isSame(value, first.value));
}

function isSame(a: unknown, b: unknown): boolean {
	if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
	return textOf(a) === textOf(b);
}

/** Values are never written to: what one reads as is worked out once. */
const texts = new WeakMap<object, string>();
function textOf(value: object): string {
	const known = texts.get(value);
	if (known !== undefined) return known;
	const text = canonical(value);
	texts.set(value, text);
	return text;
}

export const contestedFields = (fields: Fields): string[] =>
	Object.keys(fields).filter((field) => isContested(fields, field));

/** JSON with sorted keys, so that the same value is the same text whoever wrote it. */
export function canonical(value: unknown): string {
	return JSON.stringify(value, (_, part: unknown) =>
		part !== null && typeof part === 'object' && !Array.isArray(part)
			? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
			: part
	);
}

/** Deleted, and nothing says otherwise: every value that stands was on the screen of somebody who deleted it.
 * An edit that the deletion did not name keeps the record in sight. */
export function isGone(fields: Fields): boolean {
	const deletions = fields.deleted ?? [];
	if (deletions.length === 0 || !deletions.every(({ value }) => isDeletion(value))) return false;
	const named = new Set(deletions.flatMap(({ value }) => (value as Deletion).named));
	return Object.entries(fields).every(
		([field, current]) => field === 'deleted' || current.every(({ change }) => named.has(change))
	);
}

/** The value of the field `deleted`: the changes whose values the person saw when they deleted the record. */
export type Deletion = { named: string[] };
const isDeletion = (value: unknown): value is Deletion =>
	value !== null && typeof value === 'object' && 'named' in value;

export const deletionOf = (fields: Fields): Deletion => ({
	named: Object.keys(fields).flatMap((field) => (field === 'deleted' ? [] : seenOf(fields, field)))
});
