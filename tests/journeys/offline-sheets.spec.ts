import { expect, explore, readyOffline, test } from './support';

test('the director’s laptop shows the sheets with the network cut', async ({ page, server }) => {
	await explore(page, server, 'Direction');
	await page.goto('/sheets');
	await expect(page.getByRole('heading', { name: 'Bilan 2014' })).toBeVisible();
	await expect(page.getByText(/extraits tirés de/)).toBeVisible();
	await readyOffline(page);
	await server.stop();
	await page.context().setOffline(true);
	await page.goto('/sheets/mise-en-situation-travail');
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
	await expect(page.getByText(/réponses/).first()).toBeVisible();
	await page.goto('/sheets');
	await expect(page.getByText(/extraits tirés de/)).toBeVisible();
});
