/** Four weeks, in milliseconds. */
const STAMP = 2_419_200_000;

/** A new id, as a UUID of version 7 whose time is rounded down to four weeks: ids made about the same time lie together, so
 * that a large index is not written all over at each commit, and what is left of a testimony whose day has been forgotten
 * does not tell it.
 * @param random 16 random bytes
 * @param now milliseconds since 1970; a wrong clock only makes an index a little larger */
export function mintId(random: Uint8Array, now: number): string {
	const time = Math.max(0, Math.floor(now / STAMP) * STAMP)
		.toString(16)
		.padStart(12, '0')
		.slice(-12);
	const hex = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
	const variant = '89ab'[random[8]! & 3]!;
	return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
