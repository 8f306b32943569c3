import type { Browser, Page } from '@playwright/test';
import { change, creation, expect, explore, heard, send, test, watch, type Server } from './support';

const WORDS = 'Le potager m’a rendu l’appétit.';
const CRITERION = 'reconnaissance-estime';
const QUESTION = 'q-reconnaissance-estime-employee-1';

async function fresh(browser: Browser, server: Server): Promise<Page> {
	const context = await browser.newContext({ baseURL: server.origin, locale: 'fr-FR' });
	watch(context, server.origin);
	return await context.newPage();
}

/** Somebody said this to Sandrine, and the director kept it.
 * @returns the page of their words */
async function hear(sandrine: Page, director: Page): Promise<string> {
	const { interview, receiptPage } = await heard(sandrine, 'ABCDE-23456', { [`answer:${QUESTION}`]: { words: WORDS } });
	const { campaign, stakeholder, antenna } = interview.fields;
	const passage = { question: QUESTION, from: 0, to: WORDS.length, words: WORDS };
	const said = { campaign, stakeholder, antenna, passage, criterion: CRITERION, valence: 'added', quote: 'anonymous' };
	const excerpt = creation('excerpt', said, { about: interview.id });
	const approval = { approval: { decision: 'approved', of: [excerpt.id] } };
	const approved = { ...change('excerpt', excerpt.id, approval), about: interview.id };
	for (const { receipts } of [await send(sandrine, [interview, excerpt]), await send(director, [approved])])
		expect(receipts.filter(({ verdict }) => verdict !== 'applied')).toEqual([]);
	return receiptPage;
}

/** The criterion's page, with every sentence on it, once the device has been in contact. */
async function read(page: Page): Promise<void> {
	await page.goto('/');
	await expect(page.getByText('Tout est à jour')).toBeVisible();
	await page.goto(`/sheets/${CRITERION}`);
	await page.getByRole('button', { name: /^Voir les? .*autres?/ }).click();
	await expect(page.getByText(WORDS).filter({ visible: true })).toBeVisible();
}
const onPaper = async (page: Page): Promise<string> => {
	await page.emulateMedia({ media: 'print' });
	const text = await page.evaluate(() => document.body.innerText);
	await page.emulateMedia({ media: null });
	return text;
};

/** Makes contact without leaving the page. @returns the ids that the server said have gone */
async function contact(page: Page): Promise<string[]> {
	const reply = page.waitForResponse((response) => response.url().endsWith('/api/sync'));
	await page.evaluate(() => dispatchEvent(new Event('online')));
	const { marks } = (await (await reply).json()) as { marks: { id: string; gone?: true }[] };
	return marks.filter(({ gone }) => gone).map(({ id }) => id);
}

test('a respondent takes their words back: the sentence leaves a colleague’s device and the director’s at their next contact', async ({
	page: director,
	browser,
	server
}) => {
	const [sandrine, maryse, phone] = [
		await fresh(browser, server),
		await fresh(browser, server),
		await fresh(browser, server)
	];
	await explore(director, server, 'Direction');
	await explore(sandrine, server, 'Conseiller ou conseillère');
	await explore(maryse, server, 'Équipe d’antenne');
	const receiptPage = await hear(sandrine, director);
	await Promise.all([read(director), read(maryse)]);
	expect(await onPaper(director)).toContain(WORDS);
	// What was opened on the page stays so when the structure around it changes.
	const antennas = (await send(director, [])).records.filter(({ kind }) => kind === 'antenna');
	const lourdes = antennas.find(({ fields }) => fields.name?.[0]?.value === 'Lourdes')!;
	const before = { name: [lourdes.fields.name![0]!.change] };
	await send(director, [change('antenna', lourdes.id, { name: 'Lourdes centre' }, before)]);
	await contact(maryse);
	await expect(maryse.getByText('Lourdes centre, 127 entretiens').first()).toBeVisible();
	await expect(maryse.getByText(WORDS).filter({ visible: true })).toBeVisible();
	const { records } = await send(maryse, []);
	const quote = records.find(({ kind, fields }) => kind === 'quote' && fields.words?.[0]?.value === WORDS)!.id;

	await phone.goto(receiptPage);
	await phone.getByRole('button', { name: 'Voir mes paroles' }).click();
	await phone.getByRole('button', { name: /^Retirer cet accord.*répéter mes mots/ }).click();
	await phone.getByRole('dialog').getByRole('button', { name: 'Retirer cet accord' }).click();
	await expect(phone.getByText('C’est retiré. À partir de maintenant, c’est non.')).toBeVisible();

	expect(await contact(maryse)).toContain(quote);
	await expect(maryse.getByText(WORDS)).toHaveCount(0);
	expect(await contact(director)).toContain(quote);
	// The office reads what was said as before; nobody else does, and it is on no paper.
	const kept = director.getByRole('listitem').filter({ hasText: WORDS, visible: true });
	await expect(kept).toContainText('la personne n’accepte pas d’être citée');
	expect(await onPaper(director)).not.toContain(WORDS);
	await maryse.goto(`/sheets/${CRITERION}`);
	await expect(maryse.getByRole('heading', { name: 'Paroles retenues' }).first()).toBeVisible();
	await expect(maryse.getByText(WORDS)).toHaveCount(0);
	for (const page of [sandrine, maryse, phone]) await page.context().close();
});
