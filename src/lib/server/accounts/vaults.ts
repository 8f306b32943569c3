import { Problem } from '../../domain/problem';
import { nowOf, type App } from '../app';
import { openSecret, sealSecret } from '../keeping/secret';
import { lockStructure, type Reader, type Trx } from '../database/store';

const { subtle } = globalThis.crypto;
const CURVE = { name: 'ECDH', namedCurve: 'P-256' };
const POINT = 65; // an uncompressed point of P-256
const NONCE = 12;
const VERSION = 1; // of how a device seals

const base64 = (bytes: ArrayBuffer | Uint8Array): string => Buffer.from(bytes as ArrayBuffer).toString('base64url');
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64url'));
const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** The public key that a structure's devices wrap their vaults to. The pair is made when it is first asked for. */
export async function structureKey(app: App, trx: Trx, structure: string): Promise<string> {
	await lockStructure(trx, structure);
	const row = await trx
		.selectFrom('structure')
		.select('public_key')
		.where('id', '=', structure)
		.executeTakeFirstOrThrow();
	if (row.public_key) return row.public_key;
	const pair = (await subtle.generateKey(CURVE, true, ['deriveBits'])) as CryptoKeyPair;
	const public_key = base64(await subtle.exportKey('raw', pair.publicKey));
	const secret = base64(await subtle.exportKey('pkcs8', pair.privateKey));
	const private_key = sealSecret(app, 'structure-key', structure, secret);
	await trx.updateTable('structure').set({ public_key, private_key }).where('id', '=', structure).execute();
	return public_key;
}

/** Whose data key it is. */
export type VaultOf = { structure: string; person: string; device: string; key: string };

/** Keeps what a device wrapped its data key into. Older keys stay: an outbox sealed with one may still come. */
export async function keepWrap(app: App, trx: Trx, { structure, person, device, key }: VaultOf, wrap: string) {
	await trx
		.insertInto('vault_key')
		.values({ structure_id: structure, id: key, person_id: person, device_id: device, wrap, created_at: nowOf(app) })
		.onConflict((c) => c.doNothing())
		.execute();
}

/** The data key of a vault that this server enrolled: it opens what was sealed with it, and nothing else can have sealed it.
 * @throws Problem `record.missing` when no such vault was enrolled, or its wrap is not for this structure */
export async function openVault(app: App, db: Reader, whose: VaultOf): Promise<CryptoKey> {
	const row = await db
		.selectFrom('vault_key')
		.innerJoin('structure', 'structure.id', 'vault_key.structure_id')
		.select(['vault_key.wrap', 'structure.private_key'])
		.where('vault_key.structure_id', '=', whose.structure)
		.where('vault_key.id', '=', whose.key)
		.where('vault_key.person_id', '=', whose.person)
		.where('vault_key.device_id', '=', whose.device)
		.executeTakeFirst();
	if (!row?.private_key) throw new Problem('record.missing', 404);
	try {
		const secret = fromBase64(openSecret(app, 'structure-key', whose.structure, row.private_key));
		const mine = await subtle.importKey('pkcs8', secret, CURVE, false, ['deriveBits']);
		const wrap = fromBase64(row.wrap);
		const theirs = await subtle.importKey('raw', wrap.slice(0, POINT), CURVE, false, []);
		const shared = await subtle.deriveBits({ name: 'ECDH', public: theirs }, mine, 256);
		const info = utf8(`temoin vault|${whose.structure}|${whose.person}|${whose.device}|${whose.key}`);
		const ikm = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
		const kek = await subtle.deriveKey(
			{ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info },
			ikm,
			{ name: 'AES-GCM', length: 256 },
			false,
			['decrypt']
		);
		const iv = wrap.slice(POINT, POINT + NONCE);
		const raw = await subtle.decrypt({ name: 'AES-GCM', iv }, kek, wrap.slice(POINT + NONCE));
		return await subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt', 'encrypt']);
	} catch (cause) {
		throw new Problem('record.missing', 404, {}, { cause });
	}
}

/** Opens what its device sealed for one record, or gives nothing when it was not sealed with this key for this. */
export async function openSealed(
	key: CryptoKey,
	{ structure, device }: VaultOf,
	record: string,
	schema: 'change-1' | 'media-1' | 'part-1',
	sealed: string
): Promise<Uint8Array | undefined> {
	const bytes = fromBase64(sealed);
	if (bytes[0] !== VERSION) return undefined;
	const additionalData = utf8(`${structure}|${device}|${record}|${schema}`);
	try {
		const iv = bytes.slice(1, 1 + NONCE);
		return new Uint8Array(await subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, bytes.slice(1 + NONCE)));
	} catch {
		return undefined;
	}
}

/** Opens bytes whose tag was never made, because they were sealed in parts: GCM ciphers byte by byte, there and back alike.
 * It proves nothing: whoever asks has proved each part. */
export async function decipher(key: CryptoKey, nonce: string, sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
	const out = await subtle.encrypt({ name: 'AES-GCM', iv: fromBase64(nonce) }, key, sealed);
	return new Uint8Array(out, 0, sealed.length);
}
