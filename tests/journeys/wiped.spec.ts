import type { Page } from '@playwright/test';
import { expect, goTo, openCampaign, PASSPHRASE, readyOffline, setUp, test, unlock, type Server } from './support';

const STORES = { database: 'indexeddb', caches: 'cache_storage', settings: 'local_storage' };
type Store = keyof typeof STORES;

/** The browser throws some of what it keeps away, while the app is closed. */
async function wipe(page: Page, server: Server, stores: Store[]): Promise<void> {
	await page.goto('about:blank');
	const session = await page.context().newCDPSession(page);
	const storageTypes = stores.map((store) => STORES[store]).join(',');
	await session.send('Storage.clearDataForOrigin', { origin: server.origin, storageTypes });
	await session.detach();
}

/** What each of the three memories says of who works here: nothing where it is empty. */
const told = (page: Page) =>
	page.evaluate(async () => {
		const name = 'temoin-here';
		const cached = await (await caches.open(name)).match(`/${name}`);
		return [localStorage.getItem(name), cached ? await cached.text() : null];
	});

/** An interview begun without a network, so that it is only here. */
async function interviewOffline(page: Page, server: Server): Promise<void> {
	await server.stop();
	await goTo(page, '/interviews/new');
	await page.getByRole('radio', { name: /Salarié/ }).check();
	await page.getByRole('radio', { name: 'Lourdes' }).check();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	await expect(page.getByText(/^Enregistré sur cet appareil/)).toBeVisible();
	await expect.poll(async () => (await told(page)).every((one) => one?.includes('"unsent":1'))).toBe(true);
	await server.run();
}

/** The browser has the whole app again: it opens without a network. */
const appIsBack = (page: Page) =>
	expect
		.poll(
			() =>
				page.evaluate(async () => {
					const name = (await caches.keys()).find((one) => one.includes('precache'));
					return name ? (await (await caches.open(name)).keys()).some(({ url }) => url.includes('/shell')) : false;
				}),
			{ timeout: 60_000 } // the whole app is fetched anew
		)
		.toBe(true);

async function signIn(page: Page): Promise<void> {
	await page.goto('/sign-in');
	await page.getByLabel('Votre prénom et votre nom').fill('Claire Dumont');
	await page.getByLabel('Phrase secrète').fill(PASSPHRASE);
	await page.getByLabel(/Nom de cet appareil/).fill('Poste du siège');
	await page.getByRole('button', { name: 'Me connecter' }).click();
	await expect(page.getByRole('heading', { name: 'Bonjour Claire' })).toBeVisible();
	await expect(page.getByText('Tout est à jour')).toBeVisible();
	await expect.poll(async () => (await told(page)).every((one) => one?.includes('Claire'))).toBe(true);
	await readyOffline(page);
	await appIsBack(page);
}

const SPARED = 'Le navigateur a effacé une partie de sa mémoire';
const LOST = 'Les fiches de cet appareil ont disparu';
const APP = /L’application se recopie/;
const SETTINGS = /La langue et les couleurs/;

test.describe.configure({ timeout: 240_000 });

test('a browser that emptied the app’s files or its settings says so, and nothing is lost', async ({
	page,
	server
}) => {
	await setUp(page, server);
	await openCampaign(page);
	await readyOffline(page);
	await interviewOffline(page, server);
	for (const stores of [['caches'], ['settings'], ['caches', 'settings']] as Store[][]) {
		await wipe(page, server, stores);
		await page.goto('/');
		await expect(page.getByText(SPARED), stores.join()).toBeVisible();
		await expect(page.getByText('Vos fiches sont là')).toBeVisible();
		await expect(page.getByText(APP)).toHaveCount(stores.includes('caches') ? 1 : 0);
		await expect(page.getByText(SETTINGS)).toHaveCount(stores.includes('settings') ? 1 : 0);
		await unlock(page);
		await expect(page.getByText(SPARED)).toBeHidden();
		await expect.poll(async () => (await told(page)).every((one) => one?.includes('Claire'))).toBe(true);
		// It is said once.
		await goTo(page, '/interviews');
		await expect(page.getByText(/Salarié/).first()).toBeVisible();
		await page.reload();
		await expect(page.getByLabel('Phrase secrète')).toBeVisible();
		await expect(page.getByText(SPARED)).toBeHidden();
	}

	// What was thrown away of the app has come back by itself: it opens without a network.
	await appIsBack(page);
	await server.stop();
	await goTo(page, '/interviews');
	await expect(page.getByText(/Salarié/).first()).toBeVisible();
});

test('a browser that emptied the fiches says whose they were and how many are lost, whatever else is left', async ({
	page,
	server
}) => {
	await setUp(page, server);
	await openCampaign(page);
	await readyOffline(page);
	for (const others of [[], ['caches'], ['settings']] as Store[][]) {
		await interviewOffline(page, server);
		await wipe(page, server, ['database', ...others]);
		await page.goto('/interviews'); // never an empty list
		await expect(page.getByText(LOST), others.join()).toBeVisible();
		await expect(page.getByText(/^Claire Dumont.: 1 saisie n’était pas envoyée/)).toBeVisible();
		await expect(page.getByText(APP)).toHaveCount(others.includes('caches') ? 1 : 0);
		await expect(page.getByText(SETTINGS)).toHaveCount(others.includes('settings') ? 1 : 0);
		// It stays until somebody has signed in again.
		await page.reload();
		await expect(page.getByText(LOST)).toBeVisible();
		await signIn(page);
		await page.reload();
		await expect(page.getByLabel('Phrase secrète')).toBeVisible();
		await expect(page.getByText(LOST)).toBeHidden();
		await unlock(page);
	}

	// Everything at once: no memory is left to ask, and the screen says what that may mean.
	await interviewOffline(page, server);
	await wipe(page, server, ['database', 'caches', 'settings']);
	await page.goto('/interviews');
	await expect(page.getByText(/Vous avez déjà travaillé sur cet appareil/)).toBeVisible();
	await expect(page.getByText(LOST)).toBeHidden();
	await signIn(page);
});
