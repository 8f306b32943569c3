import type { Text } from './text-shapes';

/** What an amount is measured in. Without `decimals` its amounts are whole; without `signed` they begin at zero. */
export type Measure = { label?: Text | undefined; decimals?: number | undefined; signed?: boolean | undefined };

/** Why what is typed is no amount of its unit. */
export type Misread = 'letters' | 'several' | 'mark' | 'sign' | 'decimals' | 'size';

/** How a language writes numbers. A French numeric pad types a point for the comma: it is read as one, except where it may
 * be somebody's sign between thousands. */
const FRENCH = /^(?![1-9]\d{0,2}\.\d{3}$)(?:\d*|[1-9]\d{0,2}(?: \d{3})+)(?:[.,]\d*)?$/;
const ENGLISH = /^(?:\d*|[1-9]\d{0,2}(?:(?: \d{3})+|(?:,\d{3})+))(?:\.\d*)?$/;

/** Reads a number as people type it in their language: « 1 184,50 », « ,5 », « 29192,8 € »; 1,184.5 in English. Two numbers
 * are never put together: digits are grouped by three, or not at all.
 * @returns a whole number of the unit's smallest step, or why it is not one */
export function readAmount(text: string, { label, decimals = 0, signed }: Measure, language: string): number | Misread {
	const shown = text.replace(/\p{Cf}/gu, '').trim();
	if (/[^\S \u00a0\u202f\u2009]/.test(shown)) return 'several'; // lines and cells of something pasted
	const parts = /^([^\d.,+−–-]*)([+−–-]?)\s*([.,\d](?:[.,\d\s]*[.,\d])?)(\D.*)?$/u.exec(shown);
	if (!parts) return 'letters';
	const [, before = '', sign, digits = '', after = ''] = parts;
	const words = [before, after].map((word) => word.trim()).filter(Boolean);
	if (!/\d/.test(digits)) return 'letters';
	if (words.length > 1 || !words.every((word) => isUnit(word, label))) return /\d/.test(after) ? 'several' : 'letters';
	if (sign && !signed) return 'sign';
	const plain = digits.replace(/\s/g, ' ');
	const [own, foreign] = language === 'en' ? [ENGLISH, FRENCH] : [FRENCH, ENGLISH];
	if (!own.test(plain)) return plain.includes(' ') && !foreign.test(plain) ? 'several' : 'mark';
	const [whole = '', fraction = ''] = plain.replace(language === 'en' ? /[ ,]/g : / /g, '').split(/[.,]/);
	// « 1,000 » may be a thousand: better ask than guess.
	const isThousand = fraction.length === 3 && decimals < 3;
	if (isThousand || fraction.replace(/0+$/, '').length > decimals) return 'decimals';
	const amount = Number(whole + fraction.slice(0, decimals).padEnd(decimals, '0'));
	if (!Number.isSafeInteger(amount)) return 'size';
	return amount !== 0 && sign !== '' && sign !== '+' ? -amount : amount;
}

/** Signs that stand for the first word of a unit. */
const SIGNS = [
	['€', 'euro', 'euros', 'eur'],
	['heures', 'h'],
	['hours', 'h', 'hrs'],
	['jours', 'j'],
	['days', 'd']
];

/** Whether a word names this unit: its label in any language, the beginning of it, its sign. */
function isUnit(word: string, label: Text | undefined): boolean {
	const typed = folded(word);
	const stem = typed.replace(/[sx]$/, '');
	return Object.values(label ?? {}).some((one) => {
		const whole = folded(one);
		const first = folded(one.split(/\s/)[0]!);
		if (typed === first || (stem.length >= 3 && whole.startsWith(stem))) return true;
		return SIGNS.some((signs) => signs[0] === first && signs.includes(typed));
	});
}

const folded = (word: string): string =>
	word
		.normalize('NFKD')
		.replace(/[\p{M}\p{Pd}\p{Cf}\s.]/gu, '')
		.toLowerCase();

/** A number that is asked for within bounds, all in the smallest step of its unit. */
export type Bounds = { decimals: number; min: number; max: number };

/** Reads what is typed where a number within bounds is asked for. Nothing typed is no number, never zero.
 * @returns the number, or why what is typed is not one */
export function readNumber(
	text: string,
	{ min, max, ...measure }: Bounds & Measure,
	language: string
): { amount: number | undefined } | { problem: Exclude<Misread, 'sign' | 'size'> | 'outside' } {
	if (text.trim() === '') return { amount: undefined };
	const amount = readAmount(text, { ...measure, signed: true }, language);
	if (amount === 'size' || amount === 'sign') return { problem: 'outside' };
	if (typeof amount === 'string') return { problem: amount };
	return amount < min || amount > max ? { problem: 'outside' } : { amount };
}
