import type { Page } from '@playwright/test';
import { expect, goTo, openCampaign, setUp, test, unlock } from './support';

/** Another app comes to the front: the page is hidden, nothing in it loses the focus. Then somebody comes back. */
async function hideAndComeBack(page: Page): Promise<void> {
	await page.evaluate(() => {
		Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
		document.dispatchEvent(new Event('visibilitychange'));
	});
	await expect(page.getByRole('button', { name: 'Ouvrir', exact: true })).toBeVisible();
	await page.evaluate(() => {
		Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true });
		document.dispatchEvent(new Event('visibilitychange'));
	});
	await unlock(page);
}

/** What the screen says of a field in which somebody has just typed. */
const saved = (page: Page) => page.getByText(/^Enregistré sur cet appareil/);
const notAll = (page: Page) => page.getByText('Pas tout enregistré', { exact: true });

async function reload(page: Page): Promise<void> {
	await page.reload();
	await unlock(page);
}

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1180, height: 820 };

/** An interview with a client on the one criterion that asks for a number, at that question. */
async function askForNumber(page: Page): Promise<void> {
	await goTo(page, '/interviews/new');
	await page.getByRole('radio', { name: /Client/ }).check();
	await page.getByRole('radio', { name: 'Tarbes' }).check();
	await page.getByRole('button', { name: 'Changer les sujets' }).click();
	const kept = page.locator('.chips button[aria-pressed="true"]');
	for (const chip of (await kept.all()).toReversed()) await chip.click();
	await page.getByRole('button', { name: 'Réponse à des besoins du territoire' }).click();
	await page.getByLabel(/Un repère pour vous/).fill('Madame C.');
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('radio', { name: 'Oui, sans mon nom' }).check();
	// Locked on the way to the first question, nothing that was ticked is lost either.
	await hideAndComeBack(page);
	await expect(page.getByRole('radio', { name: 'Oui, sans mon nom' })).toBeChecked();
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	const number = page.getByRole('textbox', { name: 'Nombre' });
	const next = page.getByRole('button', { name: 'Suivante' });
	while (!(await number.isVisible())) await next.click();
}

test('a figure typed and not left is there after the window was hidden, locked or reloaded', async ({
	page,
	server
}) => {
	test.slow();
	await setUp(page, server);
	await openCampaign(page);
	const month = /^Heures de mise à disposition, /;

	// In the grid.
	await page.setViewportSize(DESK);
	await goTo(page, '/readings');
	const row = page.getByRole('row', { name: /Heures de mise à disposition/ });
	await row.getByRole('gridcell').first().click();
	const inline = page.getByRole('textbox', { name: month });
	await inline.pressSequentially('1184');
	await hideAndComeBack(page);
	await expect(row.getByRole('gridcell').first()).toHaveText(/1.184/);
	await row.getByRole('gridcell').nth(1).click();
	await inline.pressSequentially('1 201,5');
	await expect(saved(page)).toBeVisible();
	await reload(page);
	await expect(row.getByRole('gridcell').nth(1)).toHaveText(/1.201,5/);

	// What is no figure stays as it was typed, beside what was there.
	await row.getByRole('gridcell').first().click();
	await inline.fill('12 ans');
	await expect(page.getByText('Pas encore enregistré')).toBeVisible();
	await reload(page);
	await expect(inline).toHaveValue('12 ans');
	await expect(page.getByText(/^Écrivez un nombre en chiffres/)).toBeVisible();
	await expect(notAll(page)).toBeVisible();
	await expect(saved(page)).toBeHidden();
	await inline.press('Escape');
	await expect(row.getByRole('gridcell').first()).toHaveText(/1.184/);

	// In the list of a month.
	await page.setViewportSize(PHONE);
	await goTo(page, '/readings');
	const field = page.getByRole('textbox', { name: 'Heures de mise à disposition' });
	await field.fill('1 250');
	await hideAndComeBack(page);
	await expect(field).toHaveValue(/^1.250$/);
	await field.fill('1 260');
	await expect(saved(page)).toBeVisible();
	await reload(page);
	await expect(field).toHaveValue(/^1.260$/);
});

test('the number of an interview is saved while it is typed, and what is none is said and never becomes another', async ({
	page,
	server
}) => {
	test.slow();
	await setUp(page, server);
	await openCampaign(page);
	await askForNumber(page);
	const number = page.getByRole('textbox', { name: 'Nombre' });
	await number.pressSequentially('12');
	await expect(saved(page)).toBeVisible();
	await reload(page);
	await expect(number).toHaveValue('12');
	await number.focus();
	await page.mouse.wheel(0, 200);
	await expect(number).toHaveValue('12');

	for (const [typed, words] of [
		['1,5', /^Écrivez un nombre entier/],
		['1200', /^Entre 0 et 999$/],
		['-3', /^Entre 0 et 999$/],
		['12 13', /^Écrivez un seul nombre/],
		['douze', /^Écrivez un nombre en chiffres/]
	] as const) {
		await number.fill(typed);
		await expect(page.getByText(words)).toBeVisible();
		await expect(number).toHaveValue(typed);
		await expect(notAll(page)).toBeVisible();
	}
	await hideAndComeBack(page);
	await expect(number).toHaveValue('douze');
	await expect(page.getByText(/^Écrivez un nombre en chiffres/)).toBeVisible();
	// Two cells of a spreadsheet: a field of one line would run them together.
	await number.selectText();
	await number.evaluate((field) => {
		const clipboardData = new DataTransfer();
		clipboardData.setData('text/plain', '41\n47\n');
		field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
	});
	await expect(page.getByText(/^Écrivez un seul nombre/)).toBeVisible();
	await expect(number).toHaveValue('41\t47');
	await number.fill('8');
	await expect(saved(page)).toBeVisible();
	await page.getByRole('button', { name: 'Plus', exact: true }).click();
	await expect(number).toHaveValue('9');
	await hideAndComeBack(page);
	await expect(number).toHaveValue('9');
});

test('words too long for an answer stay in sight, and what did not fit is said', async ({ page, server }) => {
	test.slow();
	await setUp(page, server);
	await openCampaign(page);
	await askForNumber(page);
	const pasted = `${'Elle vient, elle écoute. '.repeat(2000)}`.slice(0, 30_893);
	await page.getByRole('button', { name: /mots/ }).click();
	const words = page.getByRole('textbox', { name: 'Ses mots' });
	await words.fill(pasted);
	await expect(page.getByText(/^10.893 caractères n’ont pas tenu/)).toBeVisible();
	await expect(notAll(page)).toBeVisible();
	await expect(saved(page)).toBeHidden();
	await reload(page);
	await expect(words).toHaveValue(pasted);
	await expect(page.getByText(/^10.893 caractères n’ont pas tenu/)).toBeVisible();
	await words.fill(pasted.slice(0, 20_000));
	await expect(saved(page)).toBeVisible();

	// A form that is saved by a button keeps what is typed in it, and takes no name that was cut.
	await goTo(page, '/campaign');
	await page
		.getByRole('link', { name: /2026|2025|20\d\d/ })
		.first()
		.click();
	const title = page.getByRole('textbox', { name: 'Nom', exact: true });
	await title.fill('x'.repeat(83));
	await expect(page.getByText('3 caractères de trop : 80 au plus.')).toBeVisible();
	await page.getByRole('button', { name: 'Enregistrer', exact: true }).click();
	await expect(page.getByText('Pas enregistré : un point est à revoir plus haut')).toBeVisible();
	const target = page.getByRole('textbox', { name: /personnes à entendre$/ }).first();
	await target.fill('dix');
	await hideAndComeBack(page);
	await expect(title).toHaveValue('x'.repeat(83));
	await expect(target).toHaveValue('dix');
	await expect(page.getByText('Pas encore enregistré')).toBeVisible();
});
