/** Codes that people read aloud and type: no letter that looks like a digit, 5 bits a character, 50 in all. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
export const CODE_LENGTH = 10;

/** @param bytes random, one a character */
export const codeFrom = (bytes: Uint8Array): string =>
	[...bytes.slice(0, CODE_LENGTH)]
		.map((byte) => ALPHABET[byte & 31])
		.join('')
		.replace(/(.{5})(?=.)/g, '$1-');

/** How a code was typed does not matter. */
export const plainCode = (code: string): string => code.toUpperCase().replace(/[^A-Z0-9]/g, '');

/** What is hashed of a respondent's receipt code: it holds for one structure. */
export const receiptText = (structure: string, code: string): string => `receipt|${structure}|${plainCode(code)}`;
