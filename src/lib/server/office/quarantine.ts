import { sql, type Selectable } from 'kysely';
import { groupBy } from '../../domain/grouped';
import { Problem } from '../../domain/problem';
import type { Quarantine, QuarantineCount, QuarantineLine } from '../../domain/quarantine';
import { FROM_DEVICE, FROM_PERSON, filledBy, SAID_FROM } from '../../domain/quota';
import { newId, nowOf, type App } from '../app';
import { everywhere, inStructure } from '../database/open';
import type { Schema } from '../database/schema';
import { note, type By } from '../keeping/journal';
import { authorOf, push, RELEASED, SET_ASIDE, type Author } from '../exchange/push';
import { lockStructure, writeSetting, type Reader, type Trx } from '../database/store';

type Row = Selectable<Schema['quarantine']>;

/** Lines and bytes that are in memory at once, whatever there is: what is judged in one transaction, for which a push that
 * comes meanwhile waits, and what is read of a page. One line alone may be longer. */
export const PART = { lines: 200, bytes: 1_000_000 };

/** Lines in one page of the list. */
export const PAGE = 100;

const LISTED = [
	...(['hash', 'problem', 'fields', 'person_id', 'device_id', 'received_at', 'number'] as const),
	...(['decision', 'decided_at', 'decided_by', 'reason'] as const)
] as const;
type Listed = Pick<Row, (typeof LISTED)[number]>;

/** A page of what is in quarantine: what waits first, then what was decided, the latest first.
 * @param after where the page before ended */
export async function listQuarantine(db: Reader, structure: string, after: string | null): Promise<Quarantine> {
	const [, number, at, hash] = /^(?:waiting (\d{1,15})|decided (\S+)) (\S+)$/.exec(after ?? '') ?? [];
	const of = () => db.selectFrom('quarantine').select(LISTED).where('structure_id', '=', structure);
	const rows: Listed[] = [];
	if (at === undefined) {
		const all = of().where('decision', 'is', null).orderBy('number', 'desc').orderBy('hash', 'desc');
		const page = hash ? all.where(sql<boolean>`(number, hash) < (${Number(number)}, ${hash})`) : all;
		rows.push(...(await page.limit(PAGE + 1).execute()));
	}
	if (rows.length <= PAGE) {
		const all = of().where('decision', 'is not', null).orderBy('decided_at', 'desc').orderBy('hash', 'desc');
		const page = at ? all.where(sql<boolean>`(decided_at, hash) < (${at}, ${hash})`) : all;
		rows.push(...(await page.limit(PAGE + 1 - rows.length).execute()));
	}
	const page = rows.slice(0, PAGE);
	const names = await namesOf(db, structure);
	const said = await readSaid(db, structure, page);
	const last = rows.length > PAGE ? page.at(-1)! : undefined;
	return {
		lines: page.map((row) => lineOf(row, said.get(row.hash), names.get(row.device_id))),
		...(last ? { next: placeOf(last) } : {})
	};
}

const placeOf = ({ decision, decided_at, number, hash }: Listed): string =>
	decision === null ? `waiting ${number} ${hash}` : `decided ${decided_at} ${hash}`;

async function namesOf(db: Reader, structure: string): Promise<Map<string, string>> {
	const devices = await db.selectFrom('device').select(['id', 'name']).where('structure_id', '=', structure).execute();
	return new Map(devices.map(({ id, name }) => [id, name]));
}

/** How much is in quarantine, and whose place there is running out. */
export async function countQuarantine(db: Reader, structure: string): Promise<QuarantineCount> {
	const rows = await db
		.selectFrom('quarantine')
		.select((eb) => ['person_id', 'device_id', eb.fn.countAll().as('lines'), eb.fn.sum('bytes').as('bytes')])
		.where('structure_id', '=', structure)
		.where('decision', 'is', null)
		.groupBy(['person_id', 'device_id'])
		.execute();
	const decided = await db
		.selectFrom('quarantine')
		.select((eb) => eb.fn.countAll().as('count'))
		.where('structure_id', '=', structure)
		.where('decision', 'is not', null)
		.executeTakeFirstOrThrow();
	const waiting = rows.map((row) => ({ ...row, lines: Number(row.lines), bytes: Number(row.bytes) }));
	const names = await namesOf(db, structure);
	const crowded = [...groupBy(waiting, ({ person_id }) => person_id)].flatMap(([person, devices]) => {
		const all = { lines: sum(devices, 'lines'), bytes: sum(devices, 'bytes') };
		return [
			...devices.map((one) => ({ device: one.device_id, filled: filledBy(one, FROM_DEVICE) })),
			{ device: null, filled: filledBy(all, FROM_PERSON) }
		].map(({ device, filled }) => ({ person, device, deviceName: names.get(device ?? '') ?? '', filled }));
	});
	return {
		waiting: sum(waiting, 'lines'),
		decided: Number(decided.count),
		crowded: crowded.filter(({ filled }) => filled >= SAID_FROM)
	};
}

const sum = <K extends string>(rows: readonly { [key in K]: number }[], key: K): number =>
	rows.reduce((all, row) => all + row[key], 0);

/** As many of these rows, from the first, as may be in memory at once: one at least. */
function partOf<T extends { bytes: number }>(rows: readonly T[]): T[] {
	let bytes = 0;
	const end = rows.findIndex((row, i) => (bytes += row.bytes) > PART.bytes && i > 0);
	return end === -1 ? [...rows] : rows.slice(0, end);
}

/** What was refused, as it came, by its hash. */
async function readRaws(
	db: Reader,
	structure: string,
	rows: readonly { hash: string }[]
): Promise<Map<string, string>> {
	const hashes = rows.map(({ hash }) => hash);
	if (hashes.length === 0) return new Map();
	const found = await db
		.selectFrom('quarantine')
		.select(['hash', 'raw'])
		.where('structure_id', '=', structure)
		.where('hash', 'in', hashes)
		.execute();
	return new Map(found.map(({ hash, raw }) => [hash, raw]));
}

/** Without a word of it. */
type Said = Pick<QuarantineLine, 'kind' | 'record'>;

function saidIn(raw: string): Said {
	const change = readRaw(raw) as { kind?: unknown; record?: unknown } | null;
	const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, 200) : null);
	return { kind: text(change?.kind), record: text(change?.record) };
}

async function readSaid(db: Reader, structure: string, page: readonly Listed[]): Promise<Map<string, Said>> {
	const said = new Map<string, Said>();
	if (page.length === 0) return said;
	let left = await db
		.selectFrom('quarantine')
		.select(['hash', lengthOfRaw])
		.where('structure_id', '=', structure)
		.where(
			'hash',
			'in',
			page.map(({ hash }) => hash)
		)
		.execute();
	while (left.length > 0) {
		const part = partOf(left);
		for (const [hash, raw] of await readRaws(db, structure, part)) said.set(hash, saidIn(raw));
		left = left.slice(part.length);
	}
	return said;
}

/** Counted where it lies, without reading it. */
const lengthOfRaw = sql<number>`octet_length(raw)`.as('bytes');

const lineOf = (row: Listed, said: Said = { kind: null, record: null }, deviceName = ''): QuarantineLine => ({
	hash: row.hash,
	...said,
	problem: row.problem,
	fields: JSON.parse(row.fields) as string[],
	person: row.person_id,
	device: row.device_id,
	deviceName,
	receivedAt: row.received_at,
	decision: row.decision as QuarantineLine['decision'],
	decidedAt: row.decided_at,
	decidedBy: row.decided_by,
	reason: row.reason
});

function readRaw(raw: string): unknown {
	try {
		return raw === '' ? null : (JSON.parse(raw) as unknown);
	} catch {
		return null; // nested beyond what is ever parsed
	}
}

/** @throws Problem `record.missing` */
async function load(db: Reader, structure: string, hash: string): Promise<Row> {
	const row = await db
		.selectFrom('quarantine')
		.selectAll()
		.where('structure_id', '=', structure)
		.where('hash', '=', hash)
		.executeTakeFirst();
	if (!row) throw new Problem('record.missing', 404);
	return row;
}

/** @throws Problem `record.missing` */
export const readLine = async (db: Reader, structure: string, hash: string): Promise<QuarantineLine> =>
	await said(db, await load(db, structure, hash));

const said = async (db: Reader, row: Row): Promise<QuarantineLine> =>
	lineOf(row, saidIn(row.raw), (await namesOf(db, row.structure_id)).get(row.device_id));

/** One refused change, whole. It may hold somebody's words: that it was read is noted. */
export async function readQuarantined(
	app: App,
	structure: string,
	hash: string,
	by: By
): Promise<{ line: QuarantineLine; raw: string }> {
	return await app.db.transaction().execute(async (trx) => {
		const row = await load(trx, structure, hash);
		await lockStructure(trx, structure);
		await note(app, trx, structure, { act: 'quarantine.read', ...by, subject: hash });
		return { line: await said(trx, row), raw: row.raw };
	});
}

/** Takes a refused change after all, as its author's, whatever their rights. One that came under the id of another is given
 * an id of its own: both count.
 * @throws Problem `record.missing`; `quarantine.unready` when this version cannot take it whoever asks */
export async function release(app: App, structure: string, hash: string, by: By): Promise<void> {
	await app.db.transaction().execute(async (trx) => {
		await lockStructure(trx, structure);
		const row = await load(trx, structure, hash);
		const change = readRaw(row.raw);
		if (row.decision === RELEASED || change === null) throw new Problem('quarantine.unready', 409);
		const taken = row.problem === 'change.differs' ? { ...change, id: newId(app) } : change;
		const author: Author = { structure, id: row.person_id, device: row.device_id, grants: [] };
		const { receipts } = await push(app, trx, author, [taken], { sequence: 0, audiences: new Set() }, false);
		if (receipts[0]!.verdict === 'quarantined')
			throw new Problem('quarantine.unready', 409, { problem: receipts[0]!.problem });
		// What it says is in the records now. That it was released stays, for the device that will ask again.
		await trx.deleteFrom('quarantine').where('structure_id', '=', structure).where('hash', '=', hash).execute();
		await trx
			.insertInto('quarantine')
			.values({ ...row, raw: '', bytes: 0, ...decided(app, RELEASED, by) })
			.execute();
		await note(app, trx, structure, { act: 'quarantine.released', ...by, subject: hash });
	});
}

/** Decides that a refused change will not be taken, and says why to whoever made it. It stays where it is, and can still be
 * released. */
export async function setAside(app: App, structure: string, hash: string, reason: string, by: By): Promise<void> {
	await app.db.transaction().execute(async (trx) => {
		await lockStructure(trx, structure);
		const row = await load(trx, structure, hash);
		if (row.decision === RELEASED) throw new Problem('quarantine.unready', 409);
		await trx
			.updateTable('quarantine')
			.set({ ...decided(app, SET_ASIDE, by), reason })
			.where('structure_id', '=', structure)
			.where('hash', '=', hash)
			.execute();
		await note(app, trx, structure, { act: 'quarantine.set-aside', ...by, subject: hash });
	});
}

const decided = (app: App, decision: string, by: By) => ({ decision, decided_at: nowOf(app), decided_by: by.person });

/** The settings that say that what waits is to be judged again, and up to where it has been: everybody's, or one person's. */
const TO_JUDGE = 'to-judge:';

/** Has what waits in quarantine judged again: a version that knows more has come, or rights have changed. It is said in the
 * transaction of what gives the reason, and done by parts after it.
 * @param person whose, where only theirs may be judged otherwise */
export const judgeAgain = (trx: Trx, structure: string, person = ''): Promise<void> =>
	writeSetting(trx, structure, TO_JUDGE + person, '');

/** Judges what is due of a structure, each part in a transaction of its own: pushes come in between, and a server that is
 * killed goes on from there.
 * @param most parts
 * @returns whether there is more */
export async function judgeDue(app: App, structure: string, most = Infinity): Promise<boolean> {
	for (let parts = 0; parts < most; parts++) {
		if (!(await app.db.transaction().execute((trx) => judgePart(app, trx, structure)))) return false;
		await new Promise((go) => setImmediate(go)); // SQLite answers at once: nobody else would have a turn
	}
	return true;
}

/** Parts that whoever gave the reason waits for: more than anybody's place holds. */
export const AT_ONCE = 25;

/** Goes on with all that is due while everybody else is answered. What is left when the server stops, its next start does. */
export function goOnJudging(app: App): void {
	const work = async () => {
		const due = await app.db
			.selectFrom('setting')
			.select('structure_id')
			.distinct()
			.where('name', 'like', `${TO_JUDGE}%`)
			.execute();
		for (const { structure_id } of due) await inStructure(structure_id, () => judgeDue(app, structure_id));
	};
	everywhere(work).catch((cause: unknown) => console.error('Ce qui est à l’écart n’a pas pu être jugé.', cause));
}

/** Judges one part. What may be taken now leaves quarantine, the rest stays with what is said of it now.
 * @returns whether more is due */
async function judgePart(app: App, trx: Trx, structure: string): Promise<boolean> {
	await lockStructure(trx, structure);
	const due = await firstDue(trx, structure);
	if (!due) return false;
	const person = due.name.slice(TO_JUDGE.length);
	const [number, hash] = due.value.split(' ');
	let query = trx
		.selectFrom('quarantine')
		.select(['number', 'hash', 'person_id', 'device_id', lengthOfRaw])
		.where('structure_id', '=', structure)
		.where('decision', 'is', null)
		.where('problem', '!=', 'change.differs')
		.orderBy('number')
		.orderBy('hash');
	if (person) query = query.where('person_id', '=', person);
	if (hash) query = query.where(sql<boolean>`(number, hash) > (${Number(number)}, ${hash})`);
	const found = await query.limit(PART.lines).execute();
	const part = partOf(found);
	const raws = await readRaws(trx, structure, part);
	for (const rows of groupBy(part, (row) => `${row.person_id}|${row.device_id}`).values()) {
		const { person_id, device_id } = rows[0]!;
		const author = await authorOf(trx, structure, person_id, device_id);
		const changes = rows.map(({ hash }) => readRaw(raws.get(hash)!)).filter((change) => change !== null);
		await push(app, trx, author, changes, { sequence: 0, audiences: new Set() });
	}
	const last = part.at(-1);
	if (last && (part.length < found.length || found.length === PART.lines))
		await writeSetting(trx, structure, due.name, `${last.number} ${last.hash}`);
	else await trx.deleteFrom('setting').where('structure_id', '=', structure).where('name', '=', due.name).execute();
	return (await firstDue(trx, structure)) !== undefined;
}

const firstDue = (db: Reader, structure: string): Promise<{ name: string; value: string } | undefined> =>
	db
		.selectFrom('setting')
		.select(['name', 'value'])
		.where('structure_id', '=', structure)
		.where('name', 'like', `${TO_JUDGE}%`)
		.orderBy('name')
		.limit(1)
		.executeTakeFirst();
