import { resolve } from 'node:path';
import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

const root = resolve(import.meta.dirname, '..');

export default ts.config(
	{
		ignores: [
			'**/node_modules/**',
			'build*/**',
			'.svelte-kit/**',
			'src/lib/words/generated/**',
			'test-results/**',
			'tests/bench/**'
		]
	},
	js.configs.recommended,
	...ts.configs.recommended,
	...svelte.configs.recommended,
	prettier,
	...svelte.configs.prettier,
	{
		languageOptions: { globals: { ...globals.browser, ...globals.node }, parserOptions: { tsconfigRootDir: root } },
		rules: {
			'no-undef': 'off', // TypeScript knows
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }
			],
			'svelte/no-navigation-without-resolve': 'off', // the app is served at the root of its address, and widgets are given whole addresses
			'svelte/prefer-svelte-reactivity': 'off', // dates are printed here, not kept
			'svelte/no-at-html-tags': 'error' // nothing that was entered is ever markup
		}
	},
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		languageOptions: { parserOptions: { parser: ts.parser } }
	},
	{
		// What only types can tell: a promise that nobody waits for, a case that nobody thought of.
		files: ['src/**/*.{ts,svelte}', 'tests/**/*.ts'],
		languageOptions: { parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] } },
		rules: {
			'@typescript-eslint/no-floating-promises': 'error',
			'@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }]
		}
	},
	{
		files: ['src/lib/{domain,local,sync}/**'],
		rules: {
			'no-restricted-globals': ['error', { name: 'fetch', message: 'The net comes in as an argument.' }],
			'no-restricted-properties': [
				'error',
				{ object: 'Date', property: 'now', message: 'The clock comes in as an argument.' },
				{ object: 'Math', property: 'random', message: 'Random comes in as an argument.' }
			]
		}
	}
);
