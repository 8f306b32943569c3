import { mintId } from '../domain/mint';
import type { Bytes } from '../local/vault';
import { shelf, type Shelves } from './shelf';

/** What a device gives the app: where its clock, chance, network and locks begin. Everything below takes them from here or
 * as arguments, so that a simulated device lives by its own. */
export type Platform = {
	now: () => number; // milliseconds since 1970
	random: (bytes: number) => Bytes;
	/** One request. Throws without a network, and when nothing has come for two minutes. */
	fetch: (path: string, request: Asked) => Promise<Response>;
	/** Runs `work` alone among all windows of this device, once whoever is at it has ended. */
	alone: <T>(name: string, work: () => Promise<T>) => Promise<T>;
	/** The same, or not at all where somebody is at it; says whether it ran. */
	aloneNow: (name: string, work: () => Promise<void>) => Promise<boolean>;
	/** Makes a text smaller for the way, as one gzip member. Without it requests travel as they are. */
	pack?: (text: string) => Promise<Uint8Array>;
	/** @returns how to cancel */
	wait: (milliseconds: number, then: () => void) => () => void;
	isOnline: () => boolean;
	/** Without it nothing is kept a second time. */
	shelf?: Shelves;
};

export type Asked = {
	method: string;
	body?: BodyInit | null | undefined;
	headers?: { [name: string]: string } | undefined;
};

/** A line that is half open answers nothing, ever. */
const PATIENCE = 120_000;

export const platform: Platform = {
	now: () => Date.now(),
	random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
	fetch: (path, { method, body, headers = {} }) =>
		fetch(path, { method, headers, signal: AbortSignal.timeout(PATIENCE), ...(body == null ? {} : { body }) }),
	alone: (name, work) => navigator.locks.request(name, work),
	aloneNow: (name, work) =>
		navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
			if (lock) await work();
			return lock !== null;
		}),
	pack: gzip,
	wait: (milliseconds, then) => {
		const timer = setTimeout(then, milliseconds);
		return () => clearTimeout(timer);
	},
	isOnline: () => navigator.onLine,
	shelf
};

/** By the platform's own gzip. */
export async function gzip(text: string): Promise<Uint8Array> {
	const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

export const isoAt = ({ now }: Pick<Platform, 'now'>): string => new Date(now()).toISOString();

/** A new id, minted on this device. */
export const mint = ({ random, now }: Pick<Platform, 'now' | 'random'> = platform): string => mintId(random(16), now());
