import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import {
	ask,
	change,
	expect,
	explore,
	faults,
	readyOffline,
	send,
	test,
	watch,
	type Server,
	type Session
} from './support';

/** Sandrine, on a device of her own. */
async function counsellor(browser: Browser, server: Server): Promise<{ context: BrowserContext; sandrine: Page }> {
	const context = await browser.newContext({
		...{ baseURL: server.origin, locale: 'fr-FR', timezoneId: 'Europe/Paris' },
		viewport: { width: 1180, height: 820 }
	});
	watch(context, server.origin);
	const sandrine = await context.newPage();
	await explore(sandrine, server, 'Conseiller ou conseillère');
	await readyOffline(sandrine);
	return { context, sandrine };
}

/** An interview begun: consent given, a label to know it by. */
async function begin(page: Page, label: string): Promise<void> {
	await page.goto('/interviews/new');
	await page.getByRole('radio', { name: /Salarié/ }).check();
	await page.getByLabel(/Un repère pour vous/).fill(label);
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	await expect(page.getByText(/^Enregistré sur cet appareil/)).toBeVisible();
}

const lineOf = (page: Page, label: string) => page.getByRole('listitem').filter({ hasText: label });

test('what the server refused is released by the office, or set aside with a reason its author reads', async ({
	page,
	browser,
	server
}) => {
	test.slow();
	await explore(page, server, 'Direction');
	const { context, sandrine } = await counsellor(browser, server);
	const { person } = await ask<Session>(sandrine, 'GET', '/api/session');
	await context.setOffline(true);
	await begin(sandrine, 'Karim B.');
	await begin(sandrine, 'Lucinda M.');

	// Meanwhile she is moved to Tarbes: what she took at Lourdes comes too late.
	const people = await ask<{ id: string; name: string; grants: { role: string; antennas: string[] }[] }[]>(
		...([page, 'GET', '/api/people'] as const)
	);
	const { name, grants } = people.find(({ id }) => id === person.id)!;
	const { records } = await send(page, []);
	const antennaNamed = (wanted: string) =>
		records.find(({ kind, fields }) => kind === 'antenna' && fields.name?.[0]?.value === wanted)!.id;
	const elsewhere = records.find(
		({ kind, id }) => kind === 'antenna' && !grants.some(({ antennas }) => antennas.includes(id))
	)!.id;
	expect(antennaNamed('Lourdes')).not.toBe(elsewhere);
	await ask(page, 'PUT', `/api/people/${person.id}`, { name, grants: [{ role: 'counsellor', antennas: [elsewhere] }] });
	await context.setOffline(false);
	await sandrine.goto('/device');
	await expect(sandrine.getByRole('heading', { name: 'Pas accepté par le siège' })).toBeVisible();
	await expect(sandrine.getByRole('rowheader', { name: /Karim B\./ })).toBeVisible();
	await expect(sandrine.getByText('Votre rôle ou vos antennes ne permettent pas cette saisie.')).toHaveCount(2);
	expect(await faults(sandrine), 'the device with refused entries').toEqual([]);

	// Offered again, it is judged by the same rights.
	await sandrine.getByRole('button', { name: 'Proposer à nouveau' }).click();
	await expect(sandrine.getByText('C’est reparti vers le siège.')).toBeVisible();
	await expect(sandrine.getByText('Votre rôle ou vos antennes ne permettent pas cette saisie.')).toHaveCount(2);

	// The director sees it from home, reads one, which is noted, and accepts it.
	await page.goto('/');
	await expect(page.getByText('2 contenus mis à l’écart attendent votre décision')).toBeVisible();
	await page.getByRole('link', { name: 'Regarder' }).click();
	await expect(page.getByRole('heading', { name: '2 contenus à regarder' })).toBeVisible();
	expect(await faults(page), 'what was set aside').toEqual([]);
	await page.getByRole('region', { name: '2 contenus à regarder' }).getByRole('link').first().click();
	await page.getByRole('button', { name: 'L’ouvrir' }).click();
	await expect(
		page.getByText('Le rôle ou les antennes de la personne ne permettaient pas cette saisie.')
	).toBeVisible();
	await expect(page.getByText(/C’est noté au journal/)).toBeVisible();
	await expect(page.getByText('Lourdes', { exact: true })).toBeVisible();
	const first = (await page.getByText('Karim B.').isVisible()) ? 'Karim B.' : 'Lucinda M.';
	const second = first === 'Karim B.' ? 'Lucinda M.' : 'Karim B.';
	expect(await faults(page), 'one of what was set aside').toEqual([]);
	const file = page.waitForEvent('download');
	await page.getByRole('button', { name: 'Garder en fichier' }).click();
	expect(readFileSync(await (await file).path(), 'utf8')).toContain(first);
	await page.getByRole('button', { name: 'Accepter quand même' }).click();
	await expect(page.getByText('C’est accepté.')).toBeVisible();

	// The other one she sets aside, and says why.
	await page.goto('/quarantine');
	await page.getByRole('region', { name: '1 contenu à regarder' }).getByRole('link').click();
	await page.getByRole('button', { name: 'Mettre à l’écart', exact: true }).click();
	await page.getByRole('textbox', { name: /^Pourquoi/ }).fill('Fiche en double');
	await page.getByRole('button', { name: 'Mettre à l’écart avec cette raison' }).click();
	await expect(page.getByText('C’est mis à l’écart.')).toBeVisible();

	await sandrine.goto('/device');
	await expect(sandrine.getByText('Mis à l’écart par la direction : « Fiche en double »')).toBeVisible();
	await expect(sandrine.getByRole('rowheader', { name: new RegExp(second) })).toBeVisible();
	await expect(sandrine.getByRole('rowheader', { name: new RegExp(first) })).toHaveCount(0);
	await expect(sandrine.getByRole('button', { name: 'Proposer à nouveau' })).toHaveCount(0);
	await sandrine.goto('/interviews');
	await expect(lineOf(sandrine, first).getByText('Reçu au siège')).toBeVisible();

	const { lines } = await ask<{ lines: { act: string }[] }>(page, 'GET', '/api/journal');
	const acts = lines.map(({ act }) => act);
	expect(acts).toEqual(expect.arrayContaining(['quarantine.read', 'quarantine.released', 'quarantine.set-aside']));
	await context.close();
});

test('what a tablet without a network has goes to headquarters on a stick, and the receipts clear it', async ({
	page,
	browser,
	server
}) => {
	test.slow();
	await explore(page, server, 'Direction');
	const { context, sandrine } = await counsellor(browser, server);
	await context.setOffline(true);
	await begin(sandrine, 'Karim B.');
	await sandrine.goto('/interviews');
	await expect(lineOf(sandrine, 'Karim B.').getByText('Sur cet appareil, pas encore envoyé')).toBeVisible();
	await sandrine.goto('/device');
	await sandrine.getByRole('button', { name: 'Transférer par clé' }).click();
	const written = sandrine.waitForEvent('download');
	await sandrine.getByRole('button', { name: 'Préparer le fichier' }).click();
	await expect(sandrine.getByText('Fichier prêt : 1 entretien')).toBeVisible();
	expect(await faults(sandrine), 'transfer by stick').toEqual([]);
	const outbox = await written;
	expect(outbox.suggestedFilename()).toMatch(/^temoin-appareil-de-decouverte-\d{4}-\d\d-\d\d\.temoin$/);
	const text = readFileSync(await outbox.path(), 'utf8');
	expect(text).not.toContain('Karim');

	// Everything that is not this file as it was made is refused, and nothing of it counts.
	await page.goto('/import');
	const pick = async (content: string) =>
		await page
			.locator('input[type=file]')
			.setInputFiles({ name: 'cle.temoin', mimeType: 'application/octet-stream', buffer: Buffer.from(content) });
	const lines = text.trimEnd().split('\n');
	const header = JSON.parse(lines[0]!) as { structure: string; key: string };
	const change = JSON.parse(lines[1]!) as { record: string; sealed: string };
	const flipped = `${change.sealed.slice(0, 40)}${change.sealed[40] === 'A' ? 'B' : 'A'}${change.sealed.slice(41)}`;
	const withLine = (number: number, value: object) => `${lines.with(number, JSON.stringify(value)).join('\n')}\n`;
	const WRONG: [content: string, words: RegExp][] = [
		['Bonjour', /Ce n’est pas un fichier de Témoin/],
		[`${lines.slice(0, -1).join('\n')}\n`, /Ce n’est pas un fichier de Témoin, ou il a été coupé/],
		[withLine(0, { ...header, structure: crypto.randomUUID() }), /Ce fichier vient d’une autre structure/],
		[withLine(0, { ...header, key: crypto.randomUUID() }), /Ce fichier est scellé par un appareil/],
		[withLine(1, { ...change, sealed: flipped }), /Ce fichier a été modifié ou abîmé/],
		[withLine(1, { ...change, record: crypto.randomUUID() }), /Ce fichier a été modifié ou abîmé/]
	];
	for (const [i, [content, words]] of WRONG.entries()) {
		await pick(content);
		await expect(page.locator('section').first().getByText(words), `wrong file ${i}`).toBeVisible();
		await page.reload();
	}
	const interviews = async () =>
		(await send(sandrine, [])).records.filter(({ fields }) => fields.label?.[0]?.value === 'Karim B.').length;

	await pick(text);
	await expect(page.getByText('Le fichier est entier et vient bien de cet appareil.')).toBeVisible();
	await expect(page.getByRole('heading', { name: /Sandrine Ossun, « Appareil de découverte »/ })).toBeVisible();
	expect(await faults(page), 'a file to import').toEqual([]);
	await page.getByRole('button', { name: 'Prendre au siège' }).click();
	await expect(page.getByText('1 saisie est au siège.')).toBeVisible();
	const given = page.waitForEvent('download');
	await page.getByRole('button', { name: 'Enregistrer les reçus' }).click();
	const receipts = readFileSync(await (await given).path(), 'utf8');

	// Back on the tablet, still without a network.
	const bring = async (content: string) =>
		await sandrine
			.locator('input[type=file]')
			.setInputFiles({ name: 'recus.json', mimeType: 'application/json', buffer: Buffer.from(content) });
	await bring(text);
	await expect(sandrine.getByText(/Ce n’est pas un fichier de reçus/)).toBeVisible();
	const forged = JSON.parse(receipts) as { signed: { text: string }[] };
	forged.signed[0]!.text = forged.signed[0]!.text.replace('"applied"', '"erased"');
	await bring(JSON.stringify(forged));
	await expect(sandrine.getByText(/Ces reçus ne portent pas la signature du siège/)).toBeVisible();
	await expect(sandrine.getByText('1 entretien', { exact: true })).toBeVisible();
	await bring(receipts);
	await expect(sandrine.getByText('1 saisie est au siège : elle n’est plus à envoyer.')).toBeVisible();
	await expect(sandrine.getByText('1 entretien', { exact: true })).toHaveCount(0);
	await bring(receipts);
	await expect(sandrine.getByText(/rien de ce qu’ils nomment n’attend encore ici/)).toBeVisible();
	await sandrine.goto('/interviews');
	await expect(lineOf(sandrine, 'Karim B.').getByText('Reçu au siège')).toBeVisible();

	await context.setOffline(false);
	await sandrine.goto('/');
	await expect(sandrine.getByText('Tout est à jour')).toBeVisible();
	await sandrine.goto('/interviews');
	await expect(lineOf(sandrine, 'Karim B.').getByText('Reçu au siège')).toBeVisible();
	expect(await interviews()).toBe(1);

	// The same file again: it is known, and counts once.
	await page.reload();
	await pick(text);
	await page.getByRole('button', { name: 'Prendre au siège' }).click();
	await expect(page.getByText('1 saisie est au siège.')).toBeVisible();
	expect(await interviews()).toBe(1);
	await context.close();
});

test('what has waited for three days is said on the home page, and leaves from there', async ({
	page,
	context,
	server
}) => {
	await explore(page, server, 'Conseiller ou conseillère');
	await readyOffline(page);
	await context.setOffline(true);
	// Some Chromiums forget in a new page that its context has no network, and say that it is online.
	await page.addInitScript(() => {
		const get = () => sessionStorage.getItem('reachable') !== null;
		Object.defineProperty(Navigator.prototype, 'onLine', { get });
	});
	await begin(page, 'Karim B.');
	await page.goto('/');
	await expect(page.getByText('Karim B.')).toBeVisible();
	await expect(page.getByText(/à envoyer depuis/)).toHaveCount(0);

	await page.clock.setSystemTime(Date.now() + 3 * 86_400_000 + 3_600_000);
	await page.goto('/');
	await expect(page.getByRole('heading', { name: /^1 \S+ à envoyer depuis 3 jours$/ })).toBeVisible();
	expect(await faults(page), 'the reminder').toEqual([]);
	await page.getByRole('link', { name: 'Transférer par clé' }).click();
	await expect(page.getByRole('button', { name: 'Préparer le fichier' })).toBeVisible();
	await expect(page.getByText('depuis 3 jours')).toBeVisible();

	// The network is back, and headquarters does not answer at once.
	await page.route('**/api/sync', (route) => route.abort());
	await page.goto('/');
	await context.setOffline(false);
	await page.evaluate(() => {
		sessionStorage.setItem('reachable', 'yes');
		dispatchEvent(new Event('online'));
	});
	const now = page.getByRole('button', { name: 'Envoyer maintenant' });
	await expect(now).toBeEnabled();
	// Headquarters answers from the click on: what is tried again by itself must not have left before.
	await page.exposeFunction('reach', () => page.unroute('**/api/sync'));
	await now.evaluate((button) => button.addEventListener('click', () => void Reflect.get(window, 'reach')()));
	await now.click();
	await expect(page.getByRole('heading', { name: /à envoyer depuis/ })).toHaveCount(0);
	await expect(page.getByText('Tout est à jour')).toBeVisible();
	await page.goto('/device');
	await expect(page.getByText(/avance de 3 jours sur celle du siège/)).toBeVisible();
	await page.goto('/interviews/new');
	await page.getByRole('radio', { name: /Salarié/ }).check();
	await expect(page.getByText(/avance de 3 jours sur celle du siège/)).toBeVisible();
	await expect(page.getByText(/L’entretien serait daté du/)).toBeVisible();
});

test('two answers, two consents, a deletion that met an edit: each is settled, and no is no meanwhile', async ({
	page,
	server
}) => {
	test.slow();
	await explore(page, server, 'Conseiller ou conseillère');
	const { person } = await ask<Session>(page, 'GET', '/api/session');
	const { records } = await send(page, []);
	const known = records.find(({ kind, owner }) => kind === 'interview' && owner === person.id)!;
	const valueOf = (field: string) => known.fields[field]![0]!.value;
	const id = crypto.randomUUID();
	const fields = Object.fromEntries(
		['campaign', 'framework', 'stakeholder', 'antenna', 'mode', 'on', 'criteria'].map((field) => [
			field,
			valueOf(field)
		])
	);
	const question = Object.keys(known.fields).find(
		(field) => field.startsWith('answer:') && (valueOf(field) as { words?: string }).words
	)!;
	const begun = { ...fields, state: 'finished', label: 'Karim B.' };
	const consent = 'consent:citation-anonyme';
	const excerpt = crypto.randomUUID();
	const passage = { question: question.slice(7), start: 0, end: 5, words: 'Le bus est rare' };
	const quoted = {
		...{ campaign: fields.campaign, stakeholder: fields.stakeholder, antenna: fields.antenna },
		passage
	};
	const { receipts } = await send(page, [
		change('interview', id, { ...begun, [consent]: 'yes', [question]: { words: 'Le bus est rare.' } }, {}, id),
		change('interview', id, { [consent]: 'no', label: 'Karim Benali', [question]: { words: 'Il n’y a pas de bus.' } }),
		{
			...change('excerpt', excerpt, { ...quoted, criterion: 'c', valence: 'added', quote: 'team' }, {}, excerpt),
			about: id
		},
		{ ...change('excerpt', excerpt, { deleted: { named: [excerpt] } }), about: id },
		{ ...change('excerpt', excerpt, { valence: 'improve' }, { valence: [excerpt] }), about: id }
	]);
	expect(receipts.map(({ verdict }) => verdict)).toEqual(['applied', 'contested', 'applied', 'applied', 'applied']);

	await page.goto('/');
	await expect(page.getByText('2 saisies à départager')).toBeVisible();
	await page.goto('/device');
	await expect(page.getByText('2 saisies à départager')).toBeVisible();
	await page.getByRole('link', { name: /Choisir : Deux valeurs : Entretien, Karim B\./ }).click();
	await expect(page.getByRole('heading', { name: 'Des valeurs à départager' })).toBeVisible();
	expect(await faults(page), 'what is contested').toEqual([]);

	const agreement = page.getByRole('region').filter({ hasText: 'c’est « non » qui vaut' });
	await expect(agreement.getByText(/Sandrine Ossun/).first()).toBeVisible();
	await agreement.getByRole('button', { name: 'Garder celle-ci : Oui' }).click();
	await expect(agreement).toHaveCount(0);

	const label = page.getByRole('region', { name: 'Repère' });
	await label.getByRole('button', { name: 'Écrire autre chose' }).click();
	await label.getByRole('textbox').fill('Karim');
	await label.getByRole('button', { name: 'Garder ce texte' }).click();
	await expect(label).toHaveCount(0);
	await page.getByRole('button', { name: 'Garder celle-ci : Il n’y a pas de bus.' }).click();
	await expect(page.getByRole('heading', { name: 'Tout est départagé' })).toBeVisible();
	await page.getByRole('link', { name: 'Revenir à cet appareil' }).click();

	await page.getByRole('link', { name: /Supprimé d’un côté, modifié de l’autre/ }).click();
	await expect(page.getByText('Modifié : Ce que dit l’extrait')).toBeVisible();
	expect(await faults(page), 'a deletion that met an edit').toEqual([]);
	await page.getByRole('button', { name: 'Supprimer' }).click();
	await expect(page.getByText('Il n’y a plus rien à choisir ici.')).toBeVisible();

	await page.goto('/');
	await expect(page.getByText('Tout est à jour')).toBeVisible();
	const after = await send(page, []);
	const settled = after.records.find((one) => one.id === id)!.fields;
	expect(settled[consent]!.map(({ value }) => value)).toMatchObject([{ answer: 'yes' }]);
	expect(settled.label!.map(({ value }) => value)).toEqual(['Karim']);
	expect(settled[question]!.map(({ value }) => (value as { words: string }).words)).toEqual(['Il n’y a pas de bus.']);
	expect(after.records.some((one) => one.id === excerpt)).toBe(false);
});
