import { expect, goTo, openCampaign, setUp, SETUP_CODE, PASSPHRASE, test } from './support';

test('from nothing to an open campaign', async ({ page, server }) => {
	await setUp(page, server);
	await expect(page.getByText('Aucune campagne ouverte')).toBeVisible();
	await openCampaign(page);
	await goTo(page, '/');
	await expect(page.getByRole('link', { name: /Nouvel entretien/ })).toBeVisible();
	await expect(page.getByText('Tout est à jour')).toBeVisible();

	// It is the server's, not only this page's: another browser that signs in finds it.
	const other = await page.context().browser()!.newContext({ baseURL: server.origin, locale: 'fr-FR' });
	const fresh = await other.newPage();
	await fresh.goto('/sign-in');
	await fresh.getByLabel('Votre prénom et votre nom').fill('claire dumont');
	await fresh.getByLabel('Phrase secrète').fill(PASSPHRASE);
	await fresh.getByLabel(/Nom de cet appareil/).fill('Portable');
	await fresh.getByRole('button', { name: 'Me connecter' }).click();
	await expect(fresh.getByRole('link', { name: /Nouvel entretien/ })).toBeVisible();
	await other.close();
});

test('a wrong set-up code and a weak passphrase are told in words, and nothing typed is lost', async ({
	page,
	server
}) => {
	await page.goto(`${server.origin}/setup`);
	await page.getByLabel('Code de première installation').fill('FAUX1-FAUX1');
	await page.getByRole('button', { name: 'Continuer' }).click();
	await expect(page.getByText(/Ce n’est pas le code affiché/)).toBeVisible();
	await expect(page.getByLabel('Nom de la structure'), 'nothing else is asked yet').toBeHidden();
	await page.getByLabel('Code de première installation').fill(SETUP_CODE);
	await page.getByRole('button', { name: 'Continuer' }).click();
	await page.getByLabel('Nom de la structure').fill('Cap Bigorre');
	await page.getByLabel(/^Antennes/).fill('Tarbes');
	await page.getByRole('button', { name: 'Continuer' }).click();
	await page.getByLabel('Votre prénom et votre nom').fill('Claire Dumont');
	await page.getByLabel('Phrase secrète').fill('motdepasse');
	await page.getByLabel(/Nom de cet appareil/).fill('Poste');
	await page.getByRole('button', { name: 'Installer' }).click();
	await expect(page.getByText(/trop facile à deviner/)).toBeVisible();
	await expect(page.getByLabel('Votre prénom et votre nom')).toHaveValue('Claire Dumont');
});
