import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Problem } from '$lib/domain/problem';
import { MAX_BYTES } from '$lib/domain/sync';
import type { App } from '$lib/server/app';
import { rateLimit, type Rate } from '$lib/server/door/rate';
import { dispatch } from '$lib/server/door/serve';
import { openApp } from '../support/databases';
import { problem } from '../support/office';
import { call, enrol, PASSPHRASE, setUp, type Device } from '../support/server';

/** How many of these requests an address is let make, or a device behind it. */
function letThrough({ count }: Rate, address: string, requests: number, shown: string[] = []): number {
	let through = 0;
	for (let i = 0; i < requests; i++)
		try {
			count(address, shown);
			through += 1;
		} catch (thrown) {
			expect(thrown).toBeInstanceOf(Problem);
			expect(thrown).toMatchObject({ code: 'too-many-tries', status: 429 });
		}
	return through;
}
function ticking() {
	const at = { now: 1_400_000_000_000 };
	return { rate: rateLimit(() => new Date(at.now)), wait: (seconds: number) => (at.now += seconds * 1000) };
}

describe('an address that asks', () => {
	test('may ask 600 times at once, and 20 times more each second', () => {
		const { rate, wait } = ticking();
		expect(letThrough(rate, 'a', 1000)).toBe(600);
		expect(letThrough(rate, 'a', 10)).toBe(0);
		wait(1.05);
		expect(letThrough(rate, 'a', 100)).toBe(20);
		wait(3600);
		expect(letThrough(rate, 'a', 1000)).toBe(600);
	});

	test('too often is told how long to wait, and that is true', () => {
		const { rate, wait } = ticking();
		letThrough(rate, 'a', 600);
		let seconds = 0;
		try {
			rate.count('a');
		} catch (thrown) {
			seconds = Number((thrown as Problem).details.seconds);
		}
		expect(seconds).toBeGreaterThanOrEqual(1);
		wait(seconds);
		expect(letThrough(rate, 'a', 1)).toBe(1);
	});

	test('without end is not punished for longer than for a moment', () => {
		const { rate, wait } = ticking();
		letThrough(rate, 'a', 50_000);
		wait(1);
		expect(letThrough(rate, 'a', 1)).toBe(1);
	});

	test('does not slow another one', () => {
		const { rate } = ticking();
		letThrough(rate, 'a', 1000);
		expect(letThrough(rate, 'b', 600)).toBe(600);
	});

	test('slows no device behind it that was met, and is not slowed by one', () => {
		const { rate } = ticking();
		rate.meet('tablet');
		letThrough(rate, 'a', 1000);
		expect(letThrough(rate, 'a', 1000, ['unknown', 'tablet'])).toBe(600);
		expect(letThrough(rate, 'a', 10, ['unknown'])).toBe(0);
		rate.meet('other');
		letThrough(rate, 'b', 1000, ['other']);
		expect(letThrough(rate, 'b', 1000)).toBe(600);
		rate.meet('other'); // again at each of its requests: that gives nothing back
		expect(letThrough(rate, 'b', 10, ['other'])).toBe(0);
	});

	test('is remembered while it asks, even among a hundred thousand others', () => {
		const { rate } = ticking();
		letThrough(rate, 'a', 600);
		for (let i = 0; i < 100_000; i++) {
			rate.count(`10.${i}`);
			if (i % 5000 === 0) expect(letThrough(rate, 'a', 1), `after ${i} others`).toBe(0);
		}
	});

	test('from a hundred thousand addresses does not fill the memory', () => {
		const { rate } = ticking();
		const size = vi.spyOn(Map.prototype, 'set');
		const held = new Set<Map<unknown, unknown>>();
		size.mockImplementation(function (this: Map<unknown, unknown>, key, value) {
			held.add(this);
			size.mockRestore();
			return this.set(key, value);
		});
		rate.count('first');
		for (let i = 0; i < 100_000; i++) rate.count(`10.${i}`);
		expect([...held][0]!.size).toBeLessThanOrEqual(10_000);
	});
});

describe('a request to a server that counts', () => {
	const counting = async (): Promise<App & { now: Date }> => {
		const app = await openApp('SQLite');
		return Object.assign(app, { rate: rateLimit(app.clock) });
	};

	test('is refused in words once its address asked too much, whatever it asks', async () => {
		const app = await counting();
		letThrough(app.rate, '127.0.0.1', 600);
		for (const [method, path] of [
			['GET', '/api/health'],
			['GET', '/api/session'],
			['POST', '/api/session'],
			['POST', '/api/sync']
		] as const)
			expect(await problem(await call(app, method, path))).toEqual([429, 'too-many-tries']);
		expect((await call(app, 'GET', '/api/health', { from: '10.0.0.1' })).status).toBe(200);
		app.now = new Date(app.now.getTime() + 1000);
		expect((await call(app, 'GET', '/api/health')).status).toBe(200);
	});

	test('of somebody signed in is counted on their device: neither a stranger in their office nor a colleague stops them', async () => {
		const app = await counting();
		const claire = await setUp(app);
		const sandrine = await enrol(app, claire, 'Sandrine', [{ role: 'director', antennas: [] }]);
		app.rate = rateLimit(app.clock); // it was restarted since
		for (const as of [claire, sandrine]) await call(app, 'GET', '/api/session', { as });
		letThrough(app.rate, '127.0.0.1', 1000);
		const asked = (as: Device) => call(app, 'GET', '/api/session', { as }).then(({ status }) => status);
		for (let i = 0; i < 600; i++) expect(await asked(claire)).toBe(200);
		expect(await asked(claire)).toBe(429);
		expect(await asked(sandrine)).toBe(200);
		// Half of a session that nobody has is no device.
		expect(await asked({ ...sandrine, cookie: sandrine.cookie.replace(/=.*/, '=made-up') })).toBe(429);
	});

	test('to sign in again, from a device its owner came in on, waits for no stranger either', async () => {
		const app = await counting();
		const claire = await setUp(app);
		const { structure, person, device } = claire.session;
		const body = { structure: structure.id, name: person.name, passphrase: PASSPHRASE, device };
		const signIn = (cookie: string) => call(app, 'POST', '/api/session', { body, headers: { cookie } });
		await call(app, 'DELETE', '/api/session', { as: claire });
		letThrough(app.rate, '127.0.0.1', 1000);
		expect((await signIn(claire.mark)).status).toBe(200);
		expect(await problem(await signIn(claire.mark.replace(/=.*/, '=made-up')))).toEqual([429, 'too-many-tries']);
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

	test('that never ends is not waited for longer than half a minute', async () => {
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
		await vi.advanceTimersByTimeAsync(10_000);
		expect(await problem(await answer)).toEqual([400, 'body.unreadable']);
		expect(cancelled).toBe(true);
	});
});
