import * as z from 'zod/mini';
import { Id } from './ids';

export const Role = z.enum(['counsellor', 'antenna-staff', 'director', 'network']);
export type Role = z.infer<typeof Role>;

/** One role with the antennas it holds for. A director's and a network's grant bear on the whole structure. */
export const Grant = z.looseObject({ role: Role, antennas: z.array(Id) });
export type Grant = z.infer<typeof Grant>;

export const DAYS_ON_DEVICE = 7;
export const MONTHS_KEPT = 24;
