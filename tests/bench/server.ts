import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SyncReply } from '../../src/lib/domain/sync.ts';
import type { Filled } from './fill.ts';
import {
	bundleProgram,
	freshFolder,
	inTurns,
	line,
	NODE,
	OURS,
	ROUNDS,
	serverScript,
	SETUP_CODE,
	startServer,
	type Server
} from './ground.ts';
import { changeOf } from './pages/sample.ts';

const BATCH = 500;
const WARM = 6; // pushes before the clock runs: the first ones are compiled while they run
const TIMED = 12;

/** Fills a data folder by the server's own code. */
async function filledFolder(records: number): Promise<{ folder: string; filled: Filled }> {
	const folder = freshFolder(`filled-${records}`);
	const begun = performance.now();
	const { stdout, status } = spawnSync(NODE, [await bundleProgram('fill'), String(records)], {
		env: { ...process.env, DATA: folder, SETUP_CODE },
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'inherit']
	});
	if (status !== 0) throw new Error(`the folder of ${records} records was not filled`);
	console.log(`  ${records} records stored in ${Math.round((performance.now() - begun) / 1000)} s`);
	return { folder, filled: JSON.parse(stdout) as Filled };
}

/** Pushes batch after batch like a device that is up to date. */
function pusher({ origin }: Server, { person, device, headers, antenna, ...start }: Filled) {
	let at: Pick<Filled, 'cursor' | 'audiences'> = start;
	return async (): Promise<number> => {
		const where = { campaign: crypto.randomUUID(), antenna };
		const changes = Array.from({ length: BATCH }, (_, i) => changeOf(where, i));
		const body = JSON.stringify({ protocol: 3, person, device, filling: [], ...at, changes });
		const begun = performance.now();
		const response = await fetch(`${origin}/api/sync`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body
		});
		const reply = (await response.json()) as SyncReply;
		const spent = performance.now() - begun;
		const applied = reply.receipts?.filter(({ verdict }) => verdict === 'applied').length;
		if (applied !== BATCH || reply.records.length > 0) throw new Error(`${response.status}, ${applied} were applied`);
		at = { cursor: reply.cursor, audiences: reply.audiences ?? at.audiences };
		return spent;
	};
}

function barePusher({ origin }: Server) {
	return async (): Promise<number> => {
		const where = { campaign: crypto.randomUUID(), antenna: crypto.randomUUID() };
		const body = JSON.stringify(Array.from({ length: BATCH }, (_, i) => changeOf(where, i)));
		const begun = performance.now();
		const response = await fetch(`${origin}/limit`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body
		});
		const { taken } = (await response.json()) as { taken: number };
		if (taken !== BATCH) throw new Error(`${taken} were taken`);
		return performance.now() - begun;
	};
}

/** Two servers take the same number of batches, one after the other in turns.
 * @returns what each spent in all, in ms */
async function alternate(pushers: readonly [() => Promise<number>, () => Promise<number>]): Promise<[number, number]> {
	for (let i = 0; i < WARM; i++) for (const push of pushers) await push();
	const spent: [number, number] = [0, 0];
	for (let i = 0; i < TIMED; i++)
		await inTurns(i, [
			async () => void (spent[0] += await pushers[0]()),
			async () => void (spent[1] += await pushers[1]())
		]);
	return spent;
}

const perChange = (spent: number): string => `${((1000 * spent) / (TIMED * BATCH)).toFixed(0)} µs`;

/** What a change costs the server when a million records lie there already. */
export async function measureGrowth(): Promise<void> {
	const large = Number(process.env.STORED ?? 1_000_000);
	const few = await filledFolder(1000);
	const many = await filledFolder(large);
	const big = await startServer(OURS, many.folder);
	const pushBig = pusher(big, many.filled);
	const ratios: number[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		const copy = freshFolder('few');
		cpSync(few.folder, copy, { recursive: true });
		const small = await startServer(OURS, copy);
		const [atFew, atMany] = await alternate([pusher(small, few.filled), pushBig]);
		await small.stop();
		ratios.push(atMany / atFew);
		console.log(
			`  growth, round ${round + 1}: ${perChange(atFew)} a change at 1,000, ${perChange(atMany)} at ${large}`
		);
	}
	await big.stop();
	line(`cost of a change at ${large} stored / at 1,000`, ratios, '≤', 1.3);
}

/** Batches of 500 over HTTP, one client: everything on, against an insert. */
export async function measureIngest(): Promise<void> {
	const ratios: number[] = [];
	const resident: number[] = [];
	const { folder, filled } = await filledFolder(1000);
	for (let round = 0; round < ROUNDS; round++) {
		const copy = freshFolder('ingest');
		cpSync(folder, copy, { recursive: true });
		const ours = await startServer(OURS, copy);
		const bare = await startServer(serverScript('limit'));
		const [spent, least] = await alternate([pusher(ours, filled), barePusher(bare)]);
		resident.push(residentMb(ours.pid));
		await ours.stop();
		await bare.stop();
		ratios.push(least / spent);
		console.log(`  ingest, round ${round + 1}: ${perChange(spent)} a change, bare ${perChange(least)}`);
	}
	line("HTTP ingest by 500: share of bare HTTP and SQLite's speed", ratios, '≥', 0.26);
	line(`the server after ${(WARM + TIMED) * BATCH} changes: MB resident`, resident, '≤', 140);
}

const residentMb = (pid: number): number =>
	Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

/** A server's every start but its first: its database and its compiled code are there. */
export async function measureStart(): Promise<void> {
	const ratios: number[] = [];
	const idle: number[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		const bare = await startServer(join(import.meta.dirname, 'servers', 'bare.js'));
		await bare.stop();
		const data = freshFolder('data');
		await (await startServer(OURS, data)).stop('SIGTERM');
		const server = await startServer(OURS, data);
		ratios.push(server.firstAnswer / bare.firstAnswer);
		await new Promise((go) => setTimeout(go, 1500));
		idle.push(residentMb(server.pid));
		await server.stop();
	}
	line('first answer: ours / bare Node with SQLite', ratios, '≤', 2);
	line('idle server, MB resident', idle, '≤', 90);
}
