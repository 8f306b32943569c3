import { onTestFinished } from 'vitest';
import type { App } from '$lib/server/app';
import { gzip } from '$lib/here/platform';
import { databaseName, PersonDatabase } from '$lib/local/database';
import { makeVault } from '$lib/local/locks';
import { keepMedia } from '$lib/local/media';
import { save } from '$lib/local/outbox';
import { findView, listViews, type View } from '$lib/local/views';
import { exchange, type Outcome, type Send } from '$lib/sync/exchange';
import { round, type Visited } from '$lib/sync/round';
import { upload, type SendPiece } from '$lib/sync/upload';
import { mediaField, type Media } from '$lib/domain/media';
import { seenOf } from '$lib/domain/record';
import type { Seat, Vault } from '$lib/local/vault';
import { call, uuid, type Device } from './server';
import { openVault, randomBytes } from './vault';

let made = 0;

const placeOf = ({ session }: Device): Seat => ({
	structure: session.structure.id,
	person: session.person.id,
	device: session.device.id
});

/** A person's tablet: the real client code over a real (in-memory) IndexedDB, talking to the real handlers. */
export class Tablet {
	db: PersonDatabase;
	requests: { sent: number; received: number }[] = [];
	/** What happens to each call: by default it goes through. */
	net: (go: () => Promise<Response>) => Promise<Response> = (go) => go();

	private constructor(
		public app: App, // the server it talks to: another one, once a backup has come back
		readonly device: Device,
		readonly vault: Vault,
		name = `tablet-${++made}`
	) {
		this.db = new PersonDatabase(name, vault);
		onTestFinished(async () => {
			this.db.close();
			await this.db.delete();
		});
	}

	static async of(app: App, device: Device): Promise<Tablet> {
		return new Tablet(app, device, await openVault(placeOf(device)));
	}

	/** One whose vault its server was left the wrap of: what lies in it can leave it locked. */
	static async enrolled(app: App, device: Device): Promise<Tablet> {
		const place = placeOf(device);
		const made = await makeVault(place, uuid(), undefined, device.structureKey, randomBytes, () => 0);
		const body = { key: made.vault.id, wrap: made.wrap };
		const left = await call(app, 'PUT', '/api/vault', { as: device, body });
		if (!left.ok) throw new Error(await left.text());
		return new Tablet(app, device, made.vault, databaseName(place.structure, place.person));
	}

	/** The app is closed and opened again: what was in memory is gone. */
	reopen(): void {
		this.db.close();
		this.db = new PersonDatabase(this.db.name, this.vault);
	}

	get person(): string {
		return this.device.session.person.id;
	}

	send: Send = async (path, body, headers) => {
		return await this.net(async () => {
			const response = await call(this.app, 'POST', path, {
				raw: body as BodyInit,
				headers: { ...headers, 'accept-encoding': 'gzip' },
				as: this.device
			});
			const bytes = new Uint8Array(await response.arrayBuffer());
			this.requests.push({
				sent: typeof body === 'string' ? Buffer.byteLength(body) : body.length,
				received: bytes.length
			});
			const plain =
				response.headers.get('content-encoding') === 'gzip'
					? new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
					: bytes;
			return new Response(response.status === 204 ? null : (plain as BodyInit), { status: response.status });
		});
	};

	/** One whole visit, as the app makes it. */
	async sync(): Promise<Outcome> {
		return (await this.visit()).outcome;
	}

	/** What of a visit goes before the recordings. */
	exchange(): Promise<Outcome> {
		const { db, send, person } = this;
		const device = this.device.session.device.id;
		return exchange({ db, send, pack: gzip, person, device, now: () => this.app.clock().getTime() });
	}

	visit(): Promise<Visited> {
		return round({
			db: this.db,
			seat: placeOf(this.device),
			person: this.device.session.person,
			call: (method, path, body, headers) =>
				method === 'POST' ? this.send(path, body!, headers) : this.sendPiece(path, body as Uint8Array | null, headers),
			pack: gzip,
			now: () => this.app.clock().getTime(),
			mint: uuid
		});
	}

	sendPiece: SendPiece = async (path, body, headers) =>
		await this.net(() =>
			call(this.app, 'PUT', path, { headers, as: this.device, ...(body ? { raw: body as BodyInit } : {}) })
		);

	/** Sends the recordings, as after an exchange. */
	upload(): Promise<number> {
		const now = () => '2014-11-12T10:00:00.000Z';
		return upload({ db: this.db, send: this.sendPiece, person: this.person, now, mint: uuid });
	}

	/** Records something said, and names it in its interview as a screen does. */
	async record(about: string, content: Uint8Array): Promise<Media> {
		const media = await keepMedia(this.db, about, content, { at: '2014-11-12T10:00:00.000Z' });
		await this.edit('interview', about, { [mediaField(media.hash)]: media });
		return media;
	}

	/** Edits a record as a form does: naming what was on the screen, or what `seen` gives. */
	async edit(
		kind: string,
		record: string,
		fields: { [field: string]: unknown },
		more: { about?: string; creates?: boolean; seen?: { [field: string]: string[] } } = {}
	): Promise<void> {
		const view = await this.view(record);
		const seen =
			more.seen ??
			Object.fromEntries(Object.keys(fields).map((field) => [field, view ? seenOf(view.fields, field) : []]));
		await save(this.db, {
			id: more.creates ? record : uuid(),
			kind,
			record,
			...(more.about ? { about: more.about } : {}),
			fields,
			seen,
			at: '2014-11-12T10:00:00.000Z'
		});
	}

	async create(kind: string, fields: { [field: string]: unknown }, about?: string): Promise<string> {
		const record = uuid();
		await this.edit(kind, record, fields, { creates: true, ...(about ? { about } : {}) });
		return record;
	}

	view(record: string): Promise<View | undefined> {
		return findView(this.db, this.person, record);
	}

	list(kind: string): Promise<View[]> {
		return listViews(this.db, this.person, kind);
	}
}
