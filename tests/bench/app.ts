import { chromium, type CDPSession, type Page } from '@playwright/test';
import type { SyncReply } from '../../src/lib/domain/sync.ts';
import { executablePath, freshFolder, QUIET, SETUP_CODE, type Server } from './ground.ts';

const PASSPHRASE = 'les gaves descendent vite';

/** The whole app in a browser of its own, with its worker and its vault, open for the director of a new structure. */
export type AppPage = {
	page: Page;
	/** Slows the page's processor so many times; 1 leaves it as it is. */
	slow: (times: number) => Promise<void>;
	/** Sends changes as another device of hers would, and gives what she may read. */
	push: (changes: object[]) => Promise<SyncReply>;
	/** Goes to a page, past the vault. */
	goTo: (path: string) => Promise<void>;
	offline: () => Promise<void>;
	/** Opens the app anew at its first page.
	 * @returns the milliseconds until the passphrase can be typed */
	coldOpen: () => Promise<number>;
	/** Opens the vault.
	 * @returns the milliseconds until something stands there, those of the passphrase taken off */
	unlock: (until: string) => Promise<number>;
	/** The milliseconds that each passphrase took. */
	passphrase: number[];
	close: () => Promise<void>;
};

export async function openApp({ origin }: Server, antennas = ['Tarbes', 'Lourdes']): Promise<AppPage> {
	const context = await chromium.launchPersistentContext(freshFolder('app'), {
		args: QUIET,
		locale: 'fr-FR',
		viewport: { width: 1180, height: 820 },
		...(executablePath ? { executablePath } : {})
	});
	const page = context.pages()[0] ?? (await context.newPage());
	await page.addInitScript(watchWaits);
	let key = '';
	page.on('request', (request) => void (key = request.headers()['temoin-key'] ?? key));
	await page.goto(origin);
	await page.getByRole('link', { name: /Installer ma structure/ }).click();
	await page.getByLabel('Code de première installation').fill(SETUP_CODE);
	await page.getByRole('button', { name: 'Continuer' }).click();
	await page.getByLabel('Nom de la structure').fill('Cap Bigorre');
	await page.getByLabel(/^Antennes/).fill(antennas.join('\n'));
	await page.getByRole('button', { name: 'Continuer' }).click();
	await page.getByLabel('Votre prénom et votre nom').fill('Claire Dumont');
	await page.getByLabel('Phrase secrète').fill(PASSPHRASE);
	await page.getByLabel(/Nom de cet appareil/).fill('Poste du siège');
	await page.getByRole('button', { name: 'Installer' }).click();
	await page.getByText('Tout est à jour').waitFor();
	const passphrase: number[] = [];
	const cdp: CDPSession = await context.newCDPSession(page);
	const ask = <T>(method: string, path: string, body?: object) =>
		page.evaluate(
			async ([method, path, body, key]) => {
				const headers = { 'temoin-key': key, 'content-type': 'application/json' };
				const response = await fetch(path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
				if (!response.ok) throw new Error(`${path}: ${response.status}`);
				return (await response.json()) as T;
			},
			[method, path, body, key] as const
		);
	return {
		page,
		slow: async (times) => void (await cdp.send('Emulation.setCPUThrottlingRate', { rate: times })),
		push: async (changes) => {
			const { person, device } = await ask<{ person: { id: string }; device: { id: string } }>('GET', '/api/session');
			const from = { person: person.id, device: device.id, cursor: null, audiences: [], filling: [] };
			return await ask<SyncReply>('POST', '/api/sync', { protocol: 3, ...from, changes });
		},
		offline: () => context.setOffline(true),
		passphrase,
		coldOpen: async () => {
			await page.goto('about:blank');
			await page.goto(origin);
			await page.getByLabel('Phrase secrète').waitFor();
			return await page.evaluate(() => (globalThis as unknown as Watched).asked!);
		},
		unlock: async (until) => {
			await page.getByLabel('Phrase secrète').fill(PASSPHRASE);
			const { all, derived } = await page.evaluate(async (until) => {
				const begun = performance.now();
				document.querySelector<HTMLButtonElement>('form button[type=submit], form .btn-filled')!.click();
				const frame = () => new Promise((painted) => requestAnimationFrame(painted));
				while (!document.querySelector(until)) await frame();
				await frame();
				return { all: performance.now() - begun, derived: (globalThis as unknown as Watched).derived };
			}, until);
			passphrase.push(derived);
			return Math.round(all - derived);
		},
		goTo: async (path) => {
			await page.goto(origin + path);
			await page.getByLabel('Phrase secrète').fill(PASSPHRASE);
			await page.getByRole('button', { name: 'Ouvrir', exact: true }).click();
			await page.getByLabel('Phrase secrète').waitFor({ state: 'hidden' });
		},
		close: () => context.close()
	};
}

/** What a page notes of itself: when its passphrase could be typed, and the milliseconds spent on deriving keys. */
type Watched = { asked?: number; derived: number };

function watchWaits(): void {
	const watched = globalThis as unknown as Watched;
	watched.derived = 0;
	const derive = crypto.subtle?.deriveKey.bind(crypto.subtle) as SubtleCrypto['deriveKey'] | undefined;
	if (derive)
		crypto.subtle.deriveKey = async (...how: Parameters<SubtleCrypto['deriveKey']>) => {
			const begun = performance.now();
			const key = await derive(...how);
			watched.derived += performance.now() - begun;
			return key;
		};
	const look = () => {
		if (document.querySelector('input[autocomplete=current-password], input[type=password]'))
			requestAnimationFrame(() => (watched.asked ??= Math.round(performance.now())));
		else requestAnimationFrame(look);
	};
	requestAnimationFrame(look);
}
