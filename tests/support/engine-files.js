import { existsSync } from 'node:fs';

const { arch } = process;
const MULTIARCH = arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

/** The two engines beside Chromium: where Debian puts them, and the packages that bring them.
 * @type {{ WebKitGTK: { files: string[], packages: string[] }, Firefox: { files: string[], packages: string[] } }} */
export const ENGINE_FILES = {
	WebKitGTK: {
		files: [`/usr/lib/${MULTIARCH}/webkit2gtk-4.1/MiniBrowser`, '/usr/bin/Xvfb'],
		packages: ['libwebkit2gtk-4.1-0', 'xvfb']
	},
	Firefox: { files: ['/usr/bin/firefox-esr'], packages: ['firefox-esr'] }
};

/** What of an engine this machine has not. @param {readonly string[]} files */
export const missing = (files) => files.filter((path) => !existsSync(path));
