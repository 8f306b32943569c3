import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown, type Plugin } from 'rolldown';

/** A change of the sources by text: `find` must stand there exactly once. */
export type Patch = { file: string; find: string; replace: string };

const SOURCE = resolve('src/lib');

/** What the simulation changes for its own sake: a small framework, and recordings of many pieces that are small. */
const SMALL: Patch[] = [
	{ file: 'domain/media.ts', find: 'CHUNK = 1_000_000', replace: 'CHUNK = 40' },
	{
		file: 'server/templates.ts',
		find: 'export async function templateFramework(): Promise<Framework> {',
		replace: `export async function templateFramework(): Promise<Framework> {
	if (1) return ${JSON.stringify({
		id: 'small',
		version: '1',
		title: { fr: 'Petit' },
		scales: [],
		consentItems: [],
		registers: []
	})} as unknown as Framework;`
	}
];

function patching(patches: readonly Patch[]): Plugin {
	const left = new Set(patches);
	return {
		name: 'patching',
		resolveId: (source) => (source.startsWith('$lib/') ? resolve(SOURCE, `${source.slice(5)}.ts`) : undefined),
		transform(code, id) {
			let changed = code;
			for (const patch of patches.filter(({ file }) => id === resolve(SOURCE, file))) {
				const parts = changed.split(patch.find);
				if (parts.length !== 2)
					throw new Error(`${patch.file}: « ${patch.find} » stands there ${parts.length - 1} times, not once`);
				changed = parts.join(patch.replace);
				left.delete(patch);
			}
			return changed === code ? undefined : changed;
		},
		buildEnd(error) {
			if (error) return;
			for (const { file } of left) throw new Error(`${file}: nothing of it is part of what is simulated`);
		}
	};
}

const folder = mkdtempSync(join(tmpdir(), 'temoin-simulation-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Bundles the product's own code with these changes.
 * @returns its address, to be imported
 * @throws when a change does not apply: a planted bug that is not planted proves nothing */
export const bundleProduct = (name: string, patches: readonly Patch[]): Promise<string> =>
	bundle(name, 'tests/simulation/lib.ts', [patching([...SMALL, ...patches])]);

/** Bundles the thread that lives seeds. */
export const bundleWorker = (): Promise<string> => bundle('worker', 'tests/simulation/worker.ts', []);

async function bundle(name: string, input: string, plugins: Plugin[]): Promise<string> {
	const built = await rolldown({
		input: resolve(input),
		plugins,
		platform: 'node',
		external: ['pg', '@simplewebauthn/server'],
		logLevel: 'silent'
	});
	const file = join(folder, `${name}.mjs`);
	await built.write({ file, format: 'esm', codeSplitting: false });
	await built.close();
	return pathToFileURL(file).href;
}
