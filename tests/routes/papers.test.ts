import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CHAPTERS, inChapter, type Proof, type Requirement } from '../../src/routes/help/asvs/chapters';
import { WRITTEN } from '../../src/routes/help/asvs/written';
import { MEASURES } from '../../src/routes/help/impact-assessment/measures';
import { titlesIn } from '../support/titles';

const HELP = 'src/routes/help';
const requirements = JSON.parse(readFileSync(`${HELP}/asvs/requirements.json`, 'utf8')) as Requirement[];
const measures = MEASURES.flatMap((theme) => theme.measures);

/** The levels 1 and 2 of OWASP ASVS 5.0.0 in the chapters that apply. A gap in a section is a requirement of level 3. */
const SECTIONS: { [section: string]: string } = {
	'V1.1': '1-2',
	'V1.2': '1-9',
	'V1.3': '1-11',
	'V1.4': '1-3',
	'V1.5': '1-2',
	'V2.1': '1-3',
	'V2.2': '1-3',
	'V2.3': '1-4',
	'V2.4': '1-1',
	'V3.2': '1-2',
	'V3.3': '1-4',
	'V3.4': '1-6',
	'V3.5': '1-5',
	'V3.7': '1-2',
	'V4.1': '1-3',
	'V4.2': '1-1',
	'V4.3': '1-2',
	'V4.4': '1-4',
	'V5.1': '1-1',
	'V5.2': '1-3',
	'V5.3': '1-2',
	'V5.4': '1-3',
	'V6.1': '1-3',
	'V6.2': '1-12',
	'V6.3': '1-4',
	'V6.4': '1-4',
	'V6.5': '1-5',
	'V6.6': '1-3',
	'V6.8': '1-4',
	'V7.1': '1-3',
	'V7.2': '1-4',
	'V7.3': '1-2',
	'V7.4': '1-5',
	'V7.5': '1-2',
	'V7.6': '1-2',
	'V8.1': '1-2',
	'V8.2': '1-3',
	'V8.3': '1-1',
	'V8.4': '1-1',
	'V11.1': '1-2',
	'V11.2': '1-3',
	'V11.3': '1-3',
	'V11.4': '1-4',
	'V11.5': '1-1',
	'V11.6': '1-1',
	'V12.1': '1-3',
	'V12.2': '1-2',
	'V12.3': '1-4',
	'V13.1': '1-1',
	'V13.2': '1-5',
	'V13.3': '1-2',
	'V13.4': '1-5',
	'V14.1': '1-2',
	'V14.2': '1-4',
	'V14.3': '1-3',
	'V15.1': '1-3',
	'V15.2': '1-3',
	'V15.3': '1-7',
	'V16.1': '1-1',
	'V16.2': '1-5',
	'V16.3': '1-4',
	'V16.4': '1-3',
	'V16.5': '1-3'
};

/** What is wrong with the tests that a line names: nothing, when each is there once, under that very title. */
function faultsOf(line: string, proof: Proof): string[] {
	const files = Object.entries(proof);
	if (files.length === 0) return [`${line}: no test`];
	return files.flatMap(([file, titles]) => {
		if (!/^tests\/[\w/-]+\.(test|spec)\.ts$/.test(file) || !existsSync(file)) return [`${line}: no file ${file}`];
		if (titles.length === 0) return [`${line}: no test in ${file}`];
		const there = titlesIn(readFileSync(file, 'utf8'));
		return titles
			.filter((title) => there.filter((one) => one === title).length !== 1)
			.map((title) => `${line}: ${file} has no test « ${title} », or two`);
	});
}

describe('what stands for a test that is there', () => {
	test.each([
		["test('gives', () => {});", ['gives']],
		['test(`gives`, () => {});', ['gives']],
		["test.each([1])('gives %s', () => {});", ['gives %s']],
		["test.each([1])(\n\t'gives %s',\n\t() => {}\n);", ['gives %s']],
		["test.skipIf(FAST)('gives', () => {});", ['gives']],
		["describe.each(ALL)('a hand on %s', () => { it('gives', () => {}); });", ['gives']],
		["// test('gives', () => {});", []],
		["test.skip('gives', () => {});", []],
		["test.todo('gives');", []],
		["describe.skip('a hand', () => { test('gives', () => {}); });", []],
		["test.describe('a hand', () => {});", []],
		["test.skip(without, 'gives');", []],
		["const title = 'gives'; attest('gives', () => {});", []]
	])('%s', (text, titles) => {
		expect(titlesIn(text)).toEqual(titles);
	});
});

describe('the security checklist', () => {
	test('answers every requirement of levels 1 and 2, once', () => {
		const every = Object.entries(SECTIONS).flatMap(([section, numbers]) => {
			const [first, last] = numbers.split('-').map(Number) as [number, number];
			return Array.from({ length: last - first + 1 }, (_, i) => `${section}.${first + i}`);
		});
		expect(requirements.map(({ id }) => id)).toEqual(every);
		expect(every).toHaveLength(210);
		for (const chapter of CHAPTERS)
			expect(requirements.filter((one) => inChapter(one, chapter)).length, chapter.id).toBe(chapter.count);
	});

	test('says of each line what it asks and how it is answered', () => {
		for (const line of requirements) {
			const { id, level, text, how } = line;
			expect([1, 2], id).toContain(level);
			expect(['test', 'na', 'deviation'], id).toContain(how);
			expect(text.trim().length, id).toBeGreaterThan(12);
			if (line.how !== 'test') expect(line.note.trim().length, id).toBeGreaterThan(8);
		}
		expect(requirements.filter(({ level }) => level === 1)).toHaveLength(61);
	});

	test('each line that is said to be tested names tests that are there', () => {
		const tested = requirements.filter((line) => line.how === 'test');
		expect(tested.length).toBeGreaterThan(100);
		expect(tested.flatMap(({ id, tests }) => faultsOf(id, tests))).toEqual([]);
	});

	test('what it says is written down is written down', () => {
		const here = 'tests/routes/papers.test.ts';
		const promised = requirements.filter((line) => line.how === 'test' && here in line.tests).map(({ id }) => id);
		expect(WRITTEN.flatMap(({ answers }) => answers).sort()).toEqual(promised.sort());
		for (const { id, lines } of WRITTEN) expect(lines.length, id).toBeGreaterThan(0);
	});
});

test('every measure of the impact assessment is said once, and its tests are there', () => {
	const said = measures.map(({ measure }) => measure);
	expect(new Set(said).size).toBe(said.length);
	expect(measures.flatMap(({ measure, tests }) => faultsOf(measure, tests))).toEqual([]);
});

/** What French typography asks, in the papers' own words. */
const SLIPS: [what: string, slip: RegExp][] = [
	['a straight apostrophe', /\p{L}'\p{L}/u],
	['a breaking space before ; ! ?', /[ \u00a0][;!?]/],
	['a breaking space before a colon', / :( |$)/],
	['a breaking space inside « »', /« | »/],
	['an inclusive form that may break', /[éeul]-e\b/]
];

/** What is read on a page: neither code, nor style, nor tags. */
const wordsOf = (path: string): string =>
	readFileSync(path, 'utf8')
		.replace(/<(script|style)[\s\S]*?<\/\1>/g, ' ')
		.replace(/\{[^{}]*\}/g, ' ')
		.replace(/<[^>]*>/g, '')
		.replace(/[\t\n ]+/g, ' ');

const pages = readdirSync(HELP, { recursive: true, encoding: 'utf8' })
	.filter((name) => name.endsWith('+page.svelte'))
	.map((name) => [name, wordsOf(`${HELP}/${name}`)]);
const data = [
	['requirements', JSON.stringify(requirements.map((line) => [line.text, line.how === 'test' ? '' : line.note]))],
	['written', JSON.stringify(WRITTEN)],
	['measures', JSON.stringify(measures.map(({ measure }) => measure))]
];

test.each([...pages, ...data])('%s keeps to French typography', (_, words) => {
	const slips = SLIPS.map(([what, slip]) => [
		what,
		new RegExp(`.{0,20}(?:${slip.source}).{0,20}`, slip.flags).exec(words!)?.[0]
	]);
	expect(slips.filter(([, found]) => found)).toEqual([]);
});
