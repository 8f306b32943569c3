import { beforeAll, describe, expect, test } from 'vitest';
import { Framework } from '$lib/domain/framework-shapes';
import { readingId, type ReadingValue } from '$lib/domain/reading';
import type { Fields } from '$lib/domain/record';
import { setLocale } from '$lib/words/generated/runtime';
import { readBlock } from '$lib/report/clipboard';
import { editsOf, place, takenBack } from '../../src/routes/(field)/readings/block';
import { copiedBlock } from '../../src/routes/(field)/readings/figure';
import { rowsOf, sideBySide, type Framed } from '../../src/routes/(field)/readings/grid';

const fr = (words: string) => ({ fr: words });
const indicator = (id: string, more: object) => ({
	id,
	label: fr(id),
	kind: 'output',
	nature: 'quantitative',
	source: 'antenna-records',
	direction: 'neutral',
	frequency: 'quarterly',
	aggregateOverTime: 'sum',
	aggregateOverAntennas: 'sum',
	sensitivity: 'none',
	headline: false,
	...more
});
const framework = Framework.parse({
	id: 'f',
	version: '1',
	title: fr('f'),
	description: fr('f'),
	stakeholders: [],
	units: [
		{ id: 'hours', label: fr('heures'), decimals: 2 },
		{ id: 'people', label: fr('personnes'), decimals: 0 },
		{ id: 'days', label: fr('jours'), decimals: 1 },
		{ id: 'pourcentage', label: fr('%'), use: 'percentage' }
	],
	scales: [],
	genericFollowUps: [],
	openingScript: fr(''),
	consentItems: [],
	enums: {},
	registers: [
		{
			id: 'work',
			order: 1,
			look: 'canard',
			label: fr('work'),
			section: fr('work'),
			summary: fr('work'),
			criteria: [
				{
					id: 'missions',
					label: fr('missions'),
					definition: fr('missions'),
					optional: false,
					questions: [],
					indicators: [
						indicator('hours', { unit: 'hours' }),
						indicator('people', { unit: 'people' }),
						indicator('share', {
							unit: 'pourcentage',
							numerator: fr('servies'),
							denominator: fr('reçues'),
							numeratorUnit: 'people',
							denominatorUnit: 'people',
							aggregateOverTime: 'ratio'
						}),
						indicator('delay', {
							unit: 'days',
							weight: fr('demandes'),
							weightUnit: 'people',
							aggregateOverTime: 'mean'
						})
					]
				}
			]
		}
	]
});
const campaign: Framed = {
	id: 'c2014',
	title: '2014',
	from: '2014-01',
	to: '2014-12',
	criteria: ['missions'],
	antennas: ['tarbes', 'lourdes'],
	framework
};
const last: Framed = { ...campaign, id: 'c2013', title: '2013', from: '2013-01', to: '2013-12' };

const held = (value: ReadingValue, change = 'change-000000000000000'): Fields => ({
	value: [{ value, change, person: 'maryse', at: '2014-04-02T08:14:00.000Z' }]
});
const at = (period: string, id: string, fields: Fields, from = 'c2014') =>
	[readingId({ campaign: from, place: 'lourdes', period, indicator: id }), fields] as const;

/** Lourdes in November: the fourth quarter is under way. */
const lourdes = (...readings: (readonly [string, Fields])[]) =>
	rowsOf(campaign, 'lourdes', 'quarterly', new Map(readings), [last], '2014-11-12');
const anybody = () => true;

/** What becomes of a text pasted alone on a cell of this row. */
const fate = (row: number, text: string, rows = lourdes()) => {
	const [landing] = place(framework, rows, [[text]], { row, column: 0 }, anybody).landings.values();
	return landing!.fate;
};
const value = (row: number, text: string) => {
	const found = fate(row, text);
	return 'value' in found ? found.value : found.kind;
};

beforeAll(() => void setLocale('fr', { reload: false }));

describe('one pasted cell', () => {
	test('is read as figures are typed', () => {
		expect(value(0, '1\u202f184,5')).toEqual({ amount: 118_450 });
		expect(value(1, '58')).toEqual({ amount: 58 });
		expect(fate(1, '58,5')).toMatchObject({ kind: 'refused', why: { problem: 'decimals' } });
		expect(fate(0, 'n.c.')).toMatchObject({ kind: 'refused', why: { problem: 'letters' } });
	});

	test('« s.o. » and its kin do not apply', () => {
		for (const words of ['s.o.', 's. o.', 'S.O.', 'so', 'Sans objet', 'n/a'])
			expect(value(0, words), words).toEqual({ notApplicable: true });
	});

	test('that is empty leaves what stands', () => {
		const rows = lourdes(at('2014-Q1', 'hours', held({ amount: 100 })));
		expect(fate(0, '', rows)).toEqual({ kind: 'left' });
		expect(fate(0, ' \u00a0', rows)).toEqual({ kind: 'left' });
	});

	test('brings both numbers of a share or of a mean', () => {
		for (const words of ['41 sur 47', '41/47', '41 / 47', '41 of 47'])
			expect(value(2, words), words).toEqual({ numerator: 41, denominator: 47 });
		expect(value(3, '3,4 pour 12')).toEqual({ mean: 34, weight: 12 });
		expect(fate(2, '87')).toMatchObject({ kind: 'refused', why: { problem: 'missing' } });
		expect(fate(2, '41/47/2')).toMatchObject({ kind: 'refused' });
		expect(fate(2, '48 sur 47')).toMatchObject({ kind: 'refused', why: { problem: 'above' } });
	});

	test('far from last year’s is written, to be confirmed', () => {
		const rows = lourdes(at('2013-Q1', 'people', held({ amount: 10 }), 'c2013'));
		expect(fate(1, '58', rows)).toEqual({ kind: 'new', value: { amount: 58 }, toConfirm: true });
		expect(fate(1, '12', rows)).toEqual({ kind: 'new', value: { amount: 12 }, toConfirm: false });
	});
});

describe('a pasted block', () => {
	const block = [
		['1 290', '1 246', '9', '7', '8 000', 'note'],
		['58', '', '9', '7', '8 000'],
		['41 sur 47'],
		['3,4 pour 12'],
		['de trop']
	];
	const rows = lourdes(
		at('2014-Q1', 'hours', held({ amount: 129_000 })),
		at('2014-Q2', 'hours', held({ amount: 100 })),
		at('2014-Q2', 'people', held({ amount: 55 })),
		at('2014-Q3', 'people', {
			value: [
				...held({ amount: 1 }, 'one-0000000000000000')['value']!,
				...held({ amount: 2 }, 'two-0000000000000000')['value']!
			]
		})
	);
	const placed = place(framework, rows, block, { row: 0, column: 0 }, anybody);
	const kinds = (row: number) => rows[row]!.cells.map(({ id }) => placed.landings.get(id)?.fate.kind);

	test('tells what is new, what replaces, what is there already and what is left', () => {
		expect(kinds(0)).toEqual(['same', 'replaces', 'new', 'new']);
		expect(kinds(1)).toEqual(['new', 'left', 'refused', 'new']);
		expect(kinds(2)).toEqual(['new', undefined, undefined, undefined]);
	});

	test('counts what falls on totals, and what falls outside', () => {
		expect(placed.totals).toBe(2);
		expect(placed.outside).toBe(2); // « note » and « de trop »
		expect(placed.span).toEqual({ from: { row: 0, column: 0 }, to: { row: 3, column: 3 } });
	});

	test('is refused where two values stand, where the period has not begun, and where one may only read', () => {
		const why = (row: number, column: number, ...given: Parameters<typeof place>) => {
			const found = place(...given).landings.get(given[1][row]!.cells[column]!.id)!.fate;
			return found.kind === 'refused' ? found.why : found.kind;
		};
		const from = { row: 0, column: 0 };
		expect(why(1, 2, framework, rows, block, from, anybody)).toBe('contested');
		expect(why(0, 0, framework, rows, block, from, () => false)).toBe('read-only');
		const early = rowsOf(campaign, 'lourdes', 'quarterly', new Map(), [], '2014-05-12');
		expect(why(0, 3, framework, early, block, from, anybody)).toBe('future');
	});

	test('is saved as what it brings alone, each edit on what was on the screen', () => {
		const edits = editsOf(placed);
		expect(edits).toHaveLength(7);
		expect(edits[0]).toEqual({
			kind: 'reading',
			record: rows[0]!.cells[1]!.id,
			fields: { value: { amount: 124_600 } },
			before: rows[0]!.cells[1]!.fields
		});
	});

	test('is taken back where it still stands: empty again, or as it was; what somebody wrote since stays', () => {
		const after = lourdes(
			at('2014-Q2', 'hours', held({ amount: 124_600 })), // as pasted, over 1
			at('2014-Q3', 'hours', held({ amount: 900 })), // as pasted, into nothing
			at('2014-Q1', 'people', held({ amount: 60 })) // typed since, over the 58 that was pasted
		);
		expect(takenBack(after, placed)).toEqual([
			{
				kind: 'reading',
				record: rows[0]!.cells[1]!.id,
				fields: { value: { amount: 100 } },
				before: after[0]!.cells[1]!.fields
			},
			{ kind: 'reading', record: rows[0]!.cells[2]!.id, fields: { value: null }, before: after[0]!.cells[2]!.fields }
		]);
	});

	test('fills the antennas that stand beside one another', () => {
		const both = sideBySide(
			['tarbes', 'lourdes'].map((id) => rowsOf(campaign, id, 'quarterly', new Map(), [], '2014-11-12'))
		);
		expect(both.map((row) => `${row.indicator.id} ${row.place}`).slice(0, 3)).toEqual([
			'hours tarbes',
			'hours lourdes',
			'people tarbes'
		]);
		const edits = editsOf(place(framework, both, [['1'], ['2']], { row: 0, column: 0 }, anybody));
		expect(edits.map(({ record, fields }) => [record.split(':')[2], fields.value])).toEqual([
			['tarbes', { amount: 100 }],
			['lourdes', { amount: 200 }]
		]);
	});
});

describe('a copied block', () => {
	test('comes back the same when it is pasted', async () => {
		const rows = lourdes(
			at('2014-Q1', 'hours', held({ amount: 12_345_650 })),
			at('2014-Q2', 'hours', held({ notApplicable: true })),
			at('2014-Q1', 'share', held({ numerator: 41, denominator: 1047 })),
			at('2014-Q1', 'delay', held({ mean: 34, weight: 12 }))
		);
		const text = copiedBlock(framework, rows, { from: { row: 0, column: 0 }, to: { row: 3, column: 1 } });
		expect(text).toBe('123456,5\ts. o.\n\t\n41 sur 1047\t\n3,4 sur 12\t');
		const placed = place(framework, rows, await readBlock(text), { row: 0, column: 0 }, anybody);
		expect(new Set([...placed.landings.values()].map(({ fate }) => fate.kind))).toEqual(new Set(['same', 'left']));
	});

	test('takes the total with it, as a number', () => {
		const rows = lourdes(at('2014-Q1', 'hours', held({ amount: 123_450 })));
		expect(copiedBlock(framework, rows, { from: { row: 0, column: 3 }, to: { row: 0, column: 4 } })).toBe('\t1234,5');
	});
});
