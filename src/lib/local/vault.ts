/** Whose vault on which device: what is sealed in it belongs to them and opens nowhere else. */
export type Seat = { structure: string; person: string; device: string };

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
export type Schema = 'record-1' | 'change-1' | 'setting-1' | 'media-1' | 'part-1';

export type Bytes = Uint8Array<ArrayBuffer>;
export type Random = (bytes: number) => Bytes;

const { subtle } = globalThis.crypto;
const GCM = 'AES-GCM';
const VERSION = 1;
const NONCE = 12;
const TAG = 16;
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
		readonly place: Seat,
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

	/** Seals a part of something longer that is not known yet: the very bytes that sealing the whole under this nonce will give
	 * there, so that they need not be written again once it is. `mark` answers for it meanwhile. Other bytes must never be
	 * sealed under the same nonce at the same place: one would give the other away.
	 * @param from where it begins in the whole */
	async sealPart(record: string, nonce: Bytes, from: number, plain: Bytes): Promise<{ sealed: Bytes; mark: Bytes }> {
		const sealed = await this.#cipher(nonce, from, plain);
		return { sealed, mark: await this.sealBytes(`${record}|${await sha256(sealed)}`, 'part-1', new Uint8Array()) };
	}

	/** Opens all parts of a whole that is not known yet, from its first byte on.
	 * @throws OperationError when one of them was altered, moved, or is of another whole */
	async openParts(
		parts: readonly { record: string; sealed: Uint8Array; mark: Uint8Array }[],
		nonce: Bytes
	): Promise<Bytes> {
		for (const { record, sealed, mark } of parts)
			await this.openBytes(`${record}|${await sha256(sealed)}`, 'part-1', mark);
		return await this.#cipher(nonce, 0, join(...parts.map(({ sealed }) => sealed)));
	}

	/** What ends the parts of a whole, now that it is known: with it, they open as what `sealBytes` makes does. */
	async endParts(record: string, schema: Schema, nonce: Bytes, plain: Bytes): Promise<Bytes> {
		const additionalData = this.#about(record, schema);
		const sealed = await subtle.encrypt({ name: GCM, iv: nonce, additionalData }, this.#key, plain);
		return new Uint8Array(sealed.slice(-TAG));
	}

	/** GCM ciphers byte by byte, there and back alike, whatever stands before. The tag is thrown away: two of one nonce give
	 * away the key that they are made with. */
	async #cipher(iv: Bytes, from: number, bytes: Bytes): Promise<Bytes> {
		const padded = new Uint8Array(from + bytes.length);
		padded.set(bytes, from);
		const out = await subtle.encrypt({ name: GCM, iv }, this.#key, padded);
		return new Uint8Array(out.slice(from, from + bytes.length)); // a view would be written with all that it looks at
	}

	/** @throws OperationError when it was sealed for something else, by another key, or altered */
	async openText(record: string, schema: Schema, sealed: Uint8Array): Promise<string> {
		return new TextDecoder().decode(await this.openBytes(record, schema, sealed));
	}

	async open<T>(record: string, schema: Schema, sealed: Uint8Array): Promise<T> {
		return JSON.parse(await this.openText(record, schema, sealed)) as T;
	}

	/** For the parts of something longer. */
	nonce(): Bytes {
		return this.#random(NONCE);
	}

	#about(record: string, schema: Schema): Bytes {
		return utf8(`${this.place.structure}|${this.place.device}|${record}|${schema}`);
	}
}

/** What was sealed in parts, as if at once. */
export const joinParts = (nonce: Uint8Array, parts: readonly Uint8Array[], end: Uint8Array): Bytes =>
	join(new Uint8Array([VERSION]), nonce, ...parts, end);

/** Where a sealed value differs from every other one: its nonce. */
export const nonceOf = (sealed: Uint8Array): string => String.fromCharCode(...sealed.subarray(1, 1 + NONCE));

/** Opens a vault, or nothing when the passphrase is not its. Locks weaker than today's floor come back stronger. */
export async function unlock(
	place: Seat,
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
	place: Seat,
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

export const lockText = ({ structure, person, device }: Seat, id: string): string =>
	`temoin lock|${structure}|${person}|${device}|${id}`;

export async function lockByPassphrase(
	place: Seat,
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

export const fromPrf = async (place: Seat, prf: Uint8Array): Promise<CryptoKey> =>
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

/** SHA-256, base64url: what a recording, a receipt code and a sealed change are known by. */
export const sha256 = async (content: Uint8Array): Promise<string> =>
	toBase64(new Uint8Array(await subtle.digest('SHA-256', content as Bytes)));

export const toBase64 = (bytes: Uint8Array): string =>
	btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
		.replaceAll('+', '-')
		.replaceAll('/', '_')
		.replace(/=+$/, '');

export const fromBase64 = (text: string): Bytes =>
	Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
