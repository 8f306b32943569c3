import type { Values } from './kinds/values';

/** What becomes of an action, in its order. */
export const ACTION_STATES = ['planned', 'under-way', 'done', 'dropped'] as const;
export type ActionState = (typeof ACTION_STATES)[number];

export type Action = Partial<Values<'action'>>;

/** Whether there is still something to do. */
export const isOpen = ({ state = 'planned' }: Action): boolean => state === 'planned' || state === 'under-way';

/** @param month today's, `2015-03` */
export const isLate = (action: Action, month: string): boolean =>
	isOpen(action) && typeof action.due === 'string' && action.due < month;

/** What is to be done before what is ended, the nearest date first; without a date last. */
export function byDate(a: Action, b: Action): number {
	const order = Number(isOpen(b)) - Number(isOpen(a));
	return order || (a.due ?? '9999').localeCompare(b.due ?? '9999') || (a.words ?? '').localeCompare(b.words ?? '');
}
