import { expect, explore, test } from './support';

test('in forced colours a choice keeps its arrow and the wordmark its accent', async ({ page, server }) => {
	await page.emulateMedia({ forcedColors: 'active' });
	await explore(page, server, 'Direction');
	const accent = page.locator('.wordmark i').first();
	const colours = await accent.evaluate((one) => {
		const behind = getComputedStyle(document.body).backgroundColor;
		return [getComputedStyle(one).backgroundColor, behind];
	});
	expect(colours[0]).not.toBe(colours[1]);
	await page.goto('/campaign/new');
	const select = page.locator('select.input').first();
	await expect(select).toBeVisible();
	expect(await select.evaluate((one) => getComputedStyle(one).appearance)).toBe('auto');
});

test('the notice begins at its first heading, on the screen and on paper', async ({ page }) => {
	for (const media of ['screen', 'print'] as const) {
		await page.emulateMedia({ media });
		await page.goto('/help/notice');
		const first = page.getByRole('heading').first();
		await expect(first).toHaveText('Nous voulons vous écouter');
		await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
	}
});
