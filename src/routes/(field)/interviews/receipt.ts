import { receiptText } from '$lib/domain/code';
import { sha256 } from '$lib/local/vault';

/** What is kept of a receipt code: the code itself never leaves the device it was made on. */
export const hashOf = (structure: string, code: string): Promise<string> =>
	sha256(new TextEncoder().encode(receiptText(structure, code)));

/** Behind the #, which no browser sends to a server. */
export const receiptHash = (structure: string, code: string): string => `#${structure}.${code}`;

/** The structure and the code that an address carries. Ids may hold dots, codes never do. */
export function readHash(hash: string): { structure: string; code: string } | undefined {
	const dot = hash.lastIndexOf('.');
	if (!hash.startsWith('#') || dot < 2) return undefined;
	try {
		return { structure: decodeURIComponent(hash.slice(1, dot)), code: decodeURIComponent(hash.slice(dot + 1)) };
	} catch {
		return undefined; // a scanner or a finger broke the address: the code can still be typed
	}
}
