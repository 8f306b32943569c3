import * as z from 'zod/mini';
import { STAKEHOLDERS } from './framework';
import { Frequency } from './period-shapes';
import { Text } from './text-shapes';

export const Stakeholder = z.enum(STAKEHOLDERS);
export type Stakeholder = z.infer<typeof Stakeholder>;

/** How values of one indicator combine. `recount` counts distinct people, which never add up; `none` never combines. */
export const OverPeriods = z.enum(['sum', 'ratio', 'mean', 'last', 'recount', 'none']);

export const OverAntennas = z.enum(['sum', 'ratio', 'mean', 'last', 'recount', 'none']);
export type OverPeriods = z.infer<typeof OverPeriods>;

/** `decimals` fixes the smallest step: 2 means that amounts are whole hundredths. */
const Unit = z.looseObject({
	id: z.string(),
	label: Text,
	decimals: z.optional(z.int().check(z.gte(0), z.lte(4))),
	signed: z.optional(z.boolean()), // its amounts may be less than zero
	use: z.optional(z.enum(['percentage'])) // re-divided, and shown as a share of a hundred
});

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
	card: z.optional(
		z.looseObject({ counts: Text, doesNotCount: Text, example: z.optional(Text), who: z.optional(z.string()) })
	),
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
	type: z.enum(['open', 'scale', 'choice', 'multiple', 'number', 'date']),
	stakeholders: z.array(Stakeholder),
	text: Text,
	scale: z.optional(z.string()),
	options: z.optional(
		z.array(
			z.looseObject({
				id: z.string(),
				label: Text,
				exclusive: z.optional(z.boolean()), // « rien de tout cela »: it stands alone
				other: z.optional(z.boolean()) // « autre »: what it is, is asked in words
			})
		)
	),
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

/** What an item of consent is for: the evaluation itself; being quoted at all, then with one's role or first name; a voice
 * being recorded; being called again. */
export const ConsentUse = z.enum(['evaluation', 'quotation', 'role', 'first-name', 'voice', 'contact']);
export type ConsentUse = z.infer<typeof ConsentUse>;

export const ConsentItem = z.looseObject({
	id: z.string(),
	use: z.optional(ConsentUse),
	mode: z.enum(['inform-and-object', 'opt-in']),
	audience: Text,
	text: Text,
	textFor: z.optional(z.record(z.string(), Text)) // in place of `text`, by stakeholder
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
	openingScriptFor: z.optional(z.record(z.string(), Text)), // in place of `openingScript`, by stakeholder
	consentItems: z.array(ConsentItem),
	enums: z.record(z.string(), z.array(Labelled)),
	registers: z.array(Register)
});
export type Framework = z.infer<typeof Framework>;
