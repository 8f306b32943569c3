import type { QuarantineLine } from '$lib/domain/quarantine';
import { m } from '$lib/words/generated/messages';
import { oneOfKind } from '$lib/words/kinds';
import { fieldName } from '../../(field)/contested/fields';

const NAMELESS = new Map<string, string>();
const NOTHING = { framework: undefined, antennas: NAMELESS, campaigns: NAMELESS, people: NAMELESS };

/** What kind of entry it is, as far as it can be read. */
export const kindSaid = ({ kind }: QuarantineLine): string => oneOfKind(kind ?? '');

/** Why it could not be accepted, to the office. */
export function whyNot({ problem, fields = [] }: Pick<QuarantineLine, 'problem'> & { fields?: string[] }): string {
	switch (problem) {
		case 'right.missing':
			return m.recovery_quarantine_why_right();
		case 'field.invalid':
			return fields.length > 0
				? m.recovery_quarantine_why_fields({ fields: fields.map((field) => fieldName(field, NOTHING)).join(', ') })
				: m.recovery_quarantine_why_field();
		case 'field.too-large':
			return m.recovery_quarantine_why_bulky_fields({
				fields: fields.map((field) => fieldName(field, NOTHING)).join(', ')
			});
		case 'change.too-large':
			return m.recovery_quarantine_why_bulky();
		case 'answer.impossible':
			return m.recovery_quarantine_why_answer({
				fields: fields.map((field) => fieldName(field, NOTHING)).join(', ')
			});
		case 'day.ahead':
			return m.recovery_quarantine_why_day_ahead();
		case 'day.before-campaign':
			return m.recovery_quarantine_why_day_before();
		case 'withdrawal.rewritten':
			return m.office_why_withdrawal();
		case 'excerpt.elsewhere':
			return m.office_why_elsewhere();
		case 'voice.refused':
			return m.office_why_voice();
		case 'change.differs':
			return m.recovery_quarantine_why_differs();
		case 'change.unreadable':
			return m.recovery_quarantine_why_unreadable();
		case 'kind.unknown':
		case 'kind.differs':
			return m.recovery_quarantine_why_kind();
		case 'record.missing':
			return m.recovery_quarantine_why_missing();
		default:
			return m.recovery_quarantine_why_other();
	}
}

export const stateOf = ({ decision }: QuarantineLine): string =>
	decision === 'released'
		? m.recovery_quarantine_released()
		: decision === 'set-aside'
			? m.recovery_quarantine_set_aside()
			: m.recovery_quarantine_waiting();
