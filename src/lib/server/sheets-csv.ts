import { criteriaOf, findQuestion, type Framework } from '../domain/framework';
import { digitsOf, numberOf, type Figure } from '../domain/figures';
import { WHOLE } from '../domain/reading';
import { inLanguage } from '../domain/text';
import type { Released } from './sheets';

/** The sheets as an open file: one line per figure and per answer, decimals and separator as the language's spreadsheets
 * expect them (semicolon and comma in French). A cell withheld to protect people is empty and says so. */
export function sheetsCsv(
	{ sheets, framework, campaign }: Released,
	antennas: Map<string, string>,
	language: string
): string {
	const french = language !== 'en';
	const number = (value: number) => (french ? String(value).replace('.', ',') : String(value));
	const words = french ? FRENCH : ENGLISH;
	const place = (id: string) => (id === WHOLE ? words.whole : (antennas.get(id) ?? id));
	const lines: string[][] = [words.head];
	for (const sheet of sheets.sheets) {
		const criterion = criteriaOf(framework).find(({ id }) => id === sheet.criterion)!;
		const label = inLanguage(criterion.label, language);
		for (const figure of sheet.figures) {
			const indicator = criterion.indicators.find(({ id }) => id === figure.indicator)!;
			const unit = framework.units.find(({ id }) => id === indicator.unit)?.label ?? { fr: indicator.unit };
			const printed = (value: Figure) => {
				if (value.state === 'not-applicable') return words.notApplicable;
				const found = numberOf(framework, indicator, value);
				return found === undefined ? '' : number(Number(found.toFixed(digitsOf(framework, indicator))));
			};
			const head = [label, inLanguage(indicator.label, language), ''];
			const line = (where: string, period: string, value: Figure) => {
				const note = figure.withheld && value.state === 'empty' ? words.withheld : '';
				lines.push([...head, place(where), period, printed(value), inLanguage(unit, language), note]);
			};
			for (const one of figure.series) {
				for (const cell of one.cells) line(one.place, cell.period, cell.figure);
				if (one.cells.length !== 1) line(one.place, campaign.title, one.total);
			}
			if (figure.whole && figure.series[0]?.place !== WHOLE) line(WHOLE, campaign.title, figure.whole);
		}
		for (const answer of sheet.answers) {
			const question = findQuestion(framework, answer.question)!;
			const who = framework.stakeholders.find(({ id }) => id === answer.stakeholder);
			const base = [
				label,
				inLanguage(question.text, language),
				who ? inLanguage(who.label, language) : answer.stakeholder
			];
			for (const row of answer.places) {
				lines.push([
					...base,
					place(row.place),
					campaign.title,
					number(row.people),
					words.people,
					row.distribution || row.people === 0 ? '' : words.withheld
				]);
				for (const [detail, count] of Object.entries(row.distribution?.details ?? {}))
					lines.push([
						...base,
						place(row.place),
						campaign.title,
						number(count),
						optionLabel(framework, question, detail, language),
						''
					]);
			}
		}
	}
	const separator = french ? ';' : ',';
	return (
		'\ufeff' + lines.map((line) => line.map((cell) => quote(cell, separator)).join(separator)).join('\r\n') + '\r\n'
	);
}

const FRENCH = {
	head: [
		'Critère',
		'Indicateur ou question',
		'Partie prenante',
		'Lieu',
		'Période',
		'Valeur',
		'Unité ou réponse',
		'Note'
	],
	whole: 'Structure',
	people: 'réponses',
	notApplicable: 'sans objet',
	withheld: 'masqué pour protéger les personnes'
};
const ENGLISH = {
	head: ['Criterion', 'Indicator or question', 'Stakeholder', 'Place', 'Period', 'Value', 'Unit or answer', 'Note'],
	whole: 'Structure',
	people: 'answers',
	notApplicable: 'not applicable',
	withheld: 'withheld to protect people'
};

function optionLabel(
	framework: Framework,
	question: NonNullable<ReturnType<typeof findQuestion>>,
	detail: string,
	language: string
): string {
	const value = detail.slice('value:'.length);
	const option = question.options?.find(({ id }) => id === value);
	const level = framework.scales
		.find(({ id }) => id === question.scale)
		?.levels.find((one) => String(one.value) === value);
	return option || level ? inLanguage((option ?? level)!.label, language) : value;
}

/** RFC 4180 quoting; a cell that a spreadsheet would take for a formula is kept as text by an apostrophe. */
export function quote(cell: string, separator: string): string {
	const isNumber = /^-?\d+([.,]\d+)?$/.test(cell);
	const text = /^[=+\-@\t\r\n\0＝＋－＠]/.test(cell) && !isNumber ? `'${cell}` : cell;
	// Of words, either separator: a spreadsheet set to the other one must not cut a cell in two.
	const breaks = text.includes(separator) || (!isNumber && /[",;\r\n]/.test(text));
	return breaks ? `"${text.replaceAll('"', '""')}"` : text;
}
