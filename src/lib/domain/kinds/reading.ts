import * as z from 'zod/mini';
import type { Contribution } from '../contributions';
import { figureOf } from '../figures';
import { readingKey, ReadingValue } from '../reading';
import { differing, isContested } from '../record';
import { ALL, NOTHING, type Kind, type Subject } from './kind';
import { valueOf } from './values';

/** One figure of one place and period: its id says which. */
export const reading = {
	fields: {
		value: ReadingValue,
		comment: z.string().check(z.maxLength(500)),
		toConfirm: z.boolean() // an unlikely change, typed all the same and not yet confirmed
	},
	families: {},
	isId: (id: string): boolean => readingKey(id) !== undefined,
	rights: {
		counsellor: { write: 'none', receive: 'antennas' },
		'antenna-staff': { write: 'antennas', receive: 'antennas' },
		director: ALL,
		network: NOTHING
	},
	assigned: 'nobody',
	reserved: {},
	place: (id: string): string | undefined => readingKey(id)?.place,
	refusal: 'never',
	audience: ({ id }: Subject): string | undefined => `readings:${readingKey(id)?.place}`,
	contributions,
	personal: 'nothing'
} satisfies Kind;

function contributions(record: Subject): Contribution[] {
	const key = readingKey(record.id);
	if (!key) return [];
	const at = (detail: string, amount = 0, base = 0): Contribution => ({
		campaign: key.campaign,
		measure: 'reading',
		subject: key.indicator,
		stakeholder: '',
		place: key.place,
		period: key.period,
		detail,
		count: 1,
		amount,
		base
	});
	const figure = figureOf(valueOf('reading', record.fields, 'value'));
	const all: Contribution[] = [];
	if (figure.state === 'value') all.push(at('value', figure.amount, figure.base));
	if (figure.state === 'not-applicable') all.push(at('not-applicable'));
	if (all.length > 0 && valueOf('reading', record.fields, 'toConfirm') === true) all.push(at('to-confirm'));
	if (isContested(record.fields, 'value'))
		all.push({ ...at('contested'), count: differing(record.fields, 'value').length });
	return all;
}
