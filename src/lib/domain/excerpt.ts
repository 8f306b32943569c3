import type { Approval, Passage, QuoteLimit } from './excerpt-shapes';
import { differing, isContested, seenOf, type Fields } from './record';

/** How far a passage may be quoted, from least to most. It can be lowered under the person's consent, never raised. */
export const QUOTE_LIMITS = ['none', 'team', 'anonymous', 'first-name'] as const;

/** What an approval is given for: another of these, and it was given for something else. */
const APPROVED_FOR = ['passage', 'criterion', 'valence', 'quote'] as const;

/** A decision about an excerpt as it stands on the screen. */
export const approvalOf = (fields: Fields, decision: Approval['decision']): Approval => ({
	decision,
	of: APPROVED_FOR.flatMap((field) => seenOf(fields, field))
});

/** What is decided of an excerpt. Set aside is so as long as one of several says it; approved is so when nothing that it was
 * given for is contested or another by now. */
export function decisionOn(fields: Fields): Approval['decision'] | undefined {
	const decisions = differing(fields, 'approval').map(({ value }) => value as Approval);
	if (decisions.some(({ decision }) => decision === 'set-aside')) return 'set-aside';
	if (decisions.length !== 1 || APPROVED_FOR.some((field) => isContested(fields, field))) return undefined;
	const named = new Set(decisions[0]!.of);
	const current = APPROVED_FOR.flatMap((field) => seenOf(fields, field));
	return current.every((change) => named.has(change)) ? 'approved' : undefined;
}

const lengthOf = (text: string): number => [...text].length;

/** A part of an answer as a passage.
 * @param start, end places in the text as JavaScript counts them (UTF-16) */
export function passageOf(question: string, text: string, { start, end }: { start: number; end: number }): Passage {
	const words = text.slice(start, end);
	const from = lengthOf(text.slice(0, start));
	return { question, from, to: from + lengthOf(words), words };
}

/** Where a passage stands in a text, as JavaScript counts (UTF-16). Its own words decide: where they do not stand at its
 * place, because the text was corrected since, the nearest ones do. Nothing where they are not there any more. */
export function spanIn(text: string, { from, words }: Passage): { start: number; end: number } | undefined {
	const near = [...text].slice(0, from).join('').length;
	let found = -1;
	for (let at = text.indexOf(words); at !== -1; at = text.indexOf(words, at + 1))
		if (found === -1 || Math.abs(at - near) < Math.abs(found - near)) found = at;
	return found === -1 ? undefined : { start: found, end: found + words.length };
}

export const lowerLimit = (a: QuoteLimit, b: QuoteLimit): QuoteLimit =>
	QUOTE_LIMITS.indexOf(a) < QUOTE_LIMITS.indexOf(b) ? a : b;
