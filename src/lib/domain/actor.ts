import type { Grant, Role } from './structure';

/** Who acts: known from the session, never from what a request says. */
export type Actor = { id: string; grants: Grant[] };

/** What somebody may do beside writing records, by what is done. An account's own door (its sessions, its second factor)
 * is `own-account`. */
export const ACTS = {
	'own-account': ['counsellor', 'antenna-staff', 'director', 'network'],
	sync: ['counsellor', 'antenna-staff', 'director', 'network'],
	'read-sheets': ['counsellor', 'antenna-staff', 'director', 'network'],
	'export-sheets': ['director'],
	'manage-people': ['director'],
	'read-testimonies': ['director'],
	'erase-testimonies': ['director'],
	'read-journal': ['director'],
	'run-retention': ['director'],
	'judge-quarantine': ['director'],
	'import-outbox': ['director'],
	'delete-fictitious': ['director']
} as const satisfies { [act: string]: readonly Role[] };
export type Act = keyof typeof ACTS;

export const mayDo = (actor: Actor, act: Act): boolean =>
	act === 'own-account' || actor.grants.some(({ role }) => (ACTS[act] as readonly Role[]).includes(role));

export const hasRole = (actor: Actor, role: Role): boolean => actor.grants.some((grant) => grant.role === role);

/** Directors and the network see the most, so that a passphrase alone is not enough for them. */
export const needsSecondFactor = (actor: Actor): boolean => hasRole(actor, 'director') || hasRole(actor, 'network');

/** The antennas an actor works for in one of these roles. A director works for all of them, which is said by `undefined`. */
export function antennasOf(
	actor: Actor,
	roles: readonly Role[] = ['counsellor', 'antenna-staff']
): Set<string> | undefined {
	if (hasRole(actor, 'director')) return undefined;
	return new Set(actor.grants.filter((grant) => roles.includes(grant.role)).flatMap((grant) => grant.antennas));
}
