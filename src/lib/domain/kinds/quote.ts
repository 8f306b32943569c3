import type * as z from 'zod/mini';
import { QuoteLimit, Valence } from '../excerpt-shapes';
import { Stakeholder } from '../framework-shapes';
import { Id } from '../ids';
import { Words } from '../interview-shapes';
import { EVERYBODY, NOTHING, READ, type Kind, type Refusal } from './kind';

const fields = {
	campaign: Id,
	criterion: Id,
	valence: Valence,
	words: Words,
	limit: QuoteLimit,
	stakeholder: Stakeholder // only where the person agreed to have it said
};

/** What others may read of an approved excerpt. The server makes it, under a random id, and alone knows which excerpt it
 * comes from: neither the interview, nor who took it, nor the time of day can be told from it. */
export const quote = {
	fields,
	families: {},
	isId: 'random',
	rights: { counsellor: READ, 'antenna-staff': READ, director: READ, network: NOTHING },
	assigned: 'nobody',
	reserved: {},
	place: 'nowhere',
	refusal: (): Refusal => ({ problem: 'right.missing', fields: [], final: true }),
	audience: () => EVERYBODY,
	contributions: () => [],
	personal: 'nothing'
} satisfies Kind;

type Fields = { [field in keyof typeof fields]: z.infer<(typeof fields)[field]> };
export type Quote = Omit<Fields, 'stakeholder'> & Partial<Pick<Fields, 'stakeholder'>>;
