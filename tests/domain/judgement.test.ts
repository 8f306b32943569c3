import { describe, expect, test } from 'vitest';
import {
	cutAtMarks,
	judgementId,
	judgementKey,
	linesOf,
	nextNumber,
	stageOf,
	supportField,
	supportsIn
} from '$lib/domain/judgement';
import { invalidFields } from '$lib/domain/kinds/all';
import { byDate, isLate, type Action } from '$lib/domain/action';
import { contested, fieldsOf } from '../support/records';

test('a judgement is found by its campaign and criterion, and by nothing else', () => {
	const key = { campaign: 'c-1', criterion: 'estime' };
	expect(judgementKey(judgementId(key))).toEqual(key);
	for (const id of [
		'judgement:c-1',
		'judgement::estime',
		'judgement:c-1:',
		'reading:c-1:estime',
		'judgement:a:b:c',
		''
	])
		expect(judgementKey(id)).toBeUndefined();
});

describe('the stage of a judgement', () => {
	test.each([
		['to-write', undefined],
		['to-write', {}],
		['to-write', { summary: '' }],
		['under-way', { summary: 'Les heures progressent.' }],
		['under-way', { 'support:figure:heures': { number: 1 }, state: 'under-way' }],
		['to-write', { 'support:figure:heures': null }],
		['finished', { summary: 'Les heures progressent.', state: 'finished' }],
		['again', { summary: contested('Elles progressent.', 'Elles stagnent.'), state: 'finished' }],
		['again', { summary: 'x', state: contested('finished', 'under-way') }]
	])('%s: %j', (stage, fields) => {
		expect(stageOf(fields && fieldsOf(fields))).toBe(stage);
	});
});

describe('what a judgement rests on', () => {
	test('stands in the order of its numbers, without what was taken away', () => {
		const fields = fieldsOf({
			[supportField({ on: 'quote', quote: 'q-7' })]: { number: 3 },
			[supportField({ on: 'figure', indicator: 'heures' })]: { number: 1 },
			[supportField({ on: 'answer', question: 'q-fierte', stakeholder: 'employee' })]: { number: 2 },
			[supportField({ on: 'figure', indicator: 'missions' })]: null,
			'support:nothing': { number: 9 }
		});
		expect(supportsIn(fields).map(({ support, number }) => [number, support])).toEqual([
			[1, { on: 'figure', indicator: 'heures' }],
			[2, { on: 'answer', question: 'q-fierte', stakeholder: 'employee' }],
			[3, { on: 'quote', quote: 'q-7' }]
		]);
	});

	test('two that were given one number without a network both stand under it', () => {
		const fields = fieldsOf({ 'support:figure:b': { number: 1 }, 'support:figure:a': { number: 1 } });
		expect(supportsIn(fields).map(({ field }) => field)).toEqual(['support:figure:a', 'support:figure:b']);
	});

	test('a new one never takes the number that words still name', () => {
		expect(nextNumber({})).toBe(1);
		expect(nextNumber(fieldsOf({ 'support:figure:a': { number: 4 } }))).toBe(5);
		expect(nextNumber(fieldsOf({ 'support:figure:a': null, limits: 'Peu de bus [7], dit-on.' }))).toBe(8);
	});

	test('is named in the words by its number; other brackets are words', () => {
		const named = new Set([1, 2, 12]);
		expect(cutAtMarks('Elles progressent [1] [2]. [sic]', named)).toEqual(['Elles progressent', 1, 2, '. [sic]']);
		expect(cutAtMarks('[12]', named)).toEqual([12]);
		expect(cutAtMarks('Voir [7] [1]', named)).toEqual(['Voir [7]', 1]);
		expect(cutAtMarks('', named)).toEqual([]);
	});
});

test('lists are written one a line, with or without a dash', () => {
	expect(linesOf('- Un bus\n\n • Deux bus \nTrois - ou plus')).toEqual(['Un bus', 'Deux bus', 'Trois - ou plus']);
});

test('words beyond what a record holds, a state nobody knows and a support without a number are refused', () => {
	const invalid = (fields: { [field: string]: unknown }) => invalidFields('judgement', fields);
	expect(invalid({ summary: 'é'.repeat(20_000), limits: '', state: 'finished' })).toEqual([]);
	expect(invalid({ summary: 'é'.repeat(100_000) })).toEqual(['summary']);
	expect(invalid({ state: 'closed', 'support:figure:a': { number: 0 }, 'support:figure:b': null })).toEqual([
		'state',
		'support:figure:a'
	]);
	expect(invalidFields('action', { due: '2015-03', owner: null, state: 'done' })).toEqual([]);
	expect(invalidFields('action', { due: '2015-3', owner: 7, state: 'x', words: 'a'.repeat(501) })).toEqual([
		'due',
		'owner',
		'state',
		'words'
	]);
});

test('actions: what is to be done comes first, the nearest date before the others, without one last', () => {
	const actions: Action[] = [
		{ words: 'ended', state: 'done', due: '2014-01' },
		{ words: 'undated', state: 'planned' },
		{ words: 'later', state: 'planned', due: '2015-06' },
		{ words: 'soon', state: 'under-way', due: '2015-02' }
	];
	expect(actions.sort(byDate).map(({ words }) => words)).toEqual(['soon', 'later', 'undated', 'ended']);
	const late = actions.filter((action) => isLate(action, '2015-03')).map(({ words }) => words);
	expect(late).toEqual(['soon']);
});
