import * as z from 'zod/mini';
import { Text } from '../text-shapes';
import { ALL, EVERYBODY, NOTHING, READ, type Kind } from './kind';

/** A site. `note` is said wherever its figures show, e.g. that their split is invented. */
export const antenna = {
	fields: { name: z.string().check(z.minLength(1), z.maxLength(80)), order: z.int(), note: Text },
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
