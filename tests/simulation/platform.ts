import {
	createCipheriv,
	createDecipheriv,
	createECDH,
	createHash,
	createPublicKey,
	hkdfSync,
	randomBytes,
	verify
} from 'node:crypto';

/** What the platform does beside us, on other threads, is done here at once: nothing then depends on when a thread ends.
 * WebCrypto's own algorithms and formats, so that each side opens what the other sealed. */

type Key = { raw: Buffer };
type Named = {
	name: string;
	iv?: BufferSource;
	additionalData?: BufferSource;
	info?: BufferSource;
	salt?: BufferSource;
	public?: Key;
};

const TAG = 16;
const bytesOf = (data: BufferSource): Buffer =>
	ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
const given = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

const subtle = {
	importKey: (_format: string, data: BufferSource) => Promise.resolve<Key>({ raw: Buffer.from(bytesOf(data)) }),
	exportKey: (_format: string, key: Key) => Promise.resolve(given(key.raw)),
	generateKey: ({ name }: Named) => {
		if (name !== 'ECDH') return Promise.resolve<Key>({ raw: randomBytes(32) });
		const pair = createECDH('prime256v1');
		pair.generateKeys();
		return Promise.resolve({ privateKey: { raw: pair.getPrivateKey() }, publicKey: { raw: pair.getPublicKey() } });
	},
	deriveBits: (how: Named, key: Key) => {
		const pair = createECDH('prime256v1');
		pair.setPrivateKey(key.raw);
		return Promise.resolve(given(pair.computeSecret(how.public!.raw)));
	},
	/** Quick whatever the rounds: nobody guesses passphrases here. */
	deriveKey: ({ info = new Uint8Array(), salt = new Uint8Array() }: Named, key: Key) =>
		Promise.resolve<Key>({ raw: Buffer.from(hkdfSync('sha256', key.raw, bytesOf(salt), bytesOf(info), 32)) }),
	encrypt({ iv, additionalData }: Named, key: Key, data: BufferSource): Promise<ArrayBuffer> {
		const cipher = createCipheriv('aes-256-gcm', key.raw, bytesOf(iv!));
		if (additionalData) cipher.setAAD(bytesOf(additionalData));
		return Promise.resolve(given(Buffer.concat([cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()])));
	},
	decrypt({ iv, additionalData }: Named, key: Key, data: BufferSource): Promise<ArrayBuffer> {
		const bytes = bytesOf(data);
		const decipher = createDecipheriv('aes-256-gcm', key.raw, bytesOf(iv!));
		if (additionalData) decipher.setAAD(bytesOf(additionalData));
		try {
			decipher.setAuthTag(bytes.subarray(-TAG));
			return Promise.resolve(given(Buffer.concat([decipher.update(bytes.subarray(0, -TAG)), decipher.final()])));
		} catch (cause) {
			return Promise.reject(new DOMException(String(cause), 'OperationError'));
		}
	},
	digest: (_name: string, data: BufferSource) =>
		Promise.resolve(given(createHash('sha256').update(bytesOf(data)).digest())),
	verify(_how: Named, { raw }: Key, signature: BufferSource, data: BufferSource): Promise<boolean> {
		const [x, y] = [raw.subarray(1, 33), raw.subarray(33)].map((half) => half.toString('base64url'));
		const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x!, y: y! }, format: 'jwk' });
		return Promise.resolve(verify('sha256', bytesOf(data), { key, dsaEncoding: 'ieee-p1363' }, bytesOf(signature)));
	}
};

/** The text of a file, without a thread to read it by. */
class TextBlob {
	constructor(readonly parts: string[]) {}
	text = (): Promise<string> => Promise.resolve(this.parts.join(''));
}

/** Before any of the product's code is loaded: modules keep what they find. */
export function takeOver(): void {
	const put = (name: string, value: unknown) =>
		Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
	put('crypto', { subtle });
	put('Blob', TextBlob);
	put('BroadcastChannel', undefined); // Dexie would tell other tabs through another thread
}
