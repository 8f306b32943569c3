import { goalField, targetField } from '../domain/campaign';
import type { Doubts } from '../domain/figures';
import { criteriaOf, registerOf } from '../domain/framework';
import type { Criterion, Framework, Indicator, Stakeholder } from '../domain/framework-shapes';
import { valueOf, type Values } from '../domain/kinds/values';
import { WHOLE } from '../domain/reading';
import type { Fields } from '../domain/record';
import { figureView, type Shown } from '../domain/sheets/figures';
import { plainName } from '../domain/plain-name';
import { inLanguage } from '../domain/text';
import type { Sheets } from '../domain/sheet';
import { periodName } from '../words/period';

/** What a file says beside the sheets. */
export type About = {
	framework: Framework;
	structure: { name: string; fictitious: boolean };
	campaign: { title: string; antennas: string[]; fields: Fields };
	/** The campaign it is compared with, where the device holds its sheets. */
	before: { framework: Framework; sheets: Sheets } | undefined;
	antennas: ReadonlyMap<string, string>;
	quotes: readonly Partial<Values<'quote'>>[];
};

/** The sheets as a file. Of what was typed, its name keeps letters without accents and figures only. */
export const sheetsFile = (
	sheets: Sheets,
	about: About,
	language: string,
	day: string
): { name: string; text: string } => ({
	name:
		[
			'temoin',
			about.structure.fictitious ? 'fictive' : '',
			'provisoire',
			about.structure.name,
			about.campaign.title,
			day
		]
			.map(plainName)
			.filter(Boolean)
			.join('-') + '.csv',
	text: sheetsCsv(sheets, about, language)
});

const COLUMNS = [
	'register',
	'criterion',
	'measure',
	'kind',
	'definition',
	'stakeholder',
	'place',
	'period',
	'value',
	'base',
	'unit',
	'target',
	'before',
	'doubt',
	'note'
] as const;
/** One line of the file; what is left out is an empty cell. */
type Line = { [column in (typeof COLUMNS)[number]]?: string };

/** The sheets of an open campaign as an open file: its figures, what the team did and the words that may leave, provisional
 * line by line, decimals and separator as the language's spreadsheets expect them (semicolon and comma in French). */
function sheetsCsv(sheets: Sheets, about: About, language: string): string {
	const { framework, campaign, before, antennas } = about;
	const french = language !== 'en';
	const number = (value: number) => (french ? String(value).replace('.', ',') : String(value));
	const words = french ? FRENCH : ENGLISH;
	const say = (text: Parameters<typeof inLanguage>[0]) => inLanguage(text, language);
	const place = (id: string) => (id === WHOLE ? words.whole : (antennas.get(id) ?? id));
	const who = (id: string | undefined) => {
		const known = framework.stakeholders.find((one) => one.id === id);
		return known ? say(known.label) : (id ?? '');
	};
	const note = [words.note, about.structure.fictitious ? words.fictitious : ''].filter(Boolean).join(', ');
	const lines: Line[] = [];
	for (const criterion of criteriaOf(framework)) {
		const sheet = sheets.sheets.find((one) => one.criterion === criterion.id);
		if (!sheet) continue;
		const head = { register: say(registerOf(framework, criterion.id)!.label), criterion: say(criterion.label) };
		for (const indicator of criterion.indicators) lines.push(...figureLines(criterion, indicator, head));
		for (const { stakeholder, people } of sheet.heard)
			lines.push({
				...head,
				...{ measure: words.takenUp, kind: words.team, stakeholder: who(stakeholder), place: words.whole },
				...{ period: words.allOf, value: number(people), unit: words.interviews }
			});
		for (const quote of about.quotes.filter((one) => one.criterion === criterion.id))
			lines.push({
				...head,
				measure: quote.valence === 'improve' ? words.improve : words.added,
				...{ kind: words.quote, stakeholder: quote.stakeholder ? who(quote.stakeholder) : words.somebody },
				...{ place: words.whole, period: words.allOf, value: quote.words ?? '' }
			});
	}
	for (const { stakeholder, finished } of sheets.coverage) {
		const target = campaign.antennas.reduce(
			(sum, id) => sum + (valueOf('campaign', campaign.fields, targetField(stakeholder as Stakeholder, id)) ?? 0),
			0
		);
		lines.push({
			...{ measure: words.held, kind: words.team, stakeholder: who(stakeholder), place: words.whole },
			...{ period: words.allOf, value: number(finished), unit: words.interviews },
			target: target > 0 ? number(target) : ''
		});
	}
	if (sheets.refusals !== undefined)
		lines.push({
			...{ measure: words.refused, kind: words.team, place: words.whole, period: words.allOf },
			...{ value: number(sheets.refusals), unit: words.people }
		});
	const separator = french ? ';' : ',';
	const rows = [words.head, ...lines.map((line) => COLUMNS.map((column) => ({ ...line, note })[column] ?? ''))];
	return '\ufeff' + rows.map((row) => row.map((cell) => quote(cell, separator)).join(separator)).join('\r\n') + '\r\n';

	function figureLines(criterion: Criterion, indicator: Indicator, head: Line): Line[] {
		const goal = valueOf('campaign', campaign.fields, goalField(indicator.id));
		const view = figureView(
			indicator,
			{ framework, sheet: sheets.sheets.find((one) => one.criterion === criterion.id) },
			before && {
				framework: before.framework,
				sheet: before.sheets.sheets.find((one) => one.criterion === criterion.id)
			},
			{ id: sheets.campaign, antennas: campaign.antennas.length, goal: typeof goal === 'number' ? goal : undefined }
		);
		if (!view) return [];
		const unit = framework.units.find(({ id }) => id === indicator.unit);
		const own: Line = {
			...head,
			measure: say(indicator.label),
			kind: words.kinds[indicator.kind],
			definition: indicator.card ? say(indicator.card.counts) : '',
			unit: unit ? say(unit.label) : indicator.unit
		};
		const printed = (shown: Shown | undefined) =>
			shown === undefined ? '' : shown.state === 'value' ? number(rounded(shown.value)) : words.without[shown.state];
		const line = (where: string, period: string, now: Shown, doubts: Doubts, old: Shown | undefined): Line => ({
			...own,
			...{ place: place(where), period, value: printed(now) },
			base: now.state === 'value' && now.base !== undefined ? number(rounded(now.base)) : '',
			before: old?.state === 'value' ? printed(old) : '',
			doubt: [
				doubts.contested > 0 ? words.contested(doubts.contested) : '',
				doubts.toConfirm > 0 ? words.toConfirm(doubts.toConfirm) : '',
				now.state === 'value' && now.missing > 0 ? words.missing(now.missing) : ''
			]
				.filter(Boolean)
				.join(', ')
		});
		const target = view.goal === undefined ? '' : number(view.goal);
		const isStructure = view.whole === undefined;
		return [
			...view.places.flatMap(({ place, cells, total, doubts, before }) => [
				...cells.map((cell) => line(place, periodName(cell.period), cell.now, cell.doubts, cell.before)),
				...(cells.length === 1
					? []
					: [{ ...line(place, words.allOf, total, doubts, before), target: isStructure ? target : '' }])
			]),
			...(view.whole
				? [{ ...line(WHOLE, words.allOf, view.whole.total, view.whole.doubts, view.whole.before), target }]
				: [])
		];
	}
}

/** Six decimals are more than any unit has, and fewer than a division leaves. */
const rounded = (value: number): number => Number(value.toFixed(6));

const FRENCH = {
	head: [
		...[
			'Registre',
			'Critère',
			'Indicateur ou mesure',
			'Genre',
			'Ce qui est compté',
			'Partie prenante',
			'Lieu',
			'Période'
		],
		...['Valeur', 'Sur (n)', 'Unité', 'Objectif', 'Année précédente', 'En doute', 'Note']
	],
	kinds: { output: 'réalisation', outcome: 'résultat', impact: 'impact' },
	without: {
		'not-applicable': 'sans objet',
		empty: '',
		'no-base': 'personne à compter',
		withheld: 'masqué',
		'not-added': 'ne s’additionne pas'
	},
	contested: (count: number) => `${count} à deux valeurs`,
	toConfirm: (count: number) => `${count} à confirmer`,
	missing: (count: number) => (count > 1 ? `${count} chiffres manquent` : `${count} chiffre manque`),
	whole: 'Structure',
	allOf: 'Toute la campagne',
	team: 'ce que l’équipe a fait',
	takenUp: 'Entretiens qui ont abordé ce critère',
	held: 'Entretiens menés',
	refused: 'Refus de participer',
	quote: 'parole retenue',
	added: 'Valeur ajoutée',
	improve: 'Piste d’amélioration',
	somebody: 'Une personne entendue',
	interviews: 'entretiens',
	people: 'personnes',
	note: 'provisoire',
	fictitious: 'structure fictive'
};
const ENGLISH: typeof FRENCH = {
	head: [
		...['Register', 'Criterion', 'Indicator or measure', 'Kind', 'What is counted', 'Stakeholder', 'Place', 'Period'],
		...['Value', 'Out of (n)', 'Unit', 'Target', 'Year before', 'In doubt', 'Note']
	],
	kinds: { output: 'output', outcome: 'outcome', impact: 'impact' },
	without: {
		'not-applicable': 'not applicable',
		empty: '',
		'no-base': 'nobody to count',
		withheld: 'withheld',
		'not-added': 'does not add up'
	},
	contested: (count: number) => `${count} with two values`,
	toConfirm: (count: number) => `${count} to confirm`,
	missing: (count: number) => (count > 1 ? `${count} figures missing` : `${count} figure missing`),
	whole: 'Structure',
	allOf: 'The whole campaign',
	team: 'what the team did',
	takenUp: 'Interviews that took this criterion up',
	held: 'Interviews held',
	refused: 'Refusals to take part',
	quote: 'quote',
	added: 'Added value',
	improve: 'To improve',
	somebody: 'A person heard',
	interviews: 'interviews',
	people: 'people',
	note: 'provisional',
	fictitious: 'fictitious structure'
};

/** RFC 4180 quoting; a cell that a spreadsheet would take for a formula is kept as text by an apostrophe. */
export function quote(cell: string, separator: string): string {
	const isNumber = /^-?\d+([.,]\d+)?$/.test(cell);
	const text = /^[=+\-@\t\r\n\0＝＋－＠]/.test(cell) && !isNumber ? `'${cell}` : cell;
	// Of words, either separator: a spreadsheet set to the other one must not cut a cell in two.
	const breaks = text.includes(separator) || (!isNumber && /[",;\r\n]/.test(text));
	return breaks ? `"${text.replaceAll('"', '""')}"` : text;
}
