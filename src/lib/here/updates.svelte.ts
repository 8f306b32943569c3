import type { Workbox } from 'workbox-window';

/** The service worker as the pages see it: a new version waits until the person takes it. */
class Updates {
	ready = $state(false);
	#workbox: Workbox | undefined;

	/** Registers the worker; afterwards the app opens without a network. */
	async start(): Promise<void> {
		if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
		const { Workbox } = await import('workbox-window');
		this.#workbox = new Workbox(trusted('/service-worker.js'));
		this.#workbox.addEventListener('waiting', () => (this.ready = true));
		let had = navigator.serviceWorker.controller !== null;
		// Every tab reloads when the new worker takes over, also one opened before the first worker was there.
		navigator.serviceWorker.addEventListener('controllerchange', () => {
			if (had) location.reload();
			had = true;
		});
		const registration = await this.#workbox.register();
		registration?.active?.postMessage({ type: 'REFILL' });
		if (registration?.waiting) this.ready = true;
	}

	/** Looks for a new version: when the person comes back to the app, and from time to time. */
	look(): void {
		void this.#workbox?.update().catch(() => undefined); // offline is normal
	}

	/** What is typed is on the disk within a second; whoever accepts has seen it said so. */
	accept(): void {
		this.#workbox?.messageSkipWaiting();
	}
}

/** The one address a worker may come from, said to browsers that trust no text (Trusted Types). */
function trusted(address: string): string {
	const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
	const policy = trustedTypes?.createPolicy('temoin-worker', {
		createScriptURL: (asked) => {
			if (asked !== address) throw new TypeError(asked);
			return asked;
		}
	});
	return (policy?.createScriptURL(address) ?? address) as string;
}

type TrustedTypes = {
	createPolicy: (
		name: string,
		rules: { createScriptURL: (asked: string) => string }
	) => { createScriptURL: (asked: string) => unknown };
};

export const updates = new Updates();
