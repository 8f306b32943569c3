import { describe, expect, test } from 'vitest';
import { antennasOf, hasRole, type Actor } from '$lib/domain/actor';
import { audiencesFor, mayWrite } from '$lib/domain/rights';
import { readingId } from '$lib/domain/reading';
import type { Change } from '$lib/domain/change';
import type { Subject } from '$lib/domain/kinds/kind';
import type { Role } from '$lib/domain/structure';
import { changeOf, excerptRecord, fieldsOf, interviewRecord } from '../support/records';

const actor = (id: string, ...grants: [Role, ...string[]][]): Actor => ({
	id,
	grants: grants.map(([role, ...antennas]) => ({ role, antennas }))
});
const claire = actor('claire', ['director']);
const sandrine = actor('sandrine', ['counsellor', 'lourdes']);
const paul = actor('paul', ['antenna-staff', 'lourdes']);
const region = actor('region', ['network']);
const julien = actor('julien', ['counsellor', 'tarbes'], ['antenna-staff', 'lourdes']);
const nobody = actor('nobody');

const PEOPLE = ['claire', 'sandrine', 'paul', 'julien'];
const ANTENNAS = ['tarbes', 'lourdes'];

describe('what a person’s devices receive', () => {
	test.each([
		['a counsellor', sandrine, ['structure', 'interviews:sandrine', 'excerpts:sandrine', 'readings:lourdes']],
		['antenna staff', paul, ['structure', 'interviews:paul', 'excerpts:paul', 'readings:lourdes']],
		[
			'the director',
			claire,
			[
				'structure',
				'interviews:claire',
				...PEOPLE.map((person) => `excerpts:${person}`),
				'readings:tarbes',
				'readings:lourdes',
				'readings:structure',
				'office'
			]
		],
		[
			'one with two roles',
			julien,
			['structure', 'interviews:julien', 'excerpts:julien', 'readings:tarbes', 'readings:lourdes']
		],
		['the network', region, []],
		['one without a role', nobody, []]
	])('%s', (_, who, audiences) => {
		expect(audiencesFor(who, PEOPLE, ANTENNAS)).toEqual(audiences);
	});

	test('nobody, the director included, receives somebody else’s raw interviews', () => {
		for (const who of [claire, sandrine, paul, region, julien])
			for (const audience of audiencesFor(who, PEOPLE, ANTENNAS))
				if (audience.startsWith('interviews:')) expect(audience).toBe(`interviews:${who.id}`);
	});

	test('a director’s other role narrows nothing', () => {
		const both = actor('claire', ['counsellor', 'lourdes'], ['director']);
		expect(antennasOf(both)).toBeUndefined();
		expect(audiencesFor(both, PEOPLE, ANTENNAS)).toEqual(audiencesFor(claire, PEOPLE, ANTENNAS));
		expect(hasRole(both, 'director') && hasRole(both, 'counsellor')).toBe(true);
	});
});

describe('who may write what', () => {
	const change = (kind: string, fields: Change['fields'] = {}, record = 'record-1'): Change => ({
		...changeOf(1, fields),
		kind,
		record
	});
	const reading = (place: string) =>
		change(
			'reading',
			{ value: { amount: 1 } },
			readingId({ campaign: '2014', place, period: '2014-03', indicator: 'x' })
		);
	const own = (who: Actor): Subject => ({ ...interviewRecord(), owner: who.id });
	const excerptBy = (owner: string): Subject => ({ ...excerptRecord(), owner });
	const may = (who: Actor, what: Change, record?: Subject, interview?: Subject) =>
		mayWrite(who, what, record, { interview });
	const all = { claire, sandrine, paul, region, julien, nobody };
	const allowed = (what: Change, record?: Subject, interview?: Subject) =>
		Object.entries(all)
			.filter(([, who]) => may(who, what, record, interview))
			.map(([name]) => name);

	test.each([
		['a reading of Lourdes', reading('lourdes'), ['claire', 'paul', 'julien']],
		['a reading of Tarbes', reading('tarbes'), ['claire']],
		['a reading of the structure as a whole', reading('structure'), ['claire']],
		['a reading that is no cell', change('reading', {}, 'reading:x'), []],
		[
			'a new interview in Lourdes',
			change('interview', { antenna: 'lourdes' }),
			['claire', 'sandrine', 'paul', 'julien']
		],
		['a new interview in Tarbes', change('interview', { antenna: 'tarbes' }), ['claire', 'julien']],
		['a campaign', change('campaign'), ['claire']],
		['a framework', change('framework'), ['claire']],
		['an antenna', change('antenna'), ['claire']],
		['the structure', change('structure'), ['claire']],
		['a judgement', change('judgement', { summary: 'x' }, 'judgement:2014:estime'), ['claire']],
		['a judgement of nothing', change('judgement', { summary: 'x' }), []],
		['a new action', change('action', { words: 'x' }), ['claire']],
		['a person', change('person'), []],
		['what nobody knows', change('visit'), []]
	])('%s: %j', (_, what, people) => {
		expect(allowed(what)).toEqual(people);
	});

	test('an interview: only who took it, and only to antennas of theirs', () => {
		expect(allowed(change('interview', { note: 'x' }), own(sandrine))).toEqual(['sandrine']);
		expect(may(sandrine, change('interview', { antenna: 'tarbes' }), own(sandrine))).toBe(false);
		expect(may(julien, change('interview', { antenna: 'tarbes' }), own(julien))).toBe(true);
		expect(may(claire, change('interview', { note: 'x' }), own(sandrine))).toBe(false);
		const elsewhere = { ...interviewRecord({ antenna: 'tarbes' }), owner: 'sandrine' };
		expect(may(sandrine, change('interview', { note: 'x' }), elsewhere)).toBe(false);
	});

	test('an excerpt: its interviewer, and the director who reviews it', () => {
		expect(allowed(change('excerpt', { valence: 'added' }), excerptBy('sandrine'), own(sandrine))).toEqual([
			'claire',
			'sandrine'
		]);
		expect(may(paul, change('excerpt', { valence: 'added' }), undefined, own(sandrine))).toBe(false);
		expect(may(region, change('excerpt', { valence: 'added' }))).toBe(false);
	});

	test('an action: whoever it is stored to be given to says how far it has come, and nothing else', () => {
		const given = (owner: string | null): Subject => ({
			...{ id: 'record-1', kind: 'action', owner: 'claire' },
			fields: fieldsOf({ words: 'Prêter un scooter', owner })
		});
		const done = change('action', { state: 'done', note: 'Prêté en mars.' });
		expect(allowed(done, given('sandrine'))).toEqual(['claire', 'sandrine']);
		expect(allowed(done, given('paul'))).toEqual(['claire', 'paul']);
		expect(allowed(done, given(null))).toEqual(['claire']);
		expect(allowed(done)).toEqual(['claire']);
		for (const fields of [{ words: 'Autre' }, { due: null }, { state: 'done', owner: 'sandrine' }, { deleted: null }])
			expect(allowed(change('action', fields), given('sandrine'))).toEqual(['claire']);
		// To take it for oneself is not to have been given it.
		expect(allowed(change('action', { owner: 'sandrine' }), given('paul'))).toEqual(['claire']);
	});

	test('approving an excerpt: the director alone, in whatever way it is asked', () => {
		expect(allowed(change('excerpt', { approval: 'approved' }), excerptBy('sandrine'), own(sandrine))).toEqual([
			'claire'
		]);
		expect(allowed(change('excerpt', { valence: 'added', approval: 'approved' }), undefined, own(sandrine))).toEqual([
			'claire'
		]);
	});
});
