import { groupBy } from '../../src/lib/domain/grouped.ts';
import type { Subject } from '$lib/domain/kinds/kind';
import type { Grant } from '$lib/domain/structure';
import type { Fields } from '$lib/domain/record';
import type { Tally } from '$lib/domain/tallies';
import type { Contents, Device, Tab } from './device.ts';
import type { Server } from './server.ts';

/** Something that must never happen has. */
export class Violation extends Error {}

export const must = (holds: boolean, what: () => string): void => {
	if (!holds) throw new Violation(what());
};

/** One change as its person saw it kept: for each field the values that may stand there, by the window they were typed in.
 * What was typed and never called « enregistré » may be there or not. */
type Edit = {
	id: string;
	device: Device;
	kind: string;
	record: string;
	about?: string | undefined;
	fields: Map<string, Map<Tab, { values: string[]; confirmed: boolean }>>;
	/** Why nothing more is asked of it: its device was wiped before it left, its server lost it after every copy was gone. */
	excused?: string;
};

type Asked = { record: string; kind: string; about?: string | undefined; fields: { [field: string]: unknown } };

/** What people know they have done, apart from anything the product says of it. */
export class Model {
	readonly edits = new Map<string, Edit>();
	readonly erased = new Set<string>();
	readonly deleted = new Set<string>();
	/** What some backup holds: from then on its device need not. */
	readonly covered = new Set<string>();
	/** What was on a device whose storage was wiped: it cannot show it. */
	readonly wipedIds = new Set<string>();
	/** What somebody was ever given the right to do. */
	readonly everHad = new Map<string, Grant[]>();
	/** The forms a record was typed in. */
	readonly forms = new Map<string, Set<object>>();
	readonly grants = new Map<string, Grant[]>();
	/** Changes of rights that are on their way: which of the two is in force nobody knows yet. */
	asked: { person: string; grants: Grant[] }[] = [];

	ask(person: string, grants: Grant[]): void {
		this.asked.push({ person, grants });
		this.everHad.set(person, [...(this.everHad.get(person) ?? []), ...grants]);
	}

	possibleGrants = (person: string): Grant[] => [
		...this.grants.get(person)!,
		...this.asked.filter((one) => one.person === person).flatMap(({ grants }) => grants)
	];

	/** What the server says somebody's rights are. */
	follow(person: string, grants: Grant[]): void {
		this.grants.set(person, grants);
		this.everHad.set(person, [...(this.everHad.get(person) ?? []), ...grants]);
		const known = JSON.stringify(grants);
		const at = this.asked.findLastIndex((one) => one.person === person && JSON.stringify(one.grants) === known);
		this.asked = this.asked.filter((one, i) => one.person !== person || i > at);
	}

	attempt(tab: Tab, id: string, { record, kind, about, fields }: Asked): void {
		const edit = this.#edit(tab.device, id, { record, kind, about });
		for (const [field, value] of Object.entries(fields)) {
			const tabs = edit.fields.get(field) ?? new Map<Tab, { values: string[]; confirmed: boolean }>();
			const known = tabs.get(tab) ?? { values: [], confirmed: false };
			tabs.set(tab, { ...known, values: [...known.values, JSON.stringify(value)] });
			edit.fields.set(field, tabs);
		}
		if ('deleted' in fields) this.deleted.add(record);
	}

	/** @param attempted the id it was tried under; @param id the change that took it in */
	confirm(tab: Tab, attempted: string, id: string, asked: Asked): void {
		if (attempted !== id) {
			this.#forget(tab, attempted, asked);
			this.attempt(tab, id, asked);
		}
		const edit = this.edits.get(id)!;
		for (const [field, value] of Object.entries(asked.fields))
			edit.fields.get(field)!.set(tab, { values: [JSON.stringify(value)], confirmed: true });
	}

	#edit(device: Device, id: string, { record, kind, about }: Omit<Asked, 'fields'>): Edit {
		const known = this.edits.get(id);
		if (known) return known;
		const made: Edit = { id, device, kind, record, about, fields: new Map() };
		this.edits.set(id, made);
		return made;
	}

	#forget(tab: Tab, id: string, { fields }: Asked): void {
		const edit = this.edits.get(id);
		for (const field of Object.keys(fields)) edit?.fields.get(field)?.delete(tab);
	}

	/** Whether anything of it was called « enregistré ». */
	isConfirmed = ({ fields }: Edit): boolean =>
		[...fields.values()].some((tabs) => [...tabs.values()].some(({ confirmed }) => confirmed));

	isErased = ({ record, about }: Edit): boolean =>
		this.erased.has(record) || (about !== undefined && this.erased.has(about));

	/** What a device has not sent is lost with it, and nobody says otherwise. */
	wiped(device: Device, known: ReadonlySet<string>): void {
		for (const edit of this.edits.values()) {
			if (edit.device !== device) continue;
			this.wipedIds.add(edit.id);
			if (known.has(edit.id)) this.covered.add(edit.id);
			else edit.excused ??= 'wiped';
		}
	}

	/** I2, I4, I9: everything confirmed on this device is on it, until a backup of the server holds it. */
	checkKept(device: Device, contents: Contents, onServer: ReadonlySet<string>): void {
		const here = idsHeld(contents);
		for (const edit of this.edits.values()) {
			if (edit.device !== device || edit.excused || !this.isConfirmed(edit) || this.isErased(edit)) continue;
			const { id, kind } = edit;
			must(here.has(id) || onServer.has(id), () => `I2: ${kind} ${id} of ${device.name} is nowhere`);
			must(
				here.has(id) || this.covered.has(id),
				() => `I9: ${kind} ${id} left ${device.name} before any backup had it`
			);
		}
	}

	/** What was typed is what is there: in the history, or in quarantine as it came. */
	checkArrived(stored: ReadonlyMap<string, { [field: string]: unknown }>, quarantined: readonly string[]): void {
		for (const edit of this.edits.values()) {
			if (edit.excused || !this.isConfirmed(edit) || this.isErased(edit)) continue;
			const there = stored.get(edit.id);
			if (!there) {
				must(
					quarantined.some((raw) => raw.includes(edit.id)),
					() => `I4: ${edit.kind} ${edit.id} of ${edit.device.name} was confirmed and never arrived`
				);
				continue;
			}
			for (const [field, tabs] of edit.fields) {
				const allowed = [...tabs.values()];
				if (!allowed.some(({ confirmed }) => confirmed)) continue;
				const value = JSON.stringify(there[field]);
				must(
					allowed.some(({ values }) => values.includes(value)),
					() =>
						`I1: ${edit.id} says ${field} ${value}, confirmed was ${JSON.stringify(allowed.map(({ values }) => values))}`
				);
			}
		}
	}
}

/** The ids of the changes that a device still holds, wherever. */
export const idsHeld = ({ outbox, sent, refused }: Contents): Set<string> =>
	new Set([
		...outbox.map(({ id }) => id),
		...sent.flatMap(({ changes }) => changes.map(({ id }) => id)),
		...refused.map(({ id }) => id)
	]);

type StoredChange = { id: string; record_id: string; fields: string; seen: string; sequence: number };

/** What others read is what is approved and agreed to, and nothing else. */
async function checkQuotes({ lib, app }: Server, structure: string, subjects: Map<string, Subject>): Promise<void> {
	const rows = await app.db.selectFrom('quote').selectAll().where('structure_id', '=', structure).execute();
	const from = new Map(rows.map(({ excerpt_id, ...row }) => [excerpt_id, row]));
	const quotes = [...subjects.values()].filter(({ kind }) => kind === 'quote');
	must(quotes.length === rows.length, () => `I8: ${quotes.length} quotes, ${rows.length} known to come from somewhere`);
	for (const excerpt of subjects.values()) {
		if (excerpt.kind !== 'excerpt') continue;
		const interview = excerpt.about ? subjects.get(excerpt.about) : undefined;
		const wanted = excerpt.owner === '-' ? undefined : lib.quoteFrom(excerpt, { interview });
		const row = from.get(excerpt.id);
		const quote = row && subjects.get(row.quote_id);
		must(
			lib.canonical(quote ? lib.valuesOf(quote.fields) : null) === lib.canonical(wanted ?? null),
			() => `I8: what is read of ${excerpt.id} is not what was approved and agreed to`
		);
		must(
			!row || row.approval === lib.seenOf(excerpt.fields, 'approval').join(' '),
			() => `I8: the quote of ${excerpt.id} is of another approval`
		);
	}
}

/** What the server stores agrees with itself: every record is what its history makes it (I3), every tally and every digest
 * what the records make them (I6). */
export async function checkServer(server: Server, structure: string): Promise<void> {
	const { lib, app } = server;
	const { db } = app;
	const records = await db.selectFrom('record').selectAll().where('structure_id', '=', structure).execute();
	const changes = await db.selectFrom('change').selectAll().where('structure_id', '=', structure).execute();
	const subjects = new Map(
		records.map(({ about, fields, ...row }) => [
			row.id,
			{ ...row, about: about ?? undefined, fields: lib.parseFields(fields) }
		])
	);
	const byRecord = groupBy(changes, ({ record_id }) => record_id);
	for (const [id, record] of subjects)
		if (record.kind !== 'quote') checkHistory(id, record.fields, byRecord.get(id) ?? []);
	await checkQuotes(server, structure, subjects);
	for (const id of byRecord.keys()) must(subjects.has(id), () => `I3: changes of ${id} are stored, the record is not`);

	const expected = new Map(
		lib
			.addUp(
				[...subjects.values()].flatMap((record) =>
					lib.contributionsOf(record, { interview: record.about ? subjects.get(record.about) : undefined })
				)
			)
			.map((tally) => [lib.tallyKey(tally), tally])
	);
	const tallies = await db.selectFrom('tally').selectAll().where('structure_id', '=', structure).execute();
	must(tallies.length === expected.size, () => `I6: ${tallies.length} tallies, ${expected.size} by the records`);
	for (const tally of tallies) {
		const { count, amount, base } = expected.get(lib.tallyKey(tally as Tally)) ?? { count: 0, amount: 0, base: 0 };
		must(
			tally.count === count && tally.amount === amount && tally.base === base,
			() => `I6: ${lib.tallyKey(tally as Tally)} is ${tally.count}, ${count} by the records`
		);
	}
	const digests = await db.selectFrom('audience').selectAll().where('structure_id', '=', structure).execute();
	for (const { name, count, sum } of digests) {
		const digest = records
			.filter(({ audience }) => audience === name)
			.reduce((all, { id, sequence }) => lib.plus(all, id, sequence), lib.NO_ROWS);
		must(digest.count === count && digest.sum === sum, () => `I5: the digest of ${name} is not that of its records`);
	}
	const sequences = records.map(({ sequence }) => sequence);
	must(new Set(sequences).size === sequences.length, () => 'two records bear one sequence');
	const { sequence } = await db
		.selectFrom('structure')
		.select('sequence')
		.where('id', '=', structure)
		.executeTakeFirstOrThrow();
	must(Math.max(0, ...sequences) <= sequence, () => 'a record is ahead of its structure');
}

/** By the rule alone: a value is current as long as no stored change on that field names its change as seen. */
function checkHistory(id: string, fields: Fields, changes: readonly StoredChange[]): void {
	const parsed = changes.map((change) => ({
		id: change.id,
		fields: JSON.parse(change.fields) as { [field: string]: unknown },
		seen: JSON.parse(change.seen) as { [field: string]: string[] }
	}));
	const names = new Set(parsed.flatMap((change) => Object.keys(change.fields)));
	for (const field of names) {
		const named = new Set(
			parsed.flatMap((change) =>
				field in change.fields ? (change.seen[field] ?? []).filter((seen) => seen !== change.id) : []
			)
		);
		const current = parsed.filter((change) => field in change.fields && !named.has(change.id)).map(({ id }) => id);
		const there = (fields[field] ?? []).map(({ change }) => change);
		const first = Math.min(...changes.filter(({ id }) => current.includes(id)).map(({ sequence }) => sequence));
		const inUse = changes.find(({ id }) => id === there[0]);
		must(!inUse || inUse.sequence === first, () => `${field} of ${id} is not the first stored that stands`);
		must(
			current.length === there.length && current.every((one) => there.includes(one)),
			() => `I3: ${field} of ${id} is made of ${there.join(' ')}, its history says ${current.join(' ')}`
		);
	}
}
