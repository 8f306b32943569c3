import type { Action, ActionState } from '$lib/domain/action';
import { currentOf, type Fields } from '$lib/domain/record';
import { day } from '$lib/words/format';
import { m } from '$lib/words/generated/messages';
import { periodName } from '$lib/words/period';
import type { People } from '$lib/here/people';

const STATES: { [state in ActionState]: () => string } = {
	planned: m.action_state_planned,
	'under-way': m.action_state_under_way,
	done: m.action_state_done,
	dropped: m.action_state_dropped
};
export const stateSaid = (state: ActionState): string => STATES[state]();

/** Where it stands, with the day on which somebody said that it was done. */
export function progressSaid({ state = 'planned' }: Action, fields: Fields): string {
	const at = currentOf(fields, 'state')[0]?.at;
	return state === 'done' && at ? m.action_done_on({ day: day(at) }) : stateSaid(state);
}

export function ownerSaid({ owner }: Action, people: People): string {
	if (!owner) return m.action_nobody();
	const { name, left } = people.get(owner) ?? { name: '', left: true };
	return left ? m.action_left({ name }) : name;
}

export const dueSaid = ({ due }: Action): string => (due ? periodName(due) : m.action_no_date());
