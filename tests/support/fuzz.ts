import { isUtf8 } from 'node:buffer';
import { deflateSync, gzipSync } from 'node:zlib';
import type { Endpoint } from '$lib/server/door/endpoint';
import { Draws } from '$lib/server/fictitious/draws';
import { askedBy, doorOf, EXAMPLES, pick, type Caller } from './fuzz-server';
import { anyKey, anyString, anyValue, mutate, print, schemaOf, spoilBytes, valid } from './fuzz-values';
import { headersOf } from './server';

/** One request, ready to be sent as often as one likes. `live` when it says truly who calls, and from the right origin;
 * `bomb` when its body inflates to far more than any endpoint reads. */
export type Sent = {
	endpoint: Endpoint;
	caller: Caller;
	live: boolean;
	bomb: boolean;
	url: string;
	headers: Headers;
	body: Uint8Array | undefined;
	parts: number; // in how many pieces the body comes; 0: it breaks off in the middle
	address: string;
};

/** The nth request of a seed has its own draws: any of them can be made again without those before. */
export const drawsFor = (seed: number, index: number): Draws =>
	new Draws(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));

/** Inflates to 40 MB of blanks before a body that would be read. */
const BOMB = gzipSync(Buffer.concat([Buffer.alloc(40_000_000, ' '), Buffer.from('{}')]));

type Body = { bytes: Uint8Array | undefined; encoding?: string; bomb?: boolean };

/** @param whole nothing is wrong with it, as far as its schema tells */
function body(draws: Draws, endpoint: Endpoint, caller: Caller, whole: boolean, example: unknown): Body {
	if (endpoint.method === 'GET') return { bytes: undefined };
	if (!endpoint.body) return { bytes: draws.chance(0.8) ? undefined : Buffer.from(print(anyValue(draws))) };
	let value = example ?? valid(draws, schemaOf(endpoint.body), '', caller);
	if (whole) return zipped(draws, Buffer.from(print(value)));
	const roll = draws.next();
	if (roll < 0.02) return { bytes: BOMB, encoding: 'gzip', bomb: true };
	if (roll < 0.05) return { bytes: draws.bytes(draws.between(0, 200)), ...pick(draws, [{}, { encoding: 'gzip' }]) };
	if (roll < 0.08) return { bytes: Buffer.from(print(anyValue(draws))) };
	if (roll < 0.1) return { bytes: draws.chance(0.5) ? undefined : new Uint8Array() };
	for (let i = pick(draws, [1, 1, 1, 2, 4]); i > 0; i--) value = mutate(draws, value);
	const bytes = Buffer.from(print(value));
	if (roll < 0.17) return { bytes: spoilBytes(draws, bytes) };
	if (roll < 0.2) return { bytes: spoilBytes(draws, gzipSync(bytes)), encoding: 'gzip' };
	if (roll < 0.24)
		return { bytes: deflateSync(bytes), encoding: pick(draws, ['deflate', 'gzip', 'br', 'identity', 'GZIP']) };
	if (roll < 0.26) return { bytes: gzipSync(gzipSync(bytes)), encoding: pick(draws, ['gzip', 'gzip, gzip']) };
	return zipped(draws, bytes);
}

const zipped = (draws: Draws, bytes: Uint8Array): Body =>
	draws.chance(0.2) ? { bytes: gzipSync(bytes, { level: 1 }), encoding: 'gzip' } : { bytes };

const textOf = (value: unknown): string => (typeof value === 'string' ? value : print(value)).toWellFormed();

function query(draws: Draws, endpoint: Endpoint, { place }: Caller, whole: boolean): string {
	const asked = new URLSearchParams();
	for (const name of askedBy(endpoint).filter(() => draws.chance(0.8))) {
		const known = place.words.draw(draws, name, 'string');
		asked.append(name, textOf(known !== undefined && (whole || draws.chance(0.6)) ? known : anyString(draws)));
	}
	if (!whole && draws.chance(0.2)) asked.append(textOf(anyKey(draws)), textOf(anyValue(draws)).slice(0, 8000));
	if (!whole && draws.chance(0.05)) return `?${Buffer.from(draws.bytes(30)).toString('latin1')}`;
	return asked.size > 0 ? `?${asked}` : '';
}

function params(draws: Draws, { path }: Endpoint, { place }: Caller, whole: boolean): Record<string, string> {
	const found = [...path.matchAll(/(\w*)\/\[(\w+)\]/g)].map(([, before, name]) => {
		const first = before || name!;
		const key = pick(draws, [first, first, name!, 'id', 'record']);
		const known = place.words.draw(draws, key, 'string') ?? place.words.draw(draws, 'id', 'string');
		// A route never gives an empty part: the address is another one then.
		return [name!, textOf(whole || draws.chance(0.6) ? (known ?? 'x') : anyString(draws)).slice(0, 4000) || '-'];
	});
	return Object.fromEntries(found) as Record<string, string>;
}

const RANGE = 'content-range';
const HEADERS = [
	...[
		RANGE,
		'origin',
		'sec-fetch-site',
		'content-type',
		'content-length',
		'content-encoding',
		'accept-encoding',
		'if-none-match'
	],
	...[
		'cookie',
		'host',
		'accept-language',
		'x-forwarded-for',
		'transfer-encoding',
		'range',
		'expect',
		'user-agent',
		'te'
	]
];
const VALUES = [
	'',
	'null',
	'cross-site',
	'same-site',
	'https://evil.example',
	'http://localhost.evil.example',
	'-1',
	'1e9'
];
const ZIPS = ['gzip', 'gzip;q=0', '*', 'br, gzip', 'identity', 'GZIP,,;q'];

/** A header holds neither line ends nor letters past Latin-1. */
const headerOf = (text: string): string =>
	Buffer.from(text.slice(0, 9000).replace(/[\0\r\n]/g, ' ')).toString('latin1');

function forged(draws: Draws, caller: Caller): { [name: string]: string } {
	const real = caller.device ? headersOf(caller.device) : {};
	const others = caller.place.devices.map((device) => headersOf(device).cookie!);
	const cookie = real.cookie ?? others[0] ?? 'temoin=x.y';
	const [name, token = ''] = cookie.split('=');
	const [structure, secret = ''] = token.split('.');
	const strange = pick(draws, [
		...['', `${name}=`, `${name}=.`, `${name}=${structure}`, `${name}=${structure}.`, `${name}=.${secret}`],
		...[`${name}=${anyString(draws)}`, `${name}=${structure}.${anyString(draws)}`, `${name}=${'a'.repeat(8000)}`],
		...[`a=b; ${name}=${secret}; ${cookie}`, `${name}=server.${secret}`, ...others]
	]);
	const made: { [name: string]: string } = { ...real, cookie: headerOf(strange) };
	for (const half of Object.keys(real).filter((one) => one !== 'cookie' && draws.chance(0.5)))
		made[half] = headerOf(anyString(draws));
	return made;
}

/** One request for this endpoint, from this caller.
 * @param whole nothing is wrong with it, as far as schemas and words tell */
export async function request(draws: Draws, endpoint: Endpoint, caller: Caller, whole: boolean): Promise<Sent> {
	const said = params(draws, endpoint, caller, whole);
	const path = endpoint.path.replace(/\[(\w+)\]/g, (_, name: string) => encodeURIComponent(said[name]!));
	const example = draws.chance(0.3) ? await EXAMPLES[doorOf(endpoint)]?.(caller) : undefined;
	const sent = body(draws, endpoint, caller, whole, example);
	const isForged = !whole && draws.chance(0.04);
	const headers = new Headers(isForged ? forged(draws, caller) : caller.device ? headersOf(caller.device) : {});
	if (sent.bytes) headers.set('content-type', 'application/json');
	if (sent.encoding) headers.set('content-encoding', sent.encoding);
	const range = askedBy(endpoint).includes(RANGE) && caller.place.words.draw(draws, RANGE, 'string');
	if (range && draws.chance(0.8)) headers.set(RANGE, range as string);
	if (draws.chance(0.3)) headers.set('accept-encoding', pick(draws, ZIPS));
	let live = !isForged;
	if (!whole && draws.chance(0.12)) {
		const name = draws.chance(0.8) ? pick(draws, HEADERS) : pick(draws, [...askedBy(endpoint), 'x-none']);
		headers.set(name, headerOf(draws.chance(0.5) ? pick(draws, VALUES) : anyString(draws)));
		live = false;
	}
	const parts = !whole && draws.chance(0.02) ? 0 : pick(draws, [1, 1, 1, 3]);
	return {
		...{ endpoint, caller, live, headers, body: sent.bytes, parts },
		bomb: sent.bomb === true && parts > 0 && headers.get('content-encoding') === 'gzip',
		url: new URL(path + query(draws, endpoint, caller, whole), caller.place.app.origin).href,
		address: pick(draws, ['127.0.0.1', '::1', '', `10.0.0.${draws.between(0, 255)}`])
	};
}

/** The request as the server is given it. */
export function toRequest({ endpoint, url, headers, body, parts }: Sent): Request {
	const { method } = endpoint;
	if (body === undefined) return new Request(url, { method, headers });
	if (parts === 1) return new Request(url, { method, headers, body: body as BodyInit });
	const size = Math.max(1, Math.ceil(body.length / Math.max(parts, 2)));
	let at = 0;
	const stream = new ReadableStream<Uint8Array>({
		pull(controller) {
			if (parts === 0 && at > 0) return controller.error(new Error('The other side has gone.'));
			if (at >= body.length) return controller.close();
			controller.enqueue(body.slice(at, at + size));
			at += size;
		}
	});
	return new Request(url, { method, headers, body: stream, duplex: 'half' } as RequestInit);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Enough of a request to recognise it; `SEED` and `FROM` make it again. */
export function show({ endpoint, url, headers, body }: Sent): string {
	const text = body === undefined ? 'no body' : isUtf8(body) ? Buffer.from(body).toString() : `base64 ${base64(body)}`;
	const shown = text.length > 1500 ? `${text.slice(0, 1500)}… (${text.length} bytes)` : text;
	return `${endpoint.method} ${url.slice(0, 500)}\n${JSON.stringify([...headers]).slice(0, 1000)}\n${shown}`;
}
