import type { Text } from '../domain/text';
import { inLanguage } from '../domain/text';
import { getLocale } from './generated/runtime';

const language = (): string => getLocale();
const region = (): string => (language() === 'en' ? 'en-GB' : 'fr-FR');

/** The words of a language map, in the language of the interface. */
export const say = (text: Text): string => unbroken(inLanguage(text, language()));

/** « salarié-e-s » held together: a line must not end at its hyphens. */
const unbroken = (text: string): string =>
	text.replace(/(?<=\p{L})-(?=(?:e|es|s|ne|nes|le|les|ve|ves|trice|trices|euse|euses)\b)/gu, '\u2060-\u2060');

/** A number as it is read: a full no-break space between thousands, because the thin one is too thin in our face. */
export const number = (value: number, digits = 0): string =>
	new Intl.NumberFormat(region(), { maximumFractionDigits: digits }).format(value).replaceAll('\u202f', '\u00a0');

/** A share between 0 and 1 as a whole percentage. */
export const percent = (share: number): string => `${number(share * 100)}${language() === 'en' ? '' : '\u00a0'}%`;

export const day = (iso: string): string =>
	new Date(iso).toLocaleDateString(region(), { day: 'numeric', month: 'long', year: 'numeric' });

export const shortDay = (iso: string): string =>
	new Date(iso).toLocaleDateString(region(), { day: 'numeric', month: 'long' });

export const today = (date: Date): string => {
	const text = date.toLocaleDateString(region(), { weekday: 'long', day: 'numeric', month: 'long' });
	return text.charAt(0).toUpperCase() + text.slice(1);
};

/** « 14 h 32 », 14:32. */
export const time = (iso: string): string => {
	const date = new Date(iso);
	const [hours, minutes] = [date.getHours(), String(date.getMinutes()).padStart(2, '0')];
	return language() === 'en' ? `${String(hours).padStart(2, '0')}:${minutes}` : `${hours}\u00a0h\u00a0${minutes}`;
};

/** A moment beside now: « aujourd’hui à 9 h 12 », « hier à 16 h 20 », « le 8 novembre à 10 h 04 ». */
export function moment(iso: string, now: Date): string {
	const days = Math.round((startOfDay(now) - startOfDay(new Date(iso))) / 86_400_000);
	const english = language() === 'en';
	if (days === 0) return english ? `today at ${time(iso)}` : `aujourd’hui à ${time(iso)}`;
	if (days === 1) return english ? `yesterday at ${time(iso)}` : `hier à ${time(iso)}`;
	const when = now.getFullYear() === new Date(iso).getFullYear() ? shortDay(iso) : day(iso);
	return english ? `on ${when} at ${time(iso)}` : `le ${when} à ${time(iso)}`;
}
const startOfDay = (date: Date): number => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** How long it lasts, in minutes and seconds: « 0:42 ». */
export const length = (seconds: number): string =>
	`${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** « mars 2014 », « 1er trimestre 2014 », « 2e semestre 2014 », « 2014 ». */
export function periodName(period: string): string {
	const [year, part] = [period.slice(0, 4), period.slice(5)];
	const english = language() === 'en';
	if (!part) return year;
	if (part.startsWith('Q')) return english ? `quarter ${part[1]}, ${year}` : `${ordinal(part[1]!)} trimestre ${year}`;
	if (part.startsWith('H')) return english ? `half ${part[1]}, ${year}` : `${ordinal(part[1]!)} semestre ${year}`;
	return new Date(`${period}-15T12:00:00Z`).toLocaleDateString(region(), { month: 'long', year: 'numeric' });
}

/** The period within its year, for the head of a column: « janv. », « T1 », « S2 », « 2014 ». */
export function periodShort(period: string): string {
	const part = period.slice(5);
	const english = language() === 'en';
	if (!part) return period;
	if (part.startsWith('Q')) return `${english ? 'Q' : 'T'}${part[1]}`;
	if (part.startsWith('H')) return `${english ? 'H' : 'S'}${part[1]}`;
	return new Date(`${period}-15T12:00:00Z`).toLocaleDateString(region(), { month: 'short' });
}
const ordinal = (n: string): string => (n === '1' ? '1er' : `${n}e`);
