import * as z from 'zod/mini';
import { ChangeId, Id } from './ids';
import { Grant } from './structure';

const Name = z.string().check(z.trim(), z.minLength(1), z.maxLength(80));
export const MIN_PASSPHRASE = 12;
const Passphrase = z.string().check(z.minLength(1), z.maxLength(256));
const Code = z.string().check(z.trim(), z.minLength(4), z.maxLength(40));

/** The device a session belongs to: a random id it minted for itself, and the name written on its back. */
export const DeviceName = z.looseObject({ id: ChangeId, name: Name });

/** What the start command of a fresh server printed. */
export const SetUpCode = z.looseObject({ code: Code });
export type SetUpCode = z.infer<typeof SetUpCode>;

/** First set-up of a structure on a fresh server. */
export const SetUp = z.looseObject({
	code: Code,
	structure: Name,
	antennas: z.array(Name).check(z.minLength(1), z.maxLength(50)),
	director: Name,
	passphrase: Passphrase,
	device: DeviceName
});
export type SetUp = z.infer<typeof SetUp>;

export const SignIn = z.looseObject({ structure: Id, name: Name, passphrase: Passphrase, device: DeviceName });
export type SignIn = z.infer<typeof SignIn>;

/** A person typing the one-time code the director showed them. */
export const Enrol = z.looseObject({ code: Code, passphrase: Passphrase, device: DeviceName });
export type Enrol = z.infer<typeof Enrol>;

export const Explore = z.looseObject({ device: DeviceName, role: z.enum(['director', 'counsellor', 'antenna-staff']) });
export type Explore = z.infer<typeof Explore>;

/** Who is signed in on this device. A second factor that is `required` must be set up before anything else. */
export const Session = z.looseObject({
	structure: z.looseObject({ id: Id, name: z.string(), fictitious: z.boolean() }),
	person: z.looseObject({ id: Id, name: z.string(), grants: z.array(Grant) }),
	device: DeviceName,
	secondFactor: z.enum(['on', 'off', 'required'])
});
export type Session = z.infer<typeof Session>;

/** Somebody has come in. `key` is the second half of the session: the cookie alone, copied from a stolen tablet, opens
 * nothing, so the device keeps this half in its vault. `structureKey` is what its vault is also wrapped to. */
export const Entered = z.looseObject({ session: Session, key: z.string(), structureKey: z.string() });
export type Entered = z.infer<typeof Entered>;

export const FACTORS = ['totp', 'passkey', 'recovery'] as const;

/** The passphrase was right, and a second factor is still to be shown. `passkey` is what the browser is asked to sign. */
export const SecondStep = z.looseObject({
	ticket: z.string(),
	methods: z.array(z.enum(FACTORS)),
	passkey: z.optional(z.unknown())
});
export type SecondStep = z.infer<typeof SecondStep>;

/** The second step: six digits, a recovery code, or what the passkey signed. */
export const SecondProof = z.looseObject({
	ticket: z.string().check(z.maxLength(200)),
	code: z.optional(Code),
	passkey: z.optional(z.looseObject({ id: z.string() }))
});

export const PASSKEY_NAME = Name;

/** One way of one's own to prove who one is, beside the passphrase. */
export const Factor = z.looseObject({
	id: Id,
	kind: z.enum(['totp', 'passkey']),
	name: z.string(),
	at: z.string(),
	usedAt: z.nullable(z.string())
});
export type Factor = z.infer<typeof Factor>;

/** A device somebody is signed in on. */
export const OwnDevice = z.looseObject({
	id: Id,
	name: z.string(),
	since: z.string(),
	seen: z.string(),
	current: z.boolean(),
	state: z.enum(['open', 'closed', 'revoked', 'wiped'])
});
export type OwnDevice = z.infer<typeof OwnDevice>;

/** What a passphrase or a one-time code was answered with: somebody has come in, or a second factor is still to be shown. */
export const FirstStep = z.union([Entered, SecondStep]);
export const isEntered = (step: z.infer<typeof FirstStep>): step is Entered => !('ticket' in step);

/** What the server says to somebody not signed in: whether it can be set up, whether there is a fictitious structure to
 * explore (an older server does not say), and whose it is. */
export const Welcome = z.looseObject({
	canSetUp: z.boolean(),
	canExplore: z.optional(z.boolean()),
	structures: z.array(z.looseObject({ id: Id, name: z.string(), fictitious: z.boolean() }))
});
export type Welcome = z.infer<typeof Welcome>;

/** Somebody the director adds or changes. */
export const PersonEdit = z.looseObject({ name: Name, grants: z.array(Grant).check(z.minLength(1), z.maxLength(4)) });
export type PersonEdit = z.infer<typeof PersonEdit>;

/** A one-time code, shown once on the director's screen. */
export const Invitation = z.looseObject({ person: Id, code: z.string(), expires: z.string() });
export type Invitation = z.infer<typeof Invitation>;

/** Whether a passphrase is refused. Length is the only rule beside the list of the commonest, and not being one's own name:
 * composition rules make people write « Passw0rd! ». */
export const isWeak = (passphrase: string, common: ReadonlySet<string>): boolean =>
	[...passphrase].length < MIN_PASSPHRASE || new Set(passphrase).size < 5 || common.has(passphrase.toLowerCase());
