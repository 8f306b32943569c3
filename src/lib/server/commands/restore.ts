import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { latestBackup, restore } from '../keeping/backup';
import { dataFolder } from '../start';

// npm run restore [file]: puts a backup back, the newest one when none is named. The server must be stopped.
const folder = dataFolder(process.env);
const file = process.argv[2] ?? latestBackup(join(folder, 'backups'));
if (!file) {
	console.error('Aucune sauvegarde trouvée. Indiquez le fichier : npm run restore -- chemin/vers/la/sauvegarde.sqlite');
	process.exit(1);
}
const found = await restore({ clock: () => new Date(), random: (bytes) => randomBytes(bytes) }, file, folder);
console.log(
	`Restauré depuis ${file} : ${found.structures} structures, ${found.records} fiches et chiffres, ${found.changes} modifications.`
);
