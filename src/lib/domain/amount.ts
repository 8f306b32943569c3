/** Reads a number as people type it in French or English: « 1 184,50 », « 1184.5 », any space between thousands.
 * @param decimals digits the unit allows after the comma
 * @returns a whole number of the unit's smallest step, or why it is not one */
export function parseAmount(text: string, decimals: number): number | 'letters' | 'decimals' | 'size' {
	const plain = text.replace(/[\s\u00a0\u202f\u2009']/gu, '').replace('−', '-');
	const match = /^(-?)(\d+)(?:[.,](\d*))?$/.exec(plain);
	if (!match) return 'letters';
	const [, sign, whole, fraction = ''] = match;
	// « 1,000 » may be a thousand: better ask than guess.
	const isThousand = fraction.length === 3 && decimals < 3;
	if (isThousand || fraction.replace(/0+$/, '').length > decimals) return 'decimals';
	const amount = Number(whole + fraction.slice(0, decimals).padEnd(decimals, '0'));
	if (!Number.isSafeInteger(amount)) return 'size';
	return sign ? -amount : amount;
}

/** An amount in its smallest step as a number in its unit: 118450 with two decimals is 1184.5. */
export const inUnits = (amount: number, decimals: number): number => amount / 10 ** decimals;
