import { describe, expect, test } from 'vitest';
import { findIndicator } from '$lib/domain/framework';
import type { Added, Shown } from '$lib/domain/sheets/figures';
import { templateFramework } from '$lib/server/templates';
import { writingOf } from '$lib/words/sheets';

const framework = await templateFramework();
const over = (indicator: string, base: number, added: Partial<Added> = {}): string | undefined => {
	const shown: Shown = {
		state: 'value',
		value: 62.5,
		base,
		missing: 0,
		added: { periods: false, antennas: false, ...added }
	};
	return writingOf(framework, findIndicator(framework, indicator)!).base(shown);
};

describe('what a figure was divided by', () => {
	test('is people where they are counted once: in one place and one period', () => {
		expect(over('mixite-part-femmes', 116)).toBe('sur 116 personnes');
	});

	test('is not called people once antennas or periods are added up: one of them may be counted twice', () => {
		expect(over('mixite-part-femmes', 116, { antennas: true })).toBe('sur 116, antennes additionnées');
		expect(over('profils-eloignes-emploi', 116, { periods: true })).toBe('sur 116, périodes additionnées');
		expect(over('finances-heures-par-personne', 116, { antennas: true, periods: true })).toBe(
			'sur 116, antennes et périodes additionnées'
		);
	});

	test('keeps its name where adding up counts nothing twice', () => {
		expect(over('besoins-demandes-satisfaites', 340, { antennas: true, periods: true })).toBe('sur 340 demandes');
	});
});
