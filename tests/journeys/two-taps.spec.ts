import type { Locator, Page } from '@playwright/test';
import { expect, explore, goTo, openCampaign, protect, setUp, test } from './support';

/** A hand that trembles: the second touch of the same place does not wait for what the first has done. Each bears the time
 * it was made at, however slow this machine is to take them. */
async function twice(button: Locator, apart: number): Promise<void> {
	await expect(() => button.scrollIntoViewIfNeeded({ timeout: 2000 })).toPass(); // drawn anew while it is looked for
	const { x, y, width, height } = (await button.boundingBox())!;
	const place = { x: x + width / 2, y: y + height / 2, button: 'left', clickCount: 1 } as const;
	const hand = await button.page().context().newCDPSession(button.page());
	const now = Date.now();
	await Promise.all(
		[now - apart, now].flatMap((at) =>
			(['mousePressed', 'mouseReleased'] as const).map((type) =>
				hand.send('Input.dispatchMouseEvent', { ...place, type, timestamp: at / 1000 })
			)
		)
	);
	await hand.detach();
}

const APART = [60, 150]; // milliseconds
const title = (page: Page) => page.getByRole('heading', { level: 1 });

async function prepare(page: Page): Promise<void> {
	await page.getByRole('radio', { name: 'Tarbes' }).check();
	await page.getByRole('radio', { name: /Salarié/ }).check();
}

test('two touches for one: an interview, a refusal, a step, a question, a code', async ({ page, server }) => {
	test.slow();
	await setUp(page, server);
	await openCampaign(page);
	const named = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
	for (const apart of APART) {
		await page.getByRole('link', { name: 'Accueil', exact: true }).click();
		await twice(page.getByRole('link', { name: /^Nouvel entretien/ }), apart);
		await expect(page.getByRole('radio', { name: /Salarié/ })).toBeVisible();
		expect(await page.getByRole('radio', { checked: true }).count()).toBe(0);
		await prepare(page);
		await twice(named('Lire l’accord ensemble'), apart);
		await expect(named('Commencer')).toBeVisible();
		await expect(page).toHaveURL(/\/interviews\/new$/);
		await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
		await twice(named('Commencer'), apart);
		await expect(page.getByText(/^Question 1 sur/).first()).toBeVisible();
		const asked = await title(page).innerText();
		await twice(named('Suivante'), apart);
		await expect(page.getByText(/^Question 2 sur/).first()).toBeVisible();
		await twice(named('Précédente'), apart);
		await expect(title(page)).toHaveText(asked);
		await named(/Pour finir/).click();
		await named('Précédente').click();
		await twice(named('Relire et finir'), apart);
		await expect(named('Terminer l’entretien')).toBeVisible();
		await expect(page.getByRole('heading', { name: 'Merci' })).toBeHidden();
		await page.waitForTimeout(350);
		await twice(named('Terminer l’entretien'), apart);
		await expect(page.getByRole('heading', { name: 'Merci' })).toBeVisible();
		const code = page.locator('.big .code');
		await expect(code).toBeVisible();
		const given = await code.innerText();
		await twice(named('Donner un autre code'), apart);
		await expect(page.getByText('Voici un autre code.')).toBeVisible();
		const other = await code.innerText();
		expect(other).not.toBe(given);
		await named('Quitter').click();

		await page.getByRole('link', { name: 'Nouvel entretien' }).click();
		await prepare(page);
		await named('Lire l’accord ensemble').click();
		await twice(named('Ne pas commencer'), apart);
		const note = page.getByRole('dialog').getByRole('button', { name: 'Noter le refus' });
		await expect(note).toBeVisible();
		await page.waitForTimeout(350);
		await twice(note, apart);
		await expect(page.getByRole('heading', { name: 'Entretiens', exact: true })).toBeVisible();
	}
	const listed = page.getByRole('main').getByRole('listitem');
	await expect(listed).toHaveCount(2 * APART.length);
});

test('two touches for one: an antenna, a campaign, a colleague and their code', async ({ page, server }) => {
	test.slow();
	await setUp(page, server);
	let asked: string[] = [];
	page.on('request', (request) => {
		if (request.method() === 'POST') asked.push(new URL(request.url()).pathname);
	});
	for (const apart of APART) {
		await goTo(page, '/campaign/new');
		await page.getByRole('button', { name: 'Ajouter une antenne' }).click();
		await page.getByLabel('Nom de l’antenne').fill(`Bagnères ${apart}`);
		await twice(page.getByRole('button', { name: 'Ajouter', exact: true }), apart);
		await expect(page.getByRole('checkbox', { name: `Bagnères ${apart}` })).toHaveCount(1);
		await page.getByRole('textbox', { name: 'Nom', exact: true }).fill(`Essai ${apart}`);
		await twice(page.getByRole('button', { name: /^Garder|^Enregistrer/ }).first(), apart);
		await expect(page).toHaveURL(/\/campaign\/(?!new)/);
		await goTo(page, '/campaign');
		await expect(page.getByRole('link', { name: new RegExp(`Essai ${apart}`) })).toHaveCount(1);
	}
	await protect(page);
	for (const apart of APART) {
		await goTo(page, '/people/new');
		await page.getByLabel('Prénom et nom').fill(`Paul Vergez ${apart}`);
		await page.getByRole('checkbox', { name: /^Direction/ }).check();
		asked = [];
		await twice(page.getByRole('button', { name: 'Ajouter et créer son code' }), apart);
		await expect(page.getByText(/^[A-Z0-9]{5}-[A-Z0-9]{5}$/)).toBeVisible();
		expect(asked.filter((path) => path === '/api/people')).toHaveLength(1);
	}
});

const PAGES = [
	'/',
	'/sheets',
	'/sheets/reconnaissance-estime',
	'/interviews',
	'/interviews/new',
	'/readings',
	'/campaign/new',
	'/settings',
	'/people',
	'/device',
	'/testimonies',
	'/journal',
	'/receipt',
	'/help'
];

test('on the pages of the field and the office each button takes two touches for one', async ({ page, server }) => {
	test.setTimeout(480_000);
	await page.addInitScript(() => {
		const page = globalThis as { touches?: number };
		page.touches = 0;
		document.addEventListener('click', (event) => {
			if ((event.target as Element).closest('button')) page.touches! += 1;
		});
	});
	await explore(page, server, 'Direction');
	let tried = 0;
	for (const path of PAGES) {
		await page.goto(path);
		await page.waitForLoadState('networkidle');
		const buttons = page.getByRole('main').locator('button:enabled:visible');
		for (let index = 0; index < (await buttons.count()) && index < 8; index++) {
			const button = buttons.nth(index);
			const name = await button.innerText();
			const before = await page.evaluate(() => (globalThis as { touches?: number }).touches!);
			await twice(button, APART[index % 2]!);
			const after = await page.evaluate(() => (globalThis as { touches?: number }).touches!);
			expect(after - before, `${path}: ${name}`).toBe(1);
			tried += 1;
			await page.goto('about:blank');
			await page.goto(path);
			await page.waitForLoadState('networkidle');
		}
	}
	expect(tried).toBeGreaterThan(10);
});
