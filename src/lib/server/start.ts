import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { everywhere, openDatabase } from './database/open';
import { replayLedger } from './keeping/erasure';
import { replayWithdrawals } from './keeping/withdrawals';
import { ledgerFile } from './keeping/ledger';
import { originOf } from './door/address';
import { rateLimit } from './door/rate';
import { loadSecret } from './keeping/secret';
import { canSetUp } from './accounts/structures';
import { newCode, type App } from './app';
import { afterUpgrade } from './keeping/upgrade';

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
		rate: rateLimit(clock),
		secret: loadSecret(env, folder, randomBytes),
		ledger: ledgerFile(join(folder, 'erased.ledger')),
		origin: originOf(env),
		setupCode: '',
		version
	};
	app.setupCode = env.SETUP_CODE ?? newCode(app);
	// A backup that came back brings nobody back: before the first answer.
	await everywhere(() => replayLedger(app));
	await everywhere(() => replayWithdrawals(app));
	await everywhere(() => afterUpgrade(app));
	return app;
}

/** What the start command prints: where the data is, the code of the first set-up while it is open, and last where to go. */
export async function greeting(app: App, env: NodeJS.ProcessEnv): Promise<string> {
	const lines = [`Données : ${env.DATABASE_URL ? 'PostgreSQL' : dataFolder(env)}`];
	if (await everywhere(() => canSetUp(app))) lines.push(`Code de première installation : ${app.setupCode}`);
	lines.push(`Témoin : ${app.origin}`);
	return lines.join('\n');
}
