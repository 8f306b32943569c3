import { rmSync } from 'node:fs';
import { expect, type Page } from '@playwright/test';
import { build } from '../../../src/lib/server/commands/ready.js';
import { openCampaign, readyOffline, Server, setUp, Tablet, unlock } from '../../journeys/support.ts';

/** One question as it stood on the screen: its answer, and whether the screen said « enregistré » beside it. */
type Seen = { at: number; question: string; answer: string; saved: boolean };
type Random = () => number;

/** Typing that may be lost, in milliseconds before the kill. */
const ALLOWED = 1000;
const KILLS_PER_INTERVIEW = 10;
const WORDS = 'la première fois qu’une cliente m’a laissé ses clés j’ai pleuré dans l’escalier puis on a ri'.split(' ');

/** Somebody types and ticks in the real app, in a real browser that is killed at random moments and started again on the
 * same profile. Of what was on the screen at most the last second may be gone, and nothing that the screen had called
 * « enregistré ». The seed fixes what is typed and when the kill comes, as far as two processes can be told when. */
export async function tortureBrowser({
	kills,
	seed
}: {
	kills: number;
	seed: number;
}): Promise<{ passed: number; failed: number }> {
	const random = randomFrom(seed);
	const folder = process.env.BUILD ?? (build(), 'build');
	const server = await Server.start(folder);
	const tablet = new Tablet();
	const atExit = () => {
		void tablet.kill();
		void server.stop();
		for (const path of [tablet.profile, server.data]) rmSync(path, { recursive: true, force: true });
	};
	process.once('exit', atExit);
	let passed = 0;
	const lost: number[] = [];
	try {
		const screen = await tablet.open('about:blank');
		await setUp(screen, server);
		await openCampaign(screen);
		await readyOffline(screen);
		await tablet.close();
		let open: Open | undefined;
		for (let kill = 0; kill < kills; kill++) {
			if (kill % KILLS_PER_INTERVIEW === 0) {
				await tablet.kill();
				// Every other interview without a network, so that kills meet the exchange too, and meet it without an answer.
				await server.stop();
				if (random() < 0.5) await server.run(folder);
				open = undefined;
			}
			open ??= await begin(tablet, server);
			const { problems, lost: gone } = await live(tablet, open, random);
			for (const problem of problems) console.error(`kill ${kill + 1}, seed ${seed}: ${problem}`);
			if (problems.length === 0) passed += 1;
			lost.push(gone);
			if ((kill + 1) % 25 === 0) console.log(`${kill + 1} kills, at most ${Math.max(...lost)} ms of typing lost`);
		}
		await tablet.kill();
		await server.stop();
		await server.run(folder);
		const last = await tablet.open(`${server.origin}/`);
		await unlock(last);
		await expect(last.getByText('Tout est à jour')).toBeVisible({ timeout: 30_000 });
	} finally {
		process.off('exit', atExit);
		await tablet.dispose();
		await server.dispose();
	}
	const typing = lost.filter((one) => one > 0).length;
	console.log(`${passed} of ${kills} kills lost nothing confirmed; ${typing} came while typing was on its way,`);
	console.log(`at most ${Math.max(0, ...lost)} ms of it lost (allowed: ${ALLOWED})`);
	return { passed, failed: kills - passed };
}

/** An interview under way on a running browser: what its screen has told, and each question's answer as the disk last
 * gave it. */
type Open = { page: Page; seen: Seen[]; known: Map<string, string> };

/** Work, a kill, a new start, and what is there then. The browser stays open for the next life. */
async function live(tablet: Tablet, open: Open, random: Random): Promise<{ problems: string[]; lost: number }> {
	const problems: string[] = [];
	open.seen.length = 0;
	await open.page.evaluate(() => void document.body.dispatchEvent(new Event('input', { bubbles: true })));
	let killed = false;
	const working = work(open.page, random).catch((cause: unknown) => {
		if (!killed) problems.push(`the work stopped: ${String(cause)}`);
	});
	await new Promise((go) => setTimeout(go, 300 + random() * 3000));
	const address = open.page.url();
	killed = true;
	const killedAt = Date.now();
	await tablet.kill();
	await working;

	const seen = [...open.seen];
	open.page = await openOn(tablet, address, open.seen);
	let most = 0;
	for (const question of new Set(seen.map((one) => one.question))) {
		await turnTo(open.page, question);
		const found = await answerOf(open.page);
		const history = seen.filter((one) => one.question === question);
		const before = open.known.get(question);
		if (before !== undefined && history[0]!.answer !== before)
			problems.push(`« ${question} » came back as ${history[0]!.answer}, it was ${before}`);
		const { problem, lost } = judge(history, found, killedAt);
		if (problem) problems.push(`« ${question} »: ${problem}`);
		most = Math.max(most, lost);
		open.known.set(question, found);
	}
	return { problems, lost: most };
}

/** Compares what came back with what had been on the screen. */
function judge(history: readonly Seen[], found: string, killedAt: number): { problem?: string; lost: number } {
	const claimed = history.findLastIndex(({ saved }) => saved);
	const kept = history.findLastIndex(({ answer }) => answer === found);
	const last = history.at(-1)!;
	if (kept === -1) {
		// One key more than what the page could tell before it was killed.
		const [long, short] = [wordsOf(last.answer), wordsOf(found)].toSorted((a, b) => b.length - a.length) as [
			string,
			string
		];
		const oneKey = long.startsWith(short) && long.length - short.length <= 1;
		return oneKey ? { lost: 0 } : { problem: `nobody had written ${found}; last seen ${last.answer}`, lost: 0 };
	}
	if (kept < claimed) {
		const answer = history[claimed]!.answer;
		return { problem: `the screen had called ${answer} saved, and ${found} came back`, lost: 0 };
	}
	const gone = history.slice(kept + 1).find(({ answer }) => answer !== found);
	const lost = gone ? killedAt - gone.at : 0;
	return lost > ALLOWED ? { problem: `${lost} ms of typing lost: ${last.answer} was ${found}`, lost } : { lost };
}

const wordsOf = (answer: string): string => (JSON.parse(answer) as { words: string }).words;

/** Opens the tablet on a page and its vault; from then on everything that changes on the screen is told. */
async function openOn(tablet: Tablet, address: string, seen: Seen[]): Promise<Page> {
	const page = await tablet.open('about:blank');
	await page.exposeBinding('tell', (_, one: Seen) => void seen.push(one));
	await page.addInitScript(watchScreen);
	await page.goto(address);
	await unlock(page);
	if (!address.endsWith('/new')) await standing(page);
	return page;
}

/** Runs in the page. The call leaves the page before anything else happens to what it tells. */
function watchScreen(): void {
	const { tell } = window as unknown as { tell: (seen: Seen) => void };
	let told = '';
	const look = (settled: boolean) => {
		const question = document.querySelector('.criterion + h1')?.textContent ?? '';
		const inputs = [...document.querySelectorAll<HTMLInputElement>('main.question input')];
		const words = document.querySelector<HTMLTextAreaElement>('main.question textarea');
		if (!question || (inputs.length === 0 && !words)) return;
		const ticked = inputs.flatMap(({ checked }, index) => (checked ? [index] : []));
		const saved = settled && /^Enregistré/.test(document.querySelector('.saved')?.textContent.trim() ?? '');
		const seen = { question, answer: JSON.stringify({ words: words?.value ?? '', ticked }), saved };
		if (JSON.stringify(seen) === told) return;
		told = JSON.stringify(seen);
		tell({ at: Date.now(), ...seen });
	};
	// An input is told before the app has heard of it: what the screen still says then is no promise about it.
	addEventListener('input', () => look(false), true);
	new MutationObserver(() => look(true)).observe(document, {
		subtree: true,
		childList: true,
		characterData: true,
		attributes: true
	});
}

/** A new interview, up to its first question. */
async function begin(tablet: Tablet, server: Server): Promise<Open> {
	const seen: Seen[] = [];
	const page = await openOn(tablet, `${server.origin}/interviews/new`, seen);
	await page.getByRole('radio', { name: /Salarié/ }).check();
	await page.getByRole('radio', { name: 'Lourdes' }).check();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
	await page.getByRole('radio', { name: 'Oui', exact: true }).first().check();
	await page.getByRole('button', { name: 'Commencer', exact: true }).click();
	await standing(page);
	return { page, seen, known: new Map() };
}

async function standing(page: Page): Promise<void> {
	try {
		await page.locator('.criterion + h1').waitFor();
	} catch {
		throw new Error(`no question at ${page.url()}: ${await page.locator('body').innerText()}`);
	}
}

const isFirst = (page: Page): Promise<boolean> => page.getByText(/^Question 1 sur/).isVisible();
const questionOf = (page: Page): Promise<string> => page.locator('.criterion + h1').innerText();

const answerOf = (page: Page): Promise<string> =>
	page.evaluate(() => {
		const inputs = [...document.querySelectorAll<HTMLInputElement>('main.question input')];
		const ticked = inputs.flatMap(({ checked }, index) => (checked ? [index] : []));
		return JSON.stringify({ words: document.querySelector('textarea')?.value ?? '', ticked });
	});

/** Goes to a question of the interview that is open: back to the first, then on. */
async function turnTo(page: Page, question: string): Promise<void> {
	const turn = async (way: 'Précédente' | 'Suivante') => {
		const shown = await questionOf(page);
		await page.getByRole('button', { name: way }).click();
		await expect.poll(() => questionOf(page)).not.toBe(shown);
	};
	while ((await questionOf(page)) !== question && !(await isFirst(page))) await turn('Précédente');
	while ((await questionOf(page)) !== question) await turn('Suivante');
}

/** Types, ticks and turns pages until the browser is gone. */
async function work(page: Page, random: Random): Promise<never> {
	// A slow hand pauses after most keys, a fast one never long enough for a timer that waits for a pause.
	const pace = [40, 150, 500][Math.floor(random() * 3)]!;
	const step = async (act: () => Promise<void>) => {
		await act();
		await page.waitForTimeout(pace * random() * 2);
	};
	const turn = random() < 0.5 ? 'Suivante' : 'Précédente';
	let turns = 0;
	for (;;) {
		const dice = random();
		const choices = page.locator('main.question label:has(input)');
		const count = await choices.count();
		if (count > 0 && dice < 0.2) {
			await step(() => choices.nth(Math.floor(random() * count)).click());
		} else if (dice > 0.93 && turns < 2) {
			const button = page.getByRole('button', { name: turn });
			if ((await button.isVisible()) && (turn === 'Suivante' || !(await isFirst(page)))) {
				turns += 1;
				await step(() => button.click());
			}
		} else {
			const box = page.getByRole('textbox', { name: 'Ses mots' });
			if ((await box.count()) === 0) await page.getByRole('button', { name: 'Noter ses mots' }).click();
			await box.press('End');
			if (dice > 0.85) for (let i = 0; i < 3; i++) await step(() => page.keyboard.press('Backspace'));
			else
				for (const letter of `${WORDS[Math.floor(random() * WORDS.length)]!} `)
					await step(() => page.keyboard.insertText(letter));
		}
	}
}

/** The same numbers for the same seed. */
function randomFrom(seed: number): Random {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}
