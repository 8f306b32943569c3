import type { Text } from '../domain/text-shapes';
import { inLanguage } from '../domain/text';
import { getLocale } from './generated/runtime';

export const language = (): string => getLocale();
const region = (): string => (language() === 'en' ? 'en-GB' : 'fr-FR');

/** The words of a language map, in the language of the interface. */
export const say = (text: Text): string => unbroken(inLanguage(text, language()).replace(/\u00a0([;?!])/g, '\u202f$1'));

/** The language of those words, where it is not the interface's: they are read aloud in it. */
export const tongue = (text: Text): 'fr' | undefined => (Object.hasOwn(text, language()) ? undefined : 'fr');

/** « salarié-e-s » held together: a line must not end at its hyphens. */
const unbroken = (text: string): string =>
	text.replace(/(?<=\p{L})-(?=(?:e|es|s|ne|nes|le|les|ve|ves|trice|trices|euse|euses)\b)/gu, '\u2060-\u2060');

/** Making a format costs more than a hundred uses of it: each is made once. */
const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
function made<Format extends Intl.NumberFormat | Intl.DateTimeFormat>(
	name: string,
	make: (region: string) => Format
): Format {
	const key = `${region()} ${name}`;
	const format = (formats.get(key) as Format | undefined) ?? make(region());
	formats.set(key, format);
	return format;
}

/** A number as it is read: a full no-break space between thousands, because the thin one is too thin in our face.
 * @param least digits after the comma that are always there, so that one number stands under another */
export const number = (value: number, digits = 0, least = 0): string =>
	made(
		`${least} ${digits}`,
		(region) => new Intl.NumberFormat(region, { minimumFractionDigits: least, maximumFractionDigits: digits })
	)
		.format(value)
		.replaceAll('\u202f', '\u00a0');

/** A number as a spreadsheet takes it: nothing between its thousands. */
export const bareNumber = (value: number, digits = 0): string =>
	new Intl.NumberFormat(region(), { maximumFractionDigits: digits, useGrouping: false }).format(value);

/** A share between 0 and 1 as a whole percentage. */
export const percent = (share: number): string => `${number(share * 100)}${language() === 'en' ? '' : '\u00a0'}%`;

const two = (part: number): string => String(part).padStart(2, '0');

/** The day, as `2014-03-09`, on which something was or is, where this device stands. A day without an hour is that day
 * everywhere. */
export function dayOf(when: string | Date): string {
	if (typeof when === 'string' && !when.includes('T')) return when;
	const date = new Date(when);
	return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

const PARTS = {
	day: { dateStyle: 'long' },
	short: { day: 'numeric', month: 'long' },
	week: { weekday: 'long', day: 'numeric', month: 'long' },
	month: { month: 'long', year: 'numeric' },
	mon: { month: 'short' }
} satisfies { [name: string]: Intl.DateTimeFormatOptions };

/** A day, or a month's first, in words. Which day it is has been settled before: here no clock moves it any more. */
export const inWords = (day: string, parts: keyof typeof PARTS): string =>
	made(parts, (region) => new Intl.DateTimeFormat(region, { ...PARTS[parts], timeZone: 'UTC' }))
		.format(new Date(day))
		.replace(/\b1 /, language() === 'en' ? '1 ' : '1ᵉʳ ');

/** « 26 novembre 2026 », of a moment or of a day. */
export const day = (when: string): string => inWords(dayOf(when), 'day');

export const shortDay = (when: string): string => inWords(dayOf(when), 'short');

export const today = (date: Date): string => {
	const text = inWords(dayOf(date), 'week');
	return text.charAt(0).toUpperCase() + text.slice(1);
};

/** « 14 h 32 », 14:32. */
export const time = (iso: string): string => {
	const date = new Date(iso);
	const [hours, minutes] = [date.getHours(), two(date.getMinutes())];
	return language() === 'en' ? `${two(hours)}:${minutes}` : `${hours}\u00a0h\u00a0${minutes}`;
};

/** A moment beside now: « aujourd’hui à 9 h 12 », « hier à 16 h 20 », « le 8 novembre à 10 h 04 ». */
export function moment(iso: string, now: Date): string {
	const [here, then] = [dayOf(now), dayOf(iso)];
	const days = (Date.parse(here) - Date.parse(then)) / 86_400_000;
	const english = language() === 'en';
	if (days === 0) return english ? `today at ${time(iso)}` : `aujourd’hui à ${time(iso)}`;
	if (days === 1) return english ? `yesterday at ${time(iso)}` : `hier à ${time(iso)}`;
	const when = here.slice(0, 4) === then.slice(0, 4) ? shortDay(then) : day(then);
	return english ? `on ${when} at ${time(iso)}` : `le ${when} à ${time(iso)}`;
}

/** How long it lasts, in minutes and seconds: « 0:42 ». */
export const length = (seconds: number): string => `${Math.floor(seconds / 60)}:${two(Math.floor(seconds % 60))}`;
