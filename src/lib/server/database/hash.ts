import { hash } from 'node:crypto';

/** SHA-256, base64url: what codes, tokens, contents and changes are known by.
 * @param length characters kept, where fewer are enough to tell things apart */
export const sha256 = (content: string | Uint8Array, length = 43): string =>
	hash('sha256', content, 'base64url').slice(0, length);
