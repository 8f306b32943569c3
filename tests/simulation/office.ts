// What the office does, online, and what is carried to it on a stick.
import type { Grant } from '$lib/domain/structure';
import type { Device } from './device.ts';
import { must } from './model.ts';
import { Process } from './scheduler.ts';
import type { World } from './world.ts';

export function administer(world: World): void {
	const { random, template } = world;
	const draw = random.next();
	const process = new Process('office');
	const office = officeOf(world, process);
	const work = async () => {
		if (draw < 0.25 && world.interviews.length > 0) {
			const id = random.pick(world.interviews);
			world.note('erases', id);
			await office('DELETE', `/api/testimonies/${id}`);
		} else if (draw < 0.35 && world.interviews.length > 0) {
			const id = random.pick(world.interviews);
			world.note('withdraws', id);
			const { restored } = world;
			const { ok } = await office('POST', `/api/testimonies/${id}/withdraw`, { items: ['citation-anonyme'] });
			// The answer of a server that went back meanwhile is about a history that is no more.
			if (ok && world.restored === restored) world.withdrawn.add(id);
		} else if (draw < 0.5) {
			const person = random.pick(template.people.slice(1));
			const antenna = random.pick(template.antennas);
			const grants: Grant[] = [{ role: random.pick(['counsellor', 'antenna-staff'] as const), antennas: [antenna] }];
			world.note('rights', person.name, grants);
			world.model.ask(person.id, grants);
			await office('PUT', `/api/people/${person.id}`, { name: person.name, grants });
		} else if (draw < 0.75) {
			const response = await office('GET', '/api/quarantine');
			if (!response.ok) return;
			const { lines } = (await response.json()) as { lines: { hash: string; decision: string | null }[] };
			const waiting = lines.filter(({ decision }) => decision !== 'released');
			if (waiting.length === 0) return;
			const { hash } = random.pick(waiting);
			if (random.chance(0.6)) await office('POST', `/api/quarantine/${hash}/release`);
			else await office('POST', `/api/quarantine/${hash}/set-aside`, { reason: 'Doublon' });
		} else await carry(world, process, office);
	};
	world.scheduler.enqueue(process, () => void work().catch(() => undefined));
}

export function carryNow(world: World): void {
	const process = new Process('office');
	world.scheduler.enqueue(process, () => void carry(world, process, officeOf(world, process)).catch(() => undefined));
}

/** A stick goes to headquarters, or its receipts come back. */
async function carry(
	world: World,
	process: Process,
	office: (method: string, path: string, body?: unknown) => Promise<Response>
): Promise<void> {
	const { random } = world;
	const back = world.receipts.length > 0 && random.chance(0.5) ? random.pick(world.receipts) : undefined;
	if (back) {
		const tab = back.device.tabs[0];
		if (!tab || back.device.locked) return;
		back.device.locked = true;
		world.scheduler.enqueue(tab.process, () => {
			const { lib, place, locks } = back.device;
			void lib.takeReceiptsFile(place, locks.key, back.file).then(
				(taken) => {
					back.device.locked = false;
					world.note('receipts', back.device.name, taken);
				},
				() => (back.device.locked = false)
			);
		});
		return;
	}
	const stick = world.outbound.length > 0 ? random.pick(world.outbound) : undefined;
	if (!stick) return;
	const file = await stick.device.lib.readOutbox(fileOf(stick.file));
	must(file !== undefined, () => 'an outbox file does not read');
	const { header, changes, pieces } = file!;
	const { structure, person, device, key } = header;
	const whose = { structure, person, device, key };
	const sendPieces = async () => {
		for (const { read, ...piece } of pieces)
			await office('POST', '/api/stick/media', { ...whose, ...piece, piece: await read() });
	};
	if (changes.length === 0) await sendPieces();
	const response = await office('POST', '/api/stick', { ...whose, changes });
	world.note('imported', stick.device.name, response.status);
	if (!response.ok) return;
	await sendPieces();
	const { signed } = (await response.json()) as { signed: unknown };
	world.receipts.push({
		device: stick.device,
		file: JSON.stringify({ format: 'temoin-receipts-1', signed: [signed] })
	});
}

export function writeStick(world: World, device: Device): void {
	const tab = device.tabs[0];
	if (!tab || device.locked) return;
	device.locked = true;
	world.scheduler.enqueue(tab.process, () => {
		void device.lib.writeOutbox(device.place, device.locks.key, { name: device.name, at: device.at() }).then(
			async ({ file }) => {
				device.locked = false;
				device.tablet.online = false; // what has a network needs no stick
				world.outbound.push({ device, file: await file.text() });
			},
			() => (device.locked = false)
		);
	});
}

/** A file that takes no real time to read. */
function fileOf(text: string): Pick<Blob, 'stream' | 'slice'> {
	const bytes = new TextEncoder().encode(text);
	const part = (from?: number, to?: number) => new TextDecoder().decode(bytes.subarray(from, to));
	return {
		stream: () => new ReadableStream({ start: (all) => (all.enqueue(bytes), all.close()) }),
		slice: (from, to) => ({ text: () => Promise.resolve(part(from, to)) }) as Blob
	};
}

function officeOf(world: World, process: Process) {
	return (method: string, path: string, body?: unknown): Promise<Response> =>
		world.claire.call(process, method, path, body === undefined ? undefined : JSON.stringify(body), {
			'content-type': 'application/json'
		});
}
