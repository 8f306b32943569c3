import { consentInForce, counts, quoteCeiling, quoteInForce } from '../consent';
import type { Contribution, Measure } from '../contributions';
import { decisionOn } from '../excerpt';
import { Approval, Passage, QuoteLimit, Valence } from '../excerpt-shapes';
import { Stakeholder } from '../framework-shapes';
import { Id } from '../ids';
import { isGone, type Fields } from '../record';
import { ALL, NOTHING, OWN, type Change, type Context, type Kind, type Refusal, type Subject } from './kind';
import type { Quote } from './quote';
import { valueOf, valuesOf } from './values';

/** A passage attached to a criterion: its interviewer's and the office's. What others read of it is a `quote`.
 * `stakeholder` and `antenna` are copied, for the office, which may not see the interview. */
export const excerpt = {
	fields: {
		campaign: Id,
		stakeholder: Stakeholder,
		antenna: Id,
		passage: Passage,
		criterion: Id,
		valence: Valence,
		quote: QuoteLimit,
		approval: Approval
	},
	families: {},
	isId: 'random',
	rights: { counsellor: OWN, 'antenna-staff': OWN, director: ALL, network: NOTHING },
	assigned: 'nobody',
	reserved: { approval: 'director' },
	place: 'nowhere',
	refusal,
	audience: ({ owner }: Subject): string => own(owner),
	contributions,
	personal: {
		own,
		withoutWords: ({ passage: _, ...fields }: Fields): Fields => fields,
		isCounted: (field: string): boolean => COUNTED.has(field)
	}
} satisfies Kind;

function own(owner: string): string {
	return `excerpts:${owner}`;
}

const COUNTED = new Set(['campaign', 'stakeholder', 'antenna', 'criterion', 'valence', 'approval', 'deleted']);
const COPIED = ['campaign', 'stakeholder', 'antenna'] as const;

/** Words that nobody is known to have said could not be erased with them; and nobody says them at two antennas. */
function refusal({ fields }: Change, { about }: Subject, { interview }: Context): Refusal | undefined {
	if (!about) return { problem: 'record.missing', fields: [], final: true };
	const others = COPIED.filter((field) => {
		const said = interview && valueOf('interview', interview.fields, field);
		return said !== undefined && fields[field] !== undefined && fields[field] !== said;
	});
	return others.length > 0 ? { problem: 'excerpt.elsewhere', fields: others, final: true } : undefined;
}

/** Where its interview says, whatever it says itself. */
function contributions(record: Subject, { interview }: Context): Contribution[] {
	if (!interview || !counts(interview)) return [];
	const { criterion, valence } = valuesOf('excerpt', record.fields);
	const { campaign, stakeholder, antenna } = valuesOf('interview', interview.fields);
	if (!campaign || !stakeholder || !antenna || !criterion || !valence) return [];
	if (decisionOn(record.fields) === 'set-aside') return [];
	const at = (measure: Measure, detail: string): Contribution => ({
		campaign,
		measure,
		subject: criterion,
		stakeholder,
		place: antenna,
		period: '',
		detail,
		count: 1,
		amount: 0,
		base: 0
	});
	return [at('excerpt', valence), at('heard', interview.id)];
}

/** All that an excerpt and its quote take from their interview: where it differs, they move along. */
export function takenFrom(interview: Subject | undefined): string {
	const { campaign, stakeholder, antenna } = valuesOf('interview', interview?.fields);
	const role = interview && consentInForce(interview.fields, 'role');
	return JSON.stringify([counts(interview), quoteCeiling(interview), role, campaign, stakeholder, antenna]);
}

/** What others may read of an excerpt now: nothing without the office's approval and the person's yes. Who speaks is said
 * only with their own yes to that. */
export function quoteFrom(record: Subject, context: Context): Quote | undefined {
	if (isGone(record.fields) || decisionOn(record.fields) !== 'approved') return undefined;
	const limit = quoteInForce(record, context);
	const { passage, criterion, valence } = valuesOf('excerpt', record.fields);
	const { campaign, stakeholder } = valuesOf('interview', context.interview?.fields);
	if (limit === 'none' || !passage || !criterion || !valence || !campaign) return undefined;
	const isSaid = context.interview && consentInForce(context.interview.fields, 'role') === 'yes';
	return {
		campaign,
		criterion,
		valence,
		limit,
		words: passage.words,
		...(isSaid && stakeholder ? { stakeholder } : {})
	};
}
