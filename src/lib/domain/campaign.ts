import * as z from 'zod/mini';
import { Id } from './ids';
import { Month } from './period';

const Count = z.int().check(z.gte(0), z.lte(100_000));

/** One evaluation period. Targets are fields of their own (`target:employee:<antenna>`), so that two people can set two. */
export const campaignFields = {
	title: z.string().check(z.minLength(1), z.maxLength(80)),
	from: Month,
	to: Month,
	framework: Id,
	criteria: z.array(Id),
	antennas: z.array(Id),
	state: z.enum(['preparing', 'open', 'closed'])
};
export const campaignFamilies = {
	'target:': Count, // people to hear, by stakeholder and antenna
	'goal:': z.nullable(z.int()) // what an indicator should reach over the campaign, in the unit's smallest step
};

export const targetField = (stakeholder: string, antenna: string) => `target:${stakeholder}:${antenna}`;
export const goalField = (indicator: string) => `goal:${indicator}`;
