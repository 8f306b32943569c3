import { describe, expect, test } from 'vitest';
import type { Endpoint } from '$lib/server/door/endpoint';
import { endpoints } from '$lib/server/door/endpoints';
import { dispatch, findEndpoint } from '$lib/server/door/serve';
import { openApp } from '../support/databases';
import { problem } from '../support/office';
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

const isEndpoint = (value: unknown): value is Endpoint =>
	value !== null && typeof value === 'object' && 'handle' in value && 'path' in value;
const doorOf = ({ method, path }: Endpoint) => `${method} ${path}`;

describe('the doors of the server', () => {
	test('are one route file, which serves the table and nothing else', () => {
		expect(Object.keys(routes)).toEqual(['/src/routes/api/[...path]/+server.ts']);
		expect(Object.values(routes)[0]!.match(/^export .*$/gm)).toEqual(['export const fallback = serve;']);
	});

	test('are those that the handlers declare: one left out of the table, or in it twice, fails here', () => {
		const declared = Object.values(handlers).flatMap((file) => Object.values(file).filter(isEndpoint));
		expect(declared.length).toBeGreaterThan(30);
		for (const one of declared) expect(endpoints, doorOf(one)).toContain(one);
		const doors = endpoints.map(doorOf);
		expect(doors.toSorted()).toEqual([...new Set(doors)].toSorted());
		expect(doors.toSorted()).toEqual([...declared.map(doorOf), 'GET /api/openapi.json'].toSorted());
	});

	test('lead where they say: the door found for an address is its own, with what the address names', () => {
		for (const one of endpoints) {
			const found = findEndpoint(one.method, one.path.replace(/\[(\w+)\]/g, 'x-$1'));
			expect(found?.endpoint, doorOf(one)).toBe(one);
			const names = [...one.path.matchAll(/\[(\w+)\]/g)].map(([, named]) => named!);
			expect(found?.params).toEqual(Object.fromEntries(names.map((named) => [named, `x-${named}`])));
		}
	});

	test.each([
		['GET', '/api/nothing'],
		['PUT', '/api/health'],
		['GET', '/api/openapixjson'],
		['GET', '/api/health/'],
		['GET', '/xapi/health'],
		['DELETE', '/api/people/a/b'],
		['DELETE', '/api/people/']
	])('what is not one of them does not answer: %s %s', async (method, path) => {
		const app = await openApp('SQLite');
		const response = await dispatch(app, new Request(new URL(path, app.origin), { method }), '127.0.0.1');
		expect(await problem(response)).toEqual([404, 'route.unknown']);
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
			expect(entry!.security.length > 0).toBe(endpoint.act !== 'anybody');
			expect(entry!.parameters.map(({ name }) => `{${name}}`)).toEqual(named.match(/\{\w+\}/g) ?? []);
		}
		expect(Object.values(document.paths).flatMap(Object.keys)).toHaveLength(endpoints.length);
	});

	test('that ask who one is open to nobody else', async () => {
		const app = await openApp('SQLite');
		for (const endpoint of endpoints.filter(({ act }) => act !== 'anybody')) {
			const response = await call(app, endpoint.method, endpoint.path.replace(/\[\w+\]/g, 'x'), {
				body: endpoint.method === 'GET' ? undefined : {}
			});
			expect(response.status, doorOf(endpoint)).toBe(401);
		}
	});

	test('answer with what no cache may keep', async () => {
		const app = await openApp('SQLite');
		for (const path of ['/api/health', '/api/welcome', '/api/session', '/api/journal'])
			expect((await call(app, 'GET', path)).headers.get('cache-control'), path).toBe('no-store');
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
