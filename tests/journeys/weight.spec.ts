import { gzipSync } from 'node:zlib';
import { expect, explore, test } from './support';

const BUDGET = 110_000;

test('HTML, CSS and JavaScript to a usable interview weigh at most 110 kB, and charts are not among them', async ({
	page,
	context,
	server
}) => {
	await explore(page, server, 'Conseiller ou conseillère');
	// A cold visit without the worker, which fetches the rest of the app once the page stands.
	const cold = await context.newPage();
	await cold.route('**/service-worker.js', (route) => route.abort());
	// The first exchange comes a second after the page: on a slow machine it must not be counted with it.
	await cold.addInitScript(() => {
		const real = window.setTimeout;
		window.setTimeout = ((run: TimerHandler, delay = 0) => (delay >= 1000 ? 0 : real(run, delay))) as typeof real;
	});
	const weights = new Map<string, Promise<number>>();
	let usable = false;
	cold.on('response', (response) => {
		if (usable || !['document', 'script', 'stylesheet'].includes(response.request().resourceType())) return;
		weights.set(
			new URL(response.url()).pathname,
			response
				.body()
				.then((body) => gzipSync(body, { level: 9 }).length)
				.catch(() => 0)
		);
	});
	await cold.goto('/interviews/new');
	await expect(cold.getByRole('radio', { name: /Salarié/ })).toBeEnabled();
	usable = true; // what a first touch brings comes after
	await cold.getByRole('radio', { name: /Salarié/ }).check();
	const total = (await Promise.all(weights.values())).reduce((sum, weight) => sum + weight, 0);
	console.log(`${total} bytes to a usable interview, in ${weights.size} files`);
	expect(weights.size).toBeGreaterThan(5);
	expect(total).toBeLessThanOrEqual(BUDGET);
});
