/** What is counted. Each measure says what `subject` and `detail` hold:
 * - `interview`: detail `finished` or `refused`
 * - `criterion`: a finished interview that took this criterion up
 * - `answer`: subject the question; detail `asked`, `answered`, `unknown`, `declined`, `value:<level, option…>`, `words`,
 *   `contested` where two values stand
 * - `excerpt`: subject the criterion; detail the valence
 * - `heard`: subject the criterion; detail the interview, so that one with five excerpts counts once
 * - `reading`: subject the indicator; detail `value`, `not-applicable`, `contested`, `to-confirm` */
export type Measure = 'interview' | 'criterion' | 'answer' | 'excerpt' | 'heard' | 'reading';

/** One thing that a record adds to one cell. `amount` and `base` carry readings: an amount over nothing, a numerator over
 * its denominator, a mean times its weight over its weight; they are in the unit's smallest step. */
export type Contribution = {
	campaign: string;
	measure: Measure;
	subject: string;
	stakeholder: string;
	place: string;
	period: string;
	detail: string;
	count: number;
	amount: number;
	base: number;
};
