/** What two sides compare at the end of a sync: how many rows of an audience there are, and the sum of their hashes. */
export type Digest = { count: number; sum: number };

export const NO_ROWS: Digest = { count: 0, sum: 0 };

/** Sums stay under 2^52, so that two of them still add exactly in JavaScript, SQLite and PostgreSQL. */
const MODULUS = 2 ** 52;

/** Hash of one row at one sequence: two 32-bit lanes of multiply-and-rotate, cut to 52 bits. It guards against
 * mistakes, not against a forger: the server is the authority. */
export function hashOf(id: string, sequence: number): number {
	let [a, b] = [0xdeadbeef ^ sequence, 0x41c6ce57 ^ Math.floor(sequence / 0x100000000)];
	for (let i = 0; i < id.length; i++) {
		const unit = id.charCodeAt(i);
		a = Math.imul(a ^ unit, 0x9e3779b1);
		b = Math.imul(b ^ unit, 0x5f356495);
	}
	a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
	b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
	return (b >>> 12) * 0x100000000 + (a >>> 0);
}

export const plus = (digest: Digest, id: string, sequence: number): Digest => ({
	count: digest.count + 1,
	sum: (digest.sum + hashOf(id, sequence)) % MODULUS
});

export const minus = (digest: Digest, id: string, sequence: number): Digest => ({
	count: digest.count - 1,
	sum: (digest.sum - hashOf(id, sequence) + MODULUS) % MODULUS
});

export const together = (digests: Iterable<Digest>): Digest =>
	[...digests].reduce((a, b) => ({ count: a.count + b.count, sum: (a.sum + b.sum) % MODULUS }), NO_ROWS);
