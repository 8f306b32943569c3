import * as z from 'zod/mini';
import { Problem } from '../../domain/problem';
import { mayDo, type Act } from '../../domain/actor';
import { KEY_HEADER } from '../../domain/header';
import type { Session } from '../../domain/session';
import type { App } from '../app';
import { readJson, sendJson, sendProblem } from './body';
import { everywhere, inStructure } from '../database/open';
import type { By } from '../keeping/journal';
import type { Shown } from '../accounts/devices';
import { findSession } from '../accounts/sessions';

/** What a handler is given. `session` is there when its endpoint asks for one. */
export type Call<Body = unknown> = {
	app: App;
	request: Request;
	body: Body;
	params: Record<string, string>;
	session: Session;
	address: string;
};

/** One endpoint: its door, what it reads and what it answers. The table of all of them makes the OpenAPI document. */
export type Endpoint = {
	method: 'GET' | 'POST' | 'PUT' | 'DELETE';
	path: string;
	summary: string;
	/** What calling it is an act of, or that anybody may: the rights table says who may do it. */
	act: Act | 'anybody';
	body?: z.ZodMiniType;
	limit?: number;
	/** Keeps what it is given as it comes, whatever its characters. */
	anyText?: boolean;
	reply?: z.ZodMiniType;
	handle: (call: Call<never>) => Promise<Response>;
};

/** Who acts, for the journal. */
export const byOf = ({ session }: Pick<Call, 'session'>): By => ({
	person: session.person.id,
	device: session.device.id
});

const BODY_LIMIT = 64_000;

/** Declares an endpoint; its handler's body is typed by its schema. */
export function endpoint<B extends z.ZodMiniType = z.ZodMiniType<undefined>>(
	declared: Omit<Endpoint, 'body' | 'handle'> & { body?: B; handle: (call: Call<z.infer<B>>) => Promise<Response> }
): Endpoint {
	return declared as unknown as Endpoint;
}

/** Answers one request: rate, origin, session, right, body, handler; a problem becomes its status and words, anything else
 * is a bug. What somebody signed in asks for runs within their structure. */
export async function answer(
	app: App,
	endpoint: Endpoint,
	request: Request,
	params: Record<string, string>,
	address: string
): Promise<Response> {
	const answering = async () => {
		try {
			app.rate.count(address, ownCookies(app, request));
			if (request.url.includes('%00')) throw new Problem('body.unreadable', 400);
			refuseOtherOrigins(app, endpoint, request);
			const session = endpoint.act === 'anybody' ? undefined : await admit(app, endpoint.act, request);
			const { limit = BODY_LIMIT, anyText } = endpoint;
			const body = endpoint.body ? await readJson(request, endpoint.body, limit, anyText) : undefined;
			return await endpoint.handle({ app, request, body, params, session, address } as Call<never>);
		} catch (thrown) {
			if (thrown instanceof Problem) return await sendProblem(request, thrown);
			if (isDiskFull(thrown)) return await sendProblem(request, new Problem('place.full', 507, {}, { cause: thrown }));
			throw thrown;
		}
	};
	const structure = endpoint.act === 'anybody' ? undefined : readCookie(app, request)?.split('.')[0];
	return structure ? await inStructure(structure, answering) : await everywhere(answering);
}

/** Who asks, when they may.
 * @throws Problem `session.missing`, `device.revoked`, `second-factor.required`, `right.missing` */
async function admit(app: App, act: Act, request: Request): Promise<Session> {
	const token = readCookie(app, request);
	const session = await findSession(app, token, request.headers.get(KEY_HEADER) ?? undefined);
	if (!session || !token) throw new Problem('session.missing', 401);
	app.rate.meet(token);
	if (session.secondFactor === 'required' && act !== 'own-account') throw new Problem('second-factor.required', 403);
	if (!mayDo(session.person, act)) throw new Problem('right.missing', 403);
	return session;
}

const isDiskFull = (thrown: unknown): boolean => {
	const { errcode, code } = thrown as { errcode?: number; code?: string };
	return errcode === 13 || code === '53100' || code === 'ENOSPC'; // SQLITE_FULL, PostgreSQL disk_full, a file of ours
};

/** A browser says where a request comes from; another site's page must not act in somebody's name. */
function refuseOtherOrigins(app: App, { method }: Endpoint, request: Request): void {
	if (method === 'GET') return;
	const site = request.headers.get('sec-fetch-site');
	const origin = request.headers.get('origin');
	if ((site && site !== 'same-origin' && site !== 'none') || (origin && !isHome(app, origin)))
		throw new Problem('origin.refused', 403);
}

const LOCAL = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
const isHome = (app: App, origin: string): boolean =>
	origin === app.origin || (LOCAL.test(app.origin) && LOCAL.test(origin));

/** One cookie a person: several share a tablet, and each one's other half lies in their own vault. It begins by whose it is. */
const cookieName = (app: App, key: string): string => `${cookiePrefix(app)}${key.split('.')[0]}`;
const cookiePrefix = ({ origin }: App): string => `${origin.startsWith('https:') ? '__Host-' : ''}temoin-`;

function readCookie(app: App, request: Request): string | undefined {
	const key = request.headers.get(KEY_HEADER);
	return key ? cookieNamed(request, cookieName(app, key)) : undefined;
}

const cookiesOf = (request: Request): { name: string; value: string }[] =>
	(request.headers.get('cookie') ?? '').split(/;\s*/).map((part) => {
		const at = part.indexOf('=');
		return { name: part.slice(0, at), value: part.slice(at + 1) };
	});

const cookieNamed = (request: Request, wanted: string): string | undefined =>
	cookiesOf(request).find(({ name }) => name === wanted)?.value;

/** What the device shows of itself, for whomever it knows. */
const ownCookies = (app: App, request: Request): string[] =>
	cookiesOf(request)
		.filter(({ name }) => name.startsWith(cookiePrefix(app)))
		.map(({ value }) => value);

/** What the device shows of itself for one person, vault open or locked. */
export const shownFor = ({ app, request }: Pick<Call, 'app' | 'request'>, person: string): Shown => ({
	mark: cookieNamed(request, cookieName(app, markKey(person))),
	token: cookieNamed(request, cookieName(app, person.slice(0, 8)))
});

const markKey = (person: string): string => `mark-${person.slice(0, 8)}`;

const YEAR_AND_MORE = 400 * 86_400; // the longest that browsers keep a cookie

function cookie(app: App, name: string, value: string | undefined): string {
	const secure = app.origin.startsWith('https:') ? '; Secure' : '';
	const age = value === undefined ? 0 : YEAR_AND_MORE;
	return `${name}=${value ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`;
}

/** The session's cookie, or its end. */
export const cookieOf = (app: App, { key, token }: { key: string; token: string | undefined }): string =>
	cookie(app, cookieName(app, key), token);

/** The device's mark for one person. It stays when they sign out. */
export const markOf = (app: App, person: string, mark: string): string =>
	cookie(app, cookieName(app, markKey(person)), mark);

/** An answer of a declared shape. */
export const reply = (
	call: Pick<Call, 'request'>,
	value: unknown,
	init: { status?: number; headers?: HeadersInit } = {}
) => sendJson(call.request, JSON.stringify(value), init);

export const done = (headers?: HeadersInit): Response =>
	new Response(null, { status: 204, ...(headers ? { headers } : {}) });
