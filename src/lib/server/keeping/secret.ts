import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../app';

const BYTES = 32;
const NONCE = 12;
const TAG = 16;

/** The server's secret: `SECRET` (32 bytes in base64) where several servers share one database, else a file of the data
 * folder, made at the first start. It must be kept with the backups, and apart from them.
 * @throws when it is there and is not 32 bytes: another one would open nothing of what the first has sealed */
export function loadSecret(env: NodeJS.ProcessEnv, folder: string, random: (bytes: number) => Uint8Array): Uint8Array {
	const file = join(folder, 'secret');
	if (!env.SECRET && !existsSync(file)) {
		mkdirSync(folder, { recursive: true });
		writeFileSync(file, Buffer.from(random(BYTES)).toString('base64'), { mode: 0o600, flag: 'wx' });
	}
	const secret = Buffer.from(env.SECRET ?? readFileSync(file, 'utf8').trim(), 'base64');
	if (secret.length !== BYTES) throw new Error(`Le secret du serveur est illisible : ${env.SECRET ? 'SECRET' : file}`);
	return secret;
}

/** One key for each use, so that what is sealed for one never opens for another. */
const keyFor = (app: Pick<App, 'secret'>, use: string): Buffer =>
	Buffer.from(hkdfSync('sha256', app.secret, '', `temoin ${use}`, BYTES));

/** @param about what the secret belongs to: it opens for nothing else */
export function sealSecret(app: App, use: string, about: string, text: string): string {
	const nonce = app.random(NONCE);
	const cipher = createCipheriv('aes-256-gcm', keyFor(app, use), nonce).setAAD(Buffer.from(about));
	return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/** @throws when it was sealed by another server, for something else, or altered */
export function openSecret(app: App, use: string, about: string, sealed: string): string {
	const bytes = Buffer.from(sealed, 'base64url');
	const decipher = createDecipheriv('aes-256-gcm', keyFor(app, use), bytes.subarray(0, NONCE))
		.setAAD(Buffer.from(about))
		.setAuthTag(bytes.subarray(-TAG));
	return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]).toString('utf8');
}

export const authenticate = (app: App, use: string, text: string): string =>
	createHmac('sha256', keyFor(app, use)).update(text).digest('base64url');
