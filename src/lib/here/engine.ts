// What is older than the engines served is told so by `static/engine.js`, instead of half a page: in the oldest words of the
// language, and as short as can be, since every page waits for it. Each of what it looks for came with the oldest engine
// served, or not long before it, and the pages need it.

import { fromBase64 } from '$lib/local/vault';

/** A public key of RFC 8032: any would do. */
const KEY = '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';

/** Whether this browser can check what headquarters signs: of all that the oldest engine served has, the newest. */
export async function checksSignatures(): Promise<boolean> {
	try {
		await crypto.subtle.importKey('raw', fromBase64(KEY), 'Ed25519', false, ['verify']);
		return true;
	} catch {
		return false;
	}
}
