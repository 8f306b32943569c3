import { expect, test } from 'vitest';
import { templateFramework } from '$lib/server/templates';
import { itemFor, STAKEHOLDERS, wordedFor } from '$lib/domain/framework';
import type { ConsentUse } from '$lib/domain/framework-shapes';
import { agreementSentence } from '$lib/words/agreements';
import { itemsToAsk, openItems } from '../../src/routes/(field)/interviews/agreement';

const framework = await templateFramework();
const items = framework.consentItems;
const given =
	(answers: { [use in ConsentUse]?: 'yes' | 'no' }) =>
	(id: string): 'yes' | 'no' | undefined =>
		answers[items.find((item) => item.id === id)!.use!];
const uses = (found: typeof items) => found.map(({ use }) => use);

test('what was not answered at the agreement is asked again', () => {
	expect(uses(openItems(items, given({})))).toEqual(['evaluation', 'quotation', 'contact']);
	expect(uses(openItems(items, given({ evaluation: 'yes', contact: 'no' })))).toEqual(['quotation']);
	expect(uses(openItems(items, given({ evaluation: 'yes', quotation: 'no', contact: 'no' })))).toEqual([]);
});

test('somebody who is quoted is asked how they are named, and nobody else', () => {
	const answers = { evaluation: 'yes', quotation: 'yes', contact: 'no' } as const;
	expect(uses(openItems(items, given(answers)))).toEqual(['role', 'first-name']);
	expect(uses(itemsToAsk(items, given({ ...answers, quotation: 'no' })))).toEqual([
		'evaluation',
		'quotation',
		'contact'
	]);
});

test('somebody who objects is asked nothing more', () => {
	expect(openItems(items, given({ evaluation: 'no' }))).toEqual([]);
});

test('the voice is asked about before the first recording, and can be changed after that', () => {
	expect(uses(itemsToAsk(items, given({})))).not.toContain('voice');
	expect(uses(itemsToAsk(items, given({ voice: 'no' })))).toContain('voice');
});

test('each item is asked in one sentence, in words that are true for whoever hears it', () => {
	for (const stakeholder of STAKEHOLDERS) {
		const sentences = items.map((item) => agreementSentence(item, stakeholder));
		expect(new Set(sentences).size).toBe(items.length);
	}
	const role = itemFor(framework, 'role')!;
	expect(new Set(STAKEHOLDERS.map((stakeholder) => wordedFor(role, stakeholder).fr)).size).toBe(STAKEHOLDERS.length);
	expect(agreementSentence(role, 'elected-official')).toContain('une personne élue');
});

test('a version without words of its own for a stakeholder keeps those for everybody', () => {
	const { textFor: _, ...role } = itemFor(framework, 'role')!;
	expect(agreementSentence(role, 'client')).toBe(role.text.fr);
});
