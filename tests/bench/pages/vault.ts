import { Vault } from '../../../src/lib/local/vault';
import type { Who } from './sample';

export const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
export const placeOf = ({ person, device }: Who) => ({ structure: 'bench', person, device });

/** An open vault. Its key is the same each time, so that a profile opened again reads what it wrote. */
export async function vaultFor(who: Who): Promise<Vault> {
	const key = await crypto.subtle.importKey('raw', new Uint8Array(32).fill(7), 'AES-GCM', false, [
		'encrypt',
		'decrypt'
	]);
	return new Vault(placeOf(who), 'bench', key, random);
}
