import { wordedFor } from '$lib/domain/framework';
import type { ConsentItem, Stakeholder } from '$lib/domain/framework-shapes';
import { say, tongue } from './format';
import { m } from './generated/messages';

const OURS: { [use in NonNullable<ConsentItem['use']>]?: () => string } = {
	evaluation: m.interview_agree,
	quotation: m.interview_quote,
	'first-name': m.interview_quote_named
};

type Item = Pick<ConsentItem, 'use' | 'text' | 'textFor'>;

/** The sentence by which an item of the agreement is asked: what is read together is what stands on the receipt. */
export const agreementSentence = (item: Item, stakeholder: Stakeholder): string =>
	(item.use && OURS[item.use]?.()) ?? say(wordedFor(item, stakeholder));

/** The language of that sentence, where it is not the interface's. */
export const agreementTongue = (item: Item, stakeholder: Stakeholder): 'fr' | undefined =>
	item.use && OURS[item.use] ? undefined : tongue(wordedFor(item, stakeholder));
