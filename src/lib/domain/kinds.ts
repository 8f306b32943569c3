import * as z from 'zod/mini';
import { campaignFamilies, campaignFields } from './campaign';
import { excerptFields, lowerLimit, type QuoteLimit } from './excerpt';
import { Framework } from './framework';
import { Consent, consentField, interviewFamilies, interviewFields, OBJECTION } from './interview';
import { ChangeId } from './ids';
import { readingFields, readingKey } from './reading';
import { inUse, isContested, isGone, type Fields } from './record';
import { EVERYBODY } from './rights';
import { antennaFields, personFields, structureFields } from './structure';

/** The value of the field `deleted`; nothing, once somebody has taken the deletion back. */
const Deletion = z.nullable(z.looseObject({ named: z.array(ChangeId) }));

type Schemas = { [field: string]: z.ZodMiniType };
type Kind = { fields: Schemas; families?: Schemas };

/** Every kind of record this version knows, with the schema of each field. Families are fields named by a prefix. */
const KINDS: { [kind: string]: Kind } = {
	structure: { fields: structureFields },
	antenna: { fields: antennaFields },
	person: { fields: personFields },
	framework: { fields: { definition: Framework } },
	campaign: { fields: campaignFields, families: campaignFamilies },
	interview: { fields: interviewFields, families: interviewFamilies },
	excerpt: { fields: excerptFields },
	reading: { fields: readingFields }
};

export const isKnownKind = (kind: string): boolean => Object.hasOwn(KINDS, kind);

/** The fields whose value does not have the shape this version knows. A field it does not know is kept as it is. */
export function invalidFields(kind: string, fields: { [field: string]: unknown }): string[] {
	const known = KINDS[kind];
	if (!known) return [];
	return Object.keys(fields).filter((field) => schemaOf(known, field)?.safeParse(fields[field]).success === false);
}

function schemaOf({ fields, families = {} }: Kind, field: string): z.ZodMiniType | undefined {
	if (field === 'deleted') return Deletion;
	if (Object.hasOwn(fields, field)) return fields[field];
	for (const prefix in families) if (field.startsWith(prefix)) return families[prefix];
	return undefined;
}

/** The owner of what has outlived its time: counted, and nobody's to read. */
export const NOBODY = '-';

/** What merging, rights and audiences look at. */
export type Subject = { id: string; kind: string; owner: string; about?: string | undefined; fields: Fields };

/** A consent in force. While contested it is at its most protective: one « no » among the values is a no. */
export function consentInForce(fields: Fields, item: string): Consent | undefined {
	const field = consentField(item);
	if (isContested(fields, field)) return 'no';
	return inUse(fields, field) as Consent | undefined;
}

/** Whether an interview's words may count: finished, not deleted, and the person does not object. */
export const counts = (interview: Subject | undefined): boolean =>
	interview !== undefined &&
	inUse(interview.fields, 'state') === 'finished' &&
	!isGone(interview.fields) &&
	consentInForce(interview.fields, OBJECTION) !== 'no';

/** How far the person agreed to be quoted: the ceiling of every excerpt of theirs. */
export function quoteCeiling(interview: Subject | undefined): QuoteLimit {
	if (!counts(interview)) return 'none';
	const agreed = (item: string) => consentInForce(interview!.fields, item) === 'yes';
	if (!agreed('citation-anonyme')) return 'team';
	return agreed('citation-prenom') ? 'first-name' : 'anonymous';
}

/** How far an excerpt may be quoted now: its own limit under its person's consent. */
export const quoteInForce = (excerpt: Subject, interview: Subject | undefined): QuoteLimit =>
	lowerLimit((inUse(excerpt.fields, 'quote') as QuoteLimit | undefined) ?? 'team', quoteCeiling(interview));

/** The one audience a record belongs to now, or none when it is gone: who receives it follows from the rights.
 * @param interview the interview it is about, where it is about one */
export function audienceOf(record: Subject, interview?: Subject): string | undefined {
	if (isGone(record.fields) || record.owner === NOBODY) return undefined;
	switch (record.kind) {
		case 'interview':
			return `interviews:${record.owner}`;
		case 'excerpt': {
			const approved = inUse(record.fields, 'approval') === 'approved' && !isContested(record.fields, 'approval');
			return approved && quoteInForce(record, interview) !== 'none' ? EVERYBODY : `excerpts:${record.owner}`;
		}
		case 'reading':
			return `readings:${readingKey(record.id)?.place}`;
		default:
			return EVERYBODY;
	}
}
