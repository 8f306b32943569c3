// npm run bench: ratios within one run, on this machine. Read the ratios, not the times.
// `node tests/bench/run.ts push pull` runs only these parts.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { build } from '../../src/lib/server/commands/ready.js';
import { measureDevice } from './device.ts';
import { measureExchanges } from './exchanges.ts';
import { installPeers, NODE } from './ground.ts';
import { measureSlowLink } from './link.ts';
import { measureMemory } from './memory.ts';
import { measurePaste } from './paste.ts';
import { measureScreens } from './screens.ts';
import { measureGrowth, measureIngest, measureStart } from './server.ts';

const signIn = () => void spawnSync(NODE, [resolve('tests/bench/sign-in.ts')], { stdio: 'inherit' });
const PARTS: { [name: string]: () => Promise<void> | void } = {
	push: () => measureExchanges(['push']),
	pull: () => measureExchanges(['pull']),
	link: measureSlowLink,
	memory: measureMemory,
	growth: measureGrowth,
	ingest: measureIngest,
	start: measureStart,
	device: measureDevice,
	paste: measurePaste,
	screens: measureScreens,
	'sign-in': signIn
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
	console.error(`${unknown.join(', ')}: unknown. Parts: ${Object.keys(PARTS).join(', ')}`);
	process.exit(1);
}
build();
installPeers();
const parts = asked.length > 0 ? asked : Object.keys(PARTS);
// One push serves both.
if (parts.includes('push') && parts.includes('pull')) {
	await measureExchanges(['push', 'pull']);
	parts.splice(0, parts.length, ...parts.filter((name) => name !== 'push' && name !== 'pull'));
}
for (const name of parts) await PARTS[name]!();
