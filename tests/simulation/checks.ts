// What must hold.
import type { Device, Tab } from './device.ts';
import { checkServer, must } from './model.ts';
import type { World } from './world.ts';

export async function look(world: World): Promise<void> {
	if (world.failed) throw world.failed;
	if (!world.server.up || world.server.app === undefined) return;
	await world.quiet();
	const { structure } = world.template;
	const { sequence } = await world.server.app.db
		.selectFrom('structure')
		.select('sequence')
		.where('id', '=', structure)
		.executeTakeFirstOrThrow();
	if (sequence === world.checked || !world.random.chance(0.3)) return;
	world.checked = sequence;
	await checkServer(world.server, structure);
	await world.followServer();
}

export async function checkKept(world: World, device: Device, tab: Tab): Promise<void> {
	await world.followServer();
	world.model.checkKept(device, await device.contents(tab.db), await world.onServer());
}

/** What the lists say of each record is what it says, whether they had to open it or not. */
async function checkLists({ lib, name, person }: Device, tab: Tab): Promise<void> {
	for (const kind of ['interview', 'excerpt', 'quote'] as const) {
		const views = await lib.listViews(tab.db, person, kind);
		for (const isFresh of [false, true]) {
			if (isFresh) tab.db.catalogues.clear();
			const lines = new Map((await lib.listLines(tab.db, person, kind)).map((line) => [line.id, line]));
			must(lines.size === views.length, () => `lists: ${name} lists ${lines.size} of ${views.length} of ${kind}`);
			for (const { id, fields } of views) {
				const values: { [field: string]: unknown } = lib.valuesOf(fields);
				for (const [field, said] of Object.entries(lines.get(id)?.said ?? { id }))
					must(
						lib.canonical(said ?? null) === lib.canonical(values[field] ?? null),
						() => `lists: ${name} says ${kind} ${id} ${field} wrongly`
					);
			}
		}
	}
}

export async function checkAll(world: World): Promise<void> {
	const { app, lib } = world.server;
	const { structure } = world.template;
	await checkServer(world.server, structure);
	const records = await app.db.selectFrom('record').selectAll().where('structure_id', '=', structure).execute();
	const changes = await app.db.selectFrom('change').selectAll().where('structure_id', '=', structure).execute();
	const quarantine = await app.db.selectFrom('quarantine').selectAll().where('structure_id', '=', structure).execute();
	const stored = new Map(changes.map(({ id, fields }) => [id, JSON.parse(fields) as { [field: string]: unknown }]));
	const released = quarantine.filter(({ decision }) => decision === 'released').map(({ change_id }) => change_id);
	world.model.checkArrived(stored, [...quarantine.map(({ raw }) => raw), ...released]);
	checkAuthors(world, changes);
	checkRights(world, changes, new Set(released));
	checkForms(world, records);

	for (const { id, fields } of records)
		if (world.withdrawn.has(id))
			must(
				lib.answerInForce(lib.parseFields(fields), 'consent:citation-anonyme') === 'no',
				() => `a withdrawal on ${id} was undone without its person`
			);

	const erased = new Set((await app.db.selectFrom('erased').select('id').execute()).map(({ id }) => id));
	const traces = JSON.stringify([records, changes, quarantine]);
	for (const id of erased) must(!traces.includes(id), () => `I7: ${id} was erased and is on the server`);
	for (const device of world.devices) {
		const tab = device.tabs[0]!;
		await world.run(tab.process, async () => {
			const contents = await device.contents(tab.db);
			const { position, aside } = contents;
			must(contents.outbox.length === 0, () => `liveness: ${device.name} still has an outbox`);
			must(position?.digest === 'equal', () => `I5: ${device.name} says ${position?.digest}`);
			const actor = { id: device.person, grants: world.model.grants.get(device.person)! };
			const audiences = await lib.audiencesOf(app.db, structure, actor);
			const own = records.filter(({ audience }) => audience !== null && audiences.includes(audience));
			must(
				own.length === contents.records.length,
				() => `I5: ${device.name} has ${contents.records.length} records, ${own.length} are its`
			);
			for (const row of contents.records) {
				const there = own.find(({ id }) => id === row.id);
				const opened = await tab.db.openRecord(row);
				must(
					there?.sequence === row.sequence,
					() => `I5: ${device.name} has ${row.kind} ${row.id} at ${row.sequence}, not ${there?.sequence}`
				);
				if (row.stub) continue;
				const theirs = lib.parseFields(there!.fields);
				for (const field of new Set([...Object.keys(theirs), ...Object.keys(opened.fields)])) {
					const both = [opened.fields, theirs].map((fields) => lib.canonical(fields[field] ?? null));
					must(
						both[0] === both[1],
						() => `I5: ${device.name} shows ${row.kind} ${row.id} ${field} as ${both.join(', not ')}`
					);
				}
			}
			await checkLists(device, tab);
			for (const { id, proof } of contents.erased)
				must(
					!proof || erased.has(id),
					() => `I7: ${device.name} can prove that ${id} was erased, and the server does not know it`
				);
			const [listed] = [
				JSON.stringify(
					[contents.records, contents.outbox, contents.sent, contents.refused, aside].map((rows) =>
						(rows as object[]).map(withoutSealed)
					)
				)
			];
			for (const id of erased) must(!listed.includes(id), () => `I7: ${id} was erased and is on ${device.name}`);
			for (const { id, problem } of contents.refused)
				must(
					quarantine.some(({ change_id }) => change_id === id),
					() => `I4: ${id} is refused (${problem}) on ${device.name} and nowhere on the server`
				);
			for (const { record, change } of world.shown.filter((one) => one.device === device))
				must(
					stored.has(change) || erased.has(record) || aside.some(({ id }) => id === record),
					() => `I9: ${change} of ${record} stood on ${device.name} when the server came back from before it`
				);
			const mine = quarantine.filter((one) => one.device_id === device.place.device && one.person_id === device.person);
			for (const { change_id, decision } of mine)
				if (decision === null && !world.model.wipedIds.has(change_id))
					must(
						contents.refused.some(({ id }) => id === change_id),
						() => `I4: ${change_id} is in quarantine and ${device.name} does not show it`
					);
			await checkRecordings(world, device, tab);
			await device.unlock(tab.process);
			const shown = lib.canonical(device.session.person.grants);
			must(
				shown === lib.canonical(actor.grants),
				() => `I8: ${device.name} shows rights ${shown}, the server judges by ${lib.canonical(actor.grants)}`
			);
		});
	}
}

/** I8: what is stored under somebody's name was written by them. */
function checkAuthors(world: World, changes: readonly { id: string; person_id: string }[]): void {
	for (const { id, person_id } of changes) {
		const edit = world.model.edits.get(id);
		if (edit)
			must(edit.device.person === person_id, () => `I8: ${id} of ${edit.device.name} is stored as somebody else's`);
	}
}

/** I8: a figure was typed by somebody who, once at least, had the right to; or the office took it after all. */
function checkRights(
	world: World,
	changes: readonly { id: string; record_id: string; kind: string; person_id: string }[],
	released: ReadonlySet<string>
): void {
	for (const { id, record_id, kind, person_id } of changes) {
		if (kind !== 'reading' || released.has(id)) continue;
		const place = record_id.split(':')[2]!;
		const had = world.model.everHad.get(person_id) ?? [];
		must(
			had.some(({ role, antennas }) => role === 'director' || (role === 'antenna-staff' && antennas.includes(place))),
			() => `I8: ${id} is a figure of an antenna its author never worked for`
		);
	}
}

/** Nobody disagrees with themselves: what was typed in one form alone is never contested. */
function checkForms(world: World, records: readonly { id: string; fields: string }[]): void {
	for (const { id, fields } of records) {
		if (world.model.forms.get(id)?.size !== 1) continue;
		for (const [field, current] of Object.entries(world.server.lib.parseFields(fields)))
			must(current.length <= 1, () => `${field} of ${id} is contested, and one form wrote it`);
	}
}

async function checkRecordings(world: World, device: Device, tab: Tab): Promise<void> {
	const { app } = world.server;
	for (const [hash, recording] of world.recordings) {
		if (recording.device !== device || world.model.erased.has(recording.about)) continue;
		const here = await tab.db.media.get([recording.about, hash]);
		const row = await app.db
			.selectFrom('media')
			.select(['completed_at', 'received'])
			.where('hash', '=', hash)
			.executeTakeFirst();
		must(here !== undefined || Boolean(row?.completed_at), () => `media: ${hash} is whole nowhere`);
	}
}

const withoutSealed = (row: object): object => ({
	...row,
	sealed: undefined,
	changes: 'changes' in row ? (row.changes as object[]).map(withoutSealed) : undefined
});
