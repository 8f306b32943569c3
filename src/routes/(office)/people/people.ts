import { People } from '$lib/domain/account';
import type { PersonEdit } from '$lib/domain/session';
import type { Grant, Role } from '$lib/domain/structure';
import { fit, MAX_NAME } from '$lib/domain/text';
import { ask, type Answered } from '$lib/here/api';

export type Person = People[number];

export const loadPeople = (): Promise<Answered<People>> => ask(People, 'GET', '/api/people');

/** How somebody comes in: they have, a code is out for them, or there is none that still opens. */
export const entryOf = ({
	enrolled,
	invited
}: Pick<Person, 'enrolled' | 'invited'>): 'enrolled' | 'code' | 'no-code' =>
	enrolled ? 'enrolled' : invited ? 'code' : 'no-code';

/** A role as the form offers it: the director's bears on the whole structure. */
export const OFFERED = ['counsellor', 'antenna-staff', 'director'] as const satisfies Role[];
export type Offered = (typeof OFFERED)[number];
export const hasAntennas = (role: Role): boolean => role === 'counsellor' || role === 'antenna-staff';

/** A person as the form holds them. */
export type Draft = { name: string; roles: Offered[]; antennas: { [role: string]: string[] } };

export const draftOf = ({ name, grants }: { name: string; grants: readonly Grant[] }): Draft => ({
	name,
	roles: OFFERED.filter((role) => grants.some((grant) => grant.role === role)),
	antennas: Object.fromEntries(
		OFFERED.map((role) => [role, grants.filter((grant) => grant.role === role).flatMap(({ antennas }) => antennas)])
	)
});

export type DraftProblems = { name?: 'missing' | 'long'; roles?: true; antennas: Offered[] };

export const problemsOf = ({ name, roles, antennas }: Draft): DraftProblems => ({
	...(!name.trim() ? { name: 'missing' } : fit(name.trim(), MAX_NAME).over > 0 ? { name: 'long' } : {}),
	...(roles.length > 0 ? {} : { roles: true }),
	antennas: roles.filter((role) => hasAntennas(role) && (antennas[role] ?? []).length === 0)
});

/** What is sent. A right that this form does not offer is kept as it was. */
export const editOf = ({ name, roles, antennas }: Draft, before: readonly Grant[] = []): PersonEdit => ({
	name: name.trim(),
	grants: [
		...roles.map((role) => ({ role, antennas: hasAntennas(role) ? (antennas[role] ?? []) : [] })),
		...before.filter(({ role }) => !OFFERED.some((offered) => offered === role))
	]
});
