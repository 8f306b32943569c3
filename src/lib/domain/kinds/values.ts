import type * as z from 'zod/mini';
import { inUse, valuesOf as valuesIn, type Fields } from '../record';
import type { KindName, KINDS } from './all';

/** The values that a kind's fields hold, typed by its schemas. Nothing is parsed again: what stands in a record was, where it
 * was taken in. A field of another version may hold anything, and is named by nobody here. */
export type Values<K extends KindName> = {
	[F in keyof (typeof KINDS)[K]['fields']]: z.infer<(typeof KINDS)[K]['fields'][F]>;
};
type Families<K extends KindName> = (typeof KINDS)[K]['families'];
type InFamily<K extends KindName> = `${keyof Families<K> & string}${string}`;
export type FieldOf<K extends KindName> = (keyof Values<K> & string) | InFamily<K>;
export type ValueOf<K extends KindName, F extends string> = F extends keyof Values<K>
	? Values<K>[F]
	: {
			[P in keyof Families<K> & string]: F extends `${P}${string}` ? z.infer<Families<K>[P]> : never;
		}[keyof Families<K> & string];

/** The value in use of one field of a kind, or nothing when it was never filled. */
export const valueOf = <K extends KindName, F extends FieldOf<K>>(
	_kind: K,
	fields: Fields,
	field: F
): ValueOf<K, F> | undefined => inUse(fields, field) as ValueOf<K, F> | undefined;

/** All that is in use of a kind's own fields: any of them may be missing. */
export const valuesOf = <K extends KindName>(_kind: K, fields: Fields | undefined): Partial<Values<K>> =>
	(fields ? valuesIn(fields) : {}) as Partial<Values<K>>;
