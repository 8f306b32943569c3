import { describe, expect, test } from 'vitest';
import type { Endpoint } from '$lib/server/endpoint';
import { endpoints } from '$lib/server/endpoints';
import { openApp } from '../support/databases';
import { call } from '../support/server';

type Document = {
	openapi: string;
	paths: {
		[path: string]: {
			[method: string]: { summary: string; security: unknown[]; parameters: { name: string }[]; requestBody?: unknown };
		};
	};
};

const routes = import.meta.glob<string>('/src/routes/api/**/+server.ts', {
	query: '?raw',
	import: 'default',
	eager: true
});
const handlers = import.meta.glob<Record<string, unknown>>('/src/lib/server/handlers/*.ts', { eager: true });

/** What the route files bind: `GET /api/people/[id]` and the name of its endpoint. */
const bound = Object.entries(routes).flatMap(([file, text]) =>
	[...text.matchAll(/export const (\w+) = serve\((\w+)/g)].map(([, method, name]) => ({
		door: `${method} ${file.slice('/src/routes'.length, -'/+server.ts'.length)}`,
		name: name!
	}))
);
const doorOf = ({ method, path }: Endpoint) => `${method} ${path}`;

describe('the doors of the server', () => {
	test('are the route files, one for one: a route without an entry, or an entry without a route, fails here', () => {
		const exported = Object.values(routes).reduce((n, text) => n + [...text.matchAll(/^export /gm)].length, 0);
		expect(bound).toHaveLength(exported); // nothing is exported that is not served
		expect(bound.map(({ door }) => door).toSorted()).toEqual(endpoints.map(doorOf).toSorted());
	});

	test('lead where they say', () => {
		const named = Object.assign({}, ...Object.values(handlers)) as Record<string, Endpoint>;
		for (const { door, name } of bound.filter(({ name }) => name !== 'openapi'))
			expect(
				endpoints.find((endpoint) => doorOf(endpoint) === door),
				door
			).toBe(named[name]);
	});

	test('are all in the OpenAPI document, with what they read and who may call', async () => {
		const app = await openApp('SQLite');
		const response = await call(app, 'GET', '/api/openapi.json');
		const document = (await response.json()) as Document;
		expect(document.openapi).toBe('3.1.0');
		for (const endpoint of endpoints) {
			const named = endpoint.path.replace(/\[(\w+)\]/g, '{$1}');
			const entry = document.paths[named]?.[endpoint.method.toLowerCase()];
			expect(entry, doorOf(endpoint)).toBeDefined();
			expect(entry!.summary).toBe(endpoint.summary);
			expect(entry!.requestBody !== undefined).toBe(endpoint.body !== undefined);
			expect(entry!.security.length > 0).toBe(endpoint.caller !== 'anybody');
			expect(entry!.parameters.map(({ name }) => `{${name}}`)).toEqual(named.match(/\{\w+\}/g) ?? []);
		}
		expect(Object.values(document.paths).flatMap(Object.keys)).toHaveLength(endpoints.length);
	});

	test('that ask who one is open to nobody else', async () => {
		const app = await openApp('SQLite');
		for (const endpoint of endpoints.filter(({ caller }) => caller !== 'anybody')) {
			const response = await call(app, endpoint.method, endpoint.path.replace(/\[\w+\]/g, 'x'), {
				body: endpoint.method === 'GET' ? undefined : {}
			});
			expect(response.status, doorOf(endpoint)).toBe(401);
		}
	});

	test('say whether the server is well', async () => {
		const app = await openApp('SQLite');
		expect(await (await call(app, 'GET', '/api/health')).json()).toEqual({
			ok: true,
			version: 'test',
			now: app.now.toISOString()
		});
	});
});
