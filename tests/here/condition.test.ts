import { expect, test } from 'vitest';
import { conditionOf } from '$lib/here/condition';

const rest = { at: 'rest', outcome: undefined, retryIn: undefined } as const;
const nothing = { unsent: 0, refused: 0, contested: 0, syncedAt: '2014-11-12T10:00:00.000Z' };

test('all is well only where nothing waits, nothing was refused and nothing stands in two values', () => {
	expect(conditionOf(rest, nothing)).toBe('current');
	expect(conditionOf(rest, { ...nothing, contested: 1 })).toBe('contested');
	expect(conditionOf(rest, { ...nothing, contested: 1, unsent: 2 })).toBe('waiting');
	expect(conditionOf(rest, { ...nothing, contested: 1, refused: 1, unsent: 2 })).toBe('refused');
	expect(conditionOf(rest, { ...nothing, syncedAt: null })).toBe('never');
});
