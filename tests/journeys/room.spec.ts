import type { Page } from '@playwright/test';
import { expect, explore, pressAgain, test } from './support';

const PAGES = [
	'/',
	'/interviews',
	'/interviews/new',
	'/readings',
	'/sheets',
	'/campaign',
	'/device',
	'/settings',
	'/help'
];

/** What is wider than the window, or has a label that does not fit in it. */
const tooWide = (page: Page): Promise<string[]> =>
	page.evaluate(() => {
		const wide =
			document.documentElement.scrollWidth > innerWidth ? [`page ${document.documentElement.scrollWidth}`] : [];
		const cut = [...document.querySelectorAll<HTMLElement>('.btn, nav a, h1, h2, label')].filter(
			(one) =>
				one.clientWidth > 1 && getComputedStyle(one).overflow !== 'visible' && one.scrollWidth > one.clientWidth + 1
		);
		const out = [...document.querySelectorAll<HTMLElement>('main .btn, main h1')].filter((one) => {
			const { right, width } = one.getBoundingClientRect();
			return width > 1 && right > innerWidth + 1 && !one.closest('[role=grid], .scroll, table');
		});
		return [...wide, ...[...cut, ...out].map((one) => `${one.tagName} ${one.textContent.trim().slice(0, 40)}`)];
	});

test('a screen of 320 by 256, as one of 1280 is at 400 %, leaves the question its place', async ({ page, server }) => {
	test.slow();
	await explore(page, server, 'Conseiller ou conseillère');
	await page.setViewportSize({ width: 320, height: 256 });
	for (const path of PAGES.filter((one) => one !== '/campaign')) {
		await page.goto(server.origin + path);
		await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
		expect(await tooWide(page), path).toEqual([]);
		const held = await page.evaluate(() =>
			[...document.querySelectorAll<HTMLElement>('body *')]
				.filter((one) => ['fixed', 'sticky'].includes(getComputedStyle(one).position) && one.checkVisibility())
				.map((one) => one.getBoundingClientRect())
				.filter(({ width, height }) => width > 160 && height > 1)
				.reduce((sum, { height }) => sum + height, 0)
		);
		expect(held, `${path}: what stays while one scrolls`).toBeLessThanOrEqual(64);
	}
	await page.goto(`${server.origin}/interviews/new`);
	await page.getByRole('radio', { name: /Salarié/ }).check();
	await pressAgain(page.getByRole('button', { name: 'Lire l’accord ensemble' }));
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await pressAgain(page.getByRole('button', { name: 'Commencer', exact: true }));
	const title = page.getByRole('heading', { level: 1 });
	await expect(page.getByText(/^Question 1 sur /).first()).toBeAttached();
	await expect(title).toBeInViewport({ ratio: 0.5 });
	const next = page.getByRole('button', { name: 'Suivante' });
	await next.scrollIntoViewIfNeeded();
	await expect(next).toBeInViewport({ ratio: 1 });
	expect(await tooWide(page)).toEqual([]);
});

test('letters twice as large cut no label and make no page wider than its window', async ({ page, server }) => {
	test.slow();
	await explore(page, server, 'Direction');
	await page.addInitScript(() => {
		addEventListener('DOMContentLoaded', () => (document.documentElement.style.fontSize = '200%'));
	});
	for (const [width, height] of [
		[1180, 820],
		[390, 844]
	] as const) {
		await page.setViewportSize({ width, height });
		for (const path of PAGES) {
			await page.goto(server.origin + path);
			await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
			expect(await tooWide(page), `${path} at ${width}`).toEqual([]);
		}
	}
});

test('under 900 pixels no bar covers what has the focus', async ({ page, server }) => {
	test.slow();
	await explore(page, server, 'Direction');
	await page.setViewportSize({ width: 390, height: 700 });
	for (const path of ['/', '/interviews', '/sheets', '/settings', '/campaign']) {
		await page.goto(server.origin + path);
		await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
		await page.waitForTimeout(300);
		for (let i = 0; i < 45; i++) {
			await page.keyboard.press('Tab');
			const covered = await page.evaluate(() => {
				const now = document.activeElement!;
				if (now === document.body || now.closest('nav')) return undefined;
				const { left, top, width, height } = now.getBoundingClientRect();
				if (width < 2 || height < 2) return undefined;
				const there = document.elementFromPoint(left + width / 2, top + height / 2);
				const label = now.closest('label') ?? now;
				return there && (label.contains(there) || there.contains(label))
					? undefined
					: `${now.tagName} ${now.textContent.trim().slice(0, 40)} under ${there?.className ?? 'nothing'}`;
			});
			expect(covered, `${path}, key ${i}`).toBeUndefined();
		}
	}
});
