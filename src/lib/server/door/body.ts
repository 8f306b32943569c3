import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type * as z from 'zod/mini';
import { Problem } from '../../domain/problem';

const inflate = promisify(gunzip);
const deflate = promisify(gzip);

/** Whether a value is nested more than so many levels, found without recursion. */
export function isDeeper(raw: unknown, deepest: number): boolean {
	let level = [raw].filter(isNested);
	for (let depth = 0; level.length > 0; depth++) {
		if (depth >= deepest) return true;
		const below: object[] = [];
		for (const value of level) for (const part of Object.values(value)) if (isNested(part)) below.push(part);
		level = below;
	}
	return false;
}

const isNested = (value: unknown): value is object => value !== null && typeof value === 'object';

/** The one character that a PostgreSQL text cannot hold, as JSON writes it. */
const NUL = /(?:^|[^\\])(?:\\\\)*\\u0000/;

/** Whether a JSON text opens more brackets than that: with fewer it is not that deep, and need not be walked. */
function opensMore(bytes: Uint8Array, than: number): boolean {
	let count = 0;
	for (const bracket of [0x7b, 0x5b])
		for (let at = bytes.indexOf(bracket); at !== -1 && count <= than; at = bytes.indexOf(bracket, at + 1)) count += 1;
	return count > than;
}

/** Far beyond what any device of ours writes. Of changes, even absurd ones are kept; of the rest nothing is. */
const DEEPEST = 1000;
const DEEPEST_CHANGES = 300_000;

/** Reads a JSON body, inflating gzip, and never holds more than `limit` bytes of it.
 * @param anyText takes the character NUL too: what is kept as JSON can hold it
 * @throws Problem `body.too-large` (413) or `body.unreadable` (400) */
export async function readJson<T extends z.ZodMiniType>(
	request: Request,
	schema: T,
	limit: number,
	anyText = false
): Promise<z.infer<T>> {
	const bytes = await readBytes(request, limit);
	let value: unknown;
	try {
		const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
		if (!anyText && NUL.test(text)) throw new SyntaxError('NUL');
		value = JSON.parse(text);
	} catch (cause) {
		throw new Problem('body.unreadable', 400, {}, { cause });
	}
	const deepest = anyText ? DEEPEST_CHANGES : DEEPEST;
	if (opensMore(bytes, deepest) && isDeeper(value, deepest)) throw new Problem('body.unreadable', 400);
	const parsed = schema.safeParse(value);
	if (!parsed.success) {
		throw new Problem('body.unreadable', 400, { fields: parsed.error.issues.map((issue) => issue.path.join('.')) });
	}
	return parsed.data;
}

/** A body that has not come in this long is not waited for any more. */
const PATIENCE = 30_000;

export async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
	const parts: Uint8Array[] = [];
	let size = 0;
	const reader = request.body?.getReader();
	const late = setTimeout(() => void reader?.cancel(new Error('late')), PATIENCE);
	try {
		for (;;) {
			const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
			if (done) break;
			size += value.length;
			// Read to its end all the same: an answer in the middle of it would reach nobody.
			if (size > limit) parts.length = 0;
			else parts.push(value);
		}
		if (size > limit) throw new Problem('body.too-large', 413, { limit });
	} catch (cause) {
		if (cause instanceof Problem) throw cause;
		// The adapter cuts a body that is over its own limit: the stream then fails with that status.
		const status = (cause as { status?: number }).status;
		throw status === 413
			? new Problem('body.too-large', 413, { limit })
			: new Problem('body.unreadable', 400, {}, { cause });
	} finally {
		clearTimeout(late);
		void reader?.cancel().catch(() => undefined);
	}
	const bytes = Buffer.concat(parts);
	const encoding = request.headers.get('content-encoding') ?? 'identity';
	if (encoding === 'identity') return bytes;
	if (encoding !== 'gzip') throw new Problem('body.unreadable', 400, { encoding });
	try {
		return await inflate(bytes, { maxOutputLength: limit }); // a bomb stops here
	} catch (cause) {
		const bomb = (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
		throw bomb
			? new Problem('body.too-large', 413, { limit }, { cause })
			: new Problem('body.unreadable', 400, {}, { cause });
	}
}

/** Answers JSON, compressed where the asker takes it and it is worth it. */
export async function sendJson(
	request: Request,
	json: string,
	init: { status?: number; headers?: HeadersInit } = {}
): Promise<Response> {
	const headers = new Headers(init.headers);
	headers.set('content-type', 'application/json');
	if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
	const plain = Buffer.from(json);
	if (plain.length < 400 || !request.headers.get('accept-encoding')?.includes('gzip')) {
		return new Response(plain, { status: init.status ?? 200, headers });
	}
	headers.set('content-encoding', 'gzip');
	headers.set('vary', 'accept-encoding');
	return new Response(await deflate(plain, { level: 6 }), { status: init.status ?? 200, headers });
}

export const sendProblem = (request: Request, { code, status, details }: Problem): Promise<Response> =>
	sendJson(request, JSON.stringify({ problem: code, details }), { status });
