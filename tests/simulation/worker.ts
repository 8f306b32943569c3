import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { takeOver } from './platform.ts';
import { Random } from './scheduler.ts';
import { found, type Lib } from './server.ts';
import { runCrash, runSeed, type Crash } from './world.ts';

/** One of the threads that live seeds: told which, says what became of each. */
const { now, next, aloud } = workerData as { now: string; next: string; aloud: boolean };
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'temoin-simulation-'));
takeOver();
const libs = { now: (await import(now)) as Lib, next: (await import(next)) as Lib };
const template = await found(libs.now, join(folder, 'template'), new Random(-1));
parentPort!.on('message', (asked: number | null | { at: Crash | undefined }) => {
	if (asked === null) {
		rmSync(folder, { recursive: true, force: true });
		parentPort!.close();
		return;
	}
	if (typeof asked === 'object') {
		void runCrash(asked.at, libs, template, folder).then((run) => parentPort!.postMessage(run));
		return;
	}
	void runSeed(asked, libs, template, folder, aloud).then((run) => parentPort!.postMessage(run));
});
parentPort!.postMessage('ready');
