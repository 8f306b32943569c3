import { contestedFields, isGone, type Deletion, type Fields } from './record';
import type { Current } from './record-shapes';

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

/** The fields that differ. A deletion is asked about by itself. */
export const differingFields = (fields: Fields): string[] =>
	contestedFields(fields).filter((field) => field !== 'deleted');

/** Whether two people wrote two things, or one deleted what another wrote on. */
export const isTorn = (fields: Fields): boolean =>
	tornDeletion(fields) !== undefined || differingFields(fields).length > 0;
