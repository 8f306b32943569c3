import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { bundleProduct, bundleWorker } from './bundle.ts';
import { NEXT, PLANTS } from './plants.ts';
import type { Crash, Run, runCrash } from './world.ts';

// npm run simulate -- --seeds 10000 [--from 0]: many lives of a structure, each drawn from its seed.
//   --aloud          says everything that happens: npm run simulate -- --seeds 1 --from <seed> --aloud replays one
//   --plant <name>   with a bug planted, until it is found; --plants: each of them, one after the other
//   --crashes        one life, killed before each of its steps in turn
//   --kept           the seeds that ever failed too
const { values } = parseArgs({
	options: {
		seeds: { type: 'string', default: '1000' },
		from: { type: 'string', default: '0' },
		threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
		aloud: { type: 'boolean', default: false },
		plant: { type: 'string' },
		plants: { type: 'boolean', default: false },
		crashes: { type: 'boolean', default: false },
		kept: { type: 'boolean', default: false }
	}
});

const thread = new URL(await bundleWorker());
const KEPT = new URL('./failed-seeds.json', import.meta.url);

/** Lives these seeds, on as many threads as asked, with a bug planted where one is named.
 * @param enough whether what was seen so far will do */
async function live(
	seeds: readonly number[],
	planted: string | undefined,
	onrun: (run: Run) => void,
	enough: () => boolean = () => false
): Promise<void> {
	const patches = planted === undefined ? [] : PLANTS[planted]!;
	// A migration that is planted takes the place of the next version's own.
	const next = NEXT.filter(({ file, find }) => !patches.some((one) => one.file === file && one.find === find));
	const isNextOnly = planted === 'migration-error-swallowed';
	const workerData = {
		now: await bundleProduct(`now-${planted}`, isNextOnly ? [] : patches),
		next: await bundleProduct(`next-${planted}`, [...next, ...patches]),
		aloud: values.aloud
	};
	let asked = 0;
	await Promise.all(
		Array.from({ length: Math.min(Number(values.threads), seeds.length) }, async () => {
			const worker = new Worker(thread, { workerData });
			await new Promise<void>((done, fail) => {
				worker.on('error', fail);
				worker.on('exit', () => done());
				worker.on('message', (message: 'ready' | Run) => {
					if (message !== 'ready') onrun(message);
					worker.postMessage(asked < seeds.length && !enough() ? seeds[asked++] : null);
				});
			});
		})
	);
}

const from = Number(values.from);
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => from + i);

/** How many seeds it takes to find a planted bug, or nothing when these do not. */
async function find(name: string): Promise<{ seeds: number; problem: string } | undefined> {
	let [lived, found] = [0, undefined as Run | undefined];
	await live(
		seeds,
		name,
		(run) => {
			lived += 1;
			if (run.problem && (!found || run.seed < found.seed)) found = run;
		},
		() => found !== undefined
	);
	return found && { seeds: lived, problem: found.problem! };
}

async function findAll(names: readonly string[]): Promise<boolean> {
	let missed = 0;
	for (const name of names) {
		const found = await find(name);
		if (!found) missed += 1;
		console.log(
			`${name.padEnd(40)} ${String(found?.seeds ?? 'NOT FOUND').padStart(9)}  ${found?.problem.slice(0, 90) ?? ''}`
		);
	}
	console.log(`${names.length - missed} passed, ${missed} failed`);
	return missed === 0;
}

function commit(): string {
	try {
		return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
	} catch {
		return 'no commit';
	}
}

async function holdAll(): Promise<boolean> {
	const kept = values.kept ? (JSON.parse(readFileSync(KEPT, 'utf8')) as number[]) : [];
	const start = performance.now();
	const runs: Run[] = [];
	await live([...new Set([...kept, ...seeds])], undefined, (run) => {
		runs.push(run);
		if (run.problem) console.log(`seed ${run.seed} + ${commit()}: ${run.problem}`);
	});
	const failed = runs.filter(({ problem }) => problem).length;
	const steps = runs.reduce((sum, run) => sum + run.steps, 0);
	console.log(`${runs.length} seeds, ${steps} steps, ${((performance.now() - start) / 1000).toFixed(1)} s`);
	console.log(`traces ${runs.toSorted((a, b) => a.seed - b.seed).reduce((all, { trace }) => fold(all, trace), 0)}`);
	console.log(`${runs.length - failed} passed, ${failed} failed`);
	return failed === 0;
}

/** One number for all the traces: two runs of the same seeds print the same. */
const fold = (all: number, trace: string): number =>
	[...trace].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0, all);

/** A crash before every step of one life, of the device (by itself, and with the power) and of the server. */
async function crashEverywhere(): Promise<boolean> {
	const workerData = { now: await bundleProduct('now', []), next: await bundleProduct('next', NEXT), aloud: false };
	type Crashed = Awaited<ReturnType<typeof runCrash>>;
	let left: (Crash | undefined)[] = [undefined];
	const runs: Crashed[] = [];
	const worker = async () => {
		const one = new Worker(thread, { workerData });
		await new Promise<void>((done, fail) => {
			one.on('error', fail);
			one.on('exit', () => done());
			one.on('message', (message: 'ready' | Crashed) => {
				if (message !== 'ready') runs.push(message);
				if (message !== 'ready' && message.problem)
					console.log(`${JSON.stringify(message.at)} + ${commit()}: ${message.problem}`);
				one.postMessage(left.length > 0 ? { at: left.shift() } : null);
			});
		});
	};
	await worker();
	const { device, server } = runs[0]!.taken;
	const steps = (who: Crash['who'], count: number, power: boolean): Crash[] =>
		Array.from({ length: count }, (_, i) => ({ who, step: i + 1, power }));
	left = [...steps('device', device, false), ...steps('device', device, true), ...steps('server', server, false)];
	await Promise.all(Array.from({ length: Number(values.threads) }, worker));
	const failed = runs.filter(({ problem }) => problem).length;
	console.log(`${device} steps of the device, ${server} of the server`);
	console.log(`${runs.length - failed} passed, ${failed} failed`);
	return failed === 0 && device > 0;
}

const names = values.plants ? Object.keys(PLANTS) : values.plant ? [values.plant] : undefined;
const ok = names ? await findAll(names) : values.crashes ? await crashEverywhere() : await holdAll();
process.exit(ok ? 0 : 1);
