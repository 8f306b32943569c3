import * as z from 'zod/mini';
import { KEY_HEADER } from '../../domain/header';
import { endpoint, reply, type Endpoint } from '../door/endpoint';

/** The OpenAPI document of the declared endpoints, made from the schemas that really parse. */
export function openapiOf(endpoints: readonly Endpoint[], version: string): object {
	const paths: Record<string, Record<string, object>> = {};
	const shape = (schema: z.ZodMiniType, io: 'input' | 'output') => ({
		'application/json': { schema: z.toJSONSchema(schema, { io, unrepresentable: 'any' }) }
	});
	for (const { method, path, summary, act, body, reply } of endpoints) {
		const named = path.replace(/\[(\w+)\]/g, '{$1}');
		(paths[named] ??= {})[method.toLowerCase()] = {
			summary,
			security: act === 'anybody' ? [] : [{ session: [], key: [] }],
			parameters: [...path.matchAll(/\[(\w+)\]/g)].map(([, name]) => ({
				name,
				in: 'path',
				required: true,
				schema: { type: 'string' }
			})),
			...(body ? { requestBody: { required: true, content: shape(body, 'input') } } : {}),
			responses: {
				'200': { description: 'Done', ...(reply ? { content: shape(reply, 'output') } : {}) },
				default: {
					description: 'A problem, by its code',
					content: {
						'application/json': {
							schema: {
								type: 'object',
								required: ['problem'],
								properties: { problem: { type: 'string' }, details: { type: 'object' } }
							}
						}
					}
				}
			}
		};
	}
	return {
		openapi: '3.1.0',
		info: { title: 'Témoin', version, license: { name: 'EUPL-1.2', identifier: 'EUPL-1.2' } },
		paths,
		components: {
			securitySchemes: {
				session: { type: 'apiKey', in: 'cookie', name: '__Host-temoin-…' },
				key: { type: 'apiKey', in: 'header', name: KEY_HEADER }
			}
		}
	};
}

export const openapi = (all: () => readonly Endpoint[]): Endpoint =>
	endpoint({
		method: 'GET',
		path: '/api/openapi.json',
		summary: 'This document',
		act: 'anybody',
		handle: (call) => reply(call, openapiOf(all(), call.app.version))
	});
