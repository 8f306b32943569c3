import type { Group, Waiting } from '../domain/waiting';
import { m } from './generated/messages';

const WORDS: { [group in Group]: (said: { count: number }) => string } = {
	interviews: m.office_wait_interviews,
	excerpts: m.office_wait_excerpts,
	readings: m.office_wait_readings,
	others: m.office_wait_others,
	recordings: m.recovery_media
};

/** One group of what waits: « 3 entretiens ». */
export const groupSaid = ({ group, count }: Waiting[number]): string => WORDS[group]({ count });

/** All that waits, in the one way in which every screen says it: « 3 entretiens, 4 enregistrements ». */
export const waitingSaid = (waiting: Waiting): string => waiting.map(groupSaid).join(', ');
