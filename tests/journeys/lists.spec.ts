import type { Page } from '@playwright/test';
import { creation, expect, goTo, openCampaign, send, setUp, test } from './support';

/** Counts what the page opens of its vault. */
const countOpened = (page: Page) =>
	page.addInitScript(() => {
		const counted = globalThis as unknown as { opened: number };
		counted.opened = 0;
		const decrypt = crypto.subtle.decrypt.bind(crypto.subtle);
		crypto.subtle.decrypt = (...how: Parameters<SubtleCrypto['decrypt']>) => {
			counted.opened++;
			return decrypt(...how);
		};
	});
const opened = (page: Page) => page.evaluate(() => (globalThis as unknown as { opened: number }).opened);
/** How long the sealed list of interviews is on the disk. */
const linesKept = (page: Page): Promise<number> =>
	page.evaluate(async () => {
		const { name } = (await indexedDB.databases()).find(({ name }) => name!.startsWith('temoin-vault'))!;
		const db = await new Promise<IDBDatabase>((done) => {
			const request = indexedDB.open(name!);
			request.onsuccess = () => done(request.result);
		});
		const row = await new Promise<{ value: Uint8Array } | undefined>((done) => {
			const request = db.transaction('settings').objectStore('settings').get('lines:interview');
			request.onsuccess = () => done(request.result as { value: Uint8Array });
		});
		db.close();
		return row && row.value.length > 10_000 ? row.value.length : 0;
	});

test('of 240 interviews a hundred are drawn, all are counted, found and filtered, and none is opened for it', async ({
	page,
	server
}) => {
	await countOpened(page);
	await setUp(page, server);
	await openCampaign(page);
	const { records } = await send(page, []);
	const idOf = (kind: string) => records.filter((record) => record.kind === kind).map(({ id }) => id);
	const [antennas, [campaign], [framework]] = [idOf('antenna'), idOf('campaign'), idOf('framework')];
	const year = new Date().getFullYear();
	const some = Array.from({ length: 240 }, (_, i) =>
		creation('interview', {
			...{ campaign, framework, antenna: antennas[i % 2], mode: 'face', criteria: [] },
			stakeholder: i % 3 ? 'employee' : 'client',
			on: `${year}-01-${String(1 + (i % 28)).padStart(2, '0')}`,
			state: i === 7 ? 'refused' : 'finished',
			label: i === 120 ? 'Rosé-Marie' : `Personne ${i}`
		})
	);
	await send(page, some);
	await goTo(page, '/interviews'); // and an exchange
	const counted = page.getByRole('status').filter({ hasText: /^240 entretiens$/ });
	await expect(counted).toBeVisible();
	await expect.poll(() => linesKept(page)).toBeGreaterThan(0); // what the lists say has been written down

	await goTo(page, '/device');
	await expect(page.getByText('Tout est à jour').first()).toBeVisible();
	const before = await opened(page);
	await page.getByRole('link', { name: 'Entretiens', exact: true }).click();
	const rows = page.locator('main .list > li');
	await expect(rows).toHaveCount(100);
	await expect(counted).toBeVisible();
	expect((await opened(page)) - before, 'opened for the list').toBeLessThan(20);

	await page.getByRole('button', { name: 'Afficher la suite (140 autres)' }).click();
	await expect(rows).toHaveCount(200);
	await page.getByRole('button', { name: 'Afficher la suite (40 autres)' }).click();
	await expect(rows).toHaveCount(240);

	// What is filtered is looked for among all of them, not among those drawn.
	await page.getByLabel('Votre repère').fill('rose marie');
	await expect(rows).toHaveCount(1);
	await expect(rows).toContainText('Rosé-Marie');
	await page.getByLabel('Votre repère').fill('');
	await page.getByLabel('État').selectOption('Refus');
	await expect(rows).toHaveCount(1);
	await page.getByLabel('État').selectOption('Tous');
	await page.getByLabel('Qui a répondu').selectOption({ index: 2 });
	await page.getByLabel('Antenne').selectOption('Lourdes');
	await expect(page.getByRole('status').filter({ hasText: /^40 entretiens$/ })).toBeVisible();
	await page.getByLabel('État').selectOption('À terminer');
	await expect(page.getByText('Aucun entretien avec ces choix.')).toBeVisible();
	expect(page.url(), 'no name stands in the address').not.toMatch(/rose/i);
});
