import 'fake-indexeddb/auto';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { request as httpRequest } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { readingId } from '$lib/domain/reading';
import { inUse, seenOf } from '$lib/domain/record';
import { Draws } from '$lib/server/fictitious/draws';
import { PersonDatabase } from '$lib/local/database';
import { save } from '$lib/local/outbox';
import { findView } from '$lib/local/views';
import { Vault, type Bytes } from '$lib/local/vault';
import { gzip } from '$lib/here/platform';
import { BATCH, exchange, type Outcome, type Send } from '$lib/sync/exchange';
import { journalFaults, lostOf, soundness, storedInSqlite } from './checker';
import { RealServer, Report, scratchFolder, setScene, uuid, wait, type Person, type Scene } from './real';

/** What happens to one exchange on its way. Byte places count from the first byte of the request or of the reply. */
type Fault =
	| { kind: 'none' }
	| { kind: 'cut'; request?: number; reply?: number }
	| { kind: 'late'; milliseconds: number }
	| { kind: 'twice'; together: boolean; answer: 0 | 1 } // the whole request, side by side or one after the other
	| { kind: 'short'; request: boolean } // well formed, but half of its body
	| { kind: 'garbage'; status: number; arrived: boolean }; // a page that is not ours, whether or not the request arrived

const GARBAGE = '<!doctype html><title>Portail</title><p>Connectez-vous au réseau de l’hôtel.';

/** A net that does to whole connections what nets do. Each carries one request, as its sender says. */
class FaultyNet {
	next: () => Fault = () => ({ kind: 'none' });
	/** Bytes of the longest exchange so far. */
	longest = { request: 0, reply: 0 };
	#server: Server;
	#open = new Set<Socket>();

	private constructor(readonly target: number) {
		this.#server = createServer((socket) => {
			this.#keep(socket);
			void this.#carry(socket).catch(() => socket.destroy());
		});
	}

	static async before(target: number): Promise<FaultyNet> {
		const net = new FaultyNet(target);
		await new Promise<void>((done) => net.#server.listen(0, '127.0.0.1', done));
		return net;
	}

	get port(): number {
		return (this.#server.address() as { port: number }).port;
	}

	#keep(socket: Socket): Socket {
		this.#open.add(socket);
		socket.on('error', () => undefined);
		socket.once('close', () => this.#open.delete(socket));
		return socket;
	}

	async #carry(client: Socket): Promise<void> {
		const request = await readRequest(client);
		const fault = this.next();
		const cut: { request?: number; reply?: number } = fault.kind === 'cut' ? fault : {};
		if (cut.request !== undefined && cut.request < request.length) {
			const server = this.#keep(connect(this.target, '127.0.0.1'));
			server.write(request.subarray(0, cut.request), () => {
				server.destroy();
				client.destroy();
			});
			return;
		}
		if (fault.kind === 'late') await wait(fault.milliseconds);
		if (fault.kind === 'garbage') {
			if (fault.arrived) await this.#ask(request);
			client.end(`HTTP/1.1 ${fault.status} -\r\ncontent-length: ${Buffer.byteLength(GARBAGE)}\r\n\r\n${GARBAGE}`);
			return;
		}
		if (fault.kind === 'twice') {
			const first = this.#ask(request);
			if (!fault.together) await first;
			const replies = await Promise.all([first, this.#ask(request)]);
			client.end(replies[fault.answer]);
			return;
		}
		if (cut.reply === 0) {
			void this.#ask(request); // it arrives, and nobody hears of it
			await wait(1);
			client.destroy();
			return;
		}
		const reply = await this.#ask(fault.kind === 'short' && fault.request ? shortened(request) : request);
		this.longest.request = Math.max(this.longest.request, request.length);
		this.longest.reply = Math.max(this.longest.reply, reply.length);
		if (fault.kind === 'short' && !fault.request) client.end(shortened(plain(reply)));
		else if (cut.reply !== undefined && cut.reply < reply.length)
			client.write(reply.subarray(0, cut.reply), () => client.destroy());
		else client.end(reply);
	}

	/** Sends the whole request and waits for the whole reply. */
	#ask(request: Buffer): Promise<Buffer> {
		return new Promise((done, failed) => {
			const server = this.#keep(connect(this.target, '127.0.0.1'));
			const parts: Buffer[] = [];
			server.on('data', (part: Buffer) => parts.push(part));
			server.once('close', (broken) => (broken ? failed(new Error('cut')) : done(Buffer.concat(parts))));
			server.write(request);
		});
	}

	close(): void {
		this.#server.close();
		for (const socket of this.#open) socket.destroy();
	}
}

const END = '\r\n\r\n';

/** A request whose length its head says. */
async function readRequest(socket: Socket): Promise<Buffer> {
	let bytes = Buffer.alloc(0);
	for await (const part of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
		bytes = Buffer.concat([bytes, part]);
		const head = bytes.indexOf(END);
		if (head === -1) continue;
		const length = Number(/content-length: (\d+)/i.exec(bytes.subarray(0, head).toString())?.[1] ?? 0);
		if (bytes.length >= head + END.length + length) return bytes;
	}
	throw new Error('no request');
}

/** A reply in one piece, its length said. */
function plain(reply: Buffer): Buffer {
	const head = reply.indexOf(END);
	const text = reply.subarray(0, head).toString();
	if (!/transfer-encoding: chunked/i.test(text)) return reply;
	const parts: Buffer[] = [];
	for (let at = head + END.length; ;) {
		const line = reply.indexOf('\r\n', at);
		const size = parseInt(reply.subarray(at, line).toString(), 16);
		if (!size) break;
		parts.push(reply.subarray(line + 2, line + 2 + size));
		at = line + 2 + size + 2;
	}
	const body = Buffer.concat(parts);
	const said = text.replace(/transfer-encoding: chunked/i, `content-length: ${body.length}`);
	return Buffer.concat([Buffer.from(said + END), body]);
}

/** Half of a body, and a head that says so. */
function shortened(message: Buffer): Buffer {
	const head = message.indexOf(END);
	const body = message.subarray(head + END.length);
	const half = body.subarray(0, Math.floor(body.length / 2));
	const said = message
		.subarray(0, head)
		.toString()
		.replace(/content-length: \d+/i, `content-length: ${half.length}`);
	return Buffer.concat([Buffer.from(said + END), half]);
}

let tablets = 0;
let addresses = 0;

/** Somebody's tablet: the real client over an IndexedDB in memory, its net the faulty one. */
class Tablet {
	readonly db: PersonDatabase;
	/** How often each change set out. */
	readonly sent = new Map<string, number>();
	/** Every change that was saved, as the outbox named it. */
	readonly saved = new Set<string>();
	/** What was last typed, by record and field. */
	readonly typed = new Map<string, { record: string; field: string; value: unknown }>();

	private constructor(
		readonly net: FaultyNet,
		readonly person: Person,
		readonly draws: Draws,
		vault: Vault
	) {
		this.db = new PersonDatabase(`torture-${++tablets}`, vault);
	}

	static async of(net: FaultyNet, person: Person, draws: Draws): Promise<Tablet> {
		const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
		const place = { structure: person.structure, person: person.id, device: person.device };
		const random = (bytes: number): Bytes => crypto.getRandomValues(new Uint8Array(bytes));
		return new Tablet(net, person, draws, new Vault(place, crypto.randomUUID(), key, random));
	}

	send: Send = (path, body, headers) => {
		const bytes = Buffer.from(body as Uint8Array);
		const text = headers['content-encoding'] === 'gzip' ? gunzipSync(bytes).toString() : bytes.toString();
		for (const { id } of (JSON.parse(text) as { changes: { id: string }[] }).changes)
			this.sent.set(id, (this.sent.get(id) ?? 0) + 1);
		const own = {
			...this.person.headers,
			'x-forwarded-for': `10.2.0.${++addresses % 250}`, // thousands of calls in a minute are not what the limit is for
			'accept-encoding': 'gzip',
			'content-length': bytes.length
		};
		return new Promise((done, failed) => {
			const asked = httpRequest(
				{
					port: this.net.port,
					host: '127.0.0.1',
					path,
					method: 'POST',
					agent: false,
					headers: { ...headers, ...own }
				},
				(response) => {
					const parts: Buffer[] = [];
					response.on('data', (part: Buffer) => parts.push(part));
					response.once('error', failed);
					response.once('end', () => {
						const raw = Buffer.concat(parts);
						try {
							const plain = response.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
							done(new Response(plain, { status: response.statusCode ?? 0 }));
						} catch (thrown) {
							failed(thrown as Error); // a browser refuses a body that does not inflate
						}
					});
				}
			);
			asked.once('error', failed);
			asked.end(bytes);
		});
	};

	sync(): Promise<Outcome> {
		const { db, send, person } = this;
		return exchange({ db, send, pack: gzip, now: Date.now, person: person.id, device: person.device });
	}

	/** Types into a record as a form does, naming what was on the screen. */
	async edit(kind: string, record: string, fields: { [field: string]: unknown }, creates = false): Promise<void> {
		const view = await findView(this.db, this.person.id, record);
		const seen = Object.fromEntries(
			Object.keys(fields).map((field) => [field, view ? seenOf(view.fields, field) : []])
		);
		const id = creates ? record : uuid(this.draws);
		this.saved.add(await save(this.db, { id, kind, record, fields, seen, at: new Date().toISOString() }));
		for (const [field, value] of Object.entries(fields)) this.typed.set(`${record}|${field}`, { record, field, value });
	}

	async create(scene: Scene): Promise<string> {
		const record = uuid(this.draws);
		const fields = {
			campaign: scene.campaign,
			framework: scene.framework,
			stakeholder: 'employee',
			antenna: scene.antennas[0]!,
			mode: 'face',
			on: '2014-11-12',
			criteria: scene.criteria.slice(0, 2),
			state: 'finished',
			'consent:usage-evaluation': { answer: 'yes', use: 'evaluation' },
			'answer:q-estime-fierte-travail': {
				value: { type: 'scale', level: this.draws.between(1, 4) },
				words: 'On se sent utile ici.'
			}
		};
		await this.edit('interview', record, fields, true);
		return record;
	}

	/** Syncs on a net that has recovered, until everything has left.
	 * @returns what is not as it should be then */
	async drained(): Promise<string[]> {
		const outcome = await this.sync();
		if (outcome.state !== 'done') return [`not drained: ${JSON.stringify(outcome)}`];
		const [waiting, taken, refused] = await Promise.all([
			this.db.outbox.count(),
			this.db.taken.count(),
			this.db.refused.count()
		]);
		return [
			...(waiting + taken > 0 ? [`${waiting} changes still wait, ${taken} batches`] : []),
			...(refused > 0 ? [`${refused} refused`] : []),
			...(outcome.position.digest === 'equal' ? [] : [`the digest is ${outcome.position.digest}`])
		];
	}

	/** What was typed last and is no longer to be seen, among what nobody else writes. */
	async unseen(): Promise<string[]> {
		const faults: string[] = [];
		for (const { record, field, value } of this.typed.values()) {
			if (record.startsWith('reading:')) continue;
			const view = await findView(this.db, this.person.id, record);
			if (JSON.stringify(view && inUse(view.fields, field)) !== JSON.stringify(value))
				faults.push(`${record} ${field}`);
		}
		return faults;
	}

	/** Changes sent more than once, and how often at most. */
	resent(): { changes: number; most: number } {
		const again = [...this.sent.values()].filter((times) => times > 1);
		return { changes: again.length, most: Math.max(1, ...again) };
	}

	async close(): Promise<void> {
		this.db.close();
		await this.db.delete();
	}
}

type Ground = { server: RealServer; net: FaultyNet; scene: Scene; folder: string; report: Report; draws: Draws };

/** The real client against the real server over a net that cuts, delays, doubles, truncates and lies. */
export async function tortureProxy({ rounds, seed }: { rounds: number; seed: number }): Promise<Report> {
	const folder = scratchFolder('proxy');
	const server = await RealServer.on({ DATA: folder });
	await server.start();
	const draws = new Draws(seed);
	const scene = await setScene(server, draws, 8);
	const net = await FaultyNet.before(server.port);
	const ground: Ground = { server, net, scene, folder, report: new Report(), draws };
	try {
		const saved = [
			...(await everyByte(ground)),
			...(await largeOutbox(ground, Math.ceil(rounds / 6))),
			...(await storm(ground, rounds))
		];
		net.close();
		ground.report.check('the journal', await journalFaults(server, scene.director));
		await server.stop();
		const stored = storedInSqlite(folder);
		const { lost, twice } = lostOf(saved, stored);
		const [known, people] = [new Set(saved), new Set(scene.people.map(({ id }) => id))];
		const strange = stored.filter(({ id, author }) => people.has(author) && !known.has(id)).map(({ id }) => id);
		ground.report.check('everything saved on a tablet is on the server', lost);
		ground.report.check('nothing twice', twice);
		ground.report.check('nothing that nobody saved', strange);
		ground.report.check('tallies, digests, sequences', await soundness({ folder }, scene.structure));
		console.log(`  ${saved.length} changes saved on tablets, ${lost.length} lost, ${twice.length} twice`);
	} finally {
		net.close();
		await server.stop();
	}
	return ground.report;
}

/** One exchange of two changes, cut after its first byte, its second, … its last, on the way there and on the way back. */
async function everyByte({ net, scene, report, draws }: Ground): Promise<string[]> {
	const tablet = await Tablet.of(net, scene.people[0]!, draws);
	const records = [await tablet.create(scene), await tablet.create(scene)];
	await tablet.drained();
	let cuts = 0;
	let most = 0;
	for (const way of ['request', 'reply'] as const) {
		for (let byte = 0; ; byte++) {
			for (const record of records)
				await tablet.edit('interview', record, { 'answer:q-torture-1': { value: draws.between(1, 9) } });
			tablet.sent.clear();
			let calls = 0;
			let reached = false;
			net.next = () => {
				calls += 1;
				reached = calls > 1;
				return calls === 1 ? { kind: 'cut', [way]: byte } : { kind: 'none' };
			};
			const outcome = await tablet.sync();
			net.next = () => ({ kind: 'none' });
			const whole = outcome.state === 'done' && !reached;
			const faults = whole ? [] : await tablet.drained();
			const resent = tablet.resent();
			most = Math.max(most, resent.changes);
			if (outcome.state === 'offline' ? resent.most > 2 || resent.changes > 2 : resent.most > 1)
				faults.push(`${outcome.state}: ${JSON.stringify(resent)}`);
			if (faults.length > 0 || byte === 0) report.check(`cut at byte ${byte} of the ${way}`, faults);
			if (whole) break;
			cuts += 1;
		}
	}
	report.check('what was typed between the cuts', await tablet.unseen());
	console.log(`  one exchange cut at each of its ${cuts} bytes: at most ${most} changes (one batch) sent again`);
	await tablet.close();
	return [...tablet.saved];
}

/** An outbox of several batches, cut anywhere: what was acknowledged before is not sent again. */
async function largeOutbox({ net, scene, report, draws }: Ground, cuts: number): Promise<string[]> {
	const all: string[] = [];
	let most = 0;
	net.longest = { request: 0, reply: 0 };
	for (let cut = 0; cut <= cuts; cut++) {
		const tablet = await Tablet.of(net, scene.people[1]!, draws);
		await tablet.drained(); // what it pulls first is not what is cut
		const count = BATCH * 2 + draws.between(1, BATCH);
		for (let i = 0; i < count; i++) await tablet.create(scene);
		const batch = draws.between(1, 2);
		const way = draws.chance(0.5) ? 'request' : 'reply';
		const byte = draws.between(0, net.longest[way]);
		let calls = 0;
		// The first goes through whole: it says how long an exchange of a full batch is.
		net.next = () => (++calls === batch && cut > 0 ? { kind: 'cut', [way]: byte } : { kind: 'none' });
		await tablet.sync();
		net.next = () => ({ kind: 'none' });
		const faults = await tablet.drained();
		const resent = tablet.resent();
		most = Math.max(most, resent.changes);
		if (resent.changes > BATCH || resent.most > 2) faults.push(JSON.stringify(resent));
		report.check(`${count} changes, batch ${cut > 0 ? batch : 'none'} cut at byte ${byte} of its ${way}`, faults);
		all.push(...tablet.saved);
		await tablet.close();
	}
	const { request, reply } = net.longest;
	console.log(
		`  ${cuts} outboxes of three batches cut anywhere in ${request} + ${reply} bytes: at most ${most} changes sent again (a batch is ${BATCH})`
	);
	return all;
}

/** Several tablets that type and sync on a net where most exchanges go wrong. */
async function storm({ net, scene, report, draws }: Ground, rounds: number): Promise<string[]> {
	const tablets = await Promise.all(scene.people.slice(2).map((person) => Tablet.of(net, person, draws)));
	const faults = new Map<string, number>();
	const outcomes = new Map<string, number>();
	const count = (map: Map<string, number>, name: string) => map.set(name, (map.get(name) ?? 0) + 1);
	net.next = () => {
		const fault = anyFault(draws);
		count(faults, fault.kind);
		return fault;
	};
	const own = new Map(tablets.map((tablet) => [tablet, [] as string[]]));
	for (let round = 0; round < rounds; round++) {
		await Promise.all(
			tablets.map(async (tablet) => {
				const records = own.get(tablet)!;
				for (let edits = draws.between(0, 6); edits > 0; edits--) await type(tablet, records, scene, draws);
				count(outcomes, (await tablet.sync()).state);
			})
		);
	}
	net.next = () => ({ kind: 'none' });
	for (const [i, tablet] of tablets.entries()) {
		report.check(`after the storm, tablet ${i + 1}`, [...(await tablet.drained()), ...(await tablet.unseen())]);
		await tablet.close();
	}
	const told = (map: Map<string, number>) => [...map].map(([name, times]) => `${name} ${times}`).join(', ');
	console.log(`  ${tablets.length} tablets in a storm: ${told(faults)}; exchanges ended ${told(outcomes)}`);
	return tablets.flatMap(({ saved }) => [...saved]);
}

async function type(tablet: Tablet, records: string[], scene: Scene, draws: Draws): Promise<void> {
	const known = records[draws.between(0, Math.max(0, records.length - 1))];
	if (known && draws.chance(0.4)) return await tablet.edit('interview', known, { note: `vu ${draws.between(1, 999)}` });
	if (draws.chance(0.5)) {
		records.push(await tablet.create(scene));
		return;
	}
	const [campaign, place] = [scene.campaign, scene.antennas[draws.between(0, 1)]!];
	const record = readingId({ campaign, place, period: `2014-0${draws.between(1, 9)}`, indicator: 'heures' });
	await tablet.edit('reading', record, { value: { amount: draws.between(0, 2000) } });
}

function anyFault(draws: Draws): Fault {
	const dice = draws.between(0, 9);
	if (dice < 2) return { kind: 'cut', request: draws.between(0, 2000) };
	if (dice < 4) return { kind: 'cut', reply: draws.between(0, 2000) };
	if (dice === 4) return { kind: 'late', milliseconds: draws.between(1, 150) };
	if (dice === 5) return { kind: 'twice', together: draws.chance(0.5), answer: draws.chance(0.5) ? 0 : 1 };
	if (dice === 6) return { kind: 'short', request: draws.chance(0.5) };
	if (dice === 7) return { kind: 'garbage', status: draws.chance(0.5) ? 502 : 200, arrived: draws.chance(0.5) };
	return { kind: 'none' };
}
