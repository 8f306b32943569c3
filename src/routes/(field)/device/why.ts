import { m } from '$lib/words/generated/messages';

/** Why a change was refused, to whoever made it. */
export function why(problem: string): string {
	switch (problem) {
		case 'right.missing':
			return m.office_why_right();
		case 'field.invalid':
			return m.office_why_field();
		case 'change.differs':
			return m.office_why_differs();
		case 'kind.unknown':
		case 'kind.differs':
		case 'change.unreadable':
			return m.office_why_unreadable();
		case 'withdrawal.rewritten':
			return m.office_why_withdrawal();
		case 'answer.impossible':
			return m.office_why_answer();
		case 'day.ahead':
			return m.office_why_day_ahead();
		case 'day.before-campaign':
			return m.office_why_day_before();
		case 'excerpt.elsewhere':
			return m.office_why_elsewhere();
		case 'voice.refused':
			return m.office_why_voice();
		case 'quarantine.full':
			return m.office_why_place();
		case 'field.too-large':
		case 'change.too-large':
			return m.office_why_bulky();
		case 'record.missing':
			return m.office_why_missing();
		case 'change.damaged':
			return m.recovery_why_damaged();
		case 'body.unreadable':
			return m.recovery_why_body();
		case 'body.too-large':
		case 'batch.too-large':
			return m.recovery_why_large();
		case 'verdict.unknown':
			return m.recovery_why_verdict();
		default:
			return m.office_why_other();
	}
}
