// Runs before `npm start`, under whatever Node is there and before anything is installed: plain JavaScript, no import
// that npm would have to bring. Installs and builds only when something changed since the last time.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What tools write beside the sources is none of them. */
const WRITTEN = ['generated', 'README.md', '.gitignore', '.meta.json', 'cache'];

/** @param {string} path @returns {string[]} every file below, in order */
const filesBelow = (path) =>
	!existsSync(path)
		? []
		: statSync(path).isFile()
			? [path]
			: readdirSync(path)
					.filter((name) => !WRITTEN.includes(name))
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

/** What a tool prints is for who looks for a fault: it is shown where there is one. @param {string} said @param {string[]} args */
function npm(said, args) {
	const begun = Date.now();
	process.stdout.write(`${said}… `);
	try {
		execFileSync('npm', args, { stdio: 'pipe', maxBuffer: 100_000_000 });
	} catch (cause) {
		const { stdout, stderr } = /** @type {{ stdout?: Buffer, stderr?: Buffer }} */ (cause);
		console.error(`échec.\n${stdout ?? ''}${stderr ?? ''}`);
		process.exit(1);
	}
	console.log(`fait, en ${Math.ceil((Date.now() - begun) / 1000)} s.`);
}

const [major] = process.versions.node.split('.').map(Number);
if (Number(major) < 20) {
	console.error(`Témoin demande Node 20 ou plus récent (ici ${process.versions.node}).`);
	process.exit(1);
}

/** How far a start has come; the tests and the bench only install or build. @param {number} number */
const step = (number) => (process.argv[1]?.endsWith('ready.js') ? `${number}/3 ` : '');

export const install = () =>
	once('node_modules/.installed', fingerprint(['package.json', 'package-lock.json']), () =>
		npm(step(1) + 'Installation des dépendances, une minute environ', [
			'ci',
			'--loglevel=error',
			'--no-fund',
			'--no-audit'
		])
	);

const BUILT_FROM = ['src', 'static', 'package-lock.json', 'package.json', 'svelte.config.js', 'vite.config.ts'];

export const build = () =>
	once('build/.built', fingerprint(BUILT_FROM), () =>
		npm(step(2) + 'Préparation de l’application, une demi-minute environ', ['run', '--silent', 'build'])
	);

if (process.argv[1]?.endsWith('ready.js')) {
	install();
	build();
	console.log(`${step(3)}Démarrage…`);
}
