import { endpoints } from '$lib/server/endpoints';
import { answer } from '$lib/server/endpoint';
import type { App } from '$lib/server/app';
import type { Change } from '$lib/domain/change';
import { MAX_CHANGES, SyncReply, type Cursor } from '$lib/domain/sync';
import type { Session } from '$lib/domain/session';
import type { Grant } from '$lib/domain/structure';

/** Goes through the front door: the request a browser would send, the answer it would get. */
export async function call(
	app: App,
	method: string,
	path: string,
	options: { body?: unknown; raw?: BodyInit; cookie?: string; headers?: Record<string, string> } = {}
): Promise<Response> {
	const url = new URL(path, app.origin);
	const found = endpoints
		.map((endpoint) => ({
			endpoint,
			match: new RegExp(`^${endpoint.path.replace(/\[(\w+)\]/g, '(?<$1>[^/]+)')}$`).exec(url.pathname)
		}))
		.find(({ endpoint, match }) => match && endpoint.method === method);
	if (!found) throw new Error(`no endpoint ${method} ${path}`);
	const headers = new Headers(options.headers);
	if (options.cookie) headers.set('cookie', options.cookie);
	const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
	const request = new Request(url, {
		method,
		headers,
		...(body === undefined ? {} : { body, duplex: 'half' })
	} as RequestInit);
	return await answer(app, found.endpoint, request, { ...found.match!.groups }, '127.0.0.1');
}

export type Device = { session: Session; cookie: string };

const cookieOf = (response: Response): string => response.headers.get('set-cookie')!.split(';')[0]!;

export const PASSPHRASE = 'les gaves descendent vite';
let devices = 0;
const deviceNamed = (name: string) => ({ id: `00000000-0000-4000-8000-${String(++devices).padStart(12, '0')}`, name });

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
	const response = await call(app, 'POST', '/api/setup', { body });
	if (!response.ok) throw new Error(await response.text());
	return { session: (await response.json()) as Session, cookie: cookieOf(response) };
}

/** The director adds a person, who uses the code on a device of theirs. */
export async function enrol(
	app: App,
	director: Device,
	name: string,
	grants: Grant[],
	device = `Tablette de ${name}`
): Promise<Device> {
	const added = await call(app, 'POST', '/api/people', { body: { name, grants }, cookie: director.cookie });
	const { code } = (await added.json()) as { code: string };
	const response = await call(app, 'POST', '/api/enrol', {
		body: { code, passphrase: PASSPHRASE, device: deviceNamed(device) }
	});
	if (!response.ok) throw new Error(await response.text());
	return { session: (await response.json()) as Session, cookie: cookieOf(response) };
}

/** One call of `POST /api/sync`. */
export async function sync(
	app: App,
	device: Device,
	changes: unknown[] = [],
	at: { cursor?: Cursor | null; audiences?: string[]; filling?: SyncReply['filling'] } = {}
): Promise<SyncReply> {
	const body = {
		protocol: 1,
		person: device.session.person.id,
		device: device.session.device.id,
		changes,
		cursor: at.cursor ?? null,
		audiences: at.audiences ?? [],
		filling: at.filling ?? []
	};
	const response = await call(app, 'POST', '/api/sync', { body, cookie: device.cookie });
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
