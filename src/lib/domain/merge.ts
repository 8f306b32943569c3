import type { Change } from './change';
import { currentOf, type Fields } from './record';
import type { Current } from './record-shapes';

/** Lays one change over the fields it touches.
 *
 * A value is current as long as no stored change on that field names its change in `seen`. So the change's own value
 * joins the current ones, and those it names leave. Which values are current does not depend on the order of arrival;
 * only which of several comes first does, and there the first stored stays in use. A change laid again, repeated or grown
 * by a later edit of the form, takes its own earlier place.
 *
 * @param named whether a change already stored names this change on that field: it came late and is history at once
 * @returns new fields; those given are not touched */
export function merge(
	fields: Fields,
	change: Pick<Change, 'id' | 'fields' | 'seen' | 'at'>,
	person: string,
	named: (field: string) => boolean = () => false
): Fields {
	const merged: Fields = { ...fields };
	for (const [field, value] of Object.entries(change.fields)) {
		const seen = seenBy(change, field);
		const kept = currentOf(fields, field).filter((current) => !seen.includes(current.change));
		const own: Current[] = named(field) ? [] : [{ value, change: change.id, person, at: change.at }];
		const before = kept.findIndex((current) => current.change === change.id);
		merged[field] = before === -1 ? [...kept, ...own] : kept.toSpliced(before, 1, ...own);
	}
	return merged;
}

/** What a change names as seen on a field. Its own id there means nothing: a change does not answer itself. */
const seenBy = (change: Pick<Change, 'id' | 'seen'>, field: string): string[] =>
	Object.hasOwn(change.seen, field) ? change.seen[field]!.filter((id) => id !== change.id) : [];

/** The changes named in `seen` that are not among the current values: either history already, or not here yet. */
export const namedElsewhere = (
	fields: Fields,
	change: Pick<Change, 'id' | 'fields' | 'seen'>
): [field: string, id: string][] =>
	Object.keys(change.fields).flatMap((field) =>
		seenBy(change, field)
			.filter((id) => !currentOf(fields, field).some((current) => current.change === id))
			.map((id): [string, string] => [field, id])
	);

/** The later edit of one open change folded into it: the last value wins, and everything ever seen is named. */
export function fold(open: Change, fields: Change['fields'], seen: Change['seen'], at: string): Change {
	const merged: Change['seen'] = { ...open.seen };
	for (const field of Object.keys(fields)) {
		const ids = new Set([...seenBy(open, field), ...seenBy({ id: open.id, seen }, field)]);
		merged[field] = [...ids];
	}
	return { ...open, fields: { ...open.fields, ...fields }, seen: merged, at };
}
