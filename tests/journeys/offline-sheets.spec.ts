import { readFileSync } from 'node:fs';
import { expect, explore, readyOffline, test } from './support';

test('the director’s laptop shows the sheets with the network cut', async ({ page, server }) => {
	await explore(page, server, 'Direction');
	await page.goto('/sheets');
	await expect(page.getByRole('heading', { name: 'Bilan 2014' })).toBeVisible();
	await expect(page.getByText(/extraits tirés de/)).toBeVisible();
	// The file comes to who shows both halves of a session, by a button.
	const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /CSV/ }).click()]);
	expect(file.suggestedFilename()).toMatch(/^temoin-.*\.csv$/);
	expect(readFileSync(await file.path(), 'utf8')).toContain('Registre;Critère;Indicateur ou mesure');
	await readyOffline(page);
	await server.stop();
	await page.context().setOffline(true);
	await page.goto('/sheets/mise-en-situation-travail');
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
	await expect(page.getByText(/réponses/).first()).toBeVisible();
	await page.goto('/sheets');
	await expect(page.getByText(/extraits tirés de/)).toBeVisible();
});
