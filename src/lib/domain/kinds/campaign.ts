import * as z from 'zod/mini';
import { Id } from '../ids';
import { Month } from '../period-shapes';
import { ALL, EVERYBODY, NOTHING, READ, type Kind } from './kind';

const Count = z.int().check(z.gte(0), z.lte(100_000));

/** One evaluation period. Targets are fields of their own (`target:employee:<antenna>`), so that two people can set two. */
export const campaign = {
	fields: {
		title: z.string().check(z.minLength(1), z.maxLength(80)),
		from: Month,
		to: Month,
		framework: Id,
		criteria: z.array(Id),
		antennas: z.array(Id),
		state: z.enum(['preparing', 'open', 'closed'])
	},
	families: {
		'target:': Count, // people to hear, by stakeholder and antenna
		'goal:': z.nullable(z.int()) // what an indicator should reach over the campaign, in the unit's smallest step
	},
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
