import type { Answer } from './interview';
import type { Fields } from './record';
import type { Current } from './sync';

/** What a record keeps once its words have gone: that there were words is counted, what they were is not there any more.
 * Ids of changes stay, so that merging goes on as before. */
export const withoutWords = (fields: Fields): Fields =>
	Object.fromEntries(
		Object.entries(fields)
			.filter(([field]) => field !== 'note' && field !== 'passage')
			.map(([field, current]) => [field, field.startsWith('answer:') ? current.map(withoutAnswerWords) : current])
	);

function withoutAnswerWords(current: Current): Current {
	const { words, ...answer } = (current.value ?? {}) as Answer;
	return { ...current, value: { ...answer, ...(words?.trim() ? { hadWords: true } : {}) } };
}

/** What the campaign's counts are made of, and what somebody objects to. All else is about one person. */
const COUNTED = [
	'campaign',
	'framework',
	'stakeholder',
	'antenna',
	'criteria',
	'state',
	'criterion',
	'valence',
	'approval',
	'deleted'
];

/** What stays of a testimony when its time is over: the coded answers, without words, label, day, interviewer or receipt. */
export const withoutPerson = (fields: Fields): Fields =>
	Object.fromEntries(
		Object.entries(withoutWords(fields))
			.filter(([field]) => COUNTED.includes(field) || field.startsWith('answer:') || field.startsWith('consent:'))
			.map(([field, current]) => [field, current.map((one) => ({ ...one, person: '-', at: '' }))])
	);
