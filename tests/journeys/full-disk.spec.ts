import type { Page } from '@playwright/test';
import {
	enrolTablet,
	expect,
	fillDisk,
	goTo,
	makeRoom,
	openCampaign,
	pressAgain,
	setUp,
	Tablet,
	test,
	unlock,
	type Server
} from './support';

/** Chromium has been seen to do this by itself, at the start after a write that had found no room. */
async function throwDatabaseAway(page: Page, server: Server): Promise<void> {
	const session = await page.context().newCDPSession(page);
	await session.send('Storage.clearDataForOrigin', { origin: server.origin, storageTypes: 'indexeddb' });
	await session.detach();
}

const words = (page: Page) => page.getByRole('textbox', { name: 'Ses mots' });

test('what is saved once the disk was full is there though the browser threw its database away, and leaves', async ({
	page,
	server
}) => {
	test.slow();
	await setUp(page, server);
	await openCampaign(page);
	const tablet = new Tablet();
	try {
		let screen = await enrolTablet(tablet, page, server);
		await server.stop();
		await goTo(screen, '/interviews/new');
		await screen.getByRole('radio', { name: /Salarié/ }).check();
		await screen.getByLabel(/Un repère pour vous/).fill('Monsieur R.');
		await screen.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
		await screen.getByRole('radio', { name: 'Oui', exact: true }).first().check();
		await screen.getByRole('button', { name: 'Commencer', exact: true }).click();
		while (!(await words(screen).isVisible())) await pressAgain(screen.getByRole('button', { name: 'Suivante' }));
		await words(screen).fill('Avant que la place manque.');
		await expect(screen.getByText(/^Enregistré sur cet appareil/)).toBeVisible();

		await fillDisk(screen);
		await words(screen).fill('Avant que la place manque. Et pendant.');
		await expect(screen.getByText('Vos mots sont encore à l’écran')).toBeVisible();
		// What could not be written leaves in a file.
		const [file] = await Promise.all([
			screen.waitForEvent('download'),
			screen.getByRole('button', { name: 'Mettre dans un fichier' }).click()
		]);
		expect(file.suggestedFilename()).toMatch(/\.temoin$/);

		await makeRoom(screen);
		await screen.getByRole('button', { name: 'Réessayer' }).click();
		await expect(screen.getByText('Enregistré en double, en attendant le siège')).toBeVisible();
		await words(screen).fill('Avant que la place manque. Et pendant. Et après.');
		await expect(screen.getByText('Enregistré en double, en attendant le siège')).toBeVisible();
		await tablet.close();

		screen = await tablet.open('about:blank');
		await throwDatabaseAway(screen, server);
		await screen.goto(`${server.origin}/`);
		await expect(screen.getByText('Rien de ce qui attendait n’est perdu')).toBeVisible();
		await unlock(screen);
		await expect(screen.getByText('Cet appareil a eu du mal à enregistrer')).toBeVisible();
		await server.run();
		await screen.reload();
		await unlock(screen);
		await expect(screen.getByText('Tout est à jour')).toBeVisible();
		await expect(screen.getByText('Cet appareil a eu du mal à enregistrer')).toBeHidden();
		await goTo(screen, '/interviews');
		await expect(screen.getByText('Monsieur R.')).toBeVisible();
		await screen.getByRole('link', { name: 'Reprendre' }).click();
		await expect(words(screen)).toHaveValue('Avant que la place manque. Et pendant. Et après.');
	} finally {
		await tablet.dispose();
	}
});
