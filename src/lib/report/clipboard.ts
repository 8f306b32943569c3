const LAST_BREAK = /(?:\r\n?|\n)$/; // spreadsheets end every line, the last one too

/** Whether what is on the clipboard is more than one cell. */
export const isBlock = (text: string): boolean => /[\t\r\n]/.test(text.replace(LAST_BREAK, ''));

/** The cells of what a spreadsheet put on the clipboard, line by line. Its reader is loaded by the first paste. */
export async function readBlock(text: string): Promise<string[][]> {
	const { default: papa } = await import('papaparse');
	return papa.parse<string[]>(text.replace(LAST_BREAK, ''), { delimiter: '\t' }).data;
}
