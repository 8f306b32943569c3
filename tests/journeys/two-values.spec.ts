import type { Page } from '@playwright/test';
import { expect, explore, readyOffline, test, watch } from './support';

/** Types a month's hours of Lourdes into the grid. */
async function typeHours(page: Page, hours: string): Promise<void> {
	await page.goto('/readings');
	await expect(page.getByRole('grid')).toBeVisible();
	const lourdes = page.getByRole('radiogroup', { name: 'Lieu' }).getByRole('radio', { name: 'Lourdes' });
	if (await lourdes.isVisible()) await lourdes.check();
	const row = page.getByRole('row', { name: /Heures de mise à disposition/ });
	await row.getByRole('gridcell').nth(9).click();
	const input = page.getByRole('textbox', { name: /Heures de mise à disposition, octobre 2014/ });
	await input.fill(hours);
	await input.press('Enter');
	await expect(page.getByText(/^Enregistré/).first()).toBeVisible();
}

test('two people fill one cell at the same time: both values are kept and shown, and the director settles', async ({
	page,
	browser,
	server
}) => {
	await explore(page, server, 'Direction');
	const antenna = await browser.newContext({
		baseURL: server.origin,
		locale: 'fr-FR',
		viewport: { width: 1180, height: 820 }
	});
	watch(antenna, server.origin);
	const maryse = await antenna.newPage();
	await explore(maryse, server, 'Équipe d’antenne');
	await readyOffline(maryse);
	await antenna.setOffline(true);
	await typeHours(maryse, '1 301');
	await typeHours(page, '1 310');
	await page.goto('/');
	await expect(page.getByText('Tout est à jour')).toBeVisible();
	await antenna.setOffline(false);
	await maryse.goto('/');
	await expect(maryse.getByText('1 saisie à départager')).toBeVisible();

	await page.goto('/readings');
	await page.getByRole('radio', { name: 'Lourdes' }).check();
	await page
		.getByRole('link', { name: /deux valeurs/i })
		.first()
		.click();
	await expect(page.getByRole('heading', { name: /Deux valeurs/ })).toBeVisible();
	await expect(page.getByRole('button', { name: /Garder 1.301/ })).toBeVisible();
	await page.getByRole('button', { name: /Garder 1.310/ }).click();
	await page.goto('/');
	await expect(page.getByText('Tout est à jour')).toBeVisible();
	await page.goto('/readings');
	await expect(page.getByRole('link', { name: /deux valeurs/i })).toHaveCount(0);
	await antenna.close();
});
