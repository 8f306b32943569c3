import { mintId } from '$lib/domain/mint';

/** A new id, minted on this device. */
export const mint = (): string => mintId(crypto.getRandomValues(new Uint8Array(16)), Date.now());
