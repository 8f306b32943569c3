import type { Page } from '@playwright/test';
import { found, marker } from './markers';
import {
	choosePin,
	enrolTablet,
	expect,
	goTo,
	openCampaign,
	PASSPHRASE,
	pressAgain,
	setUp,
	Tablet,
	test,
	unlock,
	watch
} from './support';

const PIN = '4271';
const announced = (page: Page) => page.getByRole('alert').filter({ hasText: /^Témoin se verrouille dans/ });
const pinField = (page: Page) => page.getByLabel('Votre code court');
const passphraseField = (page: Page) => page.getByLabel('Phrase secrète');
const open = (page: Page) => page.getByRole('button', { name: 'Ouvrir', exact: true });

/** Time passes: long enough to be seen by the page. */
async function pass(page: Page, time: string): Promise<void> {
	await page.clock.fastForward(time);
	await page.waitForTimeout(300);
}

/** The screen's lock as the browser is asked for it, in the page's `awake`. */
const countAwake = (page: Page) =>
	page.addInitScript(() => {
		const page = globalThis as { awake?: number };
		page.awake = 0;
		Object.defineProperty(navigator, 'wakeLock', {
			value: {
				request: () => {
					page.awake! += 1;
					return Promise.resolve({ release: () => Promise.resolve((page.awake! -= 1)) });
				}
			}
		});
	});
const awake = (page: Page) => page.evaluate(() => (globalThis as { awake?: number }).awake);

/** Everything that is chosen before the first question. */
async function prepare(page: Page, label: string): Promise<void> {
	await page.getByRole('radio', { name: 'Lourdes' }).check();
	await page.getByRole('radio', { name: /Salarié/ }).check();
	await page.getByRole('button', { name: 'Changer les sujets' }).click();
	await page.locator('.chips button[aria-pressed="false"]').last().click();
	await page.getByLabel(/Un repère pour vous/).fill(label);
	await page.getByRole('radio', { name: 'Par téléphone' }).check();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('radio', { name: 'Oui, sans mon nom' }).check();
}

/** Nothing of it has gone. */
async function expectPrepared(page: Page, label: string): Promise<void> {
	await expect(page.getByRole('radio', { name: 'Oui', exact: true }).first()).toBeChecked();
	await expect(page.getByRole('radio', { name: 'Oui, sans mon nom' })).toBeChecked();
	await page.getByRole('button', { name: /Qui répond/ }).click();
	await expect(page.getByRole('radio', { name: 'Lourdes' })).toBeChecked();
	await expect(page.getByRole('radio', { name: /Salarié/ })).toBeChecked();
	await expect(page.getByLabel(/Un repère pour vous/)).toHaveValue(label);
	await expect(page.getByRole('radio', { name: 'Par téléphone' })).toBeChecked();
	await expect(page.locator('.chips button[aria-pressed="true"]').last()).toBeVisible();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
}

test('in front of a person the lock waits ten minutes, says that it comes, and takes nothing; the short code opens again', async ({
	page,
	server
}) => {
	test.slow();
	await page.clock.install();
	await countAwake(page);
	await setUp(page, server, PIN);
	await openCampaign(page);
	expect(await awake(page)).toBe(0);
	await goTo(page, '/interviews/new');
	await prepare(page, 'Karim B.');
	expect(await awake(page)).toBe(1);

	await pass(page, '09:35');
	await expect(announced(page)).toBeHidden();
	await pass(page, '00:10');
	await expect(announced(page)).toHaveText(/dans 1\d secondes/);
	const said = await announced(page).innerText();
	await pass(page, '00:05');
	expect(await announced(page).innerText(), 'said once, not counted down').toBe(said);
	await page.keyboard.press('Shift');
	await expect(announced(page)).toBeHidden();
	await pass(page, '09:45');
	await page.getByRole('button', { name: 'Rester' }).click();
	await expect(announced(page)).toBeHidden();
	await pass(page, '09:45');
	await expect(announced(page)).toBeVisible();

	await pass(page, '00:20');
	await expect(pinField(page)).toBeVisible();
	expect(await page.content()).not.toContain('Karim B.');
	expect(await awake(page)).toBe(0);
	await pinField(page).fill(PIN);
	await open(page).click();
	await expectPrepared(page, 'Karim B.');
	expect(await awake(page)).toBe(1);

	// With a question on the screen, and words half typed.
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	const words = page.getByRole('textbox', { name: 'Ses mots' });
	const write = page.getByRole('button', { name: 'Noter ses mots' });
	await expect(words.or(write)).toBeVisible();
	if (await write.isVisible()) await write.click();
	await words.fill('Avant je ne disais pas bon');
	await pass(page, '10:05');
	await pinField(page).fill(PIN);
	await open(page).click();
	await expect(words).toHaveValue('Avant je ne disais pas bon');

	// An open dialog hides no announcement.
	await page.getByRole('button', { name: /Note pour l’équipe/ }).click();
	await expect(page.getByRole('dialog')).toBeVisible();
	await pass(page, '09:45');
	await expect(page.getByRole('dialog').getByRole('alert')).toHaveText(/^Témoin se verrouille/);
	await page.keyboard.press('Escape');
	await expect(announced(page)).toBeHidden();

	// Elsewhere two minutes do.
	await page.getByRole('button', { name: 'Quitter' }).click();
	await expect(page.getByRole('heading', { name: 'Entretiens', exact: true })).toBeVisible();
	expect(await awake(page)).toBe(0);
	await pass(page, '01:35');
	await expect(announced(page)).toBeHidden();
	await pass(page, '00:10');
	await expect(announced(page)).toBeVisible();
	await pass(page, '00:20');
	await expect(pinField(page)).toBeVisible();
});

test('without a short code the passphrase opens again, and the lock screen offers one', async ({ page, server }) => {
	test.slow();
	await page.clock.install();
	await setUp(page, server);
	await openCampaign(page);
	await goTo(page, '/interviews/new');
	await prepare(page, 'Karim B.');
	await pass(page, '10:05');
	await expect(passphraseField(page)).toBeVisible();
	await unlock(page);
	await expectPrepared(page, 'Karim B.');

	// An hour later it is all there still, and a person is asked whether it is the same one.
	await pass(page, '10:05');
	await pass(page, '59:00');
	await choosePin(page, '1234');
	await passphraseField(page).fill(PASSPHRASE);
	await open(page).click();
	await expect(page.getByText('Ce code se devine au premier essai.')).toBeVisible();
	await pinField(page).fill(PIN);
	await page.getByLabel('Le même, encore une fois').fill(PIN);
	await open(page).click();
	await expect(page.getByText(/Est-ce toujours la même personne/)).toBeVisible();
	await expectPrepared(page, 'Karim B.');
	await pass(page, '10:05');
	await pinField(page).fill(PIN);
	await open(page).click();
	await page.getByRole('button', { name: 'Recommencer pour une autre' }).click();
	await expect(page.getByRole('radio', { name: /Salarié/ })).not.toBeChecked();
	await page.getByRole('radio', { name: /Client/ }).check();
	await page.getByRole('radio', { name: 'Lourdes' }).check();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await expect(page.getByRole('radio', { name: 'Oui', exact: true }).first()).not.toBeChecked();

	// Whoever has one is not offered another.
	await page.waitForTimeout(1000);
	await page.reload();
	await expect(passphraseField(page)).toBeVisible();
	await unlock(page);
	await expect(page.getByRole('radio', { name: 'Oui', exact: true }).first()).toBeVisible();
	await page.reload();
	await expect(passphraseField(page)).toBeVisible();
	await page.waitForTimeout(500);
	await expect(page.getByRole('checkbox')).toBeHidden();
});

test('what is ticked before the first question survives a kill, sealed', async ({ page, server }) => {
	test.slow();
	await setUp(page, server);
	await openCampaign(page);
	const tablet = new Tablet();
	const label = marker();
	try {
		let screen = await enrolTablet(tablet, page, server);
		await goTo(screen, `${server.origin}/interviews/new`);
		await screen.getByRole('radio', { name: /Salarié/ }).check();
		await screen.getByLabel(/Un repère pour vous/).fill(label);
		await screen.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
		await screen.getByRole('radio', { name: 'Oui', exact: true }).first().check();
		await screen.waitForTimeout(1000);
		await tablet.kill();
		expect(found(tablet.profile, [label])).toEqual([]);
		screen = await tablet.open(`${server.origin}/`);
		await unlock(screen);
		await screen.getByRole('link', { name: /^Nouvel entretien/ }).click();
		await expect(screen.getByRole('radio', { name: 'Oui', exact: true }).first()).toBeChecked();
		await screen.getByRole('button', { name: /Qui répond/ }).click();
		await expect(screen.getByLabel(/Un repère pour vous/)).toHaveValue(label);
	} finally {
		await tablet.dispose();
	}
});

test('only « Noter le refus » records a refusal', async ({ page, server }) => {
	await setUp(page, server);
	await openCampaign(page);
	const decline = page.getByRole('button', { name: 'Ne pas commencer' });
	const dialog = page.getByRole('dialog');
	const refusals = page.getByRole('heading', { name: /refus/i });
	await goTo(page, '/interviews/new');
	await page.getByRole('radio', { name: 'Tarbes' }).check();
	await page.getByRole('radio', { name: /Salarié/ }).check();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();

	// Asked, and taken back in every way there is.
	await decline.click();
	await dialog.getByRole('button', { name: 'Annuler' }).click();
	await expect(dialog).toBeHidden();
	await page.getByRole('radio', { name: 'Non', exact: true }).first().check();
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	await expect(dialog).toBeVisible();
	await page.keyboard.press('Escape');
	await expect(dialog).toBeHidden();
	await decline.click();
	await expect(dialog).toBeVisible();
	await page.goto('/interviews');
	await unlock(page);
	await expect(page.getByText('Vous n’avez pas encore mené d’entretien.')).toBeVisible();
	await expect(refusals).toBeHidden();

	await page.getByRole('link', { name: 'Nouvel entretien' }).click();
	await decline.click();
	await pressAgain(dialog.getByRole('button', { name: 'Noter le refus' }));
	await expect(refusals).toBeVisible();
	await expect(page.getByRole('listitem').filter({ hasText: 'Tarbes' })).toHaveCount(1);
});

test('the code of a person is shown until somebody says that it was taken, and lies nowhere in clear', async ({
	page,
	server
}) => {
	test.slow();
	await setUp(page, server);
	await openCampaign(page);
	const tablet = new Tablet();
	try {
		let screen = await enrolTablet(tablet, page, server);
		const code = () => screen.locator('.big .code');
		await screen.getByRole('link', { name: /^Nouvel entretien/ }).click();
		await screen.getByRole('radio', { name: /Salarié/ }).check();
		await screen.getByLabel(/Un repère pour vous/).fill('Karim B.');
		await screen.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
		await screen.getByRole('radio', { name: 'Oui', exact: true }).first().check();
		await screen.getByRole('button', { name: 'Commencer', exact: true }).click();
		await screen.getByRole('button', { name: /Pour finir/ }).click();
		await screen.getByRole('button', { name: 'Terminer l’entretien' }).click();
		const given = await code().innerText();
		const address = screen.url();

		// Locked, reloaded, killed: it is there, the same.
		await screen.evaluate(() => {
			Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
			document.dispatchEvent(new Event('visibilitychange'));
		});
		await expect(screen.getByLabel('Phrase secrète')).toBeVisible();
		expect(await screen.content()).not.toContain(given);
		await screen.reload();
		await unlock(screen);
		await expect(code()).toHaveText(given);
		await tablet.kill();
		expect(found(tablet.profile, [given, given.replace('-', '')])).toEqual([]);
		screen = await tablet.open(address);
		await unlock(screen);
		await expect(code()).toHaveText(given);

		await screen.getByRole('button', { name: 'La personne a son code' }).click();
		await expect(screen.getByText('Un code a déjà été donné')).toBeVisible();
		await expect(code()).toBeHidden();
		await screen.reload();
		await unlock(screen);
		await expect(screen.getByRole('button', { name: 'Terminer l’entretien' })).toBeVisible();
		expect(await screen.content()).not.toContain(given);
	} finally {
		await tablet.dispose();
	}
});

test('with a finger the short code is typed on keys of the page, and two quick touches are two digits', async ({
	browser,
	server
}) => {
	const context = await browser.newContext({
		...{ baseURL: server.origin, locale: 'fr-FR', viewport: { width: 820, height: 1180 } },
		...{ hasTouch: true, isMobile: true }
	});
	watch(context, server.origin);
	const page = await context.newPage();
	await setUp(page, server, PIN);
	await page.evaluate(() => {
		for (const value of ['hidden', 'visible']) {
			Object.defineProperty(document, 'visibilityState', { value, configurable: true });
			document.dispatchEvent(new Event('visibilitychange'));
		}
	});
	const keys = page.getByRole('group', { name: 'Les chiffres du code court' });
	const key = (name: string) => keys.getByRole('button', { name, exact: true });
	await expect(pinField(page)).toHaveAttribute('inputmode', 'none');
	await key('4').dispatchEvent('click');
	await key('4').dispatchEvent('click');
	await expect(pinField(page)).toHaveValue('44');
	await key('Effacer le dernier chiffre').tap();
	for (const digit of '271') await key(digit).tap();
	await expect(pinField(page)).toHaveValue(PIN);
	await open(page).tap();
	await expect(page.getByRole('heading', { name: /^Bonjour/, level: 1 })).toBeVisible();
	await expect(pinField(page)).toHaveCount(0);
	await context.close();
});
