import type { Page } from '@playwright/test';
import {
	ask,
	enrol,
	enrolTablet,
	expect,
	faults,
	goTo,
	invite,
	openCampaign,
	PASSPHRASE,
	setUp,
	Tablet,
	test,
	unlock,
	type Server
} from './support';

/** An interview begun on a tablet without a network: consent given, an answer chosen, a label. */
async function interviewOffline(screen: Page, server: Server, label: string): Promise<void> {
	await goTo(screen, `${server.origin}/interviews/new`);
	await screen.getByRole('radio', { name: /Salarié/ }).check();
	await screen.getByLabel(/Un repère pour vous/).fill(label);
	await screen.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await screen.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await screen.getByRole('button', { name: 'Commencer', exact: true }).click();
	await expect(screen.getByText(/^Enregistré sur cet appareil/)).toBeVisible();
}

const databases = (screen: Page) =>
	screen.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name!).toSorted());

type Person = { id: string; name: string; devices: { id: string; name: string; state: string }[] };
const peopleOf = (director: Page) => ask<Person[]>(director, 'GET', '/api/people');
type Line = { act: string; count: number };
const journalOf = async (director: Page) =>
	(await ask<{ lines: Line[]; intact: boolean }>(director, 'GET', '/api/journal')).lines.map(({ act }) => act);

test('a lost tablet sends what it had not sent, locked as it is, then deletes itself', async ({ page, server }) => {
	await setUp(page, server);
	await openCampaign(page);
	const tablet = new Tablet();
	try {
		let screen = await enrolTablet(tablet, page, server);
		await tablet.close();
		await server.stop();
		screen = await tablet.open(`${server.origin}/`);
		await unlock(screen);
		await interviewOffline(screen, server, 'Karim B.');
		await tablet.kill();

		// The director declares it lost.
		await server.run();
		await goTo(page, '/');
		await expect(page.getByText('Tout est à jour')).toBeVisible();
		const lost = (await peopleOf(page)).find(({ name }) => name === 'Sandrine Abadie')!.devices[0]!;
		await ask(page, 'DELETE', `/api/devices/${lost.id}`);

		// Whoever found it opens the app: nobody knows the passphrase, and the tablet obeys all the same.
		screen = await tablet.open(`${server.origin}/interviews`);
		await expect(screen.getByText('Cet appareil a été retiré')).toBeVisible();
		expect(await databases(screen)).toEqual(['temoin-device']);
		await screen.reload();
		await expect(screen.getByRole('button', { name: 'Ouvrir', exact: true })).toBeHidden();
		await tablet.close();

		const state = (await peopleOf(page)).find(({ name }) => name === 'Sandrine Abadie')!.devices[0]!.state;
		expect(state).toBe('wiped');
		expect(await journalOf(page)).toEqual(expect.arrayContaining(['device.revoked', 'vault.opened', 'device.wiped']));
		const again = await invite(page, 'Nadia', 'counsellor', 'Lourdes');
		expect(again).toBeTruthy();

		// The interview is at the headquarters: Sandrine finds it on another tablet.
		const sandrine = (await peopleOf(page)).find(({ name }) => name === 'Sandrine Abadie')!;
		const fresh = await ask<{ code: string }>(page, 'POST', `/api/people/${sandrine.id}/code`, {});
		const other = new Tablet();
		try {
			const second = await other.open('about:blank');
			await enrol(second, server, fresh.code, 'Tablette neuve');
			await goTo(second, `${server.origin}/interviews`);
			await expect(second.getByText('Karim B.')).toBeVisible();
		} finally {
			await other.dispose();
		}
	} finally {
		await tablet.dispose();
	}
});

test('without a network nothing is deleted, and a forgotten passphrase loses no unsent work', async ({
	page,
	server
}) => {
	await setUp(page, server);
	await openCampaign(page);
	const tablet = new Tablet();
	try {
		let screen = await enrolTablet(tablet, page, server);
		await tablet.close();
		await server.stop();
		screen = await tablet.open(`${server.origin}/`);
		await unlock(screen);
		await interviewOffline(screen, server, 'Karim B.');
		await tablet.kill();

		// Locked, offline: the vault is there, what waits in it is counted, and the wrong phrase says so.
		screen = await tablet.open(`${server.origin}/`);
		await screen.getByLabel('Phrase secrète').fill('une phrase tout autre');
		await screen.getByRole('button', { name: 'Ouvrir', exact: true }).click();
		await expect(screen.getByText('Ce n’est pas cette phrase secrète.')).toBeVisible();
		expect((await databases(screen)).some((name) => name.startsWith('temoin-vault-'))).toBe(true);

		// She has forgotten it: a new code, a new phrase, and the interview is still hers.
		await server.run();
		await goTo(page, '/');
		await expect(page.getByText('Tout est à jour')).toBeVisible();
		const sandrine = (await peopleOf(page)).find(({ name }) => name === 'Sandrine Abadie')!;
		const fresh = await ask<{ code: string }>(page, 'POST', `/api/people/${sandrine.id}/code`, {});
		await screen.getByRole('link', { name: 'Phrase secrète oubliée' }).click();
		await screen.getByLabel('Code à usage unique').fill(fresh.code);
		await screen.getByLabel('Phrase secrète').fill('une phrase toute neuve');
		await screen.getByRole('button', { name: 'Commencer' }).click();
		await expect(screen.getByRole('heading', { name: 'Bonjour Sandrine' })).toBeVisible();
		await screen.goto(`${server.origin}/interviews`);
		await unlock(screen, 'une phrase toute neuve');
		await expect(screen.getByText('Karim B.')).toBeVisible({ timeout: 30_000 });
		expect(PASSPHRASE).not.toBe('une phrase toute neuve');
	} finally {
		await tablet.dispose();
	}
});

test('what somebody absent had not sent leaves without being opened', async ({ page, server }) => {
	await setUp(page, server);
	await openCampaign(page);
	const tablet = new Tablet();
	try {
		let screen = await enrolTablet(tablet, page, server);
		await tablet.close();
		await server.stop();
		screen = await tablet.open(`${server.origin}/`);
		await unlock(screen);
		await interviewOffline(screen, server, 'Karim B.');
		await tablet.kill();
		await server.run();
		screen = await tablet.open(`${server.origin}/`);
		// Where even the door has no network, it leaves by stick: sealed too.
		await screen.getByRole('button', { name: 'Transférer par clé' }).click();
		await screen.getByRole('button', { name: 'Préparer le fichier' }).click();
		await expect(screen.getByText('Fichier prêt : 1 entretien')).toBeVisible();
		expect(await faults(screen), 'the door, by stick').toEqual([]);
		await screen.getByRole('button', { name: 'Envoyer sans ouvrir' }).click();
		await expect(screen.getByText('Tout est parti. Rien n’a été ouvert ici.')).toBeVisible();
		await goTo(page, '/');
		await expect(page.getByText('Tout est à jour')).toBeVisible();
		expect(await journalOf(page)).toContain('vault.opened');
		// She comes back: it is hers, received, and still on her tablet.
		await goTo(screen, `${server.origin}/interviews`);
		await expect(screen.getByText('Karim B.')).toBeVisible();
		await expect(screen.getByText('Reçu au siège').first()).toBeVisible();
	} finally {
		await tablet.dispose();
	}
});
