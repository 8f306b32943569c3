import type {
	ConsentItem,
	ConsentUse,
	Criterion,
	Framework,
	Indicator,
	Question,
	Register,
	Stakeholder
} from './framework-shapes';
import type { Text } from './text-shapes';

export const STAKEHOLDERS = ['employee', 'client', 'elected-official', 'partner', 'staff'] as const;

export const criteriaOf = (framework: Framework): Criterion[] => framework.registers.flatMap((r) => r.criteria);

export const findCriterion = (framework: Framework, id: string): Criterion | undefined =>
	criteriaOf(framework).find((criterion) => criterion.id === id);

export const registerOf = (framework: Framework, criterionId: string): Register | undefined =>
	framework.registers.find((register) => register.criteria.some((criterion) => criterion.id === criterionId));

export const findQuestion = (framework: Framework, id: string): Question | undefined =>
	criteriaOf(framework)
		.flatMap((criterion) => criterion.questions)
		.find((question) => question.id === id);

export const findIndicator = (framework: Framework, id: string): Indicator | undefined =>
	criteriaOf(framework)
		.flatMap(({ indicators }) => indicators)
		.find((indicator) => indicator.id === id);

/** What an answer chose among what its question offered, in the framework's own words, and why there is none where it says
 * so. Words of the person's are left out. */
export function labelsOf(
	{ scales, units }: Pick<Framework, 'scales' | 'units'>,
	question: Pick<Question, 'scale' | 'options' | 'type' | 'unit'>,
	{ chosen, without }: { chosen: readonly string[]; without?: 'unknown' | 'declined' | undefined }
): Text[] {
	const scale = scales.find(({ id }) => id === question.scale);
	if (without === 'unknown') return [scale?.noOpinion ?? { fr: 'Ne sait pas', en: 'Does not know' }];
	if (without === 'declined')
		return [scale?.refused ?? { fr: 'Ne souhaite pas répondre', en: 'Would rather not answer' }];
	return chosen.map((one) => {
		const level = scale?.levels.find(({ value }) => String(value) === one);
		const option = question.options?.find(({ id }) => id === one);
		if (question.type === 'number') return writtenOut(Number(one), decimalsIn(units, question.unit));
		return level?.label ?? option?.label ?? { fr: one };
	});
}

/** A number of the smallest step, as it is said in its unit. */
function writtenOut(amount: number, decimals: number): Text {
	const en = String(inUnits(amount, decimals));
	return { fr: en.replace('.', ','), en };
}

/** Readings are typed for an indicator that no interview feeds; the two never mix. */
export const isTyped = (indicator: Indicator): boolean => !indicator.fedBy && !indicator.counted;

/** Distinct people and figures that never combine are typed once for the structure as a whole. */
export const isForStructure = (indicator: Indicator): boolean =>
	indicator.enteredAt === 'structure' ||
	indicator.aggregateOverAntennas === 'recount' ||
	indicator.aggregateOverAntennas === 'none';

/** Whether a unit counts what may be met twice, people first: somewhere the framework has them counted anew, not added up.
 * A sum of them over places or periods is no number of people. */
export const mayRepeat = (framework: Framework, unit: string | undefined): boolean =>
	criteriaOf(framework)
		.flatMap(({ indicators }) => indicators)
		.some(
			(one) => one.unit === unit && (one.aggregateOverAntennas === 'recount' || one.aggregateOverTime === 'recount')
		);

/** Whether an indicator is shown as a share of a hundred. */
export const isPercentage = (framework: Framework, { unit }: Pick<Indicator, 'unit'>): boolean =>
	framework.units.some(({ id, use }) => id === unit && use === 'percentage');

/** The item of consent that is for a use, where the framework has one. */
export const itemFor = (framework: Pick<Framework, 'consentItems'>, use: ConsentUse): ConsentItem | undefined =>
	framework.consentItems.find((item) => item.use === use);

/** What is read aloud before the first question, in words that are true for whoever hears them. */
export const openingFor = (framework: Framework, stakeholder: Stakeholder): Text =>
	framework.openingScriptFor?.[stakeholder] ?? framework.openingScript;

export const wordedFor = ({ text, textFor }: Pick<ConsentItem, 'text' | 'textFor'>, stakeholder: Stakeholder): Text =>
	textFor?.[stakeholder] ?? text;

/** Digits after the comma of an indicator's amounts. A percentage has none of its own: it is re-divided. */
export const decimalsOf = ({ units }: Framework, unitId: string): number => decimalsIn(units, unitId);

const decimalsIn = (units: Framework['units'], unitId: string | undefined): number =>
	units.find(({ id }) => id === unitId)?.decimals ?? 0;

/** An amount in its smallest step as a number in its unit: 118450 with two decimals is 1184.5. */
export const inUnits = (amount: number, decimals: number): number => amount / 10 ** decimals;

/** Two campaigns compare only what means the same: same lineage (id), unit, way of counting and definition card. */
export function isComparable(a: Indicator, b: Indicator): boolean {
	// Its typography and inclusive spelling are no part of what is counted: a later version may set them right.
	const meaning = (i: Indicator) =>
		JSON.stringify([
			i.id,
			i.unit,
			i.aggregateOverTime,
			i.aggregateOverAntennas,
			i.numerator?.fr,
			i.denominator?.fr,
			i.weight?.fr,
			i.fedBy,
			i.positive,
			i.counted,
			i.countedFrom,
			i.card?.counts.fr,
			i.card?.doesNotCount.fr
		])
			.replace(/\s/gu, ' ')
			.replace(/-es?\b/g, '');
	return meaning(a) === meaning(b);
}
