// Why: src/lib/here/engine.ts
(function () {
	var has =
		'popover' in document.documentElement &&
		'toSorted' in Array.prototype &&
		'Segmenter' in Intl &&
		'CompressionStream' in window &&
		CSS.supports('selector(:has(a))') &&
		CSS.supports('container-type', 'inline-size');
	if (!has) document.documentElement.className = 'too-old';
})();
