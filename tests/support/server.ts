import { Secret, TOTP } from 'otpauth';
import type { App } from '$lib/server/app';
import { findEndpoint } from '$lib/server/door/serve';
import { answer } from '$lib/server/door/endpoint';
import type { Change } from '$lib/domain/change';
import { MAX_CHANGES, PROTOCOL, SyncReply, type Cursor } from '$lib/domain/sync';
import { KEY_HEADER } from '$lib/domain/header';
import type { Entered, Session } from '$lib/domain/session';
import type { Grant } from '$lib/domain/structure';

/** Goes through the front door: the request a browser would send, the answer it would get. */
export async function call(
	app: App,
	method: string,
	path: string,
	options: {
		body?: unknown;
		raw?: BodyInit;
		as?: Pick<Device, 'cookie' | 'key'>;
		headers?: Record<string, string>;
		from?: string;
	} = {}
): Promise<Response> {
	const url = new URL(path, app.origin);
	const found = findEndpoint(method, url.pathname);
	if (!found) throw new Error(`no endpoint ${method} ${path}`);
	const headers = new Headers({ ...(options.as ? headersOf(options.as) : {}), ...options.headers });
	const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
	const request = new Request(url, {
		method,
		headers,
		...(body === undefined ? {} : { body, duplex: 'half' })
	} as RequestInit);
	return await answer(app, found.endpoint, request, found.params, options.from ?? '127.0.0.1');
}

/** The two halves of a session. */
export const headersOf = ({ cookie, key }: Pick<Device, 'cookie' | 'key'>): Record<string, string> => ({
	cookie,
	[KEY_HEADER]: key
});

/** `mark` is the cookie by which the device shows that it is itself, and that opens nothing. */
export type Device = { session: Session; cookie: string; key: string; structureKey: string; mark: string };

/** Who has come in, out of a sign-in's answer. */
export async function entered(response: Response): Promise<Device> {
	if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
	const { session, key, structureKey } = (await response.json()) as Entered;
	const [cookie = '', mark = ''] = response.headers.getSetCookie().map((one) => one.split(';')[0]!);
	return { session, key, structureKey, cookie, mark };
}

export const PASSPHRASE = 'les gaves descendent vite';
let devices = 0;
export const deviceNamed = (name: string) => ({
	id: `00000000-0000-4000-8000-${String(++devices).padStart(12, '0')}`,
	name
});

/** Claire sets the structure up, with antennas in Tarbes and Lourdes. */
export async function setUp(app: App, antennas = ['Tarbes', 'Lourdes']): Promise<Device> {
	const body = {
		code: app.setupCode,
		structure: 'Cap Bigorre',
		antennas,
		director: 'Claire',
		passphrase: PASSPHRASE,
		device: deviceNamed('Poste du siège')
	};
	return await entered(await call(app, 'POST', '/api/setup', { body }));
}

/** The six digits that an authenticator app shows. */
export const digitsOf = (secret: string, at: Date): string =>
	new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: 30 }).generate({ timestamp: at.getTime() });

/** Adds an authenticator app to somebody's account.
 * @returns its secret and the recovery codes */
export async function addTotp(app: App, as: Device): Promise<{ secret: string; recovery: string[] }> {
	const offer = await call(app, 'POST', '/api/account/totp', { as });
	const { ticket, secret } = (await offer.json()) as { ticket: string; secret: string };
	const body = { ticket, code: digitsOf(secret, app.clock()), name: 'Téléphone' };
	const added = await call(app, 'PUT', '/api/account/totp', { as, body });
	if (!added.ok) throw new Error(await added.text());
	return { secret, ...((await added.json()) as { recovery: string[] }) };
}

const protectedOnes = new WeakMap<App, Set<string>>();

/** Says that somebody has a second factor on this server already. */
export const knowProtected = (app: App, { session }: Device): void =>
	void protectedOnes.set(app, (protectedOnes.get(app) ?? new Set()).add(session.person.id));

/** The director adds a person, who uses the code on a device of theirs. */
export async function enrol(
	app: App,
	director: Device,
	name: string,
	grants: Grant[],
	device = `Tablette de ${name}`
): Promise<Device> {
	// Whoever invites has a second factor.
	const known = protectedOnes.get(app) ?? new Set<string>();
	protectedOnes.set(app, known.add(''));
	if (!known.has(director.session.person.id)) await addTotp(app, director);
	known.add(director.session.person.id);
	const added = await call(app, 'POST', '/api/people', { body: { name, grants }, as: director });
	if (!added.ok) throw new Error(await added.text());
	const { code } = (await added.json()) as { code: string };
	const body = { code, passphrase: PASSPHRASE, device: deviceNamed(device) };
	return await entered(await call(app, 'POST', '/api/enrol', { body }));
}

/** One call of `POST /api/sync`. */
export async function sync(
	app: App,
	device: Device,
	changes: unknown[] = [],
	at: { cursor?: Cursor | null; audiences?: string[]; filling?: SyncReply['filling']; protocol?: number } = {}
): Promise<SyncReply> {
	const body = {
		protocol: at.protocol ?? PROTOCOL,
		person: device.session.person.id,
		device: device.session.device.id,
		changes,
		cursor: at.cursor ?? null,
		audiences: at.audiences ?? [],
		filling: at.filling ?? []
	};
	const response = await call(app, 'POST', '/api/sync', { body, as: device });
	if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
	return SyncReply.parse(await response.json());
}

/** Everything a device is allowed, from zero. */
export async function pullAll(app: App, device: Device): Promise<SyncReply> {
	let reply = await sync(app, device);
	const records = [...reply.records];
	const audiences = reply.audiences ?? []; // said once: a reply leaves out what the device already follows
	while (reply.more) {
		reply = await sync(app, device, [], { ...reply, audiences });
		records.push(...reply.records);
	}
	return { ...reply, audiences, records };
}

let minted = 0;
export const uuid = (): string => `11111111-1111-4111-8111-${String(++minted).padStart(12, '0')}`;

/** A change that creates a record, or edits one when `record` and `seen` are given. */
export function change(kind: string, fields: Change['fields'], more: Partial<Change> = {}): Change {
	const id = more.id ?? uuid();
	return { id, kind, record: id, fields, seen: {}, at: '2014-11-12T10:00:00.000Z', ...more };
}

export const TOO_MANY = MAX_CHANGES + 1;
