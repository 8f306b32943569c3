import { answerInForce } from '../../domain/consent';
import { decisionOn } from '../../domain/excerpt';
import { isObject } from '../../domain/former';
import type { AnswerValue, YesNo } from '../../domain/interview-shapes';
import type { Fields } from '../../domain/record';
import type { Current } from '../../domain/record-shapes';

/** A record's fields as a device of the version before reads them. */
export function formerFields(kind: string, fields: Fields): Fields {
	if (kind !== 'interview' && kind !== 'excerpt') return fields;
	const isApproved = kind === 'excerpt' && decisionOn(fields) !== undefined;
	const entries = Object.entries(fields)
		.filter(([field]) => field !== 'approval' || isApproved)
		.map(([field, all]): [string, Current[]] => {
			// It knows of no withdrawal: what is not in force any more is a no.
			const isNo = field.startsWith('consent:') && answerInForce(fields, field as `consent:${string}`) === 'no';
			const value = (one: Current) => (isNo ? 'no' : formerValue(field, one.value));
			return [field, all.map((current) => ({ ...current, value: value(current) }))];
		});
	return Object.fromEntries(entries);
}

function formerValue(field: string, value: unknown): unknown {
	if (field.startsWith('answer:') && isObject(value) && isObject(value.value))
		return { ...value, value: untagged(value.value as AnswerValue) };
	if (field.startsWith('consent:') && isObject(value)) return value.answer as YesNo;
	if (field === 'approval' && isObject(value)) return value.decision;
	if (field === 'passage' && isObject(value) && 'from' in value) {
		const { from, to, ...rest } = value;
		return { ...rest, start: from, end: to };
	}
	return value;
}

function untagged(value: AnswerValue): unknown {
	switch (value.type) {
		case 'scale':
			return value.level;
		case 'choice':
			return value.option;
		case 'multiple':
			return value.options;
		case 'number':
			return value.amount;
		case 'date':
			return value.day;
	}
}
