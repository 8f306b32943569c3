import { describe, expect, test } from 'vitest';
import { groupBy } from '$lib/domain/grouped';
import { judgementId } from '$lib/domain/judgement';
import { JOURNAL_ACTS, type Journal, type JournalAct } from '$lib/domain/journal';
import type { App } from '$lib/server/app';
import { forgetOldLines, readJournal } from '$lib/server/keeping/journal';
import { openSecret } from '$lib/server/keeping/secret';
import { DATABASES, type TestApp } from '../support/databases';
import {
	approving,
	CRITERION,
	deviceOf,
	hear,
	idOf,
	OPEN_QUESTION,
	openOffice,
	openOther,
	problem,
	signIn,
	told,
	type Office
} from '../support/office';
import { addTotp, call, change, digitsOf, entered, sync, type Device } from '../support/server';
import { bring, openVaultOf, sealAll } from '../support/sealed';

const CODE = 'ABCDE-23456';
const linesOf = (app: App) => app.db.selectFrom('journal').selectAll().orderBy('number').execute();
const read = async (app: App, as: Device, before = '') =>
	(await (await call(app, 'GET', `/api/journal${before && `?before=${before}`}`, { as })).json()) as Journal;
const DAY = 86_400_000;

/** A day at the office in which everything happens that is noted, with words that must not be. */
async function longDay(office: Office): Promise<{ app: TestApp; secrets: string[]; subjects: Map<string, string[]> }> {
	const { app, structure, claire, sandrine, nadia, campaign } = office;
	const { interview, excerpt } = await hear(office, {
		words: 'marqueur-parole',
		quote: 'marqueur',
		code: CODE,
		fields: { label: 'marqueur-nom' }
	});
	await hear(office, { words: 'marqueur-vieux' });
	const record = judgementId({ campaign, criterion: CRITERION });
	await sync(app, claire, [change('judgement', { summary: 'marqueur-appreciation' }, { record })]);
	const use = (door: string, more: object = {}) =>
		call(app, 'POST', `/api/receipt${door}`, { body: { structure, code: CODE, ...more } });
	await signIn(app, structure, 'Sandrine', { passphrase: 'marqueur-phrase' });
	const phone = await entered(await signIn(app, structure, 'Sandrine'));
	const { recovery } = await addTotp(app, phone);
	const step = (await (await signIn(app, structure, 'Sandrine')).json()) as { ticket: string };
	await call(app, 'POST', '/api/session/second', { body: { ticket: step.ticket, code: recovery[0]! } });
	await call(app, 'DELETE', '/api/session', { as: phone });
	const [factor] = (
		(await (await call(app, 'GET', '/api/account', { as: sandrine })).json()) as { factors: { id: string }[] }
	).factors;
	await call(app, 'DELETE', `/api/account/factors/${factor!.id}`, { as: sandrine });
	const vault = await openVaultOf(app, nadia);
	await bring(app, vault.place, await sealAll(vault, [told(office, { words: 'marqueur-scelle' })]));
	await call(app, 'PUT', `/api/people/${idOf(nadia)}`, {
		as: claire,
		body: { name: 'Nadia Marqueur', grants: [{ role: 'counsellor', antennas: [office.tarbes] }] }
	});
	await call(app, 'POST', `/api/people/${idOf(nadia)}/code`, { as: claire, body: {} });
	await call(app, 'DELETE', `/api/devices/${deviceOf(nadia)}`, { as: claire });
	const headers = { cookie: nadia.mark };
	await call(app, 'POST', '/api/contact', { body: { ...vault.place, wiped: true }, headers });
	await call(app, 'DELETE', `/api/people/${idOf(nadia)}`, { as: claire });
	const brought = { ...vault.place, changes: await sealAll(vault, [told(office, { words: 'marqueur-fichier' })]) };
	await call(app, 'POST', '/api/stick', { as: claire, body: brought });
	for (const decision of ['approved', 'set-aside'] as const) {
		const fields = await approving(app, claire, excerpt, decision);
		await sync(app, claire, [change('excerpt', fields, { record: excerpt, about: interview })]);
	}
	await sync(app, claire, [change('campaign', { state: 'closed' }, { record: campaign })]);
	const refused = await app.db.selectFrom('quarantine').select('hash').execute();
	const [one, two] = refused.map(({ hash }) => `/api/quarantine/${hash}`) as [string, string];
	await call(app, 'GET', one, { as: claire });
	await call(app, 'POST', `${one}/release`, { as: claire });
	await call(app, 'POST', `${two}/set-aside`, { as: claire, body: { reason: 'marqueur-raison' } });
	await call(app, 'GET', `/api/testimonies?campaign=${campaign}`, { as: claire });
	await call(app, 'GET', `/api/testimonies/${interview}`, { as: claire });
	await call(app, 'GET', `/api/sheets?campaign=${campaign}&for=file`, { as: claire });
	await use('');
	await use('/withdraw', { items: ['citation-anonyme'] });
	await use('/agree', { items: ['citation-anonyme'] });
	await use('/correct', { question: OPEN_QUESTION, words: 'marqueur-autre' });
	await use('/erase');
	app.now = new Date(app.now.getTime() + 1000 * DAY);
	const again = await entered(await signInWithSecond(office));
	await call(app, 'POST', '/api/retention', { as: again });
	await call(app, 'GET', '/api/journal', { as: again });
	const secrets = ['marqueur', 'Marqueur', CODE, recovery[0]!, OPEN_QUESTION, 'citation'];
	const subjects = groupBy(await linesOf(app), ({ act }) => act);
	return {
		app,
		secrets,
		subjects: new Map([...subjects].map(([act, lines]) => [act, lines.map(({ subject }) => subject)]))
	};
}

/** Claire's session is over by then; her authenticator app is not. */
async function signInWithSecond({ app, structure, claire }: Office): Promise<Response> {
	const row = await app.db
		.selectFrom('factor')
		.selectAll()
		.where('person_id', '=', idOf(claire))
		.executeTakeFirstOrThrow();
	const secret = openSecret(app, 'factor', `${idOf(claire)}|${row.id}`, row.secret);
	const { ticket } = (await (await signIn(app, structure, 'Claire')).json()) as { ticket: string };
	return await call(app, 'POST', '/api/session/second', { body: { ticket, code: digitsOf(secret, app.now) } });
}

describe.each(DATABASES)('the journal on %s', (name) => {
	test('notes every act there is, over a long day, and not a word of what anybody said', async () => {
		const office = await openOffice(name);
		const { app, secrets, subjects } = await longDay(office);
		expect([...subjects.keys()].toSorted()).toEqual([...JOURNAL_ACTS].toSorted());
		const text = JSON.stringify(await linesOf(app));
		for (const secret of secrets) expect(text.includes(secret), secret).toBe(false);
	});

	test('says who acted, from which device, on what', async () => {
		const office = await openOffice(name);
		const { app, structure, claire, sandrine, nadia, paul, campaign } = office;
		const one = await entered(await signIn(app, structure, 'Nadia'));
		await signIn(app, structure, 'Nadia', { passphrase: 'une autre phrase', device: one.session.device });
		await signIn(app, structure, 'Personne', { device: one.session.device });
		await call(app, 'DELETE', '/api/session', { as: one });
		await call(app, 'POST', `/api/people/${idOf(nadia)}/code`, { as: claire, body: { forgetSecondFactor: true } });
		await call(app, 'DELETE', `/api/devices/${deviceOf(sandrine)}`, { as: claire });
		await call(app, 'DELETE', `/api/people/${idOf(paul)}`, { as: claire });
		const lines = (await linesOf(app)).map(({ act, person_id, device_id, subject }) => [
			act,
			person_id,
			device_id,
			subject
		]);
		const [boss, hers] = [idOf(claire), deviceOf(claire)];
		const there = deviceOf(one);
		expect(lines).toContainEqual(['campaign.opened', boss, hers, campaign]);
		expect(lines.filter(([act]) => act !== 'campaign.opened').slice(0, 5)).toEqual([
			['sign-in', boss, hers, ''],
			['second-factor.added', boss, hers, boss],
			['person.added', boss, hers, idOf(sandrine)],
			['sign-in', idOf(sandrine), deviceOf(sandrine), ''],
			['person.added', boss, hers, idOf(nadia)]
		]);
		expect(lines.slice(-8)).toEqual([
			['sign-in', idOf(nadia), there, ''],
			['sign-in.refused', '', there, ''],
			['sign-in.refused', '', there, ''], // a name that exists and one that does not: the same line
			['sign-out', idOf(nadia), there, ''],
			['person.invited', boss, hers, idOf(nadia)],
			['second-factor.removed', boss, hers, idOf(nadia)],
			['device.revoked', boss, hers, deviceOf(sandrine)],
			['person.removed', boss, hers, idOf(paul)]
		]);
	});

	test('notes nothing of what was refused or failed', async () => {
		const { app, claire, sandrine } = await openOffice(name);
		const before = await linesOf(app);
		await call(app, 'POST', '/api/people', {
			as: claire,
			body: { name: 'Sandrine', grants: [{ role: 'counsellor', antennas: [] }] }
		});
		await call(app, 'DELETE', `/api/people/${idOf(claire)}`, { as: claire });
		await call(app, 'GET', '/api/testimonies/x', { as: claire });
		await call(app, 'DELETE', '/api/devices/x', { as: claire });
		await call(app, 'GET', '/api/journal', { as: sandrine });
		await call(app, 'POST', '/api/retention', { as: claire }); // there is nothing to take away
		expect(await linesOf(app)).toEqual(before);
	});

	test('is read by a director, newest first, page by page, and says that it was read', async () => {
		const { app, claire, sandrine } = await openOffice(name);
		expect(await problem(await call(app, 'GET', '/api/journal', { as: sandrine }))).toEqual([403, 'right.missing']);
		for (let i = 0; i < 120; i++) await read(app, claire);
		const all = await linesOf(app);
		const first = await read(app, claire);
		expect(first).toMatchObject({ more: true, intact: true, brokenAt: null });
		expect(first.lines.map(({ number }) => number)).toEqual(
			all
				.map(({ number }) => number)
				.toReversed()
				.slice(0, 100)
		);
		const next = await read(app, claire, String(first.lines.at(-1)!.number));
		expect(next.more).toBe(false);
		expect([...first.lines, ...next.lines]).toHaveLength(all.length);
		expect(first.lines[0]).toEqual({
			number: all.at(-1)!.number,
			at: app.now.toISOString(),
			act: 'journal.read' satisfies JournalAct,
			person: idOf(claire),
			device: deviceOf(claire),
			subject: '',
			count: 1
		});
		for (const odd of ['x', '-1', '0', '1e99', '']) expect((await read(app, claire, odd)).lines).toHaveLength(100);
	});

	test('keeps each structure’s apart', async () => {
		const office = await openOffice(name);
		const other = await openOther(office.app);
		const { lines, intact } = await read(office.app, other);
		expect(intact).toBe(true);
		expect(lines.map(({ person }) => person)).not.toContain(idOf(office.claire));
	});
});

describe.each(DATABASES)('the chain of the journal on %s', (name) => {
	async function written() {
		const office = await openOffice(name);
		const { app, structure, claire } = office;
		await read(app, claire);
		const lines = await linesOf(app);
		expect(lines.length).toBeGreaterThan(8);
		const state = async () => {
			const { intact, brokenAt } = await readJournal(app, structure);
			return [intact, brokenAt];
		};
		expect(await state()).toEqual([true, null]);
		/** Puts the journal into this state, looks, and puts it back. */
		const withLines = async (changed: typeof lines) => {
			const put = async (some: typeof lines) => {
				await app.db.deleteFrom('journal').execute();
				if (some.length > 0) await app.db.insertInto('journal').values(some).execute();
			};
			await put(changed);
			const found = await state();
			await put(lines);
			return found;
		};
		return { ...office, lines, withLines };
	}

	test('shows that a line was altered, whichever and in whatever column', async () => {
		const { lines, withLines } = await written();
		const columns = {
			at: '2014-11-12T09:00:00.001Z',
			act: 'sign-out',
			person_id: 'x',
			device_id: 'x',
			subject: 'x',
			count: 2,
			mac: 'x'
		};
		for (const [i, line] of lines.entries())
			for (const [column, value] of Object.entries(columns)) {
				const changed = lines.with(i, { ...line, [column]: value });
				expect(await withLines(changed), `${column} of line ${line.number}`).toEqual([false, line.number]);
			}
	});

	test('shows that a line was taken out, in the middle', async () => {
		const { lines, withLines } = await written();
		for (const [i, { number }] of lines.entries())
			if (i > 0 && i < lines.length - 1) {
				expect(await withLines(lines.toSpliced(i, 1)), `line ${number} missing`).toEqual([false, number]);
				const closed = lines.toSpliced(i, 1).map((line, at) => ({ ...line, number: at + 1 }));
				expect((await withLines(closed))[0], `line ${number} missing, the others renumbered`).toBe(false);
			}
	});

	test('shows that the first lines were taken out, though their year is not over', async () => {
		const { lines, withLines } = await written();
		for (const kept of [1, 3, lines.length - 1])
			expect((await withLines(lines.slice(kept)))[0], `from ${kept}`).toBe(false);
	});

	test('shows that the last lines were taken out', async () => {
		const { lines, withLines } = await written();
		for (const lost of [1, 3]) expect((await withLines(lines.slice(0, -lost)))[0], `${lost} lost`).toBe(false);
	});

	test('shows that a line was put in, at the end, in the middle or in another’s place', async () => {
		const { lines, withLines } = await written();
		const made = { ...lines[3]!, act: 'sign-out' };
		expect(await withLines([...lines, { ...made, number: lines.length + 1 }])).toEqual([false, lines.length + 1]);
		for (const mac of [made.mac, lines.at(-1)!.mac, ''])
			expect((await withLines([...lines, { ...made, number: lines.length + 1, mac }]))[0]).toBe(false);
		const after = lines.slice(4).map((line) => ({ ...line, number: line.number + 1 }));
		expect((await withLines([...lines.slice(0, 4), { ...made, number: 5 }, ...after]))[0]).toBe(false);
		const [a, b] = [lines[3]!, lines[4]!];
		const swapped = lines.with(3, { ...b, number: a.number }).with(4, { ...a, number: b.number });
		expect((await withLines(swapped))[0]).toBe(false);
	});

	test('of another structure does not serve here', async () => {
		const { app, structure, withLines } = await written();
		const other = (await openOther(app)).session.structure.id;
		const theirs = (await linesOf(app)).filter(({ structure_id }) => structure_id === other);
		expect(theirs.length).toBeGreaterThan(0);
		expect((await withLines(theirs.map((line) => ({ ...line, structure_id: structure }))))[0]).toBe(false);
	});

	test('shows that a line was taken from another history of the same server', async () => {
		const { app, structure, lines, withLines } = await written();
		const write = async (tries: string[]) => {
			for (const who of tries) await signIn(app, structure, who, { from: `10.0.0.${who.length}` });
			return (await linesOf(app)).slice(lines.length);
		};
		const ends = await app.db.selectFrom('setting').selectAll().where('name', '=', 'journal').executeTakeFirstOrThrow();
		const first = await write(['a', 'bb']);
		// A backup came back.
		await app.db.deleteFrom('journal').where('number', '>', lines.length).execute();
		await app.db.updateTable('setting').set({ value: ends.value }).where('name', '=', 'journal').execute();
		const second = await write(['ccc', 'dddd']);
		expect((await withLines([...lines, ...second]))[0]).toBe(true);
		expect((await withLines([...lines, second[0]!, first[1]!]))[0]).toBe(false);
		expect((await withLines([...lines, first[0]!, second[1]!]))[0]).toBe(false);
	});

	test('opens for this server’s secret alone', async () => {
		const { app, structure } = await written();
		const other = { ...app, secret: new Uint8Array(32).fill(8) };
		expect(await readJournal(other, structure)).toMatchObject({ intact: false, brokenAt: 1 });
	});

	test('goes on, whole, when what is older than a year is dropped', async () => {
		const { app, structure } = await written();
		const first = (await linesOf(app)).length;
		app.now = new Date('2015-06-01T00:00:00.000Z');
		for (let i = 0; i < 3; i++) await signIn(app, structure, 'Personne');
		await forgetOldLines(app, structure);
		expect(await linesOf(app)).toHaveLength(first + 3);
		app.now = new Date('2015-11-12T09:00:00.000Z'); // a year to the minute: not older yet
		await forgetOldLines(app, structure);
		expect(await linesOf(app)).toHaveLength(first + 3);
		app.now = new Date('2015-11-12T09:00:00.001Z');
		await forgetOldLines(app, structure);
		const left = await linesOf(app);
		expect(left.map(({ number }) => number)).toEqual([first + 1, first + 2, first + 3]);
		expect(await readJournal(app, structure)).toMatchObject({ intact: true });
		await signIn(app, structure, 'Personne', { from: '10.0.0.1' });
		expect(await readJournal(app, structure)).toMatchObject({ intact: true, more: false });
		await app.db
			.updateTable('journal')
			.set({ count: 9 })
			.where('number', '=', first + 2)
			.execute();
		expect(await readJournal(app, structure)).toMatchObject({ intact: false, brokenAt: first + 2 });
	});

	test('dropped to its very end goes on as well', async () => {
		const { app, structure } = await written();
		app.now = new Date(app.now.getTime() + 800 * DAY);
		await forgetOldLines(app, structure);
		expect(await linesOf(app)).toHaveLength(0);
		expect(await readJournal(app, structure)).toMatchObject({ intact: true });
		await signIn(app, structure, 'Personne');
		expect(await readJournal(app, structure)).toMatchObject({ intact: true });
	});

	test('stays one when many write at the same moment', async () => {
		const { app, structure, nadia, sandrine, lines } = await written();
		await Promise.all([
			...Array.from({ length: 6 }, (_, i) => signIn(app, structure, 'Personne', { from: `10.0.0.${i}` })),
			call(app, 'DELETE', '/api/session', { as: nadia }),
			sync(app, sandrine).catch(() => undefined), // she may be out already
			call(app, 'DELETE', '/api/session', { as: sandrine }).catch(() => undefined)
		]);
		const after = await linesOf(app);
		expect(after.map(({ number }) => number)).toEqual(after.map((_, i) => i + 1));
		expect(after.length).toBeGreaterThanOrEqual(lines.length + 7);
		expect(await readJournal(app, structure)).toMatchObject({ intact: true });
	});
});
