import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import template from '$lib/server/template.json';
import { say } from '$lib/words/format';
import { overwriteGetLocale } from '$lib/words/generated/runtime';

const FOLDER = 'src/lib/words';
const FILES = readdirSync(`${FOLDER}/fr`).filter((name) => name.endsWith('.json'));
const load = (language: string, file: string) =>
	JSON.parse(readFileSync(`${FOLDER}/${language}/${file}`, 'utf8')) as { [key: string]: unknown };

/** Every text of a message, its plural forms included. */
const textsOf = (message: unknown): string[] =>
	typeof message === 'string'
		? [message]
		: (message as { match: { [form: string]: string } }[]).flatMap(({ match }) => Object.values(match));

const holes = (message: unknown) =>
	[...new Set(textsOf(message).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

test.each(FILES)('%s says the same things in French and in English', (file) => {
	const [fr, en] = [load('fr', file), load('en', file)];
	expect(Object.keys(en).sort()).toEqual(Object.keys(fr).sort());
	for (const key of Object.keys(fr)) expect(holes(en[key]), key).toEqual(holes(fr[key]));
});

/** What French typography asks: curly apostrophes, no-break spaces where a line must not begin with a sign. */
const SLIPS: [what: string, slip: RegExp][] = [
	['a straight apostrophe', /'/],
	['a breaking space before ; ! ?', /[ \u00a0][;!?]/],
	['a breaking space before a colon', / :/],
	['a breaking space inside « »', /« | »/],
	['a breaking space before %', /\d %/],
	['an inclusive form that may break', /[éeul]-e\b/],
	['two spaces', / {2}/],
	['a sign that clings to its word', /[\p{L}»][;!?]/u],
	['another spelling of salarié-e-s', /(?<!personne )salariée?s?(?![\p{L}\u2060])/u]
];

/** What English typography asks: its own quotation marks and apostrophe, no space before a sign. */
const ENGLISH_SLIPS: [what: string, slip: RegExp][] = [
	['a straight apostrophe or quotation mark', /['"]/],
	['a French quotation mark', /[«»]/],
	['a space before a sign', /[\s][;:!?]/],
	['two spaces', / {2}/]
];

const KEPT = new Set(['$schema']);

function expectClean(where: string, text: string, slips: typeof SLIPS): void {
	for (const [what, slip] of slips) expect(slip.test(text), `${where}: ${what} in « ${text} »`).toBe(false);
}

test.each(FILES)('%s keeps to French typography, and to English in English', (file) => {
	for (const [language, slips] of [
		['fr', SLIPS],
		['en', ENGLISH_SLIPS]
	] as const)
		for (const [key, message] of Object.entries(load(language, file)))
			if (!KEPT.has(key)) for (const text of textsOf(message)) expectClean(key, text, slips);
});

afterEach(() => overwriteGetLocale(() => 'fr'));

/** Every text of the template, with where it stands. */
function textsIn(part: unknown, where = 'template'): [string, { fr: string; en: string }][] {
	if (Array.isArray(part)) return part.flatMap((one, index) => textsIn(one, `${where}.${one?.id ?? index}`));
	if (typeof part !== 'object' || part === null) return [];
	if ('fr' in part) return [[where, part as { fr: string; en: string }]];
	return Object.entries(part).flatMap(([key, one]) => textsIn(one, `${where}.${key}`));
}

test('the template, as it is shown, keeps to the typography of both languages', () => {
	const texts = textsIn(template);
	expect(texts.length).toBeGreaterThan(500);
	for (const [where, text] of texts) expectClean(where, say(text), SLIPS);
	overwriteGetLocale(() => 'en');
	for (const [where, text] of texts) expectClean(where, say(text), ENGLISH_SLIPS);
});

test('a framework published before is shown with one space before its signs', () => {
	expect(say({ fr: 'Pourquoi\u00a0? Donnez un exemple\u00a0: le dernier.' })).toBe(
		'Pourquoi\u202f? Donnez un exemple\u00a0: le dernier.'
	);
});

/** Numbers that are never one or none where these words are said. */
const SEVERAL = new Set([
	'problem_factors',
	'setup_antennas_several',
	'office_many_criteria',
	'office_many_typed',
	'readings_several_title',
	'readings_several_title_read',
	'sheets_few'
]);

test.each(['fr', 'en'])('in %s whatever is counted agrees with its number', (language) => {
	for (const file of FILES)
		for (const [key, message] of Object.entries(load(language, file))) {
			if (typeof message !== 'string' || SEVERAL.has(key)) continue;
			// A number, then the word for what it counts.
			const counted =
				/\{(?:count|n|k|done|filled|sent|waiting|seconds|months|days|people|most|questions)\} (?!sur\b|out\b)\p{Ll}{3,}/u;
			expect(counted.test(message), `${key}: « ${message} » has one form for every number`).toBe(false);
		}
	for (const file of FILES)
		for (const [key, message] of Object.entries(load(language, file)))
			if (typeof message === 'object')
				for (const { match } of message as { match: { [form: string]: string } }[])
					expect(Object.keys(match).sort(), key).toEqual(['plural=one', 'plural=other']);
});
