import * as z from 'zod/mini';
import { ALL, EVERYBODY, NOTHING, READ, type Kind } from './kind';

/** The organisation. `k` is the number of respondents under which a distribution is withheld inside, `kShared` outside.
 * Words that have been sent and saved stay `daysOnDevice` on the tablet that took them, and `monthsKept` after the last
 * contact on the server. */
export const structure = {
	fields: {
		name: z.string().check(z.minLength(1), z.maxLength(120)),
		fictitious: z.boolean(),
		k: z.int().check(z.gte(5), z.lte(100)),
		kShared: z.int().check(z.gte(11), z.lte(100)),
		daysOnDevice: z.int().check(z.gte(1), z.lte(30)),
		monthsKept: z.int().check(z.gte(1), z.lte(60))
	},
	families: {},
	isId: 'random',
	rights: { counsellor: READ, 'antenna-staff': READ, director: ALL, network: NOTHING },
	assigned: 'nobody',
	reserved: {},
	place: 'nowhere',
	refusal: 'never',
	audience: () => EVERYBODY,
	contributions: () => [],
	personal: 'nothing'
} satisfies Kind;
