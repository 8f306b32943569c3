import type { Framework, Question } from '$lib/domain/framework';
import type { Answer } from '$lib/domain/interview';
import type { Text } from '$lib/domain/text';

/** What was chosen among what the question offered, in the framework's own words. Words of the person's are left out. */
export function chosenOf(framework: Framework, question: Question, answer: Answer | undefined): Text[] {
	const scale = framework.scales.find(({ id }) => id === question.scale);
	return [answer?.value ?? []].flat().map((value) => {
		const level = scale?.levels.find((one) => one.value === value);
		const option = question.options?.find(({ id }) => id === value);
		return level?.label ?? option?.label ?? { fr: String(value) };
	});
}
