import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, explore, test } from './support';

type Words = { fr: string };
type Indicator = { sensitivity: string; label: Words; numerator?: Words; denominator?: Words };
const template = JSON.parse(readFileSync('src/lib/server/template.json', 'utf8')) as {
	registers: { criteria: { indicators: Indicator[] }[] }[];
};
const indicators = template.registers.flatMap(({ criteria }) => criteria.flatMap(({ indicators }) => indicators));
const labels = (isPersonal: boolean) =>
	indicators.filter(({ sensitivity }) => (sensitivity !== 'none') === isPersonal).map(({ label }) => plain(label.fr));
// Words of a framework are held together at some hyphens.
const plain = (text: string) => text.replaceAll('\u2060', '');

/** What a figure about people is out of may bear the name of an open one. */
const parts = new Set(
	indicators
		.filter(({ sensitivity }) => sensitivity !== 'none')
		.flatMap(({ numerator, denominator }) =>
			[numerator, denominator].map((part) => part && plain(part.fr).toLowerCase())
		)
);

async function wordsOf(page: Page, media: 'screen' | 'print'): Promise<string> {
	await page.emulateMedia({ media });
	const text = await page.evaluate((isPaper) => {
		if (isPaper) dispatchEvent(new Event('beforeprint')); // as the browser says it: a long list is then drawn whole
		return new Promise<string>((go) => requestAnimationFrame(() => go(document.body.innerText)));
	}, media === 'print');
	await page.emulateMedia({ media: null });
	return plain(text);
}

for (const role of ['Direction', 'Équipe d’antenne'] as const)
	test(`figures about people stay on the screen, in the grid and in the month (${role})`, async ({ page, server }) => {
		await explore(page, server, role);
		let [seen, left] = [0, 0];
		for (const every of ['monthly', 'quarterly', 'half-yearly', 'yearly'])
			for (const width of [1180, 390]) {
				await page.setViewportSize({ width, height: 820 });
				await page.goto(`/readings?every=${every}`);
				await expect(page.getByText('Tout est à jour')).toBeVisible();
				await expect(page.getByRole('heading', { name: 'Indicateurs 2014' })).toBeVisible();
				const [screen, paper] = [await wordsOf(page, 'screen'), await wordsOf(page, 'print')];
				expect(paper).toMatch(/Provisoire\s: la campagne est ouverte/);
				expect(labels(true).filter((label) => paper.includes(label))).toEqual([]);
				seen += labels(true).filter((label) => screen.includes(label)).length;
				const open = labels(false).filter((label) => screen.includes(label) && !parts.has(label.toLowerCase()));
				expect(open.filter((label) => !paper.includes(label))).toEqual([]);
				left += open.length;
			}
		expect(seen, 'personal figures on the screen').toBeGreaterThan(0);
		expect(left, 'open figures on paper').toBeGreaterThan(5);
	});
