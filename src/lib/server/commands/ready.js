// Runs before `npm start`, under whatever Node is there and before anything is installed: plain JavaScript, no import
// that npm would have to bring. Installs and builds only when something changed since the last time.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} path @returns {string[]} every file below, in order */
const filesBelow = (path) =>
	!existsSync(path)
		? []
		: statSync(path).isFile()
			? [path]
			: readdirSync(path)
					.filter((name) => name !== 'generated')
					.sort()
					.flatMap((name) => filesBelow(join(path, name)));

/** @param {string[]} paths */
const fingerprint = (paths) => {
	const hash = createHash('sha256');
	for (const file of paths.flatMap(filesBelow)) hash.update(file).update('\0').update(readFileSync(file)).update('\0');
	return hash.digest('hex');
};

/** Runs `work` unless `stamp` says that it was done for these very files.
 * @param {string} stamp @param {string} mark @param {() => void} work */
const once = (stamp, mark, work) => {
	if (existsSync(stamp) && readFileSync(stamp, 'utf8') === mark) return;
	work();
	writeFileSync(stamp, mark);
};

/** @param {string[]} args */
const npm = (args) => execFileSync('npm', args, { stdio: 'inherit' });

const [major] = process.versions.node.split('.').map(Number);
if (Number(major) < 20) {
	console.error(`Témoin demande Node 20 ou plus récent (ici ${process.versions.node}).`);
	process.exit(1);
}

export const install = () =>
	once('node_modules/.installed', fingerprint(['package.json', 'package-lock.json']), () =>
		npm(['ci', '--loglevel=error', '--no-fund', '--no-audit'])
	);

const BUILT_FROM = [
	'src',
	'static',
	'package-lock.json',
	'package.json',
	'svelte.config.js',
	'vite.config.ts',
	'project.inlang/settings.json'
];

export const build = () => once('build/.built', fingerprint(BUILT_FROM), () => npm(['run', '--silent', 'build']));

if (process.argv[1]?.endsWith('ready.js')) {
	install();
	build();
}
