import type { Shelf } from '$lib/local/spare';

const NAME = 'temoin-spare';
/** Which run of the browser it was asked for in: a cookie without an end goes when the browser does. */
const RUN = 'temoin-run';

/** Where the second copy of what is unsent lies, once the database has failed: a cache of its own outlived it. */
export type Shelves = Shelf & {
	/** Whether the database is not to be believed alone. */
	isWanted: () => Promise<boolean>;
	want: (yes: boolean) => Promise<void>;
	/** Makes the place while there is room: one that was first opened on a full disk took everything and kept nothing. */
	prepare: () => Promise<void>;
	/** Whether the browser has been closed since. */
	hasRestarted: () => boolean;
};

const open = () => caches.open(NAME);
const addressOf = (name: string) => `/${NAME}/${encodeURIComponent(name)}`;

export const shelf: Shelves = {
	names: async () =>
		(await (await open()).keys()).map(({ url }) => decodeURIComponent(new URL(url).pathname.slice(NAME.length + 2))),
	read: async (name) => (await (await open()).match(addressOf(name)))?.text(),
	write: async (name, text) => (await open()).put(addressOf(name), new Response(text)),
	drop: async (name) => void (await (await open()).delete(addressOf(name))),
	async isWanted() {
		try {
			if (localStorage.getItem(NAME) !== null) return true;
			return (await caches.has(NAME)) && (await (await open()).keys()).length > 0;
		} catch {
			return false; // kept from this browser's data: nothing was ever written
		}
	},
	async want(yes) {
		document.cookie = `${RUN}=1; SameSite=Strict; Path=/; ${yes ? '' : 'Max-Age=0'}`;
		try {
			// Where the disk takes nothing, this outlives a reload at least.
			if (yes) localStorage.setItem(NAME, '1');
			else localStorage.removeItem(NAME);
			if (!yes) await caches.delete(NAME);
		} catch {
			// a browser that keeps none of it
		}
		if (!yes) await this.prepare();
	},
	async prepare() {
		await open().catch(() => undefined);
	},
	hasRestarted: () => !document.cookie.includes(`${RUN}=`)
};
