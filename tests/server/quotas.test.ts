import { describe, expect, test, vi } from 'vitest';
import { MAX_CHANGE, MAX_FIELD } from '$lib/domain/bulk';
import { groupBy } from '$lib/domain/grouped';
import { FROM_DEVICE, FROM_PERSON, OF_DAY, OF_INTERVIEW } from '$lib/domain/quota';
import { Quarantine, QuarantineCount, QuarantineLine } from '$lib/domain/quarantine';
import { differing } from '$lib/domain/record';
import { goOnJudging, judgeAgain, judgeDue, PAGE, PART } from '$lib/server/office/quarantine';
import { afterUpgrade } from '$lib/server/keeping/upgrade';
import { DATABASES } from '../support/databases';
import { hashOf, naming, put, recording } from '../support/media';
import { deviceOf, hear, idOf, openOffice, problem, told, type Office } from '../support/office';
import { bring, openVaultOf, sealAll } from '../support/sealed';
import { call, change, deviceNamed, entered, PASSPHRASE, sync, uuid, type Device } from '../support/server';
import { expectSound, storedRecords } from '../support/stored';

/** Changes that nobody can take: of a kind that no version knows yet. */
const strange = (count: number, size = 10) =>
	Array.from({ length: count }, () => change('visit', { words: 'x'.repeat(size) }));

const verdictsOf = async (app: Office['app'], device: Device, changes: unknown[]) =>
	(await sync(app, device, changes)).receipts.map(({ verdict, problem }) =>
		problem ? `${verdict} ${problem}` : verdict
	);

const countBy = (verdicts: readonly string[]) =>
	Object.fromEntries([...groupBy(verdicts, (one) => one)].map(([verdict, all]) => [verdict, all.length]));

const HELD = 'held quarantine.full';
const UNKNOWN = 'quarantined kind.unknown';

const page = async ({ app, claire }: Office, after?: string) =>
	Quarantine.parse(
		await (
			await call(app, 'GET', `/api/quarantine${after ? `?after=${encodeURIComponent(after)}` : ''}`, { as: claire })
		).json()
	);
const counted = async ({ app, claire }: Office) =>
	QuarantineCount.parse(await (await call(app, 'GET', '/api/quarantine-count', { as: claire })).json());

const setAside = ({ app, claire }: Office, hash: string) =>
	call(app, 'POST', `/api/quarantine/${hash}/set-aside`, { as: claire, body: { reason: 'Doublon' } });

/** Somebody's second device. */
async function another({ app, structure }: Office, name: string): Promise<Device> {
	const body = { structure, name, passphrase: PASSPHRASE, device: deviceNamed('Une autre') };
	return await entered(await call(app, 'POST', '/api/session', { body }));
}

/** What a version without quotas had let in, as it lay in the table. */
async function leftBefore({ app, structure, sandrine }: Office, changes: readonly object[]): Promise<void> {
	for (let from = 0; from < changes.length; from += 100) {
		const rows = changes.slice(from, from + 100).map((one, i) => {
			const raw = JSON.stringify(one);
			return {
				...{ structure_id: structure, hash: hashOf(new TextEncoder().encode(raw)).slice(0, 22), change_id: '', raw },
				...{ problem: 'kind.unknown', fields: '[]', person_id: idOf(sandrine), device_id: deviceOf(sandrine) },
				...{ received_at: app.now.toISOString(), decision: null, decided_at: null, decided_by: null, reason: null },
				...{ number: from + i + 1, bytes: raw.length }
			};
		});
		await app.db.insertInto('quarantine').values(rows).execute();
	}
}

const give = ({ app, claire, sandrine }: Office, antennas: string[]) =>
	call(app, 'PUT', `/api/people/${idOf(sandrine)}`, {
		as: claire,
		body: { name: 'Sandrine', grants: [{ role: 'counsellor', antennas }] }
	});

describe.each(DATABASES)('what cannot be accepted, on %s', (name) => {
	test('is kept as far as there is place for it, and held beyond: what is good behind it is taken', async () => {
		const office = await openOffice(name);
		const { app, sandrine, structure } = office;
		const good = told(office);
		const verdicts = await verdictsOf(app, sandrine, [...strange(FROM_DEVICE.lines + 20), good]);
		expect(countBy(verdicts)).toEqual({ [UNKNOWN]: FROM_DEVICE.lines, [HELD]: 20, applied: 1 });
		expect(verdicts.slice(0, FROM_DEVICE.lines).every((one) => one === UNKNOWN)).toBe(true); // the first that came
		expect((await counted(office)).waiting).toBe(FROM_DEVICE.lines);
		expect((await storedRecords(app, structure)).some(({ id }) => id === good.record)).toBe(true);
		await expectSound(app, structure);
	});

	test('is counted in bytes too', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const big = strange(4, 900_000);
		for (let i = 0; i < 2; i++)
			expect(await verdictsOf(app, sandrine, strange(5, 900_000))).toEqual(Array<string>(5).fill(UNKNOWN));
		expect(await verdictsOf(app, sandrine, [...big, ...strange(1)])).toEqual([
			UNKNOWN, // 9.9 MB
			...[HELD, HELD, HELD],
			UNKNOWN
		]);
	});

	test('of one person has its place whatever the device, and takes none of a colleague’s', async () => {
		const office = await openOffice(name);
		const { app, sandrine, nadia } = office;
		const devices = [sandrine, await another(office, 'Sandrine'), await another(office, 'Sandrine')];
		const verdicts: string[] = [];
		for (const device of devices) verdicts.push(...(await verdictsOf(app, device, strange(FROM_DEVICE.lines))));
		expect(countBy(verdicts)).toEqual({ [UNKNOWN]: FROM_PERSON.lines, [HELD]: FROM_DEVICE.lines });
		expect(countBy(await verdictsOf(app, nadia, strange(3)))).toEqual({ [UNKNOWN]: 3 });
	});

	test('that waits already is judged again when it comes again, however full the place is', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const kept = strange(FROM_DEVICE.lines);
		await sync(app, sandrine, kept);
		expect(countBy(await verdictsOf(app, sandrine, kept))).toEqual({ [UNKNOWN]: FROM_DEVICE.lines });
		expect((await counted(office)).waiting).toBe(FROM_DEVICE.lines);
	});

	test('finds place again, and its device is told to ask, once the office has decided, rights have changed or somebody was erased', async () => {
		const office = await openOffice(name);
		const { app, claire, sandrine, tarbes, lourdes } = office;
		const { interview } = await hear(office);
		const away = told(office, { fields: { antenna: tarbes } });
		const about = change('interview', { state: 'x' }, { record: interview });
		await sync(app, sandrine, [away, about, ...strange(FROM_DEVICE.lines - 2)]);
		const judging = async () => (await sync(app, sandrine)).judging;
		const more = strange(3);
		const ask = async () => (await verdictsOf(app, sandrine, more)).filter((one) => one === UNKNOWN).length;
		expect(await ask()).toBe(0);

		let before = await judging();
		await setAside(office, (await page(office)).lines[0]!.hash);
		expect(await judging()).not.toBe(before);
		expect(await ask()).toBe(1);

		before = await judging();
		await give(office, [lourdes, tarbes]);
		await give(office, [lourdes]);
		expect(await judging()).not.toBe(before);
		expect(await ask()).toBe(2);

		before = await judging();
		await call(app, 'DELETE', `/api/testimonies/${interview}`, { as: claire });
		expect(await judging()).not.toBe(before);
		expect(await ask()).toBe(3);
	});

	test('out of a locked vault or off a stick has no other place', async () => {
		const office = await openOffice(name);
		const { app, claire, sandrine, structure } = office;
		const vault = await openVaultOf(app, sandrine);
		await sync(app, sandrine, strange(FROM_DEVICE.lines - 1));
		const left = [...strange(2), told(office)];
		const changes = await sealAll(vault, left);
		const reply = (await (await bring(app, vault.place, changes)).json()) as { receipts: { verdict: string }[] };
		expect(reply.receipts.map(({ verdict }) => verdict)).toEqual(['quarantined', 'held', 'applied']);
		const imported = await call(app, 'POST', '/api/stick', { as: claire, body: { ...vault.place, changes } });
		const { signed, ...summary } = (await imported.json()) as { signed: { text: string } };
		expect(summary).toEqual({ applied: 1, contested: 0, quarantined: 1, held: 1, erased: 0 });
		// What was held has no receipt: on its device it is unsent.
		const receipts = (JSON.parse(signed.text) as { changes: { verdict: string }[] }).changes;
		expect(receipts.map(({ verdict }) => verdict)).toEqual(['quarantined', 'applied']);
		await expectSound(app, structure);
	});

	test('is said before its place is full: to its author, and to the office by person and device', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		await sync(app, sandrine, strange(0.8 * FROM_DEVICE.lines - 1));
		expect((await sync(app, sandrine)).filled).toBeUndefined();
		expect((await counted(office)).crowded).toEqual([]);
		await sync(app, sandrine, strange(1));
		expect((await sync(app, sandrine)).filled).toBe(80);
		expect((await counted(office)).crowded).toEqual([
			{ person: idOf(sandrine), device: deviceOf(sandrine), deviceName: 'Tablette de Sandrine', filled: 80 }
		]);
		const other = await another(office, 'Sandrine');
		await sync(app, other, strange(FROM_DEVICE.lines));
		expect((await sync(app, sandrine)).filled).toBe(90); // of all that she may have
		expect((await counted(office)).crowded.map(({ device, filled }) => [device, filled])).toEqual(
			expect.arrayContaining([
				[deviceOf(sandrine), 80],
				[deviceOf(other), 100],
				[null, 90]
			])
		);
	});

	test('is listed page by page, counted apart, and each line is there once', async () => {
		const office = await openOffice(name);
		const { app, claire, sandrine } = office;
		await sync(app, sandrine, strange(2 * PAGE + 30));
		const first = await page(office);
		for (const { hash } of first.lines.slice(0, 20)) {
			app.now = new Date(app.now.getTime() + 1000);
			await setAside(office, hash);
		}
		const seen: QuarantineLine[] = [];
		const sizes: number[] = [];
		let after: string | undefined;
		do {
			const { lines, next } = await page(office, after);
			seen.push(...lines);
			sizes.push(lines.length);
			after = next;
		} while (after);
		expect(sizes).toEqual([PAGE, PAGE, 30]);
		expect(new Set(seen.map(({ hash }) => hash)).size).toBe(2 * PAGE + 30);
		expect(seen.map(({ decision }) => decision)).toEqual([
			...Array<null>(2 * PAGE + 10).fill(null),
			...Array<string>(20).fill('set-aside')
		]);
		expect(await counted(office)).toMatchObject({ waiting: 2 * PAGE + 10, decided: 20 });
		// One line is read by itself, wherever it stands in the list.
		const response = await call(app, 'GET', `/api/quarantine/${seen.at(-1)!.hash}/line`, { as: claire });
		expect(QuarantineLine.parse(await response.json())).toEqual(seen.at(-1));
		for (const wrong of ['x', 'waiting 1', 'waiting x y', 'decided', 'waiting 1e99 y'])
			expect((await page(office, wrong)).lines).toHaveLength(PAGE);
	});

	test('comes in the order it came in, whatever its name', async () => {
		const office = await openOffice(name);
		const { app, sandrine } = office;
		const came = [...strange(30), ...strange(30)];
		await sync(app, sandrine, came.slice(0, 30));
		await sync(app, sandrine, came.slice(30));
		expect((await page(office)).lines.map(({ record }) => record)).toEqual(came.map(({ record }) => record).reverse());
	});
});

describe.each(DATABASES)('judging again, on %s', (name) => {
	test('goes by parts of so many lines and bytes, and somebody who pushes comes in between', async () => {
		const office = await openOffice(name);
		const { app, structure, nadia, tarbes } = office;
		const wide = Array.from({ length: 12 }, () => told(office, { words: 'a'.repeat(15_000) })).map((one) => ({
			...one,
			extra: 'x'.repeat(200_000)
		}));
		await leftBefore(office, [...wide, ...Array.from({ length: 2 * PART.lines }, () => told(office))]);
		const loaded: { lines: number; bytes: number }[] = [];
		const { db } = app;
		const watched = db.withPlugin({
			transformQuery: ({ node }) => node,
			transformResult: ({ result }) => {
				const rows = result.rows as { raw?: string }[];
				const raws = rows.flatMap(({ raw }) => raw ?? []);
				if (raws.length > 0) loaded.push({ lines: raws.length, bytes: raws.join('').length });
				return Promise.resolve(result);
			}
		});
		await db.transaction().execute((trx) => judgeAgain(trx, structure));
		let parts = 0;
		while (await judgeDue({ ...app, db: watched }, structure, 1)) {
			parts += 1;
			const [own] = await verdictsOf(app, nadia, [told(office, { fields: { antenna: tarbes } })]);
			expect(own).toBe('applied');
		}
		expect(parts).toBeGreaterThan(3);
		for (const { lines, bytes } of loaded) {
			expect(lines).toBeLessThanOrEqual(PART.lines);
			expect(bytes).toBeLessThanOrEqual(PART.bytes);
		}
		expect((await counted(office)).waiting).toBe(0);
		expect(loaded.reduce((sum, { lines }) => sum + lines, 0)).toBe(12 + 2 * PART.lines);
		await expectSound(app, structure);
	});

	test('that is stopped goes on where it was, at the next start', async () => {
		const office = await openOffice(name);
		const { app, structure } = office;
		await afterUpgrade(app);
		const waiting = Array.from({ length: 2 * PART.lines + 50 }, () => told(office));
		await leftBefore(office, waiting);
		await app.db.transaction().execute((trx) => judgeAgain(trx, structure));
		expect(await judgeDue(app, structure, 1)).toBe(true); // and the server is killed
		expect((await counted(office)).waiting).toBe(PART.lines + 50);
		await afterUpgrade(app);
		expect((await counted(office)).waiting).toBe(0);
		expect(await judgeDue(app, structure, 1)).toBe(false);
		expect((await storedRecords(app, structure)).filter(({ kind }) => kind === 'interview')).toHaveLength(
			waiting.length
		);
		await expectSound(app, structure);
	});

	test('drops nothing of what is still refused, however much was let in before there were quotas', async () => {
		const office = await openOffice(name);
		const { app, structure } = office;
		await leftBefore(office, strange(FROM_PERSON.lines + 300));
		const newer = { ...app, version: 'newer' };
		await afterUpgrade(newer);
		goOnJudging(newer);
		await vi.waitFor(async () => expect(await judgeDue(app, structure, 1)).toBe(false));
		expect((await counted(office)).waiting).toBe(FROM_PERSON.lines + 300);
	});

	test('follows the order in which it came: what needs something before it finds it', async () => {
		const office = await openOffice(name);
		const { app, sandrine, structure, tarbes, lourdes } = office;
		const content = recording(500);
		for (let i = 0; i < 12; i++) {
			const one = told(office, { fields: { antenna: tarbes, 'consent:enregistrement-voix': 'yes' } });
			const voice = change('interview', { antenna: tarbes, ...naming(content) }, { id: uuid(), record: one.record });
			const verdicts = await verdictsOf(app, sandrine, [one, { ...voice, seen: { antenna: [one.id] } }]);
			expect(verdicts[0]).toBe('quarantined right.missing');
		}
		await give(office, [lourdes, tarbes]);
		expect((await counted(office)).waiting).toBe(0);
		const records = (await storedRecords(app, structure)).filter(({ kind }) => kind === 'interview');
		for (const { fields } of records)
			expect(differing(fields, Object.keys(naming(content))[0]!).length, 'a voice').toBe(1);
		await expectSound(app, structure);
	});
});

describe.each(DATABASES)('a change that holds too much, on %s', (name) => {
	test('in a field that no kind knows, at once or little by little, is refused by its name and takes of its author’s place', async () => {
		const office = await openOffice(name);
		const { app, sandrine, structure } = office;
		const { interview } = await hear(office);
		const edit = (fields: { [field: string]: unknown }) =>
			change('interview', fields, { id: uuid(), record: interview });
		const more = { later: 'x'.repeat(MAX_FIELD - 500) };
		const { receipts } = await sync(app, sandrine, [
			edit({ tomorrow: 'x'.repeat(MAX_FIELD + 1) }),
			edit(more),
			edit({ other: 'x'.repeat(600) }),
			edit({ note: 'court' })
		]);
		expect(receipts.map(({ verdict, problem, fields }) => [verdict, problem, fields])).toEqual([
			['quarantined', 'field.too-large', ['tomorrow']],
			['applied', undefined, undefined],
			['quarantined', 'field.too-large', ['other']],
			['applied', undefined, undefined]
		]);
		const { hash } = (await page(office)).lines[0]!;
		const released = await call(app, 'POST', `/api/quarantine/${hash}/release`, { as: office.claire });
		expect(await problem(released)).toEqual([409, 'quarantine.unready']);
		await expectSound(app, structure);
	});

	test('beside what a kind knows within a field, or as a whole, is refused too', async () => {
		const office = await openOffice(name);
		const { app, sandrine, claire, framework } = office;
		const junk = { value: { type: 'scale', level: 4 }, more: 'x'.repeat(MAX_FIELD) };
		const verdicts = await verdictsOf(app, sandrine, [
			told(office, { fields: { 'answer:q-inconnue': junk } }),
			change('visit', { x: 'x'.repeat(MAX_CHANGE) }),
			{ ...told(office), more: 'x'.repeat(MAX_CHANGE) }
		]);
		expect(verdicts).toEqual([
			'quarantined field.too-large',
			'quarantined change.too-large',
			'quarantined change.too-large'
		]);
		// What people really write fits: thirty answers of the longest, and a framework.
		const long = Object.fromEntries(
			Array.from({ length: 30 }, (_, i) => [`answer:q-${i}`, { words: 'é'.repeat(20_000) }])
		);
		expect(await verdictsOf(app, sandrine, [told(office, { fields: long })])).toEqual(['applied']);
		const definition = (await storedRecords(app, office.structure)).find(({ id }) => id === framework)!.fields
			.definition![0]!.value;
		const version = change('framework', { definition });
		expect((await sync(app, claire, [version])).receipts[0]!.problem).not.toBe('field.too-large');
	});
});

describe.each(DATABASES)('recordings, on %s', (name) => {
	/** Says of recordings that they came, without their content. */
	const came = async ({ app, structure }: Office, interview: string, sizes: readonly number[]) => {
		const rows = sizes.map((size, i) => ({
			...{ structure_id: structure, record_id: interview, hash: `${interview}-${i}`, type: 'audio/webm' },
			...{ size, received: size, created_at: app.now.toISOString(), completed_at: app.now.toISOString() }
		}));
		await app.db.insertInto('media').values(rows).execute();
	};
	const sending = async (office: Office, content = recording(500, Math.random() * 1000)) => {
		const { interview } = await hear(office, { fields: naming(content) });
		const where = { interview, hash: hashOf(content) };
		const range = (piece?: boolean) => (piece ? `bytes 0-499/500` : `bytes */500`);
		const send = async (piece = true) => {
			const response = await put(office.app, office.sandrine, where, range(piece), piece ? content : undefined);
			return response.ok ? 'taken' : (await problem(response)).join(' ');
		};
		return { interview, send };
	};

	test('are bounded for one interview, in number and bytes, and the refused one stays on its device', async () => {
		const office = await openOffice(name);
		const many = await sending(office);
		await came(office, many.interview, Array<number>(OF_INTERVIEW.count).fill(1000));
		expect([await many.send(false), await many.send()]).toEqual(['409 media.many', '409 media.many']);
		const large = await sending(office);
		await came(office, large.interview, Array<number>(8).fill(OF_INTERVIEW.bytes / 8));
		expect(await large.send(false)).toBe('409 media.many');
		expect(await (await sending(office)).send()).toBe('taken');
	});

	test('are bounded for one person in a day, go on the day after, and one that has begun may end', async () => {
		const office = await openOffice(name);
		const { app } = office;
		const begun = await sending(office, recording(500, 3));
		const { interview } = await hear(office);
		expect(await begun.send()).toBe('taken');
		for (let i = 0; i < 5; i++) await came(office, (await hear(office)).interview, Array<number>(10).fill(OF_DAY / 50));
		const one = await sending(office);
		expect(await one.send(false)).toBe('409 media.full');
		expect(await begun.send()).toBe('taken');
		// A colleague's are not hers.
		const content = recording(500, 9);
		const theirs = await hear(office, {
			by: office.nadia,
			fields: { antenna: office.tarbes, ...naming(content) }
		});
		const where = { interview: theirs.interview, hash: hashOf(content) };
		expect((await put(app, office.nadia, where, 'bytes 0-499/500', content)).status).toBe(200);
		app.now = new Date(app.now.getTime() + 86_400_001);
		expect(await one.send()).toBe('taken');
		expect(interview).not.toBe('');
	});
});
