import type { Page } from '@playwright/test';
import { expect, explore, faults, pressAgain, test } from './support';

const OFFICE = [
	'/',
	'/sheets',
	'/sheets/mise-en-situation-travail',
	'/actions',
	'/interviews',
	'/readings',
	'/campaign',
	'/campaign/new',
	'/people',
	'/people/new',
	'/import',
	'/quarantine',
	'/device',
	'/device#stick',
	'/settings',
	'/settings/security',
	'/settings/devices',
	'/testimonies',
	'/journal',
	'/retention',
	'/help',
	'/help/notice',
	'/help/asvs'
];
const FIELD = [
	'/',
	'/interviews',
	'/interviews/new',
	'/readings',
	'/sheets',
	'/sheets/reconnaissance-estime',
	'/device',
	'/device#stick',
	'/settings'
];

/** axe finds nothing, nothing is wider than the screen, and the page has one title. */
async function check(page: Page, path: string): Promise<void> {
	await page.goto(path);
	await page.waitForLoadState('networkidle');
	await expect(page.locator('h1').first()).toBeAttached();
	expect(await faults(page), path).toEqual([]);
	expect(
		await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
		`${path} is wider than the screen`
	).toBeLessThanOrEqual(0);
}

for (const theme of ['light', 'dark'] as const) {
	test.describe(`in the ${theme} theme`, () => {
		test.use({ colorScheme: theme });

		test('every screen of the office is accessible', async ({ page, server }) => {
			test.slow();
			await explore(page, server, 'Direction');
			for (const path of OFFICE) await check(page, path);
		});

		test('every screen of the field is accessible', async ({ page, server }) => {
			test.slow();
			await explore(page, server, 'Conseiller ou conseillère');
			for (const path of FIELD) await check(page, path);
			await page.goto('/interviews');
			await page.getByRole('link', { name: 'Marquer les extraits' }).first().click();
			await expect(page.getByRole('heading', { name: /^Extrait/ })).toBeVisible();
			expect(await faults(page), 'marking excerpts').toEqual([]);
			await page.goto('/interviews/new');
			await page.getByRole('radio', { name: /Salarié/ }).check();
			await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
			expect(await faults(page), 'the agreement').toEqual([]);
			await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
			await page.getByRole('button', { name: 'Commencer', exact: true }).click();
			for (let i = 0; i < 3; i++) {
				// The page before has a title too: until the question is there, axe would look at neither.
				await expect(page.getByText(new RegExp(`^Question ${i + 1} sur`))).toBeVisible();
				await expect(page.locator('main h1')).toBeVisible();
				expect(await faults(page), `question ${i + 1}`).toEqual([]);
				await pressAgain(page.getByRole('button', { name: 'Suivante' }));
			}
		});
	});
}

test.describe('on a phone', () => {
	test.use({ viewport: { width: 390, height: 844 } });
	test('every screen fits and is accessible', async ({ page, server }) => {
		test.slow();
		await explore(page, server, 'Direction');
		for (const path of OFFICE) await check(page, path);
		await check(page, '/interviews/new');
	});
});

test('before anybody has signed in', async ({ page, server }) => {
	for (const path of ['/', '/setup', '/sign-in', '/sign-in#code', '/receipt', '/help', '/help/lost-tablet']) {
		await page.goto(server.origin + path);
		await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
		expect(await faults(page), path).toEqual([]);
	}
});
