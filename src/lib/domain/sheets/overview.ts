import { targetField } from '../campaign';
import { STAKEHOLDERS } from '../framework';
import type { Criterion, Framework, Register, Stakeholder } from '../framework-shapes';
import { type Fields } from '../record';
import { readingId } from '../reading';
import { addDoubts, type Doubts } from '../figures';
import { doubtsOfCell, type Sheet, type Sheets } from '../sheet';
import { valueOf } from '../kinds/values';

export type CriterionCount = {
	letter: string;
	criterion: Criterion;
	added: number;
	improve: number;
	heard: number; // interviews that took it up
	/** Of whom. */
	who: { stakeholder: Stakeholder; people: number }[];
	/** Indicators that somebody has given a value, of those there are. */
	figures: { filled: number; of: number };
	contested: number;
	toConfirm: number;
};
export type RegisterCount = { register: Register; criteria: CriterionCount[] };

/** What the excerpts say of each criterion, that has a sheet, and how many interviews took it up, register by register, in the framework's order. */
export function countByRegister(framework: Framework, sheets: Sheets): RegisterCount[] {
	const sheetOf = new Map(sheets.sheets.map((sheet) => [sheet.criterion, sheet]));
	return framework.registers
		.map((register) => ({
			register,
			criteria: register.criteria
				.filter(({ id }) => sheetOf.has(id))
				.map((criterion, index) => {
					const { excerpts, heard, figures, contested, toConfirm } = sheetOf.get(criterion.id)!;
					return {
						letter: String.fromCharCode(97 + index),
						criterion,
						added: excerpts.reduce((sum, { added }) => sum + added, 0),
						improve: excerpts.reduce((sum, { improve }) => sum + improve, 0),
						heard: heard.reduce((sum, { people }) => sum + people, 0),
						who: STAKEHOLDERS.map((stakeholder) => ({
							stakeholder,
							people: heard.filter((h) => h.stakeholder === stakeholder).reduce((sum, { people }) => sum + people, 0)
						})),
						figures: { filled: figures.filter((figure) => isFilled(criterion, figure)).length, of: figures.length },
						contested,
						toConfirm
					};
				})
		}))
		.filter(({ criteria }) => criteria.length > 0);
}

/** Withheld, it is there all the same; what counts interviews is nothing before there are some. */
function isFilled(
	{ indicators }: Criterion,
	{ indicator, series, whole, withheld }: Sheet['figures'][number]
): boolean {
	if (withheld) return true;
	const counts = indicators.some(({ id, counted }) => id === indicator && counted !== undefined);
	const totals = [...series.map(({ total }) => total), ...(whole ? [whole] : [])];
	return totals.some((total) => total.state !== 'empty' && !(counts && total.state === 'value' && total.amount === 0));
}

export type Collected = { stakeholder: Stakeholder; finished: number; refused: number; target: number };

/** Where the collection stands in one antenna: a line per stakeholder who has a target or was met. Target 0: none was set. */
export function collectedIn(antenna: string, campaign: Fields, coverage: Sheets['coverage']): Collected[] {
	return STAKEHOLDERS.map((stakeholder) => {
		const met = coverage.find((c) => c.place === antenna && c.stakeholder === stakeholder);
		const target = valueOf('campaign', campaign, targetField(stakeholder, antenna)) ?? 0;
		return { stakeholder, finished: met?.finished ?? 0, refused: met?.refused ?? 0, target };
	}).filter(({ finished, refused, target }) => finished + refused + target > 0);
}

/** One reading that asks for a look. */
export type Doubt = {
	reading: string;
	criterion: Criterion;
	indicator: Criterion['indicators'][number];
	place: string;
	period: string;
};

/** Readings with several values, or still to confirm. A reading with several values is only listed there. */
export function doubtsOf(framework: Framework, sheets: Sheets): { contested: Doubt[]; toConfirm: Doubt[] } {
	const criteria = new Map(framework.registers.flatMap((r) => r.criteria).map((c) => [c.id, c]));
	const all = sheets.sheets.flatMap((sheet) => {
		const criterion = criteria.get(sheet.criterion);
		return sheet.figures.flatMap((figure) => {
			const indicator = criterion?.indicators.find(({ id }) => id === figure.indicator);
			if (!criterion || !indicator) return [];
			return figure.series.flatMap(({ place, cells }) =>
				cells
					.filter(({ contested, toConfirm }) => contested > 0 || toConfirm)
					.map(({ period, contested }) => ({
						isContested: contested > 0,
						doubt: {
							reading: readingId({ campaign: sheets.campaign, place, period, indicator: indicator.id }),
							criterion,
							indicator,
							place,
							period
						}
					}))
			);
		});
	});
	return {
		contested: all.filter(({ isContested }) => isContested).map(({ doubt }) => doubt),
		toConfirm: all.filter(({ isContested }) => !isContested).map(({ doubt }) => doubt)
	};
}

/** What « À regarder » has looked at, so that it says no more than that. */
export type Looked = {
	/** Figures that somebody has entered and that stand in the sheets. */
	figures: number;
	/** Doubts about figures that are kept back to protect people: they are in no list. */
	hidden: Doubts;
	interviews: number;
	criteria: number;
	/** Taken up in no interview at all. */
	untouched: number;
};

export function lookedAt(sheets: Sheets): Looked {
	const cells = sheets.sheets.flatMap(({ figures }) =>
		figures.flatMap(({ series }) => series.flatMap(({ cells }) => cells))
	);
	const listed = addDoubts(cells.map(doubtsOfCell));
	const all = addDoubts(sheets.sheets);
	return {
		figures: cells.filter(({ figure }) => figure.state !== 'empty').length,
		hidden: { contested: all.contested - listed.contested, toConfirm: all.toConfirm - listed.toConfirm },
		interviews: sheets.coverage.reduce((sum, { finished }) => sum + finished, 0),
		criteria: sheets.sheets.length,
		untouched: sheets.sheets.filter(({ heard }) => !heard.some(({ people }) => people > 0)).length
	};
}

/** The criteria that somebody of these stakeholders could have been asked about and that none of them has taken up. */
export function unheardBy(
	framework: Framework,
	sheets: Sheets,
	stakeholders: readonly Stakeholder[]
): { stakeholder: Stakeholder; criteria: Criterion[] }[] {
	const criteria = new Map(framework.registers.flatMap((r) => r.criteria).map((c) => [c.id, c]));
	return stakeholders
		.map((stakeholder) => ({
			stakeholder,
			criteria: sheets.sheets
				.filter(({ heard }) => !heard.some((h) => h.stakeholder === stakeholder && h.people > 0))
				.map(({ criterion }) => criteria.get(criterion))
				.filter((criterion) => criterion !== undefined)
				.filter(({ questions }) => questions.some((q) => q.stakeholders.includes(stakeholder)))
		}))
		.filter(({ criteria }) => criteria.length > 0);
}
