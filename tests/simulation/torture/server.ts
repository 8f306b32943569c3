import { Draws } from '$lib/server/fictitious/draws';
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
import { ask, RealPostgres, RealServer, Report, scratchFolder, setScene, wait, type Scene } from './real';
import { Crowd, Writer } from './writers';

const WRITERS = 20;

/** One way of dying, and of being back. `legible`: what is stored can be read in between. */
type Strike = { name: string; legible: boolean; kill: () => Promise<void>; back: () => Promise<void> };

/** Where the server keeps what it acknowledged, and how either of them dies. */
type Ground = {
	env: { [name: string]: string };
	strikes: (server: RealServer) => Strike[];
	stored: () => Promise<StoredChange[]>;
	integrity: () => Promise<string[]>;
	where: { folder: string } | { url: string };
	end: () => Promise<void>;
};

function sqliteGround(): Ground {
	const folder = scratchFolder('sqlite');
	return {
		env: { DATA: folder },
		strikes: (server) => [nodeKilled(server)],
		stored: () => Promise.resolve(storedInSqlite(folder)),
		integrity: () => Promise.resolve(integrity(folder)),
		where: { folder },
		end: () => Promise.resolve()
	};
}

async function postgresGround(): Promise<Ground> {
	const postgres = await RealPostgres.start();
	return {
		env: { DATA: scratchFolder('data'), DATABASE_URL: postgres.url },
		// The server's own process most of the time; the database's under a server that goes on.
		strikes: (server) => [
			nodeKilled(server),
			nodeKilled(server),
			{
				name: 'a connection’s process killed',
				legible: true,
				kill: () => postgres.killBackend(),
				back: () => Promise.resolve()
			},
			{
				name: 'the database shut down at once',
				legible: false,
				kill: () => postgres.shutDown(),
				back: () => postgres.restart()
			},
			{
				name: 'both killed',
				legible: false,
				kill: async () => {
					await Promise.all([postgres.shutDown(), server.stop()]);
				},
				back: async () => {
					await postgres.restart();
					server.spawn();
				}
			}
		],
		stored: () => postgres.ask<StoredChange>(STORED),
		integrity: () => postgres.integrity(),
		where: { url: postgres.url },
		end: () => postgres.shutDown()
	};
}

const nodeKilled = (server: RealServer): Strike => ({
	name: 'the server killed',
	legible: true,
	kill: () => server.stop(),
	back: () => Promise.resolve(server.spawn())
});

/** Kills the real server under twenty writers, again and again, and holds it to every acknowledgement it gave. */
export async function tortureServer(
	name: 'SQLite' | 'PostgreSQL',
	{ kills, seed }: { kills: number; seed: number }
): Promise<Report> {
	const report = new Report();
	const draws = new Draws(seed);
	const ground = name === 'SQLite' ? sqliteGround() : await postgresGround();
	const server = await RealServer.on(ground.env);
	await server.start();
	const scene = await setScene(server, draws, WRITERS);
	const writers = scene.people.map((person, i) => new Writer(server, scene, person, seed + i + 1));
	const office = new Office(server, scene);
	const crowd = new Crowd(writers);
	const strikes = ground.strikes(server);
	const acknowledged = { lost: 0, twice: 0 };
	const interval = Math.max(3, Math.round(kills / 10));
	const struck = new Map<string, number>();
	try {
		for (let kill = 1; kill <= kills; kill++) {
			await crowd.work(draws.between(1, 40));
			await wait(draws.between(0, 40)); // in the middle of whatever comes next
			const strike = strikes[draws.between(0, strikes.length - 1)]!;
			struck.set(strike.name, (struck.get(strike.name) ?? 0) + 1);
			await strike.kill();
			if (draws.chance(0.2)) {
				// Killed again while it starts: what recovers must itself survive.
				await strike.back();
				await wait(draws.between(0, 400));
				await strike.kill();
			}
			if (!strike.legible) await strike.back();
			// Taken before the look: where only the database died, the next ones are acknowledged meanwhile.
			const promised = crowd.takeNews();
			const { lost, twice } = lostOf(promised, await ground.stored());
			acknowledged.lost += lost.length;
			acknowledged.twice += twice.length;
			if (strike.legible) await strike.back();
			const faults = [...lost.map((id) => `lost: ${id}`), ...twice.map((id) => `twice: ${id}`)];
			const down = await server.healthy().then(
				() => [],
				(thrown: Error) => [thrown.message]
			);
			report.check(`kill ${kill}, ${strike.name}`, [...faults, ...down]);
			if (down.length > 0) await server.start();
			if (kill % interval !== 0 && kill !== kills) continue;
			await crowd.drain();
			await office.rest();
			const answers = [...writers.flatMap(({ faults }) => faults.splice(0)), ...office.faults.splice(0)];
			report.check(`after kill ${kill}: the answers`, answers);
			report.check(`after kill ${kill}: what everybody reads`, await readable(server, scene, writers));
			await server.stop();
			report.check(`after kill ${kill}: the file`, await ground.integrity());
			const { lost: gone } = lostOf(
				crowd.told.map(({ change }) => change.id),
				await ground.stored()
			);
			report.check(`after kill ${kill}: everything ever acknowledged`, gone);
			report.check(
				`after kill ${kill}: tallies, digests, sequences`,
				await soundness(ground.where, scene.structure, crowd.told)
			);
			await server.start();
			office.resume();
			crowd.resume();
		}
		const told = crowd.told.length;
		report.check('there was a load', told > kills * WRITERS ? [] : [`${told} changes acknowledged in ${kills} kills`]);
		report.check('the journal at the end', await journalFaults(server, scene.director));
	} finally {
		await Promise.all([crowd.stop(), office.stop()]);
		await server.stop();
		await ground.end();
	}
	const repeats = writers.reduce((sum, one) => sum + one.repeats, 0);
	console.log(`  ${name}: ${kills} kills (${[...struck].map(([how, times]) => `${how} ${times}`).join(', ')})`);
	console.log(
		`  ${crowd.told.length} changes acknowledged, ${repeats} sent again, ${acknowledged.lost} lost, ${acknowledged.twice} twice; answers ${[...crowd.statuses].map(([status, times]) => `${status || 'none'}: ${times}`).join(', ')}`
	);
	return report;
}

/** The director meanwhile: reads the journal and adds people, which lengthens it, as the kills fall. */
class Office {
	readonly faults: string[] = [];
	#state: 'at work' | 'resting' | 'gone' = 'at work';
	#idle = false;
	#done: Promise<void>;

	constructor(
		readonly server: RealServer,
		readonly scene: Scene
	) {
		this.#done = this.#work();
	}

	async #work(): Promise<void> {
		for (let i = 0; this.#state !== 'gone'; i++) {
			await wait(150);
			this.#idle = this.#state === 'resting';
			if (this.#idle) continue;
			try {
				const body = { name: `Remplaçante ${i}`, grants: [{ role: 'antenna-staff', antennas: this.scene.antennas }] };
				if (i % 5 === 0) await ask(this.server, 'POST', '/api/people', { as: this.scene.director, body });
				const response = await ask(this.server, 'GET', '/api/journal', { as: this.scene.director });
				if (!response.ok) continue;
				const { intact, brokenAt } = (await response.json()) as { intact: boolean; brokenAt: number };
				if (!intact) this.faults.push(`broken at ${brokenAt}`);
			} catch {
				// The server is down: that is what we are here for.
			}
		}
	}

	async rest(): Promise<void> {
		this.#state = 'resting';
		while (!this.#idle) await wait(10);
	}

	resume(): void {
		this.#state = 'at work';
		this.#idle = false;
	}

	async stop(): Promise<void> {
		this.#state = 'gone';
		await this.#done;
	}
}
