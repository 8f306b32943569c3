import { isGone, type Deletion, type Fields } from '$lib/domain/record';
import type { Current } from '$lib/domain/sync';

/** Who deleted a record that is still in sight, and what was edited by somebody who had not seen it deleted. */
export function tornDeletion(
	fields: Fields
): { deletions: Current[]; edits: { field: string; current: Current }[] } | undefined {
	const deletions = (fields.deleted ?? []).filter(({ value }) => value !== null);
	if (deletions.length === 0 || isGone(fields)) return undefined;
	const named = new Set(deletions.flatMap(({ value }) => (value as Deletion).named));
	const edits = Object.entries(fields).flatMap(([field, values]) =>
		field === 'deleted' ? [] : values.filter(({ change }) => !named.has(change)).map((current) => ({ field, current }))
	);
	return { deletions, edits };
}
