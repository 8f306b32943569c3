import type { Stakeholder } from './framework-shapes';
import { contestedFields, inUse, type Fields } from './record';

/** What a judgement is of. Its id says it, so that two directors who write without a network meet in one record. */
export type JudgementKey = { campaign: string; criterion: string };

export const judgementId = ({ campaign, criterion }: JudgementKey): string => `judgement:${campaign}:${criterion}`;

/** What a judgement's id says, or nothing when it is not one. */
export function judgementKey(id: string): JudgementKey | undefined {
	const [kind, campaign, criterion, ...rest] = id.split(':');
	return kind === 'judgement' && campaign && criterion && rest.length === 0 ? { campaign, criterion } : undefined;
}

/** The words of a judgement, in the order they are read. */
export const JUDGED = ['summary', 'strengths', 'limits', 'proposals'] as const;
export type Judged = (typeof JUDGED)[number];

/** Where a judgement stands. `again`: it was finished, and two people have since written different things. */
export type JudgementStage = 'to-write' | 'under-way' | 'finished' | 'again';

export function stageOf(fields: Fields | undefined): JudgementStage {
	if (!fields) return 'to-write';
	const isFinished = inUse(fields, 'state') === 'finished';
	if (isFinished) return contestedFields(fields).length > 0 ? 'again' : 'finished';
	const isWritten = JUDGED.some((field) => inUse(fields, field)) || supportsIn(fields).length > 0;
	return isWritten ? 'under-way' : 'to-write';
}

/** Something a judgement rests on, by its id alone: what it says is read where it stands, by who may see it. */
export type Support =
	| { on: 'figure'; indicator: string }
	| { on: 'answer'; question: string; stakeholder: Stakeholder }
	| { on: 'quote'; quote: string };

/** The field of a support: one each, so that two people can add two. */
export function supportField(support: Support): `support:${string}` {
	switch (support.on) {
		case 'figure':
			return `support:figure:${support.indicator}`;
		case 'answer':
			return `support:answer:${support.question}:${support.stakeholder}`;
		case 'quote':
			return `support:quote:${support.quote}`;
	}
}

function supportOf(field: string): Support | undefined {
	const [family, on, id, stakeholder] = field.split(':');
	if (family !== 'support' || !id) return undefined;
	if (on === 'figure') return { on, indicator: id };
	if (on === 'answer' && stakeholder) return { on, question: id, stakeholder: stakeholder as Stakeholder };
	return on === 'quote' ? { on, quote: id } : undefined;
}

export type Supporting = { field: string; support: Support; number: number };

/** What a judgement rests on, in the order of the numbers by which its words name it. Two people who wrote without a network
 * may have given one number twice: it then stands for both. */
export function supportsIn(fields: Fields): Supporting[] {
	return Object.keys(fields)
		.flatMap((field) => {
			const support = supportOf(field);
			const value = inUse(fields, field) as { number: number } | null | undefined;
			return support && value ? { field, support, number: value.number } : [];
		})
		.sort((a, b) => a.number - b.number || (a.field < b.field ? -1 : 1));
}

/** The number that the next support gets: never one that the words may still name. */
export function nextNumber(fields: Fields): number {
	const all = Object.keys(fields)
		.filter((field) => field.startsWith('support:'))
		.flatMap((field) => fields[field]!.map(({ value }) => (value as { number: number } | null)?.number ?? 0));
	const named = JUDGED.flatMap((field) =>
		[...String(inUse(fields, field) ?? '').matchAll(MARK)].map(([, n]) => Number(n))
	);
	return Math.max(0, ...all, ...named) + 1;
}

/** How words name a support: `[3]`. */
const MARK = /\[(\d{1,3})\]/g;
export const markOf = (number: number): string => `[${number}]`;

/** Words cut where they name a support: texts and numbers, as they are read. Any other number in brackets is words. */
export function cutAtMarks(words: string, supports: ReadonlySet<number>): (string | number)[] {
	const parts: (string | number)[] = [];
	let from = 0;
	for (const { 0: mark, 1: number, index } of words.matchAll(MARK)) {
		if (!supports.has(Number(number))) continue;
		const before = words.slice(from, index).replace(/ $/, ''); // the sign stands by its word
		parts.push(...(before === '' ? [] : [before]), Number(number));
		from = index + mark.length;
	}
	const rest = words.slice(from);
	return rest === '' ? parts : [...parts, rest];
}

/** The lines of a list that is written one a line. */
export const linesOf = (words: string): string[] =>
	words
		.split('\n')
		.map((line) => line.replace(/^\s*[-•–]\s+/, '').trim())
		.filter((line) => line !== '');
