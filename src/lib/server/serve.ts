import type { RequestHandler } from '@sveltejs/kit';
import { answer, type Endpoint } from './endpoint';

/** Binds an endpoint to its route. */
export const serve =
	(endpoint: Endpoint): RequestHandler =>
	({ locals, request, params, getClientAddress }) =>
		answer(locals.app, endpoint, request, params as Record<string, string>, getClientAddress());
