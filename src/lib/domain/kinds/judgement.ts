import * as z from 'zod/mini';
import { Words } from '../interview-shapes';
import { judgementKey } from '../judgement';
import { ALL, EVERYBODY, NOTHING, READ, type Kind } from './kind';

/** What the directors conclude on a criterion of a campaign. It holds references, never values: who may not see a figure does
 * not read it here. */
export const judgement = {
	fields: {
		summary: Words,
		strengths: Words,
		limits: Words,
		proposals: Words,
		state: z.enum(['under-way', 'finished'])
	},
	families: {
		'support:': z.nullable(z.looseObject({ number: z.int().check(z.gte(1), z.lte(999)) })) // null: taken away
	},
	isId: (id: string): boolean => judgementKey(id) !== undefined,
	rights: { counsellor: READ, 'antenna-staff': READ, director: ALL, network: NOTHING },
	assigned: 'nobody',
	reserved: {},
	place: 'nowhere',
	refusal: 'never',
	audience: () => EVERYBODY,
	contributions: () => [],
	personal: 'nothing'
} satisfies Kind;
