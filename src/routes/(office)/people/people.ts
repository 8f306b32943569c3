import * as z from 'zod/mini';
import { OwnDevice, type PersonEdit } from '$lib/domain/session';
import { Grant, type Role } from '$lib/domain/structure';
import { ask, type Answer } from '../../api';

/** The people as the server knows them: their rights, how they prove who they are, and the devices they use. */
const People = z.array(
	z.looseObject({
		id: z.string(),
		name: z.string(),
		grants: z.array(Grant),
		enrolled: z.boolean(),
		secondFactor: z.boolean(),
		devices: z.array(OwnDevice)
	})
);
export type Person = z.infer<typeof People>[number];

export async function loadPeople(): Promise<Answer<Person[]>> {
	const answer = await ask<unknown>('GET', '/api/people');
	return answer.ok ? { ok: true, value: People.parse(answer.value) } : answer;
}

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

export type DraftProblems = { name?: true; roles?: true; antennas: Offered[] };

export const problemsOf = ({ name, roles, antennas }: Draft): DraftProblems => ({
	...(name.trim() ? {} : { name: true }),
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
