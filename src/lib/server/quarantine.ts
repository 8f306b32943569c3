import { Problem } from '../domain/problem';
import type { QuarantineLine } from '../domain/quarantine';
import { newId, nowOf, type App } from './app';
import type { Schema } from './database/schema';
import { note, type By } from './journal';
import { authorOf, push, RELEASED, SET_ASIDE, type Author } from './push';
import { chunks, lockStructure, type Reader, type Trx } from './store';

type Row = Schema['quarantine'];

/** Everything in quarantine: what waits first, then what was decided, the latest first. */
export async function listQuarantine(db: Reader, structure: string): Promise<QuarantineLine[]> {
	const rows = await db.selectFrom('quarantine').selectAll().where('structure_id', '=', structure).execute();
	const devices = await db.selectFrom('device').select(['id', 'name']).where('structure_id', '=', structure).execute();
	const names = new Map(devices.map(({ id, name }) => [id, name]));
	const when = (line: QuarantineLine) => line.decidedAt ?? line.receivedAt;
	return rows
		.map((row) => lineOf(row, names.get(row.device_id) ?? ''))
		.sort((a, b) => Number(a.decision !== null) - Number(b.decision !== null) || (when(a) < when(b) ? 1 : -1));
}

function lineOf(row: Row, deviceName: string): QuarantineLine {
	const change = readRaw(row.raw) as { kind?: unknown; record?: unknown } | null;
	const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, 200) : null);
	return {
		hash: row.hash,
		kind: text(change?.kind),
		record: text(change?.record),
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
	};
}

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

/** One refused change, whole. It may hold somebody's words: that it was read is noted. */
export async function readQuarantined(
	app: App,
	structure: string,
	hash: string,
	by: By
): Promise<{ line: QuarantineLine; raw: string }> {
	return await app.db.transaction().execute(async (trx) => {
		const row = await load(trx, structure, hash);
		const device = await trx
			.selectFrom('device')
			.select('name')
			.where('structure_id', '=', structure)
			.where('id', '=', row.device_id)
			.executeTakeFirst();
		await lockStructure(trx, structure);
		await note(app, trx, structure, { act: 'quarantine.read', ...by, subject: hash });
		return { line: lineOf(row, device?.name ?? ''), raw: row.raw };
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
			.values({ ...row, raw: '', ...decided(app, RELEASED, by) })
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

/** Judges again what waits in quarantine: a version that knows more has come, or rights have changed. What may be taken now
 * leaves it, the rest stays with what is said of it now.
 * @param person whose, where only theirs may be judged otherwise */
export async function judgeAgain(app: App, trx: Trx, structure: string, person?: string): Promise<void> {
	let query = trx
		.selectFrom('quarantine')
		.select(['raw', 'person_id', 'device_id'])
		.where('structure_id', '=', structure)
		.where('decision', 'is', null)
		.where('problem', '!=', 'change.differs')
		.orderBy('received_at');
	if (person) query = query.where('person_id', '=', person);
	const byDevice = Map.groupBy(await query.execute(), (row) => `${row.person_id}|${row.device_id}`);
	for (const rows of byDevice.values()) {
		const { person_id, device_id } = rows[0]!;
		const author = await authorOf(trx, structure, person_id, device_id);
		const changes = rows.map(({ raw }) => readRaw(raw)).filter((change) => change !== null);
		for (const part of chunks(changes)) await push(app, trx, author, part, { sequence: 0, audiences: new Set() });
	}
}
