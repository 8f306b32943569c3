import { execFileSync } from 'node:child_process';
import adapter from '@sveltejs/adapter-node';

// The version revises the precached shell, so it must change with every release and only then.
const version = process.env.APP_VERSION ?? gitHead() ?? 'dev';

function gitHead() {
	try {
		return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { stdio: ['ignore', 'pipe', 'ignore'] })
			.toString()
			.trim();
	} catch {
		return undefined;
	}
}

/** @type {import('@sveltejs/kit').Config} */
export default {
	compilerOptions: { runes: true },
	kit: {
		adapter: adapter({ out: process.env.BUILD_OUT ?? 'build', precompress: true }),
		paths: { relative: false }, // the shell answers deep links, where ./_app would point elsewhere
		serviceWorker: { register: false },
		version: { name: version, pollInterval: 0 },
		csp: {
			mode: 'hash',
			directives: {
				'default-src': ['self'],
				'script-src': ['self'],
				'style-src': ['self', 'unsafe-inline'],
				'img-src': ['self', 'data:', 'blob:'],
				'media-src': ['blob:'],
				'connect-src': ['self'],
				'worker-src': ['self'],
				'object-src': ['none'],
				'base-uri': ['none'],
				'form-action': ['self'],
				'frame-ancestors': ['none'],
				'require-trusted-types-for': ['script'],
				'trusted-types': ['svelte-trusted-html', 'sveltekit-trusted-url', 'temoin-worker'],
				'report-uri': ['/api/csp-report']
			}
		}
	}
};
