import { targetField } from '$lib/domain/campaign';
import { STAKEHOLDERS, type Criterion, type Framework, type Register, type Stakeholder } from '$lib/domain/framework';
import { inUse, type Fields } from '$lib/domain/record';
import { readingId } from '$lib/domain/reading';
import type { Sheets } from '$lib/domain/sheet';

export type CriterionCount = {
	letter: string;
	criterion: Criterion;
	added: number;
	improve: number;
	contested: number;
	toConfirm: number;
};
export type RegisterCount = { register: Register; criteria: CriterionCount[] };

/** What the excerpts say of each criterion that has a sheet, register by register, in the framework's order. */
export function countByRegister(framework: Framework, sheets: Sheets): RegisterCount[] {
	const sheetOf = new Map(sheets.sheets.map((sheet) => [sheet.criterion, sheet]));
	return framework.registers
		.map((register) => ({
			register,
			criteria: register.criteria
				.filter(({ id }) => sheetOf.has(id))
				.map((criterion, index) => {
					const { excerpts, contested, toConfirm } = sheetOf.get(criterion.id)!;
					return {
						letter: String.fromCharCode(97 + index),
						criterion,
						added: excerpts.reduce((sum, { added }) => sum + added, 0),
						improve: excerpts.reduce((sum, { improve }) => sum + improve, 0),
						contested,
						toConfirm
					};
				})
		}))
		.filter(({ criteria }) => criteria.length > 0);
}

export type Collected = { stakeholder: Stakeholder; finished: number; refused: number; target: number };

/** Where the collection stands in one antenna: a line per stakeholder who has a target or was met. Target 0: none was set. */
export function collectedIn(antenna: string, campaign: Fields, coverage: Sheets['coverage']): Collected[] {
	return STAKEHOLDERS.map((stakeholder) => {
		const met = coverage.find((c) => c.place === antenna && c.stakeholder === stakeholder);
		const target = Number(inUse(campaign, targetField(stakeholder, antenna)) ?? 0);
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
