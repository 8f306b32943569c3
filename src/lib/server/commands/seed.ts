import { FICTITIOUS_NAME, openFictitious } from '../fictitious/structure';
import { everywhere } from '../database/open';
import { startApp } from '../start';

// npm run seed: makes the fictitious structure, so that « Explorer » opens at once.
const app = await startApp(process.env, 'seed');
await everywhere(() => openFictitious(app));
await app.db.destroy();
console.log(`Structure fictive prête : ${FICTITIOUS_NAME}`);
