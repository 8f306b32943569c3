import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Problem } from '$lib/domain/problem';
import { MAX_BYTES } from '$lib/domain/sync';
import type { App } from '$lib/server/app';
import { rateLimit } from '$lib/server/rate';
import { dispatch } from '$lib/server/serve';
import { openApp } from '../support/databases';
import { problem } from '../support/office';
import { call, setUp } from '../support/server';

/** How many of these requests an address is let make. */
function letThrough(limit: (address: string) => void, address: string, requests: number): number {
	let through = 0;
	for (let i = 0; i < requests; i++)
		try {
			limit(address);
			through += 1;
		} catch (thrown) {
			expect(thrown).toBeInstanceOf(Problem);
			expect(thrown).toMatchObject({ code: 'too-many-tries', status: 429 });
		}
	return through;
}
function ticking() {
	const at = { now: 1_400_000_000_000 };
	return { limit: rateLimit(() => new Date(at.now)), wait: (seconds: number) => (at.now += seconds * 1000) };
}

describe('an address that asks', () => {
	test('may ask 600 times at once, and 20 times more each second', () => {
		const { limit, wait } = ticking();
		expect(letThrough(limit, 'a', 1000)).toBe(600);
		expect(letThrough(limit, 'a', 10)).toBe(0);
		wait(1.05);
		expect(letThrough(limit, 'a', 100)).toBe(20);
		wait(3600);
		expect(letThrough(limit, 'a', 1000)).toBe(600);
	});

	test('too often is told how long to wait, and that is true', () => {
		const { limit, wait } = ticking();
		letThrough(limit, 'a', 600);
		let seconds = 0;
		try {
			limit('a');
		} catch (thrown) {
			seconds = Number((thrown as Problem).details.seconds);
		}
		expect(seconds).toBeGreaterThanOrEqual(1);
		wait(seconds);
		expect(letThrough(limit, 'a', 1)).toBe(1);
	});

	test('without end is not punished for longer than for a moment', () => {
		const { limit, wait } = ticking();
		letThrough(limit, 'a', 50_000);
		wait(1);
		expect(letThrough(limit, 'a', 1)).toBe(1);
	});

	test('does not slow another one', () => {
		const { limit } = ticking();
		letThrough(limit, 'a', 1000);
		expect(letThrough(limit, 'b', 600)).toBe(600);
	});

	test('is remembered while it asks, even among a hundred thousand others', () => {
		const { limit } = ticking();
		letThrough(limit, 'a', 600);
		for (let i = 0; i < 100_000; i++) {
			limit(`10.${i}`);
			if (i % 5000 === 0) expect(letThrough(limit, 'a', 1), `after ${i} others`).toBe(0);
		}
	});

	test('from a hundred thousand addresses does not fill the memory', () => {
		const { limit } = ticking();
		const size = vi.spyOn(Map.prototype, 'set');
		const held = new Set<Map<unknown, unknown>>();
		size.mockImplementation(function (this: Map<unknown, unknown>, key, value) {
			held.add(this);
			size.mockRestore();
			return this.set(key, value);
		});
		limit('first');
		for (let i = 0; i < 100_000; i++) limit(`10.${i}`);
		expect([...held][0]!.size).toBeLessThanOrEqual(10_000);
	});
});

describe('a request to a server that counts', () => {
	const counting = async (): Promise<App & { now: Date }> => {
		const app = await openApp('SQLite');
		return Object.assign(app, { limit: rateLimit(app.clock) });
	};

	test('is refused in words once its address asked too much, whatever it asks and whoever it is', async () => {
		const app = await counting();
		const claire = await setUp(app);
		letThrough(app.limit, '127.0.0.1', 600);
		for (const [method, path] of [
			['GET', '/api/health'],
			['GET', '/api/session'],
			['POST', '/api/session'],
			['POST', '/api/sync']
		] as const)
			expect(await problem(await call(app, method, path, { as: claire }))).toEqual([429, 'too-many-tries']);
		expect((await call(app, 'GET', '/api/health', { from: '10.0.0.1' })).status).toBe(200);
		app.now = new Date(app.now.getTime() + 1000);
		expect((await call(app, 'GET', '/api/session', { as: claire })).status).toBe(200);
	});
});

describe('a body', () => {
	afterEach(() => void vi.useRealTimers());
	const signIn = (fill: number) =>
		JSON.stringify({
			structure: 'x',
			name: 'Claire',
			passphrase: 'p',
			device: { id: 'x', name: 'x' },
			fill: 'x'.repeat(fill)
		});

	test('of more than 64 kB is refused before it is read, and 5 MB for an exchange', async () => {
		const app = await openApp('SQLite');
		const claire = await setUp(app);
		const large = await call(app, 'POST', '/api/session', { raw: signIn(64_000) });
		expect([large.status, await large.json()]).toEqual([
			413,
			{ problem: 'body.too-large', details: { limit: 64_000 } }
		]);
		expect((await call(app, 'POST', '/api/session', { raw: signIn(60_000) })).status).toBe(400);
		const raw = 'x'.repeat(MAX_BYTES + 1);
		expect(await problem(await call(app, 'POST', '/api/sync', { as: claire, raw }))).toEqual([413, 'body.too-large']);
		const under = await call(app, 'POST', '/api/sync', { as: claire, raw: raw.slice(1) });
		expect(await problem(under)).toEqual([400, 'body.unreadable']);
		expect(await problem(await call(app, 'POST', '/api/sealed', { raw }))).toEqual([413, 'body.too-large']);
	});

	test('that swells when inflated is refused as well', async () => {
		const app = await openApp('SQLite');
		const raw = gzipSync(signIn(5_000_000)) as unknown as BodyInit;
		const response = await call(app, 'POST', '/api/session', { raw, headers: { 'content-encoding': 'gzip' } });
		expect(await problem(response)).toEqual([413, 'body.too-large']);
	});

	test('of somebody who may not call is not read at all', async () => {
		const app = await openApp('SQLite');
		let asked = 0;
		const body = new ReadableStream({ pull: () => void (asked += 1) }, { highWaterMark: 0 });
		const request = new Request('http://localhost:3000/api/sync', {
			method: 'POST',
			body,
			duplex: 'half'
		} as RequestInit);
		expect((await dispatch(app, request, '127.0.0.1')).status).toBe(401);
		expect(asked).toBe(0);
	});

	test('that never ends is not waited for longer than a minute', async () => {
		const app = await openApp('SQLite');
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
		let cancelled = false;
		const body = new ReadableStream({
			start: (controller) => controller.enqueue(new TextEncoder().encode('{"structure":')),
			cancel: () => void (cancelled = true)
		});
		const request = new Request('http://localhost:3000/api/session', {
			method: 'POST',
			body,
			duplex: 'half'
		} as RequestInit);
		let answered = false;
		const answer = dispatch(app, request, '127.0.0.1').finally(() => (answered = true));
		await vi.advanceTimersByTimeAsync(20_000);
		expect(answered).toBe(false);
		await vi.advanceTimersByTimeAsync(40_000);
		expect(await problem(await answer)).toEqual([400, 'body.unreadable']);
		expect(cancelled).toBe(true);
	});
});
