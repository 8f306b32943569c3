import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contributionsOf } from '$lib/domain/kinds/all';
import type { Contribution } from '$lib/domain/contributions';
import type { Criterion, Framework, Indicator } from '$lib/domain/framework-shapes';
import type { Subject } from '$lib/domain/kinds/kind';
import type { Actor } from '$lib/domain/actor';
import {
	coverageOf,
	forFile,
	forReader,
	groupKey,
	groupsOf,
	withholdAll,
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
		contributionsOf(interviewRecord({ antenna, 'answer:q1': { value: level } }, `interview-${++made}`), {})
	).flat();
const typed = (place: string, period: string, values: { [field: string]: unknown }) =>
	contributionsOf(readingRecord(values, { place, period }), {});

const sheetFrom = (indicators: Indicator[], contributions: Contribution[], k = 5, scope = campaign()) => {
	const tallies = addUp(contributions);
	return sheetOf(criterionOf(indicators), scope, tallies, withholdAll(groupsOf(tallies), k), k);
};
const sheetsFrom = (indicators: Indicator[], contributions: Contribution[], scope = campaign()): Sheets => ({
	campaign: '2014',
	sequence: 1,
	at: '2014-11-12T10:00:00.000Z',
	k: 5,
	sheets: [sheetFrom(indicators, contributions, 5, scope)],
	coverage: coverageOf(addUp(contributions), scope)
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

	test('carry a doubt up to the antenna, the structure and the criterion, each reading once', () => {
		const sheet = sheetFrom(
			[indicatorOf()],
			[
				...typed('tarbes', '2014-Q1', { value: contested({ amount: 1 }, { amount: 2 }), toConfirm: true }),
				...typed('tarbes', '2014-Q2', { value: { amount: 3 }, toConfirm: true }),
				...typed('lourdes', '2014-Q1', { value: { amount: 9 } })
			]
		);
		const both = { contested: 1, toConfirm: 1 };
		const [figure] = sheet.figures;
		expect(figure!.series.map(({ doubts }) => doubts)).toEqual([both, { contested: 0, toConfirm: 0 }]);
		expect(figure!.doubts).toEqual(both);
		expect(sheet).toMatchObject(both);
	});

	test('the last value stands for all: only a doubt about it, or about what came after, reaches it', () => {
		const last = indicatorOf({ aggregateOverTime: 'last' });
		const doubtsWith = (...quarters: { [field: string]: unknown }[]) =>
			sheetFrom(
				[last],
				quarters.flatMap((values, i) => typed('tarbes', `2014-Q${i + 1}`, values))
			).figures[0]!.doubts;
		const doubtful = { value: { amount: 1 }, toConfirm: true };
		expect(doubtsWith(doubtful, { value: { amount: 2 } })).toEqual({ contested: 0, toConfirm: 0 });
		expect(doubtsWith({ value: { amount: 2 } }, doubtful)).toEqual({ contested: 0, toConfirm: 1 });
		expect(doubtsWith({ value: { amount: 2 } }, { value: contested(null, { amount: 4 }) })).toEqual({
			contested: 1,
			toConfirm: 0
		});
	});

	test('say so too when the figure is about people and too small to be shown', () => {
		const sheet = sheetFrom(
			[indicatorOf({ sensitivity: 'personal' })],
			[
				...typed('tarbes', '2014-Q1', { value: contested({ amount: 1 }, { amount: 2 }) }),
				...typed('tarbes', '2014-Q2', { value: { amount: 1 }, toConfirm: true })
			]
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
		const asked = (answer: Record<string, unknown>) =>
			contributionsOf(interviewRecord(answer, `interview-${++made}`), {});
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

	test('say how many stand in two values, and so does the figure made from them', () => {
		const two = contested({ value: { type: 'scale', level: 4 } }, { value: { type: 'scale', level: 1 } });
		const sheet = sheetFrom(
			[fed],
			[...heard('lourdes', 4, 6), ...contributionsOf(interviewRecord({ 'answer:q1': two }, 'torn'), {})]
		);
		const rows = new Map(sheet.answers[0]!.places.map((row) => [row.place, row.contested]));
		expect([rows.get('lourdes'), rows.get('tarbes'), rows.get('structure')]).toEqual([1, 0, 1]);
		expect(sheet.figures[0]!.doubts).toEqual({ contested: 1, toConfirm: 0 });
	});

	test('an antenna may bear any id', () => {
		const groups = groupsOf(addUp(heard('constructor', 3, 6)));
		expect(groups[groupKey('q1', 'employee')]!.total).toEqual({ people: 6, details: { 'value:3': 6 } });
	});
});

describe('a sheet’s voices', () => {
	test('a qualitative figure counts interviews, not excerpts', () => {
		const excerpts = (interview: Subject, n: number) =>
			Array.from({ length: n }, () =>
				contributionsOf(excerptRecord({}, `excerpt-${++made}`), { interview: interview })
			).flat();
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
			...contributionsOf(excerptRecord({}, 'a'), { interview: interviewRecord({}, 'other') }),
			...contributionsOf(excerptRecord({ stakeholder: 'elected-official' }, 'b'), { interview: official })
		];
		const [figure] = sheetFrom([{ ...counted, countedFrom: ['elected-official'] }], both).figures;
		expect(figure!.whole).toMatchObject({ amount: 1 });
	});

	test('coverage counts who was heard, who refused and who was heard after the campaign’s last month', () => {
		const refusal = contributionsOf(interviewRecord({ state: 'refused' }, 'refusal'), {});
		const after = contributionsOf(interviewRecord({ on: '2015-01-05' }, 'after'), {});
		expect(coverageOf(addUp([...heard('lourdes', 3, 2), ...refusal, ...after]), { to: '2014-12' })).toEqual([
			{ stakeholder: 'employee', place: 'lourdes', finished: 3, refused: 1, after: 1 }
		]);
	});
});

describe('one reader’s part of the sheets', () => {
	const everything = [
		...heard('lourdes', 4, 6),
		...heard('tarbes', 1, 7),
		...typed('lourdes', '2014-Q1', { value: { amount: 5 } }),
		...typed('tarbes', '2014-Q1', { value: { amount: 9 } }),
		...contributionsOf(excerptRecord({ antenna: 'tarbes' }), { interview: interviewRecord({ antenna: 'tarbes' }) })
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

	const personal = indicatorOf({ id: 'sorties', sensitivity: 'personal' });
	const framework = {
		registers: [{ criteria: [{ indicators: [indicatorOf(), personal, fed, counted] }] }]
	} as unknown as Framework;

	test('the director has all of it', () => {
		const sheets = sheetsFrom([indicatorOf(), fed, counted], everything);
		expect(forReader(sheets, director, campaign(), framework)).toEqual({ ...sheets, choices: true });
	});

	test('nobody else has what people chose: answers, valences, refusals by antenna, figures made of them or personal', () => {
		const refusal = contributionsOf(interviewRecord({ state: 'refused' }, 'no'), {});
		const sheets = sheetsFrom([indicatorOf(), personal, fed, counted], [...everything, ...refusal]);
		for (const part of [
			forReader(sheets, reader('lourdes', 'tarbes'), campaign(), framework),
			forFile(sheets, framework)
		]) {
			const [sheet] = part.sheets;
			expect([sheet!.answers, sheet!.excerpts]).toEqual([[], []]);
			expect(sheet!.figures.map(({ indicator }) => indicator)).toEqual([indicatorOf().id]);
			expect(part.coverage.every(({ refused }) => refused === 0)).toBe(true);
			expect(part.choices).toBe(false);
		}
	});

	test('a file says what the team did by stakeholder, without antennas', () => {
		const part = forFile(sheetsFrom([indicatorOf()], everything), framework);
		expect(part.coverage).toEqual([
			{ stakeholder: 'employee', place: 'structure', finished: 13, refused: 0, after: 0 }
		]);
		expect(part.sheets[0]!.heard).toEqual([{ stakeholder: 'employee', place: 'structure', people: 13 }]);
	});

	test('the doubts of a part are those of the figures in it', () => {
		const doubtful = [
			...typed('tarbes', '2014-Q1', { value: { amount: 9 }, toConfirm: true }),
			...typed('lourdes', '2014-Q1', { value: { amount: 9 }, toConfirm: true })
		];
		const seenBy = (...antennas: string[]) =>
			forReader(sheetsFrom([indicatorOf(), personal], doubtful), reader(...antennas), campaign(), framework).sheets[0]!;
		expect(seenBy('lourdes').toConfirm).toBe(1);
		expect(seenBy('lourdes', 'tarbes')).toMatchObject({ toConfirm: 2, figures: [{ doubts: { toConfirm: 2 } }] });
		const hidden = typed('lourdes', '2014-Q1', { value: { amount: 9 }, toConfirm: true }).map((one) => ({
			...one,
			subject: personal.id
		}));
		expect(forFile(sheetsFrom([indicatorOf(), personal], hidden), framework).sheets[0]!.toConfirm).toBe(0);
	});

	test('with two antennas, one sees one’s own and no total: it would give the other away', () => {
		const sheets = sheetsFrom([indicatorOf(), fed, counted], everything);
		const part = forReader(sheets, reader('lourdes'), campaign(), framework);
		expect([...places(part)]).toEqual(['lourdes']);
		expect(part.sheets[0]!.figures.every((figure) => figure.whole === undefined)).toBe(true);
	});

	test('who works in both sees both and the total', () => {
		const part = forReader(
			sheetsFrom([indicatorOf(), fed], everything),
			reader('lourdes', 'tarbes'),
			campaign(),
			framework
		);
		expect(places(part)).toEqual(new Set(['lourdes', 'tarbes']));
		expect(part.sheets[0]!.figures.every((figure) => figure.whole !== undefined)).toBe(true);
	});

	test('a figure typed for the structure as a whole gives nobody away', () => {
		const people = indicatorOf({ enteredAt: 'structure' });
		const sheets = sheetsFrom([people], typed('structure', '2014-Q1', { value: { amount: 116 } }));
		const [figure] = forReader(sheets, reader('lourdes'), campaign(), framework).sheets[0]!.figures;
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
				const part = forReader(
					sheetsFrom([indicatorOf(), fed, counted], contributions, scope),
					reader(...own),
					scope,
					framework
				);
				const others = antennas.filter((antenna) => !own.includes(antenna));
				expect([...own, 'structure']).toEqual(expect.arrayContaining([...places(part)]));
				if (others.length !== 1) return;
				expect(places(part)).not.toContain('structure');
				expect(part.sheets[0]!.figures.some((figure) => figure.whole !== undefined)).toBe(false);
			}),
			{ numRuns: 100 }
		);
	});
});
