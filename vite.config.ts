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

export default defineConfig(({ mode }) =>
	mode === 'commands'
		? commands
		: {
				plugins: [sveltekit()],
				// Dexie's own door is a script for every kind of page; the module alone weighs 2 kB less.
				// Declaring a schema has no effect: one that a page never parses with is left out of it.
				build: {
					modulePreload: false, // its table of files weighs 2 kB on every page, and the worker has them all
					rolldownOptions: {
						// What most pages share is one file: dozens of tiny ones compress badly.
						output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 28 }] } },
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
