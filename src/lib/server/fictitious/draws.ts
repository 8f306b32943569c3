/** A seeded source of numbers (mulberry32): the same structure every time. */
export class Draws {
	#state: number;
	constructor(seed: number) {
		this.#state = seed;
	}

	/** At least 0, under 1. */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) | 0;
		let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	}

	/** A whole number, both ends included. */
	between(low: number, high: number): number {
		return low + Math.floor(this.next() * (high - low + 1));
	}

	chance(of: number): boolean {
		return this.next() < of;
	}

	bytes = (count: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: count }, () => this.between(0, 255));
}

/** Shares a whole number out by weights, to the unit: the largest remainders get what rounding down left over. */
export function shareOut(total: number, weights: readonly number[]): number[] {
	const sum = weights.reduce((a, b) => a + b, 0);
	const exact = weights.map((weight) => (total * weight) / sum);
	const parts = exact.map(Math.floor);
	const order = exact.map((value, i) => i).sort((a, b) => exact[b]! - parts[b]! - (exact[a]! - parts[a]!) || a - b);
	let left = total - parts.reduce((a, b) => a + b, 0);
	for (const i of order) {
		if (left <= 0) break;
		parts[i]! += 1;
		left -= 1;
	}
	return parts;
}
