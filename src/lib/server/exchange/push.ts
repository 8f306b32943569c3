import type { Insertable } from 'kysely';
import { bulkyFields, MAX_CHANGE } from '../../domain/bulk';
import { Change } from '../../domain/change';
import { RESPONDENT, withdrawnAgain, withdrawnBy } from '../../domain/consent';
import { invalidFields, isKnownKind, kindOf, NOBODY } from '../../domain/kinds/all';
import type { Approval } from '../../domain/excerpt-shapes';
import type { JournalAct } from '../../domain/journal';
import { takenFrom } from '../../domain/kinds/excerpt';
import type { Framework } from '../../domain/framework-shapes';
import type { Context } from '../../domain/kinds/kind';
import { merge, namedElsewhere } from '../../domain/merge';
import { isMediaField, mediaField } from '../../domain/media';
import { currentOf, isContested, valuesOf } from '../../domain/record';
import type { ProblemCode } from '../../domain/problem';
import { modernChange } from '../../domain/former';
import { mayWrite } from '../../domain/rights';
import type { Actor } from '../../domain/actor';
import type { Grant } from '../../domain/structure';
import type { Receipt } from '../../domain/sync';
import { nowOf, type App } from '../app';
import { isDeeper } from '../door/body';
import { dropPieces } from './media';
import { settleQuotes } from './quotes';
import { Commit } from './commit';
import { frameworksOf } from './frameworks';
import { noteLeft, placeFor, waitingOf } from './waiting';
import { note } from '../keeping/journal';
import { erasureProof } from '../keeping/proofs';
import { chunks, insertMany, loadAbout, loadRecords, lockStructure, type Stored, type Trx } from '../database/store';
import type { Schema } from '../database/schema';
import { valueOf } from '../../domain/kinds/values';
import { sha256 } from '../database/hash';

export type Author = Actor & { structure: string; device: string };

/** Somebody as author of what their device brings, by the rights they have now: none once they have left. */
export async function authorOf(trx: Trx, structure: string, id: string, device: string): Promise<Author> {
	const known = await trx
		.selectFrom('person')
		.select(['grants', 'left_at'])
		.where('structure_id', '=', structure)
		.where('id', '=', id)
		.executeTakeFirst();
	const grants = known && !known.left_at ? (JSON.parse(known.grants) as Grant[]) : [];
	return { structure, id, device, grants };
}

/** The sequence that a record got, and the one it had, where the device holds it. */
type Worked = Pick<Receipt, 'sequence' | 'base'>;

/** What a push gives back: its receipts, the sequences before and after it, and the records the device can work out by
 * itself from what it sent, with their sequence. */
export type Pushed = { receipts: Receipt[]; from: number; committed: number; derivable: Map<string, Worked> };

/** Where the pushing device stands, to know what it can work out by itself. */
export type Standing = { sequence: number; audiences: ReadonlySet<string> };

/** What the office decides of a quarantined change: it counts as its author's whatever their rights, or it never will. */
export const RELEASED = 'released';
export const SET_ASIDE = 'set-aside';

const HELD: Receipt = { verdict: 'held', problem: 'quarantine.full' };

type Parsed = { change: Change; hash: string; raw: string };

/** Stores a batch of changes in one transaction: each is parsed, judged and merged by itself, so that a bad one is kept in
 * quarantine and holds nothing back; tallies, digests and the journal of changes move with the records.
 *
 * Records are merged in memory and written together: the whole batch is one durable commit, and what can fail for one
 * change alone (its shape, its rights) is decided before the first write.
 * @param judged false for the server's own writing (set-up, seed), which needs nobody's right */
export async function push(
	app: App,
	trx: Trx,
	author: Author,
	batch: readonly unknown[],
	standing: Standing,
	judged = true
): Promise<Pushed> {
	const { structure } = author;
	const lock = await lockStructure(trx, structure);
	const session = new Batch(app, author, judged);
	const parsed = batch.map((raw) => session.parse(raw));
	const texts = batch.map((raw, i) => parsed[i]?.raw ?? printDeep(raw));
	const hashes = texts.map((text, i) => parsed[i]?.hash ?? hashOf(text));
	await session.load(
		trx,
		parsed.filter((one) => one !== undefined),
		hashes
	);
	const verdicts = texts.map((text, i) => session.take(parsed[i], text, hashes[i]!));
	const over = await session.withoutPlace(trx);
	const receipts = verdicts.map((receipt, i) => (over.has(hashes[i]!) ? HELD : receipt));
	await session.takeExcerptsAlong(trx);
	const commit = new Commit(app, trx, structure, lock.sequence);
	const derivable = session.moveInto(commit, standing);
	await settleQuotes(app, trx, commit, session.touchedExcerpts());
	const { sequence: committed } = commit;
	await session.writeBeside(trx, committed);
	await commit.write();
	await withdrawAgain(app, trx, structure, session.bornInterviews());
	for (const [i, one] of parsed.entries()) {
		const worked = one && receipts[i]!.verdict !== 'quarantined' ? derivable.get(one.change.record) : undefined;
		if (worked && !session.repeated.has(i)) receipts[i] = { ...receipts[i]!, ...worked };
	}
	return { receipts, from: lock.sequence, committed, derivable };
}

/** Withdraws what was withdrawn of these interviews in a history that this server does not have, by its ledger. */
export async function withdrawAgain(
	app: App,
	trx: Trx,
	structure: string,
	interviews: readonly Stored[]
): Promise<void> {
	if (interviews.length === 0) return;
	const there = new Map(interviews.map(({ id, fields }) => [id, fields]));
	const lost = app.ledger.readWithdrawn().flatMap(({ structure: of, id, fields, at }) => {
		const known = of === structure ? there.get(id) : undefined;
		const isThere = known && Object.keys(fields).some((field) => withdrawnBy(field) && Object.hasOwn(known, field));
		return known && !isThere ? (withdrawnAgain(id, fields, at) ?? []) : [];
	});
	const author: Author = { structure, id: RESPONDENT, device: 'server', grants: [] };
	if (lost.length > 0) await push(app, trx, author, lost, { sequence: 0, audiences: new Set() }, false);
}

class Batch {
	readonly repeated = new Set<number>();
	#taken = 0;
	#before = new Map<string, Stored | undefined>();
	#records = new Map<string, Stored>();
	#verdicts = new Map<string, { hash: string; verdict: Receipt['verdict']; stored?: number }>();
	#history = new Set<string>(); // change ids known to be stored, among those that were asked about
	#named = new Set<string>(); // `change|field` named by a stored change
	#late = new Set<string>(); // records whose changes did not come in the order they were made
	#moved = new Set<string>(); // records that travel
	#changes: (Parsed & { verdict: Receipt['verdict'] })[] = [];
	#quarantined = new Map<string, Insertable<Schema['quarantine']>>(); // by hash: the same one may come twice
	#aheads: Schema['named_ahead'][] = [];
	#scenes = new Map<string, Stored>(); // campaigns that interviews of the batch belong to
	#frameworks = new Map<string, Framework>();
	#erased = new Map<string, string>(); // ids as they were, by their folded form
	/** What of the batch is in quarantine, by hash, and what the office has decided of it. */
	#kept = new Map<string, { decision: string | null; reason: string | null; problem: string }>();

	constructor(
		readonly app: App,
		readonly author: Author,
		readonly judged: boolean
	) {}

	/** A change, or nothing when it cannot be read as one. */
	parse(raw: unknown): Parsed | undefined {
		const parsed = Change.safeParse(raw);
		if (!parsed.success) return undefined;
		if (isDeeper(raw, DEEPEST)) return undefined;
		const text = JSON.stringify(raw); // a change is frozen before it is sent: a repeat is the same text
		return { change: parsed.data, raw: text, hash: hashOf(text) };
	}

	/** Reads all that judging the batch needs, in a few queries whatever its size. */
	async load(trx: Trx, parsed: readonly Parsed[], hashes: readonly string[]): Promise<void> {
		const { structure } = this.author;
		this.#erased = await loadErased(trx, structure);
		const ids = new Set(parsed.map(({ change }) => change.id));
		const records = new Set(parsed.flatMap(({ change }) => [change.record, ...(change.about ? [change.about] : [])]));
		this.#records = await loadRecords(trx, structure, [...records]);
		const abouts = [...this.#records.values()].flatMap(({ about }) =>
			about && !this.#records.has(about) ? [about] : []
		);
		for (const [id, record] of await loadRecords(trx, structure, abouts)) this.#records.set(id, record);
		for (const [id, record] of this.#records) this.#before.set(id, record);
		await this.#loadScenes(trx, parsed);

		const asked = new Set(ids);
		for (const { change } of parsed) {
			const record = this.#records.get(change.record);
			for (const [, id] of namedElsewhere(record?.fields ?? {}, change)) asked.add(id);
		}
		for (const part of chunks([...asked])) {
			const rows = await trx
				.selectFrom('change')
				.select(['id', 'hash', 'verdict', 'sequence'])
				.where('structure_id', '=', structure)
				.where('id', 'in', part)
				.execute();
			for (const { id, hash, verdict, sequence: stored } of rows) {
				this.#history.add(id);
				if (ids.has(id)) this.#verdicts.set(id, { hash, verdict: verdict as Receipt['verdict'], stored });
			}
			const aheads = await trx
				.selectFrom('named_ahead')
				.select(['change_id', 'field'])
				.where('structure_id', '=', structure)
				.where('change_id', 'in', part)
				.execute();
			for (const { change_id, field } of aheads) this.#named.add(`${change_id}|${field}`);
		}
		for (const part of chunks(hashes)) {
			const rows = await trx
				.selectFrom('quarantine')
				.select(['hash', 'decision', 'reason', 'problem'])
				.where('structure_id', '=', structure)
				.where('hash', 'in', part)
				.execute();
			for (const { hash, ...known } of rows) this.#kept.set(hash, known);
		}
	}

	/** The campaigns and frameworks that what the batch says of interviews is held against. */
	async #loadScenes(trx: Trx, parsed: readonly Parsed[]): Promise<void> {
		const { structure } = this.author;
		const said = [
			...parsed.map(({ change: { kind, fields } }) => (kind === 'interview' ? fields : {})),
			...[...this.#records.values()].map(({ kind, fields }) => (kind === 'interview' ? valuesOf(fields) : {}))
		];
		const named = (field: string) => [
			...new Set(said.map((fields) => fields[field]).filter((id) => typeof id === 'string'))
		];
		this.#scenes = await loadRecords(trx, structure, named('campaign'));
		const own = [...this.#scenes.values()].flatMap(({ fields }) => valueOf('campaign', fields, 'framework') ?? []);
		this.#frameworks = await frameworksOf(this.app, trx, structure, [...new Set([...named('framework'), ...own])]);
	}

	/** What a change to this record is held against. */
	#contextOf({ kind, fields }: Stored, interview: Stored | undefined): Context {
		if (kind !== 'interview') return { interview };
		const id = valueOf('interview', fields, 'campaign') ?? '';
		const campaign = this.#records.get(id) ?? this.#scenes.get(id);
		const known = (framework: string | undefined) => this.#frameworks.get(framework ?? '');
		const framework =
			known(valueOf('interview', fields, 'framework')) ??
			known(campaign && valueOf('campaign', campaign.fields, 'framework'));
		return { campaign, framework, today: nowOf(this.app).slice(0, 10) };
	}

	/** Judges one change and merges it into the record it is for. */
	take(parsed: Parsed | undefined, raw: string, hash: string): Receipt {
		const place = this.#taken++;
		// Whatever it is, readable or not: it is about somebody who was erased, and nothing of it is kept.
		if (this.#isErased(raw)) return { verdict: 'erased', ...this.#proofsFor(parsed?.change) };
		const decided = this.judged ? this.#kept.get(hash) : undefined;
		if (decided?.decision) {
			this.repeated.add(place);
			if (decided.decision === RELEASED) return { verdict: 'applied', stored: 0 };
			return { verdict: 'quarantined', problem: decided.problem, reason: decided.reason ?? '' };
		}
		if (!parsed) return this.#quarantine(undefined, raw, 'change.unreadable');
		const known = this.#verdicts.get(parsed.change.id);
		if (known) {
			this.repeated.add(place);
			if (known.hash !== hash) return this.#quarantine(parsed, raw, 'change.differs');
			return { verdict: known.verdict, ...(known.stored === undefined ? {} : { stored: known.stored }) };
		}
		const record = this.#records.get(parsed.change.record);
		const about = record?.about ?? parsed.change.about;
		const interview = about ? this.#records.get(about) : undefined;
		const change = modernChange(parsed.change, interview?.fields);
		// Its time is over, and so is that of whatever would be added to it.
		if (record?.owner === NOBODY || interview?.owner === NOBODY) return { verdict: 'erased' };
		if (raw.length > MAX_CHANGE) return this.#quarantine(parsed, raw, 'change.too-large');
		if (!isKnownKind(change.kind)) return this.#quarantine(parsed, raw, 'kind.unknown');
		if (record && record.kind !== change.kind) return this.#quarantine(parsed, raw, 'kind.differs');
		const invalid = invalidFields(change.kind, change.fields);
		if (invalid.length > 0) return this.#quarantine(parsed, raw, 'field.invalid', invalid);
		if (this.judged && !mayWrite(this.author, change, record, { interview }))
			return this.#quarantine(parsed, raw, 'right.missing');

		const fields = record?.fields ?? {};
		const named = (field: string) => this.#named.size > 0 && this.#named.has(`${change.id}|${field}`); // most batches name nothing ahead
		const merged = {
			id: change.record,
			kind: change.kind,
			// The creating change lends its id and its author; until it comes, whoever wrote first stands in.
			owner: change.id === change.record ? this.author.id : (record?.owner ?? this.author.id),
			about,
			audience: record?.audience ?? null,
			sequence: record?.sequence ?? 0,
			fields: merge(fields, change, this.author.id, named)
		};
		const bulky = bulkyFields(change.kind, change.fields, raw, merged.fields);
		if (bulky.length > 0) return this.#quarantine(parsed, raw, 'field.too-large', bulky);
		const { refusal } = kindOf(change.kind)!;
		const refused = refusal === 'never' ? undefined : refusal(change, merged, this.#contextOf(merged, interview));
		if (refused && (refused.final || this.judged))
			return this.#quarantine(parsed, raw, refused.problem, refused.fields);
		for (const [field, id] of namedElsewhere(fields, change)) {
			if (this.#history.has(id)) continue;
			this.#late.add(change.record);
			this.#named.add(`${id}|${field}`);
			this.#aheads.push({ structure_id: this.author.structure, change_id: id, record_id: change.record, field });
		}
		if (Object.keys(change.fields).some(named)) this.#late.add(change.record);
		this.#records.set(change.record, merged);
		if (!this.#before.has(change.record)) this.#before.set(change.record, undefined);
		const contested = Object.keys(change.fields).some((field) => isContested(merged.fields, field));
		const verdict = contested ? 'contested' : 'applied';
		this.#verdicts.set(change.id, { hash, verdict });
		this.#history.add(change.id);
		this.#changes.push({ ...parsed, change, verdict });
		return { verdict };
	}

	/** Whether a text names something that was erased. Ids are UUIDs, except those that somebody else's device made up. */
	#isErased(text: string): boolean {
		if (this.#erased.size === 0) return false;
		if (idsIn(text).some((id) => this.#erased.has(id))) return true;
		const folded = text.toLowerCase();
		return [...this.#erased.keys()].some((id) => !UUID.test(id) && folded.includes(id));
	}

	/** The server's own word for it, so that a device can tell it again to a server that came back from before. */
	#proofsFor(change: Change | undefined): Pick<Receipt, 'erased'> {
		const ids = [change?.record, change?.about].flatMap((id) => (id && this.#erased.get(id.toLowerCase())) ?? []);
		if (ids.length === 0) return {};
		return { erased: ids.map((id) => ({ id, proof: erasureProof(this.app, this.author.structure, id) })) };
	}

	#quarantine(parsed: Parsed | undefined, text: string, problem: ProblemCode, fields: string[] = []): Receipt {
		const hash = parsed?.hash ?? hashOf(text);
		this.#quarantined.set(hash, {
			structure_id: this.author.structure,
			hash,
			change_id: parsed?.change.id ?? '',
			raw: text,
			problem,
			fields: JSON.stringify(fields),
			person_id: this.author.id,
			device_id: this.author.device,
			received_at: nowOf(this.app),
			decision: null,
			decided_at: null,
			decided_by: null,
			reason: null,
			bytes: Buffer.byteLength(text)
		});
		return { verdict: 'quarantined', problem, ...(fields.length > 0 ? { fields } : {}) };
	}

	/** Takes out of what goes into quarantine what its author has no place for there: it stays on its device. What is there
	 * already keeps its place.
	 * @returns the hashes of what was taken out */
	async withoutPlace(trx: Trx): Promise<Set<string>> {
		const over = new Set<string>();
		const { structure, id, device } = this.author;
		const fresh = [...this.#quarantined.values()].filter(({ hash }) => !this.#kept.has(hash));
		if (!this.judged || fresh.length === 0) return over;
		const hasPlace = placeFor(await waitingOf(trx, structure, id), device);
		for (const { hash, bytes } of fresh) if (!hasPlace(bytes!)) over.add(hash);
		for (const hash of over) this.#quarantined.delete(hash);
		return over;
	}

	/** An interview that begins or stops counting, or whose person now agrees to more or less, moves its excerpts along. */
	async takeExcerptsAlong(trx: Trx): Promise<void> {
		const moved = [...this.#before]
			.filter(([id, before]) => {
				const now = this.#records.get(id)!;
				if (now.kind !== 'interview') return false;
				return before === undefined || takenFrom(before) !== takenFrom(now);
			})
			.map(([id]) => id);
		for (const excerpt of await loadAbout(trx, this.author.structure, moved)) {
			if (this.#records.has(excerpt.id)) continue;
			this.#records.set(excerpt.id, excerpt);
			this.#before.set(excerpt.id, excerpt);
		}
	}

	/** Moves all that the batch has touched.
	 * @returns the records that its device can work out by itself, with their sequences */
	moveInto(commit: Commit, standing: Standing): Map<string, Worked> {
		const derivable = new Map<string, Worked>();
		const about = (from: Map<string, Stored | undefined>, record: Stored | undefined) =>
			record?.about ? from.get(record.about) : undefined;
		for (const [id, before] of this.#before) {
			const now = this.#records.get(id)!;
			const [interviewBefore, interview] = [about(this.#before, before), about(this.#records, now)];
			if (now === before && interview === interviewBefore) continue; // only read along
			const moved = commit.move(before, now, { interview: interviewBefore }, { interview });
			if (!moved) continue;
			const { sequence, audience } = moved;
			this.#moved.add(id);
			const upToDate = !before || (before.sequence <= standing.sequence && before.audience === audience);
			// A device cannot know that what it sends has been answered already: it is given the record.
			if (this.#late.has(id)) continue;
			const own = now.kind === 'reading' || (now.kind === 'interview' && now.owner === this.author.id);
			if (own && upToDate && audience && standing.audiences.has(audience))
				derivable.set(id, before ? { sequence, base: before.sequence } : { sequence });
		}
		return derivable;
	}

	/** The interviews that this server did not have before. */
	bornInterviews(): Stored[] {
		const born = [...this.#before].flatMap(([id, before]) => (before ? [] : this.#records.get(id)!));
		return born.filter(({ kind }) => kind === 'interview');
	}

	/** The excerpts that this batch may have moved, each with its interview. */
	touchedExcerpts(): { excerpt: Stored; context: Context }[] {
		return [...this.#before]
			.map(([id, before]) => {
				const excerpt = this.#records.get(id)!;
				const [of, was] = [this.#records, this.#before].map((from) => from.get(excerpt.about ?? ''));
				return { excerpt, context: { interview: of }, isMoved: excerpt !== before || of !== was };
			})
			.filter(({ excerpt, isMoved }) => excerpt.kind === 'excerpt' && isMoved);
	}

	/** Writes what goes beside the records: the changes themselves, what was refused, receipt codes, recordings taken back. */
	async writeBeside(trx: Trx, sequence: number): Promise<void> {
		await this.#writeHistory(trx, sequence);
		await this.#writeReceipts(trx);
		await this.#dropTakenBack(trx);
		await this.#noteDecisions(trx);
	}

	/** What the office decides by a record is told by the journal too. */
	async #noteDecisions(trx: Trx): Promise<void> {
		const { structure, id: person, device } = this.author;
		const acts = this.#changes.flatMap(({ change }) => {
			const act = decisionIn(change);
			return act ? [{ act, person, device, subject: change.about ?? change.record }] : [];
		});
		if (this.judged && acts.length > 0) await note(this.app, trx, structure, ...acts);
	}

	/** Which interview a respondent's code opens: the first that said so, by the code it last gave. */
	async #writeReceipts(trx: Trx): Promise<void> {
		for (const id of this.#moved) {
			const before = this.#before.get(id);
			const { kind, fields } = this.#records.get(id)!;
			const hash = valueOf('interview', fields, 'receipt');
			if (kind !== 'interview' || !hash || hash === (before && valueOf('interview', before.fields, 'receipt')))
				continue;
			// Another code takes the place of the one before: a slip that was lost opens nothing any more.
			await trx
				.deleteFrom('receipt')
				.where('structure_id', '=', this.author.structure)
				.where('record_id', '=', id)
				.execute();
			await trx
				.insertInto('receipt')
				.values({ structure_id: this.author.structure, code_hash: hash, record_id: id })
				.onConflict((c) => c.doNothing())
				.execute();
		}
	}

	/** A recording that was taken back is erased: that is what its person was told. */
	async #dropTakenBack(trx: Trx): Promise<void> {
		for (const { change } of this.#changes)
			for (const field of Object.keys(change.fields).filter(isMediaField)) {
				const { fields } = this.#records.get(change.record)!;
				if (currentOf(fields, field).some(({ value }) => value !== null)) continue;
				const hash = field.slice(mediaField('').length);
				await dropPieces(trx, { structure: this.author.structure, interview: change.record, hash });
			}
	}

	async #writeHistory(trx: Trx, sequence: number): Promise<void> {
		const { structure: structure_id, id: person_id, device: device_id } = this.author;
		const received_at = nowOf(this.app);
		const changes = this.#changes.map(({ change, hash, verdict }) => ({
			structure_id,
			id: change.id,
			hash,
			record_id: change.record,
			kind: change.kind,
			about: change.about ?? null,
			fields: JSON.stringify(change.fields),
			seen: JSON.stringify(change.seen),
			at: change.at,
			person_id,
			device_id,
			sequence,
			verdict,
			received_at
		}));
		await insertMany(trx, 'change', changes, (some) => trx.insertInto('change').values(some));
		const accepted = this.#changes.map(({ hash }) => hash).filter((hash) => this.#kept.has(hash));
		for (const part of chunks(accepted)) {
			// Judged again and accepted, after an upgrade or a change of rights: it is no longer in quarantine. By what it says,
			// not by its id: another one may have come under the same.
			await trx.deleteFrom('quarantine').where('structure_id', '=', structure_id).where('hash', 'in', part).execute();
		}
		if (accepted.length > 0) await noteLeft(this.app, trx, structure_id);
		for (const part of chunks(this.#aheads)) {
			await trx
				.insertInto('named_ahead')
				.values(part)
				.onConflict((c) => c.doNothing())
				.execute();
		}
		if (this.#quarantined.size === 0) return;
		const last = await trx
			.selectFrom('quarantine')
			.select((eb) => eb.fn.max('number').as('number'))
			.where('structure_id', '=', structure_id)
			.where('decision', 'is', null)
			.executeTakeFirst();
		let number = last?.number ?? 0;
		for (const part of chunks([...this.#quarantined.values()])) {
			await trx
				.insertInto('quarantine')
				.values(part.map((row) => ({ ...row, number: (number += 1) })))
				.onConflict((conflict) =>
					conflict
						.columns(['structure_id', 'hash'])
						.doUpdateSet((eb) => ({ problem: eb.ref('excluded.problem'), fields: eb.ref('excluded.fields') }))
				)
				.execute();
		}
	}
}

function decisionIn({ kind, fields }: Change): JournalAct | undefined {
	if (kind === 'campaign' && fields.state === 'open') return 'campaign.opened';
	if (kind === 'campaign' && fields.state === 'closed') return 'campaign.closed';
	if (kind === 'judgement') return 'judgement.changed';
	if (kind !== 'excerpt' || !fields.approval) return undefined;
	return (fields.approval as Approval).decision === 'approved' ? 'words.approved' : 'words.set-aside';
}

/** Every id that a text names, wherever it stands. */
const idsIn = (text: string): string[] =>
	text.match(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi)?.map((id) => id.toLowerCase()) ?? [];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** All of a structure's erased ids, folded: few, and asked for once a batch. */
async function loadErased(trx: Trx, structure: string): Promise<Map<string, string>> {
	const rows = await trx.selectFrom('erased').select('id').where('structure_id', '=', structure).execute();
	return new Map(rows.map(({ id }) => [id.toLowerCase(), id]));
}

/** No change is nested like this; walking it by recursion would overflow the stack. */
const DEEPEST = 100;

/** JSON of any depth, without recursion: what is refused is still kept as it came. */
function printDeep(raw: unknown): string {
	let text = '';
	const stack: ({ print: string } | { value: unknown })[] = [{ value: raw }];
	while (stack.length > 0) {
		const next = stack.pop()!;
		if ('print' in next) text += next.print;
		else if (next.value === null || typeof next.value !== 'object') text += JSON.stringify(next.value) ?? 'null';
		else {
			const list = Array.isArray(next.value);
			text += list ? '[' : '{';
			stack.push({ print: list ? ']' : '}' });
			const parts = Object.entries(next.value).map(([key, value], i) => [
				{ print: `${i > 0 ? ',' : ''}${list ? '' : `${JSON.stringify(key)}:`}` },
				{ value: value as unknown }
			]);
			for (const part of parts.reverse()) stack.push(part[1]!, part[0]!);
		}
	}
	return text;
}

const hashOf = (text: string): string => sha256(text, 22);
