import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { everywhere, openDatabase } from './database/open';
import { replayLedger } from './erasure';
import { ledgerFile } from './ledger';
import { rateLimit } from './rate';
import { loadSecret } from './secret';
import { canSetUp } from './structures';
import { newCode, type App } from './app';
import { afterUpgrade } from './upgrade';

/** Where the data lies: `DATABASE_URL` for PostgreSQL, else the folder `DATA` (default `data`). */
export const dataFolder = (env: NodeJS.ProcessEnv): string => resolve(env.DATA ?? 'data');

/** Opens the server over its environment: the only place that reads it, with the clock and the source of random bytes. */
export async function startApp(env: NodeJS.ProcessEnv, version: string): Promise<App> {
	const folder = dataFolder(env);
	const clock = () => new Date();
	const app: App = {
		db: await openDatabase(env.DATABASE_URL ? { url: env.DATABASE_URL } : { folder }),
		clock,
		random: (bytes) => randomBytes(bytes),
		limit: rateLimit(clock),
		secret: loadSecret(env, folder, randomBytes),
		ledger: ledgerFile(join(folder, 'erased.ledger')),
		origin: (env.ORIGIN ?? `http://localhost:${env.PORT ?? '3000'}`).replace(/\/$/, ''),
		setupCode: '',
		version
	};
	app.setupCode = env.SETUP_CODE ?? newCode(app);
	// A backup that came back brings nobody back: before the first answer.
	await everywhere(() => replayLedger(app));
	await everywhere(() => afterUpgrade(app));
	return app;
}

/** What the start command prints: where to go, where the data is, and the code of the first set-up while it is open. */
export async function greeting(app: App, env: NodeJS.ProcessEnv): Promise<string> {
	const lines = [`Témoin : ${app.origin}`, `Données : ${env.DATABASE_URL ? 'PostgreSQL' : dataFolder(env)}`];
	if (await everywhere(() => canSetUp(app))) lines.push(`Code de première installation : ${app.setupCode}`);
	return lines.join('\n');
}
