import type { CDPSession, Page } from '@playwright/test';
import { expect, explore, pressAgain, test } from './support';

/** What a screen reader would say of what has the focus: « radio Oui, 1 of 2 » without the places. */
async function focused(cdp: CDPSession): Promise<string> {
	const { result } = await cdp.send('Runtime.evaluate', { expression: 'document.activeElement' });
	const { nodes } = await cdp.send('Accessibility.getPartialAXTree', {
		objectId: result.objectId!,
		fetchRelatives: false
	});
	const node = nodes[0]!;
	const state = node.properties?.find(({ name }) => name === 'checked')?.value.value as string | undefined;
	const text = [node.role?.value, node.name?.value, state === 'true' && 'coché'].filter(Boolean).join(' ');
	return text.replace(/[\u00a0\u202f]/g, ' ').replaceAll('\u2060', '');
}

/** Somebody who sees nothing and has a keyboard: what they hear, in its order, is the transcript. */
class Listener {
	readonly heard: string[] = [];
	#live = 0;

	constructor(
		readonly page: Page,
		readonly cdp: CDPSession
	) {}

	/** Hears what live regions say from here on, in pages that come too. */
	async listen(): Promise<void> {
		await this.page.evaluate(() => {
			const page = globalThis as { said?: string[] };
			page.said = [];
			const LIVE = '[role=status], [role=alert], [role=log], [aria-live]';
			new MutationObserver((changes) => {
				for (const { target } of changes) {
					const region = (target instanceof Element ? target : target.parentElement)?.closest(LIVE);
					const text = region?.textContent.trim();
					if (text && page.said!.at(-1) !== text) page.said!.push(text);
				}
			}).observe(document.body, { childList: true, characterData: true, subtree: true });
		});
	}

	/** Where the focus is now, said once. */
	async hear(): Promise<string> {
		const said = await this.page.evaluate(() => (globalThis as { said?: string[] }).said ?? []);
		for (const text of said.slice(this.#live)) this.heard.push(`(${text})`);
		this.#live = said.length;
		const now = await focused(this.cdp);
		if (this.heard.at(-1) !== now) this.heard.push(now);
		return now;
	}

	async press(key: string): Promise<string> {
		await this.page.keyboard.press(key);
		await this.page.waitForTimeout(60);
		return await this.hear();
	}

	/** Goes on with the Tab key until something of that name is said.
	 * @throws where the whole page has been gone through */
	async tabTo(wanted: RegExp): Promise<string> {
		let now = await this.hear();
		for (let i = 0; i < 80 && !wanted.test(now); i++) now = await this.press('Tab');
		expect(now).toMatch(wanted);
		return now;
	}

	/** What is heard once a heading has the focus. */
	async arriveAt(title: RegExp): Promise<string> {
		await expect.poll(() => focused(this.cdp)).toMatch(title);
		return await this.hear();
	}
}

/** The order in which everything is said; which subjects and questions come is the rotation's. */
function expectTranscript(heard: readonly string[]): void {
	const spoken = heard.filter((line) => line !== 'none');
	const aloud = spoken.filter((line) => line.startsWith('('));
	for (const line of aloud)
		expect(['(Nouvel entretien · Témoin)', '(Entretien · Témoin)', '(C’est enregistré.)', '(Reçu au siège)']).toContain(
			line
		);
	const focuses = spoken.filter((line) => !line.startsWith('('));
	const lines = focuses.filter((line, i) => line !== focuses[i - 1]); // something was said aloud meanwhile
	const from = lines.indexOf('heading Nouvel entretien');
	const to = lines.indexOf('button Commencer');
	expect(
		lines.slice(from, to + 1).filter((line) => !/^button .*(?<!ensemble|commencer|sujets|Commencer)$/.test(line))
	).toEqual([
		'heading Nouvel entretien',
		'radio Salarié-e en parcours',
		'radio Salarié-e en parcours coché',
		'button Changer les sujets',
		'textbox Un repère pour vous',
		'radio En face à face coché',
		'button Lire l’accord ensemble',
		'heading Avant de commencer',
		'radio Oui',
		'radio Oui coché',
		'radio Oui, avec mon prénom',
		'radio Oui',
		'button Ne pas commencer',
		'button Commencer'
	]);
	const review = lines.indexOf('heading Relire ensemble');
	const questions = lines
		.slice(to + 1, review)
		.join('\n')
		.split(/\n(?=heading )/)
		.map((question) => question.split('\n').slice(1));
	const END = ['button Ne sait pas', 'button Ne souhaite pas répondre', 'button Précédente'];
	for (const [i, question] of questions.entries()) {
		const last = i === questions.length - 1 ? 'button Relire et finir' : 'button Suivante';
		const inWords = ['textbox Ses mots', 'button Enregistrer la voix', 'button Ajouter une photo', ...END, last];
		const chosen = question[1]?.endsWith(' coché')
			? [question[0], `${question[0]} coché`, 'button Noter ses mots', ...END, last]
			: inWords;
		// Of several that may be ticked each is said on the way.
		expect(question.filter((line, at) => at < 2 || !line.startsWith('checkbox '))).toEqual(chosen);
	}
	expect(lines.slice(review)).toContain('button Terminer l’entretien');
	expect(lines.at(-1)).toBe('heading Merci');
}

test('a whole interview by keyboard alone, and what is said at each step of it', async ({ page, server }) => {
	test.slow();
	await explore(page, server, 'Conseiller ou conseillère');
	const cdp = await page.context().newCDPSession(page);
	const ears = new Listener(page, cdp);
	await ears.listen();

	await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
	await ears.tabTo(/^link Nouvel entretien/);
	await ears.press('Enter');
	await ears.arriveAt(/^heading /);
	await ears.tabTo(/^radio Salarié/);
	await ears.press('Space');
	await expect(page.getByRole('button', { name: 'Changer les sujets' })).toBeVisible();
	await ears.tabTo(/^button Lire l’accord ensemble$/);
	await ears.press('Enter');
	await ears.arriveAt(/^heading Avant de commencer$/);
	await ears.tabTo(/^radio Oui/);
	await ears.press('Space');
	expect(await ears.hear()).toMatch(/coché$/);
	await page.waitForTimeout(350);
	await ears.tabTo(/^button Commencer$/);
	await ears.press('Enter');

	// Each question is said when it comes, with its number, and its answer by the keys of its group.
	let questions = 0;
	for (;;) {
		const title = await ears.arriveAt(/^heading /);
		if (/Relire|Ce qui a été dit|réponses/i.test(title) && questions > 0 && !/\?$/.test(title)) break;
		questions += 1;
		await expect(page.getByText(`Question ${questions} sur `, { exact: false }).first()).toBeVisible();
		await page.waitForTimeout(350);
		const now = await ears.press('Tab');
		if (/^(radio|checkbox)/.test(now)) {
			expect(await ears.press('Space')).toMatch(/coché$/);
		}
		const before = title;
		await ears.tabTo(/^button (Suivante|Relire et finir)$/);
		await ears.press('Enter');
		await expect.poll(() => focused(cdp)).not.toBe(before);
		if (questions > 40) throw new Error('the questions do not end');
	}
	expect(questions).toBeGreaterThan(8);
	await page.waitForTimeout(350);
	await ears.tabTo(/^button Terminer l’entretien$/);
	await ears.press('Enter');
	await ears.arriveAt(/^heading Merci$/);
	expectTranscript(ears.heard);
});

test('an interview of thirteen questions takes forty touches at most, and no answer moves on by itself', async ({
	page,
	server
}) => {
	test.slow();
	await explore(page, server, 'Conseiller ou conseillère');
	let touches = 0;
	const touch = async (what: ReturnType<Page['locator']>) => {
		touches += 1;
		await pressAgain(what);
	};
	await touch(page.getByRole('link', { name: /Nouvel entretien/ }).first());
	await touch(page.getByRole('radio', { name: /Salarié/ }));
	await touch(page.getByRole('button', { name: 'Lire l’accord ensemble' }));
	await expect(page.getByRole('heading', { name: 'Avant de commencer' })).toBeVisible();
	for (const group of await page.getByRole('radiogroup').all()) await touch(group.getByRole('radio').first());
	await touch(page.getByRole('button', { name: 'Commencer', exact: true }));
	let [questions, answers] = [0, 0];
	for (;;) {
		questions += 1;
		await expect(page.getByText(new RegExp(`^Question ${questions} sur `)).first()).toBeVisible();
		const title = await page.getByRole('heading', { level: 1 }).innerText();
		const answer = page.getByRole('main').getByRole('radio').or(page.getByRole('main').getByRole('checkbox')).first();
		if (await answer.isVisible()) {
			await touch(answer);
			answers += 1;
		}
		await page.waitForTimeout(400);
		expect(await page.getByRole('heading', { level: 1 }).innerText(), 'no answer moves on').toBe(title);
		const review = page.getByRole('button', { name: 'Relire et finir' });
		if (await review.isVisible()) {
			await touch(review);
			break;
		}
		await touch(page.getByRole('button', { name: 'Suivante' }));
	}
	await touch(page.getByRole('button', { name: 'Terminer l’entretien' }));
	await expect(page.getByRole('heading', { name: 'Merci' })).toBeVisible();
	// For each question its answer, or its field, and « Suivante ».
	const beside = touches - answers - questions;
	console.log(`${touches} touches for ${questions} questions; ${beside + 2 * 13} for thirteen`);
	expect(beside + 2 * 13).toBeLessThanOrEqual(40);
});
