import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { forget, LACKING } from '../support/older';
import { expect, explore, goTo, setUp, test } from './support';

const TOO_OLD = 'Ce navigateur est trop ancien pour Témoin';
const NOT_READ = 'Cette page s’est arrêtée';

test('the oldest engine served opens every kind of page and takes an interview', async ({ page, context, server }) => {
	test.slow();
	await context.addInitScript(forget, LACKING);
	await explore(page, server, 'Direction');
	expect(await page.evaluate(() => 'groupBy' in Map)).toBe(false);
	for (const path of [
		...['/', '/interviews', '/readings', '/sheets', '/sheets/mise-en-situation-travail', '/campaign', '/people'],
		...['/journal', '/testimonies', '/quarantine', '/retention', '/device', '/settings', '/settings/security', '/help']
	]) {
		await page.goto(path);
		await page.waitForLoadState('networkidle');
		await expect(page.getByRole('heading', { level: 1 }).first(), path).toBeVisible();
		await expect(page.getByRole('heading', { name: NOT_READ }), path).toBeHidden();
	}
	await page.goto('/');
	await page.getByRole('link', { name: /^Nouvel entretien/ }).click();
	await page.getByRole('radio', { name: /Salarié/ }).check();
	await page.getByRole('radio', { name: 'Tarbes' }).check();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	await expect(page.getByRole('button', { name: 'Suivante' })).toBeVisible();
});

test('nothing that is built calls what the oldest engines lack', () => {
	// A library that looks first whether it is there may.
	const asked = /Dexie|withResolvers&&/;
	const names = LACKING.map((name) => name.replace('.prototype', '')).filter((name) => name.includes('.'));
	const styles =
		/light-dark\(|@starting-style|@scope|field-sizing|anchor-name|position-area|interpolate-size|sibling-index/;
	const found = readdirSync('build-v1/client/_app/immutable', { recursive: true, encoding: 'utf8' }).flatMap((name) => {
		if (!/\.(js|css)$/.test(name)) return [];
		const text = readFileSync(join('build-v1/client/_app/immutable', name), 'utf8');
		if (name.endsWith('.css')) return styles.exec(text) ?? [];
		return names.filter((lacking) => text.includes(`${lacking}(`) && !asked.test(text));
	});
	expect(found).toEqual([]);
});

test('an older engine is told so in words, and shows nothing else', async ({ page, context }) => {
	await context.addInitScript(() => Reflect.deleteProperty(HTMLElement.prototype, 'popover'));
	for (const path of ['/', '/sign-in', '/interviews/new', '/receipt']) {
		await page.goto(path);
		await expect(page.getByRole('heading', { name: TOO_OLD })).toBeVisible();
		expect(await page.evaluate(() => document.body.innerText), path).not.toContain('Explorer');
		await expect(page.locator('body > div:not(#too-old)').filter({ visible: true })).toHaveCount(0);
	}
});

test('a browser that cannot check signatures is told before it is entrusted with anything', async ({
	page,
	browser,
	server
}) => {
	const older = () => {
		const real = crypto.subtle.importKey.bind(crypto.subtle) as (...asked: unknown[]) => Promise<CryptoKey>;
		crypto.subtle.importKey = ((...asked: unknown[]) =>
			asked[2] === 'Ed25519'
				? Promise.reject(new DOMException('', 'NotSupportedError'))
				: real(...asked)) as typeof crypto.subtle.importKey;
	};
	await setUp(page, server);
	const stranger = await browser.newContext({ locale: 'fr-FR', baseURL: server.origin });
	await stranger.addInitScript(older);
	const door = await stranger.newPage();
	for (const path of ['/', '/sign-in', '/setup', '/sign-in#code']) {
		await door.goto(path);
		await expect(door.getByRole('heading', { name: TOO_OLD })).toBeVisible();
		await expect(door.getByRole('textbox')).toHaveCount(0);
	}
	await stranger.close();
	// Who works here already goes on.
	await page.context().addInitScript(older);
	await goTo(page, '/');
	await expect(page.getByRole('heading', { name: /^Bonjour/ })).toBeVisible();
});

test('a page that cannot read the device says so, and never that all is well', async ({ page, context, server }) => {
	await explore(page, server, 'Conseiller ou conseillère');
	await context.addInitScript(() => {
		const real = IDBIndex.prototype.getAll;
		IDBIndex.prototype.getAll = function (...asked) {
			if (this.objectStore.name === 'records') throw new DOMException('', 'UnknownError');
			return real.apply(this, asked);
		};
	});
	await page.reload();
	await expect(page.getByRole('heading', { name: NOT_READ })).toBeVisible();
	await expect(page.getByText('Tout est à jour')).toBeHidden();
	// Another page is tried anew.
	await page.getByRole('link', { name: 'Revenir à l’accueil' }).click();
	await expect(page.getByRole('heading', { name: NOT_READ })).toBeVisible();
});

/** Everything in which a site could keep something refuses, as « bloquer toutes les données » makes it. */
function blocked(): void {
	const refuse = () => {
		throw new DOMException('blocked', 'SecurityError');
	};
	for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches', 'cookieStore'])
		Object.defineProperty(globalThis, name, { get: refuse });
	Object.defineProperty(Document.prototype, 'cookie', { get: refuse, set: refuse });
	Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: refuse });
	Object.defineProperty(Navigator.prototype, 'locks', { get: refuse });
}

test('a browser that keeps nothing for this site is told so on every page, and a receipt is read all the same', async ({
	page,
	context
}) => {
	await context.addInitScript(blocked);
	for (const path of ['/', '/sign-in', '/setup', '/interviews/new', '/settings']) {
		await page.goto(path);
		await expect(page.getByRole('heading', { name: 'Ce navigateur ne garde rien' }), path).toBeVisible();
	}
	await page.goto('/receipt');
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
	await page.goto('/help');
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

/** What the database alone has kept, as after a kill: a browser writes `localStorage` late. */
const killed = (page: Page) => page.evaluate(() => localStorage.clear());

test('a language chosen changes what is on the screen, locks nothing, and survives a kill', async ({
	page,
	server
}) => {
	await setUp(page, server);
	await goTo(page, '/settings');
	await page.evaluate(() => Object.assign(window, { same: true }));
	await page.getByRole('radio', { name: 'English' }).check();
	await expect(page.getByRole('heading', { name: 'Language' })).toBeVisible();
	await expect(page.locator('html')).toHaveAttribute('lang', 'en');
	expect(await page.evaluate(() => 'same' in window), 'no reload').toBe(true);
	await killed(page);
	await page.reload();
	await expect(page.getByLabel('Passphrase').first()).toBeVisible();
});
