import { describe, expect, test } from 'vitest';
import { isBlock, readBlock } from '$lib/report/clipboard';

describe('what a spreadsheet puts on the clipboard', () => {
	test('lines and columns, the last line ended or not', async () => {
		expect(await readBlock('1\t2\r\n3\t4\r\n')).toEqual([
			['1', '2'],
			['3', '4']
		]);
		expect(await readBlock('1\t\n\t4')).toEqual([
			['1', ''],
			['', '4']
		]);
	});

	test('a quoted cell holds lines, tabs and quotes, and is one cell', async () => {
		expect(await readBlock('"41\n47"\t"a\tb"\t"dit ""oui"""\r\n5\t6\t7')).toEqual([
			['41\n47', 'a\tb', 'dit "oui"'],
			['5', '6', '7']
		]);
	});

	test('one cell is no block, with the end of line that spreadsheets add to it', () => {
		expect(isBlock('1 184,50\r\n')).toBe(false);
		expect(isBlock('120\t130')).toBe(true);
		expect(isBlock('41\n47')).toBe(true);
	});
});
