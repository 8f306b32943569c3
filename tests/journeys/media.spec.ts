import type { Page } from '@playwright/test';
import { found, marker } from './markers';
import {
	enrolTablet,
	expect,
	explore,
	faults,
	goTo,
	openCampaign,
	pressAgain,
	setUp,
	Tablet,
	test,
	unlock
} from './support';

/** A microphone that hums, and somebody who allows it, or refuses. */
const HUM = '--use-fake-device-for-media-stream';
const ALLOWED = [HUM, '--use-fake-ui-for-media-stream'];
const REFUSED = [HUM, '--deny-permission-prompts'];

/** Begins an interview and goes to its first question in the person's own words. */
async function askInWords(screen: Page, label?: string): Promise<void> {
	await screen.getByRole('radio', { name: /Salarié/ }).check();
	if (label) await screen.getByLabel(/Un repère pour vous/).fill(label);
	await screen.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await screen.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await screen.getByRole('button', { name: 'Commencer', exact: true }).click();
	for (let n = 1; ; n++) {
		await expect(screen.getByText(new RegExp(`^Question ${n} sur`))).toBeVisible();
		if (await screen.getByRole('textbox', { name: 'Ses mots' }).isVisible()) break;
		await pressAgain(screen.getByRole('button', { name: 'Suivante' }));
	}
}

const voices = (screen: Page) => screen.getByRole('listitem').filter({ hasText: /Voix, \d+:\d\d/ });
const photos = (screen: Page) => screen.getByRole('listitem').filter({ hasText: /Photo/ });

/** Records for as long as the clock on the screen needs to come to `until`. */
async function recordUntil(screen: Page, until: string): Promise<void> {
	await screen.getByRole('button', { name: 'Enregistrer la voix' }).click();
	const yes = screen.getByRole('button', { name: 'Oui, elle accepte' });
	const clock = screen.getByRole('timer');
	await expect(yes.or(clock)).toBeVisible();
	if (await yes.isVisible()) await yes.click();
	await expect(clock).toHaveText(until, { timeout: 30_000 });
}

/** Ends every recording of this page with a word, so that its content is known wherever it lies. */
const signRecordings = (screen: Page, word: string) =>
	screen.addInitScript((word) => {
		const start = MediaRecorder.prototype.start;
		MediaRecorder.prototype.start = function (every) {
			const take = this.ondataavailable!;
			this.ondataavailable = (event) => {
				const data = this.state === 'inactive' ? new Blob([event.data, word]) : event.data;
				take.call(this, new BlobEvent('dataavailable', { data }));
			};
			start.call(this, every);
		};
	}, word);

/** A photo as a phone takes it: larger than what is kept, with a word where phones write place and device. */
async function takePhoto(screen: Page, word: string): Promise<Buffer> {
	const plain = await screen.evaluate(async () => {
		const canvas = new OffscreenCanvas(3000, 1500);
		const pen = canvas.getContext('2d')!;
		pen.fillStyle = 'seagreen';
		pen.fillRect(0, 0, 1500, 1500);
		const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
		return [...new Uint8Array(await blob.arrayBuffer())];
	});
	const text = Buffer.from(`${word}\0`);
	const exif = Buffer.alloc(36);
	exif.write('Exif\0\0II*\0', 0, 'latin1');
	exif.writeUInt32LE(8, 10);
	exif.writeUInt16LE(1, 14); // one entry: what the picture shows, as text, after the entries
	exif.writeUInt16LE(0x010e, 16);
	exif.writeUInt16LE(2, 18);
	exif.writeUInt32LE(text.length, 20);
	exif.writeUInt32LE(26, 24);
	const segment = Buffer.concat([exif.subarray(0, 32), text]);
	const head = Buffer.from([0xff, 0xe1, 0, 0]);
	head.writeUInt16BE(segment.length + 2, 2);
	return Buffer.concat([Buffer.from(plain).subarray(0, 2), head, segment, Buffer.from(plain).subarray(2)]);
}

/** As when another app comes in front, or leaves. */
const beSeen = (screen: Page, state: DocumentVisibilityState) =>
	screen.evaluate((value) => {
		Object.defineProperty(document, 'visibilityState', { value, configurable: true });
		document.dispatchEvent(new Event('visibilitychange'));
	}, state);

const plays = (screen: Page) =>
	screen
		.locator('audio')
		.evaluate((audio: HTMLAudioElement) =>
			audio.currentTime > 0
				? true
				: new Promise<boolean>((done) => audio.addEventListener('timeupdate', () => done(true), { once: true }))
		);

test('a voice and a photo survive a kill without a network, follow their text, and a director has them', async ({
	page,
	server
}) => {
	test.slow();
	await setUp(page, server);
	await openCampaign(page);
	const [said, place] = [marker(), marker()];
	const tablet = new Tablet();
	try {
		let screen = await enrolTablet(tablet, page, server);
		await tablet.close();
		await server.stop();

		screen = await tablet.open('about:blank', ALLOWED);
		await signRecordings(screen, said);
		await goTo(screen, `${server.origin}/interviews/new`);
		await askInWords(screen, 'Karim B.');
		await recordUntil(screen, '0:02');
		await screen.getByRole('button', { name: 'Arrêter' }).click();
		await expect(voices(screen).getByText('sur cet appareil')).toBeVisible();
		const photo = await takePhoto(screen, place);
		expect(photo.includes(place)).toBe(true);
		// The camera takes the page's place: covered, but not locked, for they come back with the picture.
		const camera = screen.waitForEvent('filechooser');
		await screen.getByRole('button', { name: 'Ajouter une photo' }).click();
		const chooser = await camera;
		await beSeen(screen, 'hidden');
		await expect(screen.locator('html[data-covered]')).toBeAttached();
		await beSeen(screen, 'visible');
		await expect(screen.locator('html[data-covered]')).toHaveCount(0);
		await chooser.setFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer: photo });
		await expect(photos(screen).getByText('sur cet appareil')).toBeVisible();
		await expect(photos(screen).locator('img'), 'what was taken is seen at once').toHaveJSProperty('complete', true);
		await tablet.kill();
		expect(found(tablet.profile, [said, place]), 'on the disk, after a kill').toEqual([]);

		// Still there, still without a network; what is being said when somebody leaves is kept.
		screen = await tablet.open(`${server.origin}/interviews`, ALLOWED);
		await unlock(screen);
		await screen.getByRole('link', { name: 'Reprendre' }).click();
		await screen.getByRole('button', { name: 'Pour finir' }).click();
		await expect(screen.getByRole('heading', { name: 'Voix et photos' })).toBeVisible();
		await voices(screen).getByRole('button', { name: 'Écouter' }).click();
		expect(await plays(screen)).toBe(true);
		await photos(screen).getByRole('button', { name: 'Voir' }).click();
		await expect(screen.getByRole('img', { name: /^Photo/ })).toHaveJSProperty('naturalWidth', 2000);
		await screen.getByRole('button', { name: 'Précédente' }).click();
		for (;;) {
			if (await voices(screen).isVisible()) break;
			await screen.getByRole('button', { name: 'Précédente' }).click();
		}
		await recordUntil(screen, '0:01');
		await beSeen(screen, 'hidden');
		await expect(screen.getByRole('button', { name: 'Ouvrir', exact: true })).toBeVisible();
		await tablet.kill();
		screen = await tablet.open(`${server.origin}/interviews`, ALLOWED);
		await unlock(screen);
		await screen.getByRole('link', { name: 'Reprendre' }).click();
		await screen.getByRole('button', { name: 'Pour finir' }).click();
		await expect(voices(screen)).toHaveCount(2);
		await screen.getByRole('button', { name: 'Terminer l’entretien' }).click();
		await expect(screen.getByRole('heading', { name: 'Merci' })).toBeVisible();

		// Back at the antenna, the line holds for the text only.
		const asked: string[] = [];
		screen.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
		await screen.route('**/api/media/**', (route) => route.abort());
		await server.run();
		await goTo(screen, `${server.origin}/interviews`);
		const firstPiece = () => asked.findIndex((one) => one.startsWith('PUT /api/media/'));
		await expect.poll(firstPiece, { timeout: 60_000 }).toBeGreaterThan(0);
		expect(asked.indexOf('POST /api/sync')).toBeGreaterThanOrEqual(0);
		expect(asked.indexOf('POST /api/sync')).toBeLessThan(firstPiece());
		// Not wholly received as long as the voice is missing.
		await expect(screen.getByText('Sur cet appareil, pas encore envoyé')).toBeVisible();
		await goTo(page, `${server.origin}/testimonies`);
		await page.getByRole('link', { name: /Salarié/ }).click();
		await page.getByRole('button', { name: 'Lire', exact: true }).click();
		await expect(page.getByText('La voix n’est pas encore arrivée')).toBeVisible();
		await expect(page.getByRole('button', { name: 'Écouter' })).toHaveCount(0);
		expect(await faults(page)).toEqual([]);

		// Then for all of it.
		await screen.unroute('**/api/media/**');
		await screen.evaluate(() => window.dispatchEvent(new Event('online')));
		await expect(screen.getByText('Reçu au siège')).toBeVisible({ timeout: 60_000 });
		await tablet.close();
		expect(found(tablet.profile, [said, place]), 'on the disk, once it was sent').toEqual([]);
	} finally {
		await tablet.dispose();
	}

	await page.reload();
	await unlock(page);
	await page.getByRole('button', { name: 'Lire', exact: true }).click();
	await expect(page.getByText('La voix n’est pas encore arrivée')).toBeHidden();
	const received: Buffer[] = [];
	await page.route('**/api/media/**', async (route) => {
		const response = await route.fetch();
		received.push(await response.body());
		await route.fulfill({ response });
	});
	await voices(page).first().getByRole('button', { name: 'Écouter' }).click();
	expect(await plays(page)).toBe(true);
	await photos(page).getByRole('button', { name: 'Voir' }).click();
	await expect(page.getByRole('img', { name: /^Photo/ })).toHaveJSProperty('naturalHeight', 1000);
	const [voice, picture] = received;
	expect(voice!.includes(said)).toBe(true);
	expect([...picture!.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
	expect(picture!.includes('Exif')).toBe(false);
	expect(picture!.includes(place)).toBe(false);
});

test('without a microphone, without room or without agreement, words are still taken', async ({ server }) => {
	const tablet = new Tablet();
	try {
		const screen = await tablet.open('about:blank', REFUSED);
		await explore(screen, server, 'Conseiller ou conseillère');
		await screen.goto(`${server.origin}/interviews/new`);
		await askInWords(screen);
		const words = screen.getByRole('textbox', { name: 'Ses mots' });
		const record = screen.getByRole('button', { name: 'Enregistrer la voix' });

		// Almost full: refused before anything is asked of the person.
		await screen.evaluate(() => {
			const real = StorageManager.prototype.estimate;
			Object.assign(window, { real });
			StorageManager.prototype.estimate = () => Promise.resolve({ quota: 100_000_000, usage: 60_000_000 });
		});
		await record.click();
		await expect(screen.getByText('Cet appareil est presque plein')).toBeVisible();
		await expect(screen.getByRole('dialog')).toBeHidden();
		await screen.getByRole('button', { name: 'Ajouter une photo' }).click();
		await expect(screen.getByText('Cet appareil est presque plein')).toBeVisible();
		await words.fill('Il reste de la place pour des mots.');
		await expect(screen.getByText(/^Enregistré sur cet appareil/)).toBeVisible();
		await screen.evaluate(() => {
			StorageManager.prototype.estimate = (window as unknown as { real: StorageManager['estimate'] }).real;
		});

		// The browser refuses the microphone.
		await record.click();
		await screen.getByRole('button', { name: 'Oui, elle accepte' }).click();
		await expect(screen.getByText('Le micro est bloqué')).toBeVisible();
		await expect(screen.getByText(/le dans les réglages, ou écrivez la réponse\./)).toBeVisible();
		expect(await faults(screen)).toEqual([]);
		await words.fill('On écrit donc.');
		await expect(screen.getByText(/^Enregistré sur cet appareil/)).toBeVisible();

		// The person changes their mind.
		await screen.getByRole('button', { name: /Accord de la personne/ }).click();
		await screen
			.getByRole('radiogroup', { name: /ma voix/ })
			.getByRole('radio', { name: 'Non' })
			.check();
		await screen.getByRole('button', { name: 'Dans la vie de tous les jours' }).click();
		await expect(screen.getByText(/^Question \d/).first()).toBeVisible();
		for (;;) {
			if (await words.isVisible()) break;
			await screen.getByRole('button', { name: 'Suivante' }).click();
		}
		await expect(screen.getByText(/n’a pas accepté que sa voix soit enregistrée/)).toBeVisible();
		await expect(record).toHaveCount(0);
		await tablet.close();
	} finally {
		await tablet.dispose();
	}
});
