import type { Page } from '@playwright/test';
import { expect, explore, readyOffline, test, watch } from './support';

const CRITERION = '/sheets/coeur-de-metier';
const SUMMARY = 'Les métiers proposés se diversifient. Peu de personnes exercent ensuite celui qu’elles visaient.';

/** The page once an exchange has ended. */
async function upToDate(page: Page, path: string): Promise<void> {
	await page.goto('/');
	await expect(page.getByText('Tout est à jour')).toBeVisible();
	await page.goto(path);
}

test('a director judges a criterion on what it rests on, decides an action, and its owner moves it on without a network', async ({
	page,
	browser,
	server
}) => {
	test.slow();
	await explore(page, server, 'Direction');
	const context = await browser.newContext({ baseURL: server.origin, locale: 'fr-FR' });
	watch(context, server.origin);
	const sandrine = await context.newPage();
	await explore(sandrine, server, 'Conseiller ou conseillère');

	await page.goto(CRITERION);
	const judged = page.locator('#judgement');
	await expect(judged.getByText('À écrire')).toBeVisible();
	await judged.getByRole('button', { name: 'Écrire l’appréciation' }).click();
	const summary = judged.getByLabel('En quelques phrases');
	await expect(summary).toBeFocused();
	await summary.fill(SUMMARY);
	await judged.getByLabel('Limites').fill('Peu d’offres à Lourdes\nDes horaires coupés');
	const choice = judged.getByLabel('Choisissez un chiffre, une réponse ou une parole');
	await choice.selectOption({ label: await choice.locator('optgroup[label=Chiffres] option').first().innerText() });
	await judged.getByRole('button', { name: 'Ajouter un appui' }).click();
	await summary.evaluate((box: HTMLTextAreaElement) => box.setSelectionRange(36, 36));
	await summary.focus();
	await judged.getByRole('button', { name: 'Nommer l’appui 1 ici' }).click();
	await expect(summary).toHaveValue(/se diversifient\[1\]\./);

	// What is typed is there again after a reload, and nothing of it has left.
	await page.waitForTimeout(1200);
	await page.reload();
	await expect(summary).toHaveValue(/se diversifient\[1\]\./);
	await judged.getByRole('button', { name: 'Terminer l’appréciation' }).click();
	await expect(judged.getByText('Terminée, Claire')).toBeVisible();
	await expect(judged.getByRole('link', { name: 'appui 1' })).toBeVisible();
	await expect(judged.getByRole('listitem').filter({ hasText: 'Des horaires coupés' })).toBeVisible();

	await page.getByRole('button', { name: 'Ajouter une action' }).click();
	const form = page.getByRole('dialog');
	await form.getByRole('button', { name: 'Enregistrer l’action' }).click();
	await expect(form.getByText('Dites en quelques mots ce qui sera fait.')).toBeVisible();
	await form.getByLabel('Ce qui sera fait').fill('Visiter deux entreprises par mois');
	// A key that closes it loses nothing of it.
	await page.keyboard.press('Escape');
	await expect(form).toHaveCount(0);
	await page.getByRole('button', { name: 'Ajouter une action' }).click();
	await expect(form.getByLabel('Ce qui sera fait')).toHaveValue('Visiter deux entreprises par mois');
	await form.getByLabel('Avec qui').selectOption('Sandrine Ossun');
	await form.getByRole('button', { name: 'Enregistrer l’action' }).dblclick();
	const row = page.getByRole('row').filter({ hasText: 'Visiter deux entreprises' });
	await expect(row).toHaveCount(1);
	await expect(row).toContainText('Sans date');

	await upToDate(page, '/sheets');
	await page.getByRole('radio', { name: 'Sur quoi ça repose' }).check();
	await expect(page.getByRole('row').filter({ hasText: 'cœur de métier' })).toContainText('Terminée');

	// Its owner finds it at home, and says without a network how far it has come: that, and nothing else.
	await upToDate(sandrine, '/');
	await readyOffline(sandrine);
	await context.setOffline(true);
	await sandrine.goto('/');
	const mine = sandrine.getByRole('region', { name: 'Ce qui vous est confié' });
	await mine.getByRole('button', { name: 'Dire où j’en suis : Visiter deux entreprises par mois' }).click();
	const saying = sandrine.getByRole('dialog');
	await expect(saying.getByLabel('Ce qui sera fait')).toHaveCount(0);
	await saying.getByLabel(/^Où en est/).selectOption('Faite');
	await saying.getByLabel('Ce qui a changé').fill('Deux visites faites, un stage trouvé.');
	await saying.getByRole('button', { name: 'Enregistrer l’action' }).click();
	await expect(mine.getByText('Visiter deux entreprises')).toHaveCount(0);
	await context.setOffline(false);
	await upToDate(sandrine, CRITERION);
	await expect(sandrine.getByText('Peu de personnes exercent')).toBeVisible();
	await expect(sandrine.getByRole('button', { name: /l’appréciation/ })).toHaveCount(0);

	await upToDate(page, '/actions');
	await expect(page.getByRole('row').filter({ hasText: 'Visiter deux entreprises' })).toContainText(/Faite le/);
	await expect(page.getByText('Deux visites faites, un stage trouvé.')).toBeVisible();
	await context.close();
});
