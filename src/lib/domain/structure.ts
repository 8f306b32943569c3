import * as z from 'zod/mini';
import { Id } from './ids';
import { Text } from './text';

export const Role = z.enum(['counsellor', 'antenna-staff', 'director', 'network']);
export type Role = z.infer<typeof Role>;

/** One role with the antennas it holds for. A director's and a network's grant bear on the whole structure. */
export const Grant = z.looseObject({ role: Role, antennas: z.array(Id) });
export type Grant = z.infer<typeof Grant>;

/** The organisation. `k` is the number of respondents under which a distribution is withheld inside, `kShared` outside.
 * Words that have been sent and saved stay `daysOnDevice` on the tablet that took them, and `monthsKept` after the last
 * contact on the server. */
export const structureFields = {
	name: z.string().check(z.minLength(1), z.maxLength(120)),
	fictitious: z.boolean(),
	k: z.int().check(z.gte(5), z.lte(100)),
	kShared: z.int().check(z.gte(11), z.lte(100)),
	daysOnDevice: z.int().check(z.gte(1), z.lte(30)),
	monthsKept: z.int().check(z.gte(1), z.lte(60))
};

export const antennaFields = {
	name: z.string().check(z.minLength(1), z.maxLength(80)),
	order: z.int(),
	note: Text // said wherever the antenna's figures show, e.g. that their split is invented
};

export const DAYS_ON_DEVICE = 7;
export const MONTHS_KEPT = 24;

/** A person as colleagues see them: to read who wrote a value. What they may do is decided from the account, not from here. */
export const personFields = {
	name: z.string().check(z.minLength(1), z.maxLength(80)),
	grants: z.array(Grant),
	left: z.boolean()
};
