/** Chromium's offer to install the app; no library describes it. */
type InstallEvent = Event & { prompt: () => Promise<unknown> };

/** Whether the app can be put on the home screen, and how. */
class Install {
	/** The browser lets us ask. */
	offered = $state(false);
	done = $state(false);
	#event: InstallEvent | undefined;
	#started = false;

	/** Listens for the browser's offer, which comes once, soon after the page has loaded. */
	start(): void {
		if (this.#started) return;
		this.#started = true;
		this.done = matchMedia('(display-mode: standalone)').matches;
		window.addEventListener('beforeinstallprompt', (event) => {
			event.preventDefault(); // kept for the moment the person asks for it
			this.#event = event as InstallEvent;
			this.offered = true;
		});
		window.addEventListener('appinstalled', () => {
			this.done = true;
			this.offered = false;
		});
	}

	/** Shows the browser's own question. An offer serves once. */
	async ask(): Promise<void> {
		const event = this.#event;
		this.#event = undefined;
		this.offered = false;
		await event?.prompt();
	}
}

export const install = new Install();

/** iPads say they are Macs, but no Mac has a touch screen. */
export const isApple = (): boolean =>
	/iPhone|iPad|iPod/.test(navigator.userAgent) ||
	(/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
