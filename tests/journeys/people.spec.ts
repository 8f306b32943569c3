import { PROTOCOL } from '../../src/lib/domain/sync';
import type { BrowserContext, Locator, Page } from '@playwright/test';
import { Secret, TOTP } from 'otpauth';
import { encode } from 'uqr';
import {
	ask,
	digitsOf,
	expect,
	invite,
	openCampaign,
	PASSPHRASE,
	pressAgain,
	readyOffline,
	setUp,
	test as base,
	unlock,
	watch,
	type Server
} from './support';

/** `fresh` gives a page in a browser that has never been here. */
const test = base.extend<{ fresh: () => Promise<Page> }>({
	fresh: async ({ browser, server }, use) => {
		const contexts: BrowserContext[] = [];
		await use(async () => {
			const context = await browser.newContext({ baseURL: server.origin, locale: 'fr-FR' });
			contexts.push(context);
			watch(context, server.origin);
			return await context.newPage();
		});
		for (const context of contexts) await context.close();
	}
});

const OTHER_PASSPHRASE = 'trois chats dorment dehors';

const upToDate = (page: Page) => expect(page.getByText('Tout est à jour')).toBeVisible({ timeout: 30_000 });

async function openSettings(page: Page, firstName: string): Promise<void> {
	await page.getByRole('link', { name: firstName, exact: true }).click();
	await expect(page.getByRole('heading', { name: 'Réglages' })).toBeVisible();
}

async function openSecurity(page: Page, firstName: string): Promise<void> {
	await openSettings(page, firstName);
	await page.getByRole('link', { name: /^Sécurité/ }).click();
	await expect(page.getByRole('heading', { name: 'Sécurité' })).toBeVisible();
}

/** The square on the screen is the one that stands for this text. */
async function expectSquare(image: Locator, text: string): Promise<void> {
	const { data, size } = encode(text, { ecc: 'M', border: 4 });
	const drawn = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
	const path = (await image.locator('path').getAttribute('d'))!;
	for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
		drawn[Number(y)]!.fill(true, Number(x), Number(x) + Number(run));
	expect(drawn).toEqual(data);
}

/** Six digits that are not those of now. */
const wrongDigits = (secret: string): string => String((Number(digitsOf(secret)) + 1) % 1_000_000).padStart(6, '0');

/** The six digits that come after those of now: the server takes them half a minute early, and those that proved the app
 * was added do not serve again. */
const nextDigits = (secret: string): string =>
	new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + 30_000 });

/** From « Sécurité », adds an authenticator app as its page says.
 * @returns the secret that the app keeps */
async function addApp(page: Page): Promise<string> {
	await page.getByRole('button', { name: /^Ajouter une application de codes/ }).click();
	const secret = (await page.getByText(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/).innerText()).replaceAll(' ', '');
	const address = await page.getByRole('link', { name: 'L’ouvrir sur ce même appareil' }).getAttribute('href');
	expect(new URL(address!).searchParams.get('secret')).toBe(secret);
	await expectSquare(page.getByRole('img', { name: 'Carré à viser avec l’application de codes' }), address!);
	await page.getByLabel('Les six chiffres qu’elle montre').fill(wrongDigits(secret));
	await page.getByRole('button', { name: 'Ajouter cette application' }).click();
	await expect(page.getByText('Ces chiffres ne vont pas avec cette clé.')).toBeVisible();
	await page.getByLabel('Les six chiffres qu’elle montre').fill(digitsOf(secret));
	await page.getByRole('button', { name: 'Ajouter cette application' }).click();
	return secret;
}

/** Writes the recovery codes down. */
async function noteCodes(page: Page): Promise<string[]> {
	await expect(page.getByRole('heading', { name: 'Vos codes de secours' })).toBeVisible();
	const codes = await page.getByRole('list', { name: 'Huit codes de secours' }).getByRole('listitem').allInnerTexts();
	expect(new Set(codes).size).toBe(8);
	await page.getByRole('button', { name: 'Je les ai notés' }).click();
	await expect(page.getByText('Votre compte est protégé.')).toBeVisible();
	return codes;
}

/** The form of somebody who has a passphrase, as far as the button. */
async function signIn(page: Page, name: string, device: string, passphrase = PASSPHRASE): Promise<void> {
	await page.getByLabel('Votre prénom et votre nom').fill(name);
	await page.getByLabel('Phrase secrète').fill(passphrase);
	await page.getByLabel(/Nom de cet appareil/).fill(device);
	await page.getByRole('button', { name: 'Me connecter' }).click();
}

/** Opens the address on the director's screen, as a camera does. */
async function comeByLink(
	page: Page,
	server: Server,
	code: string,
	{ device, passphrase = PASSPHRASE }: { device: string; passphrase?: string }
): Promise<void> {
	await page.goto(`${server.origin}/sign-in#code=${code}`);
	await expect(page.getByLabel('Code à usage unique')).toHaveValue(code);
	await page.getByLabel('Phrase secrète').fill(passphrase);
	await page.getByLabel(/Nom de cet appareil/).fill(device);
	await page.getByRole('button', { name: 'Commencer' }).click();
	await expect(page.getByRole('heading', { name: /^Bonjour/ })).toBeVisible();
	await upToDate(page);
}

/** A structure with a campaign open, and a counsellor on a tablet of hers. */
async function withSandrine(director: Page, tablet: Page, server: Server): Promise<void> {
	await setUp(director, server);
	await openCampaign(director);
	const code = await invite(director, 'Sandrine Abadie', 'counsellor', 'Lourdes');
	await comeByLink(tablet, server, code, { device: 'Tablette Lourdes 2' });
}

/** Begins an interview, up to its first question. */
async function begin(page: Page, who: RegExp, label: string): Promise<void> {
	await page.getByRole('link', { name: 'Accueil', exact: true }).click();
	await page.getByRole('link', { name: /^Nouvel entretien/ }).click();
	await page.getByRole('radio', { name: who }).check();
	await page.getByLabel(/Un repère pour vous/).fill(label);
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	await expect(page.getByText(/^Enregistré sur cet appareil/)).toBeVisible();
}

/** A whole interview, short as they come. */
async function interview(page: Page, who: RegExp, label: string): Promise<void> {
	await begin(page, who, label);
	await page.getByRole('button', { name: /Pour finir/ }).click();
	await page.getByRole('button', { name: 'Terminer l’entretien' }).click();
	await expect(page.getByRole('heading', { name: 'Merci' })).toBeVisible();
	await page.getByRole('button', { name: 'Quitter' }).click();
	await expect(page.getByText(label)).toBeVisible();
}

type Session = { person: { id: string }; device: { id: string } };
type Person = { id: string; name: string };
type Line = { interviewer: string; stakeholder: string };

/** Whose interviews the headquarters has, as the director is told. */
async function received(director: Page): Promise<{ name: string; stakeholder: string }[]> {
	const { person, device } = await ask<Session>(director, 'GET', '/api/session');
	const { records } = await ask<{ records: { id: string; kind: string }[] }>(director, 'POST', '/api/sync', {
		protocol: PROTOCOL,
		person: person.id,
		device: device.id,
		changes: [],
		cursor: null,
		audiences: [],
		filling: []
	});
	const campaign = records.find(({ kind }) => kind === 'campaign')!.id;
	const people = await ask<Person[]>(director, 'GET', '/api/people');
	const lines = await ask<Line[]>(director, 'GET', `/api/testimonies?campaign=${campaign}`);
	return lines.map(({ interviewer, stakeholder }) => ({
		name: people.find(({ id }) => id === interviewer)?.name ?? interviewer,
		stakeholder
	}));
}

/** What the page is told when somebody puts the app in the background, or takes it up again. */
const turn = (page: Page, state: 'hidden' | 'visible') =>
	page.evaluate((value) => {
		Object.defineProperty(document, 'visibilityState', { value, configurable: true });
		document.dispatchEvent(new Event('visibilitychange'));
	}, state);

const openButton = (page: Page) => page.getByRole('button', { name: 'Ouvrir', exact: true });

async function typePin(page: Page, pin: string): Promise<void> {
	await page.getByLabel('Votre code court').fill(pin);
	await openButton(page).click();
}

test('a director protects her account before she adds a colleague, who comes in by the link', async ({
	page,
	server,
	fresh
}) => {
	await setUp(page, server);
	await openSettings(page, 'Claire');
	await page.getByRole('link', { name: /^Équipe/ }).click();
	await page.getByRole('link', { name: 'Ajouter une personne' }).click();
	await expect(page.getByText('Protégez d’abord votre compte')).toBeVisible();
	await expect(page.getByLabel('Prénom et nom')).toBeHidden();
	await page.getByRole('link', { name: 'Ajouter une seconde preuve' }).click();
	await addApp(page);
	await noteCodes(page);

	await openSettings(page, 'Claire');
	await page.getByRole('link', { name: /^Équipe/ }).click();
	await page.getByRole('link', { name: 'Ajouter une personne' }).click();
	await page.getByLabel('Prénom et nom').fill('Sandrine Abadie');
	await page.getByRole('checkbox', { name: /^Conseiller ou conseillère/ }).check();
	await page
		.getByRole('group', { name: /dans quelles antennes/ })
		.getByRole('checkbox', { name: 'Lourdes' })
		.check();
	await page.getByRole('button', { name: 'Ajouter et créer son code' }).click();
	await expect(page.getByRole('heading', { name: 'Code pour Sandrine Abadie' })).toBeVisible();
	const address = await page.getByText(/\/sign-in#code=/).innerText();
	const code = address.split('#code=')[1]!;
	await expect(page.getByText(code, { exact: true })).toBeVisible();
	await expectSquare(page.getByRole('img', { name: /^Carré à viser/ }), address);

	const tablet = await fresh();
	await tablet.goto(address);
	await expect(tablet.getByLabel('Code à usage unique')).toHaveValue(code);
	await tablet.getByLabel('Phrase secrète').fill('motdepasse');
	await tablet.getByLabel(/Nom de cet appareil/).fill('Tablette Lourdes 2');
	await tablet.getByRole('button', { name: 'Commencer' }).click();
	await expect(tablet.getByText('Cette phrase est trop facile à deviner.')).toBeVisible();
	await expect(tablet.getByLabel('Code à usage unique')).toHaveValue(code);
	await tablet.getByLabel('Phrase secrète').fill(PASSPHRASE);
	await tablet.getByRole('button', { name: 'Commencer' }).click();
	await expect(tablet.getByRole('heading', { name: 'Bonjour Sandrine' })).toBeVisible();
	await upToDate(tablet);

	// Whoever finds the link afterwards finds nothing.
	const late = await fresh();
	await late.goto(address);
	await late.getByLabel('Phrase secrète').fill(OTHER_PASSPHRASE);
	await late.getByLabel(/Nom de cet appareil/).fill('Tablette trouvée');
	await late.getByRole('button', { name: 'Commencer' }).click();
	await expect(late.getByText('Ce code ne marche pas, ou plus.')).toBeVisible();

	await page.getByRole('link', { name: 'Revenir à l’équipe' }).click();
	const sandrine = page.getByRole('link', { name: /^Sandrine Abadie/ });
	await expect(sandrine).toContainText('Conseiller ou conseillère (Lourdes)');
	await expect(sandrine).toContainText('Tablette Lourdes 2');
	await expect(sandrine).not.toContainText('Tablette trouvée');
});

test('a director signs in elsewhere with a second proof: digits, then a recovery code, each once', async ({
	page,
	server,
	fresh
}) => {
	await setUp(page, server);
	await openSecurity(page, 'Claire');
	const secret = await addApp(page);
	const [recovery] = await noteCodes(page);
	const digitsField = 'Les six chiffres de votre application';
	const refused = 'Ce code n’est pas le bon, ou il a déjà servi.';

	/** Another browser, as far as the second step. */
	async function elsewhere(device: string): Promise<Page> {
		const other = await fresh();
		await other.goto('/');
		await other.getByRole('link', { name: /^Me connecter/ }).click();
		await signIn(other, 'Claire Dumont', device);
		await expect(other.getByRole('heading', { name: 'Une seconde preuve' })).toBeVisible();
		return other;
	}
	async function prove(other: Page, proof: string): Promise<void> {
		await other.getByLabel(digitsField).fill(proof);
		await other.getByRole('button', { name: 'Me connecter' }).click();
	}

	const laptop = await elsewhere('Portable');
	await prove(laptop, wrongDigits(secret));
	await expect(laptop.getByText(refused)).toBeVisible();
	await expect(laptop.getByRole('heading', { name: 'Se connecter' })).toBeVisible();
	await expect(laptop.getByLabel('Votre prénom et votre nom')).toHaveValue('Claire Dumont');
	await laptop.getByRole('button', { name: 'Me connecter' }).click();
	const digits = nextDigits(secret);
	await prove(laptop, digits);
	await expect(laptop.getByRole('heading', { name: 'Bonjour Claire' })).toBeVisible();
	await upToDate(laptop);

	// Read over her shoulder, the digits that served do not serve again.
	const stranger = await elsewhere('Poste inconnu');
	await prove(stranger, digits);
	await expect(stranger.getByText(refused)).toBeVisible();

	const borrowed = await elsewhere('Poste prêté');
	await prove(borrowed, recovery!);
	await expect(borrowed.getByRole('heading', { name: 'Bonjour Claire' })).toBeVisible();
	const found = await elsewhere('Papier trouvé');
	await prove(found, recovery!);
	await expect(found.getByText(refused)).toBeVisible();

	await openSecurity(borrowed, 'Claire');
	await expect(borrowed.getByText('Il en reste 7 sur 8.')).toBeVisible();
});

test('a passphrase is hidden until its owner shows it, and may be pasted', async ({ page, server, fresh }) => {
	await setUp(page, server);
	const laptop = await fresh();
	await laptop.goto('/sign-in');
	const phrase = laptop.getByLabel('Phrase secrète');
	await expect(phrase).toHaveAttribute('type', 'password');
	await expect(phrase).toHaveAttribute('autocomplete', 'current-password'); // for who keeps it in a password manager
	await laptop.getByLabel('Votre prénom et votre nom').fill(PASSPHRASE);
	await laptop.getByLabel('Votre prénom et votre nom').press('Control+A');
	await laptop.keyboard.press('Control+X');
	await phrase.press('Control+V');
	await expect(phrase).toHaveValue(PASSPHRASE);
	await expect(phrase).toHaveAttribute('type', 'password');
	await laptop.getByRole('button', { name: 'Montrer' }).click();
	await expect(phrase).toHaveAttribute('type', 'text');
	await pressAgain(laptop.getByRole('button', { name: 'Cacher' }));
	await expect(phrase).toHaveAttribute('type', 'password');
});

test('a passkey is a second proof, then opens the device without the passphrase and without a network', async ({
	page,
	server
}) => {
	await setUp(page, server);
	const devtools = await page.context().newCDPSession(page);
	await devtools.send('WebAuthn.enable');
	await devtools.send('WebAuthn.addVirtualAuthenticator', {
		options: {
			protocol: 'ctap2',
			transport: 'internal',
			hasResidentKey: true,
			hasUserVerification: true,
			hasPrf: true,
			isUserVerified: true,
			automaticPresenceSimulation: true
		}
	});
	await openSecurity(page, 'Claire');
	await page.getByRole('button', { name: /^Ajouter une clé d’accès/ }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Créer la clé d’accès' }).click();
	await noteCodes(page);

	await openSettings(page, 'Claire');
	await page.getByRole('button', { name: 'Se déconnecter' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Se déconnecter' }).click();
	await page.getByRole('button', { name: 'Quelqu’un d’autre' }).click();
	await signIn(page, 'Claire Dumont', 'Poste du siège');
	await expect(page.getByRole('heading', { name: 'Une seconde preuve' })).toBeVisible();
	await page.getByRole('button', { name: 'Utiliser ma clé d’accès' }).click();
	await expect(page.getByRole('heading', { name: 'Bonjour Claire' })).toBeVisible();

	await openSecurity(page, 'Claire');
	await page.getByRole('button', { name: 'Ouvrir avec ma clé d’accès' }).click();
	await page.getByLabel('Phrase secrète').fill(OTHER_PASSPHRASE);
	await page.getByRole('button', { name: 'Relier la clé à cet appareil' }).click();
	await expect(page.getByText('Ce n’est pas cette phrase secrète.')).toBeVisible();
	await page.getByLabel('Phrase secrète').fill(PASSPHRASE);
	await page.getByRole('button', { name: 'Relier la clé à cet appareil' }).click();
	await expect(page.getByText('C’est fait.')).toBeVisible();

	await readyOffline(page);
	await server.stop();
	await page.reload();
	await expect(openButton(page)).toBeVisible();
	await expect(page.getByRole('heading', { name: 'Sécurité' })).toBeHidden();
	await page.getByRole('button', { name: 'Utiliser ma clé d’accès' }).click();
	await expect(page.getByRole('heading', { name: 'Sécurité' })).toBeVisible();
	await page.getByRole('link', { name: 'Accueil', exact: true }).click();
	await expect(page.getByRole('heading', { name: 'Bonjour Claire' })).toBeVisible();
});

test('two people share a tablet without a network: each their phrase, their interviews and their name', async ({
	page: director,
	server,
	fresh
}) => {
	const tablet = await fresh();
	await withSandrine(director, tablet, server);
	const code = await invite(director, 'Paul Vergez', 'counsellor', 'Lourdes');
	await openSettings(tablet, 'Sandrine');
	await tablet.getByRole('button', { name: 'Changer de personne' }).click();
	await expect(openButton(tablet)).toBeVisible();
	await comeByLink(tablet, server, code, { device: 'Tablette Lourdes 2', passphrase: OTHER_PASSPHRASE });
	await expect(tablet.getByRole('heading', { name: 'Bonjour Paul' })).toBeVisible();
	await readyOffline(tablet);
	await tablet.context().setOffline(true);

	/** Hands the tablet over; the colleague's passphrase does not open. */
	async function handTo(from: string, to: string, passphrase: string, others: string): Promise<void> {
		await openSettings(tablet, from.split(' ')[0]!);
		await tablet.getByRole('button', { name: 'Changer de personne' }).click();
		await expect(tablet.getByRole('heading', { name: 'Qui êtes-vous ?' })).toBeVisible();
		await tablet.getByRole('button', { name: new RegExp(`^${to}`) }).click();
		await tablet.getByLabel('Phrase secrète').fill(others);
		await openButton(tablet).click();
		await expect(tablet.getByText('Ce n’est pas cette phrase secrète.')).toBeVisible();
		await unlock(tablet, passphrase);
		await tablet.getByRole('link', { name: 'Entretiens', exact: true }).click();
		await expect(tablet.getByRole('heading', { name: 'Entretiens' })).toBeVisible();
	}
	const [sandrine, paul] = ['Sandrine Abadie', 'Paul Vergez'];

	await interview(tablet, /Salarié/, 'Élodie P.');
	await handTo(paul, sandrine, PASSPHRASE, OTHER_PASSPHRASE);
	await expect(tablet.getByText('Vous n’avez pas encore mené d’entretien.')).toBeVisible();
	await interview(tablet, /Client/, 'Karim S.');
	await expect(tablet.getByText('Élodie P.')).toBeHidden();
	await handTo(sandrine, paul, OTHER_PASSPHRASE, PASSPHRASE);
	await expect(tablet.getByText('Élodie P.')).toBeVisible();
	await expect(tablet.getByText('Karim S.')).toBeHidden();
	await expect(tablet.getByText(/en attente$/)).toBeVisible();
	expect(await received(director)).toEqual([]);

	// Paul has the tablet when the network returns: his leaves, hers waits for her.
	await tablet.context().setOffline(false);
	await upToDate(tablet);
	expect(await received(director)).toEqual([{ name: paul, stakeholder: 'employee' }]);
	await handTo(paul, sandrine, PASSPHRASE, OTHER_PASSPHRASE);
	await upToDate(tablet);
	await expect(tablet.getByText('Karim S.')).toBeVisible();
	await expect(tablet.getByText('Élodie P.')).toBeHidden();
	expect(await received(director)).toEqual([
		{ name: sandrine, stakeholder: 'client' },
		{ name: paul, stakeholder: 'employee' }
	]);
});

test('a PIN opens again in the middle of a word; five wrong ones, and the passphrase is asked', async ({
	page: director,
	server,
	fresh
}) => {
	const tablet = await fresh();
	await withSandrine(director, tablet, server);
	await openSecurity(tablet, 'Sandrine');
	await tablet.getByRole('button', { name: 'Choisir un code court' }).click();
	const choose = async (pin: string) => {
		await tablet.getByLabel('Votre code court').fill(pin);
		await tablet.getByLabel('Le même, encore une fois').fill(pin);
		await tablet.getByRole('button', { name: 'Garder ce code' }).click();
	};
	await choose('1234');
	await expect(tablet.getByText('Ce code se devine au premier essai.')).toBeVisible();
	await choose('4271');
	await expect(tablet.getByText('Code court gardé sur cet appareil.')).toBeVisible();

	// A question is left unanswered behind: reopening must not go back to it.
	await begin(tablet, /Salarié/, 'Karim B.');
	const next = tablet.getByRole('button', { name: 'Suivante' });
	await pressAgain(next);
	await pressAgain(next);
	const question = tablet.getByRole('heading', { level: 1 });
	await expect(tablet.getByText(/^Question 3 sur/).first()).toBeVisible();
	const asked = await question.innerText();
	const words = tablet.getByRole('textbox', { name: 'Ses mots' });
	const write = tablet.getByRole('button', { name: 'Noter ses mots' });
	await expect(words.or(write)).toBeVisible();
	if (await write.isVisible()) await write.click();
	const said = 'Avant je ne disais pas bonjour, maintenant les gens m’appellent par mon pré';
	await words.pressSequentially(said, { delay: 1 });
	await turn(tablet, 'hidden');
	await expect(tablet.getByLabel('Votre code court')).toBeVisible();
	const covered = await tablet.content();
	for (const text of ['Avant je ne disais', 'Karim B.', asked]) expect(covered).not.toContain(text);

	await turn(tablet, 'visible');
	await typePin(tablet, '4271');
	await expect(question).toHaveText(asked);
	await expect(words).toHaveValue(said);
	await words.pressSequentially('nom.', { delay: 1 });
	await expect(words).toHaveValue(`${said}nom.`);

	await turn(tablet, 'hidden');
	await turn(tablet, 'visible');
	for (const left of [/Il reste 4 essais/, /Il reste 3 essais/, /Il reste 2 essais/, /Il reste un essai/]) {
		await typePin(tablet, '9053');
		await expect(tablet.getByText(left)).toBeVisible();
	}
	await typePin(tablet, '9053');
	await expect(tablet.getByText('Cinq codes faux : la phrase secrète est demandée.')).toBeVisible();
	await expect(tablet.getByLabel('Votre code court')).toBeHidden();
	await unlock(tablet);
	await expect(question).toHaveText(asked);
	await expect(words).toHaveValue(`${said}nom.`);
});

test('two minutes without a touch lock the tablet, and a touch begins them again', async ({ page, server }) => {
	await setUp(page, server);
	await page.clock.install();
	await page.reload();
	await unlock(page);
	const home = page.getByText('Aucune campagne ouverte');
	await expect(home).toBeVisible();
	/** Time passes, and a lock would have had half a second to show. */
	const stillOpenAfter = async (time: string) => {
		await page.clock.fastForward(time);
		await page.waitForTimeout(500);
		await expect(home).toBeVisible();
	};
	await stillOpenAfter('01:50');
	await page.keyboard.press('Tab');
	await stillOpenAfter('01:50');
	await page.clock.fastForward('00:15');
	await expect(openButton(page)).toBeVisible();
	await expect(page.getByLabel('Phrase secrète')).toBeVisible();
	await expect(home).toBeHidden();
	await unlock(page);
	await expect(home).toBeVisible();
});

test('a device that its owner removes sends what it had not sent, then empties itself', async ({
	page: director,
	server,
	fresh
}) => {
	const tablet = await fresh();
	await withSandrine(director, tablet, server);
	await readyOffline(tablet);
	await tablet.context().setOffline(true);
	await interview(tablet, /Salarié/, 'Karim B.');

	const phone = await fresh();
	await phone.goto('/');
	await phone.getByRole('link', { name: /^Me connecter/ }).click();
	await signIn(phone, 'Sandrine Abadie', 'Mon téléphone');
	await expect(phone.getByRole('heading', { name: 'Bonjour Sandrine' })).toBeVisible();
	await upToDate(phone);
	await openSettings(phone, 'Sandrine');
	await phone.getByRole('link', { name: /^Mes appareils/ }).click();
	const listed = (name: string) => phone.getByRole('listitem').filter({ hasText: name });
	await expect(listed('Mon téléphone').getByText('Cet appareil')).toBeVisible();
	await expect(listed('Mon téléphone').getByRole('button')).toBeHidden();
	await phone.getByRole('button', { name: 'Retirer « Tablette Lourdes 2 »' }).click();
	await phone.getByRole('dialog').getByRole('button', { name: 'Retirer', exact: true }).click();
	await expect(phone.getByText('« Tablette Lourdes 2 » est retiré.')).toBeVisible();
	await expect(listed('Tablette Lourdes 2')).toContainText('Retiré, pas encore revenu');

	// Out of reach it keeps what it has; the network tells it.
	await expect(tablet.getByText('Karim B.')).toBeVisible();
	await tablet.context().setOffline(false);
	await expect(tablet.getByText('Cet appareil a été retiré')).toBeVisible({ timeout: 30_000 });
	await expect
		.poll(() => tablet.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name)))
		.toEqual(['temoin-device']);
	await tablet.reload();
	await expect(tablet.getByRole('link', { name: /^Me connecter/ })).toBeVisible();
	await expect(openButton(tablet)).toBeHidden();

	expect(await received(director)).toEqual([{ name: 'Sandrine Abadie', stakeholder: 'employee' }]);
	await phone.reload();
	await unlock(phone);
	await expect(listed('Tablette Lourdes 2')).toContainText('Vidé');
	await upToDate(phone);
	await phone.getByRole('link', { name: 'Entretiens', exact: true }).click();
	await expect(phone.getByText('Karim B.')).toBeVisible();
});

test('a counsellor made director adds a second proof before anything else, and the exchange waits for it', async ({
	page: director,
	server,
	fresh
}) => {
	const tablet = await fresh();
	await withSandrine(director, tablet, server);
	await openSettings(director, 'Claire');
	await director.getByRole('link', { name: /^Équipe/ }).click();
	await director.getByRole('link', { name: /^Sandrine Abadie/ }).click();
	await director.getByRole('checkbox', { name: /^Direction/ }).check();
	await director.getByRole('button', { name: 'Enregistrer', exact: true }).click();
	await expect(director.getByText('Enregistré au siège.')).toBeVisible();
	await expect(director.getByText(/Elle devra en ajouter une avant de continuer/)).toBeVisible();

	// Elsewhere her passphrase leads to nothing but that.
	const laptop = await fresh();
	await laptop.goto('/sign-in');
	await signIn(laptop, 'Sandrine Abadie', 'Portable');
	await expect(laptop.getByText('Avant d’aller plus loin, protégez votre compte')).toBeVisible();
	await laptop.getByRole('link', { name: 'Accueil', exact: true }).click();
	await expect(laptop.getByText('Protégez votre compte pour échanger')).toBeVisible();

	// On the tablet she works on; nothing leaves, and nothing is lost.
	await interview(tablet, /Salarié/, 'Karim B.');
	const beacon = tablet.getByRole('button', { name: /^Protégez votre compte pour échanger/ });
	await expect(beacon).toBeVisible();
	expect(await received(director)).toEqual([]);
	await beacon.click();
	await expect(tablet.getByText('Avant d’aller plus loin, protégez votre compte')).toBeVisible();
	await addApp(tablet);
	await noteCodes(tablet);
	await upToDate(tablet);
	expect(await received(director)).toEqual([{ name: 'Sandrine Abadie', stakeholder: 'employee' }]);
	await expect(tablet.getByRole('link', { name: 'Campagne', exact: true })).toBeVisible();
});
