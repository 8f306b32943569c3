import {
	encrypt,
	FLOOR,
	fromBase64,
	fromPassphrase,
	fromPrf,
	fromShared,
	importKey,
	join,
	lockByPassphrase,
	lockText,
	rawKey,
	toBase64,
	Vault,
	type Bytes,
	type Locks,
	type Seat,
	type Random
} from './vault';

const { subtle } = globalThis.crypto;
const KEY = 32;
const SALT = 16;
const CURVE = { name: 'ECDH', namedCurve: 'P-256' };
const CEILING = 3_000_000;
const TARGET = 500; // milliseconds

/** Makes a vault for somebody on this device.
 * @param passphrase the one they sign in with; none for the fictitious structure
 * @param now a clock to calibrate by, in milliseconds
 * @returns the open vault, its locks to keep here, and the wrap to leave with the server */
export async function makeVault(
	place: Seat,
	id: string,
	passphrase: string | undefined,
	structureKey: string,
	random: Random,
	now: () => number
): Promise<{ vault: Vault; locks: Locks; wrap: string }> {
	const raw = random(KEY);
	const locks: Locks =
		passphrase === undefined
			? { key: id, none: raw.slice() }
			: {
					key: id,
					passphrase: await lockByPassphrase(place, raw, passphrase, random, await calibrate(random, now), id)
				};
	const wrap = await wrapForStructure(place, id, raw, structureKey, random);
	const vault = new Vault(place, id, await importKey(raw), random);
	raw.fill(0);
	return { vault, locks, wrap };
}

/** Adds the passkey's way in to a vault whose passphrase is known.
 * @returns the locks to keep, or nothing when the passphrase is not the vault's */
export async function addPasskeyLock(
	place: Seat,
	locks: Locks,
	passphrase: string,
	{ credential, salt, prf }: { credential: string; salt: Bytes; prf: Uint8Array },
	random: Random
): Promise<Locks | undefined> {
	const raw = await rawKey(place, locks, { passphrase });
	if (!raw) return undefined;
	const wrap = await encrypt(await fromPrf(place, prf), raw, random, lockText(place, locks.key));
	raw.fill(0);
	return { ...locks, passkey: { credential, salt, wrap } };
}

/** ECIES over P-256: a fresh pair's public point, a nonce, the wrapped key. Only the structure's private key opens it. */
async function wrapForStructure(
	place: Seat,
	id: string,
	raw: Bytes,
	structureKey: string,
	random: Random
): Promise<string> {
	const theirs = await subtle.importKey('raw', fromBase64(structureKey), CURVE, false, []);
	const mine = (await subtle.generateKey(CURVE, true, ['deriveBits'])) as CryptoKeyPair;
	const shared = await subtle.deriveBits({ name: 'ECDH', public: theirs }, mine.privateKey, 256);
	const point = new Uint8Array(await subtle.exportKey('raw', mine.publicKey));
	const info = `temoin vault|${place.structure}|${place.person}|${place.device}|${id}`;
	return toBase64(join(point, await encrypt(await fromShared(shared, info), raw, random)));
}

/** As many rounds as take half a second here, between the floor and the ceiling. */
async function calibrate(random: Random, now: () => number): Promise<number> {
	const probe = 100_000;
	const start = now();
	await fromPassphrase('calibration', random(SALT), probe);
	const spent = Math.max(1, now() - start);
	return Math.round(Math.min(CEILING, Math.max(FLOOR, (probe * TARGET) / spent)));
}
