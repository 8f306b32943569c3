import * as z from 'zod/mini';
import { Frequency } from './period';
import { Text } from './text';

export const STAKEHOLDERS = ['employee', 'client', 'elected-official', 'partner', 'staff'] as const;
export const Stakeholder = z.enum(STAKEHOLDERS);
export type Stakeholder = z.infer<typeof Stakeholder>;

/** How values of one indicator combine. `recount` counts distinct people, which never add up; `none` never combines. */
export const OverPeriods = z.enum(['sum', 'ratio', 'mean', 'last', 'recount', 'none']);
export const OverAntennas = z.enum(['sum', 'ratio', 'mean', 'last', 'recount', 'none']);
export type OverPeriods = z.infer<typeof OverPeriods>;

/** `decimals` fixes the smallest step: 2 means that amounts are whole hundredths. */
const Unit = z.looseObject({ id: z.string(), label: Text, decimals: z.optional(z.int().check(z.gte(0), z.lte(4))) });
const Level = z.looseObject({ value: z.int(), label: Text });
const Scale = z.looseObject({ id: z.string(), levels: z.array(Level), noOpinion: Text, refused: Text });
const Labelled = z.looseObject({ id: z.union([z.string(), z.int()]), label: Text });

export const Indicator = z.looseObject({
	id: z.string(),
	label: Text,
	kind: z.enum(['output', 'outcome', 'impact']),
	nature: z.enum(['quantitative', 'qualitative']),
	unit: z.string(),
	source: z.string(),
	direction: z.enum(['higher-better', 'lower-better', 'neutral']),
	frequency: Frequency,
	aggregateOverTime: OverPeriods,
	aggregateOverAntennas: OverAntennas,
	sensitivity: z.enum(['none', 'personal', 'special-category']),
	headline: z.boolean(),
	enteredAt: z.optional(z.enum(['antenna', 'structure'])),
	card: z.optional(z.looseObject({ counts: Text, doesNotCount: Text, example: z.optional(Text) })),
	numerator: z.optional(Text),
	denominator: z.optional(Text),
	numeratorUnit: z.optional(z.string()),
	denominatorUnit: z.optional(z.string()),
	weight: z.optional(Text),
	weightUnit: z.optional(z.string()),
	fedBy: z.optional(z.string()), // the question whose answers make the figure
	positive: z.optional(z.array(z.union([z.int(), z.string()]))), // the answers that count in the numerator
	counted: z.optional(z.string()), // 'excerpts': the figure counts interviews with an excerpt
	countedFrom: z.optional(z.array(Stakeholder))
});
export type Indicator = z.infer<typeof Indicator>;

export const Question = z.looseObject({
	id: z.string(),
	type: z.enum(['open', 'scale', 'choice', 'multiple', 'number']),
	stakeholders: z.array(Stakeholder),
	text: Text,
	scale: z.optional(z.string()),
	options: z.optional(z.array(z.looseObject({ id: z.string(), label: Text }))),
	followUp: z.optional(Text),
	indicator: z.optional(z.string()),
	unit: z.optional(z.string())
});
export type Question = z.infer<typeof Question>;

export const Criterion = z.looseObject({
	id: z.string(),
	label: Text,
	definition: Text,
	optional: z.boolean(),
	indicators: z.array(Indicator),
	questions: z.array(Question)
});
export type Criterion = z.infer<typeof Criterion>;

export const Register = z.looseObject({
	id: z.string(),
	order: z.int(),
	look: z.string(),
	label: Text,
	section: Text,
	summary: Text,
	criteria: z.array(Criterion)
});
export type Register = z.infer<typeof Register>;

export const ConsentItem = z.looseObject({
	id: z.string(),
	mode: z.enum(['inform-and-object', 'opt-in']),
	audience: Text,
	text: Text
});
export type ConsentItem = z.infer<typeof ConsentItem>;

/** A referential: registers, their criteria, the indicators and questions of each. A published version never changes. */
export const Framework = z.looseObject({
	id: z.string(),
	version: z.string(),
	title: Text,
	description: Text,
	stakeholders: z.array(z.looseObject({ id: Stakeholder, label: Text, singular: Text })),
	units: z.array(Unit),
	scales: z.array(Scale),
	genericFollowUps: z.array(z.looseObject({ id: z.string(), text: Text })),
	openingScript: Text,
	consentItems: z.array(ConsentItem),
	enums: z.record(z.string(), z.array(Labelled)),
	registers: z.array(Register)
});
export type Framework = z.infer<typeof Framework>;

export const criteriaOf = (framework: Framework): Criterion[] => framework.registers.flatMap((r) => r.criteria);

export const findCriterion = (framework: Framework, id: string): Criterion | undefined =>
	criteriaOf(framework).find((criterion) => criterion.id === id);

export const registerOf = (framework: Framework, criterionId: string): Register | undefined =>
	framework.registers.find((register) => register.criteria.some((criterion) => criterion.id === criterionId));

export const findQuestion = (framework: Framework, id: string): Question | undefined =>
	criteriaOf(framework)
		.flatMap((criterion) => criterion.questions)
		.find((question) => question.id === id);

/** Readings are typed for an indicator that no interview feeds; the two never mix. */
export const isTyped = (indicator: Indicator): boolean => !indicator.fedBy && !indicator.counted;

/** Distinct people and figures that never combine are typed once for the structure as a whole. */
export const isForStructure = (indicator: Indicator): boolean =>
	indicator.enteredAt === 'structure' ||
	indicator.aggregateOverAntennas === 'recount' ||
	indicator.aggregateOverAntennas === 'none';

/** Digits after the comma of an indicator's amounts. A percentage has none of its own: it is re-divided. */
export const decimalsOf = (framework: Framework, unitId: string): number =>
	framework.units.find((unit) => unit.id === unitId)?.decimals ?? 0;

/** Two campaigns compare only what means the same: same lineage (id), unit, way of counting and definition card. */
export function isComparable(a: Indicator, b: Indicator): boolean {
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
		]);
	return meaning(a) === meaning(b);
}
