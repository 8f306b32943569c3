import { afterEach, expect, test } from 'vitest';
import { say, tongue } from '$lib/words/format';
import { overwriteGetLocale } from '$lib/words/generated/runtime';

afterEach(() => overwriteGetLocale(() => 'fr'));

const [french, both] = [{ fr: 'Le logement' }, { fr: 'Le logement', en: 'Housing' }];

test('what a framework says in French alone is marked as French in an English interface, and nothing else is', () => {
	expect([tongue(french), tongue(both)]).toEqual([undefined, undefined]);
	overwriteGetLocale(() => 'en');
	expect([say(french), tongue(french)]).toEqual(['Le logement', 'fr']);
	expect([say(both), tongue(both)]).toEqual(['Housing', undefined]);
});
