import type { Page } from '@playwright/test';
import { expect, explore, SETUP_CODE, test } from './support';

/** What is said of a page that has just come. */
async function isSaid(page: Page, title: string): Promise<void> {
	await expect(page).toHaveTitle(`${title} · Témoin`);
	await expect(page.locator('#svelte-announcer')).toHaveText(`${title} · Témoin`);
	await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
}

test('every page says its own title, and its first key leads past the menu', async ({ page, server }) => {
	await explore(page, server, 'Direction');
	const menu = page.getByRole('navigation').first();
	for (const [link, title] of [
		['Entretiens', 'Entretiens'],
		['Accueil', 'Accueil'],
		['Indicateurs', 'Indicateurs'],
		['Campagne', 'Campagnes'],
		['Entretiens', 'Entretiens']
	] as const) {
		await menu.getByRole('link', { name: link, exact: true }).click();
		await isSaid(page, title);
	}
	await page.getByRole('link', { name: /Nouvel entretien/ }).click();
	await isSaid(page, 'Nouvel entretien');
	await page.getByRole('button', { name: 'Quitter' }).click();
	await isSaid(page, 'Entretiens');

	for (const path of ['/', '/interviews', '/interviews/new', '/settings', '/help', '/receipt']) {
		await page.goto(path);
		await expect(page.getByRole('main')).toBeVisible();
		await page.keyboard.press('Tab');
		const skip = page.getByRole('link', { name: 'Aller au contenu' });
		await expect(skip).toBeFocused();
		await expect(skip).toBeInViewport({ ratio: 1 });
		await page.keyboard.press('Enter');
		await expect(page.getByRole('main')).toBeFocused();
	}
});

test('each step of the set-up is said, and what goes while it has the focus leaves it to its title', async ({
	page,
	server
}) => {
	await page.goto(`${server.origin}/setup`);
	const title = page.getByRole('heading', { level: 1 });
	await expect(title).toBeFocused();
	const first = await title.innerText();
	await page.getByLabel('Code de première installation').fill(SETUP_CODE);
	await page.getByRole('button', { name: 'Continuer' }).click();
	await expect(title).not.toHaveText(first);
	await expect(title).toBeFocused();
	const second = await title.innerText();
	await page.getByLabel('Nom de la structure').fill('Cap Bigorre');
	await page.getByLabel(/^Antennes/).fill('Tarbes');
	await page.getByRole('button', { name: 'Continuer' }).click();
	await expect(title).not.toHaveText(second);
	await expect(title).toBeFocused();
	await page.getByRole('button', { name: 'Retour' }).click();
	await expect(title).toHaveText(second);
	await expect(title).toBeFocused();
});
