import { inWords, language } from './format';

/** « mars 2014 », « 1ᵉʳ trimestre 2014 », « 2ᵉ semestre 2014 », « 2014 ». */
export function periodName(period: string): string {
	const [year, part] = [period.slice(0, 4), period.slice(5)];
	const english = language() === 'en';
	if (!part) return year;
	if (part.startsWith('Q')) return english ? `quarter ${part[1]}, ${year}` : `${ordinal(part[1]!)} trimestre ${year}`;
	if (part.startsWith('H')) return english ? `half ${part[1]}, ${year}` : `${ordinal(part[1]!)} semestre ${year}`;
	return inWords(period, 'month');
}

/** The period within its year, for the head of a column: « janv. », « T1 », « S2 », « 2014 ». */
export function periodShort(period: string): string {
	const part = period.slice(5);
	const english = language() === 'en';
	if (!part) return period;
	if (part.startsWith('Q')) return `${english ? 'Q' : 'T'}${part[1]}`;
	if (part.startsWith('H')) return `${english ? 'H' : 'S'}${part[1]}`;
	return inWords(period, 'mon');
}
const ordinal = (n: string): string => (n === '1' ? '1ᵉʳ' : `${n}ᵉ`);
