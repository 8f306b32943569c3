import { appendFileSync, existsSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Draws } from '$lib/server/fictitious/draws';
import { ledgerFile } from '$lib/server/keeping/ledger';
import {
	integrity,
	journalFaults,
	lostOf,
	readable,
	soundness,
	STORED,
	storedInSqlite,
	type StoredChange
} from './checker';
import {
	ask,
	atEnd,
	changeOf,
	command,
	pullAll,
	RealPostgres,
	RealServer,
	Report,
	scratchFolder,
	setScene,
	sync,
	wait,
	ZERO,
	type Person,
	type Scene
} from './real';
import { Crowd, Writer } from './writers';

const WRITERS = 6;
/** What the disk holds, in megabytes: PostgreSQL's own files and its journal alone take over a hundred. */
const SMALL = { sqlite: 48, postgres: 256 };
const PAGE = 4096;

/** Lets the disk run full at one place after the other: what was acknowledged stays, the server goes on answering what it
 * can read, says 507 for what it cannot write, and takes everything once there is room again. */
export async function tortureDisk({ positions, seed }: { positions: number; seed: number }): Promise<Report> {
	const report = new Report();
	const disk = Disk.of(SMALL.sqlite);
	if (!disk) return report;
	const { folder } = disk;
	const draws = new Draws(seed);
	const server = await RealServer.on({ DATA: folder });
	await server.start();
	const scene = await setScene(server, draws, WRITERS + 1);
	const [witness, ...people] = scene.people as [Person, ...Person[]];
	const writers = people.map((person, i) => new Writer(server, scene, person, seed + i + 1));
	const crowd = new Crowd(writers);
	const seen = { full: 0, lost: 0 };
	try {
		for (let position = 1; position <= positions; position++) {
			const at = `position ${position}`;
			await crowd.drain();
			const interview = await interviewOf(server, scene, witness, draws);
			crowd.statuses.clear();
			// From none at all, page by page and then in wider steps.
			const room = position <= 20 ? (position - 1) * PAGE : draws.between(20, 400) * PAGE;
			const ledger = join(folder, 'erased.ledger');
			// Half of its next line would fit: nothing of the file's empty lines is read.
			if (existsSync(ledger)) appendFileSync(ledger, '\n'.repeat(2 * PAGE - 60 - (statSync(ledger).size % PAGE)));
			disk.fill(room);
			crowd.resume();
			await untilFull(server, crowd, disk);
			seen.full += crowd.statuses.get(507) ?? 0;
			const odd = [...crowd.statuses].filter(([status]) => status !== 200 && status !== 507);
			report.check(
				`${at}: full at ${room} bytes`,
				odd.map(([status, times]) => `${times} answers ${status}: ${server.said}`)
			);
			report.check(`${at}: reading on`, await reads(server, witness));
			const erasing = position % 2 === 1;
			if (erasing) {
				const erased = await erase(server, scene, interview);
				report.check(`${at}: erasing`, [204, 507].includes(erased) ? [] : [`${erased}: ${server.said}`]);
			}
			if (position % 4 === 0 || position % 4 === 3) {
				await server.stop();
				const { lost } = lostOf(crowd.takeNews(), storedInSqlite(folder));
				seen.lost += lost.length;
				report.check(`${at}: killed while full`, lost);
				const up = await server.start().then(
					() => [],
					(thrown: Error) => [thrown.message]
				);
				// Somebody whose erasure is written down and could not be done is not shown meanwhile: it may stay closed for that.
				if (!erasing) report.check(`${at}: started while full`, up);
				if (up.length === 0) report.check(`${at}: reading after that start`, await reads(server, witness));
			}
			disk.free(position % 5 === 0);
			if (!server.isRunning) await server.start();
			await crowd.drain();
			report.check(`${at}: erased in the end`, await gone(server, scene, witness, interview, folder));
			const { lost } = lostOf(crowd.takeNews(), storedInSqlite(folder));
			seen.lost += lost.length;
			report.check(`${at}: drained`, lost);
			if (position % 10 !== 0 && position !== positions) continue;
			report.check(`${at}: what everybody reads`, await readable(server, scene, writers));
			report.check(`${at}: the journal`, await journalFaults(server, scene.director));
			await server.stop();
			report.check(`${at}: the file`, integrity(folder));
			report.check(`${at}: tallies, digests, sequences`, await soundness({ folder }, scene.structure, crowd.told));
			report.check(
				`${at}: the answers`,
				writers.flatMap(({ faults }) => faults.splice(0))
			);
			await server.start();
		}
	} finally {
		await crowd.stop();
		await server.stop();
		disk.remove();
	}
	console.log(
		`  ${positions} positions, ${seen.full} answers 507, ${crowd.told.length} changes acknowledged, ${seen.lost} lost`
	);
	return report;
}

/** The same with PostgreSQL, whose disk it is: where its own journal finds no room it ends every connection, and gives up
 * until there is some. What was acknowledged is there when it comes back. */
export async function tortureDiskOfPostgres({ positions, seed }: { positions: number; seed: number }): Promise<Report> {
	const report = new Report();
	const disk = Disk.of(SMALL.postgres);
	if (!disk) return report;
	const draws = new Draws(seed);
	const postgres = await RealPostgres.start(disk.folder);
	const server = await RealServer.on({ DATA: scratchFolder('data'), DATABASE_URL: postgres.url });
	await server.start();
	const scene = await setScene(server, draws, WRITERS);
	const writers = scene.people.map((person, i) => new Writer(server, scene, person, seed + i + 1));
	const crowd = new Crowd(writers);
	const statuses = new Map<number, number>();
	let lost = 0;
	try {
		for (let position = 1; position <= positions; position++) {
			const at = `PostgreSQL, position ${position}`;
			await crowd.drain();
			crowd.statuses.clear();
			disk.fill(draws.between(0, 300) * 2 * PAGE);
			crowd.resume();
			await untilRefused(server, crowd, disk);
			await wait(draws.between(0, 300));
			if (position % 3 === 0) await server.stop();
			for (const [status, times] of crowd.statuses) statuses.set(status, (statuses.get(status) ?? 0) + times);
			disk.free(false);
			await postgres.revive();
			if (!server.isRunning) server.spawn();
			const down = await server.healthy().then(
				() => [],
				(thrown: Error) => [thrown.message]
			);
			report.check(`${at}: there again`, down);
			await crowd.drain();
			const found = lostOf(crowd.takeNews(), await postgres.ask<StoredChange>(STORED));
			lost += found.lost.length;
			report.check(`${at}: drained`, [...found.lost, ...found.twice]);
		}
		report.check('PostgreSQL: what everybody reads', await readable(server, scene, writers));
		report.check('PostgreSQL: the journal', await journalFaults(server, scene.director));
		await server.stop();
		report.check('PostgreSQL: the tables and their indexes', await postgres.integrity());
		report.check(
			'PostgreSQL: tallies, digests, sequences',
			await soundness({ url: postgres.url }, scene.structure, crowd.told)
		);
		report.check(
			'PostgreSQL: the answers',
			writers.flatMap(({ faults }) => faults.splice(0))
		);
	} finally {
		await crowd.stop();
		await server.stop();
		await postgres.shutDown();
		disk.remove();
	}
	const answers = [...statuses].map(([status, times]) => `${status || 'none'}: ${times}`).join(', ');
	console.log(
		`  PostgreSQL: ${positions} positions, ${crowd.told.length} changes acknowledged, ${lost} lost; answers while full ${answers}`
	);
	return report;
}

/** A small disk, and the room on it. */
class Disk {
	readonly #ballast: string;

	private constructor(
		readonly folder: string,
		private size: number
	) {
		this.#ballast = join(folder, 'ballast');
	}

	/** @param size in megabytes
	 * @returns nothing where none can be mounted: said aloud */
	static of(size: number): Disk | undefined {
		const folder = scratchFolder('disk');
		if (!command('mount', '-t', 'tmpfs', '-o', `size=${size}m`, 'torture', folder)) {
			console.log('  NOT RUN: no small disk can be mounted here (it takes root). Nothing about a full disk was tried.');
			return undefined;
		}
		const disk = new Disk(folder, size);
		atEnd(() => disk.remove());
		return disk;
	}

	remove(): void {
		command('umount', '-l', this.folder);
	}

	get #room(): number {
		const { bavail, bsize } = statfsSync(this.folder);
		return bavail * bsize;
	}

	/** Leaves so many bytes. */
	fill(room: number): void {
		writeFileSync(this.#ballast, '');
		this.#pour(this.#room - room);
	}

	/** Takes what is left: the journal of the database had room of its own. */
	fillUp(): void {
		this.#pour(this.#room);
	}

	#pour(bytes: number): void {
		try {
			if (bytes > 0) appendFileSync(this.#ballast, Buffer.alloc(bytes));
		} catch (thrown) {
			// The server writes at the same time, and took the last page.
			if ((thrown as { code?: string }).code !== 'ENOSPC') throw thrown;
		}
	}

	/** Makes room, by a larger disk or by taking away what filled this one. */
	free(byGrowing: boolean): void {
		if (byGrowing) command('mount', '-o', `remount,size=${(this.size += SMALL.sqlite)}m`, this.folder);
		else if (existsSync(this.#ballast)) rmSync(this.#ballast);
	}
}

/** Until PostgreSQL refuses what is written, or is gone. */
async function untilRefused(server: RealServer, crowd: Crowd, disk: Disk): Promise<void> {
	const begun = Date.now();
	const refused = () => [...crowd.statuses].reduce((sum, [status, times]) => sum + (status === 200 ? 0 : times), 0);
	while (refused() < WRITERS) {
		if (Date.now() - begun > 30_000)
			throw new Error(`never full: ${JSON.stringify([...crowd.statuses])}: ${server.said}`);
		if (Date.now() - begun > 3000) disk.fillUp();
		await wait(20);
	}
}

/** Until the writers are refused. Whatever room the database's own files still had is used up first. */
async function untilFull(server: RealServer, crowd: Crowd, disk: Disk): Promise<void> {
	const begun = Date.now();
	while ((crowd.statuses.get(507) ?? 0) < WRITERS) {
		if (Date.now() - begun > 20_000)
			throw new Error(`never full: ${JSON.stringify([...crowd.statuses])}: ${server.said}`);
		if (Date.now() - begun > 5000) disk.fillUp();
		await wait(20);
	}
}

async function reads(server: RealServer, person: Person): Promise<string[]> {
	const statuses = await Promise.all([
		ask(server, 'GET', '/api/health').then(({ status }) => status),
		ask(server, 'GET', '/api/session', { as: person }).then(({ status }) => status),
		pullAll(server, person).then(
			() => 200,
			() => 0
		)
	]);
	return statuses.every((status) => status === 200)
		? []
		: [`health, session, pull: ${statuses.join()}: ${server.said}`];
}

async function interviewOf(server: RealServer, scene: Scene, author: Person, draws: Draws): Promise<string> {
	const fields = {
		campaign: scene.campaign,
		stakeholder: 'client',
		antenna: scene.antennas[0]!,
		mode: 'phone',
		on: '2014-11-12',
		criteria: [],
		state: 'draft'
	};
	const change = changeOf(draws, 'interview', fields);
	await (await sync(server, author, [change], ZERO)).arrayBuffer();
	return change.record;
}

const erase = async (server: RealServer, { director }: Scene, interview: string): Promise<number> => {
	const response = await ask(server, 'DELETE', `/api/testimonies/${interview}`, { as: director });
	await response.arrayBuffer();
	return response.status;
};

/** Asked again where it could not be done: nowhere any more, and written down for whoever restores a backup. */
async function gone(
	server: RealServer,
	scene: Scene,
	author: Person,
	interview: string,
	folder: string
): Promise<string[]> {
	const status = await erase(server, scene, interview);
	if (status !== 204 && status !== 404) return [`erasing again: ${status}: ${server.said}`];
	const { records } = await pullAll(server, author);
	const known = ledgerFile(join(folder, 'erased.ledger')).read();
	return [
		...(records.some(({ id }) => id === interview) ? [`${interview} is still there`] : []),
		...(known.some(({ id }) => id === interview) ? [] : [`${interview} is not in the ledger`])
	];
}
