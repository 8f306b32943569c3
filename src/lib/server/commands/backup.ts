import { join } from 'node:path';
import { backUp } from '../keeping/backup';
import { dataFolder, startApp } from '../start';

// npm run backup [folder]: a copy of the database, taken while the server runs.
if (process.env.DATABASE_URL) {
	console.error('Avec PostgreSQL, la sauvegarde est celle de PostgreSQL (pg_dump, archivage continu).');
	process.exit(1);
}
const app = await startApp(process.env, 'backup');
const file = await backUp(app, process.argv[2] ?? join(dataFolder(process.env), 'backups'));
await app.db.destroy();
console.log(`Sauvegarde : ${file}`);
