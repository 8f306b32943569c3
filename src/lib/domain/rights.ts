import type { Change } from './change';
import { readingKey, WHOLE } from './reading';
import { inUse } from './record';
import type { Subject } from './kinds';
import type { Grant, Role } from './structure';

/** Who acts: known from the session, never from what a request says. */
export type Actor = { id: string; grants: Grant[] };

/** How far a right goes: nothing, what one made oneself, the antennas of the grant, the whole structure. */
type Reach = 'none' | 'own' | 'antennas' | 'all';
type Rights = { write: Reach; receive: Reach };

const OWN: Rights = { write: 'own', receive: 'own' };
const READ: Rights = { write: 'none', receive: 'all' };
const ALL: Rights = { write: 'all', receive: 'all' };
const NOTHING: Rights = { write: 'none', receive: 'none' };

/** The rights table (DESIGN §9): what each role may write and what its devices receive, by kind of record. What is not
 * here is nobody's: people and their rights change through their own door, which knows accounts. The network reads shared
 * sheets, never a structure's records. */
export const RECORD_RIGHTS: { [kind: string]: { [role in Role]: Rights } } = {
	interview: { counsellor: OWN, 'antenna-staff': OWN, director: OWN, network: NOTHING },
	excerpt: { counsellor: OWN, 'antenna-staff': OWN, director: ALL, network: NOTHING },
	reading: {
		counsellor: { write: 'none', receive: 'antennas' },
		'antenna-staff': { write: 'antennas', receive: 'antennas' },
		director: ALL,
		network: NOTHING
	},
	campaign: { counsellor: READ, 'antenna-staff': READ, director: ALL, network: NOTHING },
	framework: { counsellor: READ, 'antenna-staff': READ, director: ALL, network: NOTHING },
	antenna: { counsellor: READ, 'antenna-staff': READ, director: ALL, network: NOTHING },
	structure: { counsellor: READ, 'antenna-staff': READ, director: ALL, network: NOTHING },
	person: { counsellor: READ, 'antenna-staff': READ, director: READ, network: NOTHING }
};

/** Fields that take more than the right to write their record. */
const RESERVED: { [kind: string]: { [field: string]: Role } } = { excerpt: { approval: 'director' } };

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

const isWithin = (antennas: Set<string> | undefined, antenna: unknown): boolean =>
	antennas === undefined || antennas.has(String(antenna));

/** The widest of somebody's rights to a kind; several roles add up. */
function reachOf(actor: Actor, kind: string, right: keyof Rights): { reach: Reach; antennas: Set<string> } {
	const order: Reach[] = ['none', 'own', 'antennas', 'all'];
	const table = Object.hasOwn(RECORD_RIGHTS, kind) ? RECORD_RIGHTS[kind] : undefined;
	let reach: Reach = 'none';
	const antennas = new Set<string>();
	for (const grant of table ? actor.grants : []) {
		const granted = table![grant.role][right];
		if (order.indexOf(granted) > order.indexOf(reach)) reach = granted;
		if (granted === 'antennas') for (const antenna of grant.antennas) antennas.add(antenna);
	}
	return { reach, antennas };
}

/** The audience that everybody of a structure follows. */
export const EVERYBODY = 'structure';

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
 * @param record what is stored under that id, if anything is
 * @param interview the interview it is about, if there is one */
export function mayWrite(
	actor: Actor,
	change: Change,
	record: Subject | undefined,
	interview: Subject | undefined
): boolean {
	const { reach, antennas } = reachOf(actor, change.kind, 'write');
	const reserved = Object.entries(RESERVED[change.kind] ?? {});
	if (reserved.some(([field, role]) => field in change.fields && !hasRole(actor, role))) return false;
	switch (reach) {
		case 'none':
			return false;
		case 'all':
			return change.kind !== 'reading' || readingKey(change.record) !== undefined;
		case 'antennas':
			return isWithin(antennas, readingKey(change.record)?.place);
		case 'own': {
			const mine = (record?.owner ?? actor.id) === actor.id && (interview?.owner ?? actor.id) === actor.id;
			return mine && (change.kind !== 'interview' || isAtHome(actor, change, record));
		}
	}
}

/** An interview is taken at an antenna one works for. One whose antenna is not known yet is nowhere one may not be. */
function isAtHome(actor: Actor, change: Change, record: Subject | undefined): boolean {
	const antenna = 'antenna' in change.fields ? change.fields.antenna : record && inUse(record.fields, 'antenna');
	return antenna === undefined || isWithin(antennasOf(actor), antenna);
}
