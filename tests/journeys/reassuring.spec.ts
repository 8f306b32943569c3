import type { Page } from '@playwright/test';
import { change, enrol, expect, goTo, invite, openCampaign, send, setUp, test, watch } from './support';

/** Sentences that set at ease. Each is false where there was nothing to look at, or where something is in doubt. */
const REASSURING = [
	/Rien à signaler/,
	/Tout est à jour/,
	/aucun n’est en doute|n’est pas en doute/,
	/retenus? (a|ont) été abordés? en entretien/,
	/attendus? (est|sont) saisis?/,
	/objectif atteint/i
];

/** What a page says, once it says what it is to say. */
async function saidBy(page: Page, path: string, heading: RegExp, told: string | RegExp): Promise<string> {
	await goTo(page, path);
	await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
	await expect(page.locator('main')).toContainText(told, { useInnerText: true });
	return await page.locator('main').innerText();
}

const reassuringIn = (said: string) => REASSURING.filter((sentence) => sentence.test(said));

test('a campaign with nothing in it is not said to be well, and what is said names what was looked at', async ({
	page,
	server
}) => {
	await setUp(page, server);
	await expect(page.getByText('Tout est à jour')).toBeVisible(); // an exchange has ended
	await saidBy(page, '/sheets', /Bilan/, 'Le bilan commence avec une campagne.');
	await saidBy(page, '/readings', /Indicateurs/, 'Aucune campagne ouverte');
	await saidBy(page, '/interviews', /Entretiens/, 'Vous n’avez pas encore mené d’entretien.');
	await openCampaign(page);

	const upToDate = /Tout est à jour/; // true: an exchange ended, and nothing waits
	const others = (said: string) => reassuringIn(said).filter(({ source }) => source !== upToDate.source);
	const heard = /La première parole reste à recueillir|Le nombre de personnes entendues arrive/;
	const home = await saidBy(page, '/', /Bonjour/, heard);
	expect(others(home)).toEqual([]);
	const sheets = await saidBy(page, '/sheets', /Bilan/, 'Aucun chiffre n’est encore saisi.');
	expect(sheets).toContain('Aucun entretien n’est encore reçu');
	expect(others(sheets)).toEqual([]);
	const expected = /il reste \d+ chiffres? à saisir|aucun chiffre n’est attendu/;
	const readings = await saidBy(page, '/readings', /Indicateurs/, expected);
	expect(others(readings)).toEqual([]);
});

test('a figure with two values takes the all-clear away wherever it stood', async ({ page, server }) => {
	await setUp(page, server);
	await openCampaign(page);
	const { records } = await send(page, []);
	const find = (kind: string) => records.find((record) => record.kind === kind)!;
	const campaign = find('campaign');
	const from = String(campaign.fields.from![0]!.value);
	const id = (month: string) => `reading:${campaign.id}:${find('antenna').id}:${month}:besoins-delai-reponse`;
	const quarter = `${from.slice(0, 4)}-Q1`;
	await send(page, [change('reading', id(quarter), { value: { mean: 4, weight: 1 } })]);
	const { receipts } = await send(page, [
		change('reading', id(quarter), { value: { mean: 9, weight: 1 } }, { value: [] })
	]);
	expect(receipts.map(({ verdict }) => verdict)).toEqual(['contested']);
	await goTo(page, '/');
	await expect(page.getByText('1 saisie à départager')).toBeVisible();
	expect(reassuringIn(await page.locator('main').innerText())).toEqual([]);
	const sheets = await saidBy(page, '/sheets', /Bilan/, /deux valeurs/i);
	expect(reassuringIn(sheets)).toEqual([]);
});

test('a tablet that has received nothing says so, and not that there is nothing', async ({ page, browser, server }) => {
	await setUp(page, server);
	await openCampaign(page);
	const code = await invite(page, 'Sandrine Abadie', 'counsellor', 'Lourdes');
	const context = await browser.newContext({ locale: 'fr-FR', baseURL: server.origin });
	watch(context, server.origin);
	const tablet = await context.newPage();
	await tablet.route('**/api/sync', (route) => route.abort());
	await enrol(tablet, server, code, 'Tablette');
	for (const [path, heading] of [
		['/', /Bonjour/],
		['/readings', /Indicateurs/],
		['/interviews', /Entretiens/]
	] as const) {
		const said = await saidBy(tablet, path, heading, /n’a encore rien reçu/);
		expect(reassuringIn(said), path).toEqual([]);
		expect(said, path).not.toContain('Aucune campagne ouverte');
	}
	await expect(tablet.getByText('sa mémoire a été vidée')).toHaveCount(0);
	await context.close();
});

test('a code is « pas encore utilisé » only for who has not come in yet', async ({ page, browser, server }) => {
	await setUp(page, server);
	const code = await invite(page, 'Sandrine Abadie', 'counsellor', 'Lourdes');
	await goTo(page, '/people');
	const row = page.getByRole('listitem').filter({ hasText: 'Sandrine Abadie' });
	await expect(row.getByText(/pas encore utilisé/)).toBeVisible();
	const context = await browser.newContext({ locale: 'fr-FR', baseURL: server.origin });
	watch(context, server.origin);
	const tablet = await context.newPage();
	await enrol(tablet, server, code, 'Tablette');
	await expect(tablet.getByText('Tout est à jour')).toBeVisible();
	await goTo(page, '/people');
	await expect(row).toBeVisible();
	await expect(row.getByText(/pas encore utilisé/)).toHaveCount(0);
	await context.close();
});
