import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lowerLimit, QUOTE_LIMITS } from '$lib/domain/excerpt';
import type { QuoteLimit } from '$lib/domain/excerpt-shapes';
import { audienceOf, invalidFields, isKnownKind } from '$lib/domain/kinds/all';
import { interview } from '$lib/domain/kinds/interview';
import { consentInForce, quoteCeiling, quoteInForce } from '$lib/domain/consent';
import { deletionOf } from '$lib/domain/record';
import { changeOf, contested, excerptRecord, fieldsOf, interviewRecord, readingRecord } from '../support/records';

const limit = fc.constantFrom(...QUOTE_LIMITS);
const answer = fc.constantFrom('yes', 'no', contested('yes', 'no'), contested('no', 'yes'));
const rank = (limit: QuoteLimit) => QUOTE_LIMITS.indexOf(limit);

const called = (answer: string) => ({ answer, use: 'contact' });

describe('a consent', () => {
	test('in force is the one given', () => {
		expect(consentInForce(fieldsOf({ 'consent:call': called('yes') }), 'contact')).toBe('yes');
		expect(consentInForce(fieldsOf({ 'consent:call': called('no') }), 'contact')).toBe('no');
		expect(consentInForce({}, 'contact')).toBeUndefined();
		expect(consentInForce(fieldsOf({ 'consent:call': called('yes') }), 'quotation')).toBeUndefined();
	});

	test('on which two tablets differ is a refusal until it is settled', () => {
		const both = (...answers: string[]) => fieldsOf({ 'consent:call': contested(...answers.map(called)) });
		expect(consentInForce(both('yes', 'no'), 'contact')).toBe('no');
		expect(consentInForce(both('yes', 'yes'), 'contact')).toBe('yes');
	});

	test('of two items for one use, one refusal is a refusal', () => {
		const fields = fieldsOf({ 'consent:call': called('yes'), 'consent:later': called('no') });
		expect(consentInForce(fields, 'contact')).toBe('no');
	});
});

describe('quoting', () => {
	test.each([
		['none', { 'consent:usage-evaluation': 'no' }],
		['none', { state: 'draft' }],
		['none', { 'consent:citation-anonyme': 'no' }],
		['none', { 'consent:citation-anonyme': contested('yes', 'no') }],
		['none', { 'consent:citation-anonyme': 'no', 'consent:citation-prenom': 'yes' }],
		['anonymous', { 'consent:citation-prenom': 'no' }],
		['first-name', {}]
	])('goes as far as « %s » when %j', (ceiling, values) => {
		expect(quoteCeiling(interviewRecord(values))).toBe(ceiling);
	});

	test('is refused where the interview is not here', () => {
		expect(quoteCeiling(undefined)).toBe('none');
		expect(quoteInForce(excerptRecord(), { interview: undefined })).toBe('none');
	});

	test('never goes beyond what the person agreed to, nor beyond the excerpt’s own limit', () => {
		fc.assert(
			fc.property(limit, answer, answer, answer, (quote, use, anonymous, firstName) => {
				const interview = interviewRecord({
					'consent:usage-evaluation': use,
					'consent:citation-anonyme': anonymous,
					'consent:citation-prenom': firstName
				});
				const now = quoteInForce(excerptRecord({ quote }), { interview: interview });
				expect(rank(now)).toBeLessThanOrEqual(rank(quote));
				expect(rank(now)).toBeLessThanOrEqual(rank(quoteCeiling(interview)));
				if (use !== 'yes') expect(now).toBe('none');
				if (anonymous !== 'yes') expect(now).toBe('none');
				if (firstName !== 'yes') expect(now).not.toBe('first-name');
			})
		);
	});

	test('the lower of two limits does not depend on which is named first', () => {
		fc.assert(
			fc.property(limit, limit, (a, b) => {
				expect(lowerLimit(a, b)).toBe(lowerLimit(b, a));
				expect(rank(lowerLimit(a, b))).toBe(Math.min(rank(a), rank(b)));
			})
		);
	});
});

describe('who receives a record', () => {
	test('an interview: its interviewer, nobody else', () => {
		expect(audienceOf(interviewRecord(), {})).toBe('interviews:sandrine');
		expect(audienceOf(interviewRecord({ approval: 'approved' }), {})).toBe('interviews:sandrine');
	});

	test('an excerpt: its interviewer and the office, approved or not', () => {
		const interview = interviewRecord();
		for (const values of [{}, { approval: 'approved' }, { approval: 'set-aside' }])
			expect(audienceOf(excerptRecord(values), { interview })).toBe('excerpts:sandrine');
	});

	test('a reading: those who follow its place', () => {
		expect(audienceOf(readingRecord({ value: { amount: 1 } }), {})).toBe('readings:lourdes');
		expect(audienceOf(readingRecord({}, { place: 'structure' }), {})).toBe('readings:structure');
	});

	test('what is deleted: nobody', () => {
		for (const record of [interviewRecord(), excerptRecord(), readingRecord({ value: { amount: 1 } })]) {
			const fields = { ...record.fields, ...fieldsOf({ deleted: deletionOf(record.fields) }) };
			expect(audienceOf({ ...record, fields }, { interview: interviewRecord() })).toBeUndefined();
		}
	});
});

describe('a field', () => {
	test.each([
		['interview', 'state', 'open'],
		['interview', 'stakeholder', 'neighbour'],
		['interview', 'on', '12/11/2014'],
		['interview', 'label', 'x'.repeat(81)],
		['interview', 'consent:call', 'maybe'],
		['interview', 'answer:q1', 'oui'],
		['interview', 'answer:q1', { value: 1.5 }],
		['interview', 'answer:q1', { without: 'later' }],
		['interview', 'answer:q1', { words: 'x'.repeat(20_001) }],
		['interview', 'criteria', 'estime'],
		['excerpt', 'quote', 'everybody'],
		['excerpt', 'passage', { question: 'q', start: -1, end: 3, words: 'x' }],
		['campaign', 'target:employee:lourdes', -1],
		['campaign', 'from', '2014-13'],
		['structure', 'k', 4],
		['structure', 'kShared', 10],
		['antenna', 'name', ''],
		['interview', 'deleted', true]
	])('%s.%s cannot hold %j', (kind, field, value) => {
		expect(invalidFields(kind, { [field]: value })).toEqual([field]);
	});

	test('this version does not know is kept as it is', () => {
		expect(invalidFields('interview', { mood: { anything: [1, 2] }, 'future:x': null, state: 'finished' })).toEqual([]);
		expect(invalidFields('interview', { constructor: 1, toString: 2 })).toEqual([]);
	});

	test('only kinds that are declared are known', () => {
		expect(['interview', 'reading', 'excerpt', 'campaign'].every(isKnownKind)).toBe(true);
		expect(['visit', '', 'constructor', '__proto__', 'toString'].some(isKnownKind)).toBe(false);
	});
});

describe('the day of an interview', () => {
	const problem = (on: string, today: string) =>
		interview.refusal(changeOf(1, { on }), interviewRecord({ on }), { today })?.problem;

	test('is the one of where it was held: already tomorrow at Nouméa, still yesterday at Tahiti', () => {
		// By the server’s clock 26 November, 14:00.
		expect(problem('2026-11-27', '2026-11-26')).toBeUndefined();
		expect(problem('2026-11-25', '2026-11-26')).toBeUndefined();
	});

	test('is looked at when it is days ahead of everywhere', () => {
		expect(problem('2026-11-28', '2026-11-26')).toBe('day.ahead');
	});
});
