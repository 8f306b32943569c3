import * as z from 'zod/mini';
import { Grant } from '../structure';
import { EVERYBODY, NOTHING, READ, type Kind } from './kind';

/** A person as colleagues see them: to read who wrote a value. What they may do is decided from the account, not from here:
 * people and their rights change through their own door. */
export const person = {
	fields: { name: z.string().check(z.minLength(1), z.maxLength(80)), grants: z.array(Grant), left: z.boolean() },
	families: {},
	isId: 'random',
	rights: { counsellor: READ, 'antenna-staff': READ, director: READ, network: NOTHING },
	assigned: 'nobody',
	reserved: {},
	place: 'nowhere',
	refusal: 'never',
	audience: () => EVERYBODY,
	contributions: () => [],
	personal: 'nothing'
} satisfies Kind;
