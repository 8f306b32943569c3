import type { Change } from '$lib/domain/change';
import { readingId } from '$lib/domain/reading';
import { SyncReply, type Receipt, type Record } from '$lib/domain/sync';
import { Draws } from '$lib/server/fictitious/draws';
import { changeOf, sync, wait, ZERO, type At, type Person, type RealServer, type Scene } from './real';

export const INDICATORS = ['heures', 'personnes', 'euros', 'missions', 'contrats'];
const QUESTIONS = ['q-estime-fierte-travail', 'q-torture-1', 'q-torture-2'];
/** Batches remembered, to be sent again long after they were acknowledged. */
const REMEMBERED = 12;

/** What an earlier call answered to a change: the promise that the checker holds the server to. */
export type Told = { change: Change; verdict: Receipt['verdict']; author: string };

type Interview = { id: string; antenna: string; last: Map<string, string> }; // per field, the change whose value stands

/** Somebody who writes without a pause, as a tablet would: one batch at a time, the same one again until it is acknowledged,
 * now and then one of long ago. */
export class Writer {
	/** By change: everything the server has acknowledged. */
	readonly told = new Map<string, Told>();
	/** Acknowledged since somebody last looked. */
	news: string[] = [];
	/** Promises that were broken in the answers themselves. */
	readonly faults: string[] = [];
	repeats = 0;
	/** Sent, and not acknowledged. */
	waiting: Change[] | undefined;
	epoch = '';
	#at: At = ZERO;
	#cells = new Map<string, string[]>();
	#interviews: Interview[] = [];
	#past: Change[][] = [];
	readonly #draws: Draws;

	constructor(
		readonly server: RealServer,
		readonly scene: Scene,
		readonly person: Person,
		seed: number,
		readonly largest = 50
	) {
		this.#draws = new Draws(seed);
	}

	/** One call.
	 * @param composing whether something new may be begun
	 * @returns its status, 0 when there was none, or nothing when there was nothing to send */
	async step(composing = true): Promise<number | undefined> {
		if (!this.waiting && !composing) return undefined;
		const batch = (this.waiting ??= this.#compose());
		let reply: SyncReply;
		try {
			const response = await sync(this.server, this.person, batch, this.#at);
			if (!response.ok) {
				await response.arrayBuffer();
				return response.status;
			}
			reply = SyncReply.parse(await response.json());
		} catch {
			return 0;
		}
		this.waiting = undefined;
		this.#take(batch, reply);
		return 200;
	}

	#take(batch: Change[], reply: SyncReply): void {
		if (reply.receipts.length !== batch.length)
			this.faults.push(`${reply.receipts.length} receipts of ${batch.length}`);
		for (const [i, change] of batch.entries()) {
			const verdict = reply.receipts[i]?.verdict;
			const before = this.told.get(change.id);
			const expected = before?.verdict ?? (change.kind === ODD ? 'quarantined' : verdict);
			if (!verdict || verdict !== expected || (verdict === 'quarantined') !== (change.kind === ODD))
				this.faults.push(`${change.kind} ${change.id}: ${verdict}, expected ${expected}`);
			if (before) this.repeats += 1;
			else if (verdict) {
				this.told.set(change.id, { change, verdict, author: this.person.id });
				this.news.push(change.id);
			}
			if (change.kind === 'reading') {
				const seen = change.seen.value ?? [];
				const left = (this.#cells.get(change.record) ?? []).filter((id) => !seen.includes(id) && id !== change.id);
				if (!before) this.#cells.set(change.record, [...left, change.id]);
			}
		}
		for (const { id, kind, fields } of reply.records)
			if (kind === 'reading') this.#cells.set(id, fields.value?.map(({ change }) => change) ?? []);
		// A killed server that forgot what it had proved to a device would begin another history.
		if (this.epoch && this.epoch !== reply.epoch) this.faults.push(`another epoch: ${reply.epoch}`);
		this.epoch = reply.epoch;
		this.#at = { cursor: reply.cursor, audiences: reply.audiences ?? this.#at.audiences, filling: reply.filling };
		this.#past.push(batch);
		if (this.#past.length > REMEMBERED) this.#past.shift();
	}

	#compose(): Change[] {
		const draws = this.#draws;
		const past = this.#past[draws.between(0, Math.max(0, this.#past.length - 1))];
		if (past && draws.chance(0.12)) return past;
		const batch = Array.from({ length: draws.between(1, this.largest) }, () => this.#change());
		if (past && draws.chance(0.1)) batch.splice(draws.between(0, batch.length), 0, ...past.slice(0, 5));
		return batch;
	}

	#change(): Change {
		const draws = this.#draws;
		const dice = draws.next();
		const known = this.#interviews[draws.between(0, this.#interviews.length - 1)];
		if (dice < 0.02) return changeOf(draws, ODD, { anything: draws.between(0, 9) });
		if (dice < 0.25) return this.#reading();
		if (dice < 0.3 && known) return this.#excerpt(known);
		if (dice < 0.5 && known) return this.#edit(known);
		return this.#interview();
	}

	#interview(): Change {
		const draws = this.#draws;
		const antenna = this.scene.antennas[draws.between(0, 1)]!;
		const change = changeOf(draws, 'interview', {
			campaign: this.scene.campaign,
			framework: this.scene.framework,
			stakeholder: 'employee',
			antenna,
			mode: 'face',
			on: '2014-11-12',
			criteria: this.scene.criteria.slice(0, draws.between(1, 4)),
			state: draws.chance(0.7) ? 'finished' : 'draft',
			'consent:usage-evaluation': { answer: draws.chance(0.9) ? 'yes' : 'no', use: 'evaluation' },
			'consent:citation-anonyme': { answer: draws.chance(0.5) ? 'yes' : 'no', use: 'quotation' },
			[`answer:${QUESTIONS[0]}`]: {
				value: { type: 'scale', level: draws.between(1, 4) },
				words: 'On se sent utile ici.'
			}
		});
		const last = new Map(Object.keys(change.fields).map((field) => [field, change.id]));
		this.#interviews.push({ id: change.id, antenna, last });
		if (this.#interviews.length > 200) this.#interviews.shift();
		return change;
	}

	#edit({ id, last }: Interview): Change {
		const draws = this.#draws;
		const question = `answer:${QUESTIONS[draws.between(0, QUESTIONS.length - 1)]}`;
		const fields = draws.chance(0.5)
			? { [question]: { value: { type: 'scale', level: draws.between(1, 4) } } }
			: { state: draws.chance(0.9) ? 'finished' : 'draft', note: `vu ${draws.between(1, 1000)}` };
		const seen = Object.fromEntries(
			Object.keys(fields).map((field) => [field, last.has(field) ? [last.get(field)!] : []])
		);
		const change = changeOf(draws, 'interview', fields, { record: id, seen });
		for (const field of Object.keys(fields)) last.set(field, change.id);
		return change;
	}

	#excerpt({ id, antenna }: Interview): Change {
		const draws = this.#draws;
		const words = 'On se sent utile';
		return changeOf(
			draws,
			'excerpt',
			{
				campaign: this.scene.campaign,
				stakeholder: 'employee',
				antenna,
				passage: { question: QUESTIONS[0]!, from: 0, to: words.length, words },
				criterion: this.scene.criteria[draws.between(0, 3)]!,
				valence: draws.chance(0.5) ? 'added' : 'improve',
				quote: 'anonymous'
			},
			{ about: id }
		);
	}

	/** A cell that the others fill too: settled three times in four, else another value beside theirs. */
	#reading(): Change {
		const draws = this.#draws;
		const record = readingId({
			campaign: this.scene.campaign,
			place: this.scene.antennas[draws.between(0, 1)]!,
			period: `2014-${String(draws.between(1, 12)).padStart(2, '0')}`,
			indicator: INDICATORS[draws.between(0, INDICATORS.length - 1)]!
		});
		const seen = draws.chance(0.75) ? (this.#cells.get(record) ?? []) : [];
		return changeOf(draws, 'reading', { value: { amount: draws.between(0, 2000) } }, { record, seen: { value: seen } });
	}
}

/** A kind that no version knows: acknowledged too, and kept in quarantine. */
const ODD = 'torture';

/** Writers at work together. */
export class Crowd {
	readonly statuses = new Map<number, number>();
	#composing = true;
	#stopped = false;
	#done: Promise<unknown>;

	constructor(readonly writers: readonly Writer[]) {
		this.#done = Promise.all(writers.map((writer) => this.#work(writer)));
	}

	async #work(writer: Writer): Promise<void> {
		while (!this.#stopped) {
			const status = await writer.step(this.#composing);
			if (status !== undefined) this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
			if (status !== 200) await wait(status === undefined ? 5 : 15);
		}
	}

	/** Waits for so many more acknowledged batches, as long as they go on coming. */
	async work(batches: number): Promise<void> {
		const done = () => this.statuses.get(200) ?? 0;
		const [begun, goal] = [Date.now(), done() + batches];
		while (done() < goal && Date.now() - begun < 5000) await wait(5);
	}

	/** Begins nothing new, and waits until everything sent is acknowledged. */
	async drain(): Promise<void> {
		this.#composing = false;
		const begun = Date.now();
		while (this.writers.some(({ waiting }) => waiting)) {
			if (Date.now() - begun > 60_000) throw new Error(`not drained: ${JSON.stringify([...this.statuses])}`);
			await wait(5);
		}
	}

	resume(): void {
		this.#composing = true;
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		await this.#done;
	}

	get told(): Told[] {
		return this.writers.flatMap(({ told }) => [...told.values()]);
	}

	/** What was acknowledged since the last time this was asked. */
	takeNews(): string[] {
		return this.writers.flatMap((writer) => writer.news.splice(0));
	}
}

/** Per record and field, the changes whose values stand: a value is current as long as no stored change names it. The same
 * words as the merge's, from the acknowledgements alone. */
export function standing(told: readonly Told[]): Map<string, Map<string, Map<string, unknown>>> {
	const named = new Set<string>();
	for (const { change } of told)
		for (const [field, ids] of Object.entries(change.seen)) for (const id of ids) named.add(`${id}|${field}`);
	const records = new Map<string, Map<string, Map<string, unknown>>>();
	for (const { change, verdict } of told) {
		if (verdict === 'quarantined') continue;
		const fields = records.get(change.record) ?? new Map<string, Map<string, unknown>>();
		records.set(change.record, fields);
		for (const [field, value] of Object.entries(change.fields)) {
			const current = fields.get(field) ?? new Map<string, unknown>();
			fields.set(field, current);
			if (!named.has(`${change.id}|${field}`)) current.set(change.id, value);
		}
	}
	return records;
}

/** Where what somebody reads differs from what was acknowledged: missing, doubled, different or never sent. */
export function differences(
	read: readonly Record[],
	expected: ReadonlyMap<string, Map<string, Map<string, unknown>>>,
	isTheirs: (record: string) => boolean
): string[] {
	const faults: string[] = [];
	const found = new Map(read.map((record) => [record.id, record]));
	if (found.size !== read.length) faults.push(`${read.length - found.size} records came twice`);
	for (const [id, fields] of expected) {
		if (!isTheirs(id)) continue;
		const record = found.get(id);
		if (!record) {
			faults.push(`${id} is not readable`);
			continue;
		}
		for (const [field, current] of fields) {
			const there = record.fields[field] ?? [];
			const same =
				there.length === current.size &&
				there.every(
					({ change, value }) => current.has(change) && JSON.stringify(current.get(change)) === JSON.stringify(value)
				);
			if (!same)
				faults.push(
					`${id} ${field}: ${there.map(({ change }) => change).join()}, expected ${[...current.keys()].join()}`
				);
		}
	}
	for (const { id, kind } of read)
		if (['interview', 'excerpt', 'reading'].includes(kind) && !expected.has(id)) faults.push(`${id}: nobody sent it`);
	return faults;
}
