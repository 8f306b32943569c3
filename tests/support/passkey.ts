import { createHash, createSign, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';

type Cbor = number | string | Uint8Array | Map<number | string, Cbor>;

/** The part of CBOR that an authenticator speaks: whole numbers, text, bytes and maps. */
function cbor(value: Cbor): Buffer {
	const head = (major: number, size: number): Buffer =>
		size < 24
			? Buffer.from([(major << 5) | size])
			: size < 256
				? Buffer.from([(major << 5) | 24, size])
				: Buffer.from([(major << 5) | 25, size >> 8, size & 255]);
	if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
	if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
	if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
	return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, one]) => [cbor(key), cbor(one)])]);
}

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const [PRESENT, VERIFIED, HAS_KEY] = [0x01, 0x04, 0x40];

/** What a test makes the browser get wrong. */
export type Lie = { origin?: string; challenge?: string; site?: string; type?: string; counter?: number };

/** A passkey in software: it does what a phone does with a P-256 key, and signs what it is asked. */
export class Passkey {
	readonly id = base64(randomBytes(16));
	readonly #key: KeyObject;
	readonly #x: Buffer;
	readonly #y: Buffer;
	#counter = 0;

	constructor(
		readonly origin: string,
		id?: string
	) {
		if (id) this.id = id;
		const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
		const { x, y } = publicKey.export({ format: 'jwk' });
		this.#key = privateKey;
		[this.#x, this.#y] = [Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')];
	}

	#client(type: string, challenge: string, lie: Lie): Buffer {
		return Buffer.from(
			JSON.stringify({
				type: lie.type ?? type,
				challenge: lie.challenge ?? challenge,
				origin: lie.origin ?? this.origin,
				crossOrigin: false
			})
		);
	}

	#data(flags: number, lie: Lie): Buffer {
		const counter = Buffer.alloc(4);
		counter.writeUInt32BE(lie.counter ?? ++this.#counter);
		return Buffer.concat([sha256(lie.site ?? new URL(this.origin).hostname), Buffer.from([flags]), counter]);
	}

	/** The answer to `navigator.credentials.create`. */
	register({ challenge }: { challenge: string }, lie: Lie = {}) {
		const id = Buffer.from(this.id, 'base64url');
		const cose = new Map<number, Cbor>([
			[1, 2], // an elliptic curve key
			[3, -7], // ES256
			[-1, 1], // P-256
			[-2, this.#x],
			[-3, this.#y]
		]);
		const authData = Buffer.concat([
			this.#data(PRESENT | VERIFIED | HAS_KEY, lie),
			Buffer.alloc(16), // no model said
			Buffer.from([id.length >> 8, id.length & 255]),
			id,
			cbor(cose)
		]);
		const attestation = new Map<string, Cbor>([
			['fmt', 'none'],
			['attStmt', new Map()],
			['authData', authData]
		]);
		return {
			id: this.id,
			rawId: this.id,
			type: 'public-key',
			clientExtensionResults: {},
			response: {
				clientDataJSON: base64(this.#client('webauthn.create', challenge, lie)),
				attestationObject: base64(cbor(attestation)),
				transports: ['internal']
			}
		};
	}

	/** The answer to `navigator.credentials.get`. */
	sign({ challenge }: { challenge: string }, lie: Lie = {}) {
		const client = this.#client('webauthn.get', challenge, lie);
		const data = this.#data(PRESENT | VERIFIED, lie);
		const signature = createSign('sha256')
			.update(Buffer.concat([data, sha256(client)]))
			.sign(this.#key);
		return {
			id: this.id,
			rawId: this.id,
			type: 'public-key',
			clientExtensionResults: {},
			response: {
				clientDataJSON: base64(client),
				authenticatorData: base64(data),
				signature: base64(signature)
			}
		};
	}
}
