import { describe, expect, test } from 'vitest';
import { Enrol, isWeak, PersonEdit } from '$lib/domain/session';
import { inLanguage } from '$lib/domain/text';

const common = new Set(['motdepasse123', 'azertyuiop123']);

describe('a passphrase', () => {
	test.each([
		['short', 'onze lettre'],
		['empty', ''],
		['made of few letters', 'aaaaaaaabbbbcccc'],
		['common', 'motdepasse123'],
		['common, in capitals', 'MotDePasse123'],
		['eleven characters that look longer to a machine', '👩‍🌾'.repeat(3)]
	])('that is %s is weak', (_, passphrase) => {
		expect(isWeak(passphrase, common)).toBe(true);
	});

	test('of twelve characters is enough, whatever they are', () => {
		expect(isWeak('les gaves de', common)).toBe(false);
		expect(isWeak('ÉÀÜÇŒ éàüçœ1', common)).toBe(false);
		expect(isWeak('les gaves descendent vite', common)).toBe(false);
	});
});

describe('what a person types', () => {
	test('is taken without the spaces around it', () => {
		expect(PersonEdit.parse({ name: '  Sandrine ', grants: [{ role: 'counsellor', antennas: [] }] }).name).toBe(
			'Sandrine'
		);
	});

	test.each([
		[{ name: '   ', grants: [{ role: 'counsellor', antennas: [] }] }],
		[{ name: 'x'.repeat(81), grants: [{ role: 'counsellor', antennas: [] }] }],
		[{ name: 'Sandrine', grants: [] }],
		[{ name: 'Sandrine', grants: [{ role: 'king', antennas: [] }] }]
	])('%j adds nobody', (edit) => {
		expect(PersonEdit.safeParse(edit).success).toBe(false);
	});

	test('a device is named by its owner', () => {
		const device = { id: '00000000-0000-4000-8000-000000000001', name: 'Tablette bleue' };
		expect(Enrol.safeParse({ code: 'ABCDE-FGHJK', passphrase: 'x', device }).success).toBe(true);
		expect(Enrol.safeParse({ code: 'ABCDE-FGHJK', passphrase: 'x', device: { ...device, name: '' } }).success).toBe(
			false
		);
	});
});

test('words that are not translated are shown in French', () => {
	expect(inLanguage({ fr: 'critère', en: 'criterion' }, 'en')).toBe('criterion');
	expect(inLanguage({ fr: 'critère' }, 'en')).toBe('critère');
});
