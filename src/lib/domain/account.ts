import * as z from 'zod/mini';
import { Factor, OwnDevice } from './session';
import { Grant } from './structure';

/** One's own ways to sign in and devices, as the server knows them. */
export const Account = z.looseObject({
	factors: z.array(Factor),
	recoveryCodes: z.int(), // how many are left
	devices: z.array(OwnDevice)
});
export type Account = z.infer<typeof Account>;

/** A secret that the server offers to an authenticator app, and what a browser is asked to make a passkey with: each counts
 * once it has been proved with its ticket. */
export const TotpOffer = z.looseObject({ ticket: z.string(), secret: z.string(), address: z.string() });
export const PasskeyOffer = z.looseObject({ ticket: z.string(), options: z.unknown() });

/** The recovery codes, shown once: none where those of before still serve. */
export const RecoveryCodes = z.looseObject({ recovery: z.array(z.string()) });

/** The people as a director knows them: their rights, how they prove who they are, and the devices they use. */
export const People = z.array(
	z.looseObject({
		id: z.string(),
		name: z.string(),
		grants: z.array(Grant),
		enrolled: z.boolean(),
		invited: z.optional(z.boolean()), // a code is out, and still opens
		secondFactor: z.boolean(),
		devices: z.array(OwnDevice)
	})
);
export type People = z.infer<typeof People>;
