/** What the oldest engines served lack of what newer ones have: Safari 17.0, Chromium 137 or Firefox 129 (README). `Set`
 * methods, `Array.fromAsync`, `popover`, `:has` and container queries they all have. */
export const LACKING = [
	'Map.groupBy',
	'Object.groupBy',
	'Promise.withResolvers',
	'Promise.try',
	'RegExp.escape',
	'Error.isError',
	'Math.sumPrecise',
	'Math.f16round',
	'Uint8Array.fromBase64',
	'Uint8Array.fromHex',
	'Uint8Array.prototype.toBase64',
	'Uint8Array.prototype.toHex',
	'ArrayBuffer.prototype.transfer',
	'Map.prototype.getOrInsert',
	'Iterator',
	'Intl.DurationFormat',
	'AbortSignal.any',
	'URL.parse',
	'Blob.prototype.bytes',
	'Response.prototype.bytes',
	'ReadableStream.from',
	'Element.prototype.checkVisibility',
	'Element.prototype.moveBefore',
	'Document.prototype.startViewTransition',
	'requestIdleCallback',
	'scheduler',
	'navigation',
	'CloseWatcher',
	'cookieStore',
	'Temporal'
];

/** In the page, before anything of its own: the newer built-ins are gone. The iterators' own methods go with `Iterator`. */
export function forget(names: string[]): void {
	const iterators = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;
	for (const name of [
		'map',
		'filter',
		'take',
		'drop',
		'flatMap',
		'reduce',
		'toArray',
		'forEach',
		'some',
		'every',
		'find'
	])
		Reflect.deleteProperty(iterators, name);
	for (const name of names) {
		const path = name.split('.');
		const last = path.pop()!;
		const owner = path.reduce<unknown>((at, key) => (at as { [key: string]: unknown } | undefined)?.[key], globalThis);
		if (owner) Reflect.deleteProperty(owner as object, last);
	}
}
