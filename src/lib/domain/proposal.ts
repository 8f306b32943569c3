import { criteriaOf } from './framework';
import type { Framework, Question, Stakeholder } from './framework-shapes';
import { questionsFor } from './interview';

/** How long an interview may last that keeps nobody from their work. */
export const LONGEST = 15; // minutes

/** How many minutes questions take: read aloud at 130 words a minute, then 8 seconds to choose and 60 to tell. */
export function minutesOf(questions: readonly { question: Question }[]): number {
	const minutes = questions.map(({ question: { text, options = [], type } }) => {
		const words = [text, ...options.map(({ label }) => label)].flatMap(({ fr }) => fr.split(/\s+/)).length;
		return words / 130 + (type === 'open' ? 1 : 8 / 60);
	});
	return minutes.reduce((sum, one) => sum + one, 0);
}

/** From how many interviews on what was asked can be published in most cases: eleven people outside the structure, and a few
 * more because nobody may have heard nearly all of them. */
export const PUBLISHABLE = 14;

/** The criteria to propose for an interview, at most `size`, from two registers at least and in no more time than there is,
 * given back in the framework's order: one that has been begun is filled to what can be published before another is, for a
 * few people heard on everything publish nothing. Criteria without a question for the stakeholder are left out.
 * @param heard interviews of this stakeholder by criterion id */
export function nextToHear(
	framework: Framework,
	kept: readonly string[],
	stakeholder: Stakeholder,
	heard: ReadonlyMap<string, number>,
	size = 4
): string[] {
	const order = framework.registers.flatMap((register) =>
		register.criteria
			.filter((c) => kept.includes(c.id) && c.questions.some((q) => q.stakeholders.includes(stakeholder)))
			.map(({ id }) => ({ id, register, times: heard.get(id) ?? 0 }))
	);
	const isFull = ({ times }: { times: number }) => times >= PUBLISHABLE;
	// Those nearest to what can be published; then, once all are there, those that few have been heard on.
	const ranked = order.toSorted(
		(a, b) => Number(isFull(a)) - Number(isFull(b)) || (isFull(a) ? a.times - b.times : b.times - a.times)
	);
	const other = ranked.find(({ register }) => register !== ranked[0]!.register);
	const chosen = [...new Set([ranked[0], other, ...ranked])].flatMap((one) => one?.id ?? []).slice(0, size);
	while (chosen.length > 2 && minutesOf(questionsFor(framework, stakeholder, chosen)) > LONGEST) chosen.pop();
	return order.map(({ id }) => id).filter((id) => chosen.includes(id));
}

/** How many closed questions of these criteria can be published in the end, if so many people of each stakeholder are heard in
 * the order proposed.
 * @param people to hear, by stakeholder */
export function publishable(
	framework: Framework,
	kept: readonly string[],
	people: ReadonlyMap<Stakeholder, number>
): { out: number; of: number } {
	const heard = new Map<Stakeholder, Map<string, number>>();
	for (const [stakeholder, count] of people) {
		const times = new Map<string, number>();
		heard.set(stakeholder, times);
		const theirs = kept.filter((id) => questionsFor(framework, stakeholder, [id]).length > 0);
		for (let interview = 0; interview < count; interview++) {
			if (theirs.every((id) => (times.get(id) ?? 0) >= PUBLISHABLE)) break; // more people change nothing
			for (const id of nextToHear(framework, theirs, stakeholder, times)) times.set(id, (times.get(id) ?? 0) + 1);
		}
	}
	const asked = criteriaOf(framework)
		.filter(({ id }) => kept.includes(id))
		.flatMap(({ id, questions }) =>
			questions
				.filter(({ type }) => type !== 'open')
				.map(({ stakeholders }) => stakeholders.reduce((sum, one) => sum + (heard.get(one)?.get(id) ?? 0), 0))
		);
	return { out: asked.filter((count) => count >= PUBLISHABLE).length, of: asked.length };
}

/** Fewer criteria of every register, as many as let most of what they ask be published; nothing where all do, or none would.
 * @returns how many, and what can be published then */
export function fewerCriteria(
	framework: Framework,
	kept: readonly string[],
	people: ReadonlyMap<Stakeholder, number>
): { criteria: number; out: number; of: number } | undefined {
	const MOST = 0.85;
	const share = ({ out, of }: { out: number; of: number }) => (of === 0 ? 1 : out / of);
	if (share(publishable(framework, kept, people)) >= MOST) return undefined;
	// The first of each register, then the second of each, as one who had to choose would begin.
	const byRegister = framework.registers.map(({ criteria }) => criteria.filter(({ id }) => kept.includes(id)));
	const turns = Math.max(...byRegister.map(({ length }) => length));
	const inTurn = Array.from({ length: turns }, (_, turn) => byRegister.flatMap((criteria) => criteria[turn]?.id ?? []));
	const order = inTurn.flat();
	for (let criteria = order.length - 1; criteria >= 3; criteria--) {
		const then = publishable(framework, order.slice(0, criteria), people);
		if (share(then) >= MOST) return { criteria, ...then };
	}
	return undefined;
}
