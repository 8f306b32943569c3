import { dirname, join } from 'node:path/posix';
import ts from 'typescript';

/** Source files by path from the top of the project: what is checked is text, so that a test can make a tree up. */
export type Tree = { [path: string]: string };

type Import = { specifier: string; typeOnly: boolean };
type Room = { path: string; rooms: string[]; packages: RegExp };

const room = (path: string, rooms: string[], packages: RegExp): Room => ({ path, rooms: [path, ...rooms], packages });
const NONE = /^$/;
const CLIENT_ROOMS = ['domain', 'words', 'local', 'sync', 'here', 'ui', 'report'].map((name) => `src/lib/${name}`);
const CLIENT = /^(zod\/mini|svelte|@lucide\/svelte|@simplewebauthn\/browser|\$app|@sveltejs\/kit)(\/|$)/;
const HERE = /^(zod\/mini|svelte|dexie|workbox-window|@simplewebauthn\/browser|@lucide\/svelte|\$app)(\/|$)/;
const DOCUMENTS = /^(docx|pptxgenjs|write-excel-file|read-excel-file|papaparse|fflate)(\/|$)/;

/** DESIGN §4: who may know whom. The first path that fits is a file's room. */
const ROOMS: Room[] = [
	room('src/lib/domain', [], /^zod\/mini$/),
	room('src/lib/words', ['src/lib/domain'], NONE),
	room('src/lib/local', ['src/lib/domain'], /^(dexie|minisearch)$/),
	room('src/lib/sync', ['src/lib/domain', 'src/lib/local'], NONE),
	room(
		'src/lib/here',
		['domain', 'local', 'sync', 'ui', 'words'].map((name) => `src/lib/${name}`),
		HERE
	),
	room('src/lib/ui', ['src/lib/domain', 'src/lib/words'], /^(svelte|chart\.js|@lucide\/svelte|uqr)(\/|$)/),
	room('src/lib/report', ['src/lib/domain', 'src/lib/words'], DOCUMENTS),
	room('src/lib/server/commands', ['src/lib/server', 'src/lib/domain'], /^node:\w+$/),
	room(
		'src/lib/server',
		['src/lib/domain'],
		// Nothing that calls another machine or runs a command.
		/^(kysely|pg|zod|node:(async_hooks|crypto|fs|path|sqlite|util|zlib)|@simplewebauthn\/server|otpauth|@zxcvbn-ts\/language-common)(\/|$)/
	),
	room('src/routes/api', ['src/lib/server', 'src/lib/domain'], /^@sveltejs\/kit$/),
	room('src/hooks.server.ts', ['src/lib/server', 'src/lib/domain'], /^(\$app\/environment|@sveltejs\/kit|node:\w+)$/),
	room('src/app.d.ts', ['src/lib/server'], NONE),
	room('src/service-worker', [], /^(workbox-(core|precaching|routing)|\$service-worker)$/),
	room('src/routes', CLIENT_ROOMS, CLIENT)
];
const FOLDERS: { [folder: string]: string[] } = {
	src: ['lib', 'routes', 'service-worker', 'app.css', 'app.d.ts', 'app.html', 'hooks.server.ts'],
	'src/lib': ['domain', 'words', 'local', 'sync', 'here', 'ui', 'report', 'server'],
	'src/lib/server': [
		...['door', 'accounts', 'exchange', 'office', 'keeping', 'database', 'handlers', 'commands', 'fictitious'],
		...['app.ts', 'start.ts', 'templates.ts', 'template.json']
	],
	'src/routes': [
		...['(door)', '(home)', '(field)', '(office)', 'answer', 'verify', 'settings', 'receipt', 'help', 'api', 'shell'],
		...['+layout.svelte', '+layout.ts', '+error.svelte', 'Shell.svelte', 'UpdatePrompt.svelte']
	],
	tests: [
		...['domain', 'local', 'sync', 'here', 'ui', 'report', 'routes', 'server', 'journeys', 'simulation', 'bench'],
		'support',
		...['architecture.test.ts', 'run.js', 'eslint.config.js', 'playwright.config.ts', 'tsconfig.json']
	]
};
const TOP = [
	...['src', 'static', 'tests', 'package.json', 'package-lock.json', 'svelte.config.js', 'vite.config.ts'],
	...['tsconfig.json', 'README.md', 'LICENSE', '.gitignore', '.gitattributes', '.prettierignore', '.npmrc', '.ci']
];

const roomOf = (path: string): Room | undefined =>
	ROOMS.find((one) => path === one.path || path.startsWith(`${one.path}/`));

/** Every place that does not fit: `where: what`. Nothing when the house is in order. */
export function findFaults(tree: Tree, top: readonly string[] = []): string[] {
	const sources = Object.keys(tree).filter((path) => path.startsWith('src/') && /\.(ts|js|svelte)$/.test(path));
	const faults = [...unknownEntries(tree, top)];
	const graph = new Map<string, Set<string>>();
	const running = new Map<string, Set<string>>(); // without what is only taken for its type
	for (const path of sources) {
		const own = roomOf(path);
		if (!own) {
			faults.push(`${path}: in no room`);
			continue;
		}
		const file = parse(path, tree[path]!);
		if (isBarrel(path, file)) faults.push(`${path}: an index that only re-exports`);
		faults.push(...impurities(path, file).map((what) => `${path}: ${what}`));
		const next = new Set<string>();
		graph.set(path, next);
		const runs = new Set<string>();
		running.set(path, runs);
		for (const { specifier, typeOnly } of importsOf(file, tree[path]!)) {
			const target = resolve(path, specifier, tree);
			if (target === undefined) {
				const typesOnly = own.path === 'src/lib/server' && specifier === '@sveltejs/kit' && typeOnly;
				if (!own.packages.test(specifier) && !typesOnly) faults.push(`${path}: imports ${specifier}`);
				continue;
			}
			if (/\/generated(\/|$)/.test(target) || /\.(css|json)$/.test(target)) {
				if (!own.rooms.some((one) => target.startsWith(`${one}/`)) && !target.endsWith('.css'))
					faults.push(`${path}: imports ${target}`);
				continue;
			}
			if (!(target in tree)) {
				faults.push(`${path}: imports ${specifier}, which is not there`);
				continue;
			}
			next.add(target);
			if (!typeOnly) runs.add(target);
			if (!own.rooms.includes(roomOf(target)?.path ?? '')) faults.push(`${path}: imports ${target}`);
		}
	}
	return [...new Set([...faults, ...hidden(graph), ...circles(running)])];
}

/** Files that need one another to run. */
function circles(graph: Map<string, Set<string>>): string[] {
	const reaches = (from: string, to: string): boolean => {
		const seen = new Set<string>();
		const queue = [...(graph.get(from) ?? [])];
		for (const at of queue) {
			if (at === to) return true;
			if (seen.has(at)) continue;
			seen.add(at);
			queue.push(...(graph.get(at) ?? []));
		}
		return false;
	};
	return [...graph.keys()].filter((path) => reaches(path, path)).map((path) => `${path}: in a circle of imports`);
}

/** What a file reaches through others must be in rooms that its own may reach: no barrel opens a door. */
function hidden(graph: Map<string, Set<string>>): string[] {
	return [...graph.keys()].flatMap((from) => {
		const allowed = reachable(roomOf(from)!);
		const via = new Map<string, string>([[from, '']]);
		const queue = [from];
		for (const at of queue)
			for (const target of graph.get(at) ?? []) {
				if (via.has(target)) continue;
				via.set(target, at);
				queue.push(target);
			}
		return [...via]
			.filter(([target, through]) => through !== '' && through !== from && !allowed.has(roomOf(target)?.path ?? ''))
			.map(([target, through]) => `${from}: reaches ${target} through ${through}`);
	});
}

function reachable(start: Room): Set<string> {
	const found = new Set<string>([start.path]);
	for (const path of found) for (const next of ROOMS.find((one) => one.path === path)!.rooms) found.add(next);
	return found;
}

function parse(path: string, text: string): ts.SourceFile {
	const code = path.endsWith('.svelte')
		? [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => script).join('\n')
		: text;
	return ts.createSourceFile(path, code, ts.ScriptTarget.Latest, true);
}

function importsOf(file: ts.SourceFile, text: string): Import[] {
	const found: Import[] = [];
	const walk = (node: ts.Node): void => {
		if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
			const clause = node.importClause;
			const named = clause?.namedBindings;
			const each = named && ts.isNamedImports(named) && !clause.name && named.elements.every((one) => one.isTypeOnly);
			const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword || Boolean(each);
			found.push({ specifier: node.moduleSpecifier.text, typeOnly });
		} else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier))
			found.push({ specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly });
		else if (
			ts.isImportTypeNode(node) &&
			ts.isLiteralTypeNode(node.argument) &&
			ts.isStringLiteral(node.argument.literal)
		)
			found.push({ specifier: node.argument.literal.text, typeOnly: true });
		else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
			const [name] = node.arguments;
			// A name put together at run time could be anything.
			found.push({ specifier: name && ts.isStringLiteralLike(name) ? name.text : '(computed)', typeOnly: false });
		}
		ts.forEachChild(node, walk);
	};
	walk(file);
	// In a component's markup: {#await import('…')}.
	if (file.fileName.endsWith('.svelte'))
		for (const [, specifier] of text.replace(/<script[\s\S]*?<\/script>/g, '').matchAll(/import\(\s*['"]([^'"]+)['"]/g))
			found.push({ specifier: specifier!, typeOnly: false });
	return found;
}

/** The file of the project that a specifier names, or nothing when it names a package. */
function resolve(from: string, specifier: string, tree: Tree): string | undefined {
	const path = specifier.startsWith('$lib/')
		? join('src/lib', specifier.slice('$lib/'.length))
		: specifier.startsWith('.')
			? join(dirname(from), specifier)
			: undefined;
	if (path === undefined) return specifier === '$lib' ? 'src/lib/index.ts' : undefined;
	const plain = path.replace(/\?\w+$/, '');
	const endings = ['', '.ts', '.js', '.svelte', '.svelte.ts', '/index.ts', '/index.js'];
	return endings.map((end) => plain + end).find((one) => one in tree) ?? plain;
}

const isBarrel = (path: string, file: ts.SourceFile): boolean =>
	/\/index\.(ts|js)$/.test(path) &&
	file.statements.some((one) => ts.isExportDeclaration(one) && one.moduleSpecifier !== undefined);

/** Clock, chance and network come in as arguments below routes; the app's platform is where they begin, and the clock of
 * the server at its start. */
function impurities(path: string, file: ts.SourceFile): string[] {
	if (!path.startsWith('src/lib/') || path.includes('/generated/')) return [];
	if (path === 'src/lib/here/platform.ts') return [];
	const mayTellTime = path === 'src/lib/server/start.ts';
	if (path.startsWith('src/lib/server/commands/')) return []; // programs of their own, not part of the server
	const found: string[] = [];
	const isGlobal = (node: ts.Expression, name: string): boolean =>
		ts.isIdentifier(node)
			? node.text === name
			: ts.isPropertyAccessExpression(node) &&
				node.name.text === name &&
				['globalThis', 'window', 'self'].includes(node.expression.getText());
	const walk = (node: ts.Node): void => {
		if (ts.isNewExpression(node) && isGlobal(node.expression, 'Date') && !node.arguments?.length && !mayTellTime)
			found.push('new Date()');
		if (ts.isPropertyAccessExpression(node)) {
			if (isGlobal(node.expression, 'Date') && node.name.text === 'now') found.push('Date.now');
			if (isGlobal(node.expression, 'Math') && node.name.text === 'random') found.push('Math.random');
			if (isGlobal(node.expression, 'crypto') && (path.startsWith('src/lib/domain/') || node.name.text !== 'subtle'))
				found.push('crypto');
		}
		if (ts.isCallExpression(node) && isGlobal(node.expression, 'fetch')) found.push('fetch');
		if (ts.isCallExpression(node) && isGlobal(node.expression, 'Date')) found.push('new Date()');
		ts.forEachChild(node, walk);
	};
	walk(file);
	return found;
}

function unknownEntries(tree: Tree, top: readonly string[]): string[] {
	const faults = top.filter((entry) => !TOP.includes(entry)).map((entry) => `${entry}: unknown at the top`);
	for (const [folder, known] of Object.entries(FOLDERS)) {
		const inside = Object.keys(tree).filter((path) => path.startsWith(`${folder}/`));
		const entries = new Set(inside.map((path) => path.slice(folder.length + 1).split('/')[0]!));
		for (const entry of entries)
			if (entry && !known.includes(entry)) faults.push(`${folder}/${entry}: unknown in ${folder}`);
	}
	return faults;
}
