import { onTestFinished } from 'vitest';
import type { App } from '$lib/server/app';
import { PersonDatabase } from '$lib/local/database';
import { save } from '$lib/local/outbox';
import { findView, listViews, type View } from '$lib/local/views';
import { exchange, gzip, type Outcome, type Send } from '$lib/sync/exchange';
import { seenOf } from '$lib/domain/record';
import type { Vault } from '$lib/local/vault';
import { call, uuid, type Device } from './server';
import { openVault } from './vault';

let made = 0;

/** A person's tablet: the real client code over a real (in-memory) IndexedDB, talking to the real handlers. */
export class Tablet {
	readonly db: PersonDatabase;
	requests: { sent: number; received: number }[] = [];
	/** What happens to each call: by default it goes through. */
	net: (go: () => Promise<Response>) => Promise<Response> = (go) => go();

	private constructor(
		readonly app: App,
		readonly device: Device,
		vault: Vault
	) {
		this.db = new PersonDatabase(`tablet-${++made}`, vault);
		onTestFinished(async () => {
			this.db.close();
			await this.db.delete();
		});
	}

	static async of(app: App, device: Device): Promise<Tablet> {
		const { structure, person, device: self } = device.session;
		return new Tablet(app, device, await openVault({ structure: structure.id, person: person.id, device: self.id }));
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

	sync(): Promise<Outcome> {
		return exchange({
			db: this.db,
			send: this.send,
			pack: gzip,
			person: this.person,
			device: this.device.session.device.id,
			now: () => this.app.clock().getTime()
		});
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
