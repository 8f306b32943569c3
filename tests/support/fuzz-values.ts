import * as z from 'zod/mini';
import { KINDS } from '$lib/domain/kinds/all';
import { MAX_CHANGES } from '$lib/domain/sync';
import type { Draws } from '$lib/server/fictitious/draws';
import { pick, type Caller, type Words } from './fuzz-server';

/** JSON that no JavaScript value prints as: keys given twice, 1e999, a depth that recursion would not survive. */
class Literal {
	constructor(readonly text: string) {}
}

export function print(value: unknown): string {
	if (value instanceof Literal) return value.text;
	if (Array.isArray(value)) return `[${value.map(print).join(',')}]`;
	if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
	const parts = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}:${print(part)}`);
	return `{${parts.join(',')}}`;
}

const KEYS = [
	'__proto__',
	'constructor',
	'prototype',
	'toJSON',
	'hasOwnProperty',
	'deleted',
	'id',
	'',
	'0',
	'a.b',
	'é'
];
const STRINGS = [
	...['', ' ', '\0', 'a\0b', '\ud800', 'a\udfffb', '\u202egnp.exe', '\u200b', '\ufeff', '\u2028', 'e\u0301', '👩‍👩‍👧‍👦', 'ﷺ'],
	...[...KEYS, 'null', 'NaN', 'Infinity', '-0', '1e309', '0x10', '9007199254740993', '%s%n%x', '${7*7}', '{{7*7}}'],
	...[
		"' or 1=1 --",
		"'; drop table person; --",
		'"',
		'\\',
		'../../etc/passwd',
		'%00',
		'%',
		'_',
		'<script>',
		"=cmd|' /C'!A0"
	],
	...[
		'0000-00-00',
		'2014-02-30',
		'9999-12-31T23:59:59.999Z',
		'+275760-09-13T00:00:00.001Z',
		'-000001-01-01',
		'2014-13'
	],
	...[
		'2014-11-12T10:00:00.000+25:00',
		'reading:a:b:2014:c',
		'reading::::',
		'reading:a:b:2014-Q9:c',
		'server',
		'structure'
	]
];
const NUMBERS = [
	-1,
	0,
	-0,
	1,
	0.1,
	5e-324,
	2 ** 31,
	2 ** 32,
	2 ** 53 - 1,
	-(2 ** 53) + 1,
	2 ** 53,
	2 ** 63,
	1e21,
	1.7e308
];
const DEPTHS = [5, 90, 100, 101, 102, 500, 3000, 12_000];

const deep = (draws: Draws): Literal => {
	const depth = draws.chance(0.02) ? pick(draws, [30_000, 400_000, 2_400_000]) : pick(draws, DEPTHS);
	const [open, close] = pick(draws, [
		['[', ']'],
		['{"a":', '}'],
		['[{"a":', '}]']
	] as const);
	return new Literal(`${open.repeat(depth)}1${close.repeat(depth)}`);
};

export function anyString(draws: Draws): string {
	if (draws.chance(0.04))
		return pick(draws, ['a', 'ﷺ', '\0', '\ud800', '𝕏', ' ']).repeat(pick(draws, [300, 5000, 100_000]));
	if (draws.chance(0.1)) return pick(draws, ['\0', 'a\0b', '\ud800', 'a\udfffb']); // what databases refuse or change
	if (draws.chance(0.2)) return Buffer.from(draws.bytes(draws.between(1, 40))).toString('latin1');
	return pick(draws, STRINGS);
}

/** Anything JSON can say. */
export function anyValue(draws: Draws, depth = 0): unknown {
	const roll = draws.next();
	if (roll < 0.4) return anyString(draws);
	if (roll < 0.6) return draws.chance(0.2) ? new Literal('1e999') : pick(draws, NUMBERS);
	if (roll < 0.72) return pick(draws, [null, true, false]);
	if (roll < 0.76) return deep(draws);
	if (depth > 3) return [];
	if (roll < 0.79) return Array(pick(draws, [50, 1000, 5000])).fill(pick(draws, [null, 0, 'a', {}, []]));
	const parts = Array.from({ length: draws.between(0, 3) }, () => anyValue(draws, depth + 1));
	return roll < 0.9 ? parts : Object.fromEntries(parts.map((part) => [anyKey(draws), part]));
}

export const anyKey = (draws: Draws): string => (draws.chance(0.6) ? pick(draws, KEYS) : anyString(draws));

const mintId = (draws: Draws): string => {
	const hex = Buffer.from(draws.bytes(16)).toString('hex');
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
};

// --- values of a schema ---

type Schema = {
	type?: string;
	const?: unknown;
	enum?: unknown[];
	anyOf?: Schema[];
	oneOf?: Schema[];
	properties?: { [key: string]: Schema };
	required?: string[];
	additionalProperties?: Schema | boolean;
	items?: Schema;
	pattern?: string;
	format?: string;
	minLength?: number;
	maxLength?: number;
	minimum?: number;
	maximum?: number;
	minItems?: number;
};

const printed = new WeakMap<object, Schema>();
export function schemaOf(type: z.ZodMiniType): Schema {
	const known = printed.get(type) ?? (z.toJSONSchema(type, { unrepresentable: 'any', io: 'input' }) as Schema);
	printed.set(type, known);
	return known;
}

/** What the schema accepts, of words that mean something here wherever there are some. */
export function valid(draws: Draws, schema: Schema, key: string, caller: Caller, depth = 0): unknown {
	if ('const' in schema) return schema.const;
	if (schema.enum) return pick(draws, schema.enum);
	const among = schema.anyOf ?? schema.oneOf;
	if (among) return valid(draws, pick(draws, among), key, caller, depth);
	if (key === 'changes' && schema.type === 'array') return changes(draws, caller);
	// Of the right shape, and hostile all the same.
	if (schema.type === 'string' && !schema.pattern && draws.chance(0.12))
		return anyString(draws).slice(0, schema.maxLength);
	if (key !== '' && draws.chance(schema.type === 'object' ? 0.3 : 0.9)) {
		const known = caller.place.words.draw(draws, key, schema.type === 'integer' ? 'number' : schema.type);
		if (known !== undefined && (typeof known !== 'string' || fits(known, schema))) return known;
	}
	const { minimum = 0, maximum = 100, minLength = 1, maxLength = 80 } = schema;
	switch (schema.type) {
		case 'string':
			return aString(draws, schema, caller, draws.between(minLength, Math.min(maxLength, minLength + 20)));
		case 'integer':
		case 'number':
			return draws.between(Math.max(minimum, -1000), Math.min(maximum, 1000));
		case 'boolean':
			return draws.chance(0.5);
		case 'null':
			return null;
		case 'array': {
			const least = schema.minItems ?? 0;
			const length = depth > 4 ? least : draws.between(least, least + 2);
			return Array.from({ length }, () => valid(draws, schema.items ?? {}, key, caller, depth + 1));
		}
		case 'object':
			return anObject(draws, schema, caller, depth);
		default:
			return depth > 4 ? 1 : anyValue(draws, 2);
	}
}

function anObject(draws: Draws, schema: Schema, caller: Caller, depth: number): { [key: string]: unknown } {
	const session = caller.device?.session;
	const own: { [key: string]: string | undefined } =
		depth === 0 ? { person: session?.person.id, device: session?.device.id } : {};
	const entries = Object.entries(schema.properties ?? {})
		.filter(([key]) => schema.required?.includes(key) || draws.chance(0.5))
		.map(([key, one]) => [
			key,
			one.type === 'string' && own[key] && draws.chance(0.95) ? own[key] : valid(draws, one, key, caller, depth + 1)
		]);
	const more = typeof schema.additionalProperties === 'object' && !schema.properties ? draws.between(0, 2) : 0;
	for (let i = 0; i < more; i++)
		entries.push([`field${i}`, valid(draws, schema.additionalProperties as Schema, '', caller, depth + 1)]);
	// Shapes that travel are loose: what a newer version adds is carried along, whatever it is.
	if (schema.additionalProperties && draws.chance(0.04))
		entries.push([anyKey(draws), draws.chance(0.3) ? deep(draws) : anyValue(draws)]);
	return Object.fromEntries(entries) as { [key: string]: unknown };
}

const fits = (text: string, { pattern, minLength = 0, maxLength = Infinity }: Schema): boolean =>
	text.length >= minLength &&
	text.length <= maxLength &&
	(pattern === undefined || new RegExp(pattern, 'u').test(text));

function aString(draws: Draws, schema: Schema, { place }: Caller, length: number): string {
	if (schema.format === 'uuid') return mintId(draws);
	if (schema.format === 'date') return `20${draws.between(10, 20)}-0${draws.between(1, 9)}-1${draws.between(0, 9)}`;
	if (schema.format === 'date-time') return '2014-11-12T10:00:00.000Z';
	if (schema.pattern) {
		for (const key of ['record', 'id', 'from', 'change']) {
			const known = place.words.draw(draws, key, 'string');
			if (known !== undefined && fits(known as string, schema)) return known as string;
		}
	}
	return Array.from({ length }, () => pick(draws, [...'abcdefé ’A1']))
		.join('')
		.trim()
		.padEnd(length, 'x');
}

// --- sync ---

const FIELDS: { [kind: string]: { [field: string]: z.ZodMiniType } } = Object.fromEntries(
	Object.entries(KINDS).map(([kind, { fields, families }]) => [kind, { ...fields, ...families }])
);
const STRANGE = ['budget', 'constructor', 'toString', 'kind', 'reading:x'];

function changes(draws: Draws, caller: Caller): unknown[] {
	const roll = draws.next();
	if (roll < 0.15) return [];
	if (roll < 0.94)
		return Array.from({ length: draws.chance(0.05) ? 60 : draws.between(1, 4) }, () => change(draws, caller));
	return many(draws, caller);
}

/** Many changes of one field of one record, none of which has seen another: all stand side by side. What grows with the
 * square of them, or walks each of them by recursion, shows here. */
function many(draws: Draws, caller: Caller): unknown[] {
	const { words } = caller.place;
	const kind = pick(draws, ['antenna', 'campaign', 'reading', 'interview']);
	const id = String(words.draw(draws, kind, 'string') ?? mintId(draws));
	const field = pick(draws, ['later', 'later', ...Object.keys(FIELDS[kind]!)]); // no version knows `later`: it is kept
	const long = 'x'.repeat(pick(draws, [1, 100, 4000]));
	const isDeep = draws.chance(0.4);
	const value = (i: number) =>
		isDeep
			? new Literal(`${'['.repeat(12_000)}${i}${']'.repeat(12_000)}`)
			: pick(draws, [i, `${i}${long}`, { amount: i }]);
	const length = isDeep ? 3 : pick(draws, [20, 200, 200, MAX_CHANGES, MAX_CHANGES + 1]);
	return Array.from({ length }, (_, i) => ({
		...{ id: mintId(draws), kind, record: id, fields: { [field]: value(i) }, seen: {} },
		at: '2014-11-12T10:00:00.000Z'
	}));
}

function change(draws: Draws, caller: Caller) {
	const { words } = caller.place;
	const kind = draws.chance(0.1) ? pick(draws, STRANGE) : pick(draws, Object.keys(FIELDS));
	const id = draws.chance(0.05) ? String(words.draw(draws, 'change') ?? '') : mintId(draws);
	const known = words.draw(draws, draws.chance(0.95) ? kind : 'record', 'string') as string | undefined;
	const record = known && draws.chance(0.7) ? known : kind === 'reading' ? readingOf(draws, words) : id;
	const fields = Object.fromEntries(
		Array.from({ length: draws.between(1, 4) }, () => field(draws, caller, kind)).filter((one) => one !== undefined)
	);
	const seen = Object.keys(fields).map((name) => [name, seenFor(draws, words, record, name)] as const);
	const about = kind === 'excerpt' || draws.chance(0.05) ? words.draw(draws, 'interview', 'string') : undefined;
	return {
		...{ id, kind, record, ...(about === undefined ? {} : { about }), fields },
		seen: Object.fromEntries(seen.filter(() => draws.chance(0.9))),
		at: draws.chance(0.05) ? anyString(draws) : '2014-11-12T10:00:00.000Z'
	};
}

const readingOf = (draws: Draws, words: Words): string => {
	const part = (key: string) =>
		String(draws.chance(0.9) ? (words.draw(draws, key, 'string') ?? 'x') : anyString(draws));
	return `reading:${part('campaign')}:${part('antenna')}:${pick(draws, ['2014', '2014-Q1', '2014-02'])}:${part('indicator')}`;
};

function field(draws: Draws, caller: Caller, kind: string): [string, unknown] {
	const { words } = caller.place;
	const schemas = FIELDS[kind] ?? {};
	const names = [...Object.keys(schemas), 'deleted'];
	if (draws.chance(0.06)) return [draws.chance(0.3) ? 'later' : anyKey(draws), anyValue(draws)];
	const stored = draws.chance(0.4) ? words.draw(draws, `fields of ${kind}`, 'string') : undefined;
	const named = String(stored ?? pick(draws, names));
	const family = Object.keys(schemas).find((prefix) => prefix.endsWith(':') && named.startsWith(prefix));
	const end = named === family ? words.draw(draws, pick(draws, ['question', 'indicator', 'antenna']), 'string') : '';
	const name = named + String(end ?? 'x');
	if (draws.chance(0.1)) return [name, anyValue(draws)];
	if (name === 'deleted')
		return [name, draws.chance(0.3) ? null : { named: words.all('change').slice(0, draws.between(0, 80)) }];
	const schema = schemas[family ?? name];
	// A whole framework is large: one in twenty is made, the others are only called one.
	if (name === 'definition' && draws.chance(0.95)) return [name, anyValue(draws)];
	return [name, schema ? valid(draws, schemaOf(schema), family ? 'words' : name, caller, 1) : anyValue(draws)];
}

function seenFor(draws: Draws, words: Words, record: string, name: string): unknown[] {
	if (draws.chance(0.5)) return [...words.all(`seen ${record} ${name}`)];
	return Array.from({ length: draws.between(0, 3) }, () => words.draw(draws, 'change') ?? mintId(draws));
}

// --- mutations ---

/** The value with one thing wrong, anywhere in it. */
export function mutate(draws: Draws, value: unknown): unknown {
	if (value === null || typeof value !== 'object' || value instanceof Literal) return spoil(draws, value);
	const keys = Object.keys(value);
	if (keys.length > 0 && draws.chance(0.85)) {
		// What holds more is more often where the fault is: a batch's changes rather than what is around them.
		const key = pick(
			draws,
			keys.flatMap((name) => Array<string>(sizeOf((value as { [key: string]: unknown })[name])).fill(name))
		);
		const change = (name: string, part: unknown) => (name === key ? mutate(draws, part) : part);
		if (Array.isArray(value)) return value.map((part, i) => change(String(i), part));
		return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, change(name, part as unknown)]));
	}
	return Array.isArray(value) ? spoilList(draws, value) : spoilObject(draws, Object.entries(value));
}

const sizeOf = (value: unknown): number =>
	value === null || typeof value !== 'object' ? 1 : Math.min(12, 2 + Object.values(value).length * 4);

function spoil(draws: Draws, value: unknown): unknown {
	const roll = draws.next();
	if (typeof value === 'string' && roll < 0.35) {
		const at = draws.between(0, value.length);
		return value.slice(0, at) + anyString(draws) + value.slice(at + draws.between(0, 2));
	}
	if (typeof value === 'number' && roll < 0.35) return value + pick(draws, NUMBERS);
	if (roll < 0.45) return [value];
	if (roll < 0.5) return String(value);
	return anyValue(draws);
}

/** More than any endpoint reads: lists repeated within lists would come to gigabytes. */
const MOST_BYTES = 8_000_000;

function spoilList(draws: Draws, list: unknown[]): unknown {
	const roll = draws.next();
	if (roll < 0.2) return list.slice(1);
	if (roll < 0.4) return [...list, anyValue(draws)];
	if (roll < 0.5) return [...list, ...list];
	if (roll < 0.65 && list.length > 0) {
		const most = Math.ceil(MOST_BYTES / print(list[0]).length);
		return Array(Math.min(most, pick(draws, [100, 1000, 2000, 2001]))).fill(list[0]);
	}
	return anyValue(draws);
}

function spoilObject(draws: Draws, entries: [string, unknown][]): unknown {
	const roll = draws.next();
	const one = entries.length > 0 ? pick(draws, entries) : undefined;
	if (one && roll < 0.25) return Object.fromEntries(entries.filter((entry) => entry !== one));
	if (one && roll < 0.35) {
		const twice = [...entries, [one[0], anyValue(draws)] as const];
		return new Literal(`{${twice.map(([key, part]) => `${JSON.stringify(key)}:${print(part)}`).join(',')}}`);
	}
	if (one && roll < 0.45)
		return Object.fromEntries(entries.map((entry) => (entry === one ? [anyKey(draws), entry[1]] : entry)));
	if (roll < 0.75) return Object.fromEntries([...entries, [anyKey(draws), anyValue(draws)]]);
	return anyValue(draws);
}

/** The bytes with a few of them wrong. */
export function spoilBytes(draws: Draws, bytes: Uint8Array): Uint8Array {
	const spoilt = Uint8Array.from(bytes);
	if (spoilt.length === 0) return draws.bytes(8);
	for (let i = draws.between(1, 4); i > 0; i--) spoilt[draws.between(0, spoilt.length - 1)] = draws.between(0, 255);
	return draws.chance(0.4) ? spoilt.slice(0, draws.between(0, spoilt.length)) : spoilt;
}
