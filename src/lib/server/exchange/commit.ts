import { minus, NO_ROWS, plus, together, type Digest } from '../../domain/digest';
import { audienceOf, contributionsOf } from '../../domain/kinds/all';
import type { Context } from '../../domain/kinds/kind';
import { printFields } from '../../domain/record';
import { addUp, negate, type Tally } from '../../domain/tallies';
import { nowOf, type App } from '../app';
import type { Schema } from '../database/schema';
import { chunks, insertMany, type Stored, type Trx } from '../database/store';

/** In a mark's `erased`: what left by an erasure, which devices tell again, and what left because its time is over, which
 * they only forget. */
export const ERASED = 1;
export const TIME_IS_OVER = 2;

/** One commit under the structure's lock: every record that moves takes its contributions out and in, its digest, its mark
 * and a sequence of its own along; then the commit gets its mark, and its last sequence becomes the structure's.
 * Nothing else writes records. */
export class Commit {
	/** The last sequence given. */
	sequence: number;
	#rows: Schema['record'][] = [];
	#tallies: Tally[] = [];
	#marks: Schema['mark'][] = [];
	#removed: string[] = [];
	#unmarked: { audience: string; id: string }[] = [];
	#digests = new Map<string, Digest>();

	/** @param from the structure's sequence, read under its lock */
	constructor(
		readonly app: App,
		readonly trx: Trx,
		readonly structure: string,
		readonly from: number
	) {
		this.sequence = from;
	}

	/** Moves a record from what it was to what it is; the same record on both sides where only its context has changed.
	 * @param as how it left the audience it was in, where it did
	 * @returns the sequence it got and its audience now, or nothing when nothing about it has to travel */
	move(
		before: Stored | undefined,
		now: Stored,
		contextBefore: Context,
		context: Context,
		as: 0 | typeof TIME_IS_OVER = 0
	): { sequence: number; audience: string | null } | undefined {
		const { id } = now;
		const taken = before ? contributionsOf(before, contextBefore) : [];
		const given = contributionsOf(now, context);
		if (taken.length + given.length > 0) this.#tallies.push(...negate(taken), ...given);
		const audience = audienceOf(now, context) ?? null;
		if (now === before && audience === before.audience) return undefined;
		const sequence = ++this.sequence;
		if (before?.audience) {
			this.#take(before.audience, id, before.sequence);
			if (before.audience !== audience) this.#mark(before.audience, id, as);
		}
		if (audience) {
			this.#digests.set(audience, plus(this.#digests.get(audience) ?? NO_ROWS, id, sequence));
			if (before && before.audience !== audience) this.#unmarked.push({ audience, id });
		}
		const { kind, owner, about = null, fields } = now;
		const row = { structure_id: this.structure, id, kind, owner, about, audience, sequence };
		this.#rows.push({ ...row, fields: printFields(fields) });
		return { sequence, audience };
	}

	/** Takes a record out of everything that was made of it, and says so in these audiences. Whoever erases deletes its row.
	 * @param record what was stored, if anything was */
	erase(id: string, record: Stored | undefined, context: Context, audiences: Iterable<string>): void {
		if (record) this.#tallies.push(...negate(contributionsOf(record, context)));
		if (record?.audience) this.#take(record.audience, id, record.sequence);
		const told = new Set(audiences);
		if (told.size > 0) this.sequence += 1;
		for (const audience of told) this.#mark(audience, id, ERASED);
	}

	/** Takes away a record that nobody wrote: it counts for nothing, and its row goes with it. */
	remove({ id, audience, sequence }: Stored): void {
		if (audience) this.#take(audience, id, sequence);
		this.sequence += 1;
		if (audience) this.#mark(audience, id, 0);
		this.#removed.push(id);
	}

	#take(audience: string, id: string, sequence: number): void {
		this.#digests.set(audience, minus(this.#digests.get(audience) ?? NO_ROWS, id, sequence));
	}

	#mark(audience: string, id: string, erased: number): void {
		this.#marks.push({ structure_id: this.structure, audience, record_id: id, sequence: this.sequence, erased });
	}

	/** Writes all of it. A commit in which nothing travels writes its tallies alone, and no mark. */
	async write(): Promise<void> {
		const { app, trx, structure } = this;
		await insertMany(trx, 'record', this.#rows, (some) =>
			trx
				.insertInto('record')
				.values(some)
				.onConflict((conflict) =>
					conflict.columns(['structure_id', 'id']).doUpdateSet((eb) => ({
						owner: eb.ref('excluded.owner'),
						about: eb.ref('excluded.about'),
						audience: eb.ref('excluded.audience'),
						sequence: eb.ref('excluded.sequence'),
						fields: eb.ref('excluded.fields')
					}))
				)
		);
		for (const part of chunks(this.#removed))
			await trx.deleteFrom('record').where('structure_id', '=', structure).where('id', 'in', part).execute();
		await writeMarks(trx, structure, this.#marks, this.#unmarked);
		await writeDigests(trx, structure, this.#digests);
		await writeTallies(trx, structure, addUp(this.#tallies));
		if (this.sequence > this.from) await closeCommit(app, trx, structure, this.sequence);
	}
}

/** Says in the audiences that records have left, and takes back what was said where they have returned. */
async function writeMarks(
	trx: Trx,
	structure: string,
	marks: Schema['mark'][],
	unmarked: { audience: string; id: string }[]
): Promise<void> {
	for (const part of chunks(marks)) {
		await trx
			.insertInto('mark')
			.values(part)
			.onConflict((conflict) =>
				conflict
					.columns(['structure_id', 'audience', 'record_id'])
					.doUpdateSet((eb) => ({ sequence: eb.ref('excluded.sequence'), erased: eb.ref('excluded.erased') }))
			)
			.execute();
	}
	for (const { audience, id } of unmarked) {
		await trx
			.deleteFrom('mark')
			.where('structure_id', '=', structure)
			.where('audience', '=', audience)
			.where('record_id', '=', id)
			.execute();
	}
}

/** Adds to the digests of the audiences. */
async function writeDigests(trx: Trx, structure: string, moved: Map<string, Digest>): Promise<void> {
	const names = [...moved.keys()];
	const rows = names.length
		? await trx
				.selectFrom('audience')
				.selectAll()
				.where('structure_id', '=', structure)
				.where('name', 'in', names)
				.execute()
		: [];
	const before = new Map(rows.map(({ name, count, sum }) => [name, { count, sum }]));
	const values = names.map((name) => {
		return { structure_id: structure, name, ...together([before.get(name) ?? NO_ROWS, moved.get(name)!]) };
	});
	for (const part of chunks(values)) {
		await trx
			.insertInto('audience')
			.values(part)
			.onConflict((conflict) =>
				conflict
					.columns(['structure_id', 'name'])
					.doUpdateSet((eb) => ({ count: eb.ref('excluded.count'), sum: eb.ref('excluded.sum') }))
			)
			.execute();
	}
}

/** Adds the batch's movements to the tallies and drops the cells that came to nothing, so that no empty row says
 * that somebody once was there. */
async function writeTallies(trx: Trx, structure: string, moved: Tally[]): Promise<void> {
	for (const part of chunks(moved)) {
		await trx
			.insertInto('tally')
			.values(part.map((tally) => ({ structure_id: structure, ...tally })))
			.onConflict((conflict) =>
				conflict
					.columns(['structure_id', 'campaign', 'measure', 'subject', 'stakeholder', 'place', 'period', 'detail'])
					.doUpdateSet((eb) => ({
						count: eb('tally.count', '+', eb.ref('excluded.count')),
						amount: eb('tally.amount', '+', eb.ref('excluded.amount')),
						base: eb('tally.base', '+', eb.ref('excluded.base'))
					}))
			)
			.execute();
	}
	for (const tally of moved.filter(({ count }) => count <= 0)) {
		await trx
			.deleteFrom('tally')
			.where('structure_id', '=', structure)
			.where('campaign', '=', tally.campaign)
			.where('measure', '=', tally.measure)
			.where('subject', '=', tally.subject)
			.where('stakeholder', '=', tally.stakeholder)
			.where('place', '=', tally.place)
			.where('period', '=', tally.period)
			.where('detail', '=', tally.detail)
			.where('count', '=', 0)
			.where('amount', '=', 0)
			.where('base', '=', 0)
			.execute();
	}
}

/** Closes a commit: its last sequence becomes the structure's, under a mark that no other history has. */
async function closeCommit(app: App, trx: Trx, structure: string, sequence: number): Promise<void> {
	const mark = Buffer.from(app.random(9)).toString('base64url');
	await trx
		.insertInto('commit_mark')
		.values({ structure_id: structure, sequence, mark, at: nowOf(app) })
		.execute();
	await trx.updateTable('structure').set({ sequence }).where('id', '=', structure).execute();
}
