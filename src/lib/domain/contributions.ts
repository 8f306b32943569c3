import type { ReadingValue } from './reading';
import { readingKey } from './reading';
import { differing, inUse, isContested, isGone } from './record';
import { counts, type Subject } from './kinds';
import { hasWords, type Answer } from './interview';

/** What is counted. Each measure says what `subject` and `detail` hold:
 * - `interview`: detail `finished` or `refused`
 * - `criterion`: a finished interview that took this criterion up
 * - `answer`: subject the question; detail `answered`, `unknown`, `declined`, `value:<level or option>`, `words`, `number`
 * - `excerpt`: subject the criterion; detail the valence
 * - `heard`: subject the criterion; detail the interview, so that one with five excerpts counts once
 * - `reading`: subject the indicator; detail `value`, `not-applicable`, `contested`, `to-confirm` */
export type Measure = 'interview' | 'criterion' | 'answer' | 'excerpt' | 'heard' | 'reading';

/** One thing that a record adds to one cell. `amount` and `base` carry readings: an amount over nothing, a numerator over
 * its denominator, a mean times its weight over its weight; they are in the unit's smallest step. */
export type Contribution = {
	campaign: string;
	measure: Measure;
	subject: string;
	stakeholder: string;
	place: string;
	period: string;
	detail: string;
	count: number;
	amount: number;
	base: number;
};

/** Everything one record adds, given the interview it is about. Nothing when it is gone or does not count yet. */
export function contributionsOf(record: Subject, interview?: Subject): Contribution[] {
	if (isGone(record.fields)) return [];
	if (record.kind === 'reading') return fromReading(record);
	if (record.kind === 'interview') return fromInterview(record);
	if (record.kind === 'excerpt') return fromExcerpt(record, interview);
	return [];
}

function fromReading(record: Subject): Contribution[] {
	const key = readingKey(record.id);
	if (!key) return [];
	const at = (detail: string, amount = 0, base = 0): Contribution => ({
		campaign: key.campaign,
		measure: 'reading',
		subject: key.indicator,
		stakeholder: '',
		place: key.place,
		period: key.period,
		detail,
		count: 1,
		amount,
		base
	});
	const value = inUse(record.fields, 'value') as ReadingValue | undefined;
	const contributions: Contribution[] = [];
	if (value) {
		if ('notApplicable' in value) contributions.push(at('not-applicable'));
		else if ('amount' in value) contributions.push(at('value', Number(value.amount)));
		else if ('numerator' in value) contributions.push(at('value', Number(value.numerator), Number(value.denominator)));
		else contributions.push(at('value', Number(value.mean) * Number(value.weight), Number(value.weight)));
		if (inUse(record.fields, 'toConfirm') === true) contributions.push(at('to-confirm'));
	}
	if (isContested(record.fields, 'value'))
		contributions.push({ ...at('contested'), count: differing(record.fields, 'value').length });
	return contributions;
}

function fromInterview(record: Subject): Contribution[] {
	const text = (field: string) => String(inUse(record.fields, field) ?? '');
	const state = text('state');
	const [campaign, stakeholder, place] = [text('campaign'), text('stakeholder'), text('antenna')];
	if (!campaign || !stakeholder || !place || (state !== 'finished' && state !== 'refused')) return [];
	const at = (measure: Measure, subject: string, detail: string, amount = 0): Contribution => ({
		campaign,
		measure,
		subject,
		stakeholder,
		place,
		period: '',
		detail,
		count: 1,
		amount,
		base: 0
	});
	if (!counts(record)) return [at('interview', '', 'refused')];
	const criteria = (inUse(record.fields, 'criteria') as string[] | undefined) ?? [];
	return [
		at('interview', '', 'finished'),
		...criteria.map((criterion) => at('criterion', criterion, '')),
		...Object.keys(record.fields)
			.filter((field) => field.startsWith('answer:'))
			.flatMap((field) => {
				const question = field.slice('answer:'.length);
				const answer = inUse(record.fields, field) as Answer | undefined;
				return answer ? detailsOf(answer).map(([detail, amount]) => at('answer', question, detail, amount)) : [];
			})
	];
}

/** « ne sait pas », « ne souhaite pas répondre » and an answer are told apart; only an answer enters a base. */
function detailsOf(answer: Answer): [detail: string, amount: number][] {
	if (answer.without) return [[answer.without, 0]];
	const details: [string, number][] = [];
	if (typeof answer.value === 'number') details.push([`value:${answer.value}`, answer.value]);
	else if (typeof answer.value === 'string') details.push([`value:${answer.value}`, 0]);
	else for (const option of new Set(answer.value ?? [])) details.push([`value:${option}`, 0]);
	if (hasWords(answer)) details.push(['words', 0]);
	return details.length > 0 ? [['answered', 0], ...details] : [];
}

function fromExcerpt(record: Subject, interview?: Subject): Contribution[] {
	if (!interview || !counts(interview)) return [];
	const text = (field: string) => String(inUse(record.fields, field) ?? '');
	const [campaign, criterion, valence] = [text('campaign'), text('criterion'), text('valence')];
	if (!campaign || !criterion || !valence || text('approval') === 'set-aside') return [];
	const at = (measure: Measure, detail: string): Contribution => ({
		campaign,
		measure,
		subject: criterion,
		stakeholder: text('stakeholder'),
		place: text('antenna'),
		period: '',
		detail,
		count: 1,
		amount: 0,
		base: 0
	});
	return [at('excerpt', valence), at('heard', interview.id)];
}
