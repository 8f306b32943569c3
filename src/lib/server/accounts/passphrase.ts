import { argon2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Problem } from '../../domain/problem';
import type { App } from '../app';

const derive = promisify(argon2);

/** OWASP's first choice for Argon2id: 19 MiB, two passes. Kept with each hash, so that it can be raised later. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 };
const BYTES = 32;

/** Hashing is heavy by design: a few at once, so that a burst of sign-ins cannot exhaust the machine. Whoever has already
 * shown something (a known device, a code) goes before strangers, and strangers beyond a second's work are sent away: from
 * however many addresses they come, nobody else is kept waiting by them. */
const AT_ONCE = 2;
const STRANGERS = 40;
let running = 0;
const known: (() => void)[] = [];
const strangers: (() => void)[] = [];

/** @throws Problem `too-many-tries` (429) */
async function inTurn<T>(isKnown: boolean, work: () => Promise<T>): Promise<T> {
	if (running < AT_ONCE) running += 1;
	else {
		if (!isKnown && strangers.length >= STRANGERS) throw new Problem('too-many-tries', 429, { seconds: 5 });
		await new Promise<void>((go) => (isKnown ? known : strangers).push(go)); // whoever ends gives their place
	}
	try {
		return await work();
	} finally {
		const next = known.shift() ?? strangers.shift();
		if (next) next();
		else running -= 1;
	}
}

/** @returns `argon2id$memory$passes$parallelism$salt$hash`, salt and hash in base64url */
export async function hashPassphrase(app: App, passphrase: string): Promise<string> {
	const nonce = app.random(16);
	const hash = await run(passphrase, nonce, COST, BYTES, true);
	return ['argon2id', COST.memory, COST.passes, COST.parallelism, base64(nonce), base64(hash)].join('$');
}

/** Whether the passphrase is the hashed one. Without a hash (nobody of that name) the same work is done for nothing, so
 * that the answer takes as long.
 * @param isKnown whether whoever types it has shown something else already
 * @throws Problem `too-many-tries` (429) when too many strangers wait to have theirs looked at */
export async function isPassphrase(
	passphrase: string,
	hashed: string | null | undefined,
	isKnown = false
): Promise<boolean> {
	const [, memory, passes, parallelism, salt, hash] = (hashed ?? NOBODY).split('$');
	const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
	const expected = Buffer.from(hash!, 'base64url');
	const found = await run(passphrase, Buffer.from(salt!, 'base64url'), cost, expected.length, isKnown);
	return timingSafeEqual(found, expected) && Boolean(hashed);
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
const NOBODY = [
	'argon2id',
	COST.memory,
	COST.passes,
	COST.parallelism,
	base64(Buffer.alloc(16)),
	base64(Buffer.alloc(BYTES))
].join('$');

const run = (
	passphrase: string,
	nonce: Uint8Array,
	cost: typeof COST,
	tagLength: number,
	isKnown: boolean
): Promise<Buffer> =>
	inTurn(
		isKnown,
		() =>
			derive('argon2id', {
				message: Buffer.from(passphrase.normalize('NFKC')),
				nonce,
				...cost,
				tagLength
			}) as Promise<Buffer>
	);
