// npm run bench: ratios within one run, on this machine. Read the ratios, not the times.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { chromium, type Page } from '@playwright/test';
import { rolldown } from 'rolldown';
import { build } from '../../src/lib/server/commands/ready.js';

build();
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const COUNT = Number(process.env.COUNT ?? 10_000);
const SETUP_CODE = 'BENCH-BENCH';
const scratch = mkdtempSync(join(tmpdir(), 'temoin-bench-'));
const QUIET = [
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync'
];
const executablePath = [process.env.CHROMIUM ?? '', '/usr/bin/chromium'].find((path) => path && existsSync(path));

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const line = (name: string, ratios: number[], goal: string) =>
	console.log(
		`${name.padEnd(58)} ${median(ratios).toFixed(2).padStart(7)}  [${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}]  goal ${goal}`
	);

/** The practical limit's server: one gzip POST, one durable SQLite transaction. */
async function limitServer() {
	const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
	const db = new DatabaseSync(join(scratch, `limit-${Date.now()}.sqlite`));
	db.exec(
		'pragma journal_mode=wal; pragma synchronous=full; create table record (id text primary key, kind text, at text, json text); create index k on record (kind, at)'
	);
	const insert = db.prepare('insert or replace into record values (?, ?, ?, ?)');
	const server = createServer((request, response) => {
		if (request.method !== 'POST') return void response.end('<!doctype html><title>limit</title>');
		const parts: Buffer[] = [];
		request.on('data', (part) => parts.push(part));
		request.on('end', () => {
			const changes = JSON.parse(gunzipSync(Buffer.concat(parts)).toString()) as {
				id: string;
				kind: string;
				at: string;
			}[];
			db.exec('begin');
			for (const change of changes) insert.run(change.id, change.kind, change.at, JSON.stringify(change));
			db.exec('commit');
			response.setHeader('content-type', 'application/json').end(JSON.stringify({ taken: changes.length }));
		});
	});
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	return {
		origin: `http://localhost:${(server.address() as AddressInfo).port}`,
		close: () => (server.close(), db.close())
	};
}

async function startServer(port: number, data: string) {
	const env = {
		...process.env,
		PORT: String(port),
		DATA: data,
		SETUP_CODE,
		BODY_SIZE_LIMIT: '6M',
		SHUTDOWN_TIMEOUT: '1'
	};
	const begun = performance.now();
	const child = spawn(resolve('node_modules/.bin/node'), ['build/index.js'], { env, stdio: 'ignore' });
	const origin = `http://localhost:${port}`;
	const firstAnswer = await untilAnswers(`${origin}/api/health`, begun);
	return { origin, firstAnswer, child, stop: () => child.kill('SIGKILL') };
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

const residentMb = (pid: number): number =>
	Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

/** A bare Node server with node:sqlite open: what « first answer » is compared with. */
async function bareNode(port: number): Promise<number> {
	const code = `const {DatabaseSync}=process.getBuiltinModule('node:sqlite');const db=new DatabaseSync(${JSON.stringify(join(scratch, `bare-${port}.sqlite`))});db.exec('pragma journal_mode=wal;create table if not exists t(a)');require('node:http').createServer((q,s)=>s.end('{}')).listen(${port})`;
	const begun = performance.now();
	const env = { ...process.env, NODE_COMPILE_CACHE: join(scratch, 'compiled') };
	const child = spawn(resolve('node_modules/.bin/node'), ['-e', code], { stdio: 'ignore', env });
	const spent = await untilAnswers(`http://localhost:${port}/`, begun);
	child.kill('SIGKILL');
	return spent;
}

const bundle = await rolldown({ input: resolve('tests/bench/page.ts'), platform: 'browser' });
const script = (await bundle.generate({ format: 'iife', minify: true })).output[0].code;
type Bench = typeof import('./page').bench;
type Who = Parameters<Bench['push']>[0];
const browser = await chromium.launch({ args: QUIET, ...(executablePath ? { executablePath } : {}) });

async function pageAt(origin: string): Promise<Page> {
	const context = await browser.newContext({ bypassCSP: true, serviceWorkers: 'block' });
	const page = await context.newPage();
	await page.goto(origin);
	await page.addScriptTag({ content: script });
	return page;
}

/** Sets a structure up and gives what a push needs to know. */
const foundStructure = (page: Page): Promise<Who> =>
	page.evaluate(async (code) => {
		const device = { id: crypto.randomUUID(), name: 'bench' };
		const body = {
			code,
			structure: 'Bench',
			antennas: ['Tarbes'],
			director: 'Claire',
			passphrase: 'les gaves descendent vite',
			device
		};
		const ask = async (path: string, body: unknown, key = '') => {
			const headers = { 'content-type': 'application/json', 'temoin-key': key };
			return await (await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
		};
		const { session, key } = await ask('/api/setup', body);
		const request = {
			protocol: 1,
			person: session.person.id,
			device: device.id,
			changes: [],
			cursor: null,
			audiences: [],
			filling: []
		};
		const { records } = await ask('/api/sync', request, key);
		const antenna = (records as { kind: string; id: string }[]).find(({ kind }) => kind === 'antenna')!.id;
		return { person: session.person.id, device: device.id, antenna, campaign: crypto.randomUUID(), key };
	}, SETUP_CODE);

const cold: number[] = [];
const rss: number[] = [];
const pushes: number[] = [];
const small: number[] = [];
const growth: number[] = [];
const vaulted: number[] = [];
const listed: number[] = [];
const relisted: number[] = [];
const unlocked: number[] = [];
let port = 4400;
try {
	for (let round = 0; round < ROUNDS; round++) {
		const bare = await bareNode(port++);
		// A server's every start but its first: its database and its compiled code are there.
		const data = mkdtempSync(join(scratch, 'data-'));
		const first = await startServer(port++, data);
		first.child.kill('SIGTERM');
		await new Promise((gone) => first.child.once('exit', gone));
		const server = await startServer(port++, data);
		cold.push(server.firstAnswer / bare);
		await new Promise((go) => setTimeout(go, 1500));
		rss.push(residentMb(server.child.pid!));
		const limit = await limitServer();
		const ours = await pageAt(server.origin);
		const theirs = await pageAt(limit.origin);
		const who = await foundStructure(ours);
		const run = {
			ours: () =>
				ours.evaluate(([who, count]) => (globalThis as unknown as { bench: Bench }).bench.push(who, count), [
					who,
					COUNT
				] as const),
			limit: () =>
				theirs.evaluate(([who, count]) => (globalThis as unknown as { bench: Bench }).bench.limit(who, count), [
					who,
					COUNT
				] as const)
		};
		const times = { ours: 0, tidied: 0, limit: 0 };
		const steps = [
			async () => {
				const { spent, tidied } = await run.ours();
				Object.assign(times, { ours: spent, tidied });
			},
			async () => {
				times.limit = await run.limit();
			}
		];
		for (const step of round % 2 ? steps.toReversed() : steps) await step();
		pushes.push(times.ours / times.limit);
		console.log(
			`round ${round + 1}: push ${Math.round(times.ours)} ms (rows in place ${Math.round(times.tidied)} ms), limit ${Math.round(times.limit)} ms, first answer ${Math.round(server.firstAnswer)} ms (bare ${Math.round(bare)}), idle ${rss.at(-1)!.toFixed(0)} MB, after ${residentMb(server.child.pid!).toFixed(0)} MB`
		);
		const inPage = <Name extends 'saves' | 'lists' | 'unlocks'>(name: Name, ...rest: number[]) =>
			ours.evaluate(
				([name, who, rest]) =>
					(globalThis as unknown as { bench: Record<string, Function> }).bench[name]!(who, ...rest),
				[name, who, rest] as const
			) as ReturnType<Bench[Name]>;
		const empty = await inPage('saves', 0, 200);
		const full = await inPage('saves', 50_000, 200);
		small.push(empty.ours / empty.bare);
		vaulted.push(empty.ours / empty.clear);
		growth.push(full.ours / empty.ours);
		const list = await inPage('lists', 2000, 7);
		listed.push(list.first / list.clear);
		relisted.push(list.again / list.clear);
		const unlock = await inPage('unlocks', 5);
		unlocked.push(unlock.spent);
		console.log(
			`         list of 2,000: first ${Math.round(list.first)} ms, again ${Math.round(list.again)} ms, without a vault ${Math.round(list.clear)} ms; unlock ${Math.round(unlock.spent)} ms at ${unlock.iterations} rounds`
		);
		await ours.context().close();
		await theirs.context().close();
		limit.close();
		server.stop();
	}
} finally {
	await browser.close();
	rmSync(scratch, { recursive: true, force: true });
}
console.log();
line(`push ${COUNT}: ours / practical limit (time)`, pushes, '<= 2');
line('save one answer: ours / bare strict put (p50)', small, '<= 2');
line('save one answer: with the vault / without (p50)', vaulted, '<= 1.5');
line('list 2,000 interviews: with the vault / without, first', listed, '<= 2');
line('list 2,000 interviews: with the vault / without, again', relisted, '<= 2');
line('unlock at the calibrated cost, ms', unlocked, '<= 1000');
line('save at 50,000 records / at none (p50)', growth, '<= 1.15');
line('first answer: ours / bare Node with SQLite', cold, '<= 2');
line('idle server, MB resident', rss, '<= 90');
spawnSync(process.execPath, [resolve('tests/bench/sign-in.ts')], { stdio: 'inherit' });
