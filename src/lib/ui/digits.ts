/** Where two written numbers part, so that the eye finds it: `1 184` and `1 148` share `1 1`.
 * Numbers of different lengths share nothing, since their digits do not stand for the same thing. */
export function splitDifference(value: string, other: string): { before: string; differing: string; after: string } {
	if (value === other) return { before: value, differing: '', after: '' };
	if (value.length !== other.length) return { before: '', differing: value, after: '' };
	let start = 0;
	while (value[start] === other[start]) start++;
	let end = value.length;
	while (value[end - 1] === other[end - 1]) end--;
	return { before: value.slice(0, start), differing: value.slice(start, end), after: value.slice(end) };
}
