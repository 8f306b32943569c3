import * as z from 'zod/mini';
import { consentInForce, counts, withdrawnBy } from '../consent';
import type { Contribution, Measure } from '../contributions';
import { criteriaOf } from '../framework';
import { Stakeholder, type Framework, type Question } from '../framework-shapes';
import { Day, Id } from '../ids';
import { chosenIn, hasWords } from '../interview';
import {
	Answer,
	Consent,
	InterviewState,
	Mode,
	Receipt,
	Withdrawal,
	Words,
	type AnswerValue
} from '../interview-shapes';
import { isMediaField, isVoice } from '../media';
import { Media } from '../media-shapes';
import { isContested, valuesOf as valuesIn, type Fields } from '../record';
import type { Current } from '../record-shapes';
import { NOTHING, OWN, type Change, type Context, type Kind, type Refusal, type Subject } from './kind';
import { valueOf } from './values';

/** One respondent's answers and consents, taken by its owner. */
export const interview = {
	fields: {
		campaign: Id,
		framework: Id, // the version it was begun with, kept until it is finished
		stakeholder: Stakeholder,
		antenna: Id,
		mode: Mode,
		on: Day,
		label: z.string().check(z.maxLength(80)), // seen by the interviewer only, never in sheets or exports
		criteria: z.array(Id),
		asked: z.array(Id), // the questions it put, once it is finished: counting needs no framework
		state: InterviewState,
		note: Words, // for the team, never quoted
		receipt: Receipt
	},
	families: { 'answer:': Answer, 'consent:': Consent, 'withdrawal:': Withdrawal, 'media:': z.nullable(Media) },
	isId: 'random',
	rights: { counsellor: OWN, 'antenna-staff': OWN, director: OWN, network: NOTHING },
	assigned: 'nobody',
	reserved: {},
	// An interview is taken at an antenna one works for. One whose antenna is not known yet is nowhere one may not be.
	place: (_: string, { antenna }: { [field: string]: unknown }): string | undefined =>
		antenna === undefined ? undefined : String(antenna),
	refusal,
	audience: ({ owner }: Subject): string => own(owner),
	contributions,
	personal: {
		own,
		withoutWords,
		isCounted: (field: string): boolean => COUNTED.has(field) || /^(answer|consent|withdrawal):/.test(field)
	}
} satisfies Kind;

function own(owner: string): string {
	return `interviews:${owner}`;
}

const COUNTED = new Set(['campaign', 'framework', 'stakeholder', 'antenna', 'criteria', 'asked', 'state', 'deleted']);

function refusal(change: Change, merged: Subject, context: Context): Refusal | undefined {
	const rewritten = Object.keys(change.fields).filter((field) => {
		const withdrawn = field.startsWith('withdrawal:') ? withdrawnBy(field) : undefined;
		return field.startsWith('withdrawal:') && withdrawn?.change !== change.id;
	});
	if (rewritten.length > 0) return { problem: 'withdrawal.rewritten', fields: rewritten, final: true };
	const voices = Object.keys(change.fields).filter((field) => isMediaField(field) && isVoiceOf(change.fields[field]));
	if (voices.length > 0 && consentInForce(merged.fields, 'voice') !== 'yes')
		return { problem: 'voice.refused', fields: voices, final: true };
	const fields = { ...valuesIn(merged.fields), ...change.fields };
	// What was stored before it was known of which framework is looked at when that is said.
	const looked = 'framework' in change.fields || 'campaign' in change.fields ? fields : change.fields;
	const impossible = context.framework ? impossibleAnswers(context.framework, looked) : [];
	if (impossible.length > 0) return { problem: 'answer.impossible', fields: impossible, final: true };
	return 'on' in looked ? wrongDay(fields.on as string, context) : undefined;
}

const isVoiceOf = (media: unknown): boolean => media !== null && isVoice(media as Media);

/** Looked at for every change that arrives, in a definition that never changes. */
const questionsBy = new WeakMap<Framework, Map<string, Question>>();
function questionsOf(framework: Framework): Map<string, Question> {
	const known = questionsBy.get(framework);
	if (known) return known;
	const all = criteriaOf(framework).flatMap(({ questions }) => questions);
	const questions = new Map(all.map((question) => [question.id, question]));
	questionsBy.set(framework, questions);
	return questions;
}

/** Answers that their question does not offer. One to a question that this framework does not know is of another version. */
function impossibleAnswers(framework: Framework, fields: { [field: string]: unknown }): string[] {
	const questions = questionsOf(framework);
	return Object.keys(fields).filter((field) => {
		const question = field.startsWith('answer:') ? questions.get(field.slice('answer:'.length)) : undefined;
		const value = question && (fields[field] as Answer).value;
		return value !== undefined && !isOffered(framework, question!, value);
	});
}

function isOffered({ scales }: Framework, question: Question, value: AnswerValue): boolean {
	if (value.type !== question.type) return false;
	const isOption = (option: string) => question.options?.some(({ id }) => id === option) === true;
	switch (value.type) {
		case 'scale':
			return scales.find(({ id }) => id === question.scale)?.levels.some((one) => one.value === value.level) === true;
		case 'choice':
			return isOption(value.option);
		case 'multiple':
			return value.options.every(isOption);
		case 'number':
			return value.amount >= 0;
		case 'date':
			return true;
	}
}

/** A device's clock may be hours off, and so may its day. */
function wrongDay(on: string, { campaign, today }: Context): Refusal | undefined {
	const begins = campaign && valueOf('campaign', campaign.fields, 'from');
	if (begins && on.slice(0, 7) < begins) return { problem: 'day.before-campaign', fields: ['on'], final: false };
	const isAhead = today !== undefined && Date.parse(on) > Date.parse(today) + 86_400_000;
	return isAhead ? { problem: 'day.ahead', fields: ['on'], final: false } : undefined;
}

function contributions(record: Subject): Contribution[] {
	const { fields } = record;
	const state = valueOf('interview', fields, 'state');
	const campaign = valueOf('interview', fields, 'campaign');
	const stakeholder = valueOf('interview', fields, 'stakeholder');
	const place = valueOf('interview', fields, 'antenna');
	if (!campaign || !stakeholder || !place || (state !== 'finished' && state !== 'refused')) return [];
	// By month, so that what came after a campaign's last one can be told.
	const month = valueOf('interview', fields, 'on')?.slice(0, 7) ?? '';
	const at = (measure: Measure, subject: string, detail: string, amount = 0): Contribution => ({
		campaign,
		measure,
		subject,
		stakeholder,
		place,
		period: measure === 'interview' ? month : '',
		detail,
		count: 1,
		amount,
		base: 0
	});
	if (!counts(record)) return [at('interview', '', 'refused')];
	const criteria = new Set(valueOf('interview', fields, 'criteria'));
	const answers = Object.keys(fields)
		.filter((field): field is `answer:${string}` => field.startsWith('answer:'))
		.flatMap((field) => {
			const answer = valueOf('interview', fields, field);
			const details = answer ? detailsOf(answer) : [];
			if (details.length > 0 && isContested(fields, field)) details.push(['contested', 0]);
			return details.length > 0 ? [{ question: field.slice('answer:'.length), details }] : [];
		});
	// One finished by a version that did not say what it asked had asked at least what was answered.
	const asked = new Set([...(valueOf('interview', fields, 'asked') ?? []), ...answers.map(({ question }) => question)]);
	return [
		at('interview', '', 'finished'),
		...[...criteria].map((criterion) => at('criterion', criterion, '')),
		...[...asked].map((question) => at('answer', question, 'asked')),
		...answers.flatMap(({ question, details }) =>
			details.map(([detail, amount]) => at('answer', question, detail, amount))
		)
	];
}

/** « ne sait pas », « ne souhaite pas répondre » and an answer are told apart; only an answer enters a base. */
function detailsOf(answer: Answer): [detail: string, amount: number][] {
	if (answer.without) return [[answer.without, 0]];
	const { value } = answer;
	const amount = value?.type === 'number' ? value.amount : value?.type === 'scale' ? value.level : 0;
	const details: [string, number][] = (value ? chosenIn(value) : []).map((chosen) => [`value:${chosen}`, amount]);
	if (hasWords(answer)) details.push(['words', 0]);
	return details.length > 0 ? [['answered', 0], ...details] : [];
}

/** That there were words is counted, what they were is not there any more. */
function withoutWords(fields: Fields): Fields {
	const kept = Object.entries(fields).filter(([field]) => field !== 'note');
	return Object.fromEntries(
		kept.map(([field, current]) => [field, field.startsWith('answer:') ? current.map(withoutAnswerWords) : current])
	);
}

function withoutAnswerWords(current: Current): Current {
	const { words, ...answer } = (current.value ?? {}) as Answer;
	return { ...current, value: { ...answer, ...(words?.trim() ? { hadWords: true } : {}) } };
}
