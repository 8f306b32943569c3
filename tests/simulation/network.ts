import type { Grant } from '$lib/domain/structure';
import type { Record, SyncReply } from '$lib/domain/sync';
import type { Device } from './device.ts';
import { Violation } from './model.ts';
import type { Process } from './scheduler.ts';
import type { Reply } from './server.ts';
import type { World } from './world.ts';

const MINUTE = 60_000;

/** One call, and what becomes of it on the way. */
export const ask = (
	world: World,
	device: Device,
	process: Process,
	request: {
		method: string;
		path: string;
		body?: string | Uint8Array | undefined;
		headers: { [name: string]: string };
	}
): Promise<Response> =>
	new Promise((resolve, reject) => {
		const { random, scheduler } = world;
		const draw = world.calm ? 1 : random.next();
		const fate =
			draw < 0.05
				? 'no request'
				: draw < 0.12
					? 'no reply'
					: draw < 0.17
						? 'twice'
						: draw < 0.19
							? 'cut'
							: draw < 0.21
								? 'proxy'
								: 'fine';
		const wait = () => random.below(world.calm ? 20 : 3000);
		const end = (then: () => void) => {
			stop();
			scheduler.after(wait(), process, then);
		};
		const fail = () => end(() => reject(new TypeError('network')));
		const stop = scheduler.after(90_000, process, () => reject(new TypeError('timeout')));
		if (!device.online || fate === 'no request') return fail();
		if (fate === 'proxy')
			return end(() => resolve(responseOf({ status: 502, text: '<html>', headers: new Headers() })));
		const arrive = (first: boolean) => {
			if (!world.server.up) return first ? fail() : undefined;
			world.note(device.name, 'asks', request.method, request.path, fate, first);
			const before = world.model.possibleGrants(device.person);
			world.server.answer(request, (reply) => {
				const grants = [...before, ...world.model.possibleGrants(device.person)];
				overhear(world, device, request, reply, grants);
				if (!first) return;
				if (fate === 'no reply') return fail();
				end(() => resolve(responseOf(fate === 'cut' ? { ...reply, text: reply.text.slice(0, -7) } : reply)));
			});
		};
		scheduler.after(wait(), world.self, () => arrive(true));
		if (fate === 'twice') scheduler.after(wait() + random.below(5 * MINUTE), world.self, () => arrive(false));
	});

/** I8: nobody receives what their rights do not give them. */
function overhear(
	world: World,
	device: Device,
	request: { path: string; body?: unknown },
	reply: Reply,
	grants: Grant[]
): void {
	if (request.path !== '/api/sync' || reply.status !== 200) {
		world.note(device.name, request.path, reply.status);
		return;
	}
	const { receipts, records, marks, cursor } = JSON.parse(reply.text) as SyncReply;
	world.note(
		device.name,
		receipts.map(({ verdict }) => verdict),
		records.map(({ id, sequence }) => [id, sequence]),
		marks.length,
		cursor.sequence
	);
	const { unpack } = world.libs.now;
	const foreign = records.find((record) => !isFor(device.person, grants, { ...record, fields: unpack(record.fields) }));
	if (foreign) world.failed ??= new Violation(`I8: ${device.name} was given ${foreign.kind} ${foreign.id}`);
}

/** Who may hold a record, by the rights table, said once more and apart from it. */
function isFor(person: string, grants: readonly Grant[], record: Record): boolean {
	const director = grants.some(({ role }) => role === 'director');
	switch (record.kind) {
		case 'interview':
			return record.owner === person;
		case 'excerpt':
			return record.owner === person || director;
		case 'reading':
			return director || grants.some(({ antennas }) => antennas.includes(record.id.split(':')[2]!));
		default:
			return true;
	}
}

const responseOf = ({ status, text }: Reply): Response =>
	({
		ok: status >= 200 && status < 300,
		status,
		json: () => {
			try {
				return Promise.resolve(JSON.parse(text) as unknown);
			} catch (cause) {
				return Promise.reject(cause as Error);
			}
		}
	}) as Response;
