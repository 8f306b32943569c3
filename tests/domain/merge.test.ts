import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change } from '$lib/domain/change';
import { fold, merge, namedElsewhere } from '$lib/domain/merge';
import {
	canonical,
	contestedFields,
	deletionOf,
	differing,
	inUse,
	isContested,
	isGone,
	seenOf,
	type Fields
} from '$lib/domain/record';
import { changeId, changeOf } from '../support/records';

const FIELDS = ['state', 'label', 'answer:q1'] as const;

/** The changes of several devices on one record. Each names some of those that were made before it: what its device had
 * on the screen, its own unsent ones included. */
const history: fc.Arbitrary<Change[]> = fc
	.array(
		fc.array(
			fc.record({
				field: fc.constantFrom(...FIELDS),
				value: fc.nat({ max: 3 }),
				seen: fc.array(fc.nat(), { maxLength: 4 })
			}),
			{
				minLength: 1,
				maxLength: 3
			}
		),
		{ maxLength: 12 }
	)
	.map((edits) => {
		const made: Change[] = [];
		for (const [n, edit] of edits.entries()) {
			const fields: Change['fields'] = {};
			const seen: Change['seen'] = {};
			for (const { field, value, seen: picks } of edit) {
				const before = made.filter((change) => field in change.fields).map(({ id }) => id);
				fields[field] = value;
				seen[field] = [...new Set(before.length ? picks.map((pick) => before[pick % before.length]!) : [])];
			}
			made.push(changeOf(n, fields, seen));
		}
		return made;
	});

/** The same changes as they may reach the server: in any order, and again after each lost reply. */
const arrival = history.chain((changes) =>
	fc.record({
		changes: fc.constant(changes),
		order: changes.length
			? fc
					.tuple(
						fc.shuffledSubarray(changes, { minLength: changes.length }),
						fc.array(fc.constantFrom(...changes), { maxLength: 8 })
					)
					.chain(([once, again]) => fc.shuffledSubarray([...once, ...again], { minLength: once.length + again.length }))
			: fc.constant<Change[]>([])
	})
);

/** A server in a few lines: it stores each change once, and lays it over the record knowing all it stored before. */
function store(arriving: readonly Change[]): Fields {
	const stored = new Map<string, Change>();
	let fields: Fields = {};
	for (const change of arriving) {
		if (stored.has(change.id)) continue;
		const named = (field: string) =>
			[...stored.values()].some((one) => field in one.fields && one.seen[field]?.includes(change.id));
		fields = merge(fields, change, 'sandrine', named);
		stored.set(change.id, change);
	}
	return fields;
}

/** The rule in words: current is what no stored change on that field names. */
const currentOf = (changes: readonly Change[], field: string): string[] =>
	changes
		.filter((change) => field in change.fields)
		.filter((change) => !changes.some((other) => field in other.fields && other.seen[field]?.includes(change.id)))
		.map(({ id }) => id);

describe('several devices on one record', () => {
	test('whatever the order and however often changes arrive, the same values are current', () => {
		fc.assert(
			fc.property(arrival, ({ changes, order }) => {
				const fields = store(order);
				for (const field of FIELDS) expect(seenOf(fields, field).sort()).toEqual(currentOf(changes, field).sort());
			}),
			{ numRuns: 500 }
		);
	});

	test('of several values the first stored stays in use', () => {
		fc.assert(
			fc.property(arrival, ({ changes, order }) => {
				const fields = store(order);
				for (const field of FIELDS) {
					const current = currentOf(changes, field);
					const first = order.find(({ id }) => current.includes(id));
					expect(inUse(fields, field)).toEqual(first?.fields[field]);
				}
			})
		);
	});

	test('naming everything on the screen settles a field, the kept value too', () => {
		fc.assert(
			fc.property(arrival, fc.constantFrom(...FIELDS), ({ order }, field) => {
				const before = store(order);
				const settling = changeOf(999, { [field]: 'settled' }, { [field]: seenOf(before, field) });
				const after = merge(before, settling, 'claire');
				expect(seenOf(after, field)).toEqual([settling.id]);
				expect(isContested(after, field)).toBe(false);
				for (const other of FIELDS) if (other !== field) expect(after[other]).toEqual(before[other]);
			})
		);
	});

	test('laying a change over a record leaves the record as it was', () => {
		fc.assert(
			fc.property(arrival, ({ order }) => {
				const before = store(order);
				const copy = structuredClone(before);
				merge(before, changeOf(999, { state: 'x', label: 'y' }, { state: seenOf(before, 'state') }), 'claire');
				expect(before).toEqual(copy);
			})
		);
	});
});

describe('an edit', () => {
	test('replaces what it saw, and nothing it did not see', () => {
		const fields = store([changeOf(1, { label: 'a' }), changeOf(2, { label: 'b' })]);
		const after = merge(fields, changeOf(3, { label: 'c' }, { label: [changeId(1)] }), 'claire');
		expect(differing(after, 'label').map(({ value }) => value)).toEqual(['b', 'c']);
	});

	test('with the value that already stands contests nothing', () => {
		const fields = store([changeOf(1, { value: { a: 1, b: 2 } }), changeOf(2, { value: { b: 2, a: 1 } })]);
		expect(fields.value).toHaveLength(2);
		expect(isContested(fields, 'value')).toBe(false);
		expect(contestedFields(store([changeOf(1, { value: 0 }), changeOf(2, { value: null })]))).toEqual(['value']);
	});

	test('that arrives after the one that replaced it is history at once', () => {
		const late = changeOf(1, { label: 'first' });
		const later = changeOf(2, { label: 'second' }, { label: [late.id] });
		expect(store([later, late])).toEqual(store([late, later]));
		expect(namedElsewhere({}, later)).toEqual([['label', late.id]]);
		expect(namedElsewhere(store([late]), later)).toEqual([]);
	});

	test('of a field named like a property of every object is an edit like another', () => {
		for (const field of ['constructor', 'toString', 'valueOf', 'hasOwnProperty']) {
			const change = changeOf(1, { [field]: 'x' });
			expect(namedElsewhere({}, change)).toEqual([]);
			expect(inUse(merge({}, change, 'sandrine'), field)).toBe('x');
		}
	});
});

describe('an open change that takes later edits in', () => {
	const edit = fc.record({
		field: fc.constantFrom(...FIELDS),
		value: fc.nat(),
		seen: fc.array(fc.nat({ max: 20 }).map(changeId), { maxLength: 4 })
	});

	test('keeps the last value of each field, names everything ever seen and never itself', () => {
		fc.assert(
			fc.property(fc.array(edit, { minLength: 1 }), (edits) => {
				const open = edits.reduce<Change>(
					(change, { field, value, seen }, n) => fold(change, { [field]: value }, { [field]: seen }, `at ${n}`),
					changeOf(0, {})
				);
				expect(open.at).toBe(`at ${edits.length - 1}`);
				for (const field of FIELDS) {
					const own = edits.filter((one) => one.field === field);
					expect(open.fields[field]).toBe(own.at(-1)?.value);
					expect(new Set(open.seen[field] ?? [])).toEqual(
						new Set(own.flatMap(({ seen }) => seen).filter((id) => id !== open.id))
					);
				}
			})
		);
	});

	test('ends as the edits one by one would have', () => {
		fc.assert(
			fc.property(
				arrival,
				fc.array(fc.tuple(fc.constantFrom(...FIELDS), fc.nat()), { minLength: 1 }),
				({ order }, typed) => {
					const stored = store(order);
					let [shown, open] = [stored, changeOf(900, {})];
					for (const [field, value] of typed) {
						open = fold(open, { [field]: value }, { [field]: seenOf(shown, field) }, open.at);
						shown = merge(stored, open, 'sandrine');
					}
					for (const [field] of typed) {
						expect(seenOf(shown, field)).toEqual([open.id]);
						expect(inUse(shown, field)).toBe(typed.findLast(([one]) => one === field)![1]);
					}
				}
			)
		);
	});
});

describe('deleting a record', () => {
	const deletion = (fields: Fields, n: number) =>
		changeOf(n, { deleted: deletionOf(fields) }, { deleted: seenOf(fields, 'deleted') });

	test('hides it when its every value was on the screen', () => {
		fc.assert(
			fc.property(arrival, ({ order }) => {
				const fields = store(order);
				expect(isGone(fields)).toBe(false);
				expect(isGone(merge(fields, deletion(fields, 999), 'claire'))).toBe(true);
			})
		);
	});

	test('hides only what it named: an edit made meanwhile keeps the record in sight, whichever arrives first', () => {
		fc.assert(
			fc.property(arrival, fc.constantFrom(...FIELDS), fc.boolean(), ({ order }, field, editFirst) => {
				const before = store(order);
				const edit = changeOf(998, { [field]: 'meanwhile' }, { [field]: seenOf(before, field) });
				const deleting = deletion(before, 999);
				const both = editFirst ? [edit, deleting] : [deleting, edit];
				const after = both.reduce((fields, change) => merge(fields, change, 'claire'), before);
				expect(isGone(after)).toBe(false);
				expect(inUse(after, field)).toBe('meanwhile');
			})
		);
	});

	test('after the edit has been seen hides it again', () => {
		const first = store([changeOf(1, { label: 'a' })]);
		const edited = merge(
			merge(first, deletion(first, 2), 'claire'),
			changeOf(3, { label: 'b' }, { label: [changeId(1)] }),
			's'
		);
		expect(isGone(edited)).toBe(false);
		expect(isGone(merge(edited, deletion(edited, 4), 'claire'))).toBe(true);
	});

	test('by two people at once is deleting it', () => {
		const first = store([changeOf(1, { label: 'a' })]);
		expect(isGone([deletion(first, 2), deletion(first, 3)].reduce((f, d) => merge(f, d, 'claire'), first))).toBe(true);
	});

	test('can be taken back', () => {
		const first = store([changeOf(1, { label: 'a' })]);
		const gone = merge(first, deletion(first, 2), 'claire');
		expect(isGone(merge(gone, changeOf(3, { deleted: null }, { deleted: [changeId(2)] }), 'claire'))).toBe(false);
	});
});

describe('one value written twice', () => {
	const json = fc.jsonValue();

	test('is the same text whatever the order of its parts', () => {
		const reversed = (value: unknown): unknown =>
			Array.isArray(value)
				? value.map(reversed)
				: value !== null && typeof value === 'object'
					? Object.fromEntries(
							Object.entries(value)
								.toReversed()
								.map(([key, part]) => [key, reversed(part)])
						)
					: value;
		fc.assert(
			fc.property(json, (value) => {
				expect(canonical(reversed(value))).toBe(canonical(value));
				expect(canonical(JSON.parse(canonical(value)))).toBe(canonical(value));
			})
		);
	});

	test('differs from another one', () => {
		fc.assert(
			fc.property(json, json, (a, b) => {
				const [one, other] = [a, b].map((value) => JSON.parse(JSON.stringify(value)) as unknown);
				let same = true;
				try {
					expect(one).toEqual(other);
				} catch {
					same = false;
				}
				expect(canonical(one) === canonical(other)).toBe(same);
			})
		);
	});
});

test('a change that is laid again, grown by a later edit, takes its own earlier place: a form never shows what it has overwritten', () => {
	const change = { id: changeId(9001), seen: {}, at: '2014-11-12T10:00:00.000Z' };
	const other = { id: changeId(9002), seen: {}, at: '2014-11-12T10:00:00.000Z', fields: { note: 'autre' } };
	const once = merge({}, { ...change, fields: { note: 'Rappeler' } }, 'sandrine');
	const beside = merge(once, other, 'claire');
	const grown = merge(
		beside,
		{ ...change, seen: { note: [change.id] }, fields: { note: 'Rappeler jeudi' } },
		'sandrine'
	);
	expect(inUse(grown, 'note')).toBe('Rappeler jeudi');
	expect(grown.note!.map(({ value }) => value)).toEqual(['Rappeler jeudi', 'autre']);
	expect(merge(beside, { ...change, fields: { note: 'Rappeler' } }, 'sandrine')).toEqual(beside);
});
