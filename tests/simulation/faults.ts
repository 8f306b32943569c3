// What goes wrong.
import type { Contents, Device } from './device.ts';
import { checkKept } from './checks.ts';
import { idsHeld, must } from './model.ts';
import { carryNow, writeStick } from './office.ts';
import { Process } from './scheduler.ts';
import { halvesOf } from './server.ts';
import type { Shown, World } from './world.ts';

export const FAULTS = [
	...(['kill', 'power', 'server', 'restore', 'restore', 'network', 'clock', 'tab', 'sign-out'] as const),
	...(['disk', 'wipe', 'tamper', 'stick', 'upgrade', 'passphrase', 'lock', 'lock'] as const)
];
export type Fault = (typeof FAULTS)[number];

const YEAR = 365 * 86_400_000;

export async function goWrong(world: World, device: Device): Promise<void> {
	const { random, server } = world;
	const fault = random.pick(world.faults);
	world.note('breaks', device.name, fault);
	switch (fault) {
		case 'kill':
			return await restart(world, device, false);
		case 'power':
			return await restart(world, device, true);
		case 'server':
			return await restartServer(world);
		case 'restore':
			return random.chance(0.5) ? await backUp(world) : await restore(world);
		case 'network':
			device.tablet.online = !device.online;
			return;
		case 'clock':
			(random.chance(0.5) ? device.tablet : server).offset += (random.next() - 0.5) * 6 * YEAR;
			return;
		case 'tab':
			if (device.tabs.length < 2) device.open();
			return;
		case 'sign-out':
			return signOut(world, device);
		case 'disk': {
			const name = random.pick(['QuotaExceededError', 'UnknownError', 'AbortError', 'InvalidStateError']);
			device.disk.fails = random.chance(0.5) ? () => (random.chance(0.3) ? name : undefined) : () => undefined;
			return;
		}
		case 'wipe':
			return await wipe(world, device);
		case 'tamper':
			return await tamper(world, device);
		case 'stick':
			return random.chance(0.4) ? writeStick(world, device) : carryNow(world);
		case 'upgrade':
			return await upgrade(world, device);
		case 'passphrase':
			return await forgetPassphrase(world, device);
		case 'lock':
			return await changeSeats(world, device);
	}
}

async function restart(world: World, device: Device, power: boolean): Promise<void> {
	device.tablet.kill(power);
	const fails = device.disk.fails;
	device.disk.fails = () => undefined;
	const process = new Process('restart', device.disk);
	await world.run(process, () => device.unlock(process));
	const tab = device.open();
	await world.run(tab.process, async () => checkKept(world, device, tab));
	device.disk.fails = fails;
	tab.stay.wake();
}

async function restartServer(world: World): Promise<void> {
	world.server.kill();
	world.scheduler.after(world.random.below(20_000), world.self, () => undefined);
	if (world.upgrades && world.random.chance(0.3)) world.server.version = 'next';
	await world.server.start();
	await world.followServer();
}

async function backUp(world: World): Promise<void> {
	await world.quiet();
	await world.server.backUp();
	for (const id of await world.onServer()) world.model.covered.add(id);
}

async function restore(world: World): Promise<void> {
	const { server, random, model } = world;
	if (server.backups.length === 0) return;
	await world.quiet();
	// Less than what was ever erased, where its ledger was lost before.
	const known = await world.followServer();
	world.note('restores');
	world.restored += 1;
	const held = new Set<string>();
	const told = new Set<string>();
	const shown: Shown[] = [];
	for (const device of world.devices) {
		const contents = await contentsOf(world, device);
		for (const id of idsHeld(contents)) held.add(id);
		for (const { id, proof } of contents.erased) if (proof) told.add(id);
		shown.push(...(await shownOn(world, device, contents)));
	}
	const ledger = random.chance(0.5);
	await server.restore(random.pick(server.backups), ledger);
	await server.start();
	const erased = await world.followServer();
	for (const id of ledger ? known : [])
		must(erased.has(id), () => `I7: the restored server does not know that ${id} was erased`);
	// With its ledger went what it had told nobody yet: that must be asked for again.
	for (const id of known) if (!erased.has(id) && !told.has(id)) model.erased.delete(id);
	const there = await world.onServer();
	world.shown.push(...shown.filter(({ change }) => !there.has(change) && !held.has(change)));
	// Where its ledger was lost, only the devices that had received a withdrawal know of it.
	if (!ledger)
		for (const id of world.withdrawn)
			if (!shown.some(({ record, field }) => record === id && field.startsWith('withdrawal:')))
				world.withdrawn.delete(id);
	// A device keeps what it sent until a backup has it; an older backup than that loses what only the server had.
	for (const edit of model.edits.values())
		if (!held.has(edit.id) && !there.has(edit.id)) edit.excused ??= 'lost with the server';
}

async function contentsOf(world: World, device: Device) {
	device.tablet.kill(false);
	device.disk.fails = () => undefined;
	const tab = device.open();
	let contents: Awaited<ReturnType<Device['contents']>> | undefined;
	await world.run(tab.process, async () => void (contents = await device.contents(tab.db)));
	return contents!;
}

async function shownOn(world: World, device: Device, { records }: Contents): Promise<Shown[]> {
	const tab = device.tabs[0]!;
	const shown: Shown[] = [];
	await world.run(tab.process, async () => {
		for (const row of records) {
			if (row.sequence === 0 || device.tampered) continue;
			const { fields } = await tab.db.openRecord(row);
			for (const [field, all] of Object.entries(fields))
				for (const { change } of all) shown.push({ device, record: row.id, field, change });
		}
	});
	return shown;
}

function signOut(world: World, device: Device): void {
	const process = new Process('sign-out');
	const { halves } = device;
	if (!halves) return;
	world.scheduler.enqueue(
		process,
		() => void device.call(process, 'DELETE', '/api/session', null, {}, halves).catch(() => undefined)
	);
	if (world.random.chance(0.7)) void signIn(world, device);
	else device.halves = undefined;
}

/** As the sign-in does once the passphrase was right. */
export async function signIn(world: World, device: Device): Promise<void> {
	const { app, lib } = world.server;
	const { structure, person } = device.place;
	const opened = await app.db
		.transaction()
		.execute((trx) => lib.openSession(app, trx, structure, person, device.session.device));
	device.halves = halvesOf(opened);
	for (const { stay } of device.tabs) stay.wake();
}

async function wipe(world: World, device: Device): Promise<void> {
	device.tablet.kill(false);
	await world.quiet();
	for (const seat of device.tablet.seats) {
		world.model.wiped(seat, await world.onServer());
		for (const [hash, recording] of world.recordings) if (recording.device === seat) world.recordings.delete(hash);
		world.shown = world.shown.filter((one) => one.device !== seat);
		seat.remembered = false;
	}
	device.disk.wipe();
	device.open();
}

/** A row of what the server gave is altered, or lost, by whatever does such things. */
async function tamper(world: World, device: Device): Promise<void> {
	const tab = device.tabs[0];
	if (!tab) return;
	const [draw, at] = [world.random.next(), world.random.next()];
	world.scheduler.enqueue(tab.process, () => {
		void (async () => {
			const rows = (await tab.db.records.toArray()).filter(({ sequence }) => sequence > 0);
			const row = rows[Math.floor(at * rows.length)];
			if (!row) return;
			device.tampered = true;
			if (draw < 0.5) await tab.db.records.delete(row.id);
			else await tab.db.records.put({ ...row, sequence: row.sequence + 1000 });
		})().catch(() => undefined);
	});
}

async function upgrade(world: World, device: Device): Promise<void> {
	if (!world.upgrades) return;
	device.tablet.kill(false);
	device.tablet.version = 'next';
	device.open();
}

/** Another passphrase: what the vault had not sent leaves as it lies, then a new one takes its place. */
async function forgetPassphrase(world: World, device: Device): Promise<void> {
	if (device.locked) return;
	device.tablet.kill(false);
	device.disk.fails = () => undefined;
	const process = new Process('new passphrase', device.disk);
	const remember = device.forgetPassphrase();
	let made = false;
	await world.run(process, async () => void (made = await device.enter(process)));
	if (made) world.shown = world.shown.filter((one) => one.device !== device);
	else remember();
	world.note('new vault', device.name, made);
	device.open();
}

/** Somebody gets up, perhaps in the middle of an exchange, and somebody else sits down in front of the same window. */
async function changeSeats(world: World, device: Device): Promise<void> {
	const { random, scheduler } = world;
	const others = device.tablet.seats.filter((one) => one !== device);
	if (others.length === 0) return;
	const tab = device.tabs[0] ?? device.open();
	tab.stay.wake();
	const until = scheduler.now + random.below(6000);
	scheduler.after(until - scheduler.now, world.self, () => undefined);
	await scheduler.run(() => scheduler.now >= until);
	device.leave();
	const other = random.pick(others);
	world.note('locks', device.name, 'for', other.name);
	await world.run(tab.process, () => other.unlock(tab.process));
	other.open(tab.process).stay.wake();
}
