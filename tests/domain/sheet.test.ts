import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contributionsOf, type Contribution } from '$lib/domain/contributions';
import type { Criterion, Indicator } from '$lib/domain/framework';
import type { Subject } from '$lib/domain/kinds';
import type { Actor } from '$lib/domain/rights';
import {
	coverageOf,
	forReader,
	groupKey,
	groupsOf,
	releaseAnswers,
	releaseOnce,
	sheetOf,
	type CampaignScope,
	type Sheets
} from '$lib/domain/sheet';
import { addUp } from '$lib/domain/tallies';
import { contested, excerptRecord, indicatorOf, interviewRecord, readingRecord } from '../support/records';

const campaign = (antennas = ['tarbes', 'lourdes']): CampaignScope => ({
	id: '2014',
	title: '2014',
	from: '2014-01',
	to: '2014-06',
	criteria: ['estime'],
	antennas
});
const criterionOf = (indicators: Indicator[]): Criterion => ({
	id: 'estime',
	label: { fr: 'Estime' },
	definition: { fr: '' },
	optional: false,
	indicators,
	questions: [
		{ id: 'q1', type: 'scale', scale: 'echelle-4', stakeholders: ['employee', 'client'], text: { fr: 'Fier ?' } },
		{ id: 'q2', type: 'open', stakeholders: ['employee'], text: { fr: 'Dites-nous.' } }
	]
});
const fed = indicatorOf({
	id: 'fierte',
	unit: 'pourcentage',
	fedBy: 'q1',
	positive: [3, 4],
	aggregateOverTime: 'ratio'
});
const counted = indicatorOf({ id: 'recits', counted: 'excerpts' });

let made = 0;
/** So many interviews in an antenna whose person chose that level. */
const heard = (antenna: string, level: number, people: number): Contribution[] =>
	Array.from({ length: people }, () =>
		contributionsOf(interviewRecord({ antenna, 'answer:q1': { value: level } }, `interview-${++made}`))
	).flat();
const typed = (place: string, period: string, values: { [field: string]: unknown }) =>
	contributionsOf(readingRecord(values, { place, period }));

const sheetFrom = (indicators: Indicator[], contributions: Contribution[], k = 5, scope = campaign()) => {
	const tallies = addUp(contributions);
	return sheetOf(criterionOf(indicators), scope, tallies, releaseAnswers(groupsOf(tallies), k, {}), k);
};
const sheetsFrom = (indicators: Indicator[], contributions: Contribution[], scope = campaign()): Sheets => ({
	campaign: '2014',
	sequence: 1,
	at: '2014-11-12T10:00:00.000Z',
	k: 5,
	sheets: [sheetFrom(indicators, contributions, 5, scope)],
	coverage: coverageOf(addUp(contributions))
});

const director: Actor = { id: 'claire', grants: [{ role: 'director', antennas: [] }] };
const reader = (...antennas: string[]): Actor => ({ id: 'sandrine', grants: [{ role: 'counsellor', antennas }] });

describe('a sheet’s typed figures', () => {
	test('stand by antenna and period, and add up over periods first, then antennas', () => {
		const [figure] = sheetFrom(
			[indicatorOf()],
			[
				...typed('tarbes', '2014-Q1', { value: { amount: 10 } }),
				...typed('tarbes', '2014-Q2', { value: { amount: 20 } }),
				...typed('lourdes', '2014-Q1', { value: { amount: 5 } })
			]
		).figures;
		expect(figure!.series.map(({ place, total }) => [place, total])).toEqual([
			['tarbes', { state: 'value', amount: 30, base: 0, missing: 0 }],
			['lourdes', { state: 'value', amount: 5, base: 0, missing: 1 }]
		]);
		expect(figure!.whole).toEqual({ state: 'value', amount: 35, base: 0, missing: 1 });
		expect(figure!.series[0]!.cells.map(({ period }) => period)).toEqual(['2014-Q1', '2014-Q2']);
	});

	test('keep zero, empty and not applicable apart', () => {
		const [figure] = sheetFrom(
			[indicatorOf()],
			[
				...typed('tarbes', '2014-Q1', { value: { amount: 0 } }),
				...typed('tarbes', '2014-Q2', { value: { notApplicable: true } })
			]
		).figures;
		expect(figure!.series.map(({ cells }) => cells.map(({ figure }) => figure.state))).toEqual([
			['value', 'not-applicable'],
			['empty', 'empty']
		]);
	});

	test('say what is contested and what is to confirm', () => {
		const sheet = sheetFrom(
			[indicatorOf()],
			[
				...typed('tarbes', '2014-Q1', { value: contested({ amount: 1 }, { amount: 2 }) }),
				...typed('lourdes', '2014-Q1', { value: { amount: 9 }, toConfirm: true })
			]
		);
		expect([sheet.contested, sheet.toConfirm]).toEqual([1, 1]);
	});

	test('say so too when the figure is about people and too small to be shown', () => {
		const sheet = sheetFrom(
			[indicatorOf({ sensitivity: 'personal' })],
			typed('tarbes', '2014-Q1', { value: contested({ amount: 1 }, { amount: 2 }), toConfirm: true })
		);
		expect(sheet.figures[0]!.withheld).toBe(true);
		expect([sheet.contested, sheet.toConfirm]).toEqual([1, 1]);
	});

	test('that count distinct people are those typed for the structure as a whole', () => {
		const people = indicatorOf({ aggregateOverTime: 'recount', aggregateOverAntennas: 'recount', frequency: 'yearly' });
		const [figure] = sheetFrom(
			[people],
			[...typed('structure', '2014', { value: { amount: 116 } }), ...typed('tarbes', '2014', { value: { amount: 80 } })]
		).figures;
		expect(figure!.series.map(({ place }) => place)).toEqual(['structure']);
		expect(figure!.whole).toMatchObject({ amount: 116 });
	});

	test('about people are shown at the finest level at which none is about fewer than k', () => {
		const personal = indicatorOf({ sensitivity: 'personal' });
		const figures = (...cells: [string, string, number][]) =>
			sheetFrom(
				[personal],
				cells.flatMap(([place, period, amount]) => typed(place, period, { value: { amount } }))
			).figures[0]!;
		const large = figures(['tarbes', '2014-Q1', 8], ['lourdes', '2014-Q1', 6]);
		expect(large.withheld).toBeUndefined();
		expect(large.series[0]!.cells).toHaveLength(2);

		const byYear = figures(['tarbes', '2014-Q1', 3], ['tarbes', '2014-Q2', 4], ['lourdes', '2014-Q1', 6]);
		expect(byYear).toMatchObject({ withheld: true, whole: { amount: 13 } });
		expect(byYear.series.map(({ cells, total }) => [cells.length, total.state])).toEqual([
			[0, 'value'],
			[0, 'value']
		]);

		const together = figures(['tarbes', '2014-Q1', 3], ['lourdes', '2014-Q1', 6]);
		expect(together).toMatchObject({ withheld: true, whole: { amount: 9 } });
		expect(together.series.map(({ total }) => total.state)).toEqual(['empty', 'empty']);

		expect(figures(['tarbes', '2014-Q1', 1], ['lourdes', '2014-Q1', 2]).whole).toEqual({ state: 'empty' });
	});

	test('shares of fewer than k people are withheld by their base', () => {
		const share = indicatorOf({ sensitivity: 'personal', aggregateOverTime: 'ratio', aggregateOverAntennas: 'ratio' });
		const [figure] = sheetFrom(
			[share],
			typed('tarbes', '2014-Q1', { value: { numerator: 0, denominator: 3 } })
		).figures;
		expect(figure!.series[0]!.total).toEqual({ state: 'empty' });
		expect(figure!.whole).toEqual({ state: 'empty' });
	});
});

describe('a sheet’s answers', () => {
	test('give each base, and tell « ne sait pas », declined and not asked apart', () => {
		const asked = (answer: Record<string, unknown>) => contributionsOf(interviewRecord(answer, `interview-${++made}`));
		const sheet = sheetFrom(
			[],
			[
				...heard('lourdes', 3, 6),
				...asked({ 'answer:q1': { without: 'unknown' } }),
				...asked({ 'answer:q1': { without: 'declined' } }),
				...asked({})
			]
		);
		const lourdes = sheet.answers[0]!.places.find(({ place }) => place === 'lourdes');
		expect(lourdes).toMatchObject({ people: 6, unknown: 1, declined: 1, notAsked: 1, distribution: { people: 6 } });
		expect(sheet.answers.map(({ question, stakeholder }) => [question, stakeholder])).toEqual([['q1', 'employee']]);
	});

	test('withhold four answers and show five', () => {
		const distribution = (people: number) =>
			sheetFrom([], heard('lourdes', 3, people)).answers[0]!.places.find(({ place }) => place === 'lourdes')!
				.distribution;
		expect(distribution(4)).toBeUndefined();
		expect(distribution(5)).toEqual({ people: 5, details: { 'value:3': 5 } });
	});

	test('make a figure from those that count, over those who answered', () => {
		const [figure] = sheetFrom(
			[fed],
			[...heard('lourdes', 4, 6), ...heard('lourdes', 1, 2), ...heard('tarbes', 3, 5)]
		).figures;
		expect(figure!.whole).toEqual({ state: 'value', amount: 11, base: 13, missing: 0 });
		expect(figure!.series.map(({ place, total }) => [place, 'base' in total && total.base])).toEqual([
			['tarbes', 5],
			['lourdes', 8]
		]);
	});

	test('a figure made from answers is empty where the answers are withheld', () => {
		const [figure] = sheetFrom([fed], [...heard('lourdes', 4, 9), ...heard('tarbes', 3, 2)]).figures;
		expect(figure!.series.map(({ total }) => total.state)).toEqual(['empty', 'empty']);
		expect(figure!.whole).toMatchObject({ base: 11 });
	});

	test('a file is made under its own threshold and remembers nothing', () => {
		const groups = groupsOf(addUp(heard('lourdes', 3, 8)));
		const key = groupKey('q1', 'employee');
		expect(releaseAnswers(groups, 5, {})[key]!.total).toBeDefined();
		expect(releaseOnce(groups, 11)[key]!.total).toBeUndefined();
	});

	test('an antenna may bear any id', () => {
		const groups = groupsOf(addUp(heard('constructor', 3, 6)));
		expect(groups[groupKey('q1', 'employee')]!.total).toEqual({ people: 6, details: { 'value:3': 6 } });
	});
});

describe('a sheet’s voices', () => {
	test('a qualitative figure counts interviews, not excerpts', () => {
		const excerpts = (interview: Subject, n: number) =>
			Array.from({ length: n }, () => contributionsOf(excerptRecord({}, `excerpt-${++made}`), interview)).flat();
		const sheet = sheetFrom(
			[counted],
			[...excerpts(interviewRecord({}, 'first'), 5), ...excerpts(interviewRecord({}, 'second'), 1)]
		);
		expect(sheet.figures[0]!.whole).toMatchObject({ amount: 2 });
		expect(sheet.excerpts).toEqual([{ stakeholder: 'employee', place: 'lourdes', added: 6, improve: 0 }]);
	});

	test('a qualitative figure of elected officials counts theirs only', () => {
		const official = interviewRecord({ stakeholder: 'elected-official' }, 'official');
		const both = [
			...contributionsOf(excerptRecord({}, 'a'), interviewRecord({}, 'other')),
			...contributionsOf(excerptRecord({ stakeholder: 'elected-official' }, 'b'), official)
		];
		const [figure] = sheetFrom([{ ...counted, countedFrom: ['elected-official'] }], both).figures;
		expect(figure!.whole).toMatchObject({ amount: 1 });
	});

	test('coverage counts who was heard and who refused', () => {
		const refusal = contributionsOf(interviewRecord({ state: 'refused' }, 'refusal'));
		expect(coverageOf(addUp([...heard('lourdes', 3, 2), ...refusal]))).toEqual([
			{ stakeholder: 'employee', place: 'lourdes', finished: 2, refused: 1 }
		]);
	});
});

describe('one reader’s part of the sheets', () => {
	const everything = [
		...heard('lourdes', 4, 6),
		...heard('tarbes', 1, 7),
		...typed('lourdes', '2014-Q1', { value: { amount: 5 } }),
		...typed('tarbes', '2014-Q1', { value: { amount: 9 } }),
		...contributionsOf(excerptRecord({ antenna: 'tarbes' }), interviewRecord({ antenna: 'tarbes' }))
	];
	const places = (part: Sheets) =>
		new Set([
			...part.coverage.map(({ place }) => place),
			...part.sheets.flatMap((sheet) => [
				...sheet.heard.map(({ place }) => place),
				...sheet.excerpts.map(({ place }) => place),
				...sheet.answers.flatMap((answer) => answer.places.map(({ place }) => place)),
				...sheet.figures.flatMap(({ series }) => series.map(({ place }) => place))
			])
		]);

	test('the director has all of it', () => {
		const sheets = sheetsFrom([indicatorOf(), fed, counted], everything);
		expect(forReader(sheets, director, campaign())).toEqual(sheets);
	});

	test('with two antennas, one sees one’s own and no total: it would give the other away', () => {
		const part = forReader(sheetsFrom([indicatorOf(), fed, counted], everything), reader('lourdes'), campaign());
		expect([...places(part)]).toEqual(['lourdes']);
		expect(part.sheets[0]!.figures.every((figure) => figure.whole === undefined)).toBe(true);
	});

	test('who works in both sees both and the total', () => {
		const part = forReader(sheetsFrom([indicatorOf(), fed], everything), reader('lourdes', 'tarbes'), campaign());
		expect(places(part)).toEqual(new Set(['lourdes', 'tarbes', 'structure']));
		expect(part.sheets[0]!.figures.every((figure) => figure.whole !== undefined)).toBe(true);
	});

	test('a figure typed for the structure as a whole gives nobody away', () => {
		const people = indicatorOf({ enteredAt: 'structure' });
		const sheets = sheetsFrom([people], typed('structure', '2014-Q1', { value: { amount: 116 } }));
		const [figure] = forReader(sheets, reader('lourdes'), campaign()).sheets[0]!.figures;
		expect(figure!.whole).toMatchObject({ amount: 116 });
		expect(figure!.series[0]!.cells[0]!.figure).toMatchObject({ amount: 116 });
	});

	const ALL = ['tarbes', 'lourdes', 'bagneres', 'lannemezan'];
	const world = fc.record({
		antennas: fc.subarray(ALL, { minLength: 1 }),
		own: fc.subarray(ALL),
		people: fc.array(fc.nat({ max: 9 }), { minLength: 4, maxLength: 4 })
	});

	test('never holds another antenna, nor a total from which one’s own leave a single other antenna', () => {
		fc.assert(
			fc.property(world, ({ antennas, own, people }) => {
				const contributions = antennas.flatMap((antenna, i) => [
					...heard(antenna, 3, people[i]!),
					...typed(antenna, '2014-Q1', { value: { amount: 10 + i } })
				]);
				const scope = campaign(antennas);
				const part = forReader(sheetsFrom([indicatorOf(), fed, counted], contributions, scope), reader(...own), scope);
				const others = antennas.filter((antenna) => !own.includes(antenna));
				expect(places(part).isSubsetOf(new Set([...own, 'structure']))).toBe(true);
				if (others.length !== 1) return;
				expect(places(part)).not.toContain('structure');
				expect(part.sheets[0]!.figures.some((figure) => figure.whole !== undefined)).toBe(false);
			}),
			{ numRuns: 100 }
		);
	});

	test('is cut from the one table: nothing in it was worked out for the reader', () => {
		fc.assert(
			fc.property(world, ({ antennas, own, people }) => {
				const scope = campaign(antennas);
				const contributions = antennas.flatMap((antenna, i) => heard(antenna, 3, people[i]!));
				const sheets = sheetsFrom([fed], contributions, scope);
				const part = forReader(sheets, reader(...own), scope);
				for (const [i, answer] of part.sheets[0]!.answers.entries())
					expect(sheets.sheets[0]!.answers[i]!.places).toEqual(expect.arrayContaining(answer.places));
			}),
			{ numRuns: 100 }
		);
	});
});
