import type { Stakeholder } from '$lib/domain/framework-shapes';
import { m } from '$lib/words/generated/messages';

const MANY = {
	employee: m.stakeholder_employee,
	client: m.stakeholder_client,
	'elected-official': m['stakeholder_elected-official'],
	partner: m.stakeholder_partner,
	staff: m.stakeholder_staff
};
const ONE = {
	employee: m.one_employee,
	client: m.one_client,
	'elected-official': m['one_elected-official'],
	partner: m.one_partner,
	staff: m.one_staff
};

/** « Salarié-e-s en parcours ». */
export const many = (stakeholder: Stakeholder): string => MANY[stakeholder]();
/** « Salarié-e en parcours ». */
export const one = (stakeholder: Stakeholder): string => ONE[stakeholder]();
