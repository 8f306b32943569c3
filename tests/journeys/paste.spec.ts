import type { Page } from '@playwright/test';
import { PROTOCOL } from '../../src/lib/domain/sync';
import { wideBlock, wideCampaign } from '../support/wide-campaign';
import { ask, expect, explore, goTo, readyOffline, setUp, test } from './support';

const cell = (page: Page, row: string, column: number) =>
	page.getByRole('row', { name: row }).getByRole('gridcell').nth(column);

/** Pastes where the focus is, as a spreadsheet's copy. */
const paste = (page: Page, text: string) =>
	page.evaluate((text) => {
		const clipboardData = new DataTransfer();
		clipboardData.setData('text/plain', text);
		document.activeElement!.dispatchEvent(
			new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })
		);
	}, text);

/** Copies the chosen block. */
const copy = (page: Page) =>
	page.evaluate(() => {
		const clipboardData = new DataTransfer();
		document.activeElement!.dispatchEvent(
			new ClipboardEvent('copy', { clipboardData, bubbles: true, cancelable: true })
		);
		return clipboardData.getData('text/plain');
	});

/** Counts the transactions that write in the outbox. */
const countWrites = (page: Page) =>
	page.addInitScript(() => {
		const counted = globalThis as unknown as { writes: number };
		counted.writes = 0;
		const begin = IDBDatabase.prototype.transaction;
		IDBDatabase.prototype.transaction = function (stores, mode, options) {
			if (mode !== 'readonly' && [stores].flat().includes('outbox')) counted.writes++;
			return begin.call(this, stores, mode, options);
		};
	});
/** How many there were since it was last asked. */
const writes = (page: Page) =>
	page.evaluate(() => {
		const counted = globalThis as unknown as { writes: number };
		const { writes } = counted;
		counted.writes = 0;
		return writes;
	});

type Session = { person: { id: string }; device: { id: string } };

test('a block of sixty lines and twelve months is shown, written in one transaction and undone in one', async ({
	page,
	context,
	server
}) => {
	await setUp(page, server);
	const { person, device } = await ask<Session>(page, 'GET', '/api/session');
	const call = { protocol: PROTOCOL, person: person.id, device: device.id, cursor: null, audiences: [], filling: [] };
	const { records } = await ask<{ records: { id: string; kind: string }[] }>(page, 'POST', '/api/sync', {
		...call,
		changes: []
	});
	const antennas = records.filter(({ kind }) => kind === 'antenna').map(({ id }) => id);
	await ask(page, 'POST', '/api/sync', { ...call, changes: wideCampaign(antennas) });
	await countWrites(page);
	await goTo(page, '/readings');
	await expect(cell(page, 'Chiffre 60', 11)).toBeAttached();
	await readyOffline(page);
	await context.setOffline(true); // no exchange between
	await writes(page);

	// In the field that a click has opened, too.
	await cell(page, 'Chiffre 1 ', 0).click();
	await paste(page, wideBlock());
	await expect(page.getByText('720 cases copiées, posées depuis janvier 2024.')).toBeVisible();
	await expect(page.getByText('720 nouveaux chiffres')).toBeVisible();
	expect(await writes(page)).toBe(0);
	await page.keyboard.press('Enter');
	await expect(page.getByText('720 chiffres collés.')).toBeVisible();
	await expect(page.getByText(/^Enregistré sur cet appareil/)).toBeVisible();
	expect(await writes(page)).toBe(1);
	await expect(cell(page, 'Chiffre 60', 11)).toHaveText(/1.719/);

	// Over what is there, then taken back as it was.
	await cell(page, 'Chiffre 1 ', 0).focus();
	await paste(page, wideBlock(7));
	await expect(page.getByText('720 remplacent un chiffre')).toBeVisible();
	await page.getByRole('button', { name: 'Coller 720 chiffres' }).click();
	await expect(cell(page, 'Chiffre 60', 11)).toHaveText(/1.726/);
	await expect(page.getByText('720 chiffres collés.')).toBeVisible();
	expect(await writes(page)).toBe(1);
	await page.keyboard.press('Control+z');
	await expect(page.getByText('Collage défait.')).toBeVisible();
	await expect(cell(page, 'Chiffre 60', 11)).toHaveText(/1.719/);
	expect(await writes(page)).toBe(1);
});

test('a pasted block tells what it does before it does it, and a copied one comes back', async ({ page, server }) => {
	await explore(page, server, 'Direction');
	await page.goto('/readings?every=monthly');
	const hours = 'Heures de mise à disposition';
	const stood = await cell(page, hours, 2).textContent();
	await cell(page, hours, 0).focus();
	await paste(page, '"1 290"\t\tn.c.\r\n214\ts.o.\t256\r\n\t\t9\r\n');
	await expect(page.getByText(/^6 cases copiées/)).toBeVisible();
	await expect(page.getByText('1 refusée', { exact: true })).toBeVisible();
	await expect(page.getByText('1 hors de la grille')).toBeVisible();
	await expect(page.getByText(/«.n\.c\..»\. Écrivez un nombre/)).toBeVisible();
	await expect(cell(page, hours, 0)).toHaveText(/1.290.*remplace/);
	await page.keyboard.press('Escape');
	await expect(page.getByRole('region', { name: 'Bloc collé' })).toBeHidden();
	await expect(cell(page, hours, 0)).not.toHaveText(/1.290/);
	await expect(cell(page, hours, 2)).toHaveText(stood!);

	await cell(page, hours, 0).focus();
	await page.keyboard.press('Shift+ArrowRight');
	await page.keyboard.press('Shift+ArrowDown');
	await expect(page.getByRole('gridcell', { selected: true })).toHaveCount(4);
	const block = await copy(page);
	expect(block).toMatch(/^[\d,]+\t[\d,]+\n\d+\t\d+$/);
	await page.getByRole('radio', { name: 'Lourdes' }).check();
	await cell(page, hours, 4).focus();
	await paste(page, block);
	await expect(page.getByText('4 remplacent un chiffre')).toBeVisible();
});

test('on a phone a column pasted in a field goes down the list, and on into the months that follow', async ({
	page,
	server
}) => {
	await page.setViewportSize({ width: 390, height: 844 });
	await explore(page, server, 'Direction');
	await page.goto('/readings?every=monthly&period=2014-03');
	const fields = page.getByRole('textbox').filter({ visible: true });
	const first = fields.first();
	const stood = await first.inputValue();
	await first.focus();
	await paste(page, '1 290\t1 291\n214\t215\n');
	await expect(page.getByText('4 cases copiées, posées depuis mars 2014.')).toBeVisible();
	await expect(first).toHaveValue(stood); // nothing is written before the yes
	await page.getByRole('button', { name: 'Coller 4 chiffres' }).click();
	await expect(page.getByText('4 chiffres collés.')).toBeVisible();
	await expect(first).toHaveValue(/1.290/);
	await expect(fields.nth(1)).toHaveValue('214');
	await page.getByRole('button', { name: 'avril 2014' }).click();
	await expect(first).toHaveValue(/1.291/);
	await page.getByRole('button', { name: 'mars 2014' }).click();
	await page.getByRole('button', { name: /Défaire/ }).click();
	await expect(page.getByText('Collage défait.')).toBeVisible();
	await expect(first).toHaveValue(stood);

	// One figure is typed as it is.
	await first.focus();
	await first.press('Control+a');
	await paste(page, '12');
	await expect(page.getByRole('region', { name: 'Bloc collé' })).toBeHidden();
});
