import type { Locks } from '$lib/local/vault';
import { platform } from './platform';

/** Asks the person's passkey for the secret that it gives for the vault's salt.
 * @returns nothing when it was not shown, or cannot do this */
export async function prfOf({
	credential,
	salt
}: Pick<NonNullable<Locks['passkey']>, 'credential' | 'salt'>): Promise<Uint8Array<ArrayBuffer> | undefined> {
	const { base64URLStringToBuffer } = await import('@simplewebauthn/browser');
	try {
		const shown = (await navigator.credentials.get({
			publicKey: {
				challenge: platform.random(32), // nobody checks it: the secret is the proof
				allowCredentials: [{ id: base64URLStringToBuffer(credential), type: 'public-key' }],
				userVerification: 'preferred',
				extensions: { prf: { eval: { first: salt } } }
			}
		})) as PublicKeyCredential | null;
		const first = shown?.getClientExtensionResults().prf?.results?.first;
		return first && new Uint8Array(first as ArrayBuffer);
	} catch {
		return undefined; // cancelled, or unknown to this device
	}
}
