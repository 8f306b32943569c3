import fc from 'fast-check';
import type { Change } from '$lib/domain/change';
import type { Indicator } from '$lib/domain/framework-shapes';
import type { Figure } from '$lib/domain/figures';
import { approvalOf } from '$lib/domain/excerpt';
import type { Approval } from '$lib/domain/excerpt-shapes';
import { modernFields } from '$lib/domain/former';
import type { Subject } from '$lib/domain/kinds/kind';
import { readingId, type ReadingKey } from '$lib/domain/reading';
import type { Fields } from '$lib/domain/record';
import type { Current } from '$lib/domain/record-shapes';
import { groupOf, type Distribution, type Group } from '$lib/domain/withholding';

/** The nth change id of a test: readable when a failure shows it. */
export const changeId = (n: number): string => `22222222-2222-4222-8222-${String(n).padStart(12, '0')}`;

let made = 1_000_000;

/** One value that stands on a field. */
export const standing = (value: unknown, change = changeId(++made)): Current => ({
	value,
	change,
	person: 'sandrine',
	at: '2014-11-12T10:00:00.000Z'
});

/** The fields of a record, each with the one value given; `contested(a, b)` gives a field several. */
export const fieldsOf = (values: { [field: string]: unknown }): Fields =>
	Object.fromEntries(
		Object.entries(values).map(([field, value]) => [
			field,
			value instanceof Contested ? value.values.map((one) => standing(one)) : [standing(value)]
		])
	);

class Contested {
	constructor(readonly values: unknown[]) {}
}
export const contested = (...values: unknown[]): Contested => new Contested(values);

const subject = (kind: string, id: string, values: { [field: string]: unknown }, about?: string): Subject => ({
	id,
	kind,
	owner: 'sandrine',
	...(about ? { about } : {}),
	fields: approvedAsItStands(modernFields(kind, fieldsOf(values))) // consents and answers may be written short, as the version before did
});

/** An approval written short is given for what stands beside it. */
function approvedAsItStands(fields: Fields): Fields {
	const approval = fields.approval?.map((one) => ({
		...one,
		value: approvalOf(fields, (one.value as Approval).decision)
	}));
	return approval ? { ...fields, approval } : fields;
}

/** A finished interview in Lourdes whose person agreed to everything. */
export const interviewRecord = (values: { [field: string]: unknown } = {}, id = 'interview-1'): Subject =>
	subject('interview', id, {
		campaign: '2014',
		stakeholder: 'employee',
		antenna: 'lourdes',
		criteria: ['estime'],
		state: 'finished',
		'consent:usage-evaluation': 'yes',
		'consent:citation-anonyme': 'yes',
		'consent:citation-prenom': 'yes',
		...values
	});

/** A passage of that interview, as added value to the criterion « estime ». */
export const excerptRecord = (values: { [field: string]: unknown } = {}, id = 'excerpt-1'): Subject =>
	subject(
		'excerpt',
		id,
		{
			campaign: '2014',
			stakeholder: 'employee',
			antenna: 'lourdes',
			criterion: 'estime',
			valence: 'added',
			quote: 'first-name',
			...values
		},
		'interview-1'
	);

/** What Lourdes typed for March. */
export const readingRecord = (values: { [field: string]: unknown }, key: Partial<ReadingKey> = {}): Subject =>
	subject(
		'reading',
		readingId({ campaign: '2014', place: 'lourdes', period: '2014-03', indicator: 'heures', ...key }),
		values
	);

/** A change of one record; `seen` names what was on the screen. */
export const changeOf = (n: number, fields: Change['fields'], seen: Change['seen'] = {}): Change => ({
	id: changeId(n),
	kind: 'interview',
	record: 'interview-1',
	fields,
	seen,
	at: '2014-11-12T10:00:00.000Z'
});

export const value = (amount: number, base = 0, missing = 0): Figure => ({ state: 'value', amount, base, missing });
export const notApplicable: Figure = { state: 'not-applicable' };

/** An indicator typed by the month in each antenna, whose amounts add up, unless said otherwise. */
export const indicatorOf = (more: Partial<Indicator> = {}): Indicator => ({
	id: 'heures',
	label: { fr: 'Heures' },
	kind: 'output',
	nature: 'quantitative',
	unit: 'heures',
	source: '',
	direction: 'neutral',
	frequency: 'quarterly',
	aggregateOverTime: 'sum',
	aggregateOverAntennas: 'sum',
	sensitivity: 'none',
	headline: false,
	...more
});

/** So many people who each chose one option: `answers({ 3: 4, 4: 2 })` are six people. */
export const answers = (chosen: { [level: string]: number }): Distribution => ({
	people: Object.values(chosen).reduce((sum, people) => sum + people, 0),
	details: Object.fromEntries(Object.entries(chosen).map(([level, people]) => [`value:${level}`, people]))
});

/** Groups of one to five antennas in which a few people each chose one of three levels. */
export const someGroup: fc.Arbitrary<Group> = fc
	.array(fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 7 }), fc.nat({ max: 7 })), { minLength: 1, maxLength: 5 })
	.map((places) =>
		groupOf(Object.fromEntries(places.map(([a, b, c], i) => [`antenna-${i}`, answers({ 1: a, 2: b, 3: c })])))
	);
