import { missing } from '../support/engine-files.js';
import { ENGINES, type Engine } from '../support/engines';
import { expect, Server, test } from './support';

/** What the tests look for on a page, in words: no driver of these engines knows roles. */
class Screen {
	constructor(readonly engine: Engine) {}

	/** Whether something is on the page, by what it says. */
	shows = (text: RegExp): Promise<boolean> =>
		this.engine.ask<boolean>(`${text}.test(document.body.innerText)`).catch(() => false);

	async sees(text: RegExp): Promise<void> {
		await expect.poll(() => this.shows(text), { message: String(text), timeout: 30_000 }).toBe(true);
	}

	/** Waits for something that has no words of its own. */
	async has(selector: string): Promise<void> {
		const there = `Boolean(document.querySelector('${selector}'))`;
		await expect
			.poll(() => this.engine.ask<boolean>(there).catch(() => false), { message: selector, timeout: 30_000 })
			.toBe(true);
	}

	/** Presses the first button, link or label that says this. */
	async press(text: RegExp): Promise<void> {
		const found = `[...document.querySelectorAll('button, a, label')].find((one) => ${text}.test(one.innerText.trim()) && !one.disabled)`;
		await expect
			.poll(() => this.engine.ask<boolean>(`Boolean(${found})`).catch(() => false), {
				message: String(text),
				timeout: 30_000
			})
			.toBe(true);
		await this.engine.ask(`(${found}.click(), 0)`);
	}

	/** One key, as the browser itself would put it in. */
	type = (letter: string): Promise<boolean> =>
		this.engine.ask<boolean>(
			`(document.querySelector('textarea').focus(), document.execCommand('insertText', false, ${JSON.stringify(letter)}))`
		);

	/** What stands in the answer, and whether the screen calls it « enregistré ». */
	look = (): Promise<{ words: string; saved: boolean }> =>
		this.engine.ask(
			`{ words: document.querySelector('textarea').value, saved: /^Enregistré/.test(document.querySelector('.saved').innerText.trim()) }`
		);
}

const TEXT = 'La première fois qu’une cliente m’a laissé ses clés, j’ai pleuré dans l’escalier. ';

for (const { name, needs, make } of ENGINES) {
	const without = missing(needs);
	if (without.length > 0) console.error(`!! ${name}: NOT TESTED, this machine has no ${without.join(' and no ')}`);

	test.describe(name, () => {
		test.skip(without.length > 0, `this machine has no ${without.join(' and no ')}`);
		test.setTimeout(300_000);

		test('opens without a network, keeps what it calls saved through kills, and sends it', async () => {
			const server = await Server.start();
			const engine = make();
			const screen = new Screen(engine);
			try {
				await engine.open(`${server.origin}/`);
				await engine.ask(`(localStorage.setItem('PARAGLIDE_LOCALE', 'fr'), 0)`); // whatever the machine speaks
				await engine.go(`${server.origin}/`);
				await screen.press(/^Conseiller ou conseillère$/);
				await screen.press(/^Explorer une structure fictive$/);
				await screen.sees(/Bonjour/);
				await screen.sees(/Tout est à jour/);
				await expect
					.poll(() => engine.ask('Boolean(navigator.serviceWorker.controller)'), { timeout: 30_000 })
					.toBe(true);

				// The server is gone; a page that was never shown opens, and an interview is taken.
				await server.stop();
				await engine.go(`${server.origin}/interviews/new`);
				await screen.press(/^Salarié/);
				await screen.press(/^Lire l’accord ensemble$/);
				await screen.press(/^Oui$/);
				await screen.press(/^Commencer$/);
				await screen.has('.criterion + h1');
				if (!(await engine.ask<boolean>(`Boolean(document.querySelector('textarea'))`)))
					await screen.press(/^Noter ses mots$/);
				await screen.has('textarea');
				for (const letter of 'Bonjour. ') expect(await screen.type(letter)).toBe(true);
				await expect.poll(async () => (await screen.look()).saved).toBe(true);

				// Killed while somebody types, three times.
				const address = `${await engine.ask<string>('location.pathname')}?q=0`;
				for (let kill = 1; kill <= 3; kill++) {
					let promised = (await screen.look()).words;
					const typed: { at: number; words: string }[] = [];
					for (const letter of TEXT.slice(0, 10 + 20 * kill)) {
						await screen.type(letter);
						const { words, saved } = await screen.look();
						typed.push({ at: Date.now(), words });
						if (saved) promised = words;
					}
					const killedAt = Date.now();
					await engine.kill();
					await engine.open(`${server.origin}${address}`);
					await screen.has('textarea');
					const { words } = await screen.look();
					expect(words.startsWith(promised), `${words} for ${promised}`).toBe(true);
					const lost = typed.find((one) => one.words.length > words.length);
					expect(lost ? killedAt - lost.at : 0, 'milliseconds of typing lost').toBeLessThanOrEqual(1000);
				}

				// The server is back: everything leaves.
				await server.run();
				await screen.press(/^Quitter$/);
				await screen.press(/^Accueil$/);
				await engine.ask(`(dispatchEvent(new Event('online')), 0)`);
				await screen.sees(/Tout est à jour/);
			} catch (cause) {
				console.error(await engine.ask('[location.href, document.body.innerText]').catch(String));
				throw cause;
			} finally {
				await engine.dispose();
				await server.dispose();
			}
		});
	});
}
