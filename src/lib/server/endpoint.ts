import * as z from 'zod/mini';
import { Problem } from '../domain/problem';
import { hasRole } from '../domain/rights';
import type { Session } from '../domain/session';
import type { App } from './app';
import { readJson, sendJson } from './body';
import { findSession } from './sessions';

/** What a handler is given. `session` is there when its endpoint asks for one. */
export type Call<Body = unknown> = {
	app: App;
	request: Request;
	body: Body;
	params: Record<string, string>;
	session: Session;
	token: string | undefined;
	address: string;
};

/** Who may call: anybody, somebody signed in, or a director. */
export type Caller = 'anybody' | 'signed-in' | 'director';

/** One endpoint: its door, what it reads and what it answers. The table of all of them makes the OpenAPI document. */
export type Endpoint = {
	method: 'GET' | 'POST' | 'PUT' | 'DELETE';
	path: string;
	summary: string;
	caller: Caller;
	body?: z.ZodMiniType;
	limit?: number;
	reply?: z.ZodMiniType;
	handle: (call: Call<never>) => Promise<Response>;
};

const BODY_LIMIT = 64_000;

/** Declares an endpoint; its handler's body is typed by its schema. */
export function endpoint<B extends z.ZodMiniType = z.ZodMiniType<undefined>>(
	declared: Omit<Endpoint, 'body' | 'handle'> & { body?: B; handle: (call: Call<z.infer<B>>) => Promise<Response> }
): Endpoint {
	return declared as unknown as Endpoint;
}

/** Answers one request: origin, session, body, handler; a problem becomes its status and words, anything else is a bug. */
export async function answer(
	app: App,
	endpoint: Endpoint,
	request: Request,
	params: Record<string, string>,
	address: string
): Promise<Response> {
	try {
		refuseOtherOrigins(app, endpoint, request);
		const token = readCookie(app, request);
		const session = endpoint.caller === 'anybody' ? undefined : await findSession(app, token);
		if (endpoint.caller !== 'anybody' && !session) throw new Problem('session.missing', 401);
		if (endpoint.caller === 'director' && !hasRole(session!.person, 'director'))
			throw new Problem('right.missing', 403);
		const body = endpoint.body ? await readJson(request, endpoint.body, endpoint.limit ?? BODY_LIMIT) : undefined;
		return await endpoint.handle({ app, request, body, params, session, token, address } as Call<never>);
	} catch (thrown) {
		if (thrown instanceof Problem) return await sendProblem(request, thrown);
		if (isDiskFull(thrown)) return await sendProblem(request, new Problem('place.full', 507, {}, { cause: thrown }));
		throw thrown;
	}
}

const sendProblem = (request: Request, { code, status, details }: Problem) =>
	sendJson(request, JSON.stringify({ problem: code, details }), { status });

const isDiskFull = (thrown: unknown): boolean => {
	const { errcode, code } = thrown as { errcode?: number; code?: string };
	return errcode === 13 || code === '53100'; // SQLITE_FULL, PostgreSQL disk_full
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

const cookieName = (app: App): string => (app.origin.startsWith('https:') ? '__Host-temoin' : 'temoin');

function readCookie(app: App, request: Request): string | undefined {
	const name = `${cookieName(app)}=`;
	return request.headers
		.get('cookie')
		?.split(/;\s*/)
		.find((part) => part.startsWith(name))
		?.slice(name.length);
}

/** The session's cookie, or with no token its end. */
export function cookieOf(app: App, token: string | undefined): string {
	const secure = app.origin.startsWith('https:') ? '; Secure' : '';
	return `${cookieName(app)}=${token ?? ''}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${token ? 400 * 86_400 : 0}${secure}`;
}

/** An answer of a declared shape. */
export const reply = (
	call: Pick<Call, 'request'>,
	value: unknown,
	init: { status?: number; headers?: HeadersInit } = {}
) => sendJson(call.request, JSON.stringify(value), init);
