import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contributionsOf } from '$lib/domain/kinds/all';
import type { Contribution } from '$lib/domain/contributions';
import { addUp, negate, tallyKey } from '$lib/domain/tallies';
import { contested, excerptRecord, interviewRecord, readingRecord } from '../support/records';

const told = (contributions: Contribution[]) =>
	contributions.map(({ measure, subject, detail }) => [measure, subject, detail].filter(Boolean).join(' '));

describe('what an interview adds', () => {
	test('a finished one counts, with the criteria it took up and its answers', () => {
		const record = interviewRecord({
			criteria: ['estime', 'droits'],
			asked: ['q2', 'q1'],
			'answer:q1': { value: 3, words: 'Je suis fière.' }
		});
		expect(told(contributionsOf(record, {}))).toEqual([
			'interview finished',
			'criterion estime',
			'criterion droits',
			'answer q2 asked',
			'answer q1 asked',
			'answer q1 answered',
			'answer q1 value:3',
			'answer q1 words'
		]);
	});

	test('a draft counts nothing', () => {
		expect(contributionsOf(interviewRecord({ state: 'draft', 'answer:q1': { value: 3 } }), {})).toEqual([]);
	});

	test('a refusal leaves only who was asked and where', () => {
		const [refusal, ...more] = contributionsOf(interviewRecord({ state: 'refused', 'answer:q1': { value: 3 } }), {});
		expect(more).toEqual([]);
		expect(refusal).toMatchObject({
			measure: 'interview',
			detail: 'refused',
			stakeholder: 'employee',
			place: 'lourdes'
		});
		expect(refusal).toMatchObject({ subject: '', period: '', count: 1, amount: 0, base: 0 });
	});

	test('an objection takes the answers out and is counted as a refusal', () => {
		const record = interviewRecord({ 'answer:q1': { value: 3 }, 'consent:usage-evaluation': 'no' });
		expect(told(contributionsOf(record, {}))).toEqual(['interview refused']);
		const disputed = { 'answer:q1': { value: 3 }, 'consent:usage-evaluation': contested('yes', 'no') };
		expect(told(contributionsOf(interviewRecord(disputed), {}))).toEqual(['interview refused']);
	});

	test('« ne sait pas », « ne souhaite pas répondre » and not asked are told apart, and none is an answer', () => {
		const details = (answer: unknown) =>
			told(contributionsOf(interviewRecord({ 'answer:q1': answer }), {})).filter((one) => one.startsWith('answer'));
		expect(details({ without: 'unknown' })).toEqual(['answer q1 asked', 'answer q1 unknown']);
		expect(details({ without: 'declined', value: 3 })).toEqual(['answer q1 asked', 'answer q1 declined']);
		expect(details({})).toEqual([]);
		expect(details({ value: [] })).toEqual([]);
		expect(details({ words: '  ' })).toEqual([]);
		expect(details({ value: 0 })).toEqual(['answer q1 asked', 'answer q1 answered', 'answer q1 value:0']);
	});

	test('an option ticked twice is one choice of one person', () => {
		const record = interviewRecord({ 'answer:q1': { value: ['bus', 'car', 'bus'] } });
		expect(told(contributionsOf(record, {})).filter((one) => one.startsWith('answer'))).toEqual([
			'answer q1 asked',
			'answer q1 answered',
			'answer q1 value:bus',
			'answer q1 value:car'
		]);
	});

	test('a deleted one counts nothing, nor does one that does not say whose it is', () => {
		const record = interviewRecord();
		const named = Object.values(record.fields).flatMap((current) => current.map(({ change }) => change));
		expect(contributionsOf(interviewRecord({ stakeholder: '' }), {})).toEqual([]);
		const deleted = interviewRecord({ deleted: { named } });
		expect(contributionsOf({ ...deleted, fields: { ...record.fields, deleted: deleted.fields.deleted! } }, {})).toEqual(
			[]
		);
	});
});

describe('what an excerpt adds', () => {
	test('five excerpts of one interview are heard once', () => {
		const interview = interviewRecord();
		const five = [1, 2, 3, 4, 5].map((n) => excerptRecord({}, `excerpt-${n}`));
		const tallies = addUp(five.flatMap((excerpt) => contributionsOf(excerpt, { interview: interview })));
		const heard = tallies.filter(({ measure }) => measure === 'heard');
		expect(heard).toHaveLength(1);
		expect(heard[0]).toMatchObject({ subject: 'estime', detail: 'interview-1', count: 5 });
		expect(tallies.find(({ measure }) => measure === 'excerpt')).toMatchObject({ detail: 'added', count: 5 });
	});

	test('nothing while its interview is a draft, is missing, or its person objects', () => {
		expect(contributionsOf(excerptRecord(), {})).toEqual([]);
		expect(contributionsOf(excerptRecord(), { interview: interviewRecord({ state: 'draft' }) })).toEqual([]);
		expect(
			contributionsOf(excerptRecord(), { interview: interviewRecord({ 'consent:usage-evaluation': 'no' }) })
		).toEqual([]);
	});

	test('nothing once it has been set aside', () => {
		expect(contributionsOf(excerptRecord({ approval: 'set-aside' }), { interview: interviewRecord() })).toEqual([]);
		expect(told(contributionsOf(excerptRecord({ approval: 'approved' }), { interview: interviewRecord() }))).toEqual([
			'excerpt estime added',
			'heard estime interview-1'
		]);
	});
});

describe('what a reading adds', () => {
	const reading = (values: { [field: string]: unknown }) =>
		contributionsOf(readingRecord(values), {}).map(({ detail, count, amount, base }) => ({
			detail,
			count,
			amount,
			base
		}));

	test('an amount, a division kept undivided, a mean times its weight', () => {
		expect(reading({ value: { amount: 12 } })).toEqual([{ detail: 'value', count: 1, amount: 12, base: 0 }]);
		expect(reading({ value: { amount: 0 } })).toEqual([{ detail: 'value', count: 1, amount: 0, base: 0 }]);
		expect(reading({ value: { numerator: 3, denominator: 4 } })).toEqual([
			{ detail: 'value', count: 1, amount: 3, base: 4 }
		]);
		expect(reading({ value: { mean: 32, weight: 10 } })).toEqual([
			{ detail: 'value', count: 1, amount: 320, base: 10 }
		]);
	});

	test('not applicable is said, empty says nothing', () => {
		expect(reading({ value: { notApplicable: true } })).toEqual([
			{ detail: 'not-applicable', count: 1, amount: 0, base: 0 }
		]);
		expect(reading({ value: null })).toEqual([]);
		expect(reading({ comment: 'à voir' })).toEqual([]);
	});

	test('the value in use counts once, and how many stand beside one another is said', () => {
		expect(reading({ value: contested({ amount: 12 }, { amount: 21 }, { amount: 12 }) })).toEqual([
			{ detail: 'value', count: 1, amount: 12, base: 0 },
			{ detail: 'contested', count: 2, amount: 0, base: 0 }
		]);
	});

	test('one still to confirm says so', () => {
		expect(reading({ value: { amount: 12 }, toConfirm: true }).map(({ detail }) => detail)).toEqual([
			'value',
			'to-confirm'
		]);
		expect(reading({ value: null, toConfirm: true })).toEqual([]);
	});

	test('under an id that is no cell counts nowhere', () => {
		expect(contributionsOf({ ...readingRecord({ value: { amount: 12 } }), id: 'reading:x' }, {})).toEqual([]);
	});
});

describe('adding contributions up', () => {
	const contribution: fc.Arbitrary<Contribution> = fc.record({
		campaign: fc.constantFrom('2013', '2014'),
		measure: fc.constantFrom('answer' as const, 'reading' as const),
		subject: fc.constantFrom('q1', 'q2'),
		stakeholder: fc.constantFrom('employee', 'client'),
		place: fc.constantFrom('tarbes', 'lourdes'),
		period: fc.constantFrom('', '2014-03'),
		detail: fc.constantFrom('value:3', 'answered'),
		count: fc.integer({ min: 1, max: 5 }),
		amount: fc.integer({ min: -100, max: 100 }),
		base: fc.nat({ max: 100 })
	});
	const sorted = (tallies: Contribution[]) => tallies.toSorted((a, b) => (tallyKey(a) < tallyKey(b) ? -1 : 1));

	test('what a record takes back is all that it gave', () => {
		fc.assert(
			fc.property(fc.array(contribution), (some) => {
				expect(addUp([...some, ...negate(some)])).toEqual([]);
			})
		);
	});

	test('does not depend on the order, nor on doing it in parts', () => {
		fc.assert(
			fc.property(fc.array(contribution), fc.nat(), (some, cut) => {
				const whole = sorted(addUp(some));
				expect(sorted(addUp(some.toReversed()))).toEqual(whole);
				const at = some.length ? cut % some.length : 0;
				expect(sorted(addUp([...addUp(some.slice(0, at)), ...addUp(some.slice(at))]))).toEqual(whole);
			})
		);
	});

	test('keeps one cell for each key, without touching what it was given', () => {
		fc.assert(
			fc.property(fc.array(contribution), (some) => {
				const copy = structuredClone(some);
				const tallies = addUp(some);
				expect(new Set(tallies.map(tallyKey)).size).toBe(tallies.length);
				expect(tallies.reduce((sum, { count }) => sum + count, 0)).toBe(
					some.reduce((sum, { count }) => sum + count, 0)
				);
				expect(some).toEqual(copy);
			})
		);
	});
});
