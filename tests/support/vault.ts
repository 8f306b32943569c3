import { Vault, type Bytes, type Seat } from '$lib/local/vault';

export const randomBytes = (count: number): Bytes => crypto.getRandomValues(new Uint8Array(count));

/** An open vault, without the slow locks that only a passphrase needs. */
export async function openVault(place: Seat): Promise<Vault> {
	const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
	return new Vault(place, crypto.randomUUID(), key, randomBytes);
}
