import type { Change } from './change';
import { lowerLimit } from './excerpt';
import type { QuoteLimit } from './excerpt-shapes';
import type { ConsentUse } from './framework-shapes';
import type { Consent, Withdrawal, YesNo } from './interview-shapes';
import type { Context, Subject } from './kinds/kind';
import { valueOf } from './kinds/values';
import { currentOf, isGone, type Fields } from './record';
import type { Current } from './record-shapes';

/** Who writes with a receipt code, in the place of a person's id. */
export const RESPONDENT = 'respondent';

const CONSENT = 'consent:';
const WITHDRAWAL = 'withdrawal:';

const isConsent = (field: string): field is `consent:${string}` => field.startsWith(CONSENT);

/** What is current of one item. */
type Item = { consents: Current[]; withdrawals: Current[] };

/** Every item that was answered or withdrawn. */
function itemsIn(fields: Fields): Map<string, Item> {
	const items = new Map<string, Item>();
	const itemOf = (id: string): Item => items.get(id) ?? items.set(id, { consents: [], withdrawals: [] }).get(id)!;
	for (const field of Object.keys(fields)) {
		if (isConsent(field)) itemOf(field.slice(CONSENT.length)).consents.push(...currentOf(fields, field));
		const withdrawn = withdrawnBy(field);
		if (withdrawn) itemOf(withdrawn.item).withdrawals.push(...currentOf(fields, field));
	}
	return items;
}

/** The item that a withdrawal's field is about, and the change it says to be written by. */
export function withdrawnBy(field: string): { item: string; change: string } | undefined {
	if (!field.startsWith(WITHDRAWAL)) return undefined;
	const end = field.lastIndexOf(':');
	return end < WITHDRAWAL.length
		? undefined
		: { item: field.slice(WITHDRAWAL.length, end), change: field.slice(end + 1) };
}

/** The change that wrote these withdrawals of an interview, to be written again where a history went back to before it. It
 * bears the same id: written twice it is one. */
export function withdrawnAgain(interview: string, fields: Change['fields'], at: string): Change | undefined {
	const id = Object.keys(fields).flatMap((field) => withdrawnBy(field)?.change ?? [])[0];
	return id ? { id, kind: 'interview', record: interview, fields, seen: {}, at } : undefined;
}

/** The changes by which something was withdrawn of an interview, out of what is current of it. */
export function withdrawnIn(fields: Fields, interview: string): Change[] {
	const byChange = new Map<string, { fields: Change['fields']; at: string }>();
	for (const field of Object.keys(fields).filter((name) => withdrawnBy(name)))
		for (const { change, value, at } of currentOf(fields, field)) {
			const one = byChange.get(change) ?? { fields: {}, at };
			one.fields[field] = value;
			byChange.set(change, one);
		}
	return [...byChange.values()].flatMap((one) => withdrawnAgain(interview, one.fields, one.at) ?? []);
}

/** The withdrawals of one item: what a yes has to name. */
export const withdrawalsOf = (fields: Fields, item: string): string[] =>
	(itemsIn(fields).get(item)?.withdrawals ?? []).map(({ change }) => change);

/** What a form shows of an item while it is filled in: a yes once it answers every withdrawal, though it is in force only
 * with the new code that its person is then given. */
export function answerShown(fields: Fields, item: string, typed: Consent | undefined): YesNo | undefined {
	const withdrawn = withdrawalsOf(fields, item);
	if (withdrawn.length === 0) return typed?.answer;
	return typed?.answer === 'yes' && withdrawn.every((change) => typed.answers?.includes(change)) ? 'yes' : 'no';
}

/** The agreements that take a withdrawal back, with the code that is handed out for them now: they hold as long as it is the
 * one in use. Those given with a code hold by themselves. */
export const agreedWith = (fields: Fields, receipt: string): [field: `consent:${string}`, consent: Consent][] =>
	Object.keys(fields).flatMap((field): [`consent:${string}`, Consent][] => {
		const consent = isConsent(field) ? valueOf('interview', fields, field) : undefined;
		return consent?.answers?.length && consent.given !== 'code'
			? [[field as `consent:${string}`, { ...consent, receipt }]]
			: [];
	});

/** The answer in force to one item. While contested it is at its most protective: one « no » among the values is a no, and
 * so is a yes that does not answer every withdrawal. */
export const answerInForce = (fields: Fields, field: `consent:${string}`): YesNo | undefined =>
	inForce(fields, itemsIn(fields).get(field.slice(CONSENT.length)));

function inForce(fields: Fields, item: Item | undefined): YesNo | undefined {
	if (!item) return undefined;
	const { consents, withdrawals } = item;
	if (consents.length === 0) return withdrawals.length > 0 ? 'no' : undefined;
	return consents.every((one) => isYes(fields, one, withdrawals)) ? 'yes' : 'no';
}

/** A yes after a withdrawal names it, and is the person's own: given with their code, or with the new one that they got when
 * the steps were gone through again. */
function isYes(fields: Fields, { value, person }: Current, withdrawals: readonly Current[]): boolean {
	const { answer, answers = [], receipt } = value as Consent;
	if (answer !== 'yes') return false;
	if (withdrawals.length === 0) return true;
	if (!withdrawals.every(({ change }) => answers.includes(change))) return false;
	const isNew = receipt !== undefined && withdrawals.every((one) => (one.value as Withdrawal).receipt !== receipt);
	return person === RESPONDENT || (isNew && receipt === valueOf('interview', fields, 'receipt'));
}

/** What somebody agreed to of a use: whichever item asked for it, one « no » is a no. */
export function consentInForce(fields: Fields, use: ConsentUse): YesNo | undefined {
	const answers = [...itemsIn(fields).values()]
		.filter(({ consents, withdrawals }) => [...consents, ...withdrawals].some(({ value }) => isFor(value, use)))
		.map((item) => inForce(fields, item));
	return answers.includes('no') ? 'no' : answers[0];
}

const isFor = (value: unknown, use: ConsentUse): boolean => (value as Consent | Withdrawal).use === use;

/** Whether an interview's words may count: finished, not deleted, and the person does not object. */
export const counts = (interview: Subject | undefined): interview is Subject =>
	interview !== undefined &&
	valueOf('interview', interview.fields, 'state') === 'finished' &&
	!isGone(interview.fields) &&
	consentInForce(interview.fields, 'evaluation') !== 'no';

/** How far the person agreed to be quoted: the ceiling of every excerpt of theirs. Without a yes nobody but the interviewer
 * and the office reads a word. */
export function quoteCeiling(interview: Subject | undefined): QuoteLimit {
	if (!counts(interview)) return 'none';
	const agreed = (use: ConsentUse) => consentInForce(interview.fields, use) === 'yes';
	if (!agreed('quotation')) return 'none';
	return agreed('first-name') ? 'first-name' : 'anonymous';
}

/** How far an excerpt may be quoted now: its own limit under its person's consent. */
export const quoteInForce = ({ fields }: Subject, { interview }: Context): QuoteLimit =>
	lowerLimit(valueOf('excerpt', fields, 'quote') ?? 'team', quoteCeiling(interview));
