// npm run torture: the real server and the real client, killed, filled up and cut off again and again.
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { build } from '../../../src/lib/server/commands/ready.js';

const { values } = parseArgs({
	options: {
		short: { type: 'boolean', default: false },
		kills: { type: 'string' },
		seed: { type: 'string' },
		only: { type: 'string' }
	}
});
const PARTS = ['sqlite', 'postgres', 'disk', 'proxy', 'browser'] as const;
type Part = (typeof PARTS)[number];
const { only, short } = values;
if (only && only !== 'server' && !PARTS.includes(only as Part)) {
	console.error(`--only: server, ${PARTS.join(', ')}`);
	process.exit(2);
}
const wanted = (part: Part): boolean =>
	!only || only === part || (only === 'server' && (part === 'sqlite' || part === 'postgres'));
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(values.kills ?? (short ? 200 : 1000));

// The product's own modules are TypeScript that only a bundler resolves.
const cache = resolve(`node_modules/.cache/torture-${process.pid}`);
process.once('exit', () => rmSync(cache, { recursive: true, force: true }));
async function load<T>(name: string): Promise<T> {
	const bundle = await rolldown({
		input: resolve(import.meta.dirname, `${name}.ts`),
		platform: 'node',
		resolve: { alias: { $lib: resolve('src/lib') } },
		external: (id) => !/^([./]|\$lib)/.test(id),
		treeshake: { moduleSideEffects: [{ test: /^vitest$/, sideEffects: false }] }
	});
	const file = resolve(cache, `${name}.mjs`);
	await bundle.write({ file, sourcemap: 'inline' });
	return (await import(pathToFileURL(file).href)) as T;
}

type Result = { passed: number; failed: number };
const total: Result = { passed: 0, failed: 0 };
async function run(name: Part, options: string, part: () => Promise<Result>): Promise<void> {
	const begun = performance.now();
	console.log(`\n▶ ${name}`);
	const { passed, failed } = await part().catch((thrown: unknown) => {
		console.error(thrown);
		return { passed: 0, failed: 1 };
	});
	total.passed += passed;
	total.failed += failed;
	console.log(`  ${passed} passed, ${failed} failed, ${((performance.now() - begun) / 1000).toFixed(0)} s`);
	if (failed > 0) console.log(`  again: npm run torture -- --only ${name} ${options} --seed ${seed}`);
}

// What was started is killed by its own handlers, which wait for `exit`.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

console.log(`seed ${seed}`);
process.env.BUILD ??= (build(), 'build');
if (wanted('sqlite') || wanted('postgres')) {
	const { tortureServer } = await load<typeof import('./server')>('server');
	const onBoth = wanted('sqlite') && wanted('postgres');
	const onSqlite = onBoth ? Math.ceil(kills / 2) : kills;
	const onPostgres = onBoth ? kills - onSqlite : kills;
	if (wanted('sqlite'))
		await run('sqlite', `--kills ${onSqlite}`, () => tortureServer('SQLite', { kills: onSqlite, seed }));
	if (wanted('postgres'))
		await run('postgres', `--kills ${onPostgres}`, () => tortureServer('PostgreSQL', { kills: onPostgres, seed }));
}
if (wanted('disk')) {
	const { tortureDisk, tortureDiskOfPostgres } = await load<typeof import('./disk')>('disk');
	await run('disk', short ? '--short' : '', async () => {
		const first = await tortureDisk({ positions: short ? 40 : 100, seed });
		const second = await tortureDiskOfPostgres({ positions: short ? 10 : 30, seed });
		return { passed: first.passed + second.passed, failed: first.failed + second.failed };
	});
}
if (wanted('proxy')) {
	const { tortureProxy } = await load<typeof import('./proxy')>('proxy');
	await run('proxy', short ? '--short' : '', () => tortureProxy({ rounds: short ? 60 : 300, seed }));
}
if (wanted('browser')) {
	const { tortureBrowser } = await import('./browser.ts');
	const browserKills = Number(values.kills ?? (short ? 100 : 500));
	await run('browser', `--kills ${browserKills}`, () => tortureBrowser({ kills: browserKills, seed }));
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
