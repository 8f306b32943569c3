import * as z from 'zod/mini';
import type { Contribution } from '../contributions';
import { ChangeId } from '../ids';
import { isGone } from '../record';
import { action } from './action';
import { antenna } from './antenna';
import { campaign } from './campaign';
import { excerpt } from './excerpt';
import { framework } from './framework';
import { interview } from './interview';
import { judgement } from './judgement';
import type { Context, Kind, Subject } from './kind';
import { person } from './person';
import { quote } from './quote';
import { reading } from './reading';
import { structure } from './structure';

/** Every kind of record this version knows. */
export const KINDS = {
	structure,
	antenna,
	person,
	framework,
	campaign,
	interview,
	excerpt,
	quote,
	reading,
	judgement,
	action
};
export type KindName = keyof typeof KINDS;

/** Raised when what a stored record counts for, to whom it goes or how it is written becomes another: a server then brings
 * all that it holds under the new rules at its next start. */
export const RULES = '5';

export const isKnownKind = (kind: string): kind is KindName => Object.hasOwn(KINDS, kind);

/** What is known of a kind. One of a later version is kept, and is nobody's to read or write until it is known. */
export const kindOf = (kind: string): Kind | undefined => (isKnownKind(kind) ? KINDS[kind] : undefined);

/** The value of the field `deleted`; nothing, once somebody has taken the deletion back. */
const Deletion = z.nullable(z.looseObject({ named: z.array(ChangeId) }));

/** The fields whose value does not have the shape this version knows. A field it does not know is kept as it is. */
export function invalidFields(kind: string, fields: { [field: string]: unknown }): string[] {
	const known = kindOf(kind);
	if (!known) return [];
	return Object.keys(fields).filter((field) => schemaOf(known, field)?.safeParse(fields[field]).success === false);
}

/** Whether this version knows what a field of this kind says. */
export const isKnownField = (kind: KindName, field: string): boolean => schemaOf(KINDS[kind], field) !== undefined;

function schemaOf({ fields, families }: Kind, field: string): z.ZodMiniType | undefined {
	if (field === 'deleted') return Deletion;
	if (Object.hasOwn(fields, field)) return fields[field];
	for (const prefix in families) if (field.startsWith(prefix)) return families[prefix];
	return undefined;
}

/** The owner of what has outlived its time: counted, and nobody's to read. */
export const NOBODY = '-';

/** The one audience a record belongs to now, or none when it is gone or of no kind this version knows: who receives it
 * follows from the rights. */
export function audienceOf(record: Subject, context: Context): string | undefined {
	if (isGone(record.fields) || record.owner === NOBODY) return undefined;
	return kindOf(record.kind)?.audience(record, context);
}

/** Everything one record adds to the tallies. Nothing when it is gone or does not count yet. */
export const contributionsOf = (record: Subject, context: Context): Contribution[] =>
	isGone(record.fields) ? [] : (kindOf(record.kind)?.contributions(record, context) ?? []);
