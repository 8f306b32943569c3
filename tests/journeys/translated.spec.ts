import type { Page } from '@playwright/test';
import { expect, explore, test } from './support';

/** What a browser's translator does to the page: each text leaves, and two `<font>` stand in its place. */
const translate = (page: Page): Promise<void> =>
	page.evaluate(() => {
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		const texts: Text[] = [];
		while (walker.nextNode()) texts.push(walker.currentNode as Text);
		for (const text of texts) {
			if (!text.data.trim() || text.parentElement!.closest('[translate="no"], script, style, textarea')) continue;
			const font = document.createElement('font');
			font.append(document.createElement('font'));
			font.firstElementChild!.textContent = text.data;
			text.replaceWith(font);
		}
	});

test('a page translated by the browser goes on saying what is so', async ({ page, server }) => {
	await explore(page, server, 'Conseiller ou conseillère');
	await page.goto('/interviews/new');
	await page.getByRole('radio', { name: /Salarié/ }).check();
	await page.getByRole('button', { name: 'Changer les sujets' }).click();
	const chips = page.locator('.chips button');
	const counted = page.locator('section[aria-labelledby="criteria"] p').last();
	const before = await counted.innerText();
	await translate(page);
	await chips.and(page.locator('[aria-pressed="true"]')).first().click();
	await expect(counted).not.toHaveText(before);
	await chips.and(page.locator('[aria-pressed="false"]')).first().click();
	await translate(page);
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	const where = page.locator('.where');
	await expect(where).toContainText('Question 1 sur');
	await translate(page);
	await page.getByRole('button', { name: 'Suivante' }).click();
	await expect(where).toContainText('Question 2 sur');
	await expect(where).not.toContainText('Question 1 sur');
	const answer = page.locator('main').getByRole('radio').or(page.locator('main').getByRole('checkbox')).first();
	await translate(page);
	const saved = page.locator('.saved');
	const said = await saved.innerText();
	if (await answer.isVisible()) await answer.check();
	else {
		if (!(await page.getByRole('textbox').isVisible()))
			await page.getByRole('button', { name: 'Noter ses mots' }).click();
		await page.getByRole('textbox').first().pressSequentially('Bonjour');
	}
	await expect(saved).not.toHaveText(said);
	await expect(saved).toHaveText(/^Enregistré/);
	await page.getByRole('button', { name: 'Quitter' }).click();
});

test('a text that changes after a translation is shown as it is now, wherever it stands', async ({ page, server }) => {
	await explore(page, server, 'Direction');
	await page.goto('/settings');
	await expect(page.getByRole('heading', { name: 'Réglages' })).toBeVisible();
	await translate(page);
	await page.getByRole('radio', { name: 'English' }).check();
	for (const name of ['Settings', 'Language']) await expect(page.getByRole('heading', { name })).toBeVisible();
	await expect(page.locator('body')).not.toContainText('Réglages');
});
