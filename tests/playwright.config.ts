import { defineConfig } from '@playwright/test';

/** For a machine without a network of its own: nothing but the pages may go out. */
const QUIET = [
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync'
];

export default defineConfig({
	testDir: 'journeys',
	outputDir: '../test-results/journeys',
	timeout: 120_000,
	expect: { timeout: 15_000 },
	workers: 2,
	fullyParallel: false,
	retries: 0,
	reporter: [['list'], ['json']],
	use: {
		locale: 'fr-FR',
		timezoneId: 'Europe/Paris',
		viewport: { width: 1180, height: 820 },
		actionTimeout: 30_000,
		navigationTimeout: 30_000,
		video: 'off',
		screenshot: 'only-on-failure',
		trace: process.env.TRACE ? 'retain-on-failure' : 'off',
		launchOptions: {
			args: QUIET,
			...(process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {})
		}
	}
});
