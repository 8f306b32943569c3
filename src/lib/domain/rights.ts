import { antennasOf, hasRole, type Actor } from './actor';
import type { Change } from './change';
import { kindOf } from './kinds/all';
import { EVERYBODY, type Context, type Reach, type Rights, type Subject } from './kinds/kind';
import { WHOLE } from './reading';
import { inUse, valuesOf } from './record';

const isWithin = (antennas: Set<string> | undefined, antenna: unknown): boolean =>
	antennas === undefined || antennas.has(String(antenna));

/** The widest of somebody's rights to a kind; several roles add up. */
function reachOf(actor: Actor, kind: string, right: keyof Rights): { reach: Reach; antennas: Set<string> } {
	const order: Reach[] = ['none', 'assigned', 'own', 'antennas', 'all'];
	const table = kindOf(kind)?.rights;
	let reach: Reach = 'none';
	const antennas = new Set<string>();
	for (const grant of table ? actor.grants : []) {
		const granted = table![grant.role][right];
		if (order.indexOf(granted) > order.indexOf(reach)) reach = granted;
		if (granted === 'antennas') for (const antenna of grant.antennas) antennas.add(antenna);
	}
	return { reach, antennas };
}

/** The audiences a person's devices receive. The office receives everyone's excerpts, to review them, and nobody's raw interviews.
 * @param people every person of the structure
 * @param antennas every antenna of the structure */
export function audiencesFor(actor: Actor, people: readonly string[], antennas: readonly string[]): string[] {
	const of = (kind: string) => reachOf(actor, kind, 'receive');
	const excerpts = of('excerpt').reach;
	const readings = of('reading');
	// Interviews of one's own come with the antennas one works for, in whatever role.
	const own = antennasOf(actor);
	return [
		...(of('structure').reach === 'all' ? [EVERYBODY] : []),
		...(of('interview').reach === 'none' ? [] : [`interviews:${actor.id}`]),
		...(excerpts === 'none' ? [] : excerpts === 'all' ? people : [actor.id]).map((person) => `excerpts:${person}`),
		...antennas
			.filter((antenna) => readings.reach !== 'none' && isWithin(own, antenna))
			.map((antenna) => `readings:${antenna}`),
		...(readings.reach === 'all' ? [`readings:${WHOLE}`] : []),
		...(hasRole(actor, 'director') ? ['office'] : [])
	];
}

/** Whether this person may make this change, judged when it arrives.
 * @param record what is stored under that id, if anything is */
export function mayWrite(
	actor: Actor,
	{ kind, record: id, fields }: Pick<Change, 'kind' | 'record' | 'fields'>,
	record: Subject | undefined,
	{ interview }: Context
): boolean {
	const known = kindOf(kind);
	if (!known || (known.isId !== 'random' && !known.isId(id))) return false;
	const reserved = Object.entries(known.reserved);
	if (reserved.some(([field, role]) => field in fields && !hasRole(actor, role))) return false;
	const { reach, antennas } = reachOf(actor, kind, 'write');
	const place =
		known.place === 'nowhere' ? undefined : known.place(id, { ...(record && valuesOf(record.fields)), ...fields });
	switch (reach) {
		case 'none':
			return false;
		case 'all':
			return true;
		case 'assigned': {
			const { assigned } = known;
			if (!record || assigned === 'nobody') return false;
			const isTheirs = inUse(record.fields, assigned.to) === actor.id;
			return isTheirs && Object.keys(fields).every((field) => assigned.may.includes(field));
		}
		case 'antennas':
			return isWithin(antennas, place);
		case 'own': {
			const mine = (record?.owner ?? actor.id) === actor.id && (interview?.owner ?? actor.id) === actor.id;
			return mine && (place === undefined || isWithin(antennasOf(actor), place));
		}
	}
}
