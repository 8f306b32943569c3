import { groupBy } from '$lib/domain/grouped';
import { judgementKey } from '$lib/domain/judgement';
import type { JournalAct, JournalLine } from '$lib/domain/journal';
import { dayOf } from '$lib/words/format';
import { m } from '$lib/words/generated/messages';

/** What the ids of the journal are called. */
export type Names = { [of in 'people' | 'devices' | 'campaigns' | 'criteria']: ReadonlyMap<string, string> };
type Words = (line: { subject: string; count: number }) => string;

const ACTS: { [act in JournalAct]: { say: Words; of?: keyof typeof NAMELESS | 'person' | 'testimony' } } = {
	'sign-in': { say: m['testimony_act_sign-in'] },
	'sign-in.refused': { say: m['testimony_act_sign-in.refused'] },
	'sign-out': { say: m['testimony_act_sign-out'] },
	'second-factor.added': { say: m['testimony_act_second-factor.added'] },
	'second-factor.removed': { say: m['testimony_act_second-factor.removed'], of: 'person' },
	'recovery-code.used': { say: m['testimony_act_recovery-code.used'] },
	'person.added': { say: m['testimony_act_person.added'], of: 'person' },
	'person.changed': { say: m['testimony_act_person.changed'], of: 'person' },
	'person.removed': { say: m['testimony_act_person.removed'], of: 'person' },
	'person.invited': { say: m['testimony_act_person.invited'], of: 'person' },
	'device.revoked': { say: m['testimony_act_device.revoked'], of: 'device' },
	'device.wiped': { say: m['testimony_act_device.wiped'], of: 'device' },
	'vault.opened': { say: m['testimony_act_vault.opened'] },
	'testimony.read': { say: m['testimony_act_testimony.read'], of: 'testimony' },
	'testimonies.listed': { say: m['testimony_act_testimonies.listed'] },
	'sheets.exported': { say: m['testimony_act_sheets.exported'] },
	'receipt.used': { say: m['testimony_act_receipt.used'], of: 'testimony' },
	'campaign.opened': { say: m['testimony_act_campaign.opened'], of: 'campaign' },
	'campaign.closed': { say: m['testimony_act_campaign.closed'], of: 'campaign' },
	'judgement.changed': { say: m['testimony_act_judgement.changed'], of: 'criterion' },
	'words.approved': { say: m['testimony_act_words.approved'], of: 'testimony' },
	'words.set-aside': { say: m['testimony_act_words.set-aside'], of: 'testimony' },
	'words.corrected': { say: m['testimony_act_words.corrected'], of: 'testimony' },
	'consent.given': { say: m['testimony_act_consent.given'], of: 'testimony' },
	'consent.withdrawn': { say: m['testimony_act_consent.withdrawn'], of: 'testimony' },
	'person.erased': { say: m['testimony_act_person.erased'], of: 'testimony' },
	'retention.run': { say: m['testimony_act_retention.run'] },
	'quarantine.read': { say: m['testimony_act_quarantine.read'] },
	'quarantine.released': { say: m['testimony_act_quarantine.released'] },
	'quarantine.set-aside': { say: m['testimony_act_quarantine.set-aside'] },
	'outbox.imported': { say: m['testimony_act_outbox.imported'], of: 'device' },
	'journal.read': { say: m['testimony_act_journal.read'] }
};

/** What is said of something whose name is not known here. */
const NAMELESS = {
	device: m.testimony_journal_device,
	campaign: m.testimony_journal_campaign,
	criterion: m.testimony_journal_criterion
};

/** Enough of an id to see that two lines speak of one interview. */
const REFERENCE = 8;

/** One line, in words. An act that this version does not know yet is shown as it is. */
export function inWords(
	{ act, subject, count, person, device }: JournalLine,
	{ people, devices, campaigns, criteria }: Names
): { what: string; about: string; who: string; where: string } {
	const known = Object.hasOwn(ACTS, act) ? ACTS[act] : undefined;
	const of = known?.of;
	const named = {
		device: devices.get(subject),
		campaign: campaigns.get(subject),
		criterion: criteria.get(judgementKey(subject)?.criterion ?? '')
	};
	const name =
		of === 'device' || of === 'campaign' || of === 'criterion'
			? (named[of] ?? NAMELESS[of]())
			: (people.get(subject) ?? m.testimony_journal_gone());
	return {
		what: known?.say({ subject: name, count }) ?? act,
		about:
			known?.of === 'testimony' && subject ? m.testimony_journal_reference({ id: subject.slice(0, REFERENCE) }) : '',
		who: whoIs(person, people),
		where: devices.get(device) ?? ''
	};
}

function whoIs(person: string, people: Names['people']): string {
	if (person === '') return m.testimony_journal_unknown();
	if (person === 'respondent') return m.testimony_journal_respondent();
	if (person === 'server') return m.testimony_journal_server();
	return people.get(person) ?? m.testimony_journal_gone();
}

/** Lines under the day they were written, as the reader's clock has it, newest first. */
export function byDay(lines: readonly JournalLine[]): { day: string; lines: JournalLine[] }[] {
	return [...groupBy(lines, ({ at }) => dayOf(at))].map(([day, lines]) => ({ day, lines }));
}
