import { readdirSync, readFileSync } from 'node:fs';
import { COUNT, line, openBare, ROUNDS, type Bare, type Profile } from './ground.ts';
import type { bench as Ours } from './pages/ours.ts';
import type { Who } from './pages/sample.ts';
import { stand } from './subjects.ts';

type Device = typeof Ours;

/** Of 20 MB each. */
const VOICES = 10;

/** What a device may have to drain: written to its disk by `fill` in one life of the browser, sent in the next. */
const BACKLOGS: { name: string; fill: (run: Awaited<ReturnType<typeof stand>>) => Promise<void> }[] = [
	{
		name: `${COUNT} changes and 200 MB of voices`,
		fill: async ({ profile, who }) => {
			const device = profile as Profile<Device>;
			await device.run('fill', who, COUNT - VOICES);
			await device.run('record', who, VOICES);
		}
	}
];

const MB = 1_000_000;

/** The most that draining takes above what the idle page takes. */
export async function measureMemory(): Promise<void> {
	if (process.platform !== 'linux') return console.log('  memory: skipped, processes are looked at in /proc');
	for (const { name, fill } of BACKLOGS) {
		const seen: Memory[] = [];
		for (let round = 0; round < ROUNDS; round++) {
			const standing = await stand('ours');
			try {
				await fill(standing);
				await standing.profile.close();
				seen.push(await drainWatched(standing.server.origin, standing.profile.folder, standing.who));
			} finally {
				await standing.stop();
			}
			console.log(`  memory, round ${round + 1}: ${JSON.stringify(seen.at(-1))} MB above idle`);
		}
		const all = (key: keyof Memory) => seen.map((one) => one[key]);
		line(`draining ${name}: JS heap, MB above idle`, all('heap'), '≤', 100);
		line(`draining ${name}: the page's process, MB resident above idle`, all('page'), '≤', 100);
		line(`draining ${name}: the whole browser, MB of its own above idle`, all('browser'), '≤', 100);
	}
}

type Memory = { heap: number; page: number; browser: number };

async function drainWatched(origin: string, folder: string, who: Who): Promise<Memory> {
	const profile = await openBare<Device>('ours', origin, folder);
	try {
		const { send } = profile;
		await send('Performance.enable');
		await send('HeapProfiler.enable');
		await profile.run('ready', who);
		await send('HeapProfiler.collectGarbage');
		await new Promise((go) => setTimeout(go, 3000));
		const idle = await memoryOf(send, folder);
		const most = { ...idle };
		let draining = true;
		const drained = profile
			.run('push', who, COUNT)
			.then(() => profile.run('sendRecorded', who))
			.finally(() => (draining = false));
		while (draining) {
			const now = await memoryOf(send, folder);
			for (const key of ['heap', 'page', 'browser'] as const) most[key] = Math.max(most[key], now[key]);
			await new Promise((go) => setTimeout(go, 50));
		}
		await drained;
		const above = (key: keyof Memory) => Math.round((most[key] - idle[key]) / MB);
		return { heap: above('heap'), page: above('page'), browser: above('browser') };
	} finally {
		await profile.close();
	}
}

async function memoryOf(send: Bare<Device>['send'], folder: string): Promise<Memory> {
	type Metrics = { metrics: { name: string; value: number }[] };
	const { metrics } = await send<Metrics>('Performance.getMetrics');
	const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize')!.value;
	const browser = processesOf(folder);
	const sum = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0);
	return {
		heap,
		page: Math.max(...browser.filter(({ isPage }) => isPage).map(({ pid }) => residentOf(pid))),
		browser: sum(browser.map(({ pid }) => heldBy(pid)))
	};
}

type Process = { pid: number; isPage: boolean };

/** The processes of the browser that runs on a profile. */
function processesOf(folder: string): Process[] {
	const all = readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.flatMap((name) => {
			const command = read(`/proc/${name}/cmdline`);
			const parent = Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${name}/status`))?.[1] ?? 0);
			return command ? [{ pid: Number(name), parent, command }] : [];
		});
	const found = all.filter(({ command }) => command.includes(`--user-data-dir=${folder}`));
	for (const { pid } of found) found.push(...all.filter((one) => one.parent === pid && !found.includes(one)));
	return found.map(({ pid, command }) => ({ pid, isPage: command.includes('--type=renderer') }));
}

/** A process may be gone between being listed and being read. */
function read(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return '';
	}
}
const kilobytes = (file: string, name: string): number =>
	Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(read(file))?.[1] ?? 0);

const residentOf = (pid: number): number => 1024 * kilobytes(`/proc/${pid}/status`, 'VmRSS');

/** What a process holds that is no file's, in bytes: pages of a program may be dropped and read again. What processes share
 * is shared out among them, so that they may be added up. */
function heldBy(pid: number): number {
	const file = `/proc/${pid}/smaps_rollup`;
	return 1024 * (kilobytes(file, 'Pss_Anon') + kilobytes(file, 'Pss_Shmem'));
}
