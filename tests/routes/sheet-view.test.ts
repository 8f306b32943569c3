import { describe, expect, test } from 'vitest';
import type { Framework, Indicator } from '$lib/domain/framework-shapes';
import type { Figure } from '$lib/domain/figures';
import { periodsBetween } from '$lib/domain/period';
import { WHOLE } from '$lib/domain/reading';
import type { Sheet, Sheets } from '$lib/domain/sheet';
import { PersonDatabase } from '$lib/local/database';
import type { Subject } from '$lib/domain/kinds/kind';
import { fieldsOf } from '../support/records';
import { openVault } from '../support/vault';
import type { View } from '$lib/local/views';
import { askSheets, readCached } from '$lib/here/sheets-cache';
import { figuresLooked, heardLooked } from '../../src/routes/(office)/sheets/looked';
import { campaignBefore, chooseCampaign } from '../../src/routes/(office)/sheets/choice';
import { collectedIn, countByRegister, doubtsOf, lookedAt, unheardBy } from '$lib/domain/sheets/overview';
import { questionViews } from '$lib/domain/sheets/answers';
import { balanceOf, filterSaid, saidOn, whyNoWords } from '$lib/domain/sheets/excerpts';
import { figureView, inOrder, linesOf, roundUp } from '$lib/domain/sheets/figures';
import { lookOf } from '$lib/ui/register-look';
import type { Campaign } from '$lib/here/structure';

const text = (fr: string) => ({ fr });
const indicator = (id: string, more: Partial<Indicator> = {}): Indicator => ({
	id,
	label: text(id),
	kind: 'output',
	nature: 'quantitative',
	unit: 'hours',
	source: 'planning',
	direction: 'higher-better',
	frequency: 'monthly',
	aggregateOverTime: 'sum',
	aggregateOverAntennas: 'sum',
	sensitivity: 'none',
	headline: false,
	...more
});
const HOURS = indicator('hours', { headline: true });
const PRIDE = indicator('pride', { unit: 'pourcentage', fedBy: 'q-pride', positive: [1], aggregateOverTime: 'ratio' });

const framework: Framework = {
	id: 'f',
	version: '1',
	title: text('f'),
	description: text(''),
	stakeholders: [],
	units: [
		{ id: 'hours', label: text('heures'), decimals: 2 },
		{ id: 'pourcentage', label: text('%'), use: 'percentage' }
	],
	scales: [
		{
			id: 'yes-no',
			levels: [
				{ value: 0, label: text('Non') },
				{ value: 1, label: text('Oui') }
			],
			noOpinion: text('?'),
			refused: text('-')
		}
	],
	genericFollowUps: [],
	openingScript: text(''),
	consentItems: [],
	enums: {},
	registers: [
		{
			id: 'r',
			order: 1,
			look: 'prune',
			label: text('r'),
			section: text(''),
			summary: text(''),
			criteria: [
				{
					id: 'work',
					label: text('work'),
					definition: text(''),
					optional: false,
					indicators: [HOURS, PRIDE],
					questions: [
						{ id: 'q-pride', type: 'scale', scale: 'yes-no', stakeholders: ['employee'], text: text('?') },
						{ id: 'q-open', type: 'open', stakeholders: ['client'], text: text('?') },
						{
							id: 'q-help',
							type: 'multiple',
							stakeholders: ['partner'],
							text: text('?'),
							options: [
								{ id: 'papers', label: text('papers') },
								{ id: 'housing', label: text('housing') }
							]
						},
						{ id: 'q-days', type: 'number', stakeholders: ['employee'], text: text('?') }
					]
				},
				{ id: 'ties', label: text('ties'), definition: text(''), optional: false, indicators: [], questions: [] }
			]
		}
	]
};
const criterion = framework.registers[0]!.criteria[0]!;

const value = (amount: number, base = 0): Figure => ({ state: 'value', amount, base, missing: 0 });
type Cell = Sheet['figures'][number]['series'][number]['cells'][number];
const months = (year: string, figures: Figure[], flags: Partial<Cell> = {}): Cell[] =>
	periodsBetween(`${year}-01`, `${year}-12`, 'monthly')
		.slice(0, figures.length)
		.map((period, i) => ({ period, figure: figures[i]!, contested: 0, toConfirm: false, ...(i === 1 ? flags : {}) }));
const sheet = (more: Partial<Sheet> = {}): Sheet => ({
	criterion: 'work',
	figures: [],
	answers: [],
	excerpts: [],
	heard: [],
	contested: 0,
	toConfirm: 0,
	...more
});
const sheets = (more: Partial<Sheets> = {}): Sheets => ({
	campaign: 'c14',
	sequence: 1,
	at: '2015-01-12T08:00:00.000Z',
	k: 5,
	sheets: [],
	coverage: [],
	...more
});
const hoursOf = (year: string, tarbes: Figure[], lourdes: Figure[], flags: Partial<Cell> = {}): Sheet =>
	sheet({
		figures: [
			{
				indicator: 'hours',
				series: [
					{ place: 'tarbes', cells: months(year, tarbes, flags), total: value(30_00) },
					{ place: 'lourdes', cells: months(year, lourdes), total: value(12_00) }
				],
				whole: value(42_00)
			}
		]
	});
const three = [value(10_00), value(12_00), value(8_00)];
const campaign = { id: 'c14', antennas: 2, goal: undefined as number | undefined };

describe('figures of a criterion', () => {
	test('a month is set beside the same month of the campaign before', () => {
		const view = figureView(
			HOURS,
			{ framework, sheet: hoursOf('2014', three, three) },
			{ framework, sheet: hoursOf('2013', [value(9_00), value(7_00), value(5_00)], three) },
			campaign
		);
		const february = view!.places[0]!.cells[1]!;
		expect(february.now).toMatchObject({ value: 12 });
		expect(february.before).toMatchObject({ value: 7 });
		expect(february.reading).toBe('reading:c14:tarbes:2014-02:hours');
	});

	test('an indicator that was counted otherwise the year before is not compared', () => {
		const changed: Framework = {
			...framework,
			registers: [
				{
					...framework.registers[0]!,
					criteria: [{ ...criterion, indicators: [{ ...HOURS, aggregateOverTime: 'last' }] }]
				}
			]
		};
		const before = { framework: changed, sheet: hoursOf('2013', three, three) };
		const view = figureView(HOURS, { framework, sheet: hoursOf('2014', three, three) }, before, campaign)!;
		expect(view.places[0]!.cells[0]!.before).toBeUndefined();
		expect(view.whole!.before).toBeUndefined();
	});

	test('all antennas share one scale, and a goal is drawn on the structure alone, spread over its periods', () => {
		const view = figureView(HOURS, { framework, sheet: hoursOf('2014', three, three) }, undefined, {
			...campaign,
			goal: 90_00
		});
		const { lines, top } = linesOf(framework, view!)!;
		expect(lines.map(({ place, target }) => [place.place, target])).toEqual([
			[WHOLE, 30],
			['tarbes', undefined],
			['lourdes', undefined]
		]);
		expect(lines[0]!.current).toEqual([20, 24, 16]);
		expect(top).toBe(30);
	});

	test('a month that one antenna has not entered is no fall of the structure', () => {
		const view = figureView(
			HOURS,
			{ framework, sheet: hoursOf('2014', three, [value(1_00), { state: 'empty' }, value(1_00)]) },
			undefined,
			{ ...campaign, goal: 90_00 }
		);
		expect(linesOf(framework, view!)!.lines[0]!.current).toEqual([11, null, 9]);
	});

	test('a value to confirm or with a rival is drawn as a doubt', () => {
		const view = figureView(
			HOURS,
			{ framework, sheet: hoursOf('2014', three, three, { contested: 2 }) },
			undefined,
			campaign
		);
		expect(linesOf(framework, view!)!.lines[0]!.unconfirmed).toEqual([false, true, false]);
	});

	test('a doubt shows at the month of the structure and at every total above it', () => {
		const view = figureView(
			HOURS,
			{ framework, sheet: hoursOf('2014', three, three, { contested: 2 }) },
			undefined,
			campaign
		)!;
		const one = { contested: 1, toConfirm: 0 };
		const none = { contested: 0, toConfirm: 0 };
		expect(view.places.map(({ doubts }) => doubts)).toEqual([one, none]);
		expect(view.whole!.doubts).toEqual(one);
		expect(view.whole!.cells.map(({ doubts }) => doubts)).toEqual([none, one, none]);
	});

	test('two periods make no curve', () => {
		const two = three.slice(0, 2);
		const view = figureView(HOURS, { framework, sheet: hoursOf('2014', two, two) }, undefined, campaign);
		expect(linesOf(framework, view!)).toBeUndefined();
	});

	test('a reader of one antenna gets neither an empty column nor a total that was not released', () => {
		const mine = hoursOf('2014', three, three);
		const own = {
			...mine,
			figures: mine.figures.map(({ series, indicator }) => ({ indicator, series: series.slice(1) }))
		};
		const view = figureView(HOURS, { framework, sheet: own }, undefined, campaign)!;
		expect(view.places.map(({ place }) => place)).toEqual(['lourdes']);
		expect(view.whole).toBeUndefined();
	});

	test('a share that people answered but that is not shown is withheld; one that nobody answered is empty', () => {
		const places = (people: number) => [{ place: 'tarbes', people, unknown: 0, declined: 0, notAsked: 0 }];
		const pride = (people: number) =>
			figureView(
				PRIDE,
				{
					framework,
					sheet: sheet({
						figures: [
							{
								indicator: 'pride',
								series: [{ place: 'tarbes', cells: [], total: { state: 'empty' } }],
								whole: value(4, 8)
							}
						],
						answers: [{ question: 'q-pride', stakeholder: 'employee', places: places(people) }]
					})
				},
				undefined,
				campaign
			)!;
		expect(pride(3).places[0]!.total.state).toBe('withheld');
		expect(pride(0).places[0]!.total.state).toBe('empty');
		expect(pride(3).whole!.total).toMatchObject({ value: 50, base: 8 });
	});

	test('a share of nobody is not zero per cent', () => {
		const ratio = indicator('ratio', { unit: 'pourcentage', numerator: text('a'), denominator: text('b') });
		const series = [{ place: 'tarbes', cells: [], total: value(0, 0) }];
		const view = figureView(
			ratio,
			{ framework, sheet: sheet({ figures: [{ indicator: 'ratio', series }] }) },
			undefined,
			campaign
		);
		expect(view!.places[0]!.total.state).toBe('no-base');
	});

	test('figures that may not be added up say so instead of looking empty', () => {
		const figures = hoursOf('2014', three, three).figures.map((figure) => ({
			...figure,
			series: figure.series.map((one) => ({ ...one, total: { state: 'empty' as const } }))
		}));
		const view = figureView(HOURS, { framework, sheet: sheet({ figures }) }, undefined, campaign);
		expect(view!.places[0]!.total.state).toBe('not-added');
	});

	test('headline figures come first; without one, the first that has a value', () => {
		const view = (one: Indicator, total: Figure) =>
			figureView(
				one,
				{
					framework,
					sheet: sheet({ figures: [{ indicator: one.id, series: [{ place: 'tarbes', cells: [], total }] }] })
				},
				undefined,
				campaign
			)!;
		const [empty, full] = [view(indicator('a'), { state: 'empty' }), view(indicator('b'), value(1))];
		expect(inOrder([empty, full]).first).toEqual([full]);
		const headline = view(HOURS, { state: 'empty' });
		expect(inOrder([full, headline])).toEqual({ first: [headline], others: [full] });
	});

	test('the top of an axis is a round number that is never under the highest value', () => {
		expect([2347, 38, 1, 0.7, 100].map(roundUp)).toEqual([3000, 40, 1, 0.8, 100]);
	});
});

describe('answers', () => {
	const row = (place: string, people: number, details?: { [detail: string]: number }) => ({
		place,
		people,
		unknown: 1,
		declined: 0,
		notAsked: 2,
		...(details ? { distribution: { people, details } } : {})
	});
	const views = (question: string, places: Sheet['answers'][number]['places'], stakeholder = 'employee') =>
		questionViews(framework, criterion, sheet({ answers: [{ question, stakeholder, places }] }), 5);

	test('the structure answers for its antennas, which stay in the table', () => {
		const [view] = views('q-pride', [
			row('tarbes', 3),
			row('lourdes', 5, { 'value:1': 5 }),
			row(WHOLE, 8, { 'value:1': 6, 'value:0': 2 })
		]);
		expect(view!.main.map(({ place }) => place)).toEqual([WHOLE]);
		expect(view!.rows).toHaveLength(3);
		expect(view!.main[0]!.options.map(({ count, share }) => [count, share])).toEqual([
			[2, 0.25],
			[6, 0.75]
		]);
	});

	test('a reader without the structure’s total reads their antennas', () => {
		const [view] = views('q-pride', [row('lourdes', 5, { 'value:1': 5 })]);
		expect(view!.main.map(({ place }) => place)).toEqual(['lourdes']);
	});

	test('too few, hidden to protect others, and nobody are told apart', () => {
		const [view] = views('q-pride', [row('a', 4), row('b', 6), row('c', 0), row('d', 5, { 'value:0': 5 })]);
		expect(view!.rows.map(({ state }) => state)).toEqual(['few', 'withheld', 'nobody', 'shown']);
	});

	test('who answered in words without choosing is counted apart', () => {
		const [view] = views('q-pride', [row(WHOLE, 8, { 'value:1': 5, 'value:0': 2 })]);
		expect(view!.main[0]!.inWords).toBe(1);
	});

	test('numbers given are a median from k people, the middle half from four times as many, and never one by one', () => {
		const given = (people: number, details: { [detail: string]: number }) =>
			views('q-days', [row(WHOLE, people, details)])[0]!.main[0]!;
		expect(given(6, { 'value:10': 1, 'value:2': 5 })).toMatchObject({
			options: [],
			inWords: 0,
			numbers: { median: 2, middle: undefined }
		});
		const many = given(20, { 'value:1': 5, 'value:3': 5, 'value:5': 5, 'value:90': 5 });
		expect(many.numbers).toEqual({ median: 4, middle: [2.5, 26.25] });
		expect(given(20, { 'value:2': 3 }).numbers, 'only three gave a number').toBeUndefined();
	});

	test('the campaign before stands beside, where the question is the same; where it has changed, that is said', () => {
		const now = sheet({
			answers: [{ question: 'q-pride', stakeholder: 'employee', places: [row(WHOLE, 8, { 'value:1': 8 })] }]
		});
		const then = (people: number, details?: { [detail: string]: number }) =>
			sheet({ answers: [{ question: 'q-pride', stakeholder: 'employee', places: [row(WHOLE, people, details)] }] });
		const before = (sheet: Sheet, earlier = framework) =>
			questionViews(framework, criterion, now, 5, { framework: earlier, sheet, k: 5 })[0]!.main[0]!.before;
		expect(before(then(6, { 'value:1': 3, 'value:0': 3 }))).toMatchObject({ state: 'shown', base: 6 });
		expect(before(then(3))).toMatchObject({ state: 'few', options: [] });
		expect(before(sheet({ answers: [] }))).toBeUndefined();
		const worded = structuredClone(framework);
		const asked = worded.registers.flatMap(({ criteria }) => criteria).flatMap(({ questions }) => questions);
		asked.find(({ id }) => id === 'q-pride')!.text.fr += ' Et de vous ?';
		expect(before(then(6, { 'value:1': 6 }), worded)).toBe('changed');
		expect(questionViews(framework, criterion, now, 5)[0]!.main[0]!.before).toBeUndefined();
	});

	test('options nobody chose stay on the list, and open questions have no chart', () => {
		const [view] = views('q-help', [row(WHOLE, 5, { 'value:housing': 5 })], 'partner');
		expect(view!.main[0]!.options.map(({ id, count }) => [id, count])).toEqual([
			['papers', 0],
			['housing', 5]
		]);
		expect(views('q-open', [row(WHOLE, 5)], 'client')).toEqual([]);
	});
});

describe('excerpts', () => {
	const excerpt = (id: string, owner: string, fields: { [field: string]: unknown }): View => ({
		id,
		kind: 'excerpt',
		owner,
		about: 'i',
		unsent: false,
		stub: false,
		sequence: 1,
		fields: Object.fromEntries(
			Object.entries({
				campaign: 'c14',
				criterion: 'work',
				stakeholder: 'employee',
				antenna: 'tarbes',
				valence: 'added',
				quote: 'anonymous',
				passage: { question: 'q-open', start: 0, end: 4, words: 'Oui.' },
				...fields
			}).map(([field, value]) => [field, [{ value, change: `${id}-${field}`, person: owner, at: '' }]])
		)
	});
	const approvedAs = (id: string) => ({
		decision: 'approved',
		of: ['passage', 'criterion', 'valence', 'quote'].map((field) => `${id}-${field}`)
	});
	const quote = (id: string, values: { [field: string]: unknown }): Subject => ({
		...{ id, kind: 'quote', owner: 'server' },
		fields: fieldsOf({ campaign: 'c14', criterion: 'work', valence: 'added', limit: 'anonymous', ...values })
	});
	const excerpts = [
		excerpt('approved', 'nadia', { approval: approvedAs('approved') }),
		excerpt('unquoted', 'nadia', {
			approval: approvedAs('unquoted'),
			passage: { question: 'q-open', from: 0, to: 4, words: 'Non.' }
		}),
		excerpt('waiting', 'nadia', {}),
		excerpt('mine', 'sandrine', { stakeholder: 'client' }),
		excerpt('elsewhere', 'sandrine', { criterion: 'ties' })
	];
	const quotes = [quote('made', { words: 'Oui.' }), quote('other', { words: 'Ailleurs.', criterion: 'ties' })];
	const readBy = (person: string, reviews: boolean) =>
		saidOn({ excerpts, quotes }, { campaign: 'c14', criterion: 'work', person, reviews });

	test('a counsellor reads quotes and what is theirs; the director reads all the excerpts of the criterion', () => {
		expect(readBy('paul', false).map(({ id }) => id)).toEqual(['made']);
		expect(readBy('claire', true).map(({ id }) => id)).toEqual(['approved', 'unquoted', 'waiting', 'mine']);
	});

	test('one’s own words are not read twice, and of a colleague’s nothing says where they were heard', () => {
		expect(readBy('nadia', false).map(({ id }) => id)).toEqual(['approved', 'unquoted', 'waiting']);
		expect(readBy('paul', false)[0]).toMatchObject({ stakeholder: undefined, antenna: '', view: undefined });
	});

	test('words that were kept and that nobody may quote say so to the office', () => {
		const unquoted = readBy('claire', true).filter(({ unquoted }) => unquoted);
		expect(unquoted.map(({ id }) => id)).toEqual(['unquoted']);
	});

	test('filters hold together, and an empty one lets everything through', () => {
		const all = readBy('claire', true);
		expect(filterSaid(all, { state: '', valence: '', stakeholder: '' })).toHaveLength(4);
		const some = filterSaid(all, { state: 'to-review', valence: 'added', stakeholder: 'client' });
		expect(some.map(({ id }) => id)).toEqual(['mine']);
	});

	test('the balance adds antennas up, stakeholder by stakeholder', () => {
		const rows = balanceOf([
			{ stakeholder: 'client', place: 'tarbes', added: 2, improve: 1 },
			{ stakeholder: 'client', place: 'lourdes', added: 1, improve: 0 },
			{ stakeholder: 'employee', place: 'lourdes', added: 0, improve: 4 }
		]);
		expect(rows).toEqual([
			{ stakeholder: 'employee', added: 0, improve: 4 },
			{ stakeholder: 'client', added: 3, improve: 1 }
		]);
	});
});

describe('the overview', () => {
	test('criteria keep the letters of the sheets there are, and add their antennas up', () => {
		const excerpts = [
			{ stakeholder: 'client', place: 'tarbes', added: 2, improve: 1 },
			{ stakeholder: 'client', place: 'lourdes', added: 1, improve: 0 }
		];
		const [register] = countByRegister(framework, sheets({ sheets: [sheet({ criterion: 'ties', excerpts })] }));
		expect(
			register!.criteria.map(({ letter, criterion, added, improve }) => [letter, criterion.id, added, improve])
		).toEqual([['a', 'ties', 3, 1]]);
	});

	test('a figure is there once somebody has given it a value, and a count of interviews once there is one', () => {
		const told = indicator('told', { counted: 'excerpts' });
		const work = { ...criterion, indicators: [HOURS, PRIDE, told] };
		const counting = { ...framework, registers: [{ ...framework.registers[0]!, criteria: [work] }] };
		const figure = (indicator: string, total: Figure, more = {}) => ({
			...{ indicator, series: [{ place: 'tarbes', cells: [], total }], whole: total },
			...more
		});
		const counted = (...figures: Sheet['figures']) =>
			countByRegister(counting, sheets({ sheets: [sheet({ figures })] }))[0]!.criteria[0]!.figures;
		expect(counted(figure('hours', { state: 'empty' }), figure('told', value(0)))).toEqual({ filled: 0, of: 2 });
		expect(counted(figure('hours', value(0)), figure('told', value(3)))).toEqual({ filled: 2, of: 2 });
		expect(counted(figure('hours', { state: 'empty' }, { withheld: true }))).toEqual({ filled: 1, of: 1 });
	});

	test('the collection shows who was met without a target, and who has one and was not met', () => {
		const fields = {
			'target:employee:tarbes': [{ value: 24, change: 'c', person: 'p', at: '' }],
			'target:client:lourdes': [{ value: 10, change: 'c', person: 'p', at: '' }]
		};
		const coverage = [{ stakeholder: 'partner', place: 'tarbes', finished: 2, refused: 1 }];
		expect(collectedIn('tarbes', fields, coverage)).toEqual([
			{ stakeholder: 'employee', finished: 0, refused: 0, target: 24 },
			{ stakeholder: 'partner', finished: 2, refused: 1, target: 0 }
		]);
	});

	test('a reading with two values is listed once, by the id that opens it', () => {
		const found = doubtsOf(
			framework,
			sheets({ sheets: [hoursOf('2014', three, three, { contested: 2, toConfirm: true })] })
		);
		expect(found.contested.map(({ reading }) => reading)).toEqual(['reading:c14:tarbes:2014-02:hours']);
		expect(found.toConfirm).toEqual([]);
	});

	test('a criterion is unheard only by those who could have been asked', () => {
		const heard = [{ stakeholder: 'employee', place: 'tarbes', people: 2 }];
		const both = sheets({ sheets: [sheet({ heard }), sheet({ criterion: 'ties' })] });
		const found = unheardBy(framework, both, ['employee', 'client', 'staff']);
		expect(found.map(({ stakeholder, criteria }) => [stakeholder, criteria.map(({ id }) => id)])).toEqual([
			['client', ['work']]
		]);
	});

	test('what is said where nothing asks for a look names what was looked at', () => {
		const nothing = lookedAt(sheets({ sheets: [sheet(), sheet({ criterion: 'ties' })] }));
		expect(figuresLooked(nothing, 0)).toBe('Aucun chiffre n’est encore saisi.');
		expect(heardLooked(nothing)).toBe('Aucun entretien n’est encore reçu\u00a0: aucun critère n’a été abordé.');

		const coverage = [{ stakeholder: 'employee', place: 'tarbes', finished: 2, refused: 0 }];
		const heard = [{ stakeholder: 'employee', place: 'tarbes', people: 2 }];
		const half = sheets({ coverage, sheets: [{ ...hoursOf('2014', three, []), heard }, sheet({ criterion: 'ties' })] });
		expect(figuresLooked(lookedAt(half), 0)).toBe('Les 3 chiffres saisis\u00a0: aucun n’est en doute.');
		expect(heardLooked(lookedAt(half))).toBe('1 critère n’a été abordé dans aucun entretien.');
		const whole = sheets({ coverage, sheets: [sheet({ heard }), sheet({ criterion: 'ties', heard })] });
		expect(heardLooked(lookedAt(whole))).toBe('Les 2 critères retenus ont été abordés en entretien.');
	});

	test('a doubt about a figure that is kept back is in no list, and is no all-clear', () => {
		const looked = lookedAt(sheets({ sheets: [sheet({ contested: 1 })] }));
		expect(looked.hidden).toEqual({ contested: 1, toConfirm: 0 });
		expect(figuresLooked(looked, 0)).toBeUndefined();
	});

	test('why there are no words to read is as much as the reader may know', () => {
		expect(whyNoWords(false, 0, 0)).toBe('none-kept');
		expect(whyNoWords(true, 3, 9)).toBe('none-kept');
		expect(whyNoWords(true, 0, 9)).toBe('none-marked');
		expect(whyNoWords(true, 0, 0)).toBe('not-heard');
	});

	test('the open campaign is shown unless another is asked for, and compares with the one that ended before it', () => {
		const one = (title: string, state: Campaign['state']) =>
			({ id: title, title, from: `${title}-01`, to: `${title}-12`, state }) as Campaign;
		const all = [one('2015', 'preparing'), one('2014', 'open'), one('2013', 'closed')];
		expect(chooseCampaign(all, null)?.id).toBe('2014');
		expect(chooseCampaign(all, '2013')?.id).toBe('2013');
		expect(chooseCampaign(all, 'gone')?.id).toBe('2014');
		expect(campaignBefore(all, all[1]!)?.id).toBe('2013');
		expect(campaignBefore(all, all[2]!)).toBeUndefined();
	});

	test('a register that a framework names otherwise still has a look', () => {
		expect(lookOf({ look: 'canard', order: 1 })).toBe('teal');
		expect(lookOf({ look: 'violet', order: 2 })).toBe('ochre');
		expect(lookOf({ look: 'violet', order: 8 })).toBe('ochre');
	});
});

describe('sheets kept on the device', () => {
	let made = 0;
	const place = { structure: 's', person: 'p', device: 'd' };
	const database = async () => new PersonDatabase(`sheets-${++made}`, await openVault(place));
	const reply = (body: object | null, status: number, headers: { [name: string]: string } = {}) =>
		new Response(body && JSON.stringify(body), {
			status,
			headers: { date: 'Mon, 12 Jan 2015 08:00:00 GMT', ...headers }
		});
	const now = '2015-01-12T09:00:00.000Z';

	test('what was received shows without a network, with the moment it was received', async () => {
		const db = await database();
		await askSheets(db, 'c14', async () => reply(sheets(), 200, { etag: '"1"' }), now);
		const asked = await askSheets(db, 'c14', () => Promise.reject(new TypeError('no network')), 'later');
		expect(asked).toEqual({ state: 'offline' });
		expect(await readCached(db, 'c14')).toMatchObject({ etag: '"1"', fetchedAt: now, sheets: { k: 5 } });
	});

	test('what has not changed is not sent again', async () => {
		const db = await database();
		const named: (string | undefined)[] = [];
		const get = async (_: string, headers: { [name: string]: string }) => {
			named.push(headers['if-none-match']);
			return headers['if-none-match'] ? reply(null, 304) : reply(sheets(), 200, { etag: '"1"' });
		};
		expect(await askSheets(db, 'c14', get, now)).toMatchObject({ state: 'new' });
		expect(await askSheets(db, 'c14', get, now)).toEqual({ state: 'same', at: '2015-01-12T08:00:00.000Z' });
		expect(named).toEqual([undefined, '"1"']);
	});

	test('a refusal and an answer in another shape leave what was there', async () => {
		const db = await database();
		await askSheets(db, 'c14', async () => reply(sheets(), 200, { etag: '"1"' }), now);
		const refused = await askSheets(db, 'c14', async () => reply({ problem: 'session.missing' }, 401), now);
		expect(refused).toEqual({ state: 'refused', problem: 'session.missing' });
		const odd = await askSheets(db, 'c14', async () => reply({ k: 'five' }, 200, { etag: '"2"' }), now);
		expect(odd).toEqual({ state: 'refused', problem: 'unexpected' });
		expect(await readCached(db, 'c14')).toMatchObject({ etag: '"1"' });
	});
});
