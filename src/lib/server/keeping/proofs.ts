import { createPrivateKey, generateKeyPairSync, sign, timingSafeEqual } from 'node:crypto';
import type { App } from '../app';
import { authenticate, openSecret, sealSecret } from './secret';
import { lockStructure, type Trx } from '../database/store';

/** The server's own word that something was erased. It is made of the secret that lies outside the database: a server that
 * came back from before the erasure knows it again, and nobody else can have said it. */
export const erasureProof = (app: App, structure: string, id: string): string =>
	authenticate(app, 'erasure', `${structure} ${id}`).slice(0, 32);

export function isErasureProof(app: App, structure: string, id: string, proof: string): boolean {
	const [own, theirs] = [erasureProof(app, structure, id), proof].map((text) => Buffer.from(text));
	return own!.length === theirs!.length && timingSafeEqual(own!, theirs!);
}

const USE = 'structure-signature';

/** The public half (P-256, uncompressed point, base64url) of what a structure's receipts are signed with. The pair is made
 * when it is first asked for. */
export async function signerOf(app: App, trx: Trx, structure: string): Promise<string> {
	await lockStructure(trx, structure);
	const row = await trx
		.selectFrom('structure')
		.select('signing_key')
		.where('id', '=', structure)
		.executeTakeFirstOrThrow();
	if (row.signing_key) return row.signing_key;
	const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const { x, y } = pair.publicKey.export({ format: 'jwk' }) as { x: string; y: string };
	const point = [Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
	const signing_key = Buffer.concat(point).toString('base64url');
	const secret = pair.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url');
	const signing_secret = sealSecret(app, USE, structure, secret);
	await trx.updateTable('structure').set({ signing_key, signing_secret }).where('id', '=', structure).execute();
	return signing_key;
}

/** ECDSA with SHA-256, as WebCrypto checks it: r and s, 32 bytes each, base64url. */
export async function signFor(app: App, trx: Trx, structure: string, text: string): Promise<string> {
	await signerOf(app, trx, structure);
	const { signing_secret } = await trx
		.selectFrom('structure')
		.select('signing_secret')
		.where('id', '=', structure)
		.executeTakeFirstOrThrow();
	const der = Buffer.from(openSecret(app, USE, structure, signing_secret!), 'base64url');
	const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
	return sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}
