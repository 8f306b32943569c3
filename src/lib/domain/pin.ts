export const LENGTHS = { least: 4, most: 8 };

export type PinProblem = 'length' | 'easy' | 'differs';

/** What keeps a PIN from being taken. Five tries are few, but not when the first one guesses it. */
export function pinProblem(pin: string, again: string): PinProblem | undefined {
	if (!/^\d+$/.test(pin) || pin.length < LENGTHS.least || pin.length > LENGTHS.most) return 'length';
	if (isEasy(pin)) return 'easy';
	return pin === again ? undefined : 'differs';
}

/** The same step from each digit to the next: 0000, 1234, 8642. */
const isEasy = (pin: string): boolean =>
	new Set([...pin].slice(1).map((digit, index) => Number(digit) - Number(pin[index]))).size === 1;
