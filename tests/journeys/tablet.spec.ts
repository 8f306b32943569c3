import {
	enrol,
	expect,
	goTo,
	invite,
	openCampaign,
	pressAgain,
	readyOffline,
	setUp,
	Tablet,
	test,
	unlock
} from './support';

test('a counsellor interviews without a network, the tablet is killed twice, and the director finds the words on the sheet', async ({
	page,
	server
}) => {
	await setUp(page, server);
	await openCampaign(page);
	const code = await invite(page, 'Sandrine Abadie', 'counsellor', 'Lourdes');

	const tablet = new Tablet();
	try {
		// Enrolled once online, then the network is cut.
		let screen = await tablet.open('about:blank');
		await enrol(screen, server, code, 'Tablette Lourdes 2');
		await expect(screen.getByText('Tout est à jour')).toBeVisible();
		await readyOffline(screen);
		await tablet.close();
		await server.stop();

		// The app is opened and killed without a network, and reopened on a page it had never shown.
		screen = await tablet.open(`${server.origin}/`);
		await unlock(screen);
		await expect(screen.getByRole('heading', { name: 'Bonjour Sandrine' })).toBeVisible();
		await tablet.kill();
		screen = await tablet.open(`${server.origin}/interviews/new`);
		await unlock(screen);
		await screen.getByRole('radio', { name: /Salarié/ }).check();
		await screen.getByRole('button', { name: 'Changer les sujets' }).click();
		for (const chip of await screen
			.locator('.chips button[aria-pressed="true"]')
			.all()
			.then((all) => all.reverse()))
			await chip.click();
		await pressAgain(screen.getByRole('button', { name: 'Reconnaissance et estime' }));
		await screen.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
		await screen.getByRole('radio', { name: 'Oui', exact: true }).first().check();
		await screen.getByRole('radio', { name: 'Oui, sans mon nom' }).check();
		await screen.getByRole('button', { name: 'Commencer', exact: true }).click();
		await screen.getByRole('radio', { name: 'Plutôt oui' }).check();
		await expect(screen.getByText(/^Enregistré sur cet appareil/)).toBeVisible();
		await screen.getByRole('button', { name: 'Suivante' }).click();

		// Killed in the middle of a word: what the screen called saved is there when it opens again.
		const words = screen.getByRole('textbox', { name: 'Ses mots' });
		const saved = async () => {
			await expect(screen.getByText('Enregistrement…')).toBeHidden();
			await expect(screen.getByText(/^Enregistré sur cet appareil/)).toBeVisible();
		};
		// Typed with a pause for breath: what was saved meanwhile does not come back over what follows.
		await words.pressSequentially('La première fois qu’une cliente', { delay: 5 });
		await saved();
		await words.pressSequentially(' m’a laissé ses clés, j’ai pleuré dans l’esca', { delay: 5 });
		await saved();
		await expect(words).toHaveValue('La première fois qu’une cliente m’a laissé ses clés, j’ai pleuré dans l’esca');
		await words.pressSequentially('lie', { delay: 1 });
		const address = screen.url();
		await tablet.kill();
		screen = await tablet.open(address);
		await unlock(screen);
		const again = screen.getByRole('textbox', { name: 'Ses mots' });
		await expect(again).toHaveValue(/^La première fois qu’une cliente m’a laissé ses clés, j’ai pleuré dans l’esca/);
		await again.fill('La première fois qu’une cliente m’a laissé ses clés, j’ai pleuré dans l’escalier.');
		for (;;) {
			const next = screen.getByRole('button', { name: 'Suivante' });
			if (!(await next.isVisible())) break;
			await next.click();
		}
		await pressAgain(screen.getByRole('button', { name: 'Relire et finir' }));
		await pressAgain(screen.getByRole('button', { name: 'Terminer l’entretien' }));
		await expect(screen.getByRole('heading', { name: 'Merci' })).toBeVisible();
		await pressAgain(screen.getByRole('link', { name: 'Marquer les extraits' }));
		await screen.getByRole('button', { name: 'Prendre toute la réponse' }).first().click();
		await expect(screen.getByRole('heading', { name: 'Extrait 1' })).toBeVisible();
		await screen.getByRole('radio', { name: 'Valeur ajoutée' }).check();
		await expect(screen.getByText(/^Enregistré/)).toBeVisible();
		await goTo(screen, `${server.origin}/`);
		await expect(screen.getByText(/^1 entretien.* en attente/)).toBeVisible();

		// The network comes back.
		await server.run();
		await screen.evaluate(() => window.dispatchEvent(new Event('online')));
		await expect(screen.getByText('Tout est à jour')).toBeVisible({ timeout: 30_000 });
	} finally {
		await tablet.dispose();
	}

	// The director, in another browser, sees it on the sheet of its criterion.
	await goTo(page, `${server.origin}/sheets/reconnaissance-estime`);
	await page.getByRole('button', { name: 'Choisir parmi 1 extrait' }).click();
	await expect(page.getByText(/j’ai pleuré dans l’escalier/)).toBeVisible();
	// One person's answer is nobody's to count.
	await expect(page.getByText(/Moins de 5/).first()).toBeVisible();
});
