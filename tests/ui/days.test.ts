import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { whenIs } from '../../src/routes/(field)/readings/grid';
import { byDay } from '../../src/routes/(office)/journal/lines';
import { clockSaid } from '$lib/words/age';
import { day, dayOf, moment, shortDay, time, today } from '$lib/words/format';
import { periodName } from '$lib/words/period';
import { overwriteGetLocale } from '$lib/words/generated/runtime';

const before = process.env.TZ;
const live = (zone: string) => (process.env.TZ = zone);
afterEach(() => {
	if (before === undefined) delete process.env.TZ;
	else process.env.TZ = before;
	overwriteGetLocale(() => 'fr');
});

const ZONES = [
	'America/Guadeloupe',
	'America/Cayenne',
	'Europe/Paris',
	'Indian/Reunion',
	'Pacific/Noumea',
	'Pacific/Tahiti'
];

describe.each(ZONES)('somebody who works at %s', (zone) => {
	test('reads a day that was stored as that day', () => {
		live(zone);
		expect(day('2026-11-26')).toBe('26 novembre 2026');
		expect(shortDay('2026-03-29')).toBe('29 mars');
		expect(dayOf('2026-10-25')).toBe('2026-10-25');
		overwriteGetLocale(() => 'en');
		expect(day('2026-11-26')).toBe('26 November 2026');
	});

	test('sees the day of the wall, at any hour of it', () => {
		live(zone);
		const hour = fc.record({ month: fc.nat(11), day: fc.integer({ min: 1, max: 28 }), minute: fc.nat(1439) });
		fc.assert(
			fc.property(hour, ({ month, day: date, minute }) => {
				const wall = new Date(2026, month, date, 0, minute);
				const expected = `2026-${String(month + 1).padStart(2, '0')}-${String(date).padStart(2, '0')}`;
				expect(dayOf(wall)).toBe(expected);
				expect(dayOf(wall.toISOString())).toBe(expected);
				expect(day(wall.toISOString())).toBe(day(expected));
			})
		);
	});

	test('fills the month that has begun where she is, not elsewhere', () => {
		live(zone);
		expect(whenIs('2026-11', dayOf(new Date(2026, 10, 1, 0, 5)))).toBe('current');
		expect(whenIs('2026-10', dayOf(new Date(2026, 9, 31, 23, 55)))).toBe('current');
		expect(whenIs('2026-11', dayOf(new Date(2026, 9, 31, 23, 55)))).toBe('future');
		expect(periodName('2026-11')).toBe('novembre 2026');
	});

	test('is told yesterday and today by her own midnight', () => {
		live(zone);
		const now = new Date(2026, 10, 26, 0, 5);
		expect(moment(new Date(2026, 10, 26, 0, 1).toISOString(), now)).toBe('aujourd’hui à 0\u00a0h\u00a001');
		expect(moment(new Date(2026, 10, 25, 23, 59).toISOString(), now)).toBe('hier à 23\u00a0h\u00a059');
		expect(moment(new Date(2026, 10, 24, 12, 0).toISOString(), now)).toBe('le 24 novembre à 12\u00a0h\u00a000');
		expect(moment(new Date(2025, 11, 31, 23, 0).toISOString(), new Date(2026, 0, 2))).toMatch(/^le 31 décembre 2025/);
	});

	test('finds the lines of the journal under the day she did it', () => {
		live(zone);
		const line = (at: Date) => ({
			number: 1,
			at: at.toISOString(),
			act: 'sign-in',
			person: '',
			device: '',
			subject: '',
			count: 0
		});
		const lines = [
			line(new Date(2026, 10, 26, 23, 50)),
			line(new Date(2026, 10, 26, 0, 10)),
			line(new Date(2026, 10, 25, 23, 50))
		];
		expect(byDay(lines as Parameters<typeof byDay>[0]).map(({ day, lines }) => [day, lines.length])).toEqual([
			['2026-11-26', 2],
			['2026-11-25', 1]
		]);
	});
});

test('at Guadeloupe, half past eleven on 26 November is 26 November', () => {
	live('America/Guadeloupe');
	const begun = new Date('2026-11-26T15:30:00.000Z');
	expect(dayOf(begun)).toBe('2026-11-26');
	expect(day(dayOf(begun))).toBe('26 novembre 2026');
	expect(time(begun.toISOString())).toBe('11\u00a0h\u00a030');
	expect(today(begun)).toBe('Jeudi 26 novembre');
});

test('in Paris both changes of hour leave every day one day apart from the next', () => {
	live('Europe/Paris');
	// 29 March has 23 hours, 25 October 25.
	expect(moment('2026-03-28T23:30:00.000Z', new Date('2026-03-29T22:30:00.000Z'))).toMatch(/^hier à 0/);
	expect(moment('2026-03-28T22:30:00.000Z', new Date('2026-03-29T21:30:00.000Z'))).toMatch(/^hier à 23/);
	expect(moment('2026-10-24T21:30:00.000Z', new Date('2026-10-25T22:30:00.000Z'))).toMatch(/^hier à 23/);
	expect(moment('2026-10-25T00:30:00.000Z', new Date('2026-10-25T22:30:00.000Z'))).toBe(
		'aujourd’hui à 2\u00a0h\u00a030'
	);
	expect(moment('2026-10-25T01:30:00.000Z', new Date('2026-10-25T22:30:00.000Z'))).toBe(
		'aujourd’hui à 2\u00a0h\u00a030'
	);
});

test('the first of a month is said as one says it', () => {
	expect(day('2026-11-01')).toBe('1ᵉʳ novembre 2026');
	expect(day('2026-11-11')).toBe('11 novembre 2026');
	expect(today(new Date(2026, 10, 1))).toBe('Dimanche 1ᵉʳ novembre');
	expect(periodName('2026-Q1')).toBe('1ᵉʳ trimestre 2026');
	expect(periodName('2026-Q3')).toBe('3ᵉ trimestre 2026');
	overwriteGetLocale(() => 'en');
	expect(day('2026-11-01')).toBe('1 November 2026');
});

describe('a clock beside headquarters’', () => {
	const at = (iso: string) => new Date(iso);
	const synced = '2026-11-26T10:00:00.000Z';

	test('is not spoken of when it is near enough, or was never set beside it', () => {
		expect(clockSaid({ offset: 60_000, syncedAt: synced }, at('2026-11-26T12:00:00.000Z'))).toBeUndefined();
		expect(clockSaid({ syncedAt: null }, at('2001-01-01T00:00:00.000Z'))).toBeUndefined();
	});

	test('that is years off is said in years', () => {
		expect(clockSaid({ offset: -3 * 366 * 86_400_000, syncedAt: synced }, at('2029-11-27T10:00:00.000Z'))).toMatch(
			/avance de 3 ans/
		);
	});

	test('that has gone back since the last exchange is said, though it was right then', () => {
		expect(clockSaid({ offset: 0, syncedAt: synced }, at('2020-01-01T00:00:00.000Z'))).toMatch(/retarde de 6 ans/);
	});
});
