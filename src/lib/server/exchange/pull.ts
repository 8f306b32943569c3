import type { SelectQueryBuilder } from 'kysely';
import { together } from '../../domain/digest';
import { SHAPES } from '../../domain/former';
import { formerFields } from './former';
import { canonical, pack, unpack, type Packed } from '../../domain/record';
import { SAID_FROM } from '../../domain/quota';
import { audiencesFor } from '../../domain/rights';
import { hasRole, type Actor } from '../../domain/actor';
import { PAGE, PROTOCOL, type Cursor, type Filling } from '../../domain/sync';
import { newId, nowOf, type App } from '../app';
import type { Database } from '../database/open';
import { erasureProof } from '../keeping/proofs';
import { ERASED } from './commit';
import type { Pushed } from './push';
import { filledFor, LEFT, waitingOf, type FromDevice } from './waiting';
import { chunks, loadKind, lockStructure, readSetting, type Reader } from '../database/store';
import type { Schema } from '../database/schema';
import { sha256 } from '../database/hash';

/** Where a device says it stands. */
export type PullFrom = {
	protocol: number;
	cursor: Cursor | null;
	audiences: readonly string[];
	filling: readonly Filling[];
	signer?: string | undefined;
};

/** Who asks, on which device. */
type Asker = Actor & { device: string };

type Row = { id: string; sequence: number; json: string; gone: boolean };

/** The audiences a person's devices follow now. */
export async function audiencesOf(db: Reader, structure: string, actor: Actor): Promise<string[]> {
	if (!hasRole(actor, 'director'))
		return audiencesFor(actor, [], actor.grants.flatMap(({ antennas }) => antennas).filter(isFirst));
	const people = await db.selectFrom('person').select('id').where('structure_id', '=', structure).execute();
	const antennas = await loadKind(db, structure, 'antenna');
	return audiencesFor(
		actor,
		people.map(({ id }) => id),
		antennas.map(({ id }) => id)
	);
}
const isFirst = (value: string, index: number, all: string[]) => all.indexOf(value) === index;

/** One page of what is new for a device, as the JSON of a `SyncReply` without its receipts.
 * Records are pasted in as they are stored: parsing and printing them again would be half of a pull's work. */
export async function pull(app: App, structure: string, actor: Asker, at: PullFrom, pushed: Pushed): Promise<string> {
	if (at.cursor && !(await isKnown(app.db, structure, at.cursor))) {
		// The device read a history this server does not have: a backup came back. Everyone starts a new epoch from zero.
		await openEpoch(app, structure);
		return await pull(
			app,
			structure,
			actor,
			{ ...at, cursor: null, audiences: [], filling: [] },
			{ ...pushed, from: 0, derivable: new Map() }
		);
	}
	return await app.db
		.transaction()
		.setIsolationLevel('repeatable read')
		.execute(async (trx) => {
			const head = await trx.selectFrom('structure').selectAll().where('id', '=', structure).executeTakeFirstOrThrow();
			const followed = await audiencesOf(trx, structure, actor);
			const since = at.cursor?.sequence ?? 0;
			const known = new Set([...at.audiences, ...at.filling.map(({ audience }) => audience)]);
			const filling = [
				...at.filling.filter(({ audience }) => followed.includes(audience)),
				...(since > 0
					? followed
							.filter((audience) => !known.has(audience))
							.map((audience) => ({ audience, after: 0, until: since }))
					: [])
			];
			const page: Row[] = [];
			const left: Filling[] = [];
			for (const one of filling) {
				const { rows, more } = await take(
					app,
					trx,
					structure,
					[one.audience],
					one.after,
					one.until,
					PAGE - page.length
				);
				page.push(...rows);
				if (more) left.push({ ...one, after: rows.at(-1)?.sequence ?? one.after });
			}
			let sequence = head.sequence;
			let more = left.length > 0;
			for (const [after, until] of rangesOf(since, head.sequence, pushed)) {
				if (sequence < after) break;
				const news = await take(app, trx, structure, followed, after, until, PAGE - page.length);
				page.push(...news.rows);
				if (!news.more) continue;
				more = true;
				sequence = news.rows.at(-1)?.sequence ?? after;
			}
			const sent = page.filter(({ id, sequence, gone }) => gone || pushed.derivable.get(id)?.sequence !== sequence);
			const aside = await waitingOf(trx, structure, actor.id);
			const filled = filledFor(aside, actor.device);
			const digest = more ? undefined : together(await digestsOf(trx, structure, followed));
			const rest = {
				protocol: Math.min(at.protocol, PROTOCOL),
				cursor: { sequence, mark: await markAt(trx, structure, sequence) },
				...(isSame(followed, at.audiences) ? {} : { audiences: followed }),
				filling: left,
				more,
				...(digest ? { digest } : {}),
				epoch: head.epoch,
				backup: head.backup_sequence === null ? null : { sequence: head.backup_sequence, at: head.backup_at },
				judging: await judgingOf(app, trx, structure, actor, aside),
				...(filled < SAID_FROM ? {} : { filled }),
				...(head.signing_key && head.signing_key !== at.signer ? { signer: head.signing_key } : {}),
				now: nowOf(app)
			};
			const records = sent
				.filter(({ gone }) => !gone)
				.map(({ json }) => (at.protocol < SHAPES ? inFormerShapes(json) : json));
			const marks = sent.filter(({ gone }) => gone).map(({ json }) => json);
			return `{"receipts":${JSON.stringify(pushed.receipts)},"committed":${pushed.committed || head.sequence},"records":[${records.join(',')}],"marks":[${marks.join(',')}],${JSON.stringify(rest).slice(1)}`;
		});
}

/** A record as a device of the version before reads it. */
function inFormerShapes(json: string): string {
	const record = JSON.parse(json) as { kind: string; fields: Packed };
	return JSON.stringify({ ...record, fields: pack(formerFields(record.kind, unpack(record.fields))) });
}

/** What lies between a device and the head, less the commit it has just pushed when it can work all of that out itself. */
const rangesOf = (
	since: number,
	head: number,
	{ from, committed, derivable }: Pushed
): [after: number, until: number][] =>
	derivable.size > 0 && derivable.size === committed - from
		? [
				[since, from],
				[committed, head]
			]
		: [[since, head]];

const isSame = (a: readonly string[], b: readonly string[]) =>
	a.length === b.length && a.every((one, i) => one === b[i]);

type Span = { structure: string; after: number; until: number; limit: number };

export const recordsOf = (db: Reader, audience: string, { structure, after, until, limit }: Span) =>
	db
		.selectFrom('record')
		.select(['id', 'kind', 'owner', 'about', 'audience', 'sequence', 'fields'])
		.where('structure_id', '=', structure)
		.where('audience', '=', audience)
		.where('sequence', '>', after)
		.where('sequence', '<=', until)
		.orderBy('sequence')
		.limit(limit);

const marksOf = (db: Reader, audience: string, { structure, after, until, limit }: Span) =>
	db
		.selectFrom('mark')
		.select(['record_id as id', 'sequence', 'erased'])
		.where('structure_id', '=', structure)
		.where('audience', '=', audience)
		.where('sequence', '>', after)
		.where('sequence', '<=', until)
		.orderBy('sequence')
		.limit(limit);

/** The first rows of several audiences, each read by its own walk of the index: asked for together, a database would read
 * and sort all that lies behind for every page. */
export function inOrder<Row extends { sequence: number }>(
	db: Reader,
	audiences: readonly SelectQueryBuilder<Schema, 'record' | 'mark', Row>[],
	{ limit }: Pick<Span, 'limit'>
): SelectQueryBuilder<Schema, 'record' | 'mark', Row> {
	const [first, ...others] = audiences.map((one) => db.selectFrom(one.as('one')).selectAll());
	const all = others.reduce((all, one) => all.unionAll(one), first!);
	return all.orderBy('sequence').limit(limit) as unknown as SelectQueryBuilder<Schema, 'record' | 'mark', Row>;
}

/** SQLite joins no more than 500 selections. */
const JOINED = 400;

async function firstOf<Row extends { sequence: number }>(
	db: Reader,
	audiences: readonly string[],
	span: Span,
	of: (db: Reader, audience: string, span: Span) => SelectQueryBuilder<Schema, 'record' | 'mark', Row>
): Promise<Row[]> {
	const rows: Row[] = [];
	for (const part of chunks(audiences, JOINED))
		rows.push(
			...(await inOrder(
				db,
				part.map((audience) => of(db, audience, span)),
				span
			).execute())
		);
	return audiences.length > JOINED ? rows.sort((a, b) => a.sequence - b.sequence).slice(0, span.limit) : rows;
}

/** Records and marks of these audiences between two sequences, the first excluded, in order; at most `room` of them, or
 * one more so as not to part a record from a mark of the same sequence. */
async function take(
	app: App,
	db: Reader,
	structure: string,
	audiences: string[],
	after: number,
	until: number,
	room: number
): Promise<{ rows: Row[]; more: boolean }> {
	if (after >= until || audiences.length === 0) return { rows: [], more: false };
	if (room <= 0) return { rows: [], more: true };
	const span: Span = { structure, after, until, limit: room + 2 };
	const records = await firstOf(db, audiences, span, recordsOf);
	const marks = await firstOf(db, audiences, span, marksOf);
	const rows: Row[] = [
		...marks.map(({ id, sequence, erased }) => ({
			id,
			sequence,
			gone: true,
			json: JSON.stringify({
				id,
				sequence,
				gone: true,
				...(erased ? { erased: true } : {}),
				...(erased === ERASED ? { proof: erasureProof(app, structure, id) } : {})
			})
		})),
		...records.map(({ fields, about, ...row }) => ({
			id: row.id,
			sequence: row.sequence,
			gone: false,
			json: `${JSON.stringify(about === null ? row : { ...row, about }).slice(0, -1)},"fields":${fields}}`
		}))
	].sort((a, b) => a.sequence - b.sequence);
	let cut = Math.min(room, rows.length);
	while (cut < rows.length && rows[cut]!.sequence === rows[cut - 1]!.sequence) cut += 1;
	return { rows: rows.slice(0, cut), more: rows.length > cut };
}

/** What a device's refused changes are judged by: this version of the server, its person's rights, what the office decided of
 * theirs, and when something last left quarantine otherwise: rights may have come and gone meanwhile. Once it is another,
 * they are worth offering again. */
async function judgingOf(
	app: App,
	db: Reader,
	structure: string,
	{ grants }: Asker,
	aside: readonly FromDevice[]
): Promise<string> {
	const decided = aside.reduce((last, { decidedAt }) => ((decidedAt ?? '') > last ? decidedAt! : last), '');
	const left = (await readSetting(db, structure, LEFT)) ?? '';
	const text = [app.version, canonical(grants), decided, left].join('|');
	return sha256(text, 8);
}

const digestsOf = async (db: Reader, structure: string, audiences: string[]) =>
	audiences.length === 0
		? [] // the network follows none
		: await db
				.selectFrom('audience')
				.select(['count', 'sum'])
				.where('structure_id', '=', structure)
				.where('name', 'in', audiences)
				.execute();

/** The mark of the commit that wrote this sequence, or nothing when there is no such commit. */
async function markAt(db: Reader, structure: string, sequence: number): Promise<string | undefined> {
	if (sequence === 0) return '';
	const commit = await db
		.selectFrom('commit_mark')
		.select('mark')
		.where('structure_id', '=', structure)
		.where('sequence', '>=', sequence)
		.orderBy('sequence')
		.limit(1)
		.executeTakeFirst();
	return commit?.mark;
}

const isKnown = async (db: Database, structure: string, cursor: Cursor): Promise<boolean> =>
	cursor.sequence === 0 || (await markAt(db, structure, cursor.sequence)) === cursor.mark;

/** Says to every device that the server's history is not the one they know. */
export async function openEpoch(app: App, structure: string): Promise<void> {
	await app.db.transaction().execute(async (trx) => {
		await lockStructure(trx, structure);
		await trx
			.updateTable('structure')
			.set({ epoch: newId(app) })
			.where('id', '=', structure)
			.execute();
	});
}
