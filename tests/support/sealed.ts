import type { App } from '$lib/server/app';
import { deviceOf, idOf } from './office';
import { call, uuid, type Device } from './server';

const { subtle } = globalThis.crypto;
const utf8 = (text: string) => new TextEncoder().encode(text);
const base64 = (...parts: (ArrayBuffer | Uint8Array)[]) =>
	Buffer.concat(parts.map((part) => Buffer.from(part as ArrayBuffer))).toString('base64url');
const fresh = (bytes: number) => globalThis.crypto.getRandomValues(new Uint8Array(bytes));

/** Whose outbox it is, said in clear beside it. */
export type Place = { structure: string; person: string; device: string; key: string };

/** A device's vault as far as its server can see: a random key, wrapped to the structure's public key and left there, and
 * changes sealed with it. Written from the format alone, apart from the client's own. */
export class Vault {
	readonly #raw = fresh(32);

	constructor(readonly place: Place) {}

	static of(device: Device): Vault {
		const { structure } = device.session;
		return new Vault({ structure: structure.id, person: idOf(device), device: deviceOf(device), key: uuid() });
	}

	/** The data key under a key that only the structure's private one works out: point, nonce, ciphertext. */
	async wrapTo(structureKey: string, place = this.place): Promise<string> {
		const curve = { name: 'ECDH', namedCurve: 'P-256' };
		const mine = (await subtle.generateKey(curve, true, ['deriveBits'])) as CryptoKeyPair;
		const point = new Uint8Array(Buffer.from(structureKey, 'base64url'));
		const theirs = await subtle.importKey('raw', point, curve, false, []);
		const shared = await subtle.deriveBits({ name: 'ECDH', public: theirs }, mine.privateKey, 256);
		const info = utf8(`temoin vault|${place.structure}|${place.person}|${place.device}|${place.key}`);
		const kek = await subtle.deriveKey(
			{ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info },
			await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']),
			{ name: 'AES-GCM', length: 256 },
			false,
			['encrypt']
		);
		const nonce = fresh(12);
		const wrapped = await subtle.encrypt({ name: 'AES-GCM', iv: nonce }, kek, this.#raw);
		return base64(await subtle.exportKey('raw', mine.publicKey), nonce, wrapped);
	}

	/** One unsent change as it lies on the tablet's disk. */
	seal(record: string, change: unknown, more: { device?: string; schema?: string } = {}): Promise<string> {
		return this.sealBytes(record, utf8(JSON.stringify(change)), more);
	}

	async sealBytes(
		record: string,
		plain: Uint8Array<ArrayBuffer>,
		more: { device?: string; schema?: string } = {}
	): Promise<string> {
		const key = await subtle.importKey('raw', this.#raw, 'AES-GCM', false, ['encrypt']);
		const { structure, device } = this.place;
		const additionalData = utf8(`${structure}|${more.device ?? device}|${record}|${more.schema ?? 'change-1'}`);
		const nonce = fresh(12);
		return base64(
			Uint8Array.of(1),
			nonce,
			await subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData }, key, plain)
		);
	}
}

export type SealedChange = { record: string; sealed: string };

export const sealAll = (vault: Vault, changes: readonly { record: string }[]): Promise<SealedChange[]> =>
	Promise.all(changes.map(async (one) => ({ record: one.record, sealed: await vault.seal(one.record, one) })));

/** A vault that its server knows: the device, while it was open, left the wrap of its key. */
export async function openVaultOf(app: App, device: Device): Promise<Vault> {
	const vault = Vault.of(device);
	const body = { key: vault.place.key, wrap: await vault.wrapTo(device.structureKey) };
	const left = await call(app, 'PUT', '/api/vault', { as: device, body });
	if (!left.ok) throw new Error(await left.text());
	return vault;
}

/** Brings an outbox as it lies, without being signed in. */
export const bring = (
	app: App,
	place: Place,
	changes: readonly SealedChange[],
	from = '127.0.0.1'
): Promise<Response> => call(app, 'POST', '/api/sealed', { body: { ...place, changes }, from });
