import { describe, expect, test } from 'vitest';
import { isTravelling } from '$lib/local/arrivals';
import { Travelling } from '$lib/domain/sync';

const CHANGE = '0198c0de-0000-7000-8000-000000000001';
const made = (more: object = {}) => ({
	...{ id: 'r1', kind: 'interview', owner: 'sandrine', about: 'r0', audience: 'office', sequence: 4 },
	fields: [
		[[CHANGE, 'sandrine', '2014-11-12T10:00:00.000Z']],
		{
			label: [['K.', 0]],
			note: [
				[null, 0],
				[{ words: 'x' }, 0]
			]
		}
	],
	...more
});

describe('a record that arrives', () => {
	test.each([
		made(),
		made({ about: undefined }),
		made({ later: 'a version may say more' }),
		made({ fields: [[], {}] })
	])('is taken as it is where it surely is one: %j', (record) => {
		expect(isTravelling(record)).toBe(true);
		expect(Travelling.safeParse(record).success).toBe(true);
	});

	const BY = [CHANGE, 'sandrine', ''];
	test.each([
		...[null, 'x', [], {}, 4].map((fields) => made({ fields })),
		...['id', 'kind', 'owner', 'audience', 'sequence', 'fields'].map((field) => made({ [field]: undefined })),
		...['', 'a b', '<b>', 'x'.repeat(201), 4, null].flatMap((id) => [
			made({ id }),
			made({ owner: id }),
			made({ about: id })
		]),
		...[1.5, '4', NaN, null, 2 ** 53].map((sequence) => made({ sequence })),
		made({ fields: [[BY], { label: [['K.', 1]] }] }), // written by nobody
		made({ fields: [[BY], { label: [['K.', -1]] }] }),
		made({ fields: [[BY], { label: [['K.', 0.5]] }] }),
		made({ fields: [[BY], { label: [['K.']] }] }),
		made({ fields: [[BY], { label: [['K.', 0, 0]] }] }),
		made({ fields: [[BY], { label: 'K.' }] }),
		made({ fields: [[BY], null] }),
		made({ fields: [[BY], []] }),
		made({ fields: [[BY], {}, 1] }),
		made({ fields: [[BY.slice(1)], {}] }),
		made({ fields: [[['x', 'sandrine', '']], {}] }),
		made({ fields: [[[CHANGE, '', '']], {}] }),
		made({ fields: [[[CHANGE, 'sandrine', 4]], {}] }),
		made({ fields: [['x'], {}] })
	])('is left to its schema where it is not: %j', (record) => {
		expect(isTravelling(record)).toBe(false);
	});

	test.each([undefined, null, 4, 'x', [], JSON.parse(JSON.stringify(made()).replace('"label"', '"__proto__"'))])(
		'and so is what is no record at all: %j',
		(one: unknown) => {
			expect(isTravelling(one)).toBe(false);
		}
	);
});
