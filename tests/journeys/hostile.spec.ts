import { PROTOCOL } from '../../src/lib/domain/sync';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as send, type IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { cellsOf, FORMULA, payloads, rewordAll } from '../support/hostile';
import { Passkey } from '../support/passkey';
import { ask, digitsOf, PASSPHRASE, pressAgain, readyOffline, SETUP_CODE, unlock, watch } from './support';

// Its recordings of screens this full would take longer than the screens.
test.use({ trace: 'off' });

/** A server whose complaints are heard: browsers tell it what its pages’ policy kept from running. */
class Host {
	readonly said: string[] = [];
	readonly #data = mkdtempSync(join(tmpdir(), 'temoin-hostile-'));
	#process: ChildProcess | undefined;
	private constructor(readonly port: number) {}

	get origin(): string {
		return `http://localhost:${this.port}`;
	}

	static async start(more: NodeJS.ProcessEnv = {}): Promise<Host> {
		const port = await new Promise<number>((found) => {
			const probe = createServer().listen(0, '127.0.0.1', () => {
				const address = probe.address();
				probe.close(() => found(typeof address === 'object' && address ? address.port : 0));
			});
		});
		const host = new Host(port);
		const env = {
			...process.env,
			PORT: String(port),
			DATA: host.#data,
			SETUP_CODE,
			BODY_SIZE_LIMIT: '6M',
			NODE_NO_WARNINGS: '1',
			...more
		};
		const started = spawn(resolve('node_modules/.bin/node'), ['build-v1/index.js'], {
			env,
			stdio: ['ignore', 'pipe', 'pipe']
		});
		host.#process = started;
		started.stderr.on('data', (part: Buffer) => host.said.push(part.toString()));
		started.stdout.resume();
		await expect
			.poll(
				() =>
					host.get('/api/health').then(
						({ status }) => status,
						() => 0
					),
				{ intervals: [50], timeout: 10_000 }
			)
			.toBe(200);
		return host;
	}

	/** Asks as no browser would let a page ask. With a body it is a POST. */
	get(
		path: string,
		headers: { [name: string]: string } = {},
		body?: string,
		method = body === undefined ? 'GET' : 'POST'
	): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
		const { port } = this;
		return new Promise((done, failed) => {
			const asked = send(
				{ host: '127.0.0.1', port, path, method, headers: { host: `localhost:${port}`, ...headers } },
				(reply) => {
					let read = '';
					reply.setEncoding('utf8').on('data', (part: string) => (read += part));
					reply.on('end', () => done({ status: reply.statusCode ?? 0, headers: reply.headers, body: read }));
				}
			);
			asked.once('error', failed);
			asked.end(body);
		});
	}

	/** Takes a table away from under it. */
	breakTable(name: string): void {
		const file = new DatabaseSync(join(this.#data, 'temoin.sqlite'));
		file.exec(`drop table ${name}`);
		file.close();
	}

	async dispose(): Promise<void> {
		const running = this.#process;
		const gone = new Promise((done) => running?.once('exit', done));
		running?.kill('SIGKILL');
		await gone;
		rmSync(this.#data, { recursive: true, force: true });
	}
}

/** What must not happen on a page: each time it does, a line in `caught`. */
function trap(context: BrowserContext, origin: string, caught: string[]): void {
	void context.addInitScript(() => {
		Object.defineProperty(globalThis, '__ran', { value: (n: unknown) => console.error('ran:', n) });
		addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) =>
			console.error('policy:', effectiveDirective, blockedURI, sample)
		);
	});
	context.on('console', (message) => {
		if (/^(ran|policy):/.test(message.text())) caught.push(message.text());
	});
	context.on('dialog', (dialog) => {
		caught.push(`dialog: ${dialog.message()}`);
		void dialog.dismiss();
	});
	context.on('weberror', (failure) => caught.push(`error: ${failure.error().message}`));
	context.on('request', (request) => {
		const { protocol, pathname, origin: to } = new URL(request.url());
		const strange = protocol.startsWith('http')
			? to !== origin
			: request.isNavigationRequest() && protocol !== 'about:';
		if (strange || /^\/canary|\/x$|\/csp-report$/.test(pathname))
			caught.push(`request: ${request.url().slice(0, 200)}`);
	});
}

/** What a screen shows, and every element or attribute that no page of ours writes. */
const readScreen = (page: Page) =>
	page.evaluate(() => {
		const strange: string[] = [];
		const ours = new Set(['script', 'link', 'style']);
		const never =
			'iframe,object,embed,base,frame,frameset,marquee,math,video,audio,foreignObject,animate,set,discard,noscript,template,[srcdoc],meta[http-equiv],body script';
		for (const one of document.querySelectorAll(never))
			if (!one.matches('body > div > script')) strange.push(one.outerHTML.slice(0, 200));
		let text = document.title;
		for (const one of document.querySelectorAll('*')) {
			for (const { name, value } of one.attributes) {
				if (name.startsWith('on')) strange.push(`${one.tagName} ${name}`);
				if (!['href', 'src', 'action', 'formaction', 'xlink:href', 'data', 'poster', 'background'].includes(name))
					continue;
				const { protocol, origin } = new URL(value, document.baseURI);
				if (origin !== location.origin && !['blob:', 'data:'].includes(protocol))
					strange.push(`${one.tagName} ${name}=${value}`);
				if (protocol === 'data:' && one.tagName !== 'IMG') strange.push(`${one.tagName} ${name}=${value}`);
			}
			if (ours.has(one.localName)) continue;
			if (one instanceof HTMLInputElement || one instanceof HTMLTextAreaElement) text += `\n${one.value}`;
		}
		const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (words.nextNode()) {
			const { parentElement, nodeValue } = words.currentNode as Text;
			if (!ours.has(parentElement?.localName ?? '')) text += nodeValue;
		}
		return { text, strange };
	});

/** Waits until nothing on the screen moves any more. */
const settle = (page: Page) =>
	page.evaluate(async () => {
		let [last, same] = ['', 0];
		for (let i = 0; i < 100 && same < 3; i++) {
			await new Promise((go) => setTimeout(go, 60));
			const text = document.body.textContent;
			const now = `${location.href} ${text.length}`;
			same = now === last && !text.includes('Un instant…') ? same + 1 : 0;
			last = now;
		}
	});

/** Goes there as a link of the app does: nobody has to unlock again. */
async function follow(page: Page, path: string): Promise<void> {
	await page.keyboard.press('Shift');
	await page.evaluate((href) => {
		const link = document.createElement('a');
		link.href = href;
		document.body.append(link);
		link.click();
		link.remove();
	}, path);
	await settle(page);
}

type Session = { structure: { id: string }; person: { id: string }; device: { id: string } };
type Fields = { [field: string]: unknown };
type Change = { id: string; kind: string; record: string; about?: string; fields: Fields; seen: Fields; at: string };
type Reply = {
	receipts: { verdict: string; fields?: string[]; problem?: string }[];
	records: { id: string; kind: string }[];
};

const change = (kind: string, fields: Fields, more: { record?: string; about?: string } = {}): Change => {
	const id = crypto.randomUUID();
	return { id, kind, record: id, ...more, fields, seen: {}, at: new Date().toISOString() };
};

/** Stores changes as the page’s person, as their device does. */
async function store(page: Page, changes: readonly unknown[]): Promise<Reply> {
	const { person, device } = await ask<Session>(page, 'GET', '/api/session');
	return await ask<Reply>(page, 'POST', '/api/sync', {
		protocol: PROTOCOL,
		person: person.id,
		device: device.id,
		changes,
		cursor: null,
		audiences: [],
		filling: []
	});
}

async function mustStore(page: Page, changes: readonly Change[]): Promise<void> {
	const { receipts } = await store(page, changes);
	expect(receipts.filter(({ verdict }) => verdict === 'quarantined')).toEqual([]);
}

/** The criteria that what was said is spread over. */
const SHEETS = 8;

/** The places that hold a few words, and what is put there. Each says where it is, so that finding it proves that place. */
const places = new Map<string, string>();
const short = payloads.filter(
	({ text }) => text.length <= 62 && text.trim() === text && !/[\n\r]/.test(text) && !text.includes('\0')
);
const starting = payloads.filter(({ text }) => FORMULA.test(text) && text.length <= 62);
function put(place: string, from: readonly { text: string }[] = short): string {
	const mark = `§${places.size}§`;
	const text = `${from[(places.size * 7) % from.length]!.text}${mark}`;
	places.set(place, text);
	return text;
}

type Scene = {
	structure: string;
	open: string;
	others: string[];
	interview: string;
	draft: string;
	twice: string;
	apart: string[];
	criteria: string[];
	reading: string;
	people: string[];
	code: string;
};

const template = () =>
	JSON.parse(readFileSync(resolve('src/lib/server/template.json'), 'utf8')) as {
		registers: { id: string; criteria: { id: string; questions: Fields[]; indicators: Fields[] }[] }[];
		units: { id: string }[];
		version: string;
	};

/** A framework whose every word is hostile, with a question for each payload that an interview answers. */
function hostileFramework(): { definition: Fields; criteria: string[]; questions: string[] } {
	const framework = template();
	let count = 0;
	const reworded = rewordAll(framework, () => {
		const { text } = payloads[count++ % payloads.length]!;
		return count % 3 === 0 ? starting[count % starting.length]!.text : text;
	}) as typeof framework;
	const criteria = reworded.registers.flatMap((register) => register.criteria);
	const questions = payloads.map(({ n, text }) => {
		const into = criteria[n % SHEETS]!;
		const question = { id: `w${n}`, type: 'open', stakeholders: ['employee'], text: { fr: text } };
		into.questions.push(question);
		return question.id;
	});
	// Ids of a framework are anybody’s words too.
	for (const [i, register] of reworded.registers.entries())
		Object.assign(register, { id: `${short[i]!.text}`, look: short[i + 9]!.text });
	const renamed = new Map(reworded.units.map((unit, i) => [unit.id, `${unit.id}${short[i]!.text}`]));
	for (const unit of reworded.units) unit.id = renamed.get(unit.id)!;
	for (const indicator of criteria.flatMap(({ indicators }) => indicators))
		for (const key of ['unit', 'numeratorUnit', 'denominatorUnit', 'weightUnit'])
			if (indicator[key]) indicator[key] = renamed.get(String(indicator[key])) ?? indicator[key];
	const first = criteria[0]! as unknown as { label: Fields; definition: Fields };
	first.label = { fr: put('criterion label', starting) };
	first.definition = { fr: put('criterion definition') };
	Object.assign(reworded.registers[0]!, {
		label: { fr: put('register label') },
		section: { fr: put('register section') }
	});
	Object.assign(reworded, {
		version: put('framework version'),
		openingScript: { fr: put('opening script') },
		openingScriptFor: {}
	});
	return { definition: reworded as unknown as Fields, criteria: criteria.map(({ id }) => id), questions };
}

/** Two values that wait for a choice are said in its place. */
const EXCHANGED = /^(Tout est à jour|Deux valeurs différentes ont été saisies)$/;

async function signIn(page: Page, code: string, device: string): Promise<void> {
	await page.goto(`/sign-in#code`);
	await page.getByLabel('Code à usage unique').fill(code);
	await page.getByLabel('Phrase secrète').fill(PASSPHRASE);
	await page.getByLabel(/Nom de cet appareil/).fill(device);
	await page.getByRole('button', { name: 'Commencer' }).click();
	await expect(page.getByText(EXCHANGED)).toBeVisible();
}

/** A real structure, in which whatever takes words holds a payload, stored by a director and a counsellor. */
async function furnish(director: Page, counsellor: Page, host: Host): Promise<Scene> {
	await director.goto('/setup');
	await director.getByLabel('Code de première installation').fill(SETUP_CODE);
	await director.getByRole('button', { name: 'Continuer' }).click();
	await director.getByLabel('Nom de la structure').fill(put('structure'));
	await director.getByLabel(/^Antennes/).fill(`${put('antenna')}\n${put('other antenna')}`);
	await director.getByRole('button', { name: 'Continuer' }).click();
	await director.getByLabel('Votre prénom et votre nom').fill(put('director'));
	await director.getByLabel('Phrase secrète').fill(PASSPHRASE);
	await director.getByLabel(/Nom de cet appareil/).fill(put('device of the director'));
	await director.getByRole('button', { name: 'Installer' }).click();
	await expect(director.getByText('Tout est à jour')).toBeVisible();

	// Ways to sign in.
	const totp = await ask<{ ticket: string; secret: string }>(director, 'POST', '/api/account/totp');
	await ask(director, 'PUT', '/api/account/totp', {
		ticket: totp.ticket,
		code: digitsOf(totp.secret),
		name: put('authenticator app')
	});
	const passkey = await ask<{ ticket: string; options: { challenge: string } }>(
		director,
		'POST',
		'/api/account/passkey'
	);
	const response = new Passkey(host.origin).register(passkey.options);
	await ask(director, 'PUT', '/api/account/passkey', { ticket: passkey.ticket, response, name: put('passkey') });

	// What directors write.
	const { structure } = await ask<Session>(director, 'GET', '/api/session');
	const { records } = await store(director, []);
	const [antenna, other] = records.filter(({ kind }) => kind === 'antenna').map(({ id }) => id) as [string, string];
	const { definition, criteria, questions } = hostileFramework();
	const framework = change('framework', { definition });
	const third = change('antenna', {
		name: put('antenna like a formula', starting),
		order: 3,
		note: { fr: put('antenna note') }
	});
	const campaign = (title: string, state: string, year: number) =>
		change('campaign', {
			title,
			from: `${year}-01`,
			to: `${year}-12`,
			framework: framework.id,
			criteria,
			antennas: [antenna, other, third.id],
			state,
			[`target:employee:${antenna}`]: 20
		});
	const open = campaign(put('campaign', starting), 'open', 2014);
	const others = [
		campaign(put('closed campaign'), 'closed', 2013),
		campaign(put('prepared campaign'), 'preparing', 2015)
	];
	const reading = `reading:${open.id}:${antenna}:2014-03:richesses-heures-mise-a-disposition`;
	await mustStore(director, [
		framework,
		third,
		open,
		...others,
		change('campaign', { title: put('other title of the prepared campaign') }, { record: others[1]!.id }),
		change('reading', { value: { amount: 120 }, comment: put('note on a reading') }, { record: reading }),
		change('reading', { value: { amount: 210 }, comment: put('note on another reading') }, { record: reading }),
		change(
			'reading',
			{ value: { amount: 90 }, comment: put('note on a settled reading') },
			{ record: reading.replace('2014-03', '2014-04') }
		)
	]);
	const grants = [{ role: 'counsellor', antennas: [antenna] }];
	const invite = async (name: string) =>
		await ask<{ person: string; code: string }>(director, 'POST', '/api/people', { name, grants });
	const invited = await invite(put('counsellor'));
	const colleague = await invite(put('colleague'));
	await signIn(counsellor, invited.code, put('device of the counsellor'));

	// What counsellors write: one interview says every payload, eleven more make its answers releasable.
	const code = 'ABCDE-FGHJK';
	const receipt = createHash('sha256')
		.update(`receipt|${structure.id}|${code.replace('-', '')}`)
		.digest('base64url');
	const about = {
		campaign: open.id,
		framework: framework.id,
		stakeholder: 'employee',
		antenna,
		mode: 'face',
		on: '2014-11-12',
		criteria
	};
	const consents = Object.fromEntries(
		['usage-evaluation', 'citation-anonyme', 'citation-role', 'citation-prenom'].map((item) => [
			`consent:${item}`,
			'yes'
		])
	);
	const coded: Fields = {};
	for (const { id, type, options, scale, stakeholders } of template().registers.flatMap((r) =>
		r.criteria.flatMap((c) => c.questions)
	)) {
		if (!(stakeholders as string[]).includes('employee')) continue;
		if (type === 'choice' || type === 'multiple') {
			const chosen = (options as { id: string }[])[0]!.id;
			coded[`answer:${String(id)}`] = { value: type === 'multiple' ? [chosen] : chosen };
		} else if (scale) coded[`answer:${String(id)}`] = { value: 1 };
	}
	const said = Object.fromEntries(payloads.map(({ text }, i) => [`answer:${questions[i]!}`, { words: text }]));
	const interview = change('interview', {
		...about,
		...consents,
		...coded,
		...said,
		state: 'finished',
		label: put('interview'),
		note: payloads[3]!.text,
		receipt
	});
	const more = Array.from({ length: 11 }, (_, i) =>
		change('interview', {
			...about,
			...consents,
			...coded,
			state: 'finished',
			label: short[i * 3]!.text,
			note: short[i]!.text
		})
	);
	const brief = [criteria[9]!];
	const draft = change('interview', {
		...about,
		...consents,
		criteria: brief,
		state: 'draft',
		label: put('draft'),
		note: put('note for the team')
	});
	const refused = change('interview', { ...about, state: 'refused', label: put('refused interview') });
	const excerpts = payloads.map(({ n, text }, i) =>
		change(
			'excerpt',
			{
				campaign: open.id,
				stakeholder: 'employee',
				antenna,
				passage: { question: questions[i]!, start: 0, end: text.length, words: text },
				criterion: criteria[n % SHEETS]!,
				valence: n % 2 ? 'added' : 'improve',
				quote: 'first-name'
			},
			{ about: interview.id }
		)
	);
	const twice = change('interview', {
		...about,
		...consents,
		criteria: brief,
		state: 'draft',
		label: put('one label')
	});
	await mustStore(counsellor, [interview, ...more, draft, refused, twice, ...excerpts]);
	await mustStore(counsellor, [change('interview', { label: put('another label') }, { record: twice.id })]);
	const kept = excerpts.filter((_, i) => i % 2 === 0);
	await mustStore(
		director,
		kept.map(({ id }) =>
			change('excerpt', { approval: { decision: 'approved', of: [id] } }, { record: id, about: interview.id })
		)
	);

	// What directors conclude, and what they decide.
	const judged = `judgement:${open.id}:${criteria[0]!}`;
	await mustStore(director, [
		change(
			'judgement',
			{
				summary: put('judgement'),
				strengths: put('strengths of a judgement'),
				limits: put('limits of a judgement'),
				proposals: put('proposals of a judgement'),
				'support:figure:gone': { number: 1 }
			},
			{ record: judged }
		),
		change('action', {
			...{ campaign: open.id, criterion: criteria[0]!, owner: invited.person, state: 'planned' },
			...{ words: put('action', starting), note: put('note on an action') }
		})
	]);

	// What cannot be taken is kept apart, as it came: as much of it as one person may leave there.
	const torn = await store(
		counsellor,
		payloads
			.slice(0, 400)
			.map(({ text }) => ({ ...change('interview', { [text]: text, on: text, label: text }), at: text }))
	);
	expect(torn.receipts.every(({ verdict }) => verdict === 'quarantined')).toBe(true);
	const elsewhere = { ...about, antenna: other, state: 'draft', label: put('quarantined interview') };
	const forbidden = change('interview', { ...elsewhere, ...said });
	await store(counsellor, [forbidden]);
	const { lines } = await ask<{ lines: { hash: string; record: string | null }[] }>(director, 'GET', '/api/quarantine');
	const apart = [lines.find(({ record }) => record === forbidden.id)!, ...lines.slice(-2)].map(({ hash }) => hash);
	await ask(director, 'POST', `/api/quarantine/${apart[2]!}/set-aside`, { reason: put('reason why it is set aside') });

	// A device of theirs goes by another name now, and one is lost.
	const later = await ask<{ code: string }>(director, 'POST', `/api/people/${invited.person}/code`, {});
	await ask(director, 'POST', '/api/enrol', {
		code: later.code,
		passphrase: PASSPHRASE,
		device: { id: crypto.randomUUID(), name: put('lost device') }
	});
	type Person = { id: string; devices: { id: string; name: string }[] };
	const known = (await ask<Person[]>(director, 'GET', '/api/people')).find(({ id }) => id === invited.person)!;
	await ask(
		director,
		'DELETE',
		`/api/devices/${known.devices.find(({ name }) => name === places.get('lost device'))!.id}`
	);
	return {
		structure: structure.id,
		open: open.id,
		others: others.map(({ id }) => id),
		interview: interview.id,
		draft: draft.id,
		twice: twice.id,
		apart,
		criteria,
		reading,
		people: [invited.person, colleague.person],
		code
	};
}

/** What a page is on paper: all of it, without what people chose or said while the campaign is open, or its title and why. */
type Paper = 'whole' | 'provisional' | 'title';
const PAPER: { [route: string]: Paper } = {
	'/(door)/setup': 'whole',
	'/(door)/sign-in': 'whole',
	'/(field)/contested/[id]': 'title',
	'/(field)/device': 'whole',
	'/(field)/interviews': 'title',
	'/(field)/interviews/[id]': 'title',
	'/(field)/interviews/[id]/words': 'title',
	'/(field)/interviews/new': 'title',
	'/(field)/readings': 'provisional',
	'/(field)/readings/[id]': 'title',
	'/(home)': 'title',
	'/(office)/actions': 'whole',
	'/(office)/campaign': 'whole',
	'/(office)/campaign/[id]': 'whole',
	'/(office)/campaign/new': 'whole',
	'/(office)/import': 'whole',
	'/(office)/journal': 'whole',
	'/(office)/people': 'whole',
	'/(office)/people/[id]': 'whole',
	'/(office)/people/new': 'whole',
	'/(office)/quarantine': 'title',
	'/(office)/quarantine/[hash]': 'title',
	'/(office)/retention': 'whole',
	'/(office)/sheets': 'provisional',
	'/(office)/sheets/[criterion]': 'provisional',
	'/(office)/testimonies': 'title',
	'/(office)/testimonies/[id]': 'title',
	'/help': 'whole',
	'/help/asvs': 'whole',
	'/help/impact-assessment': 'whole',
	'/help/lost-tablet': 'whole',
	'/help/notice': 'whole',
	'/help/processing-record': 'whole',
	'/receipt': 'whole',
	'/settings': 'whole',
	'/settings/devices': 'whole',
	'/settings/security': 'whole',
	'/shell': 'title'
};
/** Places whose words are on no paper but their own person's. */
const CONFIDED = [
	'interview',
	'draft',
	'refused interview',
	'one label',
	'another label',
	'note for the team',
	'quarantined interview',
	'refused change',
	'reason its author reads',
	'note on a reading',
	'note on another reading',
	'note on a settled reading',
	'judgement',
	'strengths of a judgement',
	'limits of a judgement',
	'proposals of a judgement'
];
const PROVISIONAL = /Provisoire\s: la campagne est ouverte/;
const NOT_PRINTED = 'Cette page ne s’imprime pas : elle peut montrer ce que des personnes ont confié.';

type Screen = {
	route: string;
	path: string;
	more?: (page: Page) => Promise<void>;
	/** It is made a file of, too. */
	paper?: true;
	/** Instead of what its page is on paper. */
	prints?: Paper;
};
const press = (name: string | RegExp) => async (page: Page) => page.getByRole('button', { name }).first().click();

/** Every excerpt of a criterion, whatever was decided about it. */
async function allExcerpts(page: Page): Promise<void> {
	const choose = page.getByRole('button', { name: /^Choisir parmi/ });
	if (await choose.isVisible()) {
		await choose.click();
		await page.getByRole('combobox').first().selectOption({ label: 'Tous les extraits' });
	}
	const others = page.getByRole('button', { name: /^Voir les? .*autres?/ });
	if (await others.isVisible()) await others.click();
}

async function finishDraft(page: Page): Promise<void> {
	for (let i = 0; i < 20; i++) {
		const next = page.getByRole('button', { name: /^(Reprendre les questions|Suivante|Relire et finir)$/ });
		if (!(await next.isVisible())) break;
		await next.click();
	}
	await pressAgain(page.getByRole('button', { name: 'Terminer l’entretien' }));
	await expect(page.getByRole('heading', { name: 'Merci' })).toBeVisible();
}

async function begin(page: Page): Promise<void> {
	await page.getByRole('radio', { name: /Salarié/ }).check();
	const antenna = page.getByRole('radio', { name: places.get('antenna')! });
	if (await antenna.isVisible()) await antenna.check();
	await page.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
}

/** Files of whoever can guess a structure's id: what they say of themselves is words too. */
const importFiles = (s: Scene) => async (page: Page) => {
	const [id, at] = [crypto.randomUUID(), new Date().toISOString()];
	const header = { format: 'temoin-outbox-1', structure: s.structure, person: id, device: id, key: id, at };
	const files = [
		{ ...header, name: put('device of an imported file') },
		{ ...header, name: '', at: short[4]!.text }
	].map((first) => `${JSON.stringify(first)}\n${JSON.stringify({ record: id, sealed: short[5]!.text })}\n{"end":2}\n`);
	await page.locator('input[type=file]').setInputFiles(
		[...files, payloads.map(({ text }) => text).join('\n')].map((text, i) => ({
			name: i < 2 ? 'cle.temoin' : put('name of an imported file'),
			mimeType: 'application/octet-stream',
			buffer: Buffer.from(text)
		}))
	);
	await expect(page.getByText('Rien n’en a été pris')).toHaveCount(3);
};

const onDirector = (s: Scene): Screen[] => [
	{ route: '/(home)', path: '/' },
	{ route: '/(office)/sheets', path: '/sheets', paper: true },
	{ route: '/(office)/sheets', path: '/sheets?', more: press('Voir en tableau') },
	{ route: '/(office)/sheets', path: `/sheets?campaign=${s.others[0]!}` },
	...s.criteria.slice(0, SHEETS + 1).map((id, i): Screen => ({
		route: '/(office)/sheets/[criterion]',
		path: `/sheets/${id}`,
		more: allExcerpts,
		...(i === 0 ? { paper: true } : {})
	})),
	{ route: '/(office)/actions', path: '/actions', more: press(/^Reprendre l’action/) },
	{ route: '/(office)/campaign', path: '/campaign' },
	{ route: '/(office)/campaign/new', path: '/campaign/new' },
	...[s.open, ...s.others].map((id): Screen => ({ route: '/(office)/campaign/[id]', path: `/campaign/${id}` })),
	{ route: '/(office)/people', path: '/people' },
	{ route: '/(office)/people/new', path: '/people/new' },
	...s.people.map((id): Screen => ({ route: '/(office)/people/[id]', path: `/people/${id}` })),
	{ route: '/(office)/people/[id]', path: `/people/${s.people[1]!}?`, more: press('Nouveau code') },
	{
		route: '/(office)/people/[id]',
		path: `/people/${s.people[0]!}?`,
		more: press(/^Déclarer perdu/)
	},
	{ route: '/(office)/campaign/[id]', path: `/campaign/${s.others[1]!}?`, more: press('Ouvrir la campagne') },
	{ route: '/settings/security', path: '/settings/security?', more: press(/^Retirer/) },
	{ route: '/(office)/testimonies', path: '/testimonies' },
	{ route: '/(office)/testimonies/[id]', path: `/testimonies/${s.interview}`, more: press('Lire'), paper: true },
	{ route: '/(office)/journal', path: '/journal', paper: true },
	{ route: '/(office)/retention', path: '/retention' },
	{ route: '/(office)/quarantine', path: '/quarantine' },
	...s.apart.map((hash): Screen => ({
		route: '/(office)/quarantine/[hash]',
		path: `/quarantine/${hash}`,
		more: press('L’ouvrir')
	})),
	{ route: '/(office)/import', path: '/import', more: importFiles(s) },
	{ route: '/(field)/contested/[id]', path: `/contested/${s.reading}` },
	{ route: '/(field)/contested/[id]', path: `/contested/${s.others[1]!}` },
	{ route: '/(field)/readings', path: '/readings' },
	{ route: '/(field)/readings/[id]', path: `/readings/${s.reading}` },
	{ route: '/(field)/interviews/new', path: '/interviews/new', more: begin },
	...HELP,
	...OWN
];
const HELP: Screen[] = ['', '/notice', '/impact-assessment', '/processing-record', '/lost-tablet', '/asvs'].map(
	(path) => ({ route: `/help${path}`, path: `/help${path}` })
);
const OWN: Screen[] = [
	{ route: '/(field)/device', path: '/device' },
	{ route: '/settings', path: '/settings' },
	{ route: '/settings/devices', path: '/settings/devices' },
	{ route: '/settings/security', path: '/settings/security' }
];
const onCounsellor = (s: Scene): Screen[] => [
	{ route: '/(home)', path: '/' },
	{ route: '/(field)/interviews', path: '/interviews' },
	{ route: '/(field)/interviews/[id]/words', path: `/interviews/${s.interview}/words`, paper: true },
	...[-1, 0, 1, 2, 3, 4, 9999].map((q): Screen => ({
		route: '/(field)/interviews/[id]',
		path: `/interviews/${s.interview}?q=${q}`
	})),
	{ route: '/(field)/interviews/[id]', path: `/interviews/${s.draft}`, more: press(/Note pour l’équipe/) },
	{
		route: '/(field)/interviews/[id]',
		path: `/interviews/${s.draft}?q=0`,
		more: finishDraft,
		paper: true,
		prints: 'whole'
	},
	{ route: '/(field)/contested/[id]', path: `/contested/${s.twice}` },
	{ route: '/(field)/interviews/new', path: '/interviews/new', more: begin },
	{ route: '/(field)/readings', path: '/readings' },
	{ route: '/(field)/readings/[id]', path: `/readings/${s.reading}` },
	{ route: '/(office)/sheets', path: '/sheets' },
	...s.criteria
		.slice(0, 2)
		.map((id): Screen => ({ route: '/(office)/sheets/[criterion]', path: `/sheets/${id}`, more: allExcerpts })),
	...OWN
];
const onNobody = (s: Scene): Screen[] => [
	{ route: '/(home)', path: '/', prints: 'whole' },
	{ route: '/shell', path: '/shell' },
	{ route: '/(door)/setup', path: '/setup' },
	{ route: '/(door)/sign-in', path: '/sign-in' },
	{ route: '/receipt', path: '/receipt' },
	{ route: '/receipt', path: `/receipt#${s.structure}.${s.code}`, more: press('Voir mes paroles'), paper: true },
	...HELP
];
/** Addresses are words too, which anybody may send in a link. */
const ROUNDS = 3;
const openAddresses = (text: string): string[] => {
	const word = encodeURIComponent(text);
	return [`/sign-in#code=${text}`, `/receipt#${word}.${word}`, `/receipt#${text}`, `/${word}`, `/?${word}#${text}`];
};
const officeAddresses = (text: string): string[] => {
	const word = encodeURIComponent(text);
	return [
		`/sheets?campaign=${word}`,
		`/testimonies?campaign=${word}&who=${word}`,
		`/people/${word}`,
		`/campaign/${word}`,
		`/quarantine/${word}`
	];
};
const fieldAddresses = (text: string): string[] => {
	const word = encodeURIComponent(text);
	return [
		`/sheets/${word}?campaign=${word}`,
		`/readings/${word}`,
		`/readings?campaign=${word}&place=${word}&every=${word}&period=${word}`,
		`/interviews/${word}?q=${word}`,
		`/interviews/${word}/words`,
		`/contested/${word}`
	];
};

async function newPage(browser: Browser, host: Host, caught: string[]): Promise<Page> {
	const context = await browser.newContext({
		baseURL: host.origin,
		locale: 'fr-FR',
		timezoneId: 'Europe/Paris',
		viewport: { width: 1180, height: 820 }
	});
	trap(context, host.origin, caught);
	watch(context, host.origin);
	context.on('response', (response) => {
		if (!new URL(response.url()).pathname.startsWith('/api/') || response.status() === 304) return;
		const headers = response.headers();
		if (headers['cache-control'] !== 'no-store' && response.status() !== 204)
			caught.push(`kept by the cache: ${response.url()}`);
		if (headers['x-content-type-options'] !== 'nosniff') caught.push(`guessed type: ${response.url()}`);
		if (Object.keys(headers).some((name) => name.startsWith('access-control-')))
			caught.push(`shared: ${response.url()}`);
	});
	const page = await context.newPage();
	page.setDefaultTimeout(15_000);
	return page;
}

/** The words of a page that its print would hold. */
const printed = (page: Page): Promise<string> =>
	page.evaluate(async () => {
		dispatchEvent(new Event('beforeprint'));
		await new Promise((go) => setTimeout(go));
		const typed = [...document.querySelectorAll('input, textarea')].filter((one) => one.checkVisibility());
		return [document.body.innerText, ...typed.map((one) => (one as HTMLInputElement).value)].join('\n');
	});

const spaced = (text: string): string => text.split(/\s+/).join(' ').trim();

async function mustPrint(page: Page, name: string, prints: Paper): Promise<void> {
	await page.emulateMedia({ media: 'print' });
	const text = spaced(await printed(page));
	if (prints === 'title') expect(text, name).toBe(spaced(`${await page.title()} ${NOT_PRINTED}`));
	else expect(text, name).not.toContain(NOT_PRINTED);
	if (prints === 'provisional') expect(text, name).toMatch(PROVISIONAL);
	if (new URL(page.url()).pathname === '/receipt') return;
	const leaking = CONFIDED.filter((place) => places.has(place) && text.includes(spaced(places.get(place)!)));
	expect(leaking, `${name}, on paper`).toEqual([]);
}

const routesOf = (folder: string, route = ''): string[] =>
	readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
		entry.isDirectory()
			? routesOf(join(folder, entry.name), `${route}/${entry.name}`)
			: entry.name === '+page.svelte'
				? [route || '/']
				: []
	);

// Words of a framework are held together at some hyphens.
/** Words as they are kept and shown: lines end in LF, and what only holds a word together is left out. */
const plain = (text: string) => text.replaceAll('\u2060', '').replace(/\r\n?/g, '\n');

test('five hundred attacks stored wherever words go are words on every screen, on paper and in files', async ({
	browser
}) => {
	test.setTimeout(240_000);
	expect(payloads.length).toBeGreaterThanOrEqual(500);
	expect(new Set(payloads.map(({ text }) => text)).size).toBe(payloads.length);
	const caught: string[] = [];
	const shown = new Map<string, string>();
	const host = await Host.start();
	try {
		const [director, counsellor, nobody] = [
			await newPage(browser, host, caught),
			await newPage(browser, host, caught),
			await newPage(browser, host, caught)
		];
		const scene = await furnish(director, counsellor, host);
		expect(caught, 'while storing').toEqual([]);

		/** Reads the screen as it is and as it is printed. */
		const look = async (
			page: Page,
			name: string,
			{ paper, prints }: { paper?: true; prints?: Paper } = {}
		): Promise<void> => {
			await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
			await settle(page);
			// What the device holds has been read.
			if (prints === 'provisional') await expect(page.getByText(PROVISIONAL).first()).toBeAttached();
			for (const media of ['screen', 'print'] as const) {
				await page.emulateMedia({ media });
				const { text, strange } = await readScreen(page);
				expect([...caught, ...strange], `${name}, ${media}`).toEqual([]);
				shown.set(name, `${shown.get(name) ?? ''}\n${plain(text)}`);
			}
			if (prints) await mustPrint(page, name, prints);
			if (paper) {
				const pdf = (await page.pdf()).toString('latin1');
				expect(pdf.length).toBeGreaterThan(1000);
				expect(
					pdf.match(/\/(?:JavaScript|JS|Launch|OpenAction)\b|\/URI\s*\((?!http:\/\/localhost)[^)]*/g) ?? [],
					name
				).toEqual([]);
			}
			await page.emulateMedia({ media: null });
			expect(await page.title(), name).toMatch(/Témoin/);
			expect(caught, name).toEqual([]);
		};
		const walk = async (who: string, page: Page, screens: Screen[], cold = false): Promise<void> => {
			for (const { route, path, more, paper, prints = PAPER[route] } of screens) {
				if (cold)
					await page
						.goto('about:blank')
						.then(() => page.goto(path))
						.then(() => settle(page));
				else await follow(page, path);
				await more?.(page);
				await look(page, `${who} ${path}`, { paper, prints });
			}
		};
		const lists = { director: onDirector(scene), counsellor: onCounsellor(scene), nobody: onNobody(scene) };
		const visited = new Set(Object.values(lists).flatMap((list) => list.map(({ route }) => route)));
		const routes = routesOf(resolve('src/routes')).toSorted();
		expect([...visited].toSorted(), 'every page has its line here').toEqual(routes);
		expect(Object.keys(PAPER).toSorted(), 'every page says what it is on paper').toEqual(routes);

		await Promise.all([director, counsellor].map((page) => expect(page.getByText(EXCHANGED)).toBeVisible()));
		await director.goto('/');
		await unlock(director);
		await counsellor.goto('/');
		await unlock(counsellor);
		// Everything has come before anything is looked at.
		await follow(director, `/sheets/${scene.criteria[0]!}`);
		const ofFirst = payloads.filter(({ n }) => n % SHEETS === 0).length;
		await expect(director.getByRole('button', { name: new RegExp(`^Choisir parmi ${ofFirst}\\s`) })).toBeVisible();
		await follow(counsellor, '/interviews');
		for (const place of ['interview', 'draft', 'refused interview'])
			await expect(counsellor.getByText(places.get(place)!)).toBeVisible();
		// A link brings another payload to each address.
		let turn = 0;
		const brought = (addresses: (text: string) => string[]): Screen[] =>
			Array.from({ length: ROUNDS * addresses('').length }, (_, i) => ({
				route: '',
				path: addresses(payloads[(turn += 53) % payloads.length]!.text)[i % addresses('').length]!
			}));
		await Promise.all([
			walk('director', director, [...lists.director, ...brought(officeAddresses)]),
			walk('counsellor', counsellor, [...lists.counsellor, ...brought(fieldAddresses)]),
			walk('nobody', nobody, [...lists.nobody, ...brought(openAddresses)], true)
		]);

		// The door of a tablet that two people share.
		const later = await ask<{ code: string }>(director, 'POST', `/api/people/${scene.people[1]!}/code`, {});

		// An interview written without a network, at an antenna that is not its counsellor's any more: refused, and kept as a file.
		await readyOffline(counsellor);
		await counsellor.context().setOffline(true);
		await follow(counsellor, '/interviews/new');
		await counsellor.getByRole('radio', { name: /Salarié/ }).check();
		await counsellor.getByLabel(/Un repère pour vous/).fill(put('refused change'));
		await counsellor.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
		await counsellor.getByRole('radio', { name: 'Oui', exact: true }).first().check();
		await counsellor.getByRole('button', { name: 'Commencer', exact: true }).click();
		await expect(counsellor.getByText(/^Enregistré sur cet appareil/)).toBeVisible();
		await look(counsellor, 'counsellor, offline', { prints: 'title' });
		const { records } = await store(director, []);
		const elsewhere = records.filter(({ kind }) => kind === 'antenna')[1]!.id;
		await ask(director, 'PUT', `/api/people/${scene.people[0]!}`, {
			name: places.get('counsellor'),
			grants: [{ role: 'counsellor', antennas: [elsewhere] }]
		});
		await counsellor.context().setOffline(false);
		await follow(counsellor, '/device');
		const keep = counsellor.getByRole('button', { name: 'Garder en fichier' });
		await expect(keep).toBeVisible();
		await look(counsellor, 'counsellor, refused', { prints: 'whole' });
		const [file] = await Promise.all([counsellor.waitForEvent('download'), keep.click()]);
		const refusals = readFileSync(await file.path(), 'utf8');
		expect(JSON.parse(refusals)).toMatchObject({ format: 'temoin-refused-1' });
		shown.set(
			'file of refusals',
			(JSON.parse(refusals) as { refused: { change: { fields: Fields } }[] }).refused
				.map(({ change }) => JSON.stringify(Object.values(change.fields).map(String)))
				.join(' ')
		);

		// Set aside by the office: its author reads why.
		const { record } = (JSON.parse(refusals) as { refused: { change: { record: string } }[] }).refused[0]!.change;
		type Lines = { lines: { hash: string; record: string | null }[] };
		const { lines } = await ask<Lines>(director, 'GET', '/api/quarantine');
		const { hash } = lines.find((line) => line.record === record)!;
		await ask(director, 'POST', `/api/quarantine/${hash}/set-aside`, { reason: put('reason its author reads') });
		await counsellor.getByRole('button', { name: 'Proposer à nouveau' }).click();
		await expect(counsellor.getByText(/^Mis à l’écart par la direction/)).toBeVisible();
		await look(counsellor, 'counsellor, set aside', { prints: 'whole' });

		// A file that a spreadsheet opens: text, and never a formula.
		await director.goto('/sheets');
		await unlock(director);
		const [download] = await Promise.all([
			director.waitForEvent('download'),
			director.getByRole('button', { name: 'Exporter en CSV' }).click()
		]);
		expect(download.suggestedFilename()).toMatch(/^temoin-(fictive-)?provisoire-[a-z0-9-]+-\d{4}-\d\d-\d\d\.csv$/);
		const csv = readFileSync(await download.path(), 'utf8');
		const rows = cellsOf(csv.replace('\ufeff', ''), ';');
		expect(rows.length).toBeGreaterThan(100);
		expect(new Set(rows.map((row) => row.length)), 'every line has its fifteen cells').toEqual(new Set([15]));
		expect(rows.flat().filter((cell) => FORMULA.test(cell))).toEqual([]);
		expect(rows.flat().filter((cell) => /^'[=+\-@\t\r]/.test(cell)).length, 'cells kept as text').toBeGreaterThan(50);
		shown.set('csv', rows.flat().join('\n'));

		await signIn(counsellor, later.code, places.get('device of the counsellor')!);
		await counsellor.goto('/');
		await expect(counsellor.getByRole('heading', { name: 'Qui êtes-vous ?' })).toBeVisible();
		await look(counsellor, 'door of a shared tablet', { prints: 'whole' });

		// The device is declared lost, and says so.
		type Person = { devices: { id: string; name: string; state: string }[] };
		const devices = (await ask<Person[]>(director, 'GET', '/api/people')).flatMap((person) => person.devices);
		const lost = devices.find(
			({ name, state }) => name === places.get('device of the counsellor') && state === 'open'
		)!;
		await ask(director, 'DELETE', `/api/devices/${lost.id}`);
		await counsellor.goto('/');
		await expect(counsellor.getByText('Cet appareil a été retiré')).toBeVisible();
		await look(counsellor, 'lost tablet', { prints: 'whole' });
		expect(shown.get('lost tablet')).toContain(places.get('structure'));

		// A payload that never shows proves nothing.
		const missed = [...places].filter(
			([, text]) => ![...shown.values()].some((screen) => screen.includes(plain(text)))
		);
		expect(
			missed.map(([place]) => place),
			'places not seen anywhere'
		).toEqual([]);
		for (const [who, seen] of Object.entries({
			director: /^director \/(sheets|testimonies)/,
			counsellor: /^counsellor .*words/,
			nobody: /^nobody \/receipt/
		})) {
			const text = [...shown]
				.filter(([name]) => seen.test(name))
				.map(([, screen]) => screen)
				.join('\n');
			expect(
				payloads.filter((one) => !text.includes(plain(one.text))),
				`not shown to ${who}`
			).toEqual([]);
		}
		expect(caught).toEqual([]);
		expect(host.said.join('')).toBe('');
	} finally {
		await host.dispose();
	}
});

test('the trap springs: without the app around them, the same attacks run', async ({ page, context }) => {
	test.setTimeout(120_000);
	const origin = 'http://control.test';
	const caught: string[] = [];
	trap(context, origin, caught);
	await context.route('**', (route) =>
		new URL(route.request().url()).pathname === '/'
			? route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>a</title><main></main>' })
			: route.fulfill({ status: 404, body: '' })
	);
	await page.goto(origin);
	const one = payloads.find(({ text }) => text.startsWith('<img src=x onerror='))!;
	await page.evaluate((text) => (document.querySelector('main')!.innerHTML = text), one.text);
	await expect.poll(() => caught.join(' ')).toMatch(new RegExp(`ran: ${one.n}\\b|/canary/${one.n}\\b`));
	expect((await readScreen(page)).strange).toEqual(['IMG onerror']);

	// Each in a page of its own, as an attacker would have it: far more than enough of them are alive.
	caught.length = 0;
	for (let from = 0; from < payloads.length; from += 60)
		await page.evaluate(
			async (texts) => {
				const frames = texts.map((text) => Object.assign(document.createElement('iframe'), { srcdoc: text }));
				document.querySelector('main')!.replaceChildren(...frames);
				await new Promise((go) => setTimeout(go, 1200));
			},
			payloads.slice(from, from + 60).map(({ text }) => text)
		);
	const alive = new Set(
		caught.flatMap((line) => /^ran: (\d+)|\/canary\/(\d+)/.exec(line)?.slice(1).find(Boolean) ?? [])
	);
	console.log(`${alive.size} of ${payloads.length} attacks run in a page that lets them`);
	expect(alive.size).toBeGreaterThan(250);
});

test('every page and answer comes under the rules that keep strangers out', async () => {
	const host = await Host.start();
	const abroad = await Host.start({ ORIGIN: 'https://temoin.example' });
	try {
		for (const path of ['/', '/receipt', '/sheets/x', '/nothing/here', '/help/notice']) {
			const { headers } = await host.get(path, { accept: 'text/html' });
			expect(headers['content-type'], path).toBe('text/html; charset=utf-8');
			const policy = new Map(
				String(headers['content-security-policy'])
					.split(/;\s*/)
					.map((rule) => [rule.split(' ')[0]!, rule.split(' ').slice(1)])
			);
			expect(policy.get('default-src'), path).toEqual(["'self'"]);
			expect(
				policy.get('script-src')!.filter((source) => source !== "'self'" && !/^'sha256-[\w+/]{43}='$/.test(source))
			).toEqual([]);
			expect(policy.get('require-trusted-types-for')).toEqual(["'script'"]);
			for (const rule of ['frame-ancestors', 'base-uri', 'object-src'])
				expect(policy.get(rule), rule).toEqual(["'none'"]);
			for (const rule of ['form-action', 'connect-src', 'worker-src'])
				expect(policy.get(rule), rule).toEqual(["'self'"]);
			expect(policy.get('report-uri')).toEqual(['/api/csp-report']);
			expect(headers).toMatchObject(HARD);
			for (const feature of ['camera', 'geolocation', 'payment', 'usb'])
				expect(headers['permissions-policy']).toContain(`${feature}=()`);
			expect(headers['permissions-policy']).toContain('microphone=(self)');
			expect(policy.get('media-src')).toEqual(['blob:']);
			expect(headers).not.toHaveProperty('strict-transport-security');
			expect(headers).not.toHaveProperty('x-powered-by');
		}
		for (const path of [
			'/api/welcome',
			'/api/health',
			'/api/session',
			'/api/people',
			'/api/nothing',
			'/api/sheets?for=file'
		]) {
			const { headers } = await host.get(path, { origin: 'https://elsewhere.example' });
			expect(headers, path).toMatchObject({ ...HARD, 'cache-control': 'no-store', 'content-type': 'application/json' });
			expect(
				Object.keys(headers).filter((name) => name.startsWith('access-control-')),
				path
			).toEqual([]);
		}

		// What a browser reports is heard, which the journey above counts on.
		const report = { 'csp-report': { 'effective-directive': 'script-src-attr', 'blocked-uri': 'inline' } };
		const json = { 'content-type': 'application/csp-report' };
		expect((await host.get('/api/csp-report', json, JSON.stringify(report))).status).toBe(204);
		await expect.poll(() => host.said.join('')).toContain('Page contraire à sa règle');

		// Without https, only on the machine itself.
		for (const name of ['temoin.example', '192.168.1.20:3000', 'localhost.example', '127.0.0.1.example']) {
			expect((await host.get('/', { host: name })).status, name).toBe(421);
			expect((await host.get('/api/welcome', { host: name })).status, name).toBe(421);
		}
		const secure = await abroad.get('/', { host: 'temoin.example' });
		expect(secure.status).toBe(200);
		expect(secure.headers['strict-transport-security']).toMatch(/^max-age=\d{8,}; includeSubDomains/);
		expect(secure.headers['content-security-policy']).toContain("frame-ancestors 'none'");
		const api = await abroad.get('/api/welcome', { host: 'temoin.example' });
		expect(api.headers['strict-transport-security']).toMatch(/^max-age=\d{8,}/);
		for (const name of [
			'elsewhere.example',
			'temoin.example:8443',
			'temoin.example.evil.example',
			'eviltemoin.example'
		])
			expect((await abroad.get('/', { host: name })).status, name).toBe(421);
	} finally {
		await host.dispose();
		await abroad.dispose();
	}
});

test('a fault of the server tells whoever asked nothing of its inside', async () => {
	const host = await Host.start();
	try {
		host.breakTable('throttle');
		const json = { 'content-type': 'application/json', accept: 'application/json' };
		const device = { id: crypto.randomUUID(), name: 'Poste' };
		const asked = JSON.stringify({ structure: 'x', name: 'Claire', passphrase: PASSPHRASE, device });
		const { status, body } = await host.get('/api/session', json, asked);
		expect([status, body]).toEqual([500, '{"message":"Internal Error"}']);
		await expect.poll(() => host.said.join('')).toContain('no such table: throttle'); // whoever keeps the server is told
	} finally {
		await host.dispose();
	}
});

test('TRACE is refused, and gives nothing back of what was sent', async () => {
	const host = await Host.start();
	try {
		for (const path of ['/', '/api/health', '/api/session']) {
			const { status, body } = await host.get(path, { cookie: 'secret=marked' }, undefined, 'TRACE');
			expect(status, path).toBeGreaterThanOrEqual(400);
			expect(status, path).toBeLessThan(500);
			expect(body, path).not.toContain('marked');
		}
	} finally {
		await host.dispose();
	}
});

const HARD = {
	'x-content-type-options': 'nosniff',
	'referrer-policy': 'no-referrer',
	'cross-origin-opener-policy': 'same-origin',
	'cross-origin-resource-policy': 'same-origin'
};
