import type { Browser, Page } from '@playwright/test';
import {
	ask,
	heard,
	digitsOf,
	expect,
	explore,
	invite,
	PASSPHRASE,
	pressAgain,
	send,
	setUp,
	test,
	unlock,
	watch,
	type Server
} from './support';

const LOST = /Cette étape en demande un/;

async function fresh(browser: Browser, server: Server): Promise<Page> {
	const context = await browser.newContext({ baseURL: server.origin, locale: 'fr-FR' });
	watch(context, server.origin);
	return await context.newPage();
}

/** The server does what is asked at this door next, and its answer never comes: neither its words nor its cookies. */
async function loseReply(page: Page, method: string, path: string): Promise<() => number> {
	let status = 0;
	await page.route(
		({ pathname }) => pathname === path,
		async (route) => {
			const request = route.request();
			if (request.method() !== method || status) return await route.continue();
			const headers = Object.entries(await request.allHeaders()).filter(
				([name]) => !/^:|^(content-length|connection|host|accept-encoding)$/.test(name)
			);
			const body = request.postData();
			({ status } = await fetch(request.url(), { method, headers, ...(body ? { body } : {}) }));
			await route.abort('connectionreset');
		}
	);
	return () => status;
}

test('the answer to a one-time code is lost: the same code, tablet and passphrase come in, and so with a recovery code', async ({
	page: director,
	browser,
	server
}) => {
	const [tablet, laptop] = [await fresh(browser, server), await fresh(browser, server)];
	await setUp(director, server);

	// The list of recovery codes, that is shown once.
	await director.goto('/settings/security');
	await unlock(director);
	await director.getByRole('button', { name: /^Ajouter une application de codes/ }).click();
	const secret = (await director.getByText(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/).innerText()).replaceAll(' ', '');
	await director.getByLabel('Les six chiffres qu’elle montre').fill(digitsOf(secret));
	const added = await loseReply(director, 'PUT', '/api/account/totp');
	await director.getByRole('button', { name: 'Ajouter cette application' }).click();
	await expect(director.getByText(LOST)).toBeVisible();
	expect(added()).toBe(201);
	await pressAgain(director.getByRole('button', { name: 'Ajouter cette application' }));
	const codes = director.getByRole('list', { name: 'Huit codes de secours' }).getByRole('listitem');
	await expect(codes).toHaveCount(8);
	const [recovery] = await codes.allInnerTexts();

	// An invitation.
	const code = await invite(director, 'Sandrine Abadie', 'counsellor', 'Lourdes');
	const enrolled = await loseReply(tablet, 'POST', '/api/enrol');
	await tablet.goto('/sign-in#code');
	await tablet.getByLabel('Code à usage unique').fill(code);
	await tablet.getByLabel('Phrase secrète').fill(PASSPHRASE);
	await tablet.getByLabel(/Nom de cet appareil/).fill('Tablette Lourdes 2');
	await tablet.getByRole('button', { name: 'Commencer' }).click();
	await expect(tablet.getByText(LOST)).toBeVisible();
	expect(enrolled()).toBe(200);
	await pressAgain(tablet.getByRole('button', { name: 'Commencer' }));
	await expect(tablet.getByRole('heading', { name: 'Bonjour Sandrine' })).toBeVisible();
	await expect(tablet.getByText('Tout est à jour')).toBeVisible();
	type Person = { name: string; devices: { name: string }[] };
	const people = await ask<Person[]>(director, 'GET', '/api/people');
	expect(people.find(({ name }) => name === 'Sandrine Abadie')!.devices).toMatchObject([
		{ name: 'Tablette Lourdes 2' }
	]);

	// A second step, by a recovery code.
	await laptop.goto('/sign-in');
	await laptop.getByLabel('Votre prénom et votre nom').fill('Claire Dumont');
	await laptop.getByLabel('Phrase secrète').fill(PASSPHRASE);
	await laptop.getByLabel(/Nom de cet appareil/).fill('Portable');
	await pressAgain(laptop.getByRole('button', { name: 'Me connecter' }));
	const proved = await loseReply(laptop, 'POST', '/api/session/second');
	await laptop.getByLabel('Les six chiffres de votre application').fill(recovery!);
	await pressAgain(laptop.getByRole('button', { name: 'Me connecter' }));
	await expect(laptop.getByText(LOST)).toBeVisible();
	expect(proved()).toBe(200);
	await pressAgain(laptop.getByRole('button', { name: 'Me connecter' }));
	await expect(laptop.getByRole('heading', { name: 'Bonjour Claire' })).toBeVisible();
	expect(await ask(laptop, 'GET', '/api/account')).toMatchObject({ recoveryCodes: 7 });
	for (const page of [tablet, laptop]) await page.context().close();
});

test('the answer to what a respondent asks is lost: asked again, it is done once, and they are told', async ({
	page: sandrine,
	browser,
	server
}) => {
	await explore(sandrine, server, 'Conseiller ou conseillère');
	const { interview, receiptPage } = await heard(sandrine, 'ABCDE-23456');
	expect((await send(sandrine, [interview])).receipts).toMatchObject([{ verdict: 'applied' }]);

	const phone = await fresh(browser, server);
	await phone.goto(receiptPage);
	await phone.getByRole('button', { name: 'Voir mes paroles' }).click();
	const dialog = phone.getByRole('dialog');
	for (const { path, open, act, done } of [
		{
			path: '/api/receipt/withdraw',
			open: /^Retirer cet accord.*répéter mes mots/,
			act: 'Retirer cet accord',
			done: 'C’est retiré. À partir de maintenant, c’est non.'
		},
		{ path: '/api/receipt/erase', open: 'Tout effacer', act: 'Tout effacer', done: 'Tout est effacé' }
	]) {
		const asked = await loseReply(phone, 'POST', path);
		await phone.getByRole('button', { name: open }).click();
		await pressAgain(dialog.getByRole('button', { name: act }));
		await expect(dialog.getByText(/il faut un réseau/)).toBeVisible();
		expect(asked()).toBeLessThan(300);
		await pressAgain(dialog.getByRole('button', { name: act }));
		await expect(phone.getByText(done)).toBeVisible();
	}
	await phone.context().close();
});
