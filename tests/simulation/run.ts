import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { execFileSync } from 'node:child_process';
import { bundleProduct, bundleWorker } from './bundle.ts';
import { NEXT } from './plants.ts';
import type { Run } from './world.ts';

// npm run simulate -- --seeds 10000 [--from 0] [--seed n]: many lives of a structure, each drawn from its seed.
const { values } = parseArgs({
	options: {
		aloud: { type: 'boolean', default: false },
		seeds: { type: 'string', default: '1000' },
		from: { type: 'string', default: '0' },
		threads: { type: 'string' }
	}
});
const [count, from] = [Number(values.seeds), Number(values.from)];
const threads = Number(values.threads ?? Math.min(2, availableParallelism()));

const workerData = {
	now: await bundleProduct('now', []),
	next: await bundleProduct('next', NEXT),
	aloud: values.aloud
};
const thread = new URL(await bundleWorker());
const runs: Run[] = [];
let asked = 0;
const start = performance.now();
await Promise.all(
	Array.from({ length: threads }, async () => {
		const worker = new Worker(thread, { workerData });
		await new Promise<void>((done, fail) => {
			worker.on('error', fail);
			worker.on('exit', () => done());
			worker.on('message', (message: 'ready' | Run) => {
				if (message !== 'ready') runs.push(message);
				if (message !== 'ready' && message.problem) console.log(`seed ${message.seed}: ${message.problem}`);
				worker.postMessage(asked < count ? from + asked++ : null);
			});
		});
	})
);
const seconds = (performance.now() - start) / 1000;
const failed = runs.filter(({ problem }) => problem);
const commit = (() => {
	try {
		return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
	} catch {
		return 'no commit';
	}
})();
for (const { seed, problem } of failed.slice(0, 10)) console.log(`seed ${seed} + ${commit}: ${problem}`);
console.log(`${runs.length} seeds, ${runs.reduce((sum, { steps }) => sum + steps, 0)} steps, ${seconds.toFixed(1)} s`);
console.log(`${runs.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length > 0 ? 1 : 0);
