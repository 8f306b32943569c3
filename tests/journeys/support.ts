import { PROTOCOL } from '../../src/lib/domain/sync';
import { unpack, type Packed } from '../../src/lib/domain/record';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { Secret, TOTP } from 'otpauth';
import {
	chromium,
	expect,
	test as base,
	type Browser,
	type BrowserContext,
	type Locator,
	type Page
} from '@playwright/test';

/** As in `$lib/domain/session`, which these tests do not load. */
const KEY_HEADER = 'temoin-key';
export type Session = {
	structure: { id: string };
	person: { id: string };
	device: { id: string };
	secondFactor: string;
};
export type Received = {
	id: string;
	kind: string;
	owner: string;
	fields: Record<string, { value: unknown; change: string }[]>;
};
type Reply = {
	receipts: { verdict: string }[];
	records: (Omit<Received, 'fields'> & { fields: Packed })[];
	cursor: object;
	audiences?: string[];
	more: boolean;
};

export const SETUP_CODE = 'JOURN-EYS23';
export const PASSPHRASE = 'les gaves descendent vite';

/** A real server on a port and a data folder of its own. `stop` kills it as a power cut would. */
export class Server {
	readonly data = mkdtempSync(join(tmpdir(), 'temoin-journey-'));
	#process: ChildProcess | undefined;
	readonly port: number;

	private constructor(port: number) {
		this.port = port; // spelt out: Node runs this file as it is, for the torture
	}

	get origin(): string {
		return `http://localhost:${this.port}`;
	}

	static async start(build = 'build-v1'): Promise<Server> {
		const server = new Server(await freePort());
		await server.run(build);
		return server;
	}

	async run(build = 'build-v1'): Promise<void> {
		const env = {
			...process.env,
			PORT: String(this.port),
			DATA: this.data,
			SETUP_CODE,
			BODY_SIZE_LIMIT: '6M',
			SHUTDOWN_TIMEOUT: '1'
		};
		this.#process = spawn(resolve('node_modules/.bin/node'), [join(build, 'index.js')], {
			env,
			stdio: ['ignore', 'ignore', 'inherit']
		});
		for (let i = 0; i < 200; i++) {
			if (
				await fetch(`${this.origin}/api/health`)
					.then((r) => r.ok)
					.catch(() => false)
			)
				return;
			await new Promise((go) => setTimeout(go, 50));
		}
		throw new Error('the server did not start');
	}

	async stop(): Promise<void> {
		const running = this.#process;
		this.#process = undefined;
		if (!running) return;
		const gone = new Promise((done) => running.once('exit', done));
		running.kill('SIGKILL');
		await gone;
	}

	async dispose(): Promise<void> {
		await this.stop();
		rmSync(this.data, { recursive: true, force: true });
	}
}

const freePort = (): Promise<number> =>
	new Promise((done, failed) => {
		const probe = createServer();
		probe.once('error', failed);
		probe.listen(0, '127.0.0.1', () => {
			const address = probe.address();
			probe.close(() => done(typeof address === 'object' && address ? address.port : 0));
		});
	});

/** Journeys start on a server of their own, and no page of theirs may call another origin or log an error. */
export const test = base.extend<{ server: Server }>({
	server: async ({ browserName: _ }, use) => {
		const server = await Server.start();
		await use(server);
		await server.dispose();
	},
	baseURL: async ({ server }, use) => {
		await use(server.origin);
	},
	context: async ({ context, server }, use) => {
		watch(context, server.origin);
		await use(context);
	}
});

/** The second half of the session that a context's pages last sent: it lies in the vault, and a test has no key to that. */
const keys = new WeakMap<BrowserContext, string>();

function learnKeys(context: BrowserContext): void {
	context.on('request', (request) => {
		const key = request.headers()[KEY_HEADER];
		if (key) keys.set(context, key);
	});
}

/** Fails the journey on any request to another origin, on anything the page's policy kept from running, and on any error of
 * the page's own. */
export function watch(context: BrowserContext, origin: string): void {
	context.on('request', (request) => {
		const url = new URL(request.url());
		if (url.protocol.startsWith('http')) expect(url.origin, `a request to ${url.origin}`).toBe(origin);
	});
	learnKeys(context);
	void context.addInitScript(() =>
		addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) =>
			console.error('against the policy:', effectiveDirective, blockedURI, sample)
		)
	);
	context.on('console', (message) => {
		if (message.text().startsWith('against the policy')) throw new Error(message.text());
	});
	context.on('weberror', (failure) => {
		throw failure.error();
	});
}

/** Goes to a page from the cold, as the browser does: the passphrase is asked first. */
export async function goTo(page: Page, path: string): Promise<void> {
	await page.goto(URL.parse(path, page.url())?.href ?? path); // a tablet of its own has no base address
	await unlock(page);
}

export async function unlock(page: Page, passphrase = PASSPHRASE): Promise<void> {
	const field = page.getByLabel('Phrase secrète');
	await field.fill(passphrase);
	await page.getByRole('button', { name: 'Ouvrir', exact: true }).click();
	await expect(field).toBeHidden();
}

/** A short code is offered: this one is chosen. */
export async function choosePin(page: Page, pin: string): Promise<void> {
	await page.getByRole('checkbox', { name: /^Choisir un code court/ }).check();
	await page.getByLabel('Votre code court').fill(pin);
	await page.getByLabel('Le même, encore une fois').fill(pin);
}

/** Presses a button that was pressed a moment ago: a hand takes its time, or both touches are one. */
export async function pressAgain(button: Locator): Promise<void> {
	await button.page().waitForTimeout(350);
	await button.click();
}

/** The director sets the structure up, from the first screen. */
export async function setUp(page: Page, server: Server, pin?: string): Promise<void> {
	await page.goto(server.origin);
	await page.getByRole('link', { name: /Installer ma structure/ }).click();
	await page.getByLabel('Code de première installation').fill(SETUP_CODE);
	await page.getByRole('button', { name: 'Continuer' }).click();
	await page.getByLabel('Nom de la structure').fill('Cap Bigorre');
	await page.getByLabel(/^Antennes/).fill('Tarbes\nLourdes');
	await page.getByRole('button', { name: 'Continuer' }).click();
	await page.getByLabel('Votre prénom et votre nom').fill('Claire Dumont');
	await page.getByLabel('Phrase secrète').fill(PASSPHRASE);
	await page.getByLabel(/Nom de cet appareil/).fill('Poste du siège');
	if (pin) await choosePin(page, pin);
	await page.getByRole('button', { name: 'Installer' }).click();
	await expect(page.getByRole('heading', { name: 'Bonjour Claire' })).toBeVisible();
}

/** The director prepares a campaign with every criterion kept, and opens it. */
export async function openCampaign(page: Page): Promise<void> {
	await goTo(page, '/campaign/new');
	await expect(page.getByRole('heading', { name: 'Les critères gardés' })).toBeVisible();
	const unticked = page.getByRole('button', { name: /^Tout cocher/ });
	while ((await unticked.count()) > 0) await unticked.first().click();
	await page.getByRole('button', { name: 'Ouvrir la campagne' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Ouvrir la campagne' }).click();
	await expect(page.getByText('Cette campagne est ouverte')).toBeVisible();
	await goTo(page, '/');
	await expect(page.getByText('Tout est à jour')).toBeVisible();
}

/** Calls the server as the page's person. */
export const ask = <T>(page: Page, method: string, path: string, body?: unknown): Promise<T> =>
	page.evaluate(
		async ([method, path, body, name, key]) => {
			const response = await fetch(path as string, {
				method: method as string,
				headers: {
					[name as string]: key as string,
					...(body === undefined ? {} : { 'content-type': 'application/json' })
				},
				...(body === undefined ? {} : { body: JSON.stringify(body) })
			});
			if (!response.ok) throw new Error(`${method as string} ${path as string}: ${response.status}`);
			return (response.status === 204 ? undefined : await response.json()) as unknown;
		},
		[method, path, body, KEY_HEADER, keys.get(page.context()) ?? '']
	) as Promise<T>;

export const change = (
	kind: string,
	record: string,
	fields: object,
	seen: object = {},
	id: string = crypto.randomUUID()
) => ({ id, kind, record, fields, seen, at: new Date().toISOString() });

/** What creates a record lends it its id. */
export const creation = <Fields extends object>(kind: string, fields: Fields, more: { about?: string } = {}) => {
	const id = crypto.randomUUID();
	return { ...change(kind, id, fields, {}, id), fields, ...more };
};

/** Sends changes as the page's person, as another device of theirs would, and gets all they may see. */
export async function send(page: Page, changes: object[]): Promise<Pick<Reply, 'receipts'> & { records: Received[] }> {
	const session = await ask<Session>(page, 'GET', '/api/session');
	const who = { protocol: PROTOCOL, person: session.person.id, device: session.device.id };
	const records: Received[] = [];
	const exchange = async (changes: object[], cursor: object | null, audiences: string[]) => {
		const reply = await ask<Reply>(page, 'POST', '/api/sync', { ...who, changes, cursor, audiences, filling: [] });
		records.push(...reply.records.map((record) => ({ ...record, fields: unpack(record.fields) })));
		return reply;
	};
	const first = await exchange(changes, null, []);
	const audiences = first.audiences ?? [];
	for (let last = first; last.more;) last = await exchange([], last.cursor, audiences);
	return { receipts: first.receipts, records };
}

/** A finished interview of the page's person, in the fictitious structure's open campaign, whose respondent went home with
 * this code and had agreed to be quoted without their name.
 * @returns what creates it, and the page of their words */
export async function heard(page: Page, code: string, more: object = {}) {
	const { structure, person } = await ask<Session>(page, 'GET', '/api/session');
	const { records } = await send(page, []);
	const [one] = records.filter(
		({ kind, owner, fields }) =>
			kind === 'interview' && owner === person.id && String(fields.on?.[0]?.value).startsWith('2014')
	);
	const known = ['campaign', 'framework', 'antenna'].map((field) => [field, one!.fields[field]![0]!.value]);
	const receipt = createHash('sha256')
		.update(`receipt|${structure.id}|${code.replace('-', '')}`)
		.digest('base64url');
	const interview = creation('interview', {
		...(Object.fromEntries(known) as { campaign: string; antenna: string }),
		stakeholder: 'employee',
		mode: 'face',
		on: '2014-11-12',
		criteria: ['reconnaissance-estime'],
		state: 'finished',
		receipt,
		'consent:usage-evaluation': { answer: 'yes', use: 'evaluation' },
		'consent:citation-anonyme': { answer: 'yes', use: 'quotation' },
		...more
	});
	return { interview, receiptPage: `/receipt#${structure.id}.${code}` };
}

/** The six digits that an authenticator app shows now. */
export const digitsOf = (secret: string): string =>
	new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: 30 }).generate();

/** The director adds an authenticator app: nobody is invited before.
 * @returns its secret */
export async function protect(director: Page): Promise<string> {
	const { ticket, secret } = await ask<{ ticket: string; secret: string }>(director, 'POST', '/api/account/totp');
	await ask(director, 'PUT', '/api/account/totp', { ticket, code: digitsOf(secret), name: 'Téléphone' });
	return secret;
}

/** The director adds a person and reads them their code. */
export async function invite(director: Page, name: string, role: string, antenna: string): Promise<string> {
	const session = await ask<Session>(director, 'GET', '/api/session');
	if (session.secondFactor !== 'on') await protect(director);
	const { records } = await send(director, []);
	const place = records.find(({ kind, fields }) => kind === 'antenna' && fields.name?.[0]?.value === antenna)!.id;
	const grants = [{ role, antennas: role === 'director' ? [] : [place] }];
	const { code } = await ask<{ code: string }>(director, 'POST', '/api/people', { name, grants });
	return code;
}

/** The person types the code on their device. */
export async function enrol(page: Page, server: Server, code: string, device: string): Promise<void> {
	await page.goto(`${server.origin}/sign-in#code`);
	await page.getByLabel('Code à usage unique').fill(code);
	await page.getByLabel('Phrase secrète').fill(PASSPHRASE);
	await page.getByLabel(/Nom de cet appareil/).fill(device);
	await page.getByRole('button', { name: 'Commencer' }).click();
	await expect(page.getByRole('heading', { name: /^Bonjour/ })).toBeVisible();
}

/** Sandrine's tablet: invited, enrolled online and up to date, its app kept for when there is no network.
 * @returns its open page */
export async function enrolTablet(tablet: Tablet, director: Page, server: Server): Promise<Page> {
	const code = await invite(director, 'Sandrine Abadie', 'counsellor', 'Lourdes');
	const screen = await tablet.open('about:blank');
	await enrol(screen, server, code, 'Tablette Lourdes 2');
	await expect(screen.getByText('Tout est à jour')).toBeVisible();
	await readyOffline(screen);
	return screen;
}

/** Opens the fictitious structure in a role. */
export async function explore(
	page: Page,
	server: Server,
	role: 'Direction' | 'Conseiller ou conseillère' | 'Équipe d’antenne'
): Promise<void> {
	await page.goto(server.origin);
	await page.getByRole('radio', { name: role }).check();
	await page.getByRole('button', { name: 'Explorer une structure fictive' }).click();
	await expect(page.getByRole('heading', { name: /^Bonjour/ })).toBeVisible();
	await expect(page.getByText('Tout est à jour')).toBeVisible();
}

/** Waits until the service worker can answer without a network. */
export async function readyOffline(page: Page): Promise<void> {
	await page.evaluate(async () => {
		await navigator.serviceWorker.ready;
		for (let i = 0; i < 200 && !navigator.serviceWorker.controller; i++) await new Promise((go) => setTimeout(go, 50));
	});
}

/** What axe finds on the screen, as one line per fault. */
export async function faults(page: Page): Promise<string[]> {
	const { violations } = await new AxeBuilder({ page })
		.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
		.analyze();
	return violations.flatMap(({ id, nodes }) =>
		nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`)
	);
}

/** The disk takes nothing more, or no row of one store, until there is room again. */
export const fillDisk = (page: Page, store?: string): Promise<void> =>
	page.evaluate((only) => {
		const real = IDBObjectStore.prototype.put;
		Object.assign(window, { real });
		IDBObjectStore.prototype.put = function (...args) {
			if (this.name === (only ?? this.name)) throw new DOMException('full', 'QuotaExceededError');
			return real.apply(this, args);
		};
	}, store);

export const makeRoom = (page: Page): Promise<void> =>
	page.evaluate(() => {
		IDBObjectStore.prototype.put = (window as unknown as { real: IDBObjectStore['put'] }).real;
	});

/** A browser with its own profile on the disk, which can be killed like a tablet whose battery is pulled. */
export class Tablet {
	readonly profile = mkdtempSync(join(tmpdir(), 'temoin-tablet-'));
	#process: ChildProcess | undefined;
	#browser: Browser | undefined;

	async open(url: string, more: string[] = []): Promise<Page> {
		const system = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
		const executable = process.env.CHROMIUM || system || chromium.executablePath();
		const args = [
			'--headless=new',
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
			'--accept-lang=fr-FR,fr',
			'--window-size=1180,820',
			'--remote-debugging-port=0',
			`--user-data-dir=${this.profile}`,
			...more,
			'about:blank'
		];
		const started = spawn(executable, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
		this.#process = started;
		const endpoint = await new Promise<string>((done, failed) => {
			let said = '';
			started.stderr.on('data', (part: Buffer) => {
				said += part.toString();
				const found = /DevTools listening on (ws:\S+)/.exec(said);
				if (found) done(found[1]!);
			});
			started.once('exit', () => failed(new Error(`the browser did not start: ${said}`)));
		});
		this.#browser = await chromium.connectOverCDP(endpoint);
		const context = this.#browser.contexts()[0]!;
		learnKeys(context);
		const page = context.pages()[0] ?? (await context.newPage());
		page.setDefaultTimeout(30_000);
		await page.setViewportSize({ width: 1180, height: 820 });
		await page.goto(url);
		return page;
	}

	/** Closes it as a person does, so that the browser writes down its cookies: it keeps them in memory for half a minute. */
	async close(): Promise<void> {
		const running = this.#process;
		this.#process = undefined;
		if (!running) return;
		const gone = new Promise((done) => running.once('exit', done));
		const session = await this.#browser!.newBrowserCDPSession();
		await session.send('Browser.close').catch(() => undefined);
		await gone;
	}

	/** SIGKILL to the whole process group: no event handler runs, nothing is flushed by the browser's leave. */
	async kill(): Promise<void> {
		const running = this.#process;
		this.#process = undefined;
		if (!running?.pid) return;
		const gone = new Promise((done) => running.once('exit', done));
		process.kill(-running.pid, 'SIGKILL');
		await gone;
		await this.#browser?.close().catch(() => undefined); // its end of the line too, before the test is cleared away
	}

	async dispose(): Promise<void> {
		await this.kill();
		rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
	}
}

export { expect };
