// Blocking on purpose: the theme is known before the first paint.
(() => {
	let choice = null;
	try {
		choice = localStorage.getItem('theme');
	} catch {
		// storage refused: follow the system
	}
	const dark = choice ? choice === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
	document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
