import type { Misread } from '$lib/domain/amount';
import { goalField, targetField } from '$lib/domain/campaign';
import { criteriaOf, isTyped } from '$lib/domain/framework';
import type { Criterion, Framework, Indicator } from '$lib/domain/framework-shapes';
import { canonical, inUse, isContested, type Fields } from '$lib/domain/record';
import { fit, MAX_NAME } from '$lib/domain/text';
import { valueOf, valuesOf } from '$lib/domain/kinds/values';
import { readAmount } from '$lib/words/amounts';

/** A campaign as its form holds it. */
export type Plan = {
	title: string;
	from: string;
	to: string;
	criteria: string[];
	antennas: string[];
	targets: { [field: string]: number }; // people to hear by `target:stakeholder:antenna`; 0 is no target
	refused: { [field: string]: string }; // what was typed for a target and is no number of people
	goals: { [indicator: string]: string }; // as typed
};

/** Above these, more is collected than analysed. */
export const MANY_CRITERIA = 12;
export const MANY_TYPED = 40;

export const keptCriteria = (framework: Framework, kept: readonly string[]): Criterion[] =>
	criteriaOf(framework).filter(({ id }) => kept.includes(id));

/** Indicators that people will have to type, for the criteria kept. */
export const countTyped = (framework: Framework, kept: readonly string[]): number =>
	keptCriteria(framework, kept).flatMap(({ indicators }) => indicators.filter(isTyped)).length;

/** The indicators that may have a goal: the headline ones of the criteria kept. */
export const headlines = (framework: Framework, kept: readonly string[]): Indicator[] =>
	keptCriteria(framework, kept).flatMap(({ indicators }) => indicators.filter(({ headline }) => headline));

/** The plan of a stored campaign.
 * @param write how an amount is written for people, from its smallest step */
export function planOf(fields: Fields, framework: Framework, write: (amount: number, unit: string) => string): Plan {
	const { title = '', from = '', to = '', criteria = [], antennas = [], ...families } = valuesOf('campaign', fields);
	return {
		title,
		from,
		to,
		criteria: [...criteria],
		antennas: [...antennas],
		targets: Object.fromEntries(
			Object.entries(families).flatMap(([field, value]) =>
				field.startsWith('target:') ? [[field, Number(value)]] : []
			)
		),
		refused: {},
		goals: Object.fromEntries(
			headlines(framework, criteria).flatMap(({ id, unit }) => {
				const goal = valueOf('campaign', fields, goalField(id));
				return goal == null ? [] : [[id, write(goal, unit)]];
			})
		)
	};
}

export type GoalProblem = Misread | 'kept';
export type Problems = {
	title?: 'missing' | 'long';
	targets?: true;
	months?: true;
	antennas?: true;
	criteria?: true;
	goals: { [indicator: string]: GoalProblem };
};

const readGoal = ({ units }: Framework, unit: string, typed: string): number | Misread =>
	readAmount(
		typed,
		units.find(({ id }) => id === unit)
	);

/** What keeps a plan from being saved, or from being opened. */
export function problemsOf(plan: Plan, framework: Framework, before: Fields | undefined, opening: boolean): Problems {
	const goals = headlines(framework, plan.criteria).flatMap(({ id, unit }): [string, GoalProblem][] => {
		const typed = (plan.goals[id] ?? '').trim();
		// A stored goal has no empty value to go back to.
		if (!typed) return before?.[goalField(id)] ? [[id, 'kept']] : [];
		const amount = readGoal(framework, unit, typed);
		return typeof amount === 'string' ? [[id, amount]] : [];
	});
	return {
		...(!plan.title.trim() ? { title: 'missing' } : fit(plan.title.trim(), MAX_NAME).over > 0 ? { title: 'long' } : {}),
		...(Object.keys(plan.refused).some((field) => plan.antennas.some((id) => field.endsWith(`:${id}`)))
			? { targets: true }
			: {}),
		...(plan.from <= plan.to ? {} : { months: true }),
		...(opening && plan.antennas.length === 0 ? { antennas: true } : {}),
		...(opening && plan.criteria.length === 0 ? { criteria: true } : {}),
		goals: Object.fromEntries(goals)
	};
}

export const hasProblems = ({ goals, ...others }: Problems): boolean =>
	Object.keys(others).length > 0 || Object.keys(goals).length > 0;

/** The fields a plan stands for. What cannot be read yet as a number is left out. */
export function fieldsOf(
	plan: Plan,
	framework: Framework,
	stakeholders: readonly string[]
): { [field: string]: unknown } {
	const targets = plan.antennas.flatMap((antenna) =>
		stakeholders.map((stakeholder) => {
			const field = targetField(stakeholder, antenna);
			return [field, plan.targets[field] ?? 0] as const;
		})
	);
	const goals = headlines(framework, plan.criteria).flatMap(({ id, unit }) => {
		const amount = readGoal(framework, unit, plan.goals[id] ?? '');
		return typeof amount === 'number' ? [[goalField(id), amount] as const] : [];
	});
	return {
		title: plan.title.trim(),
		from: plan.from,
		to: plan.to,
		criteria: keptCriteria(framework, plan.criteria).map(({ id }) => id),
		antennas: plan.antennas,
		...Object.fromEntries([...targets, ...goals])
	};
}

/** Only what differs from what the form opened on. A contested field always does: saving the form settles it on what
 * the screen shows. A target nobody ever set is not stored as zero. */
export function changesIn(
	fields: { [field: string]: unknown },
	before: Fields | undefined
): { [field: string]: unknown } {
	return Object.fromEntries(
		Object.entries(fields).filter(([field, value]) => {
			if (!before?.[field]) return !(field.startsWith('target:') && value === 0);
			return isContested(before, field) || canonical(inUse(before, field)) !== canonical(value);
		})
	);
}

export const monthsOf = (year: number): { from: string; to: string } => ({ from: `${year}-01`, to: `${year}-12` });

/** The year after the last campaign's, or this one. */
export function nextYear(campaigns: readonly { to?: string }[], now: Date): number {
	const last = Math.max(0, ...campaigns.map(({ to }) => Number((to ?? '0').slice(0, 4))));
	return last ? last + 1 : now.getFullYear();
}

/** People to hear in all. */
export const sumTargets = (targets: { [field: string]: number }, of: (field: string) => boolean = () => true): number =>
	Object.entries(targets).reduce((sum, [field, people]) => (of(field) ? sum + people : sum), 0);
