import { wideBlock, wideCampaign } from '../support/wide-campaign.ts';
import { openApp } from './app.ts';
import { line, OURS, ROUNDS, startServer } from './ground.ts';

/** Sixty lines of twelve months pasted into the grid with the processor slowed four times: from the paste until what it would
 * do is shown, and from the yes until it is saved and said. */
export async function measurePaste(): Promise<void> {
	const [shown, saved]: [number[], number[]] = [[], []];
	for (let round = 0; round < ROUNDS; round++) {
		const server = await startServer(OURS);
		const app = await openApp(server);
		try {
			const { records } = await app.push([]);
			const kinds = records as { id: string; kind: string }[];
			await app.push(wideCampaign(kinds.filter(({ kind }) => kind === 'antenna').map(({ id }) => id)));
			await app.goTo('/readings');
			const { page } = app;
			await page.getByRole('row', { name: 'Chiffre 60' }).waitFor({ state: 'attached' });
			await page.getByRole('row', { name: 'Chiffre 1 ' }).getByRole('gridcell').first().focus();
			await page.waitForTimeout(3000); // the exchange after opening has ended
			await app.slow(4);
			shown.push(await page.evaluate(until, ['paste', wideBlock(), '720 cases copiées'] as const));
			saved.push(await page.evaluate(until, ['key', 'Enter', '720 chiffres collés.'] as const));
		} finally {
			await app.close();
			await server.stop();
		}
		console.log(`  paste, round ${round + 1}: shown in ${shown.at(-1)} ms, saved in ${saved.at(-1)} ms`);
	}
	line('paste of 60 × 12 figures, slowed 4×: until it is shown, ms', shown, '≤', 500);
	line('paste of 60 × 12 figures, slowed 4×: from the yes until it is saved, ms', saved, '≤', 500);
}

/** Within the page: does it and waits for the frame after these words stand there. */
async function until([what, content, words]: readonly [string, string, string]): Promise<number> {
	const begun = performance.now();
	const target = document.activeElement!;
	if (what === 'paste') {
		const clipboardData = new DataTransfer();
		clipboardData.setData('text/plain', content);
		target.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
	} else {
		target.dispatchEvent(new KeyboardEvent('keydown', { key: content, bubbles: true, cancelable: true }));
		if (target instanceof HTMLButtonElement) target.click();
	}
	const frame = () => new Promise((painted) => requestAnimationFrame(painted));
	while (!document.body.innerText.includes(words)) await frame();
	await frame();
	return Math.round(performance.now() - begun);
}
