import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENGINE_FILES } from './engine-files.js';

/** A browser of another engine on a profile that stays on the disk, driven by what it speaks itself. */
export interface Engine {
	open(url: string): Promise<void>;
	go(url: string): Promise<void>;
	/** What an expression gives in the page, as JSON. */
	ask<T>(expression: string): Promise<T>;
	/** SIGKILL to all its processes. */
	kill(): Promise<void>;
	dispose(): Promise<void>;
}

export const ENGINES: { name: string; needs: string[]; make: () => Engine }[] = [
	{
		name: 'WebKitGTK',
		needs: ENGINE_FILES.WebKitGTK.files,
		make: () => new WebKit()
	},
	{ name: 'Firefox', needs: ENGINE_FILES.Firefox.files, make: () => new Firefox() }
];

const wait = (milliseconds: number) => new Promise((go) => setTimeout(go, milliseconds));

async function freePort(): Promise<number> {
	const probe = createServer();
	await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
	const { port } = probe.address() as AddressInfo;
	await new Promise((done) => probe.close(done));
	return port;
}

type Message = { id?: number; method?: string; params?: unknown; result?: unknown; error?: unknown };

/** An answer that has not come by then never will: the page that was asked is gone. Whoever waits for something asks again. */
const PATIENCE = 10_000;

/** Numbered calls over a WebSocket, each with its answer. */
export class Line {
	#calls = new Map<number, { done: (result: unknown) => void; failed: (cause: Error) => void }>();
	#last = 0;
	onevent: (method: string, params: unknown) => void = () => {};
	#socket: WebSocket;

	private constructor(socket: WebSocket) {
		this.#socket = socket;
		socket.addEventListener('message', ({ data }) => this.take(JSON.parse(String(data)) as Message));
		socket.addEventListener('close', () => {
			for (const { failed } of this.#calls.values()) failed(new Error('the browser is gone'));
			this.#calls.clear();
		});
	}

	/** Tries until the browser listens. */
	static async to(url: string): Promise<Line> {
		for (let i = 0; i < 300; i++) {
			const socket = new WebSocket(url);
			const open = await new Promise<boolean>((done) => {
				socket.addEventListener('open', () => done(true));
				socket.addEventListener('error', () => done(false));
				setTimeout(() => done(false), 5000);
			});
			if (open) return new Line(socket);
			socket.close();
			await wait(100);
		}
		throw new Error(`nobody listens at ${url}`);
	}

	take({ id, method, params, result, error }: Message): void {
		if (id === undefined) return this.onevent(method ?? '', params);
		const call = this.#calls.get(id);
		this.#calls.delete(id);
		if (error) call?.failed(new Error(JSON.stringify(error)));
		else call?.done(result);
	}

	/** @param wrap puts the call into an envelope, where the browser wants one
	 * @param patience in milliseconds */
	call(
		method: string,
		params: object,
		wrap: (message: object) => object = (message) => message,
		patience = PATIENCE
	): Promise<unknown> {
		const id = ++this.#last;
		return new Promise((done, failed) => {
			this.#calls.set(id, { done, failed });
			setTimeout(() => failed(new Error(`no answer to ${method}`)), patience).unref();
			this.#socket.send(JSON.stringify(wrap({ id, method, params })));
		});
	}
}

const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach(killGroup));

function killGroup(child: ChildProcess): void {
	try {
		if (child.pid) process.kill(-child.pid, 'SIGKILL');
	} catch {
		// gone already
	}
}

function start(path: string, args: string[], env: { [name: string]: string }): ChildProcess {
	const child = spawn(path, args, {
		env: { ...process.env, ...env },
		stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
		detached: true
	});
	running.add(child);
	return child;
}

async function end(child: ChildProcess | undefined): Promise<void> {
	if (!child || !running.delete(child)) return;
	const gone = new Promise((done) => child.once('exit', done));
	killGroup(child);
	await gone;
}

/** The processes that were started with this profile, whoever started them. */
const workersOn = (profile: string): number[] =>
	readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name) && readEnvironment(name).includes(profile))
		.map(Number);

function readEnvironment(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/environ`, 'latin1');
	} catch {
		return ''; // gone meanwhile, or another user's
	}
}

function killOne(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// gone already
	}
}

/** Envelopes have numbers of their own, whose answers nobody waits for. */
const ENVELOPES = 1_000_000;

/** MiniBrowser through WebKit's own inspector: WebDriver would give it a profile that it forgets. */
class WebKit implements Engine {
	readonly #profile = mkdtempSync(join(tmpdir(), 'temoin-webkit-'));
	#screen: ChildProcess | undefined;
	#display = '';
	#browser: ChildProcess | undefined;
	#line: Line | undefined;
	#target = '';

	async open(url: string): Promise<void> {
		if (!this.#screen) {
			this.#screen = start('/usr/bin/Xvfb', ['-displayfd', '3', '-screen', '0', '1180x820x24'], {});
			const told = this.#screen.stdio[3]!;
			this.#display = await new Promise<string>((done) =>
				told.once('data', (number: Buffer) => done(`:${number.toString().trim()}`))
			);
		}
		const port = await freePort();
		const cookies = `--cookies-file=${join(this.#profile, 'cookies.sqlite')}`; // it forgets them otherwise
		this.#browser = start(ENGINES[0]!.needs[0]!, ['--geometry=1180x820', cookies, url], {
			DISPLAY: this.#display,
			HOME: this.#profile,
			XDG_DATA_HOME: join(this.#profile, 'data'),
			XDG_CACHE_HOME: join(this.#profile, 'cache'),
			XDG_CONFIG_HOME: join(this.#profile, 'config'),
			LANG: 'fr_FR.UTF-8',
			LANGUAGE: 'fr',
			WEBKIT_INSPECTOR_HTTP_SERVER: `127.0.0.1:${port}`
		});
		await this.#inspect(port);
		await this.#loaded();
	}

	/** The page is one of several targets, and a navigation may put another in its place. */
	async #inspect(port: number): Promise<void> {
		for (let i = 0; !(await listens(port)) && i < 300; i++) await wait(100);
		const line = await Line.to(`ws://127.0.0.1:${port}/socket/1/1/WebPage`);
		this.#target = '';
		line.onevent = (method, params) => {
			const { targetInfo, newTargetId, message } = params as {
				targetInfo?: { targetId: string; isProvisional?: boolean };
				newTargetId?: string;
				message?: string;
			};
			if (method === 'Target.targetCreated' && !targetInfo!.isProvisional) this.#target = targetInfo!.targetId;
			if (method === 'Target.didCommitProvisionalTarget') this.#target = newTargetId!;
			if (method === 'Target.dispatchMessageFromTarget') {
				const inner = JSON.parse(message!) as Message;
				if (inner.id !== undefined) line.take(inner);
			}
		};
		this.#line = line;
		for (let i = 0; this.#target === '' && i < 100; i++) await wait(100);
	}

	async go(url: string): Promise<void> {
		await this.ask(`(window.leaving = true, location.href = ${JSON.stringify(url)}, 0)`);
		await this.#loaded();
	}

	/** The page before answers until the new one has begun. */
	async #loaded(): Promise<void> {
		const isThere = `!window.leaving && location.protocol === 'http:' && document.readyState === 'complete'`;
		for (let i = 0; i < 300; i++) {
			if (await this.ask<boolean>(isThere).catch(() => false)) return;
			await wait(100);
		}
		throw new Error('the page did not load');
	}

	async ask<T>(expression: string): Promise<T> {
		const params = { expression: `JSON.stringify(${expression})`, returnByValue: true };
		const answer = (await this.#line!.call('Runtime.evaluate', params, (message) => {
			const envelope = { targetId: this.#target, message: JSON.stringify(message) };
			const { id } = message as { id: number };
			return { id: id + ENVELOPES, method: 'Target.sendMessageToTarget', params: envelope };
		})) as { result: { value?: string; description?: string }; wasThrown?: boolean };
		if (answer.wasThrown) throw new Error(answer.result.description);
		return JSON.parse(answer.result.value ?? 'null') as T;
	}

	async kill(): Promise<void> {
		await end(this.#browser);
		this.#browser = undefined;
		// Its helpers may be in a group of their own: one that still held the database would make the next browser wait.
		for (let left = workersOn(this.#profile); left.length > 0; left = workersOn(this.#profile)) {
			for (const pid of left) killOne(pid);
			await wait(20);
		}
	}

	async dispose(): Promise<void> {
		await this.kill();
		await end(this.#screen);
		rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
	}
}

const listens = (port: number): Promise<boolean> =>
	fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) }).then(
		async (response) => (await response.text()).includes('/socket/1/1/WebPage'),
		() => false
	);

/** Firefox by WebDriver BiDi, which it speaks itself. */
class Firefox implements Engine {
	readonly #profile = mkdtempSync(join(tmpdir(), 'temoin-firefox-'));
	#browser: ChildProcess | undefined;
	#line: Line | undefined;
	#context = '';

	async open(url: string): Promise<void> {
		const port = await freePort();
		const args = ['--headless', '--no-remote', '--profile', this.#profile, `--remote-debugging-port=${port}`];
		this.#browser = start(ENGINES[1]!.needs[0]!, args, {
			HOME: this.#profile,
			LANG: 'fr_FR.UTF-8',
			MOZ_REMOTE_SETTINGS_DEVTOOLS: '1'
		});
		this.#line = await Line.to(`ws://127.0.0.1:${port}/session`);
		// It listens before it has started, which takes a busy machine longer than any answer afterwards.
		await this.#line.call('session.new', { capabilities: {} }, undefined, 60_000);
		const tree = (await this.#line.call('browsingContext.getTree', {})) as { contexts: { context: string }[] };
		this.#context = tree.contexts[0]!.context;
		await this.go(url);
	}

	async go(url: string): Promise<void> {
		await this.#line!.call('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
	}

	async ask<T>(expression: string): Promise<T> {
		const answer = (await this.#line!.call('script.evaluate', {
			expression: `JSON.stringify(${expression})`,
			target: { context: this.#context },
			awaitPromise: false
		})) as { result?: { value?: string }; exceptionDetails?: { text: string } };
		if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.text);
		return JSON.parse(answer.result?.value ?? 'null') as T;
	}

	async kill(): Promise<void> {
		await end(this.#browser);
		this.#browser = undefined;
	}

	async dispose(): Promise<void> {
		await this.kill();
		rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
	}
}
