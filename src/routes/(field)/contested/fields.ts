import type { Approval } from '$lib/domain/excerpt-shapes';
import { decimalsOf, findCriterion, findIndicator, findQuestion, inUnits, labelsOf } from '$lib/domain/framework';
import type { Framework, Stakeholder } from '$lib/domain/framework-shapes';
import { chosenIn, MAX_WORDS } from '$lib/domain/interview';
import type { Answer, Consent } from '$lib/domain/interview-shapes';
import type { KindName } from '$lib/domain/kinds/all';
import type { Values } from '$lib/domain/kinds/values';
import type { Media } from '$lib/domain/media';
import { canonical } from '$lib/domain/record';
import type { Current } from '$lib/domain/record-shapes';
import { MAX_NAME, MAX_REMARK } from '$lib/domain/text';
import type { Text } from '$lib/domain/text-shapes';
import { day, moment, number, say } from '$lib/words/format';
import { periodName } from '$lib/words/period';
import { m } from '$lib/words/generated/messages';
import { size } from '../device/size';
import { many, one } from '$lib/words/stakeholders';

/** What names and values are said with. */
export type Context = {
	framework: Framework | undefined;
	antennas: ReadonlyMap<string, string>;
	campaigns: ReadonlyMap<string, string>;
	people: ReadonlyMap<string, string>;
};

/** Every field of every kind has its name. */
type AnyField = { [K in KindName]: keyof Values<K> & string }[KindName] | 'deleted';
const NAMES: { [field in AnyField]: () => string } = {
	campaign: m.recovery_field_campaign,
	framework: m.recovery_field_framework,
	stakeholder: m.recovery_field_stakeholder,
	antenna: m.recovery_field_antenna,
	mode: m.recovery_field_mode,
	on: m.recovery_field_on,
	label: m.recovery_field_label,
	criteria: m.recovery_field_criteria,
	asked: m.recovery_field_asked,
	state: m.recovery_field_state,
	note: m.recovery_field_note,
	receipt: m.recovery_field_receipt,
	passage: m.recovery_field_passage,
	criterion: m.recovery_field_criterion,
	valence: m.recovery_field_valence,
	quote: m.recovery_field_quote,
	approval: m.recovery_field_approval,
	limit: m.recovery_field_limit,
	words: m.recovery_field_words,
	title: m.recovery_field_title,
	name: m.recovery_field_title,
	from: m.recovery_field_from,
	to: m.recovery_field_to,
	antennas: m.recovery_field_antennas,
	k: m.recovery_field_k,
	kShared: m.recovery_field_kShared,
	daysOnDevice: m.recovery_field_daysOnDevice,
	monthsKept: m.recovery_field_monthsKept,
	order: m.recovery_field_order,
	comment: m.recovery_field_comment,
	value: m.recovery_field_value,
	toConfirm: m.recovery_field_toConfirm,
	definition: m.recovery_field_definition,
	fictitious: m.fictitious_label,
	grants: m.recovery_field_grants,
	left: m.recovery_field_left,
	summary: m.judgement_summary,
	strengths: m.judgement_strengths,
	limits: m.judgement_limits,
	proposals: m.judgement_proposals,
	owner: m.action_field_owner,
	due: m.action_field_due,
	deleted: m.recovery_field_deleted
};

const WORDS: { [field: string]: { [value: string]: () => string } } = {
	mode: {
		face: m.interview_mode_face,
		phone: m.interview_mode_phone,
		paper: m.interview_mode_paper,
		self: m.recovery_value_self
	},
	state: {
		draft: m.recovery_value_draft,
		finished: m.recovery_value_finished,
		refused: m.recovery_value_refused,
		preparing: m.recovery_value_preparing,
		open: m.recovery_value_open,
		closed: m.recovery_value_closed,
		planned: m.action_state_planned,
		'under-way': m.action_state_under_way,
		done: m.action_state_done,
		dropped: m.action_state_dropped
	},
	quote: {
		none: m.words_limit_none,
		team: m.words_limit_team,
		anonymous: m.words_limit_anonymous,
		'first-name': m['words_limit_first-name']
	},
	valence: { added: m.valence_added, improve: m.valence_improve },
	approval: { approved: m.recovery_value_approved, 'set-aside': m['recovery_value_set-aside'] },
	consent: { yes: m.interview_yes, no: m.interview_no }
};

const WITHOUT = { unknown: m.interview_unknown, declined: m.interview_declined };

/** « answer:metier » is of the family « answer », about « metier ». */
function split(field: string): [family: string, about: string] {
	const at = field.indexOf(':');
	return at === -1 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)];
}

export const isConsent = (field: string): boolean => field.startsWith('consent:');

/** What a field is called by people. One that this version does not know goes by its own name. */
export function fieldName(field: string, { framework, antennas }: Context): string {
	const [family, about] = split(field);
	switch (family) {
		case 'answer': {
			const question = framework && findQuestion(framework, about);
			return question ? say(question.text) : m.recovery_field_answer();
		}
		case 'consent': {
			const item = framework?.consentItems.find(({ id }) => id === about);
			return item ? say(item.text) : m.recovery_field_consent();
		}
		case 'withdrawal':
			return m.recovery_field_withdrawal();
		case 'media':
			return m.recovery_field_media();
		case 'target': {
			const [who, where] = split(about);
			return m.recovery_field_target({ who: many(who as Stakeholder), where: antennas.get(where) ?? where });
		}
		case 'support':
			return m.judgement_field_support();
		case 'goal': {
			const indicator = framework && findIndicator(framework, about);
			return m.recovery_field_goal({ indicator: indicator ? say(indicator.label) : about });
		}
		default:
			return Object.hasOwn(NAMES, field) ? NAMES[field as AnyField]() : field;
	}
}

/** A value as it is read, whatever field it is of. */
export function valueText(field: string, { value, at }: Pick<Current, 'value' | 'at'>, context: Context): string {
	const { framework, antennas, campaigns, people } = context;
	const [family, about] = split(field);
	const words = WORDS[family];
	if (typeof value === 'string' && words && Object.hasOwn(words, value)) return words[value]!();
	if (value === null || value === undefined || value === '') return m.recovery_value_nothing();
	if (typeof value === 'boolean') return value ? m.recovery_value_yes() : m.recovery_value_no();
	switch (family) {
		case 'consent':
			return WORDS.consent![(value as Consent).answer]!();
		case 'withdrawal':
			return m.recovery_value_withdrawn();
		case 'approval':
			return WORDS.approval![(value as Approval).decision]!();
		case 'asked':
			return m.recovery_value_questions({ count: (value as string[]).length });
		case 'answer':
			return answerText(about, value as Answer, framework);
		case 'stakeholder':
			return one(value as Stakeholder);
		case 'antenna':
			return antennas.get(value as string) ?? String(value);
		case 'antennas':
			return listed((value as string[]).map((id) => antennas.get(id) ?? id));
		case 'campaign':
			return campaigns.get(value as string) ?? String(value);
		case 'framework':
			return framework ? m.recovery_value_version({ version: framework.version }) : String(value);
		case 'owner':
			return people.get(value as string) ?? String(value);
		case 'due':
			return periodName(value as string);
		case 'support':
			return m.judgement_number({ number: String((value as { number: number }).number) });
		case 'criterion':
			return criterionText(value as string, framework);
		case 'criteria':
			return listed((value as string[]).map((id) => criterionText(id, framework)));
		case 'on':
			return day(value as string);
		case 'from':
		case 'to':
			return periodName(value as string);
		case 'passage':
			return (value as { words?: string }).words ?? '';
		case 'receipt':
			return m.recovery_value_code({ when: moment(at, new Date()) });
		case 'media':
			return m.recovery_value_recording({ size: size((value as Media).size) });
		case 'definition':
			return m.recovery_value_version({ version: (value as Framework).version });
		case 'goal': {
			const indicator = framework && findIndicator(framework, about);
			const decimals = indicator ? decimalsOf(framework, indicator.unit) : 0;
			return number(inUnits(value as number, decimals), decimals);
		}
	}
	if (typeof value === 'string') return value;
	if (typeof value === 'number') return number(value);
	return typeof value === 'object' && 'fr' in value ? say(value as Text) : canonical(value);
}

const listed = (values: string[]): string => values.join(', ') || m.recovery_value_nothing();

function criterionText(id: string, framework: Framework | undefined): string {
	const criterion = framework && findCriterion(framework, id);
	return criterion ? say(criterion.label) : id;
}

function answerText(question: string, answer: Answer, framework: Framework | undefined): string {
	if (answer.without) return WITHOUT[answer.without]();
	const asked = framework && findQuestion(framework, question);
	const chosen = asked
		? labelsOf(framework, asked, { chosen: answer.value ? chosenIn(answer.value) : [] }).map(say)
		: [];
	return [...chosen, ...(answer.words?.trim() ? [answer.words.trim()] : [])].join('\n') || m.recovery_value_nothing();
}

/** How long a text somebody writes in the place of the others may be, where one may be written at all. */
const LIMITS: { [field: string]: number } = {
	...{ label: MAX_NAME, title: MAX_NAME, name: MAX_NAME },
	...{ note: MAX_WORDS, comment: MAX_REMARK },
	...{ summary: MAX_WORDS, strengths: MAX_WORDS, limits: MAX_WORDS, proposals: MAX_WORDS }
};

/** What writing something else takes: how long it may be, what to begin with and what it makes of the words. Nothing where
 * one can only choose. */
export function writing(
	field: string,
	values: readonly unknown[]
): { limit: number; text: string; valueOf: (text: string) => unknown } | undefined {
	const limit = Object.hasOwn(LIMITS, field) ? LIMITS[field] : undefined;
	if (limit !== undefined) return { limit, text: String(values[0] ?? ''), valueOf: (text) => text };
	if (!field.startsWith('answer:')) return undefined;
	// Where only the words differ: what was chosen beside them stays.
	const answers = values as Answer[];
	const rests = new Set(answers.map(({ words: _, hadWords: __, ...rest }) => canonical(rest)));
	if (rests.size > 1 || !answers.some(({ words }) => words)) return undefined;
	const { words = '', hadWords: _, ...rest } = answers[0]!;
	return { limit: MAX_WORDS, text: words, valueOf: (text) => ({ ...rest, words: text }) };
}
