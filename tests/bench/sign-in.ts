// Sign-in for names that exist and names that do not: whoever times the answers must learn nothing.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Secret, TOTP } from 'otpauth';

const TRIES = Number(process.env.TRIES ?? 1000);
const PER_NAME = 4; // the fifth failure of a name begins to wait
const scratch = mkdtempSync(join(tmpdir(), 'temoin-sign-in-'));
const port = 4490;
const origin = `http://localhost:${port}`;
const env = {
	...process.env,
	PORT: String(port),
	DATA: scratch,
	SETUP_CODE: 'BENCH-BENCH',
	ADDRESS_HEADER: 'x-from', // every try from an address of its own, so that none has to wait
	SHUTDOWN_TIMEOUT: '1'
};
const server = spawn(resolve('node_modules/.bin/node'), ['build/index.js'], { env, stdio: 'ignore' });
let calls = 0;
async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
	calls += 1;
	const from = `10.${(calls >> 16) & 255}.${(calls >> 8) & 255}.${calls & 255}`;
	const text = body === undefined ? {} : { body: JSON.stringify(body) };
	return await fetch(origin + path, {
		method,
		headers: { 'x-from': from, 'content-type': 'application/json', ...headers },
		...text
	});
}
const device = { id: crypto.randomUUID(), name: 'bench' };
const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

try {
	for (let i = 0; i < 400; i++) {
		if (
			await fetch(`${origin}/api/health`, { headers: { 'x-from': '10.0.0.1' } }).then(
				(r) => r.ok,
				() => false
			)
		)
			break;
		await new Promise((go) => setTimeout(go, 25));
	}
	const passphrase = 'les gaves descendent vite';
	const founding = {
		code: 'BENCH-BENCH',
		structure: 'Bench',
		antennas: ['Tarbes'],
		director: 'Claire',
		passphrase,
		device
	};
	const response = await ask('POST', '/api/setup', founding);
	const { session, key } = (await response.json()) as { session: { structure: { id: string } }; key: string };
	const as = { 'temoin-key': key, cookie: response.headers.get('set-cookie')!.split(';')[0]! };
	const offer = (await (await ask('POST', '/api/account/totp', undefined, as)).json()) as {
		ticket: string;
		secret: string;
	};
	const code = new TOTP({ secret: Secret.fromBase32(offer.secret) }).generate();
	await ask('PUT', '/api/account/totp', { ticket: offer.ticket, code, name: 'bench' }, as);
	const names = Array.from({ length: Math.ceil(TRIES / PER_NAME) }, (_, i) => `Personne ${i}`);
	const grants = [{ role: 'counsellor', antennas: [] }];
	for (const name of names) {
		const { code } = (await (await ask('POST', '/api/people', { name, grants }, as)).json()) as { code: string };
		await ask('POST', '/api/enrol', { code, passphrase, device: { ...device, id: crypto.randomUUID() } });
	}
	const tryOne = async (name: string) => {
		const start = performance.now();
		const { status } = await ask('POST', '/api/session', {
			structure: session.structure.id,
			name,
			passphrase: 'une phrase tout autre',
			device
		});
		if (status !== 403) throw new Error(`${name}: ${status}`);
		return performance.now() - start;
	};
	const [known, unknown]: [number[], number[]] = [[], []];
	for (let i = 0; i < TRIES; i++) {
		const index = Math.floor(i / PER_NAME);
		const steps = [
			async () => void known.push(await tryOne(`Personne ${index}`)),
			async () => void unknown.push(await tryOne(`Inconnue ${index}`))
		];
		for (const step of i % 2 ? steps.toReversed() : steps) await step();
	}
	const difference = mean(known) - mean(unknown);
	console.log(
		`sign-in refused, ${TRIES} tries each: known ${mean(known).toFixed(1)} ms, unknown ${mean(unknown).toFixed(1)} ms, mean difference ${difference.toFixed(2)} ms, goal <= 10`
	);
} finally {
	server.kill('SIGKILL');
	rmSync(scratch, { recursive: true, force: true });
}
