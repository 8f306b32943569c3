import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lowerLimit, QUOTE_LIMITS, type QuoteLimit } from '$lib/domain/excerpt';
import { audienceOf, consentInForce, invalidFields, isKnownKind, quoteCeiling, quoteInForce } from '$lib/domain/kinds';
import { deletionOf } from '$lib/domain/record';
import { contested, excerptRecord, fieldsOf, interviewRecord, readingRecord } from '../support/records';

const limit = fc.constantFrom(...QUOTE_LIMITS);
const answer = fc.constantFrom('yes', 'no', contested('yes', 'no'), contested('no', 'yes'));
const rank = (limit: QuoteLimit) => QUOTE_LIMITS.indexOf(limit);

describe('a consent', () => {
	test('in force is the one given', () => {
		expect(consentInForce(fieldsOf({ 'consent:recontact': 'yes' }), 'recontact')).toBe('yes');
		expect(consentInForce(fieldsOf({ 'consent:recontact': 'no' }), 'recontact')).toBe('no');
		expect(consentInForce({}, 'recontact')).toBeUndefined();
	});

	test('on which two tablets differ is a refusal until it is settled', () => {
		expect(consentInForce(fieldsOf({ 'consent:recontact': contested('yes', 'no') }), 'recontact')).toBe('no');
		expect(consentInForce(fieldsOf({ 'consent:recontact': contested('yes', 'yes') }), 'recontact')).toBe('yes');
	});
});

describe('quoting', () => {
	test.each([
		['none', { 'consent:usage-evaluation': 'no' }],
		['none', { state: 'draft' }],
		['team', { 'consent:citation-anonyme': 'no' }],
		['team', { 'consent:citation-anonyme': contested('yes', 'no') }],
		['anonymous', { 'consent:citation-prenom': 'no' }],
		['first-name', {}]
	])('goes as far as « %s » when %j', (ceiling, values) => {
		expect(quoteCeiling(interviewRecord(values))).toBe(ceiling);
	});

	test('is refused where the interview is not here', () => {
		expect(quoteCeiling(undefined)).toBe('none');
		expect(quoteInForce(excerptRecord(), undefined)).toBe('none');
	});

	test('never goes beyond what the person agreed to, nor beyond the excerpt’s own limit', () => {
		fc.assert(
			fc.property(limit, answer, answer, answer, (quote, use, anonymous, firstName) => {
				const interview = interviewRecord({
					'consent:usage-evaluation': use,
					'consent:citation-anonyme': anonymous,
					'consent:citation-prenom': firstName
				});
				const now = quoteInForce(excerptRecord({ quote }), interview);
				expect(rank(now)).toBeLessThanOrEqual(rank(quote));
				expect(rank(now)).toBeLessThanOrEqual(rank(quoteCeiling(interview)));
				if (use !== 'yes') expect(now).toBe('none');
				if (anonymous !== 'yes') expect(rank(now)).toBeLessThanOrEqual(rank('team'));
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
		expect(audienceOf(interviewRecord())).toBe('interviews:sandrine');
		expect(audienceOf(interviewRecord({ approval: 'approved' }))).toBe('interviews:sandrine');
	});

	test('an excerpt: its interviewer and the office, until it is approved', () => {
		const interview = interviewRecord();
		expect(audienceOf(excerptRecord(), interview)).toBe('excerpts:sandrine');
		expect(audienceOf(excerptRecord({ approval: 'approved' }), interview)).toBe('structure');
		expect(audienceOf(excerptRecord({ approval: 'set-aside' }), interview)).toBe('excerpts:sandrine');
		expect(audienceOf(excerptRecord({ approval: contested('approved', 'set-aside') }), interview)).toBe(
			'excerpts:sandrine'
		);
	});

	test('an approved excerpt comes back when its person withdraws or objects', () => {
		const approved = excerptRecord({ approval: 'approved' });
		expect(audienceOf(approved, interviewRecord({ 'consent:usage-evaluation': 'no' }))).toBe('excerpts:sandrine');
		expect(audienceOf(approved, undefined)).toBe('excerpts:sandrine');
		expect(audienceOf(excerptRecord({ approval: 'approved', quote: 'none' }), interviewRecord())).toBe(
			'excerpts:sandrine'
		);
	});

	test('a reading: those who follow its place', () => {
		expect(audienceOf(readingRecord({ value: { amount: 1 } }))).toBe('readings:lourdes');
		expect(audienceOf(readingRecord({}, { place: 'structure' }))).toBe('readings:structure');
	});

	test('what is deleted: nobody', () => {
		for (const record of [interviewRecord(), excerptRecord(), readingRecord({ value: { amount: 1 } })]) {
			const fields = { ...record.fields, ...fieldsOf({ deleted: deletionOf(record.fields) }) };
			expect(audienceOf({ ...record, fields }, interviewRecord())).toBeUndefined();
		}
	});
});

describe('a field', () => {
	test.each([
		['interview', 'state', 'open'],
		['interview', 'stakeholder', 'neighbour'],
		['interview', 'on', '12/11/2014'],
		['interview', 'label', 'x'.repeat(81)],
		['interview', 'consent:recontact', 'maybe'],
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
