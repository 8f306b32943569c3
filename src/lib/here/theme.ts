export const THEMES = ['light', 'dark', 'system'] as const;
export type Theme = (typeof THEMES)[number];

const DARK = '(prefers-color-scheme: dark)';

/** What the person chose on this device. `static/theme.js` reads the same before the first paint. */
export function chosenTheme(): Theme {
	try {
		const stored = localStorage.getItem('theme');
		return stored === 'dark' || stored === 'light' ? stored : 'system';
	} catch {
		return 'system'; // the browser keeps nothing for this site
	}
}

export function chooseTheme(theme: Theme): void {
	if (theme === 'system') localStorage.removeItem('theme');
	else localStorage.setItem('theme', theme);
	showTheme();
}

function showTheme(): void {
	const theme = chosenTheme();
	const dark = theme === 'system' ? matchMedia(DARK).matches : theme === 'dark';
	document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

/** Follows the system's theme while nothing else is chosen.
 * @returns how to stop */
export function followSystem(): () => void {
	const system = matchMedia(DARK);
	system.addEventListener('change', showTheme);
	return () => system.removeEventListener('change', showTheme);
}
