import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Change } from '$lib/domain/change';
import type { App } from '$lib/server/app';
import { backUp, restore } from '$lib/server/keeping/backup';
import { openDatabase, sqliteFile } from '$lib/server/database/open';
import { replayLedger } from '$lib/server/keeping/erasure';
import { ledgerFile } from '$lib/server/keeping/ledger';
import { DATABASES } from '../support/databases';
import {
	approve,
	deviceOf,
	hear,
	idOf,
	OPEN_QUESTION,
	openOffice,
	openOther,
	problem,
	quoted,
	told,
	type Office,
	approving,
	seenBy
} from '../support/office';
import { call, change, pullAll, sync, uuid, type Device } from '../support/server';
import { dump, expectSound, storedRecords, tracesOf } from '../support/stored';

/** Twenty things somebody said or is known by, spread over everything that is made of an interview. */
const MARKERS = Array.from({ length: 20 }, (_, i) => `marqueur-${String.fromCharCode(97 + i).repeat(6)}`);
const CODE = 'ABCDE-23456';

/** Under an id that capitals change. */
const LETTERS = 'abcdefab-cdef-4abc-8def-abcdefabcdef';
const lettered = (one: Change): Change => ({ ...one, id: LETTERS, record: LETTERS });

type Said = { interview: string; excerpts: string[]; changes: Change[] };

/** Sandrine hears somebody who says all the markers: in answers, a label, notes, corrections, quotes, quarantined edits. */
async function hearAll(office: Office): Promise<Said> {
	const { app, sandrine, claire, nadia } = office;
	const words = MARKERS.slice(0, 4).join(' ');
	const first = lettered(
		told(office, {
			words,
			code: CODE,
			fields: {
				label: MARKERS[4],
				note: MARKERS[5],
				'answer:q-client-1': { words: MARKERS[6], value: 2 },
				unknownField: { deep: [MARKERS[7]] }
			}
		})
	);
	const about = first.record;
	const edit = change(
		'interview',
		{ [`answer:${OPEN_QUESTION}`]: { words: `${words} ${MARKERS[8]}` }, note: MARKERS[9] },
		{ record: about, seen: { [`answer:${OPEN_QUESTION}`]: [first.id], note: [first.id] } }
	);
	const other = change('interview', { label: MARKERS[10] }, { record: about }); // contested: both stand
	const one = quoted(office, about, MARKERS[0]!);
	const two = quoted(office, about, MARKERS[11]!);
	const deleted = quoted(office, about, MARKERS[12]!);
	const gone = change('excerpt', { deleted: { named: [deleted.id] } }, { record: deleted.record, about });
	const moved = change(
		'excerpt',
		{ passage: { question: OPEN_QUESTION, start: 0, end: 9, words: MARKERS[13] } },
		{
			record: two.record,
			about,
			seen: { passage: [two.id] }
		}
	);
	for (const batch of [
		[first, edit, other, one, two, deleted],
		[gone, moved]
	]) {
		const { receipts } = await sync(app, sandrine, batch);
		expect(receipts.map(({ verdict }) => verdict)).not.toContain('quarantined');
	}
	await approve(office, one.record, about);
	// What was refused is kept as it came, and names them in every way.
	const refused: unknown[] = [
		change('interview', { note: MARKERS[14], stakeholder: 'nobody' }, { record: about }),
		change('visit', { words: MARKERS[15] }, { about }),
		{ unreadable: MARKERS[16], interview: about },
		{ unreadable: MARKERS[17], interview: about.toUpperCase() },
		change('excerpt', { quote: MARKERS[18] }, { record: two.record, about })
	];
	await sync(app, sandrine, refused);
	await sync(app, nadia, [change('interview', { note: MARKERS[19] }, { record: about })]);
	await pullAll(app, claire);
	return {
		interview: about,
		excerpts: [one.record, two.record, deleted.record],
		changes: [first, edit, other, one, two, deleted, gone, moved]
	};
}
const erase = ({ app, claire }: Office, id: string, as: Device = claire) =>
	call(app, 'DELETE', `/api/testimonies/${id}`, { as });

/** Everything the SQLite files hold, free pages and journal included. */
function bytesOf(app: { folder: string }): Buffer {
	const file = sqliteFile(app.folder);
	return Buffer.concat(['', '-wal'].map((end) => readFileSync(file + end)));
}
const inBytes = (bytes: Buffer): string[] => MARKERS.filter((marker) => bytes.includes(marker));
/** Where an id stands. */
const placesOf = async (app: App, id: string) => (await tracesOf(app, [id])).map((one) => one.split(' in ')[1]);

describe.each(DATABASES)('a testimony erased on %s', (name) => {
	test('leaves no trace of what was said in any table, and none in the file', async () => {
		const office = await openOffice(name);
		const { app } = office;
		const { interview, excerpts } = await hearAll(office);
		const before = await tracesOf(app, MARKERS);
		for (const marker of MARKERS) expect(before.join(), 'the search finds what is there').toContain(marker);
		const quotes = await app.db.selectFrom('quote').selectAll().execute();
		expect(quotes).toHaveLength(1);
		expect((await erase(office, interview)).status).toBe(204);
		expect(await tracesOf(app, MARKERS)).toEqual([]);
		if (name === 'SQLite') {
			expect(inBytes(bytesOf(app))).toEqual([]);
			await sql`pragma wal_checkpoint(truncate)`.execute(app.db);
			expect(inBytes(bytesOf(app))).toEqual([]);
			expect(statSync(`${sqliteFile(app.folder)}-wal`).size).toBe(0);
		}
		// Ids are what is left, so that it does not come back: nothing else.
		const allowed = ['erased', 'journal', 'mark'];
		for (const id of [interview, ...excerpts])
			expect(
				(await placesOf(app, id)).filter((table) => !allowed.includes(table!)),
				id
			).toEqual([]);
		const erased = await app.db.selectFrom('erased').selectAll().execute();
		// With the ids of what others read of them.
		expect(erased.map(({ id }) => id)).toEqual(expect.arrayContaining([interview, ...excerpts]));
		expect(erased).toHaveLength(1 + excerpts.length + quotes.length);
		expect(readFileSync(join(app.folder, 'erased.ledger'), 'utf8')).not.toMatch(/marqueur/);
	});

	test('takes its part out of every count, and what is left still agrees with itself', async () => {
		const office = await openOffice(name);
		const { app, structure } = office;
		await hear(office, { words: 'Une autre parole', quote: 'Une autre' });
		const tallies = async () => (await dump(app)).tally!.map((row) => JSON.stringify(row)).toSorted();
		const before = await tallies();
		const { interview } = await hearAll(office);
		expect(await tallies()).not.toEqual(before);
		await erase(office, interview);
		expect(await tallies()).toEqual(before);
		await expectSound(app, structure);
	});

	test('leaves alone what others said', async () => {
		const office = await openOffice(name);
		const { app, structure } = office;
		const { interview: kept, excerpt } = await hear(office, {
			words: 'Une autre parole',
			quote: 'Une autre',
			code: 'ZZZZZ-22222'
		});
		const stray = { unreadable: 'une parole perdue', interview: kept };
		await sync(app, office.sandrine, [stray]);
		const { interview } = await hearAll(office);
		await erase(office, interview);
		const records = await storedRecords(app, structure);
		expect(records.map(({ id }) => id)).toEqual(expect.arrayContaining([kept, excerpt]));
		expect(await placesOf(app, 'une parole perdue')).toEqual(['quarantine']);
		expect(await app.db.selectFrom('receipt').selectAll().execute()).toMatchObject([{ record_id: kept }]);
	});

	test('reaches every device that ever had it: its interviewer’s, the office’s, and those a quote had left; its id reaches all', async () => {
		const office = await openOffice(name);
		const { app, claire, sandrine, nadia, paul } = office;
		const said = await hearAll(office);
		const quote = ((await app.db.selectFrom('quote').selectAll().execute()) as { quote_id: string }[])[0]!.quote_id;
		const standing = new Map<Device, Awaited<ReturnType<typeof pullAll>>>();
		for (const device of [claire, sandrine, nadia, paul]) standing.set(device, await pullAll(app, device));
		// Set aside: it leaves everybody's device before the erasure.
		await sync(app, claire, [
			change('excerpt', await approving(app, claire, said.excerpts[0]!, 'set-aside'), {
				...{ record: said.excerpts[0]!, about: said.interview },
				seen: { approval: await seenBy(app, claire, said.excerpts[0]!, 'approval') }
			})
		]);
		expect((await pullAll(app, nadia)).records.map(({ id }) => id)).not.toContain(quote);
		await erase(office, said.interview);
		const marked = async (device: Device) => {
			const { marks } = await sync(app, device, [], standing.get(device));
			return [...new Set(marks.filter(({ erased }) => erased).map(({ id }) => id))].toSorted();
		};
		expect(await marked(sandrine)).toEqual([said.interview, ...said.excerpts].toSorted());
		expect(await marked(claire)).toEqual([said.interview, ...said.excerpts].toSorted());
		for (const device of [nadia, paul]) expect(await marked(device)).toEqual([said.interview]);
		for (const device of [claire, sandrine, nadia]) {
			const { records } = await pullAll(app, device);
			expect(records.filter(({ id }) => [said.interview, ...said.excerpts].includes(id))).toEqual([]);
		}
	});

	test('does not come back from a stale device, whatever it sends', async () => {
		const office = await openOffice(name);
		const { app, sandrine, claire, structure } = office;
		const { interview, excerpts, changes } = await hearAll(office);
		await erase(office, interview);
		const before = await storedRecords(app, structure);
		const stale: unknown[] = [
			...changes,
			change('interview', { note: MARKERS[0] }, { record: interview, seen: { note: [changes[1]!.id] } }),
			change('interview', { ...told(office).fields, note: MARKERS[1] }, { record: interview, id: interview }),
			quoted(office, interview, MARKERS[2]!),
			quoted(office, interview.toUpperCase(), MARKERS[2]!),
			change('excerpt', { approval: { decision: 'approved', of: [] } }, { record: excerpts[0]!, about: interview }),
			change('visit', { words: MARKERS[3] }, { about: interview }),
			change('visit', { words: MARKERS[3], interviews: [{ one: interview }] }),
			{ nothing: 'readable', at: [interview], words: MARKERS[4] },
			{ nothing: 'readable', at: `se souvient de ${interview.toUpperCase()} !`, words: MARKERS[4] },
			`${MARKERS[5]} ${interview}`,
			[[[[interview, MARKERS[6]]]]],
			{ [interview]: MARKERS[7] }
		];
		for (const device of [sandrine, claire]) {
			const { receipts } = await sync(app, device, stale);
			expect(receipts.map(({ verdict }) => verdict)).toEqual(stale.map(() => 'erased'));
		}
		expect(await tracesOf(app, MARKERS)).toEqual([]);
		expect(await storedRecords(app, structure)).toEqual(before);
		// It holds nothing else back.
		const good = told(office);
		const { receipts } = await sync(app, sandrine, [stale[0], good, stale[9]]);
		expect(receipts.map(({ verdict }) => verdict)).toEqual(['erased', 'applied', 'erased']);
	});

	test.each([
		['in capitals', (id: string) => id.toUpperCase()],
		['of another form', (id: string) => `fiche-papier-${id.slice(-4)}`]
	])('does not come back under an id %s, as some device wrote it', async (_, written) => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const about = written(LETTERS);
		const first = { ...told(office, { words: MARKERS[0]! }), record: about };
		const excerpt = quoted(office, about, MARKERS[0]!);
		const { receipts } = await sync(app, sandrine, [first, excerpt]);
		expect(receipts.map(({ verdict }) => verdict)).toEqual(['applied', 'applied']);
		expect((await erase(office, about)).status).toBe(204);
		const stale = [
			first,
			excerpt,
			change('interview', { note: MARKERS[1] }, { record: about }),
			quoted(office, about, MARKERS[2]!)
		];
		const again = await sync(app, sandrine, stale);
		expect(again.receipts.map(({ verdict }) => verdict)).toEqual(stale.map(() => 'erased'));
		expect(await tracesOf(app, MARKERS)).toEqual([]);
	});

	test('is erased for whoever asks once: a second time there is nothing', async () => {
		const office = await openOffice(name);
		const { interview, excerpts } = await hearAll(office);
		expect((await erase(office, interview)).status).toBe(204);
		for (const id of [interview, ...excerpts, uuid(), office.campaign, idOf(office.sandrine)])
			expect(await problem(await erase(office, id))).toEqual([404, 'record.missing']);
	});

	test('is erased by a director of its own structure only', async () => {
		const office = await openOffice(name);
		const { app, sandrine, nadia, paul } = office;
		const { interview } = await hear(office, { words: MARKERS[0]! });
		for (const as of [sandrine, nadia, paul])
			expect(await problem(await erase(office, interview, as))).toEqual([403, 'right.missing']);
		const other = await openOther(app);
		expect(await problem(await erase(office, interview, other))).toEqual([404, 'record.missing']);
		expect((await tracesOf(app, [MARKERS[0]!])).length).toBeGreaterThan(0);
		expect((await dump(app)).erased).toEqual([]);
	});

	test('is noted in the journal: who did it, to which id, and nothing more', async () => {
		const office = await openOffice(name);
		const { app, claire } = office;
		const { interview } = await hearAll(office);
		await erase(office, interview);
		const lines = await app.db.selectFrom('journal').selectAll().where('act', '=', 'person.erased').execute();
		expect(lines).toMatchObject([
			{ person_id: idOf(claire), device_id: deviceOf(claire), subject: interview, count: 1 }
		]);
	});

	test('whose server died between the ledger and the database is erased at the next start', async () => {
		const office = await openOffice(name);
		const { app, structure } = office;
		const { interview, excerpts } = await hearAll(office);
		const died: App = {
			...app,
			ledger: {
				...app.ledger,
				append(lines) {
					app.ledger.append(lines);
					throw new Error('power cut');
				}
			}
		};
		await expect(call(died, 'DELETE', `/api/testimonies/${interview}`, { as: office.claire })).rejects.toThrow(
			'power cut'
		);
		expect((await tracesOf(app, MARKERS)).length).toBeGreaterThan(19);
		await replayLedger(app);
		expect(await tracesOf(app, MARKERS)).toEqual([]);
		await expectSound(app, structure);
		const erased = await app.db.selectFrom('erased').selectAll().execute();
		expect(erased.map(({ id }) => id)).toEqual(expect.arrayContaining([interview, ...excerpts]));
		expect(erased).toHaveLength(2 + excerpts.length);
		const sequence = (await dump(app)).structure![0]!.sequence;
		await replayLedger(app);
		expect((await dump(app)).structure![0]!.sequence).toBe(sequence); // once is enough
	});

	test('is not erased when its line could not be written down', async () => {
		const office = await openOffice(name);
		const { app, claire } = office;
		const { interview } = await hearAll(office);
		const before = await dump(app);
		const append = () => {
			throw new Error('no room');
		};
		const full: App = { ...app, ledger: { ...app.ledger, append } };
		await expect(call(full, 'DELETE', `/api/testimonies/${interview}`, { as: claire })).rejects.toThrow('no room');
		expect(await dump(app)).toEqual(before);
	});

	test('of a structure that this server does not know is passed over at the start', async () => {
		const office = await openOffice(name);
		const { app } = office;
		const before = await dump(app);
		app.ledger.append([{ structure: uuid(), id: uuid(), at: 'x' }]);
		await replayLedger(app);
		expect(await dump(app)).toEqual(before);
	});
});

describe('a backup older than an erasure', () => {
	test('brings nobody back: the ledger is replayed before anything is answered, and what devices offer again is refused', async () => {
		const office = await openOffice('SQLite');
		const { app, structure, sandrine } = office;
		const { interview, excerpts, changes } = await hearAll(office);
		const { interview: kept } = await hear(office, { words: 'Une autre parole' });
		const file = await backUp(app, join(app.folder, 'backups'));
		await erase(office, interview);
		const folder = mkdtempSync(join(tmpdir(), 'temoin-restore-'));
		onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
		await restore(app, file, folder);
		const again = { ...app, folder, db: await openDatabase({ folder }, '*') };
		onTestFinished(() => again.db.destroy());
		expect((await tracesOf(again, MARKERS)).length).toBeGreaterThan(19);
		await replayLedger(again);
		expect(await tracesOf(again, MARKERS)).toEqual([]);
		expect(inBytes(bytesOf(again))).toEqual([]);
		await expectSound(again, structure);
		const { receipts } = await sync(again, sandrine, changes);
		expect(receipts.every(({ verdict }) => verdict === 'erased')).toBe(true);
		const { records, marks } = await pullAll(again, sandrine);
		expect(records.map(({ id }) => id)).toContain(kept);
		expect(records.filter(({ id }) => [interview, ...excerpts].includes(id))).toEqual([]);
		expect(marks.filter(({ erased }) => erased).map(({ id }) => id)).toContain(interview);
	});

	test('made before the testimony was there knows it as erased all the same', async () => {
		const office = await openOffice('SQLite');
		const { app, sandrine } = office;
		const file = await backUp(app, join(app.folder, 'backups'));
		const { interview, changes } = await hearAll(office);
		await erase(office, interview);
		const folder = mkdtempSync(join(tmpdir(), 'temoin-restore-'));
		onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
		await restore(app, file, folder);
		const again = { ...app, folder, db: await openDatabase({ folder }, '*') };
		onTestFinished(() => again.db.destroy());
		await replayLedger(again);
		const { receipts } = await sync(again, sandrine, changes);
		expect(receipts.every(({ verdict }) => verdict === 'erased')).toBe(true);
		expect(await tracesOf(again, MARKERS)).toEqual([]);
	});
});

describe('the ledger', () => {
	const fresh = () => {
		const folder = mkdtempSync(join(tmpdir(), 'temoin-ledger-'));
		onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
		const file = join(folder, 'deeper', 'erased.ledger');
		return { file, ledger: ledgerFile(file) };
	};
	const line = (id: string) => ({ structure: 's', id, at: '2014-11-12T09:00:00.000Z' });

	test('is empty while there is none, keeps what was added, and is the server’s alone to read', () => {
		const { file, ledger } = fresh();
		expect(ledger.read()).toEqual([]);
		ledger.append([line('a'), line('b')]);
		ledger.append([line('c')]);
		expect(ledger.read()).toEqual([line('a'), line('b'), line('c')]);
		expect(statSync(file).mode & 0o777).toBe(0o600);
	});

	test.each(['s', 's ', 's d', 's d ', '\u0000\u0000\u0000'])(
		'whose last line was cut by a power failure is read without it (%j)',
		(cut) => {
			const { file, ledger } = fresh();
			ledger.append([line('a')]);
			appendFileSync(file, cut);
			expect(ledger.read()).toEqual([line('a')]);
		}
	);

	test.each(['s', 's d', 's d 2014-11-12T09:00:00.0'])(
		'that was cut does not swallow the line that is added next (%j)',
		(cut) => {
			const { file, ledger } = fresh();
			ledger.append([line('a')]);
			appendFileSync(file, cut);
			ledger.append([line('b')]);
			expect(ledger.read().map(({ id }) => id)).toContain('b');
		}
	);
});
