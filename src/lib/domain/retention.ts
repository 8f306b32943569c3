import { kindOf } from './kinds/all';
import type { Personal, Subject } from './kinds/kind';
import type { Fields } from './record';

const personalOf = (kind: string): Personal | undefined => {
	const personal = kindOf(kind)?.personal;
	return personal === 'nothing' ? undefined : personal;
};

/** The audience of whoever made a record that is about a person, where it is one. */
export const ownAudience = ({ kind, owner }: Pick<Subject, 'kind' | 'owner'>): string | undefined =>
	personalOf(kind)?.own(owner);

/** What a record keeps once its words have gone: that there were words is counted, what they were is not there any more.
 * Ids of changes stay, so that merging goes on as before. */
export const withoutWords = ({ kind, fields }: Pick<Subject, 'kind' | 'fields'>): Fields =>
	personalOf(kind)?.withoutWords(fields) ?? fields;

/** The same day of a month some months before, or its last one: from 31 May to the end of February. */
export function monthsBefore(now: Date, months: number): Date {
	const then = new Date(now);
	then.setUTCMonth(now.getUTCMonth() - months);
	if (then.getUTCDate() !== now.getUTCDate()) then.setUTCDate(0);
	return then;
}

/** What stays of a testimony when its time is over: the coded answers, without words, label, day, interviewer or receipt. */
export const withoutPerson = (record: Pick<Subject, 'kind' | 'fields'>): Fields => {
	const personal = personalOf(record.kind);
	return Object.fromEntries(
		Object.entries(withoutWords(record))
			.filter(([field]) => personal?.isCounted(field))
			.map(([field, current]) => [field, current.map((one) => ({ ...one, person: '-', at: '' }))])
	);
};
