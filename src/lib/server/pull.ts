import { createHash } from 'node:crypto';
import { together } from '../domain/digest';
import { canonical, unpack, type Packed } from '../domain/record';
import { audiencesFor, hasRole, type Actor } from '../domain/rights';
import { PAGE, type Cursor, type Filling } from '../domain/sync';
import { newId, nowOf, type App } from './app';
import type { Database } from './database/open';
import { erasureProof } from './proofs';
import { ACCEPTED, type Pushed } from './push';
import { loadKind, lockStructure, readSetting, type Reader } from './store';

/** Where a device says it stands. */
export type Position = {
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
export async function pull(app: App, structure: string, actor: Asker, at: Position, pushed: Pushed): Promise<string> {
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
			const digest = more ? undefined : together(await digestsOf(trx, structure, followed));
			const rest = {
				cursor: { sequence, mark: await markAt(trx, structure, sequence) },
				...(isSame(followed, at.audiences) ? {} : { audiences: followed }),
				filling: left,
				more,
				...(digest ? { digest } : {}),
				epoch: head.epoch,
				backup: head.backup_sequence === null ? null : { sequence: head.backup_sequence, at: head.backup_at },
				judging: await judgingOf(app, trx, structure, actor),
				...(head.signing_key && head.signing_key !== at.signer ? { signer: head.signing_key } : {}),
				now: nowOf(app)
			};
			const records = sent.filter(({ gone }) => !gone).map(({ json }) => (at.protocol < PACKED ? inFull(json) : json));
			const marks = sent.filter(({ gone }) => gone).map(({ json }) => json);
			return `{"receipts":${JSON.stringify(pushed.receipts)},"committed":${pushed.committed || head.sequence},"records":[${records.join(',')}],"marks":[${marks.join(',')}],${JSON.stringify(rest).slice(1)}`;
		});
}

/** The first protocol whose devices read fields as they are stored; to those before they are written out. */
const PACKED = 2;
function inFull(json: string): string {
	const record = JSON.parse(json) as { fields: Packed };
	return JSON.stringify({ ...record, fields: unpack(record.fields) });
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
	const records = await db
		.selectFrom('record')
		.select(['id', 'kind', 'owner', 'about', 'audience', 'sequence', 'fields'])
		.where('structure_id', '=', structure)
		.where('audience', 'in', audiences)
		.where('sequence', '>', after)
		.where('sequence', '<=', until)
		.orderBy('sequence')
		.limit(room + 2)
		.execute();
	const marks = await db
		.selectFrom('mark')
		.select(['record_id as id', 'sequence', 'erased'])
		.where('structure_id', '=', structure)
		.where('audience', 'in', audiences)
		.where('sequence', '>', after)
		.where('sequence', '<=', until)
		.orderBy('sequence')
		.limit(room + 2)
		.execute();
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
				...(erased === 1 ? { proof: erasureProof(app, structure, id) } : {})
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

/** What a device's refused changes are judged by: this version of the server, its person's rights, what the office decided,
 * and when something was last accepted after all: rights may have come and gone meanwhile. Once it is another, they are
 * worth offering again. */
async function judgingOf(app: App, db: Reader, structure: string, { id, grants, device }: Asker): Promise<string> {
	const decided = await db
		.selectFrom('quarantine')
		.select((eb) => eb.fn.max('decided_at').as('at'))
		.where('structure_id', '=', structure)
		.where('person_id', '=', id)
		.where('device_id', '=', device)
		.executeTakeFirst();
	const accepted = (await readSetting(db, structure, ACCEPTED)) ?? '';
	const text = [app.version, canonical(grants), decided?.at ?? '', accepted].join('|');
	return createHash('sha256').update(text).digest('base64url').slice(0, 8);
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
