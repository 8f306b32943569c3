import { expect, goTo, setUp, test } from './support';

test('before a campaign opens, the director reads what its targets will let out of the structure', async ({
	page,
	server
}) => {
	await setUp(page, server);
	await expect(page.getByText('Tout est à jour')).toBeVisible();
	await goTo(page, '/campaign/new');
	await expect(page.getByRole('button', { name: 'Tout cocher' }).first()).toBeVisible();
	const ticks = page.getByRole('button', { name: 'Tout cocher' });
	for (let left = await ticks.count(); left > 0; left--) await ticks.first().click();
	await expect(page.getByText(/Sans personnes à entendre, aucune réponse/)).toBeVisible();
	const cells = page.getByRole('table').first().getByRole('textbox');
	for (const [i, people] of ['24', '16', '15', '10', '5', '4', '4', '3', '3', '2'].entries())
		await cells.nth(i).fill(people);
	await cells.last().blur();
	const said = page.getByText(/^Avec \d+ critères et 86 entretiens, \d+ questions fermées sur \d+ pourront sortir/);
	await expect(said).toContainText('Avec 22 critères');
	const [, out, of] = /, (\d+) questions fermées sur (\d+)/.exec((await said.innerText()).replaceAll(/\s/g, ' '))!;
	expect(Number(out) / Number(of)).toBeLessThan(0.85);
	await expect(
		page.getByText(/^Avec \d+ critères, ce serait \d+ sur \d+\.$/).or(said.locator('xpath=..'))
	).toContainText(/Avec \d+ critères, ce serait \d+ sur \d+\./);
	const clears = page.getByRole('button', { name: 'Tout décocher' });
	for (let left = await clears.count(); left > 0; left--) await clears.first().click();
	await expect(said).toHaveCount(0);
});
