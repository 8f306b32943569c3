import { expect, goTo, openCampaign, setUp, test } from './support';

test('what is saved is said once the hand rests, not at each letter', async ({ page, server }) => {
	test.slow();
	await setUp(page, server);
	await openCampaign(page);
	await goTo(page, '/interviews/new');
	await page.getByRole('radio', { name: 'Tarbes' }).check();
	await page.getByRole('radio', { name: /Salarié/ }).check();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	const words = page.getByRole('textbox', { name: 'Ses mots' });
	const write = page.getByRole('button', { name: 'Noter ses mots' });
	await expect(words.or(write)).toBeVisible();
	if (await write.isVisible()) await write.click();
	await page.evaluate(() => {
		const LIVE = '[role=status], [role=alert], [role=log], [aria-live]';
		const page = globalThis as { said?: string[] };
		page.said = [];
		new MutationObserver((changes) => {
			for (const { target } of changes) {
				const region = (target instanceof Element ? target : target.parentElement)?.closest(LIVE);
				if (region) page.said!.push(region.textContent);
			}
		}).observe(document.body, { childList: true, characterData: true, subtree: true });
	});
	const said = () => page.evaluate(() => (globalThis as { said?: string[] }).said!);
	const typed = 'Avant je ne disais pas bonjour, maintenant.';
	expect(typed).toHaveLength(43);
	await words.pressSequentially(typed, { delay: 110 });
	await expect(page.getByText(/^Enregistré sur cet appareil/)).toBeVisible();
	expect(await said()).toEqual([]);
	await expect.poll(said).toEqual(['C’est enregistré.']);

	// It fails: that is said at once.
	await page.evaluate(() => {
		IDBObjectStore.prototype.put = IDBObjectStore.prototype.add = () => {
			throw new DOMException('full', 'QuotaExceededError');
		};
	});
	await words.pressSequentially(' Si.');
	await expect.poll(said).toContain('L’enregistrement a échoué.');
});
