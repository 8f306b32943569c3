// In the oldest words of the language: an engine older than those served is told so, instead of half a page.
// Each of these came with the oldest engine served, or not long before it, and the pages need it.
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
