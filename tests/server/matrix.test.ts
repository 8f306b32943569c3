import { PROTOCOL } from '$lib/domain/sync';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Change } from '$lib/domain/change';
import { ACTS } from '$lib/domain/actor';
import { judgementId } from '$lib/domain/judgement';
import { KINDS } from '$lib/domain/kinds/all';
import type { Role } from '$lib/domain/structure';
import type { Endpoint } from '$lib/server/door/endpoint';
import { endpoints } from '$lib/server/door/endpoints';
import { DATABASES, type TestApp } from '../support/databases';
import { INSIDE, openStage, OUTSIDE, RELATIONS, type Asker, type Relation, type Stage } from '../support/matrix';
import { idOf } from '../support/office';
import { call, change, pullAll, sync, uuid, type Device } from '../support/server';
import { dump, storedRecords } from '../support/stored';

/** What is asked of a door: the rest of its address, and a body. */
type Question = {
	id?: string;
	hash?: string;
	interview?: string;
	query?: string;
	body?: unknown;
	headers?: Record<string, string>;
};
/** A status, with the problem's code when it is one. */
type Outcome = string;

/** One door: who may open it, how it is asked, and what those who may are answered, by whose the thing is. An answer that
 * is not one for all says so by role. */
type Row = {
	may: 'anybody' | 'oneself' | readonly Role[];
	ask?: (stage: Stage, asker: Asker, relation: Relation) => Question;
	gets: Outcome | { [relation in Relation]?: Outcome | ({ [role in Asker]?: Outcome } & { others: Outcome }) };
};

const EVERYBODY = INSIDE;
const DIRECTOR = ['director'] as const;
const MISSING = '404 record.missing';
const NO_RIGHT = '403 right.missing';
/** Their own, a peer's and the other antenna's: all one structure. */
const inside = (outcome: Outcome) => ({
	own: outcome,
	peer: outcome,
	antenna: outcome,
	structure: MISSING,
	erased: MISSING
});
const device = () => ({ id: uuid(), name: 'Poste' });
const edit = { name: 'Nouveau nom', grants: [{ role: 'director', antennas: [] }] };
const person: Row['ask'] = (stage, asker, relation) => ({ id: stage.things(asker, relation).person, body: edit });
const interview: Row['ask'] = (stage, asker, relation) => ({ id: stage.things(asker, relation).interview });
const receipt = (more: object = {}): Row => ({
	may: 'anybody',
	ask: ({ structure }) => ({ body: { structure, code: 'AAAAA-AAAAA', ...more } }),
	gets: '404 receipt.refused'
});
const refused =
	(body?: object): Row['ask'] =>
	(stage, asker, relation) => ({ hash: stage.things(asker, relation).refused, ...(body ? { body } : {}) });
const recorded: Row['ask'] = (stage, asker, relation) => {
	const { interview, media } = stage.things(asker, relation);
	return { interview, hash: media, headers: { 'content-range': 'bytes */200' } };
};
const vaultOf = (stage: Stage, asker: Asker, relation: Relation) => {
	const { person, device, key } = stage.things(asker, relation);
	return { structure: relation === 'structure' ? stage.other.structure : stage.structure, person, device, key };
};
const campaignOf = ({ campaign, other }: Stage, relation: Relation) =>
	relation === 'structure' ? other.campaign : relation === 'erased' ? uuid() : campaign;

const ROWS: { [door: string]: Row } = {
	'GET /api/health': { may: 'anybody', gets: '200' },
	'GET /api/openapi.json': { may: 'anybody', gets: '200' },
	'POST /api/csp-report': { may: 'anybody', ask: () => ({ body: { 'csp-report': {} } }), gets: '204' },
	'GET /api/welcome': { may: 'anybody', gets: '200' },
	'POST /api/session': {
		may: 'anybody',
		ask: ({ structure }) => ({ body: { structure, name: uuid(), passphrase: 'une autre phrase', device: device() } }),
		gets: '403 sign-in.refused'
	},
	'POST /api/session/second': {
		may: 'anybody',
		ask: ({ structure }) => ({ body: { ticket: `${structure}.x`, code: '000000' } }),
		gets: '403 second-factor.refused'
	},
	'GET /api/session': { may: 'oneself', gets: '200' },
	'DELETE /api/session': { may: 'oneself', gets: '204' },
	'POST /api/setup': {
		may: 'anybody',
		ask: () => ({
			body: { code: 'XXXXX-XXXXX', structure: 'x', antennas: ['x'], director: 'x', passphrase: 'x', device: device() }
		}),
		gets: '403 setup.code'
	},
	'POST /api/setup/code': {
		may: 'anybody',
		ask: () => ({ body: { code: 'XXXXX-XXXXX' } }),
		gets: '403 setup.code'
	},
	'POST /api/enrol': {
		may: 'anybody',
		ask: () => ({ body: { code: 'XXXXX-XXXXX', passphrase: 'les gaves descendent', device: device() } }),
		gets: '403 code.refused'
	},
	'POST /api/explore': { may: 'anybody', ask: () => ({ body: { role: 'counsellor', device: device() } }), gets: '200' },
	'DELETE /api/explore': { may: DIRECTOR, gets: NO_RIGHT }, // of the fictitious structure only, from within it
	'GET /api/account': { may: 'oneself', gets: '200' },
	'POST /api/account/totp': { may: 'oneself', gets: '200' },
	'PUT /api/account/totp': {
		may: 'oneself',
		ask: () => ({ body: { ticket: 'x', code: '000000', name: 'x' } }),
		gets: '403 second-factor.refused'
	},
	'POST /api/account/passkey': { may: 'oneself', gets: '200' },
	'PUT /api/account/passkey': {
		may: 'oneself',
		ask: () => ({ body: { ticket: 'x', response: { id: 'x' }, name: 'x' } }),
		gets: '403 passkey.refused'
	},
	'DELETE /api/account/factors/[id]': {
		may: 'oneself',
		ask: (stage, asker, relation) => ({ id: stage.things(asker, relation).factor }),
		gets: {
			own: {
				director: '403 second-factor.required', // the last one of who must have one
				network: '403 second-factor.required',
				unprotected: MISSING,
				others: '204'
			},
			...{ peer: MISSING, antenna: MISSING, structure: MISSING, erased: MISSING }
		}
	},
	'POST /api/account/recovery': {
		may: 'oneself',
		gets: { own: { unprotected: '403 second-factor.required', others: '201' } }
	},
	'DELETE /api/account/devices/[id]': {
		may: 'oneself',
		ask: (stage, asker, relation) => ({ id: stage.things(asker, relation).device }),
		gets: { own: '204', peer: MISSING, antenna: MISSING, structure: MISSING, erased: MISSING }
	},
	'PUT /api/vault': { may: 'oneself', ask: () => ({ body: { key: uuid(), wrap: 'x'.repeat(168) } }), gets: '204' },
	'POST /api/contact': {
		may: 'anybody',
		ask: ({ structure }) => ({ body: { structure, person: uuid(), device: uuid() } }),
		gets: '200'
	},
	'POST /api/sealed': {
		may: 'anybody',
		ask: ({ structure }) => ({ body: { structure, person: uuid(), device: uuid(), key: uuid(), changes: [] } }),
		gets: MISSING
	},
	'POST /api/sealed/media': {
		may: 'anybody',
		ask: ({ structure }) => ({
			body: {
				...{ structure, person: uuid(), device: uuid(), key: uuid(), about: uuid() },
				...{ hash: 'x'.repeat(43), type: 'audio/webm', size: 4, number: 0, piece: 'xxxx' }
			}
		}),
		gets: MISSING
	},
	'POST /api/sealed/take': {
		may: 'anybody',
		ask: ({ structure }) => ({
			body: {
				...{ structure, person: uuid(), device: uuid(), key: uuid(), about: uuid() },
				...{ take: uuid(), question: 'q', at: '2014-11-12T10:00:00.000Z', milliseconds: 1000, parts: [] }
			}
		}),
		gets: MISSING
	},
	'DELETE /api/devices/[id]': {
		may: DIRECTOR,
		ask: (stage, asker, relation) => ({ id: stage.things(asker, relation).device }),
		gets: inside('204')
	},
	'GET /api/people': { may: DIRECTOR, gets: '200' },
	'POST /api/people': { may: DIRECTOR, ask: () => ({ body: edit }), gets: '201' },
	'PUT /api/people/[id]': { may: DIRECTOR, ask: person, gets: inside('204') },
	'DELETE /api/people/[id]': { may: DIRECTOR, ask: person, gets: inside('204') },
	'POST /api/people/[id]/code': { may: DIRECTOR, ask: person, gets: inside('201') },
	'POST /api/sync': {
		may: EVERYBODY,
		ask: (stage, asker, relation) => {
			const { person, device } = stage.things(asker, relation);
			const at = { cursor: null, audiences: [], filling: [] };
			return { body: { protocol: PROTOCOL, person, device, changes: [], ...at } };
		},
		gets: {
			own: '200',
			...{ peer: '403 session.other', antenna: '403 session.other' },
			...{ structure: '403 session.other', erased: '403 session.other' }
		}
	},
	'GET /api/sheets': {
		may: EVERYBODY,
		ask: (stage, _, relation) => ({
			query: relation === 'peer' ? `?campaign=${stage.campaign}&for=file` : `?campaign=${campaignOf(stage, relation)}`
		}),
		gets: { own: '200', peer: { director: '200', others: NO_RIGHT }, structure: MISSING, erased: MISSING }
	},
	'GET /api/testimonies': {
		may: DIRECTOR,
		ask: (stage, _, relation) => ({ query: `?campaign=${campaignOf(stage, relation)}` }),
		gets: { own: '200', structure: '200', erased: '200' } // without a line, of what is not theirs
	},
	'GET /api/testimonies/[id]': { may: DIRECTOR, ask: interview, gets: inside('200') },
	'DELETE /api/testimonies/[id]': { may: DIRECTOR, ask: interview, gets: inside('204') },
	'POST /api/testimonies/[id]/withdraw': {
		may: DIRECTOR,
		ask: (...asked) => ({ ...interview(...asked), body: { items: ['citation-anonyme'] } }),
		gets: inside('200')
	},
	'POST /api/receipt': receipt(),
	'POST /api/receipt/withdraw': receipt({ items: ['citation-anonyme'] }),
	'POST /api/receipt/agree': receipt({ items: ['citation-anonyme'] }),
	'POST /api/receipt/correct': receipt({ question: 'x', words: 'x' }),
	'POST /api/receipt/erase': receipt(),
	'GET /api/journal': { may: DIRECTOR, gets: '200' },
	'GET /api/retention': { may: DIRECTOR, gets: '200' },
	'POST /api/retention': { may: DIRECTOR, gets: '200' },
	'GET /api/quarantine': { may: DIRECTOR, gets: '200' },
	'GET /api/quarantine-count': { may: DIRECTOR, gets: '200' },
	'GET /api/quarantine/[hash]/line': { may: DIRECTOR, ask: refused(), gets: inside('200') },
	'GET /api/quarantine/[hash]': { may: DIRECTOR, ask: refused(), gets: inside('200') },
	'POST /api/quarantine/[hash]/release': { may: DIRECTOR, ask: refused(), gets: inside('204') },
	'POST /api/quarantine/[hash]/set-aside': {
		may: DIRECTOR,
		ask: refused({ reason: 'En double' }),
		gets: inside('204')
	},
	'PUT /api/media/[interview]/[hash]': {
		may: EVERYBODY,
		ask: recorded,
		gets: {
			own: { network: MISSING, others: '200' }, // the network hears nobody
			...{ peer: MISSING, antenna: MISSING, structure: MISSING, erased: MISSING }
		}
	},
	'GET /api/media/[interview]/[hash]': {
		may: EVERYBODY,
		ask: recorded,
		gets: {
			own: { network: MISSING, others: '200' },
			peer: { director: '200', others: MISSING },
			antenna: { director: '200', others: MISSING },
			...{ structure: MISSING, erased: MISSING }
		}
	},
	'POST /api/stick': {
		may: DIRECTOR,
		ask: (...asked) => ({ body: { ...vaultOf(...asked), changes: [] } }),
		gets: { ...inside('200'), structure: '409 stick.foreign' }
	},
	'POST /api/stick/media': {
		may: DIRECTOR,
		ask: (...asked) => {
			const [stage, asker, relation] = asked;
			const { interview, media, piece } = stage.things(asker, relation);
			const line = { about: interview, hash: media, type: 'audio/webm', size: 200, number: 0, piece };
			return { body: { ...vaultOf(...asked), ...line } };
		},
		gets: { ...inside('200'), structure: '409 stick.foreign' }
	}
};

const doorOf = ({ method, path }: Endpoint) => `${method} ${path}`;
const ASKERS: readonly Asker[] = [...INSIDE, ...OUTSIDE];
const relationsOf = ({ gets }: Row): Relation[] =>
	typeof gets === 'string' ? ['own'] : RELATIONS.filter((relation) => relation in gets);

/** What the table says somebody is answered. */
function expected({ may, gets }: Row, asker: Asker, relation: Relation): Outcome {
	if (may !== 'anybody') {
		if (asker === 'nobody') return '401 session.missing';
		if (asker === 'revoked' || asker === 'left') return '401 device.revoked';
		if (may !== 'oneself') {
			if (asker === 'unprotected') return '403 second-factor.required';
			if (!may.some((role) => role === asker)) return NO_RIGHT;
		}
	}
	const outcome = typeof gets === 'string' ? gets : gets[relation]!;
	return typeof outcome === 'string' ? outcome : (outcome[asker] ?? outcome.others);
}

let addresses = 0;
async function ask(app: TestApp, door: string, stage: Stage, asker: Asker, relation: Relation): Promise<Outcome> {
	const [method, path] = door.split(' ') as [string, string];
	const { query = '', body, headers = {}, ...named } = ROWS[door]!.ask?.(stage, asker, relation) ?? {};
	const place = path.replace(/\[(\w+)\]/g, (_, name: 'id' | 'hash' | 'interview') => named[name] ?? '');
	const as = stage.askers[asker];
	const from = `10.1.${addresses >> 8}.${addresses++ & 255}`; // nobody waits for another's tries
	const options = { ...(as ? { as } : {}), ...(body === undefined ? {} : { body }), headers, from };
	const response = await call(app, method, place + query, options).catch((bug: Error) => bug);
	if (response instanceof Error) return `500 ${response.message}`;
	if (response.ok) return String(response.status);
	return `${response.status} ${((await response.json()) as { problem: string }).problem}`;
}

describe('the table of who may do what', () => {
	test('has a row for every door, and a door for every row', () => {
		expect(Object.keys(ROWS).toSorted()).toEqual(endpoints.map(doorOf).toSorted());
	});

	test('says the same of every door as the rights table, written apart', () => {
		for (const one of endpoints) {
			const { may } = ROWS[doorOf(one)]!;
			const said = one.act === 'anybody' ? 'anybody' : one.act === 'own-account' ? 'oneself' : ACTS[one.act];
			expect(may, doorOf(one)).toEqual(said);
		}
	});

	test('has a case for every object that a door names', () => {
		for (const [door, row] of Object.entries(ROWS))
			if (door.includes('[')) expect(relationsOf(row), door).toEqual(RELATIONS);
	});
});

describe.each(DATABASES)('every door, for everybody, on %s', (name) => {
	test('opens to those it is for and to nobody else, and a refusal changes nothing', async () => {
		const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
		onTestFinished(() => reported.mockRestore());
		const stage = await openStage(name);
		const faults: string[] = [];
		let asked = 0;
		const shared = await stage.copy();
		const untouched = await dump(shared);
		for (const [door, row] of Object.entries(ROWS))
			for (const asker of ASKERS)
				for (const relation of relationsOf(row)) {
					const wanted = expected(row, asker, relation);
					// Each act that is done is done on a copy of its own, so that the next finds things as they were.
					const acts = /^2/.test(wanted) && !door.startsWith('GET');
					const app = acts ? await stage.copy() : shared;
					const got = await ask(app, door, stage, asker, relation);
					asked += 1;
					if (got !== wanted) faults.push(`${door} as ${asker} on ${relation}: ${got}, not ${wanted}`);
					if (app !== shared) await app.db.destroy();
				}
		const after = await dump(shared);
		await shared.db.destroy();
		expect(faults).toEqual([]);
		expect(asked).toBeGreaterThan(400);
		// What is counted against a guesser and noted in the journal is meant to move.
		const moving = ['throttle', 'journal', 'pending'];
		const still = (rows: object[]) => rows.filter((row) => !('name' in row) || row.name !== 'journal'); // where it ends
		for (const [table, rows] of Object.entries(untouched))
			if (!moving.includes(table)) expect(still(after[table]!), table).toEqual(still(rows));
	}, 180_000);
});

type Reach = 'none' | 'own' | 'antennas' | 'all';
/** Who may write what, written apart from the rights table. */
const WRITES: { [kind: string]: { [role in Role]: Reach } } = {
	interview: { counsellor: 'own', 'antenna-staff': 'own', director: 'own', network: 'none' },
	excerpt: { counsellor: 'own', 'antenna-staff': 'own', director: 'all', network: 'none' },
	reading: { counsellor: 'none', 'antenna-staff': 'antennas', director: 'all', network: 'none' },
	campaign: { counsellor: 'none', 'antenna-staff': 'none', director: 'all', network: 'none' },
	framework: { counsellor: 'none', 'antenna-staff': 'none', director: 'all', network: 'none' },
	antenna: { counsellor: 'none', 'antenna-staff': 'none', director: 'all', network: 'none' },
	structure: { counsellor: 'none', 'antenna-staff': 'none', director: 'all', network: 'none' },
	person: { counsellor: 'none', 'antenna-staff': 'none', director: 'none', network: 'none' },
	quote: { counsellor: 'none', 'antenna-staff': 'none', director: 'none', network: 'none' },
	judgement: { counsellor: 'none', 'antenna-staff': 'none', director: 'all', network: 'none' },
	action: { counsellor: 'none', 'antenna-staff': 'none', director: 'all', network: 'none' } // what one was given: its own test
};

/** An edit of a record of this kind, that is one's own, a peer's, … */
function editOf(stage: Stage, kind: string, asker: Asker, relation: Relation): Change {
	const { interview, excerpt, reading, person } = stage.things(asker, relation);
	const away = relation === 'structure';
	const ids: { [kind: string]: string } = {
		...{ interview, excerpt, reading, person, quote: uuid(), action: uuid() },
		judgement: judgementId({ campaign: away ? stage.other.campaign : stage.campaign, criterion: 'estime' }),
		campaign: away ? stage.other.campaign : stage.campaign,
		framework: away ? stage.other.framework : stage.framework,
		antenna: away ? stage.other.antenna : relation === 'antenna' ? stage.tarbes : stage.lourdes,
		structure: away ? stage.other.structure : stage.structure
	};
	const about = kind === 'excerpt' ? { about: interview } : {};
	return change(kind, { extra: 'x' }, { record: ids[kind]!, ...about });
}

/** The verdict on it. Another structure's id is nothing here: what is written under it is one's own, and stays here. */
function verdictOn(kind: string, role: Role, relation: Relation): string {
	if (relation === 'erased' && (kind === 'interview' || kind === 'excerpt')) return 'erased';
	const reach = WRITES[kind]![role];
	const mine = relation === 'own' || relation === 'structure';
	const near = kind !== 'reading' || relation === 'own' || relation === 'peer' || relation === 'erased';
	const may = { none: false, own: mine, antennas: near, all: true }[reach];
	return may ? 'applied' : 'quarantined right.missing';
}

describe.each(DATABASES)('every kind of record, written by everybody, on %s', (name) => {
	test('is taken from those who may write it, and from nobody else', async () => {
		const stage = await openStage(name);
		expect(Object.keys(WRITES).toSorted()).toEqual(Object.keys(KINDS).toSorted());
		const faults: string[] = [];
		for (const role of INSIDE) {
			const app = await stage.copy();
			const theirs = await storedRecords(app, stage.other.structure);
			const before = await storedRecords(app, stage.structure);
			const cases = Object.keys(WRITES).flatMap((kind) => RELATIONS.map((relation) => ({ kind, relation })));
			const changes = cases.map(({ kind, relation }) => editOf(stage, kind, role, relation));
			const { receipts } = await sync(app, stage.askers[role]!, changes);
			for (const [i, { kind, relation }] of cases.entries()) {
				const { verdict, problem } = receipts[i]!;
				const got = problem ? `${verdict} ${problem}` : verdict;
				const wanted = verdictOn(kind, role, relation);
				if (got.replace('contested', 'applied') !== wanted)
					faults.push(`${kind} by ${role} on ${relation}: ${got}, not ${wanted}`);
			}
			// A refusal touches nothing, and nothing reaches the other structure.
			const written = new Set(
				changes.filter((_, i) => receipts[i]!.verdict !== 'quarantined').map(({ record }) => record)
			);
			const after = new Map((await storedRecords(app, stage.structure)).map((record) => [record.id, record]));
			for (const record of before) if (!written.has(record.id)) expect(after.get(record.id)).toEqual(record);
			expect(await storedRecords(app, stage.other.structure)).toEqual(theirs);
			await app.db.destroy();
		}
		expect(faults).toEqual([]);
	}, 120_000);

	test('is approved by a director only, and an interview is taken where one works only', async () => {
		const stage = await openStage(name);
		const { tarbes, lourdes, campaign } = stage;
		const verdicts = async (role: Role, changes: (own: ReturnType<Stage['things']>) => Change[]) => {
			const app = await stage.copy();
			const { receipts } = await sync(app, stage.askers[role]!, changes(stage.things(role, 'own')));
			await app.db.destroy();
			return receipts.map(({ verdict }) => verdict.replace('contested', 'applied'));
		};
		const tries = (own: ReturnType<Stage['things']>) => [
			change('excerpt', { approval: { decision: 'approved', of: [] } }, { record: own.excerpt, about: own.interview }),
			change('excerpt', { approval: { decision: 'approved', of: [] }, valence: 'added' }, { about: own.interview }),
			change('interview', { campaign, antenna: lourdes, state: 'draft' }),
			change('interview', { campaign, antenna: tarbes, state: 'draft' }),
			change('interview', { antenna: tarbes }, { record: own.interview }),
			change('visit', { x: 1 })
		];
		const [yes, no] = ['applied', 'quarantined'];
		expect(await verdicts('counsellor', tries)).toEqual([no, no, yes, no, no, no]);
		expect(await verdicts('antenna-staff', tries)).toEqual([no, no, yes, no, no, no]);
		expect(await verdicts('director', tries)).toEqual([yes, yes, yes, yes, yes, no]);
		expect(await verdicts('network', tries)).toEqual([no, no, no, no, no, no]);
	}, 120_000);
});

describe.each(DATABASES)('what everybody’s devices receive from %s', (name) => {
	test('is what their role, place and structure allow', async () => {
		const stage = await openStage(name);
		const { lourdes, tarbes, structure } = stage;
		const app = await stage.copy();
		const people = (await app.db.selectFrom('person').select('id').where('structure_id', '=', structure).execute()).map(
			({ id }) => id
		);
		const own = (device: Device) => [`interviews:${idOf(device)}`, `excerpts:${idOf(device)}`];
		const audiences: { [role in Role]: string[] } = {
			counsellor: ['structure', ...own(stage.askers.counsellor!), `readings:${lourdes}`],
			'antenna-staff': ['structure', ...own(stage.askers['antenna-staff']!), `readings:${lourdes}`],
			director: [
				...['structure', 'office', `interviews:${idOf(stage.askers.director!)}`],
				...people.map((id) => `excerpts:${id}`),
				...[`readings:${lourdes}`, `readings:${tarbes}`, 'readings:structure']
			],
			network: []
		};
		const stored = await storedRecords(app, structure);
		for (const role of INSIDE) {
			const device = stage.askers[role]!;
			const received = await pullAll(app, device);
			expect(received.audiences!.toSorted(), role).toEqual(audiences[role].toSorted());
			const due = stored.filter(({ audience }) => audience && audiences[role].includes(audience));
			expect(received.records.map(({ id }) => id).toSorted(), role).toEqual(due.map(({ id }) => id).toSorted());
			const interviews = received.records.filter(({ kind }) => kind === 'interview');
			expect(
				interviews.map(({ owner }) => owner).filter((owner) => owner !== idOf(device)),
				role
			).toEqual([]);
			expect(received.records.length > 0, role).toBe(role !== 'network');
		}
		await app.db.destroy();
	});
});
