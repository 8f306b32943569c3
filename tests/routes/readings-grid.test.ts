import { figureOf } from '$lib/domain/figures';
import { describe, expect, test } from 'vitest';
import { Framework, Indicator } from '$lib/domain/framework-shapes';
import { readingId, WHOLE, type ReadingValue } from '$lib/domain/reading';
import type { Fields } from '$lib/domain/record';
import {
	duePeriod,
	fedByInterviews,
	gridsOf,
	moved,
	progressOf,
	readDraft,
	rowsOf,
	startsTyping,
	tabbed,
	toFill,
	totalOf,
	unlikelyChange,
	whenIs,
	type Framed,
	type Cell,
	type Row
} from '../../src/routes/(field)/readings/grid';
import { progressSaid } from '../../src/routes/(field)/readings/progress';

const text = (fr: string) => ({ fr });
const indicator = (id: string, more: object = {}) => ({
	id,
	label: text(id),
	kind: 'output',
	nature: 'quantitative',
	unit: 'hours',
	source: 'antenna-records',
	direction: 'neutral',
	frequency: 'monthly',
	aggregateOverTime: 'sum',
	aggregateOverAntennas: 'sum',
	sensitivity: 'none',
	headline: false,
	card: { counts: text('tout'), doesNotCount: text('rien') },
	...more
});
const criterion = (id: string, ...indicators: object[]) => ({
	id,
	label: text(id),
	definition: text(id),
	optional: false,
	indicators,
	questions: []
});
const framework = (hours: object = {}): Framework =>
	Framework.parse({
		id: 'f',
		version: '1',
		title: text('f'),
		description: text('f'),
		stakeholders: [],
		units: [
			{ id: 'hours', label: text('heures'), decimals: 2 },
			{ id: 'people', label: text('personnes'), decimals: 0 },
			{ id: 'days', label: text('jours'), decimals: 1 },
			{ id: 'pourcentage', label: text('%'), use: 'percentage' }
		],
		scales: [],
		genericFollowUps: [],
		openingScript: text(''),
		consentItems: [],
		enums: {},
		registers: [
			{
				id: 'work',
				order: 1,
				look: 'canard',
				label: text('work'),
				section: text('work'),
				summary: text('work'),
				criteria: [
					criterion(
						'missions',
						indicator('hours', hours),
						indicator('left', { frequency: 'at-exit', unit: 'people' }),
						indicator('clients', { frequency: 'yearly', aggregateOverAntennas: 'recount', enteredAt: 'structure' }),
						indicator('pride', { frequency: 'yearly', fedBy: 'question' })
					),
					criterion('rights', indicator('steps', { frequency: 'quarterly', unit: 'people' }))
				]
			}
		]
	});
const share = Indicator.parse(
	indicator('share', {
		unit: 'pourcentage',
		numerator: text('servies'),
		denominator: text('reçues'),
		numeratorUnit: 'people',
		denominatorUnit: 'people',
		aggregateOverTime: 'ratio'
	})
);
const perPerson = { ...share, unit: 'hours', numeratorUnit: 'hours' };
const delay = {
	...share,
	unit: 'days',
	numerator: undefined,
	denominator: undefined,
	weight: text('demandes'),
	weightUnit: 'people'
};

const campaign = (more: Partial<Framed> = {}): Framed => ({
	id: 'c2014',
	title: '2014',
	from: '2014-01',
	to: '2014-12',
	criteria: ['missions', 'rights'],
	antennas: ['lourdes', 'tarbes'],
	framework: framework(),
	...more
});
const last = campaign({ id: 'c2013', title: '2013', from: '2013-01', to: '2013-12' });

const held = (value: ReadingValue, more: { [field: string]: unknown } = {}): Fields =>
	Object.fromEntries(
		Object.entries({ value, ...more }).map(([field, one]) => [
			field,
			[{ value: one, change: `${field}-change-000000`, person: 'maryse', at: '2014-04-02T08:14:00.000Z' }]
		])
	);
const at = (period: string, fields: Fields, from = 'c2014', place = 'lourdes', id = 'hours') =>
	[readingId({ campaign: from, place, period, indicator: id }), fields] as const;
const rows = (readings: (readonly [string, Fields])[] = [], earlier: Framed[] = [], today = '2015-01-12') =>
	rowsOf(campaign(), 'lourdes', 'monthly', new Map(readings), earlier, today);
const cellOf = (period: string, ...given: Parameters<typeof rows>) =>
	rows(...given)[0]!.cells.find((cell) => cell.period === period)!;

describe('which cells there are', () => {
	test('a monthly grid has one cell for each month of the campaign', () => {
		expect(rows()).toHaveLength(1);
		expect(rows()[0]!.cells.map(({ period }) => period)).toHaveLength(12);
	});

	test('what is counted at exit is typed with the yearly figures', () => {
		const yearly = rowsOf(campaign(), 'lourdes', 'yearly', new Map(), [], '2015-01-12');
		expect(yearly.map((row) => row.indicator.id)).toEqual(['left']);
	});

	test('distinct clients are asked of the structure as a whole, and of no antenna', () => {
		const whole = rowsOf(campaign(), WHOLE, 'yearly', new Map(), [], '2015-01-12');
		expect(whole.map((row) => row.indicator.id)).toEqual(['clients']);
	});

	test('a criterion that the campaign did not keep is not asked', () => {
		expect(gridsOf(campaign(), 'lourdes')).toEqual(['monthly', 'quarterly', 'yearly']);
		expect(gridsOf(campaign({ criteria: ['missions'] }), 'lourdes')).toEqual(['monthly', 'yearly']);
	});

	test('an indicator fed by interviews is named beside the grid and never typed', () => {
		expect(fedByInterviews(campaign(), 'lourdes', 'yearly').map(({ id }) => id)).toEqual(['pride']);
		expect(fedByInterviews(campaign(), 'lourdes', 'monthly')).toEqual([]);
	});
});

describe('what a cell holds', () => {
	test('zero, empty and not applicable are three things', () => {
		const found = [at('2014-01', held({ amount: 0 })), at('2014-02', held({ notApplicable: true }))];
		const states = ['2014-01', '2014-02', '2014-03'].map((period) => figureOf(cellOf(period, found).value).state);
		expect(states).toEqual(['value', 'not-applicable', 'empty']);
	});

	test('a value that was taken back leaves its cell empty', () => {
		expect(cellOf('2014-01', [at('2014-01', held(null))]).value).toBeUndefined();
	});

	test('two people who typed two values make a contested cell, and the first stays in use', () => {
		const fields = held({ amount: 118_400 });
		fields.value!.push({
			value: { amount: 114_800 },
			change: 'other-change-000000',
			person: 'claire',
			at: '2014-04-03'
		});
		expect(cellOf('2014-03', [at('2014-03', fields)])).toMatchObject({ contested: 2, value: { amount: 118_400 } });
	});

	test('two people who typed the same value agree', () => {
		const fields = held({ amount: 118_400 });
		fields.value!.push({
			value: { amount: 118_400 },
			change: 'other-change-000000',
			person: 'claire',
			at: '2014-04-03'
		});
		expect(cellOf('2014-03', [at('2014-03', fields)]).contested).toBe(0);
	});

	test('the same month of the year before is found in the campaign before', () => {
		const found = [at('2013-03', held({ amount: 103_600 }), 'c2013')];
		expect(cellOf('2014-03', found, [last]).before).toEqual({ amount: 103_600 });
	});

	test('last year is not compared when the definition has changed since', () => {
		const found = [at('2013-03', held({ amount: 103_600 }), 'c2013')];
		const other = { ...last, framework: framework({ card: { counts: text('autre'), doesNotCount: text('rien') } }) };
		expect(cellOf('2014-03', found, [other]).before).toBeUndefined();
	});

	test('a month that has not begun is not to be filled; the month under way may be', () => {
		expect(whenIs('2014-09', '2014-10-20')).toBe('past');
		expect(whenIs('2014-10', '2014-10-20')).toBe('current');
		expect(whenIs('2014-11', '2014-10-31')).toBe('future');
		expect(whenIs('2014-Q4', '2014-10-01')).toBe('current');
	});

	test('figures are asked for the last month that is over', () => {
		const periods = ['2014-08', '2014-09', '2014-10', '2014-11'];
		expect(duePeriod(periods, '2014-10-20')).toBe('2014-09');
		expect(duePeriod(periods, '2014-08-03')).toBe('2014-08');
		expect(duePeriod(periods, '2016-01-01')).toBe('2014-11');
	});

	test('what is left to fill leaves out the future, the month under way and what does not apply', () => {
		const found = [at('2014-01', held({ amount: 0 })), at('2014-02', held({ notApplicable: true }))];
		const grid = rows(found, [], '2014-05-10');
		expect(toFill(grid).map(({ period }) => period)).toEqual(['2014-03', '2014-04']);
		expect(toFill(grid, '2014-05')).toHaveLength(1);
		expect(toFill(grid, '2014-06')).toHaveLength(0);
	});
});

describe('the total of a row', () => {
	const hours = framework().registers[0]!.criteria[0]!.indicators[0]!;
	const found = [
		at('2014-01', held({ amount: 100 })),
		at('2014-02', held({ amount: 50 })),
		at('2013-01', held({ amount: 90 }), 'c2013'),
		at('2013-02', held({ amount: 40 }), 'c2013'),
		at('2013-03', held({ amount: 70 }), 'c2013')
	];

	test('last year is added up over the months that this year has, so that the two compare', () => {
		const { total } = rows(found, [last])[0]!;
		expect(total).toMatchObject({ figure: { amount: 150 }, before: { amount: 130 }, apart: false });
	});

	test('a month to come counts in neither total', () => {
		const { total } = rows([...found, at('2014-03', held({ amount: 1000 }))], [last], '2014-02-20')[0]!;
		expect(total).toMatchObject({ figure: { amount: 150 }, before: { amount: 130 } });
	});

	test('last year has no total when one of its months is unknown', () => {
		expect(rows([...found, at('2014-04', held({ amount: 1 }))], [last])[0]!.total.before.state).toBe('empty');
	});

	test('distinct people are not added up, and the grid says so', () => {
		const { cells } = rows(found)[0]!;
		expect(totalOf({ ...hours, aggregateOverTime: 'recount' }, cells)).toMatchObject({
			apart: true,
			figure: { state: 'empty' }
		});
	});

	test('an empty row is empty: nothing is said about adding it up', () => {
		expect(totalOf({ ...hours, aggregateOverTime: 'recount' }, rows()[0]!.cells).apart).toBe(false);
	});

	test('a mean is weighed by the people behind it', () => {
		const filled = rows([
			at('2014-01', held({ mean: 20, weight: 1 })),
			at('2014-02', held({ mean: 50, weight: 2 }))
		])[0]!.cells;
		expect(totalOf({ ...hours, aggregateOverTime: 'mean' }, filled).figure).toMatchObject({ amount: 120, base: 3 });
	});
});

describe('reading what was typed', () => {
	const hours = framework().registers[0]!.criteria[0]!.indicators[0]!;
	const read = (of: typeof hours, first: string, second = '') => readDraft(framework(), of, { first, second });

	test('a number is kept in the smallest step of its unit', () => {
		expect(read(hours, '1 184,5')).toEqual({ value: { amount: 118_450 } });
	});

	test('a number larger than a reading holds is refused here, not by the server later', () => {
		expect(read(hours, '10 000 000 000')).toEqual({ value: { amount: 1_000_000_000_000 } });
		expect(read(hours, '10 000 000 000,01')).toEqual({ at: 'first', problem: 'size', decimals: 2 });
		expect(read(delay, '3,4', '1 000 001')).toEqual({ at: 'second', problem: 'size', decimals: 0 });
	});

	test('nothing typed is an empty cell', () => {
		expect(read(hours, ' ')).toEqual({ value: null });
		expect(read(share, '', '')).toEqual({ value: null });
	});

	test('letters and too many decimals are refused with their reason', () => {
		expect(read(hours, '12a')).toMatchObject({ at: 'first', problem: 'letters' });
		expect(read(hours, '1,234')).toMatchObject({ at: 'first', problem: 'decimals', decimals: 2 });
	});

	test('a division needs both of its numbers', () => {
		expect(read(share, '41')).toMatchObject({ at: 'second', problem: 'missing' });
		expect(read(share, '41', '47')).toEqual({ value: { numerator: 41, denominator: 47 } });
	});

	test('a part larger than its whole is refused, unless the two are counted in different units', () => {
		expect(read(share, '48', '47')).toMatchObject({ at: 'first', problem: 'above' });
		expect(read(perPerson, '38580', '116')).toEqual({ value: { numerator: 3_858_000, denominator: 116 } });
	});

	test('people are not fewer than none', () => {
		expect(read(share, '-1', '47')).toMatchObject({ problem: 'sign' });
		expect(read(delay, '3,4', '-2')).toMatchObject({ at: 'second', problem: 'sign' });
	});

	test('a mean is kept beside the number of people it is about', () => {
		expect(read(delay, '3,4', '12')).toEqual({ value: { mean: 34, weight: 12 } });
	});

	test('a figure that more than doubled is asked about, one that grew a little is not', () => {
		expect(unlikelyChange({ amount: 800 }, { amount: 2720 })).toBeCloseTo(2.4);
		expect(unlikelyChange({ amount: 800 }, { amount: 900 })).toBeUndefined();
		expect(unlikelyChange(undefined, { amount: 2720 })).toBeUndefined();
	});
});

describe('moving through the grid', () => {
	const extent = { rows: 30, columns: 13, page: 8 };
	const go = (row: number, column: number, key: string, far = false) => {
		const to = moved({ row, column }, key, far, extent);
		return to && [to.row, to.column];
	};

	test('arrows stop at the edges', () => {
		expect(go(0, 0, 'ArrowUp')).toEqual([0, 0]);
		expect(go(29, 12, 'ArrowRight')).toEqual([29, 12]);
		expect(go(1, 4, 'ArrowDown')).toEqual([2, 4]);
	});

	test('the keys for pages go a page up or down, and no further than the grid', () => {
		expect(go(3, 4, 'PageDown')).toEqual([11, 4]);
		expect(go(28, 4, 'PageDown')).toEqual([29, 4]);
		expect(go(3, 4, 'PageUp')).toEqual([0, 4]);
	});

	test('End leads to the total of the row, and with Ctrl to the last of all', () => {
		expect(go(1, 4, 'End')).toEqual([1, 12]);
		expect(go(1, 4, 'End', true)).toEqual([29, 12]);
		expect(go(7, 4, 'Home')).toEqual([7, 0]);
		expect(go(7, 4, 'Home', true)).toEqual([0, 0]);
	});

	test('Ctrl with an arrow goes to the edge', () => {
		expect(go(7, 4, 'ArrowDown', true)).toEqual([29, 4]);
		expect(go(7, 4, 'ArrowLeft', true)).toEqual([7, 0]);
	});

	test('a key that is no movement leads nowhere', () => {
		expect(go(1, 4, 'a')).toBeUndefined();
	});

	test('Tab goes to the next month and leaves the grid at the end of the row', () => {
		expect(tabbed({ row: 1, column: 4 }, false, 12)).toEqual({ row: 1, column: 5 });
		expect(tabbed({ row: 1, column: 11 }, false, 12)).toBeUndefined();
		expect(tabbed({ row: 1, column: 0 }, true, 12)).toBeUndefined();
	});

	test('a digit begins to type; a space or a function key does not', () => {
		expect(['1', ',', '-', 'a'].map(startsTyping)).toEqual([true, true, true, true]);
		expect([' ', 'F5', 'Shift'].map(startsTyping)).toEqual([false, false, false]);
	});
});

describe('what is left to enter', () => {
	const cell = (period: string, more: Partial<Cell> = {}): Cell => ({
		id: period,
		period: period as Cell['period'],
		when: 'past',
		fields: undefined,
		value: undefined,
		contested: 0,
		toConfirm: false,
		comment: '',
		before: undefined,
		...more
	});
	const filled = { value: { amount: 1 } };
	const said = (...cells: Cell[]) => progressSaid('Tarbes', progressOf([{ cells } as Row]));

	test('nothing is complete before a period has ended', () => {
		expect(said(cell('2014-01', { when: 'future' }), cell('2014-02', { when: 'current' }))).toBe(
			'Tarbes\u00a0: aucune période n’est encore terminée, aucun chiffre n’est attendu'
		);
	});

	test('all the empty cells of the grid are counted, and those of the last period among them', () => {
		expect(said(cell('2014-01'), cell('2014-02', filled), cell('2014-03'))).toBe(
			'Tarbes\u00a0: il reste 2 chiffres à saisir sur 3, dont 1 pour mars 2014'
		);
		expect(said(cell('2014-01', filled), cell('2014-02'))).toBe(
			'Tarbes\u00a0: il reste 1 chiffre à saisir sur 2, février 2014 compris'
		);
	});

	test('a grid that is filled says so with its doubts', () => {
		expect(said(cell('2014-01', filled), cell('2014-02', filled))).toBe(
			'Tarbes\u00a0: les 2 chiffres attendus sont saisis, février 2014 compris'
		);
		expect(said(cell('2014-01', filled), cell('2014-02', { ...filled, contested: 2 }))).toBe(
			'Tarbes\u00a0: les 2 chiffres attendus sont saisis, février 2014 compris\u202f; 1 à deux valeurs'
		);
	});
});
