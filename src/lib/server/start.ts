import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { openDatabase } from './database/open';
import { canSetUp } from './structures';
import { newCode, type App } from './app';

/** Where the data lies: `DATABASE_URL` for PostgreSQL, else the folder `DATA` (default `data`). */
export const dataFolder = (env: NodeJS.ProcessEnv): string => resolve(env.DATA ?? 'data');

/** Opens the server over its environment: the only place that reads it, with the clock and the source of random bytes. */
export async function startApp(env: NodeJS.ProcessEnv, version: string): Promise<App> {
	const app: App = {
		db: await openDatabase(env.DATABASE_URL ? { url: env.DATABASE_URL } : { folder: dataFolder(env) }),
		clock: () => new Date(),
		random: (bytes) => randomBytes(bytes),
		origin: (env.ORIGIN ?? `http://localhost:${env.PORT ?? '3000'}`).replace(/\/$/, ''),
		setupCode: '',
		version
	};
	app.setupCode = env.SETUP_CODE ?? newCode(app, 10);
	return app;
}

/** What the start command prints: where to go, where the data is, and the code of the first set-up while it is open. */
export async function greeting(app: App, env: NodeJS.ProcessEnv): Promise<string> {
	const lines = [`Témoin : ${app.origin}`, `Données : ${env.DATABASE_URL ? 'PostgreSQL' : dataFolder(env)}`];
	if (await canSetUp(app)) lines.push(`Code de première installation : ${app.setupCode}`);
	return lines.join('\n');
}
