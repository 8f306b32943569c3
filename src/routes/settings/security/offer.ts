/** A secret that the server offers to an authenticator app. It counts once six digits of it have been typed. */
export type Offer = { ticket: string; secret: string; address: string; until: string };

const MINUTES = 10;

export const endOf = (now: number): string => new Date(now + MINUTES * 60_000).toISOString();

/** The secret as one types it. */
export const inFours = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ');

/** What must outlive a lock: to read the square with an app of the same device, or to put the codes in a safe place, one
 * leaves Témoin, and it locks. They lie sealed in the vault under these names until they have served. */
export const OFFER = 'totp-offer';
export const CODES = 'recovery-codes';
