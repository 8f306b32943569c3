import { Framework } from '../framework-shapes';
import { ALL, EVERYBODY, NOTHING, READ, type Kind } from './kind';

/** One published version of a framework, whole: it never changes. */
export const framework = {
	fields: { definition: Framework },
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
