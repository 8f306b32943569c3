import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

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
	['an inclusive form that may break', /[éeul]-e\b/]
];

test.each(FILES)('%s keeps to French typography', (file) => {
	for (const [key, message] of Object.entries(load('fr', file))) {
		if (key === '$schema') continue;
		for (const text of textsOf(message)) {
			for (const [what, slip] of SLIPS) expect(slip.test(text), `${key}: ${what} in « ${text} »`).toBe(false);
		}
	}
});
