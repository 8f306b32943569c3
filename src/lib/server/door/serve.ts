import type { RequestHandler } from '@sveltejs/kit';
import type { App } from '../app';
import { sendProblem } from './body';
import { answer, type Endpoint } from './endpoint';
import { endpoints } from './endpoints';
import { Problem } from '../../domain/problem';

const doors = endpoints.map((endpoint) => ({
	endpoint,
	pattern: new RegExp(`^${endpoint.path.replaceAll('.', '\\.').replace(/\[(\w+)\]/g, '(?<$1>[^/]+)')}$`)
}));

/** The endpoint that a request is for, with what its path names. */
export function findEndpoint(
	method: string,
	path: string
): { endpoint: Endpoint; params: Record<string, string> } | undefined {
	for (const { endpoint, pattern } of doors) {
		const match = endpoint.method === method ? pattern.exec(path) : null;
		if (match) return { endpoint, params: { ...match.groups } };
	}
	return undefined;
}

/** Answers one request by the table of endpoints. */
export async function dispatch(app: App, request: Request, address: string): Promise<Response> {
	const found = findEndpoint(request.method, new URL(request.url).pathname);
	if (!found) return await sendProblem(request, new Problem('route.unknown', 404));
	return await answer(app, found.endpoint, request, found.params, address);
}

export const serve: RequestHandler = ({ locals, request, getClientAddress }) =>
	dispatch(locals.app, request, getClientAddress());
