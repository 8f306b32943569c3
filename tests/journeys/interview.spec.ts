import type { Page } from '@playwright/test';
import { expect, explore, faults, pressAgain, test } from './support';

/** From the home to the first question, answering only what must be answered. */
async function begin(page: Page, stakeholder: RegExp = /Salarié/): Promise<void> {
	await page
		.getByRole('link', { name: /Nouvel entretien/ })
		.first()
		.click();
	await page.getByRole('radio', { name: stakeholder }).check();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('radio', { name: 'Oui, sans mon nom' }).check();
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	await expect(page.getByText(/^Question 1 sur/)).toBeVisible();
}

const next = (page: Page) => page.getByRole('button', { name: /^(Suivante|Relire et finir)$/ });
async function toTheReview(page: Page): Promise<void> {
	while (await next(page).isVisible()) await pressAgain(next(page));
	await expect(page.getByRole('heading', { name: 'Relire ensemble' })).toBeVisible();
}

test('progress paints only what has an answer, and the review shows each answer with a way back to it', async ({
	page,
	server
}) => {
	await explore(page, server, 'Conseiller ou conseillère');
	await begin(page);
	const of = Number(/sur (\d+)/.exec(await page.getByText(/^Question 1 sur/).innerText())![1]);
	const steps = page.getByRole('img', { name: /^Questions faites/ });
	await expect(steps.locator('i')).toHaveCount(of);
	const asked = await page.getByRole('heading', { level: 1 }).innerText();
	const level = page.getByRole('main').getByRole('radio').nth(2);
	await level.check();
	const chosen = await page.getByRole('main').locator('label.chosen').innerText();
	await pressAgain(next(page));
	const skipped = await page.getByRole('heading', { level: 1 }).innerText();
	await pressAgain(next(page));
	await expect(page.getByText(`Question 3 sur ${of}`)).toBeVisible();
	// One answered, one passed over, one here.
	expect(await steps.locator('i').evaluateAll((all) => all.map((one) => one.classList[0]))).toEqual([
		'done',
		'ahead',
		'here',
		...Array.from({ length: of - 3 }, () => 'ahead')
	]);
	await expect(steps).toHaveAccessibleName(`Questions faites : 1 sur ${of}`);

	await toTheReview(page);
	const answers = page.getByRole('region', { name: 'Ses réponses' });
	await expect(answers.getByRole('button')).toHaveCount(1);
	await expect(answers.getByRole('button', { name: asked })).toContainText(chosen);
	const missing = page.getByRole('region', { name: 'Sans réponse' });
	await expect(missing.getByRole('button')).toHaveCount(of - 1);
	expect(await faults(page)).toEqual([]);
	await missing.getByRole('button', { name: skipped }).click();
	await expect(page.getByRole('heading', { level: 1, name: skipped })).toBeFocused();
});

test('each step opens at its title, nothing is wider than a phone, and what was not asked is asked again', async ({
	page,
	server
}) => {
	await explore(page, server, 'Conseiller ou conseillère');
	await page.setViewportSize({ width: 390, height: 844 });
	const fits = async () => {
		const scroll = await page.evaluate(() => document.documentElement.scrollWidth);
		expect(scroll).toBeLessThanOrEqual(page.viewportSize()!.width);
	};
	await page
		.getByRole('link', { name: /Nouvel entretien/ })
		.first()
		.click();
	await page.getByRole('radio', { name: 'Élu' }).check();
	await page.getByRole('main').evaluate((main) => main.scrollTo(0, 10_000));
	await fits();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	const title = page.getByRole('heading', { name: 'Avant de commencer' });
	await expect(title).toBeFocused();
	await expect(title).toBeInViewport({ ratio: 1 });
	await fits();
	// What is read aloud is true for whoever hears it.
	await expect(page.getByText('Cela ne change rien à nos relations avec votre collectivité.')).toBeVisible();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('main').evaluate((main) => main.scrollTo(0, 10_000));
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
	await expect(page.getByRole('heading', { level: 1 })).toBeInViewport({ ratio: 1 });
	await fits();
	const consent = page.getByRole('button', { name: 'Accord de la personne' });
	await expect(consent).not.toContainText('fait');
	await toTheReview(page);
	await fits();
	const agreements = page.getByRole('region', { name: 'Ses accords' });
	await expect(agreements).toContainText('Il reste à lui demander');
	await agreements.getByRole('radio', { name: 'Oui, sans mon nom' }).check();
	await agreements
		.getByRole('radiogroup', { name: /une personne élue/ })
		.getByRole('radio', { name: 'Oui' })
		.check();
	await agreements
		.getByRole('radiogroup', { name: /dans six mois/ })
		.getByRole('radio', { name: 'Non' })
		.check();
	await expect(agreements).not.toContainText('Il reste à lui demander');
	await expect(consent).toContainText('fait');
});

test('an excerpt is taken, told, attached, removed and put back by keyboard, and each is said', async ({
	page,
	server
}) => {
	await explore(page, server, 'Conseiller ou conseillère');
	await begin(page);
	while (!(await page.getByRole('textbox', { name: 'Ses mots' }).isVisible())) await pressAgain(next(page));
	await page
		.getByRole('textbox', { name: 'Ses mots' })
		.fill('On me faisait confiance. Je rentrais contente. Le bus est rare.');
	await toTheReview(page);
	await pressAgain(page.getByRole('button', { name: 'Terminer l’entretien' }));
	await page.getByRole('link', { name: 'Marquer les extraits' }).press('Enter');
	await expect(page.getByText(/Sans souris/)).toBeInViewport();

	const said = page.locator('.coding > [role=status]');
	await page.getByRole('button', { name: 'Prendre toute la réponse' }).press('Enter');
	await expect(said).toHaveText('Extrait pris. Dites ce qu’il dit.');
	await expect(page.getByRole('heading', { name: 'Extrait 1' })).toBeFocused();
	await expect(page.getByRole('radio', { name: 'Valeur ajoutée' })).not.toBeChecked();
	await expect(page.getByRole('radio', { name: 'Piste d’amélioration' })).not.toBeChecked();
	// Its panel comes next.
	await page.keyboard.press('Tab');
	await page.keyboard.press('Tab');
	await expect(page.getByRole('radio', { name: 'Valeur ajoutée' })).toBeFocused();
	await page.keyboard.press('Space');
	await expect(page.getByRole('radio', { name: 'Valeur ajoutée' })).toBeChecked();

	// Going through the other criteria with the arrows chooses none of them.
	const chosen = page.locator('.panel [aria-pressed="true"]');
	const before = await chosen.innerText();
	const other = page.getByRole('combobox', { name: 'Autre critère' });
	await other.selectOption({ index: 3 });
	await expect(chosen).toHaveText(before);
	await page.getByRole('button', { name: 'Choisir ce critère' }).click();
	await expect(chosen).not.toHaveText(before);
	await page.getByLabel('Finit à').selectOption({ index: 0 });
	await expect(page.locator('mark')).toHaveText('On me faisait confiance. Je rentrais contente. Le bus est rare.');
	await page.getByRole('button', { name: 'Changer les limites' }).click();
	await expect(page.locator('mark')).toHaveText('On me faisait confiance.');
	expect(await faults(page)).toEqual([]);

	await page.getByRole('button', { name: 'Retirer l’extrait' }).press('Enter');
	await expect(said).toHaveText('Extrait retiré.');
	await expect(page.getByRole('heading', { name: '0 extrait' })).toBeFocused();
	await expect(page.locator('mark')).toHaveCount(0);
	await page.keyboard.press('Tab');
	await expect(page.getByRole('button', { name: 'Remettre l’extrait' })).toBeFocused();
	await page.keyboard.press('Enter');
	await expect(page.locator('mark')).toHaveText('On me faisait confiance.');
	await expect(page.getByRole('radio', { name: 'Valeur ajoutée' })).toBeChecked();
	await expect(page.getByRole('heading', { name: 'Extrait 1' })).toBeFocused();
});

test('a passage cut within its words is taken whole, and is not called saved while it is written', async ({
	page,
	server
}) => {
	await explore(page, server, 'Conseiller ou conseillère');
	await begin(page);
	while (!(await page.getByRole('textbox', { name: 'Ses mots' }).isVisible())) await pressAgain(next(page));
	await page.getByRole('textbox', { name: 'Ses mots' }).fill('La dame de l’accueil a refait mon dossier.');
	await toTheReview(page);
	await pressAgain(page.getByRole('button', { name: 'Terminer l’entretien' }));
	await page.getByRole('link', { name: 'Marquer les extraits' }).press('Enter');
	await page.locator('.text').evaluate((answer) => {
		const words =
			answer.firstChild!.nodeType === 3 ? answer.firstChild! : document.createTreeWalker(answer, 4).nextNode()!;
		const at = words.textContent!.indexOf('ame de');
		getSelection()!.setBaseAndExtent(words, at, words, words.textContent!.indexOf('refait') + 3);
	});
	// The disk is slow: until it has taken the excerpt, nothing says « Enregistré ».
	await page.evaluate(() => {
		const held = new Promise<void>((go) => Object.assign(window, { release: go }));
		const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
		crypto.subtle.encrypt = async (...all) => {
			await held;
			return await encrypt(...all);
		};
	});
	await page.getByRole('button', { name: 'Marquer cet extrait' }).click();
	await expect(page.getByText('Enregistrement…')).toBeVisible();
	await expect(page.getByText('Enregistré', { exact: false })).toBeHidden();
	await page.evaluate(() => (window as unknown as { release: () => void }).release());
	await expect(page.locator('mark')).toHaveText('dame de l’accueil a refait');
	await expect(page.getByText(/^Enregistré/)).toBeVisible();
});

test('an answer that excludes the others stands alone, and « Autre » asks what in the person’s words', async ({
	page,
	server
}) => {
	await explore(page, server, 'Conseiller ou conseillère');
	await page
		.getByRole('link', { name: /Nouvel entretien/ })
		.first()
		.click();
	await page.getByRole('radio', { name: /Salarié/ }).check();
	await page.getByRole('button', { name: 'Changer les sujets' }).click();
	for (const chip of await page.locator('.chips button').all())
		if ((await chip.getAttribute('aria-pressed')) === 'false') await chip.click();
	// More than there is time for is said.
	await expect(page.getByText('C’est plus de 15 minutes')).toBeVisible();
	for (const chip of await page.locator('.chips button').all())
		if (!(await chip.innerText()).includes('Maîtrise de l’environnement')) await chip.click();
	await expect(page.getByText('C’est plus de 15 minutes')).toBeHidden();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	const nothing = page.getByRole('checkbox', { name: 'Rien de tout cela' });
	await expect(page.getByText(/^Question 1 sur/)).toBeVisible();
	while (!(await nothing.isVisible())) await pressAgain(next(page));
	const [first, second] = [page.getByRole('checkbox').nth(0), page.getByRole('checkbox').nth(1)];
	await first.check();
	await second.check();
	await nothing.check();
	await expect(first).not.toBeChecked();
	await expect(second).not.toBeChecked();
	await second.check();
	await expect(nothing).not.toBeChecked();
	await expect(page.getByRole('textbox')).toBeHidden();
	await page.getByRole('checkbox', { name: 'Autre' }).check();
	await page.getByRole('textbox', { name: 'Autre : qu’est-ce que c’est' }).fill('la paperasse');
	await expect(page.getByText(/^Enregistré/)).toBeVisible();
	await page.reload();
	await expect(page.getByRole('textbox', { name: 'Autre : qu’est-ce que c’est' })).toHaveValue('la paperasse');
	await expect(second).toBeChecked();
});

test('the system’s Back goes to the question before, « Reprendre » to where one was, and what was finished is read', async ({
	page,
	server
}) => {
	await explore(page, server, 'Conseiller ou conseillère');
	await begin(page);
	const at = (n: number) => expect(page.getByText(new RegExp(`^Question ${n} sur`))).toBeVisible();
	await pressAgain(next(page));
	await at(2);
	await pressAgain(next(page));
	await at(3);
	await page.goBack();
	await at(2);
	await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
	await page.getByRole('button', { name: 'Précédente' }).click();
	await at(1);
	await pressAgain(next(page));
	await at(2);
	await pressAgain(next(page));
	await at(3);

	// The agreement is looked at, and the question is still there afterwards.
	await page.getByRole('button', { name: 'Accord de la personne' }).click();
	await page.getByRole('button', { name: 'Reprendre les questions' }).click();
	await at(3);
	await page.getByRole('button', { name: 'Quitter' }).click();
	await page.getByRole('link', { name: 'Reprendre' }).first().click();
	await at(3);
	await page.goBack();
	await at(2);
	await page.goBack();
	await at(1);
	await page.goBack();
	await expect(page.getByRole('heading', { name: 'Entretiens' })).toBeVisible();

	// Read again once it is finished, without opening the agreement.
	await page.getByRole('link', { name: 'Reprendre' }).first().click();
	await at(1);
	await toTheReview(page);
	await pressAgain(page.getByRole('button', { name: 'Terminer l’entretien' }));
	await expect(page.getByRole('heading', { name: 'Merci' })).toBeFocused();
	await page.getByRole('button', { name: 'La personne a son code' }).click();
	await page.getByRole('button', { name: 'Quitter' }).click();
	await page.getByRole('link', { name: 'Revoir les réponses' }).first().click();
	await expect(page.getByRole('heading', { name: 'Relire ensemble' })).toBeVisible();
	await expect(page.getByRole('heading', { name: 'Avant de commencer' })).toBeHidden();
});

test('« Noter ses mots » is ready to be written in and in sight', async ({ page, server }) => {
	await explore(page, server, 'Conseiller ou conseillère');
	await begin(page);
	await page.setViewportSize({ width: 390, height: 640 });
	await page.getByRole('button', { name: 'Noter ses mots' }).click();
	const words = page.getByRole('textbox', { name: 'Ses mots' });
	await expect(words).toBeFocused();
	await expect(words).toBeInViewport();
	const [box, foot] = [await words.boundingBox(), await page.locator('.foot').boundingBox()];
	expect(box!.y).toBeLessThan(foot!.y - 40);
});
