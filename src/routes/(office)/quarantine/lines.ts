import type { QuarantineLine } from '$lib/domain/quarantine';
import { m } from '$lib/words/generated/messages';
import { fieldName } from '../../(field)/contested/fields';
import { KINDS } from '../../(field)/device/keep-file';
import { groupOf } from '../../(field)/device/queue';

const NOTHING = { framework: undefined, antennas: new Map<string, string>(), campaigns: new Map<string, string>() };

/** What kind of entry it is, as far as it can be read. */
export const kindOf = ({ kind }: QuarantineLine): string => (OFFICE[kind ?? ''] ?? KINDS[groupOf(kind ?? '')])();

const OFFICE: { [kind: string]: () => string } = {
	campaign: m.recovery_field_campaign,
	framework: m.recovery_field_framework,
	antenna: m.recovery_field_antenna,
	structure: m.recovery_two_of_structure
};

/** Why it could not be accepted, to the office. */
export function whyNot({ problem, fields = [] }: Pick<QuarantineLine, 'problem'> & { fields?: string[] }): string {
	switch (problem) {
		case 'right.missing':
			return m.recovery_quarantine_why_right();
		case 'field.invalid':
			return fields.length > 0
				? m.recovery_quarantine_why_fields({ fields: fields.map((field) => fieldName(field, NOTHING)).join(', ') })
				: m.recovery_quarantine_why_field();
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
