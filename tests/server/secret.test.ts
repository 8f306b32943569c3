import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { authenticate, loadSecret, openSecret, sealSecret } from '$lib/server/keeping/secret';
import { openApp } from '../support/databases';

const fresh = () => {
	const folder = mkdtempSync(join(tmpdir(), 'temoin-secret-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	return join(folder, 'data');
};
const random = (bytes: number) => randomBytes(bytes);

describe('the server’s secret', () => {
	test('is made once, in a file of the data folder that its owner alone reads', () => {
		const folder = fresh();
		const first = loadSecret({}, folder, random);
		expect(first).toHaveLength(32);
		expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
		expect(Buffer.from(loadSecret({}, folder, random))).toEqual(Buffer.from(first));
		expect(Buffer.from(loadSecret({}, fresh(), random))).not.toEqual(Buffer.from(first));
	});

	test('is read with the newline that an editor adds', () => {
		const folder = fresh();
		const first = loadSecret({}, folder, random);
		const file = join(folder, 'secret');
		writeFileSync(file, `${readFileSync(file, 'utf8')}\n`);
		expect(Buffer.from(loadSecret({}, folder, random))).toEqual(Buffer.from(first));
	});

	test('comes from SECRET where several servers share one database, and then no file is made', () => {
		const folder = fresh();
		const SECRET = randomBytes(32).toString('base64');
		expect(Buffer.from(loadSecret({ SECRET }, folder, random)).toString('base64')).toBe(SECRET);
		expect(() => statSync(join(folder, 'secret'))).toThrow();
	});

	test('comes from SECRET even where there is a file, which stays', () => {
		const folder = fresh();
		const before = Buffer.from(loadSecret({}, folder, random));
		const SECRET = randomBytes(32).toString('base64');
		expect(Buffer.from(loadSecret({ SECRET }, folder, random)).toString('base64')).toBe(SECRET);
		expect(Buffer.from(loadSecret({}, folder, random))).toEqual(before);
	});

	test.each([0, 16, 31, 33, 64])('of %i bytes is refused, and nothing is put in its place', (length) => {
		const folder = fresh();
		loadSecret({}, folder, random);
		const file = join(folder, 'secret');
		writeFileSync(file, randomBytes(length).toString('base64'));
		const before = readFileSync(file, 'utf8');
		expect(() => loadSecret({}, folder, random)).toThrow('illisible');
		expect(readFileSync(file, 'utf8')).toBe(before);
		if (length > 0)
			expect(() => loadSecret({ SECRET: randomBytes(length).toString('base64') }, folder, random)).toThrow('SECRET');
	});
});

describe('a text sealed with it', () => {
	test('opens for what it was sealed for, and for nothing else', async () => {
		const app = await openApp('SQLite');
		const sealed = sealSecret(app, 'factor', 'claire|1', 'JBSWY3DPEHPK3PXP');
		expect(openSecret(app, 'factor', 'claire|1', sealed)).toBe('JBSWY3DPEHPK3PXP');
		for (const [use, about] of [
			['factor', 'sandrine|1'],
			['factor', 'claire|2'],
			['factor', ''],
			['structure-key', 'claire|1']
		] as const)
			expect(() => openSecret(app, use, about, sealed), `${use} ${about}`).toThrow();
		const other = { ...app, secret: new Uint8Array(32).fill(8) };
		expect(() => openSecret(other, 'factor', 'claire|1', sealed)).toThrow();
	});

	test('says nothing of itself, and never twice the same', async () => {
		const app = await openApp('SQLite');
		const [a, b] = [1, 2].map(() => sealSecret(app, 'factor', 'claire|1', 'JBSWY3DPEHPK3PXP'));
		expect(a).not.toBe(b);
		for (const one of [a, b]) expect(Buffer.from(one!, 'base64url').toString('latin1')).not.toContain('JBSW');
	});

	test('that was altered or cut anywhere does not open', async () => {
		const app = await openApp('SQLite');
		const bytes = Buffer.from(sealSecret(app, 'factor', 'claire|1', 'JBSWY3DPEHPK3PXP'), 'base64url');
		for (let at = 0; at < bytes.length; at++) {
			const bad = Buffer.from(bytes);
			bad[at]! ^= 1;
			expect(() => openSecret(app, 'factor', 'claire|1', bad.toString('base64url')), `byte ${at}`).toThrow();
			const cut = bytes.subarray(0, at).toString('base64url');
			expect(() => openSecret(app, 'factor', 'claire|1', cut), `cut at ${at}`).toThrow();
		}
	});

	test('for one use authenticates nothing of another', async () => {
		const app = await openApp('SQLite');
		const all = [
			authenticate(app, 'journal', 'a'),
			authenticate(app, 'journal', 'b'),
			authenticate(app, 'receipt', 'a'),
			authenticate({ ...app, secret: new Uint8Array(32).fill(8) }, 'journal', 'a')
		];
		expect(new Set(all).size).toBe(4);
		expect(authenticate(app, 'journal', 'a')).toBe(all[0]);
	});
});
