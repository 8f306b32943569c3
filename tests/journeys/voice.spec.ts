import type { Page } from '@playwright/test';
import {
	enrolTablet,
	expect,
	explore,
	faults,
	fillDisk,
	goTo,
	makeRoom,
	openCampaign,
	pressAgain,
	setUp,
	Tablet,
	test,
	unlock
} from './support';

/** A microphone that hums, and somebody who allows it. */
const ALLOWED = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** Begins an interview and goes to its first question in the person's own words. */
async function askInWords(screen: Page): Promise<void> {
	await screen.getByRole('radio', { name: /Salarié/ }).check();
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
const record = (screen: Page) => screen.getByRole('button', { name: 'Enregistrer la voix' });

/** Records for as long as the clock on the screen needs to come to `until`. */
async function recordUntil(screen: Page, until: string): Promise<void> {
	await record(screen).click();
	const yes = screen.getByRole('button', { name: 'Oui, elle accepte' });
	const clock = screen.getByRole('timer');
	await expect(yes.or(clock)).toBeVisible();
	if (await yes.isVisible()) await yes.click();
	await expect(clock).toHaveText(until, { timeout: 30_000 });
}

/** How long a recording plays, in seconds, as the browser finds by playing it to its end. */
const playedLength = (screen: Page) =>
	screen.locator('audio').evaluate(
		(audio: HTMLAudioElement) =>
			new Promise<number>((done, failed) => {
				audio.muted = true;
				audio.playbackRate = 8;
				audio.onerror = () => failed(new Error(audio.error?.message));
				audio.onended = () => done(audio.currentTime);
				if (audio.ended) done(audio.currentTime);
				void audio.play();
			})
	);

const secondsIn = (text: string) => {
	const [, minutes, seconds] = /(\d+):(\d\d)/.exec(text)!;
	return Number(minutes) * 60 + Number(seconds);
};

test('a voice that a kill or a reload cuts short is there again, is heard, kept and received', async ({
	page,
	server
}) => {
	test.slow();
	await setUp(page, server);
	await openCampaign(page);
	const tablet = new Tablet();
	try {
		let screen = await enrolTablet(tablet, page, server);
		await tablet.close();
		screen = await tablet.open('about:blank', ALLOWED);
		await goTo(screen, `${server.origin}/interviews/new`);
		await askInWords(screen);
		await recordUntil(screen, '0:08');
		await tablet.kill();

		screen = await tablet.open(`${server.origin}/interviews`, ALLOWED);
		await unlock(screen);
		await screen.getByRole('link', { name: 'Reprendre' }).click();
		await screen.getByRole('button', { name: 'Pour finir' }).click();
		await expect(screen.getByText('Un enregistrement a été interrompu')).toBeVisible();
		await screen.getByRole('button', { name: 'Précédente' }).click();
		for (;;) {
			if (await record(screen).isVisible()) break;
			await screen.getByRole('button', { name: 'Précédente' }).click();
		}
		while (!(await screen.getByText('Un enregistrement a été interrompu').isVisible()))
			await screen.getByRole('button', { name: 'Précédente' }).click();
		expect(await faults(screen)).toEqual([]);
		expect(secondsIn(await voices(screen).innerText())).toBeGreaterThanOrEqual(7);
		await voices(screen).getByRole('button', { name: 'Écouter' }).click();
		expect(await playedLength(screen)).toBeGreaterThanOrEqual(7);
		await screen.getByRole('button', { name: 'Garder', exact: true }).dblclick();
		await expect(screen.getByText('Un enregistrement a été interrompu')).toBeHidden();
		await expect(voices(screen)).toHaveCount(1);

		// Reloaded while it records: nothing was asked, and nothing but the last moment is missing.
		await recordUntil(screen, '0:05');
		await screen.reload();
		await unlock(screen);
		await expect(screen.getByText('Un enregistrement a été interrompu')).toBeVisible();
		const found = voices(screen).filter({ has: screen.getByRole('button', { name: 'Garder', exact: true }) });
		expect(secondsIn(await found.innerText())).toBeGreaterThanOrEqual(4);
		await found.getByRole('button', { name: 'Effacer' }).click();
		await screen.getByRole('dialog').getByRole('button', { name: 'Effacer' }).click();
		await expect(screen.getByText('Un enregistrement a été interrompu')).toBeHidden();
		await expect(voices(screen)).toHaveCount(1);

		// It arrives as any other.
		await screen.getByRole('button', { name: 'Pour finir' }).click();
		await screen.getByRole('button', { name: 'Terminer l’entretien' }).click();
		await expect(screen.getByRole('heading', { name: 'Merci' })).toBeVisible();
		await goTo(screen, `${server.origin}/interviews`);
		await expect(screen.getByText('Reçu au siège')).toBeVisible({ timeout: 60_000 });
	} finally {
		await tablet.dispose();
	}
	await goTo(page, '/testimonies');
	await page.getByRole('link', { name: /Salarié/ }).click();
	await page.getByRole('button', { name: 'Lire', exact: true }).click();
	await voices(page).getByRole('button', { name: 'Écouter' }).click();
	expect(await playedLength(page)).toBeGreaterThanOrEqual(7);
});

test('a microphone that gives no sound, or nothing at all, is said in words after three seconds', async ({
	server
}) => {
	const tablet = new Tablet();
	try {
		const screen = await tablet.open('about:blank', ALLOWED);
		// A microphone with a switch.
		await screen.addInitScript(() => {
			navigator.mediaDevices.getUserMedia = () => {
				const audio = new AudioContext();
				const [tone, level] = [audio.createOscillator(), new GainNode(audio, { gain: 0.5 })];
				const out = audio.createMediaStreamDestination();
				tone.connect(level).connect(out);
				tone.start();
				Object.assign(window, { level });
				return Promise.resolve(out.stream);
			};
		});
		const turn = (gain: number) =>
			screen.evaluate((gain) => {
				(window as unknown as { level: GainNode }).level.gain.value = gain;
			}, gain);
		await explore(screen, server, 'Conseiller ou conseillère');
		await screen.goto(`${server.origin}/interviews/new`);
		await askInWords(screen);
		await recordUntil(screen, '0:04');
		const silent = screen.getByText('Aucun son n’arrive');
		await expect(silent).toBeHidden();
		await turn(0);
		const since = Date.now();
		await expect(silent).toBeVisible({ timeout: 6000 });
		expect(Date.now() - since).toBeGreaterThan(2500);
		expect(await faults(screen)).toEqual([]);
		await turn(0.5);
		await expect(silent).toBeHidden();
		await screen.waitForTimeout(1500);
		await expect(silent).toBeHidden();
		await turn(0);
		await expect(silent).toBeVisible({ timeout: 5000 });
		// Two fast taps end it once, and begin nothing.
		await screen.getByRole('button', { name: 'Arrêter' }).dblclick();
		await expect(voices(screen)).toHaveCount(1);
		await expect(screen.getByRole('timer')).toBeHidden();

		// Nothing at all comes: it is said, at the end too.
		await screen.evaluate(() => {
			const real = Object.getOwnPropertyDescriptor(MediaRecorder.prototype, 'ondataavailable')!;
			Object.defineProperty(MediaRecorder.prototype, 'ondataavailable', {
				...real,
				set(this: MediaRecorder, take: (event: BlobEvent) => void) {
					real.set!.call(this, () => take.call(this, new BlobEvent('dataavailable', { data: new Blob() })));
				}
			});
		});
		await screen.waitForTimeout(600); // a tap sooner would be the second of two
		await record(screen).click();
		await turn(0.5);
		await expect(silent).toBeVisible({ timeout: 6000 });
		await screen.getByRole('button', { name: 'Arrêter' }).click();
		await expect(screen.getByText('Rien n’a été enregistré')).toBeVisible();
		await expect(voices(screen)).toHaveCount(1);
	} finally {
		await tablet.dispose();
	}
});

test('a voice for which there is no room stays until it is kept or given up, whatever is tapped', async ({
	server
}) => {
	const tablet = new Tablet();
	try {
		const screen = await tablet.open('about:blank', ALLOWED);
		await explore(screen, server, 'Conseiller ou conseillère');
		await screen.goto(`${server.origin}/interviews/new`);
		await askInWords(screen);
		await recordUntil(screen, '0:04');
		await fillDisk(screen, 'parts');
		const held = screen.getByText('La fin de l’enregistrement n’est pas à l’abri');
		await expect(held).toBeVisible();
		await expect(screen.getByText(/Le début est à l’abri \(0:0[3-5]\)/)).toBeVisible();
		expect(await faults(screen)).toEqual([]);

		await screen.getByRole('button', { name: 'Précédente' }).click();
		await expect(held).toBeVisible();
		await screen.getByRole('button', { name: 'Garder', exact: true }).dblclick();
		await expect(screen.getByText('Il n’y a toujours pas la place')).toBeVisible();
		await screen.getByRole('button', { name: 'Quitter' }).click();
		const asked = screen.getByRole('dialog', { name: 'Un enregistrement n’est pas à l’abri' });
		await asked.getByRole('button', { name: 'Rester' }).click();
		await expect(held).toBeVisible();
		let asks = 0;
		screen.on('dialog', (dialog) => {
			asks += dialog.type() === 'beforeunload' ? 1 : 0;
			void dialog.dismiss();
		});
		await screen.evaluate(() => location.reload());
		await expect.poll(() => asks).toBe(1);
		await screen.getByRole('button', { name: 'Quitter' }).click();
		await asked.getByRole('button', { name: 'Quitter quand même' }).click();
		await screen.getByRole('link', { name: 'Reprendre' }).first().click();
		await expect(held).toBeVisible();

		await makeRoom(screen);
		await screen.getByRole('button', { name: 'Garder', exact: true }).click();
		await expect(held).toBeHidden();
		await screen.getByRole('button', { name: 'Pour finir' }).click();
		await expect(voices(screen)).toHaveCount(1);
		expect(secondsIn(await voices(screen).innerText())).toBeGreaterThanOrEqual(4);

		// Given up: what was on the disk before is kept.
		while (!(await record(screen).isVisible())) await screen.getByRole('button', { name: 'Précédente' }).click();
		await recordUntil(screen, '0:03');
		await fillDisk(screen, 'parts');
		await expect(held).toBeVisible();
		await screen.getByRole('button', { name: 'Abandonner' }).click();
		await screen.getByRole('dialog').getByRole('button', { name: 'Abandonner' }).click();
		await expect(held).toBeHidden();
		await makeRoom(screen);
		await screen.getByRole('button', { name: 'Pour finir' }).click();
		await expect(voices(screen)).toHaveCount(2);
		await screen.evaluate(() => location.reload());
		await expect.poll(() => asks).toBe(1);
		await expect(voices(screen)).toHaveCount(2);
	} finally {
		await tablet.dispose();
	}
});
