import * as z from 'zod/mini';
import { ACTION_STATES } from '../action';
import { Id } from '../ids';
import { Words } from '../interview-shapes';
import { Month } from '../period-shapes';
import { MAX_REMARK } from '../text';
import { ALL, EVERYBODY, NOTHING, type Kind, type Rights } from './kind';

const ASSIGNED: Rights = { write: 'assigned', receive: 'all' };

/** What will be improved on a criterion, by whom, for when. Whoever it is given to says how far it has come. */
export const action = {
	fields: {
		campaign: Id,
		criterion: Id,
		words: z.string().check(z.maxLength(MAX_REMARK)),
		owner: z.nullable(Id), // a person; nobody yet
		due: z.nullable(Month),
		state: z.enum(ACTION_STATES),
		note: Words,
		from: Id // the action of an earlier campaign that it goes on with
	},
	families: {},
	isId: 'random',
	rights: { counsellor: ASSIGNED, 'antenna-staff': ASSIGNED, director: ALL, network: NOTHING },
	assigned: { to: 'owner', may: ['state', 'note'] },
	reserved: {},
	place: 'nowhere',
	refusal: 'never',
	audience: () => EVERYBODY,
	contributions: () => [],
	personal: 'nothing'
} satisfies Kind;
