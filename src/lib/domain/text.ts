import type { Text } from './text-shapes';

/** The words in the asked language, or in French where they are not translated. */
export const inLanguage = (text: Text, language: string): string =>
	(Object.hasOwn(text, language) ? text[language] : undefined) ?? text.fr;

/** Words as they are kept: composed letters (NFC), lines that end in LF, so that the same words are the same text. */
export const kept = (text: string): string => text.normalize('NFC').replace(/\r\n?/g, '\n');

/** How long the name of a person, a place, a campaign or a device may be, and a mark for one’s own use. */
export const MAX_NAME = 80;
/** How long a remark beside a figure, or the reason of a decision. */
export const MAX_REMARK = 500;

/** As much of a text as a field of a record can hold, from its beginning, and how many characters are left over. */
export function fit(text: string, limit: number): { held: string; over: number } {
	const whole = kept(text);
	if (whole.length <= limit) return { held: whole, over: 0 };
	const isSplit = /[\ud800-\udbff]/.test(whole[limit - 1]!); // never half a character
	const held = whole.slice(0, isSplit ? limit - 1 : limit);
	return { held, over: [...whole.slice(held.length)].length };
}
