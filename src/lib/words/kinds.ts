import type { KindName } from '../domain/kinds/all';
import { valueOf } from '../domain/kinds/values';
import type { Fields } from '../domain/record';
import { m } from './generated/messages';

/** What is said of a record of each kind: what one is called, how people know this one among the others, in its own words
 * where it has some, and how both are said together. */
type Said = { one: () => string; name: (fields: Fields) => string | undefined; named: (name: string) => string };

const nameless = (one: () => string): Said => ({ one, name: () => undefined, named: one });

const SAID: { [kind in KindName]: Said } = {
	interview: {
		one: m.office_one_interview,
		name: (fields) => valueOf('interview', fields, 'label'),
		named: (name) => (name ? m.recovery_two_of_interview({ name }) : m.office_one_interview())
	},
	excerpt: {
		one: m.office_one_excerpt,
		name: (fields) => valueOf('excerpt', fields, 'passage')?.words,
		named: (name) => (name ? m.recovery_two_of_excerpt({ name }) : m.office_one_excerpt())
	},
	quote: { ...nameless(m.office_one_quote), name: (fields) => valueOf('quote', fields, 'words') },
	reading: nameless(m.office_one_reading),
	campaign: {
		one: m.recovery_field_campaign,
		name: (fields) => valueOf('campaign', fields, 'title'),
		named: (name) => m.recovery_two_of_campaign({ name })
	},
	framework: nameless(m.recovery_two_of_framework),
	antenna: {
		one: m.recovery_field_antenna,
		name: (fields) => valueOf('antenna', fields, 'name'),
		named: (name) => m.recovery_two_of_antenna({ name })
	},
	judgement: nameless(m.judgement_one),
	action: {
		one: m.action_one,
		name: (fields) => valueOf('action', fields, 'words'),
		named: (name) => (name ? m.action_named({ name }) : m.action_one())
	},
	structure: nameless(m.recovery_two_of_structure),
	person: { ...nameless(m.recovery_two_of_other), name: (fields) => valueOf('person', fields, 'name') }
};

const OTHER = nameless(m.office_one_other);
const saidOf = (kind: string): Said => (Object.hasOwn(SAID, kind) ? SAID[kind as KindName] : OTHER);

/** « Entretien », « Chiffre »; of a kind that this version does not know, « Autre saisie ». */
export const oneOfKind = (kind: string): string => saidOf(kind).one();

/** How people know a record among others of its kind, or nothing. */
export const ownName = ({ kind, fields }: { kind: string; fields: Fields }): string => saidOf(kind).name(fields) ?? '';

/** « Entretien, Mme D. », « Extrait : J’ai repris confiance… ».
 * @param name by `ownName` */
export const namedRecord = (kind: string, name: string): string =>
	saidOf(kind).named(name.length > SHORT ? `${name.slice(0, SHORT).trimEnd()}…` : name);
const SHORT = 60;
