// npm test: installs, makes sure of a browser, runs everything and adds the counts up. It starts under whatever Node is
// there; what it runs, runs under the project's own.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { install } from '../src/lib/server/commands/ready.js';
import { ENGINE_FILES, missing } from './support/engine-files.js';

install();
const env = {
	...process.env,
	PATH: [resolve('node_modules/.bin'), process.env.PATH].join(delimiter),
	FORCE_COLOR: '0'
};

/** @param {string} name @param {string[]} args @param {Record<string, string>} [more] */
const run = (name, args, more = {}) => {
	console.log(`\n▶ ${name} ${args.join(' ')}`);
	return spawnSync(name, args, { stdio: 'inherit', env: { ...env, ...more } }).status === 0;
};

const CHROMIUMS = [
	process.env.CHROMIUM ?? '',
	'/usr/bin/chromium',
	'/usr/bin/chromium-browser',
	'/usr/bin/google-chrome'
];
const systemChromium = () => CHROMIUMS.find((path) => path !== '' && existsSync(path));

/** Where this may: root, on Debian. @param {string[]} packages */
const installPackages = (packages) =>
	process.getuid?.() === 0 &&
	existsSync('/usr/bin/apt-get') &&
	run('apt-get', ['update', '-qq']) &&
	run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages]);

/** Firefox and WebKitGTK beside Chromium, where packages may be installed.
 * @returns what could not be tested for want of them */
function makeSureOfEngines() {
	const wanting = () => Object.entries(ENGINE_FILES).filter(([, { files }]) => missing(files).length > 0);
	const packages = wanting().flatMap(([, engine]) => engine.packages);
	if (packages.length > 0) installPackages(packages);
	return wanting().map(([name, { packages }]) => `${name} (${packages.join(', ')})`);
}

/** A browser: the system's, else Playwright's own, else Debian's package. @returns {Record<string, string>} */
function makeSureOfABrowser() {
	const found = systemChromium();
	if (found) return { CHROMIUM: found };
	if (run('npx', ['playwright', 'install', 'chromium'])) return {};
	if (installPackages(['chromium'])) return { CHROMIUM: systemChromium() ?? '' };
	console.error('Aucun navigateur : installez Chromium, ou indiquez-le par CHROMIUM=/chemin.');
	return {};
}

/** @type {string[]} */
const untested = [];
let passed = 0;
let failed = 0;
/** @param {boolean} ok */
const count = (ok) => (ok ? (passed += 1) : (failed += 1));

rmSync('test-results', { recursive: true, force: true });
mkdirSync('test-results');
run('npm', ['run', '--silent', 'prepare']);
count(run('npm', ['run', '--silent', 'check']));
count(run('npm', ['run', '--silent', 'lint']));

const VITEST = 'test-results/vitest.json';
const unitsOk = run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${VITEST}`]);
const units = existsSync(VITEST) ? JSON.parse(readFileSync(VITEST, 'utf8')) : { numPassedTests: 0, numFailedTests: 0 };
passed += units.numPassedTests;
failed += units.numFailedTests;
if (!unitsOk && units.numFailedTests === 0) failed += 1;

/** A program of its own that ends with « N passed, N failed ». @param {string[]} args @param {Record<string, string>} [more] */
function add(args, more = {}) {
	console.log(`\n▶ node ${args.join(' ')}`);
	const { status, stdout } = spawnSync('node', args, {
		stdio: ['inherit', 'pipe', 'inherit'],
		encoding: 'utf8',
		env: { ...env, ...more }
	});
	console.log(stdout);
	const [, held = '0', broken = '0'] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [];
	passed += Number(held);
	failed += Number(broken);
	if (status !== 0 && Number(broken) === 0) failed += 1;
}

// A thousand lives of a structure, and every seed that ever failed; one life killed before each of its steps.
add(['tests/simulation/run.ts', '--seeds', '1000', '--kept']);
add(['tests/simulation/run.ts', '--crashes']);

// Two versions of the app, for the journey in which a new one is offered.
const built = ['v1', 'v2'].every((version) =>
	run('vite', ['build', '--logLevel', 'error'], { APP_VERSION: version, BUILD_OUT: `build-${version}` })
);
count(built);
if (built) {
	// A dozen kills of the real server; `npm run torture` does a thousand.
	add(['tests/simulation/torture/run.ts', '--kills', '12', '--only', 'server'], { BUILD: 'build-v1' });

	untested.push(...makeSureOfEngines());
	const JOURNEYS = resolve('test-results/journeys.json');
	const journeysOk = run('playwright', ['test', '--config', 'tests/playwright.config.ts'], {
		...makeSureOfABrowser(),
		PLAYWRIGHT_JSON_OUTPUT_NAME: JOURNEYS
	});
	const {
		expected = 0,
		unexpected = 0,
		flaky = 0
	} = existsSync(JOURNEYS) ? JSON.parse(readFileSync(JOURNEYS, 'utf8')).stats : {};
	passed += expected;
	failed += unexpected + flaky;
	if (!journeysOk && unexpected + flaky === 0) failed += 1;
}

if (untested.length > 0) console.error(`\n!! NON TESTÉ sur cette machine, faute de moteur : ${untested.join(' ; ')}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
