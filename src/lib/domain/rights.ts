import type { Change } from './change';
import { readingKey, WHOLE } from './reading';
import { inUse } from './record';
import type { Subject } from './kinds';
import type { Grant, Role } from './structure';

/** Who acts: known from the session, never from what a request says. */
export type Actor = { id: string; grants: Grant[] };

export const hasRole = (actor: Actor, role: Role): boolean => actor.grants.some((grant) => grant.role === role);

/** The antennas an actor works for in one of these roles. A director works for all of them, which is said by `undefined`. */
export function antennasOf(
	actor: Actor,
	roles: readonly Role[] = ['counsellor', 'antenna-staff']
): Set<string> | undefined {
	if (hasRole(actor, 'director')) return undefined;
	return new Set(actor.grants.filter((grant) => roles.includes(grant.role)).flatMap((grant) => grant.antennas));
}

const isWithin = (antennas: Set<string> | undefined, antenna: unknown): boolean =>
	antennas === undefined || antennas.has(String(antenna));

const interviews = (actor: Actor) =>
	(['counsellor', 'antenna-staff', 'director'] as const).some((role) => hasRole(actor, role));

/** The audiences a person's devices receive. The office receives everyone's excerpts, to review them, and nobody's raw interviews.
 * @param people every person of the structure
 * @param antennas every antenna of the structure */
export function audiencesFor(actor: Actor, people: readonly string[], antennas: readonly string[]): string[] {
	const director = hasRole(actor, 'director');
	// The network reads shared sheets, never a structure's records.
	if (!director && !interviews(actor)) return [];
	const own = antennasOf(actor);
	return [
		'structure',
		`interviews:${actor.id}`,
		...(director ? people : [actor.id]).map((person) => `excerpts:${person}`),
		...antennas.filter((antenna) => isWithin(own, antenna)).map((antenna) => `readings:${antenna}`),
		...(director ? [`readings:${WHOLE}`, 'office'] : [])
	];
}

/** Whether this person may make this change, judged when it arrives.
 * @param record what is stored under that id, if anything is
 * @param interview the interview it is about, if there is one */
export function mayWrite(
	actor: Actor,
	change: Change,
	record: Subject | undefined,
	interview: Subject | undefined
): boolean {
	const director = hasRole(actor, 'director');
	switch (change.kind) {
		case 'reading': {
			const key = readingKey(change.record);
			return key !== undefined && (director || isWithin(antennasOf(actor, ['antenna-staff']), key.place));
		}
		case 'interview': {
			const antennas = ['antenna' in change.fields ? change.fields.antenna : record && inUse(record.fields, 'antenna')];
			const mine = record === undefined || record.owner === actor.id;
			return (
				mine &&
				interviews(actor) &&
				antennas.every((antenna) => antenna === undefined || isWithin(antennasOf(actor), antenna))
			);
		}
		case 'excerpt': {
			const mine = (record?.owner ?? actor.id) === actor.id && (interview?.owner ?? actor.id) === actor.id;
			if (director) return true;
			return mine && interviews(actor) && !('approval' in change.fields);
		}
		case 'campaign':
		case 'framework':
		case 'antenna':
		case 'structure':
			return director;
		default:
			return false; // people and their rights change through their own door, which knows accounts
	}
}
