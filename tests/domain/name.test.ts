import { describe, expect, test } from 'vitest';
import { isMadeOf, nameKey, visible } from '$lib/domain/name';

describe('one person', () => {
	test.each([
		['N’Diaye', "N'Diaye"],
		['N’Diaye', 'n´diaye'],
		['N’Diaye', 'Nʼdiaye'],
		['N’Diaye', 'N’ Diaye'],
		['Élodie', 'elodie'],
		['Élodie', 'E\u0301lodie'],
		['Jean-Pierre', 'Jean Pierre'],
		['Jean-Pierre', 'Jean‑Pierre'],
		['Claire', 'Cla\u200bire'],
		['Claire', '\u202eClaire\u202c'],
		['Claire', 'Cl\u00adaire'],
		['Claire', '\ufeffClaire '],
		['Claire', 'Сlаire'], // Cyrillic С and а
		['Nora', 'Νora'], // Greek Ν
		['Claire', 'Ｃｌａｉｒｅ'],
		['Lœtitia', 'Loetitia'],
		['Karim  B.', 'Karim B.']
	])('« %s » and « %s »', (one, other) => {
		expect(nameKey(other)).toBe(nameKey(one));
	});

	test.each([
		['Claire', 'Clara'],
		['Jean', 'Jeanne'],
		['Karim B.', 'Karim C.'],
		['Diaye', 'N’Diaye']
	])('is not « %s » and « %s »', (one, other) => {
		expect(nameKey(other)).not.toBe(nameKey(one));
	});

	test('is written without what cannot be seen', () => {
		expect(visible(' Cla\u200bire\u202e\tN’Di\u0000aye ')).toBe('Claire N’Diaye');
	});
});

describe('a passphrase', () => {
	test.each([
		'Claire N’Diaye',
		'claire n diaye',
		'NDIAYE claire',
		"n'diaye-claire-1984",
		'1984!!Claire_NDiaye!!',
		'claireclaireclaire',
		'le claire ndiaye',
		'Сlаire NDiaye'
	])('« %s » is the name of Claire N’Diaye', (text) => {
		expect(isMadeOf(text, 'Claire N’Diaye')).toBe(true);
	});

	test.each(['cheval agrafe pile correct', 'claire fontaine au matin', 'une autre phrase à moi', '123456789012'])(
		'« %s » is not',
		(text) => {
			expect(isMadeOf(text, 'Claire N’Diaye')).toBe(false);
		}
	);
});
