import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	criteriaOf,
	findCriterion,
	findQuestion,
	isComparable,
	isForStructure,
	isTyped,
	labelsOf,
	registerOf,
	STAKEHOLDERS
} from '$lib/domain/framework';
import { Framework, OverPeriods, type Stakeholder } from '$lib/domain/framework-shapes';
import { questionsFor } from '$lib/domain/interview';
import { fewerCriteria, LONGEST, minutesOf, nextToHear, publishable, PUBLISHABLE } from '$lib/domain/proposal';
import { templateFramework } from '$lib/server/templates';
import template from '$lib/server/template.json';
import { indicatorOf } from '../support/records';

const framework = await templateFramework();
const criteria = criteriaOf(framework);
const indicators = criteria.flatMap((criterion) => criterion.indicators);
const questions = criteria.flatMap((criterion) => criterion.questions);
const ids = (things: { id: string }[]) => things.map(({ id }) => id);

describe('the template framework', () => {
	test('has 6 registers, 22 criteria, 96 indicators and 121 questions', () => {
		expect([framework.registers.length, criteria.length, indicators.length, questions.length]).toEqual([
			6, 22, 96, 121
		]);
	});

	test('loses nothing when it is read', () => {
		expect(Framework.parse(template)).toEqual(template);
	});

	test('names each thing once', () => {
		for (const all of [ids(framework.registers), ids(criteria), ids(indicators), ids(questions), ids(framework.units)])
			expect(new Set(all).size).toBe(all.length);
	});

	test('speaks French and English everywhere', () => {
		const texts: Record<string, string>[] = [];
		const walk = (part: unknown): void => {
			if (part === null || typeof part !== 'object') return;
			if ('fr' in part && typeof part.fr === 'string') texts.push(part as Record<string, string>);
			Object.values(part).forEach(walk);
		};
		walk(template);
		expect(texts.length).toBeGreaterThan(500);
		expect(texts.filter(({ fr, en }) => !fr?.trim() || !en?.trim())).toEqual([]);
	});

	test('measures in units it defines', () => {
		const units = new Set(ids(framework.units));
		const used = [
			...indicators.flatMap((i) => [i.unit, i.numeratorUnit, i.denominatorUnit, i.weightUnit]),
			...questions.map((q) => q.unit)
		].filter((unit) => unit !== undefined && unit !== null);
		expect(used.filter((unit) => !units.has(unit))).toEqual([]);
	});

	test('asks closed questions on scales and options that exist', () => {
		const scales = new Set(ids(framework.scales));
		for (const question of questions) {
			if (question.type === 'scale') expect(scales, question.id).toContain(question.scale);
			if (question.type === 'choice' || question.type === 'multiple')
				expect(question.options?.length, question.id).toBeGreaterThan(1);
			expect(question.stakeholders.length, question.id).toBeGreaterThan(0);
			if (question.indicator) expect(ids(indicators), question.id).toContain(question.indicator);
		}
	});

	test('makes a figure from answers only where the question gives the answers that count', () => {
		for (const indicator of indicators.filter(({ fedBy }) => fedBy)) {
			const question = findQuestion(framework, indicator.fedBy!);
			expect(question, indicator.id).toBeDefined();
			const possible =
				question!.type === 'scale'
					? framework.scales.find(({ id }) => id === question!.scale)!.levels.map(({ value }) => value)
					: question!.options!.map(({ id }) => id);
			expect(indicator.positive?.length, indicator.id).toBeGreaterThan(0);
			for (const answer of indicator.positive!) expect(possible, indicator.id).toContain(answer);
		}
	});

	test('types a figure or computes it, never both', () => {
		for (const indicator of indicators) {
			expect(Boolean(indicator.fedBy) && Boolean(indicator.counted), indicator.id).toBe(false);
			expect(isTyped(indicator), indicator.id).toBe(!indicator.fedBy && !indicator.counted);
			// A typed one says what to count; a computed one has nowhere to be typed.
			expect(Boolean(indicator.card), indicator.id).toBe(isTyped(indicator));
			if (!isTyped(indicator)) expect(indicator.enteredAt, indicator.id).toBeUndefined();
		}
	});

	test('gives both parts of each division and the weight of each mean', () => {
		for (const indicator of indicators.filter(isTyped)) {
			if (indicator.aggregateOverAntennas === 'ratio' && indicator.aggregateOverTime !== 'none')
				expect([indicator.numerator, indicator.denominator].every(Boolean), indicator.id).toBe(true);
			if (indicator.aggregateOverTime === 'mean') expect(indicator.weight, indicator.id).toBeDefined();
			expect(Boolean(indicator.numerator), indicator.id).toBe(Boolean(indicator.denominator));
		}
	});

	test('uses every rule of adding up', () => {
		const used = new Set(indicators.flatMap((i) => [i.aggregateOverTime, i.aggregateOverAntennas]));
		for (const rule of OverPeriods.options) expect(used).toContain(rule);
	});

	test('has distinct people typed for the structure as a whole', () => {
		for (const indicator of indicators.filter(isTyped))
			if (['recount', 'none'].includes(indicator.aggregateOverAntennas))
				expect(isForStructure(indicator), indicator.id).toBe(true);
		expect(isForStructure(indicatorOf())).toBe(false);
		for (const one of [
			{ enteredAt: 'structure' },
			{ aggregateOverAntennas: 'recount' },
			{ aggregateOverAntennas: 'none' }
		] as const)
			expect(isForStructure(indicatorOf(one))).toBe(true);
	});

	test('finds a criterion, its register and a question, and nothing under a name it does not have', () => {
		const first = criteria[0]!;
		expect(findCriterion(framework, first.id)).toBe(first);
		expect(registerOf(framework, first.id)).toBe(framework.registers[0]);
		expect(findQuestion(framework, questions[3]!.id)).toBe(questions[3]);
		expect([findCriterion(framework, 'x'), registerOf(framework, 'x'), findQuestion(framework, 'x')]).toEqual([
			undefined,
			undefined,
			undefined
		]);
	});
});

describe('two campaigns compare', () => {
	const before = indicatorOf({ card: { counts: { fr: 'les heures' }, doesNotCount: { fr: 'les congés' } } });

	test('what has another label but means the same', () => {
		expect(isComparable(before, { ...before, label: { fr: 'Heures de travail' }, headline: true })).toBe(true);
	});

	test.each([
		['another lineage', { id: 'autres' }],
		['another unit', { unit: 'jours' }],
		['another way of adding up', { aggregateOverTime: 'recount' as const }],
		['another denominator', { denominator: { fr: 'autres' } }],
		['other answers that count', { positive: [4] }],
		['another definition card', { card: { counts: { fr: 'tout' }, doesNotCount: { fr: 'les congés' } } }]
	])('nothing with %s', (_, change) => {
		expect(isComparable(before, { ...before, ...change })).toBe(false);
	});
});

describe('the questions of an interview', () => {
	test('are those of the criteria taken up, for that person, in the framework’s order', () => {
		const taken = [criteria[5]!.id, criteria[1]!.id];
		for (const stakeholder of STAKEHOLDERS) {
			const asked = questionsFor(framework, stakeholder, taken);
			expect(asked.every(({ question }) => question.stakeholders.includes(stakeholder))).toBe(true);
			const order = asked.map(({ question }) => questions.indexOf(question));
			expect(order).toEqual(order.toSorted((a, b) => a - b));
			expect(taken).toEqual(expect.arrayContaining(asked.map(({ criterion }) => criterion)));
		}
	});

	test('go first to what is nearest to being publishable, and when all is, to what few have been heard on', () => {
		const kept = ids(criteria);
		const open = kept.filter((id) => questionsFor(framework, 'employee', [id]).length > 0);
		const two = [open[4]!, open.find((id) => registerOf(framework, id) !== registerOf(framework, open[4]!))!];
		const proposed = (most: number, others: number, heard = new Map(open.map((id) => [id, others]))) =>
			nextToHear(framework, kept, 'employee', heard.set(two[0]!, most).set(two[1]!, most), 2).toSorted();
		expect(proposed(PUBLISHABLE - 1, 3)).toEqual(two.toSorted());
		expect(proposed(PUBLISHABLE + 1, PUBLISHABLE + 5)).toEqual(two.toSorted());
		expect(proposed(PUBLISHABLE, 0).filter((id) => two.includes(id))).toEqual([]);
		const heard = new Map<string, number>();
		expect(nextToHear(framework, [], 'employee', heard)).toEqual([]);
		for (const stakeholder of STAKEHOLDERS)
			for (const id of nextToHear(framework, kept, stakeholder, new Map(), 100))
				expect(questionsFor(framework, stakeholder, [id]).length, `${id} has something to ask`).toBeGreaterThan(0);
	});

	test('proposed are of two registers at least, and take no more than a quarter of an hour', () => {
		const counts = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: criteria.length, maxLength: criteria.length });
		fc.assert(
			fc.property(
				fc.constantFrom(...STAKEHOLDERS),
				counts,
				fc.integer({ min: 2, max: 22 }),
				(stakeholder, all, size) => {
					const heard = new Map(criteria.map(({ id }, i) => [id, all[i]!]));
					const proposed = nextToHear(framework, ids(criteria), stakeholder, heard, size);
					expect(new Set(proposed.map((id) => registerOf(framework, id)!.id)).size).toBeGreaterThanOrEqual(2);
					expect(minutesOf(questionsFor(framework, stakeholder, proposed))).toBeLessThanOrEqual(LONGEST);
					const begun = criteria
						.filter((c) => questionsFor(framework, stakeholder, [c.id]).length > 0)
						.map((c) => heard.get(c.id)!)
						.filter((times) => times < PUBLISHABLE);
					expect(proposed.some((id) => heard.get(id) === Math.max(...begun))).toBe(true);
				}
			)
		);
	});

	test('heard in turn, a criterion is filled to what can be published before another is begun', () => {
		const heard = new Map<string, number>();
		for (let interview = 0; interview < 60; interview++) {
			const proposed = nextToHear(framework, ids(criteria), 'employee', heard);
			const begun = [...heard].filter(([, times]) => times < PUBLISHABLE).map(([id]) => id);
			// What is begun is asked, as far as time and the second register allow.
			expect(begun.filter((id) => !proposed.includes(id)).length).toBeLessThanOrEqual(2);
			for (const id of proposed) heard.set(id, (heard.get(id) ?? 0) + 1);
		}
		expect([...heard.values()].filter((times) => times < PUBLISHABLE).length).toBeLessThanOrEqual(5);
	});

	test('what targets let be published is worked out before a campaign opens, and what fewer criteria would', () => {
		const people = new Map<Stakeholder, number>([
			...[['employee', 40] as const, ['client', 25] as const, ['elected-official', 9] as const],
			...[['partner', 7] as const, ['staff', 5] as const]
		]);
		const all = publishable(framework, ids(criteria), people);
		expect(publishable(framework, ids(criteria), new Map())).toEqual({ out: 0, of: all.of });
		const fewer = fewerCriteria(framework, ids(criteria), people)!;
		expect(fewer.criteria).toBeLessThan(criteria.length);
		expect(fewer.out / fewer.of).toBeGreaterThanOrEqual(0.85);
		expect(all.out / all.of).toBeLessThan(0.85);
		const plenty = new Map([...people].map(([who, count]) => [who, 10 * count] as const));
		expect(fewerCriteria(framework, ids(criteria), plenty)).toBeUndefined();
	});

	test('take the time of reading them aloud, 8 seconds to choose and a minute to tell', () => {
		const text = { fr: Array.from({ length: 65 }, () => 'mot').join(' ') };
		const asked = (type: 'open' | 'scale') => ({ question: { id: 'q', type, stakeholders: [], text } });
		expect(minutesOf([asked('open')])).toBeCloseTo(1.5);
		expect(minutesOf([asked('open'), asked('scale')])).toBeCloseTo(1.5 + 0.5 + 8 / 60);
	});
});

test('a number that somebody answered is said in its unit, not in the smallest step that it is kept in', () => {
	const scales: Framework['scales'] = [];
	const units = [{ id: 'days', label: { fr: 'jours' }, decimals: 1 }];
	const asked = { type: 'number' as const, unit: 'days' };
	expect(labelsOf({ scales, units }, asked, { chosen: ['15'] })).toEqual([{ fr: '1,5', en: '1.5' }]);
	expect(labelsOf({ scales, units: [] }, { type: 'number' }, { chosen: ['15'] })).toEqual([{ fr: '15', en: '15' }]);
});
