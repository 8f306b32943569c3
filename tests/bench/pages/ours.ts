import { PROTOCOL } from '../../../src/lib/domain/sync';
import { PersonDatabase, START } from '../../../src/lib/local/database';
import { mediaField } from '../../../src/lib/domain/media';
import { keepMedia } from '../../../src/lib/local/media';
import { save } from '../../../src/lib/local/outbox';
import { gzip } from '../../../src/lib/here/platform';
import { exchange } from '../../../src/lib/sync/exchange';
import { upload } from '../../../src/lib/sync/upload';
import { changeOf, thousands, type Subject, type Who } from './sample';
import { vaultFor } from './vault';

const opened = new Map<string, PersonDatabase>();
async function open(who: Who): Promise<PersonDatabase> {
	const db = opened.get(who.device) ?? new PersonDatabase('bench', await vaultFor(who));
	opened.set(who.device, db);
	return db;
}

const sender =
	({ key }: Who, method: 'POST' | 'PUT') =>
	(path: string, body: Uint8Array | string | null, headers: Record<string, string>) =>
		fetch(path, { method, body: body as BodyInit | null, headers: { ...headers, 'temoin-key': key } });

async function drain(who: Who, onprogress: (sent: number) => void = () => undefined): Promise<void> {
	const db = await open(who);
	const outcome = await exchange({
		db,
		send: sender(who, 'POST'),
		pack: gzip,
		now: Date.now,
		person: who.person,
		device: who.device,
		onprogress
	});
	if (outcome.state !== 'done' || outcome.position.digest !== 'equal' || (await db.outbox.count()) > 0)
		throw new Error(JSON.stringify(outcome));
}

async function fill(who: Who, count: number): Promise<void> {
	const db = await open(who);
	if (!(await db.settings.get('position'))) {
		await db.settings.put({ name: 'position', value: START });
		await drain(who); // what every device has: its structure, its people, the framework
	}
	for (const changes of thousands(who, count)) {
		const sealed = await Promise.all(changes.map(db.sealChange));
		await db.outbox.bulkAdd(sealed.map((change) => ({ ...change, state: 'frozen' })) as never);
	}
}

const MB = 1_000_000;

/** Records so many voices of 20 MB, each in an interview of its own. */
async function record(who: Who, count: number): Promise<void> {
	const db = await open(who);
	for (let i = 0; i < count; i++) {
		const content = new Uint8Array(20 * MB);
		content.set([0x1a, 0x45, 0xdf, 0xa3]);
		for (let at = 4; at < content.length; at += 65_536)
			crypto.getRandomValues(content.subarray(at, Math.min(at + 65_536, content.length)));
		const change = changeOf(who, i);
		const media = await keepMedia(db, change.id, content, { at: change.at });
		await save(db, { ...change, fields: { ...change.fields, [mediaField(media.hash)]: media } });
	}
}

/** Sends what was recorded; its interviews have left. */
async function sendRecorded(who: Who): Promise<void> {
	const now = () => new Date().toISOString();
	const db = await open(who);
	const left = await upload({ db, send: sender(who, 'PUT'), person: who.person, now, mint: () => crypto.randomUUID() });
	const sent = await db.media.where('state').equals('sent').count();
	if (left > 0 || sent !== (await db.media.count())) throw new Error(`${left} recordings are left`);
}

/** Opens the store and nothing more: what idle is. */
async function ready(who: Who): Promise<void> {
	await (await open(who)).outbox.count();
}

/** `spent` until the last receipt is on the disk, `tidied` until the rows are in place too. */
async function push(who: Who, count: number): Promise<{ spent: number; tidied: number }> {
	let spent = 0;
	const start = performance.now();
	await drain(who, (sent) => {
		if (sent === count && spent === 0) spent = performance.now() - start;
	});
	if (spent === 0) throw new Error('not everything was sent');
	return { spent, tidied: performance.now() - start };
}

async function pull(who: Who, count: number): Promise<{ spent: number }> {
	const db = await open(who);
	await db.open();
	const start = performance.now();
	await drain(who);
	const spent = performance.now() - start;
	const arrived = await db.records.where('kind').equals('interview').count();
	if (arrived !== count) throw new Error(`${arrived} records arrived`);
	return { spent };
}

async function one(who: Who): Promise<{ spent: number }> {
	await save(await open(who), changeOf(who, 1));
	const start = performance.now();
	await drain(who);
	return { spent: performance.now() - start };
}

const PASSPHRASE = 'les gaves descendent vite';
const ask = async <T>(path: string, body: unknown, key = ''): Promise<T> => {
	const headers = { 'content-type': 'application/json', 'temoin-key': key };
	const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
	if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
	return (await response.json()) as T;
};
type Came = { session: { structure: { id: string }; person: { id: string } }; key: string };

/** Sets a structure up and gives what a push needs to know. */
async function found(code: string): Promise<Who & { structure: string }> {
	const device = { id: crypto.randomUUID(), name: 'bench' };
	const setUp = {
		code,
		structure: 'Bench',
		antennas: ['Tarbes'],
		director: 'Claire',
		passphrase: PASSPHRASE,
		device
	};
	const { session, key } = await ask<Came>('/api/setup', setUp);
	const request = {
		protocol: PROTOCOL,
		person: session.person.id,
		device: device.id,
		changes: [],
		cursor: null,
		audiences: [],
		filling: []
	};
	const { records } = await ask<{ records: { kind: string; id: string }[] }>('/api/sync', request, key);
	const antenna = records.find(({ kind }) => kind === 'antenna')!.id;
	const campaign = crypto.randomUUID();
	return { person: session.person.id, device: device.id, antenna, campaign, key, structure: session.structure.id };
}

/** The same person on another device. */
async function signIn(who: Who & { structure: string }): Promise<Who> {
	const device = { id: crypto.randomUUID(), name: 'bench' };
	const body = { structure: who.structure, name: 'Claire', passphrase: PASSPHRASE, device };
	const { key } = await ask<Came>('/api/session', body);
	return { ...who, device: device.id, key };
}

export const bench = { fill, record, sendRecorded, ready, push, pull, one, found, signIn } satisfies Subject &
	Record<string, unknown>;
Object.assign(globalThis, { bench });
