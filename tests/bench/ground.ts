// What every measure stands on: scratch folders, servers in processes of their own, pages in fresh profiles, paired ratios.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type CDPSession, type Page } from '@playwright/test';
import { rolldown } from 'rolldown';
import { Line } from '../support/engines.ts';

/** Rounds alternate what they compare, and each gives one ratio. Records of a push or a pull. */
export const ROUNDS = Number(process.env.ROUNDS ?? 5);
export const COUNT = Number(process.env.COUNT ?? 10_000);
export const SETUP_CODE = 'BENCH-BENCH';
export const NODE = resolve('node_modules/.bin/node');

const scratch = mkdtempSync(join(tmpdir(), 'temoin-bench-'));
const children = new Set<ChildProcess>();
process.on('exit', () => {
	for (const child of children) child.kill('SIGKILL');
	rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

export function freshFolder(name: string): string {
	return mkdtempSync(join(scratch, `${name}-`));
}

export const median = (values: readonly number[]): number =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** One line of the table: the median ratio, its spread, the goal and whether it is reached. */
export function line(name: string, ratios: readonly number[], sign: '≥' | '≤', goal: number): void {
	const middle = median(ratios);
	const reached = sign === '≥' ? middle >= goal : middle <= goal;
	const spread = `[${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}]`;
	console.log(
		`${reached ? '✓' : '✗'} ${name.padEnd(64)} ${middle.toFixed(2).padStart(8)} ${spread}  goal ${sign} ${goal}`
	);
}

/** Runs each step once, in turns: forwards in one round, backwards in the next. */
export async function inTurns(round: number, steps: readonly (() => Promise<void>)[]): Promise<void> {
	for (const step of round % 2 ? steps.toReversed() : steps) await step();
}

const freePort = () =>
	new Promise<number>((found) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const { port } = server.address() as AddressInfo;
			server.close(() => found(port));
		});
	});

export const OURS = 'build/index.js';
export const serverScript = (name: 'limit' | 'pouch' | 'rx'): string =>
	join(import.meta.dirname, 'servers', `${name}.ts`);

export type Server = {
	origin: string;
	firstAnswer: number; // in ms since its process was begun
	pid: number;
	stop: (signal?: NodeJS.Signals) => Promise<void>;
};

/** Runs a server's script until it answers. */
export async function startServer(script: string, data = freshFolder('data'), flags: string[] = []): Promise<Server> {
	const port = await freePort();
	const env = {
		...process.env,
		MALLOC_ARENA_MAX: '2', // as `npm start` does
		PORT: String(port),
		DATA: data,
		SETUP_CODE,
		BODY_SIZE_LIMIT: '6M',
		SHUTDOWN_TIMEOUT: '1',
		NODE_ENV: 'production',
		NODE_COMPILE_CACHE: join(scratch, 'compiled')
	};
	const begun = performance.now();
	const child = spawn(NODE, [...flags, script], {
		env,
		stdio: ['ignore', 'ignore', 'inherit']
	});
	children.add(child);
	const gone = new Promise<void>((ended) => child.once('exit', () => ended()));
	const origin = `http://localhost:${port}`;
	const firstAnswer = await untilAnswers(`${origin}${script === OURS ? '/api/health' : '/'}`, begun);
	return {
		origin,
		firstAnswer,
		pid: child.pid!,
		stop: async (signal = 'SIGKILL') => {
			child.kill(signal);
			await gone;
			children.delete(child);
		}
	};
}

async function untilAnswers(url: string, begun: number): Promise<number> {
	for (;;) {
		try {
			if ((await fetch(url)).ok) return performance.now() - begun;
		} catch {
			// not yet
		}
		if (performance.now() - begun > 20_000) throw new Error(`no answer from ${url}`);
		await new Promise((go) => setTimeout(go, 2));
	}
}

export const QUIET = [
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync'
];
export const executablePath = [process.env.CHROMIUM ?? '', '/usr/bin/chromium'].find(
	(path) => path && existsSync(path)
);
const pageOf = (name: string): string => (name === 'ours' || name === 'device' ? '/api/health' : '/');

const bundled = new Map<string, Promise<string>>();
const bundle = (name: string): Promise<string> => {
	const script = bundled.get(name) ?? bundlePage(name);
	bundled.set(name, script);
	return script;
};
async function bundlePage(name: string): Promise<string> {
	const made = await rolldown({
		input: join(import.meta.dirname, 'pages', `${name}.ts`),
		platform: 'browser',
		logLevel: 'silent',
		// RxDB brings a Dexie of its own, which stands nearer than the product's; two in one page refuse to work.
		resolve: { alias: name === 'rx' ? {} : { dexie: resolve('node_modules/dexie') } }
	});
	return (await made.generate({ format: 'iife', minify: true })).output[0].code;
}

type Steps = { [name: string]: (...args: never[]) => Promise<unknown> };

/** A page in a browser profile on the disk, with what one of `pages/` can do. */
export type Profile<Bench extends Steps> = {
	page: Page;
	cdp: CDPSession;
	folder: string;
	run: <Name extends keyof Bench & string>(
		name: Name,
		...args: Parameters<Bench[Name]>
	) => Promise<Awaited<ReturnType<Bench[Name]>>>;
	close: () => Promise<void>;
};

/** Opens a profile, a fresh one unless its folder is given: a browser of its own, which writes to the disk as on a tablet
 * (Playwright's usual contexts keep IndexedDB in memory). */
export async function openProfile<Bench extends Steps>(
	name: string,
	origin: string,
	folder = freshFolder('profile')
): Promise<Profile<Bench>> {
	const context = await chromium.launchPersistentContext(folder, {
		args: QUIET,
		bypassCSP: true,
		serviceWorkers: 'block',
		...(executablePath ? { executablePath } : {})
	});
	const page = context.pages()[0] ?? (await context.newPage());
	await page.goto(origin + pageOf(name));
	await page.addScriptTag({ content: await bundle(name) });
	return {
		page,
		cdp: await context.newCDPSession(page),
		folder,
		run: (name, ...args) =>
			page.evaluate(([name, args]) => (globalThis as unknown as { bench: Steps }).bench[name]!(...(args as never[])), [
				name,
				args
			] as const) as never,
		close: () => context.close()
	};
}

/** The longest that a step of a page may take, in milliseconds. */
const PATIENCE = 300_000;

/** What a page can do, in a browser that nobody watches: a driver keeps what passes over the network, and its memory would be
 * counted as the page's. */
export type Bare<Bench extends Steps> = Pick<Profile<Bench>, 'run' | 'close'> & {
	send: <T>(method: string, params?: object) => Promise<T>;
};

export async function openBare<Bench extends Steps>(
	name: string,
	origin: string,
	folder: string
): Promise<Bare<Bench>> {
	const port = await freePort();
	const args = [...QUIET, '--headless', '--no-sandbox', `--remote-debugging-port=${port}`, `--user-data-dir=${folder}`];
	const browser = spawn(executablePath ?? chromium.executablePath(), [...args, origin + pageOf(name)], {
		stdio: 'ignore'
	});
	children.add(browser);
	const gone = new Promise<void>((ended) => browser.once('exit', () => ended()));
	await untilAnswers(`http://127.0.0.1:${port}/json/version`, performance.now());
	type Target = { type: string; webSocketDebuggerUrl: string };
	const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as Target[];
	const inspector = await Line.to(targets.find(({ type }) => type === 'page')!.webSocketDebuggerUrl);
	const send = async <T>(method: string, params: object = {}): Promise<T> =>
		(await inspector.call(method, params, undefined, PATIENCE)) as T;
	const evaluate = async (expression: string): Promise<unknown> => {
		const how = { expression, awaitPromise: true, returnByValue: true };
		type Evaluated = { result: { value?: unknown }; exceptionDetails?: object };
		const { result, exceptionDetails } = await send<Evaluated>('Runtime.evaluate', how);
		if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
		return result.value;
	};
	const isLoaded = `document.readyState === 'complete' && location.origin === ${JSON.stringify(origin)}`;
	while (!(await evaluate(isLoaded).catch(() => false))) await new Promise((go) => setTimeout(go, 20));
	await evaluate(`${await bundle(name)};0`);
	return {
		send,
		run: (step, ...args) => evaluate(`bench[${JSON.stringify(step)}](...${JSON.stringify(args)})`) as never,
		close: async () => {
			await send('Browser.close');
			await gone;
			children.delete(browser);
		}
	};
}

/** Bundles a program that runs the product's own server code. */
export async function bundleProgram(name: string): Promise<string> {
	const made = await rolldown({
		input: join(import.meta.dirname, `${name}.ts`),
		platform: 'node',
		logLevel: 'silent',
		external: ['pg'],
		resolve: { extensions: ['.ts', '.js', '.json'], alias: { $lib: resolve('src/lib') } }
	});
	const file = join(scratch, `${name}.mjs`);
	const { output } = await made.generate({ format: 'esm', codeSplitting: false });
	writeFileSync(file, output[0].code);
	return file;
}

/** The peers live in the bench's own package, installed when it is first run. */
export function installPeers(): void {
	if (existsSync(join(import.meta.dirname, 'node_modules/rxdb'))) return;
	const install = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
	const { status } = spawnSync('npm', install, { cwd: import.meta.dirname, stdio: 'inherit' });
	if (status !== 0) throw new Error('the peers could not be installed');
}
