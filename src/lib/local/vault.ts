/** Whose vault on which device: what is sealed in it belongs to them and opens nowhere else. */
export type Place = { structure: string; person: string; device: string };

/** The data key under its locks, as the device keeps it. */
export type Locks = {
	key: string; // the data key's id, random
	passphrase?: { kdf: 'PBKDF2-SHA-256'; iterations: number; salt: Bytes; wrap: Bytes };
	/** A second way in, never the only one: what the passkey's PRF gives for `salt` opens it. */
	passkey?: { credential: string; salt: Bytes; wrap: Bytes };
	/** The fictitious structure: nobody chose a passphrase, and there is nothing to protect. */
	none?: Bytes;
};

/** What is sealed, so that a row moved to another place does not open there. */
export type Schema = 'record-1' | 'change-1' | 'setting-1' | 'media-1';

export type Bytes = Uint8Array<ArrayBuffer>;
export type Random = (bytes: number) => Bytes;

const { subtle } = globalThis.crypto;
const GCM = 'AES-GCM';
const VERSION = 1;
const NONCE = 12;
const SALT = 16;

/** OWASP's floor for PBKDF2-SHA-256; a device that can do more in half a second does more. */
export const FLOOR = 600_000;

const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

export function join(...parts: Uint8Array[]): Bytes {
	const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

/** An open vault: the data key in memory, which no script can read. Everything with content goes through `seal` before it
 * is written and through `open` after it has been read. */
export class Vault {
	#key: CryptoKey;
	#random: Random;

	constructor(
		readonly place: Place,
		readonly id: string,
		key: CryptoKey,
		random: Random
	) {
		this.#key = key;
		this.#random = random;
	}

	/** Seals a value for one record: version, fresh nonce, ciphertext. */
	seal(record: string, schema: Schema, value: unknown): Promise<Bytes> {
		return this.sealBytes(record, schema, utf8(JSON.stringify(value)));
	}

	async sealBytes(record: string, schema: Schema, plain: Bytes): Promise<Bytes> {
		const iv = this.#random(NONCE);
		const additionalData = this.#about(record, schema);
		const sealed = await subtle.encrypt({ name: GCM, iv, additionalData }, this.#key, plain);
		return join(new Uint8Array([VERSION]), iv, new Uint8Array(sealed));
	}

	async openBytes(record: string, schema: Schema, sealed: Uint8Array): Promise<Bytes> {
		const bytes = sealed as Bytes;
		const iv = bytes.subarray(1, 1 + NONCE);
		const additionalData = this.#about(record, schema);
		return new Uint8Array(
			await subtle.decrypt({ name: GCM, iv, additionalData }, this.#key, bytes.subarray(1 + NONCE))
		);
	}

	/** @throws OperationError when it was sealed for something else, by another key, or altered */
	async openText(record: string, schema: Schema, sealed: Uint8Array): Promise<string> {
		return new TextDecoder().decode(await this.openBytes(record, schema, sealed));
	}

	async open<T>(record: string, schema: Schema, sealed: Uint8Array): Promise<T> {
		return JSON.parse(await this.openText(record, schema, sealed)) as T;
	}

	#about(record: string, schema: Schema): Bytes {
		return utf8(`${this.place.structure}|${this.place.device}|${record}|${schema}`);
	}
}

/** Where a sealed value differs from every other one: its nonce. */
export const nonceOf = (sealed: Uint8Array): string => String.fromCharCode(...sealed.subarray(1, 1 + NONCE));

/** Opens a vault, or nothing when the passphrase is not its. Locks weaker than today's floor come back stronger. */
export async function unlock(
	place: Place,
	locks: Locks,
	by: { passphrase: string } | { prf: Uint8Array } | 'none',
	random: Random
): Promise<{ vault: Vault; locks: Locks } | undefined> {
	const raw = await rawKey(place, locks, by);
	if (!raw) return undefined;
	const weak = by !== 'none' && 'passphrase' in by && locks.passphrase!.iterations < FLOOR;
	const stronger = weak
		? { ...locks, passphrase: await lockByPassphrase(place, raw, by.passphrase, random, FLOOR, locks.key) }
		: locks;
	const vault = new Vault(place, locks.key, await importKey(raw), random);
	raw.fill(0);
	return { vault, locks: stronger };
}

export async function rawKey(
	place: Place,
	locks: Locks,
	by: { passphrase: string } | { prf: Uint8Array } | 'none'
): Promise<Bytes | undefined> {
	if (by === 'none') return locks.none?.slice();
	const about = lockText(place, locks.key);
	if ('prf' in by) return locks.passkey && (await decrypt(await fromPrf(place, by.prf), locks.passkey.wrap, about));
	if (!locks.passphrase) return undefined;
	const { iterations, salt, wrap } = locks.passphrase;
	return await decrypt(await fromPassphrase(by.passphrase, salt, iterations), wrap, about);
}

export const lockText = ({ structure, person, device }: Place, id: string): string =>
	`temoin lock|${structure}|${person}|${device}|${id}`;

export async function lockByPassphrase(
	place: Place,
	raw: Bytes,
	passphrase: string,
	random: Random,
	iterations: number,
	id: string
): Promise<NonNullable<Locks['passphrase']>> {
	const salt = random(SALT);
	const kek = await fromPassphrase(passphrase, salt, iterations);
	const wrap = await encrypt(kek, raw, random, lockText(place, id));
	return { kdf: 'PBKDF2-SHA-256', iterations, salt, wrap };
}

export async function fromPassphrase(passphrase: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
	const material = await subtle.importKey('raw', utf8(passphrase.normalize('NFKC')), 'PBKDF2', false, ['deriveKey']);
	const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
	return await subtle.deriveKey(how, material, { name: GCM, length: 256 }, false, ['encrypt', 'decrypt']);
}

export const fromPrf = async (place: Place, prf: Uint8Array): Promise<CryptoKey> =>
	await fromShared(prf as Bytes, `temoin passkey|${place.structure}|${place.person}|${place.device}`);

export async function fromShared(shared: BufferSource, info: string): Promise<CryptoKey> {
	const material = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
	const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8(info) };
	return await subtle.deriveKey(how, material, { name: GCM, length: 256 }, false, ['encrypt', 'decrypt']);
}

export const importKey = (raw: Bytes): Promise<CryptoKey> =>
	subtle.importKey('raw', raw, GCM, false, ['encrypt', 'decrypt']);

export async function encrypt(key: CryptoKey, plain: Bytes, random: Random, about = ''): Promise<Bytes> {
	const iv = random(NONCE);
	const sealed = await subtle.encrypt({ name: GCM, iv, additionalData: utf8(about) }, key, plain);
	return join(iv, new Uint8Array(sealed));
}

async function decrypt(key: CryptoKey, sealed: Uint8Array, about: string): Promise<Bytes | undefined> {
	const bytes = sealed as Bytes;
	const how = { name: GCM, iv: bytes.slice(0, NONCE), additionalData: utf8(about) };
	try {
		return new Uint8Array(await subtle.decrypt(how, key, bytes.slice(NONCE)));
	} catch {
		return undefined; // not this key
	}
}

export const toBase64 = (bytes: Uint8Array): string =>
	btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
		.replaceAll('+', '-')
		.replaceAll('/', '_')
		.replace(/=+$/, '');

export const fromBase64 = (text: string): Bytes =>
	Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
