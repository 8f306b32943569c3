import { readSetting, type DeviceDatabase, type Holder } from '$lib/local/database';

/** Where the browser keeps this app's things, and may empty without a word: the fiches, the app itself, its settings. */
export type Memory = 'database' | 'caches' | 'settings';
/** Somebody who works here, and how much of theirs had not been sent. */
export type Worker = { key: string; name: string; unsent: number };
/** What is gone, and who worked here. */
export type Loss = { gone: Memory[]; workers: Worker[] };

const NAME = 'temoin-here';
/** In a cache of its own: what tidies the app's files does not touch it. */
const ADDRESS = `/${NAME}`;

/** Each place is told the same, so that whichever is left can tell about the others; the database also knows which of
 * them could be told, since a browser may not have them all. */
type Told = { workers: Worker[] };
type Kept = Told & { places: Memory[] };

/** Looks into the three places at a start.
 * @returns what has gone since they were told, or nothing: all is there, or nobody has worked here */
export async function look(device: DeviceDatabase): Promise<Loss | undefined> {
	const [kept, cached] = await Promise.all([readSetting<Kept>(device, NAME), readCache()]);
	const set = readSettings();
	if (kept) {
		const gone = kept.places.filter((place) => !(place === 'caches' ? cached : set));
		return gone.length > 0 ? { gone, workers: kept.workers } : undefined;
	}
	const left = cached ?? set;
	if (!left || (await device.holders.count()) > 0) return undefined; // told by a version that left no word in the database
	return {
		gone: ['database', ...(cached ? [] : ['caches' as const]), ...(set ? [] : ['settings' as const])],
		workers: left.workers
	};
}

/** Tells the three places who works here. The fictitious structure has nothing to lose.
 * @param open whose vault is open, with what is unsent in it: of the others the last count is kept */
export async function tell(
	device: DeviceDatabase,
	holders: readonly Holder[],
	open: { key: string; unsent: number } | undefined
): Promise<void> {
	const before = (await readSetting<Kept>(device, NAME))?.workers ?? [];
	const workers = holders
		.filter(({ locks }) => locks && !locks.none)
		.map(({ key, session }): Worker => {
			const unsent = key === open?.key ? open.unsent : before.find((one) => one.key === key)?.unsent;
			return { key, name: session.person.name, unsent: unsent ?? 0 };
		});
	const text = workers.length > 0 ? JSON.stringify({ workers } satisfies Told) : '';
	if (text === lastTold) return;
	const places = [
		...((await writeCache(text)) ? ['caches' as const] : []),
		...(writeSettings(text) ? ['settings' as const] : [])
	];
	if (text) await device.settings.put({ name: NAME, value: { workers, places } satisfies Kept });
	else await device.settings.delete(NAME);
	lastTold = text;
}

/** By this page: somebody who types on changes nothing in what is told. */
let lastTold: string | undefined;

async function readCache(): Promise<Told | undefined> {
	try {
		const found = await (await caches.open(NAME)).match(ADDRESS);
		return found && ((await found.json()) as Told);
	} catch {
		return undefined;
	}
}

async function writeCache(text: string): Promise<boolean> {
	try {
		const cache = await caches.open(NAME);
		if (text) await cache.put(ADDRESS, new Response(text));
		else await cache.delete(ADDRESS);
		return true;
	} catch {
		return false;
	}
}

function readSettings(): Told | undefined {
	try {
		const told = JSON.parse(localStorage.getItem(NAME) ?? 'null') as Told | { name: string; unsent: number } | null;
		if (!told || 'workers' in told) return told ?? undefined;
		return { workers: [{ key: told.name, ...told }] }; // as earlier versions wrote it, of one person
	} catch {
		return undefined;
	}
}

function writeSettings(text: string): boolean {
	try {
		if (text) localStorage.setItem(NAME, text);
		else localStorage.removeItem(NAME);
		return true;
	} catch {
		return false;
	}
}
