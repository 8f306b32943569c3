import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findFaults, type Tree } from './support/architecture';

/** The project as it lies on the disk, empty folders too: an unknown folder is known by its name alone. */
function readTree(): Tree {
	const tree: Tree = {};
	const walk = (path: string): void => {
		if (/(^|\/)(node_modules|generated|results)$/.test(path)) return;
		if (!statSync(path).isDirectory()) tree[path] = /\.(ts|js|svelte)$/.test(path) ? readFileSync(path, 'utf8') : '';
		else {
			tree[`${path}/`] = '';
			for (const name of readdirSync(path)) walk(`${path}/${name}`);
		}
	};
	walk('src');
	walk('tests');
	return tree;
}

/** What stands at the top and is not ignored by git. */
function readTop(): string[] {
	const entries = readdirSync('.').filter((entry) => entry !== '.git');
	try {
		const ignored = execFileSync('git', ['check-ignore', ...entries], { stdio: ['ignore', 'pipe', 'ignore'] });
		const names = new Set(ignored.toString().split('\n'));
		return entries.filter((entry) => !names.has(entry));
	} catch {
		return []; // a copy without its history has nothing that says what is ignored
	}
}

test('every file of the house is in its room and knows only those it may', () => {
	const tree = readTree();
	expect(Object.keys(tree).length).toBeGreaterThan(100);
	expect(findFaults(tree, readTop())).toEqual([]);
});

describe('the check itself finds', () => {
	const domain = { 'src/lib/domain/rule.ts': 'export const rule = 1;' };
	const server = { 'src/lib/server/keeping/secret.ts': 'export const secret = 1;', ...domain };

	test('nothing where nothing is wrong', () => {
		expect(
			findFaults({
				...server,
				'src/lib/server/office/use.ts':
					"import { rule } from '../../domain/rule'; import type { RequestHandler } from '@sveltejs/kit'; import { join } from 'node:path';",
				'src/lib/sync/run.ts': "import { rule } from '$lib/domain/rule';",
				'src/routes/api/x/+server.ts': "import { secret } from '$lib/server/keeping/secret';",
				'src/app.d.ts': "import type { App } from '$lib/server/keeping/secret';",
				'src/routes/help/+page.svelte': `<script lang="ts">import { rule } from '$lib/domain/rule';</script><p>{rule}</p>`
			})
		).toEqual([]);
	});

	const page = 'src/routes/help/+page.svelte';
	test.each<[string, string, string]>([
		['a forbidden import', 'src/lib/domain/x.ts', "import { secret } from '../server/keeping/secret';"],
		['one that only takes a type', 'src/routes/help/x.ts', "import type { secret } from '$lib/server/keeping/secret';"],
		['one written as a type', 'src/routes/help/x.ts', "export type X = import('$lib/server/keeping/secret').X;"],
		['one for its effect', 'src/lib/sync/x.ts', "import '../server/keeping/secret';"],
		['a re-export', 'src/lib/ui/x.ts', "export * from '../server/keeping/secret';"],
		['a dynamic import', 'src/lib/local/x.ts', "export const later = () => import('../server/keeping/secret');"],
		[
			'one inside a component',
			page,
			`<script lang="ts">\n\timport { secret } from '$lib/server/keeping/secret';\n</script>`
		],
		[
			'one in the second script of a component',
			page,
			`<script module>import '$lib/server/keeping/secret';</script><script></script>`
		],
		['one in the markup of a component', page, `{#await import('$lib/server/keeping/secret') then x}{x}{/await}`]
	])('%s', (_, path, text) => {
		expect(findFaults({ ...server, [path]: text })).toEqual([`${path}: imports src/lib/server/keeping/secret.ts`]);
	});

	test('one hidden behind a barrel, for the barrel and for who uses it', () => {
		const faults = findFaults({
			...server,
			'src/routes/help/all.ts': "export { secret } from '$lib/server/keeping/secret';",
			'src/routes/help/more.ts': "export { secret } from './all';",
			[page]: `<script>import { secret } from './more';</script>`
		});
		expect(faults).toEqual([
			'src/routes/help/all.ts: imports src/lib/server/keeping/secret.ts',
			`src/routes/help/more.ts: reaches src/lib/server/keeping/secret.ts through src/routes/help/all.ts`,
			`${page}: reaches src/lib/server/keeping/secret.ts through src/routes/help/all.ts`
		]);
	});

	test('an index that re-exports', () => {
		expect(findFaults({ ...domain, 'src/lib/domain/index.ts': "export * from './rule';" })).toEqual([
			'src/lib/domain/index.ts: an index that only re-exports'
		]);
	});

	test('files that need one another to run, not those that only take a type', () => {
		const a = "import { b } from './b'; export const a = () => b;";
		const faults = findFaults({
			'src/lib/domain/a.ts': a,
			'src/lib/domain/b.ts': "import { c } from './c'; export const b = c;",
			'src/lib/domain/c.ts': "import type { A } from './a'; import { a } from './a'; export const c = a;",
			'src/lib/domain/d.ts': "import type { E } from './e'; export type D = E;",
			'src/lib/domain/e.ts': "import type { D } from './d'; export type E = D;"
		});
		expect(faults).toEqual(['a', 'b', 'c'].map((name) => `src/lib/domain/${name}.ts: in a circle of imports`));
	});

	test.each([
		['src/lib/domain/x.ts', "import * as z from 'zod';", 'imports zod'],
		['src/lib/domain/x.ts', "import { hash } from 'node:crypto';", 'imports node:crypto'],
		['src/lib/local/x.ts', "import pg from 'pg';", 'imports pg'],
		['src/lib/sync/x.ts', "import Dexie from 'dexie';", 'imports dexie'],
		['src/lib/server/office/x.ts', "import Dexie from 'dexie';", 'imports dexie'],
		['src/lib/server/office/x.ts', "import { json } from '@sveltejs/kit';", 'imports @sveltejs/kit'],
		['src/lib/server/office/x.ts', "import { request } from 'node:https';", 'imports node:https'],
		['src/lib/server/office/x.ts', "import { exec } from 'node:child_process';", 'imports node:child_process'],
		['src/lib/ui/x.ts', "import { goto } from '$app/navigation';", 'imports $app/navigation'],
		['src/routes/help/x.ts', "import { sql } from 'kysely';", 'imports kysely'],
		['src/service-worker/index.ts', "import '$lib/sync/x';", 'imports $lib/sync/x, which is not there'],
		['src/routes/help/x.ts', 'export const f = (name: string) => import(name);', 'imports (computed)'],
		['src/lib/domain/x.ts', "import './gone';", 'imports ./gone, which is not there']
	])('in %s: %s', (path, text, fault) => {
		expect(findFaults({ [path]: text })).toEqual([`${path}: ${fault}`]);
	});

	test.each([
		['src/lib/domain/x.ts', 'export const now = () => Date.now();', 'Date.now'],
		['src/lib/sync/x.ts', 'export const now = new Date();', 'new Date()'],
		['src/lib/server/office/x.ts', 'export const now = new globalThis.Date();', 'new Date()'],
		['src/lib/server/start.ts', 'export const random = () => Math.random();', 'Math.random'],
		['src/lib/server/start.ts', "export const go = () => fetch('/');", 'fetch'],
		['src/lib/ui/x.svelte', '<script>const id = Math.random();</script>', 'Math.random'],
		['src/lib/local/x.ts', "export const go = () => fetch('/');", 'fetch'],
		['src/lib/report/x.ts', "export const go = () => globalThis.fetch('/');", 'fetch'],
		['src/lib/domain/x.ts', 'export const id = () => crypto.randomUUID();', 'crypto']
	])('in %s a clock, chance or network of its own: %s', (path, text, fault) => {
		expect(findFaults({ [path]: text })).toEqual([`${path}: ${fault}`]);
	});

	test('no fault in a date that is given, nor where the server and the app begin', () => {
		expect(
			findFaults({
				'src/lib/domain/x.ts':
					'export const day = (at: string) => new Date(at); export const text = "Date.now()"; // Math.random()',
				'src/lib/server/start.ts': 'export const clock = () => new Date();',
				'src/lib/here/platform.ts': "export const now = () => Date.now(); export const go = () => fetch('/');",
				'src/routes/help/x.ts': "export const now = () => Date.now(); export const go = () => fetch('/');"
			})
		).toEqual([]);
	});

	test('a room nobody knows', () => {
		expect(
			findFaults(
				{
					'src/lib/utils/': '',
					'src/stores/x.ts': '',
					'src/lib/loose.ts': '',
					'src/lib/server/loose.ts': '',
					'src/routes/loose.ts': '',
					'tests/misc/x.test.ts': ''
				},
				['src', 'scripts']
			)
		).toEqual([
			'scripts: unknown at the top',
			'src/stores: unknown in src',
			'src/lib/utils: unknown in src/lib',
			'src/lib/loose.ts: unknown in src/lib',
			'src/lib/server/loose.ts: unknown in src/lib/server',
			'src/routes/loose.ts: unknown in src/routes',
			'tests/misc: unknown in tests',
			'src/stores/x.ts: in no room',
			'src/lib/loose.ts: in no room'
		]);
	});
});
