import type { Change } from './change';
import { spanIn } from './excerpt';
import type { Passage } from './excerpt-shapes';
import type { ConsentUse, Framework } from './framework-shapes';
import { answerField } from './interview';
import type { Answer, Consent } from './interview-shapes';
import type { Fields } from './record';
import type { Current } from './record-shapes';
import { kept } from './text';

/* What the version before wrote (protocol 2), as this one reads it. Every function leaves what is in today's shape as it is. */

/** The first protocol of today's shapes. */
export const SHAPES = 3;

/** What its one framework, the template, called things, before items and units said what they are for. */
const USES: { [item: string]: ConsentUse } = {
	'usage-evaluation': 'evaluation',
	'citation-anonyme': 'quotation',
	'citation-role': 'role',
	'citation-prenom': 'first-name',
	'enregistrement-voix': 'voice',
	recontact: 'contact'
};
const PERCENTAGE = 'pourcentage';
/** Its one question whose answer is a number: all other numbers are levels. */
const NUMBER = 'q-reponse-besoins-territoire-frequence';

/** A change as it is merged: its values in today's shapes, its words as they are kept.
 * @param answers the fields of the interview it is about, where an excerpt needs them to know where its passage stands */
export function modernChange(change: Change, answers?: Fields): Change {
	const fields: Change['fields'] = {};
	for (const field of Object.keys(change.fields))
		fields[field] = modernValue(change.kind, field, change.fields[field], answers);
	return { ...change, fields };
}

/** The fields of a record that were stored before. */
export function modernFields(kind: string, fields: Fields, answers?: Fields): Fields {
	const modern = (field: string) => (current: Current) => {
		const value = modernValue(kind, field, current.value, answers);
		return value === current.value ? current : { ...current, value };
	};
	return Object.fromEntries(Object.entries(fields).map(([field, all]) => [field, all.map(modern(field))]));
}

function modernValue(kind: string, field: string, value: unknown, answers: Fields | undefined): unknown {
	const words = keptWords(value);
	if (kind === 'interview' && field.startsWith('answer:')) return modernAnswer(field.slice('answer:'.length), words);
	if (kind === 'interview' && field.startsWith('consent:')) return modernConsent(field.slice('consent:'.length), words);
	if (kind === 'excerpt' && field === 'passage') return modernPassage(words, answers);
	// It named nothing: what it was given for is not known, and it is given again.
	if (kind === 'excerpt' && field === 'approval' && typeof words === 'string') return { decision: words, of: [] };
	if (kind === 'framework' && field === 'definition') return modernFramework(words);
	return words;
}

/** Every text in a value as words are kept; the value itself where all are already. */
function keptWords(value: unknown): unknown {
	if (typeof value === 'string') return kept(value);
	if (value === null || typeof value !== 'object') return value;
	if (Array.isArray(value)) {
		const parts = value.map(keptWords);
		return parts.some((part, i) => part !== value[i]) ? parts : value;
	}
	const entries = Object.entries(value);
	const parts = entries.map(([key, part]) => [key, keptWords(part)] as const);
	return parts.some(([, part], i) => part !== entries[i]![1]) ? Object.fromEntries(parts) : value;
}

export const isObject = (value: unknown): value is { [key: string]: unknown } =>
	value !== null && typeof value === 'object' && !Array.isArray(value);

function modernAnswer(question: string, answer: unknown): unknown {
	if (!isObject(answer) || answer.value === undefined || isObject(answer.value)) return answer;
	const { value } = answer;
	if (typeof value === 'number' && question === NUMBER) return { ...answer, value: { type: 'number', amount: value } };
	if (typeof value === 'number') return { ...answer, value: { type: 'scale', level: value } };
	if (typeof value === 'string') return { ...answer, value: { type: 'choice', option: value } };
	return Array.isArray(value) ? { ...answer, value: { type: 'multiple', options: value } } : answer;
}

function modernConsent(item: string, consent: unknown): unknown {
	if (consent !== 'yes' && consent !== 'no') return consent;
	const use = Object.hasOwn(USES, item) ? USES[item] : undefined;
	return { answer: consent, ...(use ? { use } : {}) } satisfies Consent;
}

/** It counted in UTF-16, in words that may not have been composed: its own words say where it stands. */
function modernPassage(passage: unknown, answers: Fields | undefined): unknown {
	if (!isObject(passage) || !('start' in passage)) return passage;
	const { start, end: _, ...rest } = passage;
	const { question, words } = rest as { question: string; words: string };
	if (typeof start !== 'number' || typeof words !== 'string' || typeof question !== 'string') return passage;
	const length = [...words].length;
	const plain = { ...rest, from: start, to: start + length };
	const answer = answers?.[answerField(question)]?.[0]?.value as Answer | undefined;
	const text = answer?.words && kept(answer.words);
	const found = text ? spanIn(text, plain as Passage) : undefined;
	if (!text || !found) return plain;
	const from = [...text.slice(0, found.start)].length;
	return { ...rest, from, to: from + length };
}

/** A published version never changes; only what the product has to know of it is said beside. */
function modernFramework(definition: unknown): unknown {
	if (!isObject(definition) || !Array.isArray(definition.units) || !Array.isArray(definition.consentItems))
		return definition;
	const { units, consentItems } = definition as Pick<Framework, 'units' | 'consentItems'>;
	if (consentItems.some(({ use }) => use) || units.some(({ use }) => use)) return definition;
	return {
		...definition,
		units: units.map((unit) => (unit.id === PERCENTAGE ? { ...unit, use: 'percentage' } : unit)),
		consentItems: consentItems.map((item) => (Object.hasOwn(USES, item.id) ? { ...item, use: USES[item.id] } : item))
	};
}
