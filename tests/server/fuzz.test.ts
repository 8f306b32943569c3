import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { everywhere } from '$lib/server/database/open';
import { answer, type Endpoint } from '$lib/server/door/endpoint';
import { endpoints } from '$lib/server/door/endpoints';
import { dispatch, findEndpoint } from '$lib/server/door/serve';
import type { Draws } from '$lib/server/fictitious/draws';
import { DATABASES, type DatabaseName } from '../support/databases';
import { drawsFor, request, show, toRequest, type Sent } from '../support/fuzz';
import { doorOf, lets, openEmpty, openFurnished, pick, type Caller, type Place } from '../support/fuzz-server';
import { digestsOf, talliesOf } from '../support/stored';

/** `FUZZ=200000` sends that many; `SEED` chooses others; `FROM=1234` begins again with the 1234th, to see a failure;
 * `ON=PostgreSQL` does either there. */
const ASKED = Number(process.env.FUZZ ?? 0);
const SEED = Number(process.env.SEED ?? (ASKED ? Date.now() % 1_000_000 : 2028));
const FROM = process.env.FROM === undefined ? undefined : Number(process.env.FROM);
const ON = process.env.ON ?? 'SQLite';
const FIXED: { [name in DatabaseName]: number } = { SQLite: 3000, PostgreSQL: 500 };

/** The database is put back this often, so that what was deleted or signed out does not end the run, nothing grows for
 * ever, and a failure is found again without all that came before. */
const ROUND = 250;
const SLOW = 1000; // ms

/** Doors that no made-up request opens, and why. */
const SHUT: { [door: string]: string } = {
	'PUT /api/account/passkey': 'takes the signature of an authenticator',
	'POST /api/sealed': 'takes what a tablet has sealed with an enrolled key',
	'POST /api/sealed/media': 'takes what a tablet has sealed with an enrolled key',
	'POST /api/sealed/take': 'takes what a tablet has sealed with an enrolled key',
	'PUT /api/media/[interview]/[hash]': 'takes a recording under its hash, from whoever made its interview',
	'POST /api/stick/media': 'takes what a tablet has sealed with an enrolled key'
};

type Seen = {
	sent: number;
	past: number;
	ok: number;
	refused: number;
	slowest: number;
	ms: number;
	statuses: Map<number, number>;
};
type Answered = {
	status: number;
	entered: boolean;
	out?: boolean; // the answer ends the caller's session
	took: number; // ms
	cpu: number; // ms of this process
	complaint?: string;
	reply?: unknown;
};

describe.each(DATABASES)('whatever is sent to the server on %s', (name) => {
	const count = ASKED || (FROM === undefined ? FIXED[name] : 1);
	test.skipIf((ASKED > 0 || FROM !== undefined) && name !== ON)(
		'is answered, quickly, by what was asked or by a problem, and leaves everything in order',
		{ timeout: 60_000 + count * 20 },
		async () => {
			vi.spyOn(console, 'error').mockReturnValue(); // reports of a page's policy are logged
			const run = new Run(await openFurnished(name), await openEmpty(name));
			await run.open();
			await run.all(FROM ?? 0, count).catch((cause: Error) => run.failures.push(`the fuzzer itself: ${cause.stack}`));
			if (ASKED || FROM !== undefined) console.log(run.report());
			expect(run.failures, `SEED=${SEED}`).toEqual([]);
			if (FROM !== undefined) return;
			run.expectSight(count >= 3000);
			expect(run.growth(), 'bytes that the heap has grown by').toBeLessThan(12_000_000);
		}
	);
});

class Run {
	readonly failures: string[] = [];
	#seen = new Map<string, Seen>();
	#known = new Set<string>();
	#let = new Map<Endpoint, { in: Caller[]; out: Caller[] }>();
	#heap: number[] = [];
	#weights: number[] = endpoints.map(weightOf);
	#lost = false;
	#began = performance.now();
	#watched = watch();

	constructor(
		readonly furnished: Place,
		readonly empty: Place
	) {}

	async open(): Promise<void> {
		const nobody: Caller = { place: this.furnished };
		const callers: Caller[] = [
			...this.furnished.devices.map((device) => ({ place: this.furnished, device })),
			...[nobody, { place: this.empty }, { place: this.empty }]
		];
		for (const endpoint of endpoints) {
			const sorted: { in: Caller[]; out: Caller[] } = { in: [], out: [] };
			for (const caller of callers) sorted[(await lets(endpoint, caller)) ? 'in' : 'out'].push(caller);
			this.#let.set(endpoint, sorted);
			const none = { sent: 0, past: 0, ok: 0, refused: 0, slowest: 0, ms: 0 };
			this.#seen.set(doorOf(endpoint), { ...none, statuses: new Map() });
		}
	}

	async all(from: number, count: number): Promise<void> {
		const first = from - (from % ROUND);
		const every = Math.max(50, Math.floor(count / 60));
		for (let index = first; index < from + count && this.failures.length < 20; index++) {
			if (index % ROUND === 0) await this.empty.reopen(drawsFor(SEED, -index));
			if (index % ROUND === 0 || this.#lost) await this.furnished.reopen(drawsFor(SEED, -index));
			this.#lost = false;
			await this.#one(index);
			if ((index + 1) % ROUND === 0 || index + 1 === from + count) await this.#checkStored(index);
			if (index % every === 0) this.#heap.push(heapUsed());
		}
	}

	async #one(index: number): Promise<void> {
		this.#watched(index);
		const draws = drawsFor(SEED, index);
		const endpoint = this.#choose(draws, index);
		const sorted = this.#let.get(endpoint)!;
		const caller = pick(draws, sorted.out.length > 0 && draws.chance(0.08) ? sorted.out : sorted.in);
		const { app, words } = caller.place;
		// Past every wait, mostly: throttles are met and do not shut the door for the rest of the run.
		app.now = new Date(app.now.getTime() + pick(draws, [0, 1000, 1000, ...Array<number>(7).fill(3_700_000)]));
		const sent = await request(draws, endpoint, caller, draws.chance(index % ROUND < 30 ? 0.6 : 0.3));
		let answered = await this.#send(sent);
		if (!answered.complaint && answered.took > SLOW) {
			// A busy machine is not a slow server: tried once more from where it began, and its own work is counted.
			await caller.place.reopen(drawsFor(SEED, -index));
			answered = await this.#send(sent);
			if (answered.took > SLOW && (answered.cpu > SLOW || answered.took > 5 * SLOW))
				answered.complaint = `took ${Math.round(answered.took)} ms (${Math.round(answered.cpu)} of its own)`;
		}
		this.#count(sent, answered);
		if (answered.complaint) this.#fail(index, sent, answered.complaint);
		if (answered.reply !== undefined && endpoint.method !== 'GET') words.learn('', answered.reply, false);
		const turnedAway = answered.status === 401 && sent.live && sorted.in.includes(caller);
		if (caller.device && (turnedAway || answered.out)) this.#lost = true;
	}

	/** Each door in turn at first, then by weight. */
	#choose(draws: Draws, index: number): Endpoint {
		if (index < endpoints.length * 30) return endpoints[index % endpoints.length]!;
		let at = draws.next() * this.#weights.reduce((a, b) => a + b, 0);
		return endpoints.find((_, i) => (at -= this.#weights[i]!) < 0) ?? endpoints[0]!;
	}

	async #send(sent: Sent): Promise<Answered> {
		let entered = false;
		const { app } = sent.caller.place;
		const watched: Endpoint = {
			...sent.endpoint,
			handle: (call) => {
				entered = true;
				return sent.endpoint.handle(call);
			}
		};
		const began = performance.now();
		const worked = process.cpuUsage();
		const cost = () => {
			const { user, system } = process.cpuUsage(worked);
			return { took: performance.now() - began, cpu: (user + system) / 1000 };
		};
		try {
			const given = toRequest(sent);
			// The address decides, as it does in front of a browser: one with dots in it may lead elsewhere.
			const found = findEndpoint(given.method, new URL(given.url).pathname);
			const going =
				found?.endpoint === sent.endpoint
					? answer(app, watched, given, found.params, sent.address)
					: dispatch(app, given, sent.address);
			const response = await within(10_000, going);
			if (!response) return { status: 0, entered, ...cost(), complaint: 'no answer in 10 s' };
			const bytes = Buffer.from(await response.arrayBuffer());
			const out = response.headers.get('set-cookie')?.includes('Max-Age=0') === true;
			return { status: response.status, entered, out, ...cost(), ...judge(sent, response, bytes) };
		} catch (thrown) {
			const { stack } = thrown as Error;
			return {
				status: 0,
				entered,
				...cost(),
				complaint: `threw ${String(stack ?? thrown)
					.split('\n')
					.slice(0, 6)
					.join('\n')}`
			};
		}
	}

	#count(sent: Sent, { status, entered, took }: Answered): void {
		const seen = this.#seen.get(doorOf(sent.endpoint))!;
		seen.sent += 1;
		seen.ms += took;
		seen.slowest = Math.max(seen.slowest, took);
		if (status !== 429 && (entered || status === 400 || status === 413)) seen.past += 1;
		if (status >= 200 && status < 300) seen.ok += 1;
		if (status >= 400 && status < 500) seen.refused += 1;
		seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1);
	}

	/** One failure of a sort is enough. */
	#fail(index: number, sent: Sent, complaint: string): void {
		const sort = `${doorOf(sent.endpoint)} ${complaint.replace(/\d+/g, '0').slice(0, 200)}`;
		if (this.#known.has(sort)) return;
		this.#known.add(sort);
		this.failures.push(`SEED=${SEED} FROM=${index}: ${complaint}\n${show(sent)}`);
	}

	async #checkStored(index: number): Promise<void> {
		const { app, devices } = this.furnished;
		const structure = devices[0]!.session.structure.id;
		const [tallies, digests] = await everywhere(async () => [
			await talliesOf(app, structure),
			await digestsOf(app, structure)
		]);
		const told = `SEED=${SEED} FROM=${index} and the round before it`;
		if (!same(Object.fromEntries(tallies.stored), Object.fromEntries(tallies.expected)))
			this.failures.push(`${told}: tallies differ`);
		if (!same(digests.stored, digests.expected)) this.failures.push(`${told}: digests differ`);
	}

	/** A door that never opens, or never refuses, is a door the fuzzer does not see. */
	expectSight(full: boolean): void {
		for (const endpoint of endpoints) {
			const door = doorOf(endpoint);
			const { sent, past, ok, refused } = this.#seen.get(door)!;
			expect(past / sent, `${door}: part of the requests that got past its lock`).toBeGreaterThan(0.6);
			if (!full) continue;
			if (!SHUT[door]) expect(ok, `${door}: requests that succeeded`).toBeGreaterThan(0);
			if (endpoint.method !== 'GET' || endpoint.act !== 'anybody')
				expect(refused, `${door}: requests that were refused`).toBeGreaterThan(0);
		}
	}

	/** From the first fifth of the run to its last. */
	growth(): number {
		const settled = this.#heap.slice(Math.floor(this.#heap.length / 10));
		const fifth = Math.max(1, Math.floor(settled.length / 5));
		return median(settled.slice(-fifth)) - median(settled.slice(0, fifth));
	}

	report(): string {
		const doors = [...this.#seen].map(([door, { sent, past, ok, refused, slowest, ms, statuses }]) => {
			const share = sent ? Math.round((100 * past) / sent) : 0;
			const by = [...statuses].sort(([a], [b]) => a - b).map(([status, n]) => `${status}×${n}`);
			return `${door}: ${sent}, ${share} % past, ${ok} ok, ${refused} refused, ${(ms / sent).toFixed(1)} ms, ${Math.round(slowest)} at most; ${by.join(' ')}`;
		});
		const sent = [...this.#seen.values()].reduce((sum, one) => sum + one.sent, 0);
		const seconds = (performance.now() - this.#began) / 1000;
		const heap = [0, 0.25, 0.5, 0.75, 1].map(
			(part) => Math.round((this.#heap[Math.floor(part * (this.#heap.length - 1))] ?? 0) / 1e5) / 10
		);
		return [
			`SEED=${SEED}: ${sent} requests in ${Math.round(seconds)} s, ${Math.round(sent / seconds)}/s; heap ${heap.join(', ')} MB`,
			...doors
		].join('\n');
	}
}

/** Where passphrases are read, each request costs a hash that is slow by design: they share a fortieth, whatever their
 * number, which is minutes of 200,000. What reads a large body, the most of all, is asked the most. */
function weightOf(endpoint: Endpoint): number {
	const slow = endpoints.filter(readsPassphrase);
	if (slow.includes(endpoint)) return endpoints.length / 10 / slow.length;
	return endpoint.limit ? 12 : endpoint.body ? 4 : 2;
}
const readsPassphrase = ({ body }: Endpoint): boolean => JSON.stringify(body?._zod.def ?? {}).includes('passphrase');

/** What is wrong with an answer, if anything is. */
function judge(
	{ endpoint, bomb, url }: Sent,
	response: Response,
	bytes: Buffer
): { complaint?: string; reply?: unknown } {
	const { status, headers } = response;
	if (status >= 500) return { complaint: `status ${status}: ${bytes.toString().slice(0, 300)}` };
	const refusedBefore = url.includes('%00') ? [400] : []; // an address with NUL is not looked into
	if (bomb && endpoint.body && ![401, 403, 413, 429, ...refusedBefore].includes(status))
		return { complaint: `a bomb was read: status ${status}` };
	if (bytes.length === 0 || !headers.get('content-type')?.includes('json'))
		return status >= 400 ? { complaint: `status ${status} without a problem` } : {};
	let said: unknown;
	try {
		said = JSON.parse((headers.get('content-encoding') === 'gzip' ? gunzipSync(bytes) : bytes).toString());
	} catch {
		return { complaint: `status ${status} with JSON that cannot be read: ${bytes.toString().slice(0, 300)}` };
	}
	if (status >= 400)
		return typeof (said as { problem?: unknown }).problem === 'string'
			? {}
			: { complaint: `status ${status} without a problem` };
	const shape = endpoint.reply?.safeParse(said);
	if (shape && !shape.success)
		return { complaint: `a reply unlike its schema: ${JSON.stringify(shape.error.issues).slice(0, 400)}` };
	return { reply: said };
}

const same = (a: unknown, b: unknown): boolean => {
	try {
		expect(a).toEqual(b);
		return true;
	} catch {
		return false;
	}
};

async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<undefined>((done) => (timer = setTimeout(() => done(undefined), ms)));
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** What never gives the thread back cannot be timed from the thread itself: another one looks on, and says which request
 * it was and where it stands before it ends the process. */
function watch(): (index: number) => void {
	const at = new Int32Array(new SharedArrayBuffer(4));
	const look = `const { workerData: at } = require('node:worker_threads');
		const say = (text) => require('node:fs').writeSync(2, text);
		const session = new (require('node:inspector').Session)();
		session.on('Debugger.paused', ({ params }) => {
			for (const { functionName, url, location } of params.callFrames.slice(0, 15))
				say('    at ' + functionName + ' ' + url + ':' + (location.lineNumber + 1) + String.fromCharCode(10));
			process.kill(process.pid, 'SIGKILL');
		});
		let before = -1, times = 0;
		setInterval(() => {
			const index = Atomics.load(at, 0);
			times = index === before && index !== 0 ? times + 1 : 0;
			before = index;
			if (times < 20) return;
			if (times > 25) process.kill(process.pid, 'SIGKILL');
			if (times > 20) return;
			say('SEED=${SEED} FROM=' + (index - 1) + ': the server has not come back for 20 s' + String.fromCharCode(10));
			session.connectToMainThread();
			session.post('Debugger.enable');
			session.post('Debugger.pause');
		}, 1000);`;
	const worker = new Worker(look, { eval: true, workerData: at });
	worker.unref();
	onTestFinished(async () => void (await worker.terminate()));
	return (index) => Atomics.store(at, 0, index + 1);
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function heapUsed(): number {
	collect();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}
