import { expect, explore, test } from './support';

test('an interview open in one tab is not written by another, and goes on there when the first is closed', async ({
	page,
	context,
	server
}) => {
	await explore(page, server, 'Conseiller ou conseillère');
	await page.goto('/interviews/new');
	await page.getByRole('radio', { name: /Client/ }).check();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	await expect(page.getByText(/^Question 1 sur/)).toBeVisible();

	const second = await context.newPage();
	await second.goto(page.url());
	await expect(second.getByRole('heading', { name: 'Cette fiche est ouverte ailleurs' })).toBeVisible();
	await page.reload();
	await expect(page.getByText(/^Question 1 sur/)).toBeVisible();
	await page.close();
	await second.getByRole('button', { name: 'Réessayer' }).click();
	await expect(second.getByText(/^Question 1 sur/)).toBeVisible();
});
