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

/** The criteria to propose for an interview: those this stakeholder has been least heard on, at most `size`, from two
 * registers at least and in no more time than there is, given back in the framework's order. Criteria without a question
 * for the stakeholder are left out.
 * @param heard finished interviews by criterion id */
export function leastHeard(
	framework: Framework,
	kept: readonly string[],
	stakeholder: Stakeholder,
	heard: ReadonlyMap<string, number>,
	size = 4
): string[] {
	const order = framework.registers.flatMap((register) =>
		register.criteria
			.filter((c) => kept.includes(c.id) && c.questions.some((q) => q.stakeholders.includes(stakeholder)))
			.map(({ id }) => ({ id, register }))
	);
	const ranked = order.toSorted((a, b) => (heard.get(a.id) ?? 0) - (heard.get(b.id) ?? 0));
	const other = ranked.find(({ register }) => register !== ranked[0]!.register);
	const chosen = [...new Set([ranked[0], other, ...ranked])].flatMap((one) => one?.id ?? []).slice(0, size);
	while (chosen.length > 2 && minutesOf(questionsFor(framework, stakeholder, chosen)) > LONGEST) chosen.pop();
	return order.map(({ id }) => id).filter((id) => chosen.includes(id));
}
