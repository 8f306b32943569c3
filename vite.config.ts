import { resolve } from 'node:path';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

const COMMANDS = 'src/lib/server/commands';

/** `vite build --mode commands` bundles the commands beside the built server. */
const commands = {
	build: {
		ssr: true,
		outDir: `${process.env.BUILD_OUT ?? 'build'}/commands`,
		emptyOutDir: true,
		target: 'node24',
		rollupOptions: { input: ['backup', 'restore', 'seed'].map((name) => `${COMMANDS}/${name}.ts`) }
	},
	publicDir: false as const
};

/** The modules that declare schemas, and what they are declared with. */
const PARSES = /node_modules.zod|src.lib.domain.(.*-shapes|ids|kinds.(?!values)\w+)\.ts/;

/** The oldest engines served, as README names them. */
const ENGINES = ['safari17', 'chrome137', 'edge137', 'firefox129'];

type Graph = { getModuleInfo: (id: string) => { importedIds: string[]; code: string | null } | null };

/** The modules that some pages of `src/routes` load before anything of theirs is shown. */
function loadedBy(pages: string[], graph: Graph): Set<string> {
	const found = new Set<string>();
	const walk = (id: string): void => {
		const module = found.has(id) || PARSES.test(id) ? null : graph.getModuleInfo(id);
		if (!module) return;
		found.add(id);
		for (const next of module.importedIds) {
			// The list of all messages imports each; only those that the module names are loaded.
			const list = /messages(?=(\/_index)?\.js$)/.exec(next);
			if (!list) walk(next);
			else
				for (const [, name] of (module.code ?? '').matchAll(/\bm\.(\w+)/g))
					walk(`${next.slice(0, list.index)}messages/${name}.js`);
		}
	};
	pages.forEach((page) => walk(resolve('src/routes', page)));
	return found;
}

const DOOR = ['+layout.svelte', '+error.svelte', '(door)/sign-in/+page.svelte'];
const INTERVIEW = ['+layout.svelte', '+error.svelte', '(field)/+layout.svelte', '(field)/interviews/new/+page.svelte'];
let loaded: { door: Set<string>; interview: Set<string> } | undefined;

/** What the first page of an interview loads is two files, of which the door needs one: dozens of tiny ones compress badly. */
function stageOf(id: string, graph: Graph): string | null {
	loaded ??= { door: loadedBy(DOOR, graph), interview: loadedBy(INTERVIEW, graph) };
	return !loaded.interview.has(id) ? null : loaded.door.has(id) ? 'door' : 'interview';
}

export default defineConfig(({ mode }) =>
	mode === 'commands'
		? commands
		: {
				plugins: [sveltekit()],
				// Dexie's own door is a script for every kind of page; the module alone weighs 2 kB less.
				// Declaring a schema has no effect: one that a page never parses with is left out of it.
				build: {
					target: ENGINES,
					modulePreload: false, // its table of files weighs 2 kB on every page, and the worker has them all
					rolldownOptions: {
						// What most pages share is one file. What parses is not in it: an interview opens without.
						output: {
							codeSplitting: {
								groups: [
									{ name: 'shared', minShareCount: 60, test: (id) => !PARSES.test(id) },
									{
										name: (id, graph) => stageOf(id, { getModuleInfo: (of) => graph.getModuleInfo(of) }),
										minShareCount: 2,
										test: (id) => /src.(lib|routes)|lucide/.test(id) && !PARSES.test(id)
									}
								]
							}
						},
						treeshake: {
							manualPureFunctions: ['z'],
							moduleSideEffects: [{ test: /src.lib.domain/, sideEffects: false }]
						}
					}
				},
				...(process.env.VITEST ? {} : { resolve: { alias: { dexie: 'dexie/dist/modern/dexie.min.mjs' } } }),
				test: {
					include: ['tests/**/*.test.ts'],
					testTimeout: 60_000,
					hookTimeout: 120_000,
					setupFiles: ['fake-indexeddb/auto'],
					globalSetup: ['tests/support/postgres.setup.ts']
				}
			}
);
