import type { Page } from '@playwright/test';
import template from '../../src/lib/server/template.json' with { type: 'json' };
import { isForStructure, isTyped } from '../../src/lib/domain/framework.ts';
import type { Framework } from '../../src/lib/domain/framework-shapes';
import { mintId } from '../../src/lib/domain/mint.ts';
import { gridOf, periodsBetween } from '../../src/lib/domain/period.ts';
import { openApp, type AppPage } from './app.ts';
import { line, median, OURS, ROUNDS, startServer } from './ground.ts';
import { changeOf } from './pages/sample.ts';

/** What a director's device holds: so many campaigns of a year, the last one open, and in all of them so many interviews of
 * hers and so many readings. */
type Size = { name: string; years: number; antennas: number; interviews: number; readings: number };
const SIZES: Size[] = [
	{ name: '1 year', years: 1, antennas: 4, interviews: 100, readings: 720 },
	{ name: '10 years', years: 10, antennas: 4, interviews: 1000, readings: 5000 },
	{ name: '2,000 + 48,000', years: 10, antennas: 26, interviews: 2000, readings: 48_000 }
];
const LAST = 2026;
const SLOWED = 4;
const DRAFT = '00000000-0000-7000-8000-00000000d4af';
const QUESTIONS = 13;

/** What is waited for, in ms: from the touch, or the key, to the frame after it has been drawn. */
const GOALS = {
	'interview list, first row': 300,
	'readings grid, first row': 350,
	'five cells typed, the worst': 120,
	'overview of the sheets': 300,
	'one criterion’s sheet': 200,
	'cold open, passphrase asked': 800,
	'unlock, home usable (without the passphrase)': 700,
	'touch on an answer, p95': 100,
	'next question, p95': 100
};
type Wait = keyof typeof GOALS;
type Seen = { [wait in Wait]: number[] };

/** The first paint of every screen that grows with the years, on devices of three ages, offline, the vault just opened. */
export async function measureScreens(): Promise<void> {
	for (const size of SIZES) {
		const server = await startServer(OURS);
		const names = Array.from({ length: size.antennas }, (_, i) => `Antenne ${i + 1}`);
		const app = await openApp(server, names);
		try {
			await fill(app, size);
			const seen = await waitsOf(app);
			for (const wait of Object.keys(GOALS) as Wait[])
				line(`${size.name}: ${wait}, slowed ${SLOWED}×, ms`, seen[wait], '≤', GOALS[wait]);
			console.log(`  ${size.name}: the passphrase’s own cost ${Math.round(median(app.passphrase))} ms`);
		} finally {
			await app.close();
			await server.stop();
		}
	}
}

async function waitsOf(app: AppPage): Promise<Seen> {
	const { page } = app;
	const seen = Object.fromEntries(Object.keys(GOALS).map((wait) => [wait, [] as number[]])) as Seen;
	await page.goto(page.url());
	await app.goTo('/sheets'); // kept on the device while there is a network
	await page.locator('main a[href*="/sheets/"]').first().waitFor();
	await app.offline();
	await app.slow(SLOWED);
	for (let round = 0; round < ROUNDS; round++) {
		seen['cold open, passphrase asked'].push(await app.coldOpen());
		seen['unlock, home usable (without the passphrase)'].push(await app.unlock('.gestures a'));
		await rested(app);
		seen['interview list, first row'].push(await touch(page, 'nav a[href$="/interviews"]', 'main li.one'));
		await rested(app);
		// Its largest grid: four quarters of 33 figures, a chart before each.
		await page.evaluate(() => {
			document.querySelector<HTMLAnchorElement>('nav a[href$="/readings"]')!.href = '/readings?every=quarterly';
		});
		seen['readings grid, first row'].push(await touch(page, 'nav a[href*="/readings"]', '[role=gridcell]'));
		await app.goTo('/readings?every=monthly');
		await page.getByRole('gridcell').first().waitFor();
		await page.waitForTimeout(1500);
		seen['five cells typed, the worst'].push(Math.max(...(await typeFive(page))));
		await rested(app);
		const sheet = 'main a[href*="/sheets/"]';
		seen['overview of the sheets'].push(await touch(page, 'nav a[href$="/sheets"]', sheet));
		await page.waitForTimeout(1000);
		seen['one criterion’s sheet'].push(await touch(page, sheet, 'main h1:not(:empty)', '/sheets/'));
	}
	await app.goTo(`/interviews/${DRAFT}`);
	const [answers, nexts] = await answerAll(page);
	seen['touch on an answer, p95'].push(answers);
	seen['next question, p95'].push(nexts);
	await app.slow(1);
	return seen;
}

/** Just opened, on a page that lists nothing, and at rest. */
async function rested(app: AppPage): Promise<void> {
	await app.goTo('/device');
	await app.page.waitForTimeout(2500);
}

/** Touches something and waits for the frame after something else stands there, at an address that holds `path`. */
const touch = (page: Page, what: string, until: string, path = '') =>
	page.evaluate(
		async ([what, until, path]) => {
			const begun = performance.now();
			document.querySelector<HTMLElement>(what)!.click();
			const frame = () => new Promise((painted) => requestAnimationFrame(painted));
			while (!location.pathname.includes(path) || !document.querySelector(until)) await frame();
			await frame();
			return Math.round(performance.now() - begun);
		},
		[what, until, path] as const
	);

/** Five figures, each with its Tab, as fast as the keys come: from the first key of each to the frame after the next cell
 * has the focus. */
async function typeFive(page: Page): Promise<number[]> {
	await page.getByRole('gridcell').first().focus();
	await page.evaluate(() => {
		const waits: number[] = [];
		Object.assign(globalThis, { waits });
		let begun: number | undefined;
		const cellNow = () => document.activeElement?.closest('[role=gridcell]');
		addEventListener(
			'keydown',
			(event) => {
				begun ??= event.timeStamp;
				if (event.key !== 'Tab') return;
				const [from, cell] = [begun, cellNow()];
				begun = undefined;
				const look = () => {
					if (cellNow() === cell || !cellNow()) return void requestAnimationFrame(look);
					requestAnimationFrame(() => waits.push(Math.round(performance.now() - from)));
				};
				look();
			},
			true
		);
	});
	for (let i = 0; i < 5; i++) {
		await page.keyboard.type(String(40 + i));
		await page.keyboard.press('Tab');
	}
	await page.waitForFunction(() => (globalThis as unknown as { waits: number[] }).waits.length === 5);
	return await page.evaluate(() => (globalThis as unknown as { waits: number[] }).waits);
}

/** Answers a draft's closed questions and turns its pages. */
async function answerAll(page: Page): Promise<[answer: number, next: number]> {
	await page.getByRole('button', { name: 'Suivante' }).waitFor();
	const [answers, nexts] = await page.evaluate(async (count) => {
		const answers: number[] = [];
		const nexts: number[] = [];
		const frame = () => new Promise((painted) => requestAnimationFrame(painted));
		const timed = async (into: number[], act: () => void, done: () => boolean) => {
			const begun = performance.now();
			act();
			do await frame();
			while (!done());
			await frame();
			into.push(performance.now() - begun);
		};
		const button = (name: string) =>
			[...document.querySelectorAll('button')].find((one) => one.textContent.trim().startsWith(name));
		const title = () => document.querySelector('main h1, main h2')?.textContent;
		for (let i = 0; i < count && button('Suivante'); i++) {
			const free = document.querySelector<HTMLInputElement>('main input[type=radio]:not(:checked)');
			if (free) {
				await timed(
					answers,
					() => free.click(),
					() => free.checked
				);
				await new Promise((go) => setTimeout(go, 400)); // a person's pace
			}
			const before = title();
			await timed(
				nexts,
				() => button('Suivante')!.click(),
				() => title() !== before
			);
			await new Promise((go) => setTimeout(go, 400));
		}
		return [answers, nexts] as const;
	}, QUESTIONS);
	const p95 = (all: readonly number[]) => all.toSorted((a, b) => a - b)[Math.ceil(all.length * 0.95) - 1] ?? Infinity;
	return [p95(answers), p95(nexts)];
}

async function fill(app: AppPage, { years, interviews, readings }: Size): Promise<void> {
	const { records } = await app.push([]);
	const kinds = records as { id: string; kind: string }[];
	const antennas = kinds.filter(({ kind }) => kind === 'antenna').map(({ id }) => id);
	const framework = kinds.find(({ kind }) => kind === 'framework')!.id;
	const criteria = template.registers.flatMap(({ criteria }) => criteria.map(({ id }) => id));
	const campaigns = Array.from({ length: years }, (_, i) => {
		const year = LAST - years + 1 + i;
		const id = `ca000000-0000-4000-8000-00000000${year}`;
		const [from, to] = [`${year}-01`, `${year}-12`];
		return { year, id, fields: { title: String(year), from, to, framework, criteria, antennas } };
	});
	await app.push(
		campaigns.map(({ year, id, fields }) =>
			made('campaign', id, { ...fields, state: year === LAST ? 'open' : 'closed' })
		)
	);
	const all = [
		...campaigns.flatMap(({ id, year }) => cellsOf(id, year, antennas).slice(0, Math.ceil(readings / years))),
		...Array.from({ length: interviews }, (_, i) => {
			const { id, year } = campaigns[i % years]!;
			const on = `${year}-${String(1 + (i % 11)).padStart(2, '0')}-12`;
			const change = changeOf({ campaign: id, antenna: antennas[0]! }, i, Date.parse(on));
			return { ...change, fields: { ...change.fields, framework, on, label: `Personne ${i}` } };
		}),
		draft(campaigns.at(-1)!.id, framework, antennas[0]!)
	];
	for (let at = 0; at < all.length; at += 500) {
		const { receipts } = await app.push(all.slice(at, at + 500));
		const refused = receipts.find(({ verdict }) => verdict !== 'applied');
		if (refused) throw new Error(JSON.stringify(refused));
	}
	await app.goTo('/device');
	await app.page.getByText('Tout est à jour').waitFor({ timeout: 300_000 });
	await app.page.waitForTimeout(5000); // recordings, thinning and what the lists say
}

const made = (kind: string, record: string, fields: { [field: string]: unknown }) => ({
	id: kind === 'reading' ? mintId(crypto.getRandomValues(new Uint8Array(16)), Date.now()) : record,
	...{ kind, record, fields, seen: {}, at: '2026-01-05T09:00:00.000Z' }
});

/** The readings of a year, antenna by antenna. */
function cellsOf(campaign: string, year: number, antennas: readonly string[]): object[] {
	const indicators = (template as unknown as Framework).registers
		.flatMap(({ criteria }) => criteria.flatMap((criterion) => criterion.indicators))
		.filter((indicator) => isTyped(indicator) && !isForStructure(indicator));
	return antennas.flatMap((place) =>
		indicators.flatMap((indicator) =>
			periodsBetween(`${year}-01`, `${year}-12`, gridOf(indicator.frequency)).map((period) => {
				const value = indicator.weight
					? { mean: 12, weight: 4 }
					: indicator.numerator
						? { numerator: 3, denominator: 4 }
						: { amount: 4000 };
				return made('reading', `reading:${campaign}:${place}:${period}:${indicator.id}`, { value });
			})
		)
	);
}

/** An interview begun, with its agreements: its questions are still to be answered. */
function draft(campaign: string, framework: string, antenna: string): object {
	const criteria = template.registers.flatMap(({ criteria }) => criteria.map(({ id }) => id)).slice(0, 4);
	return made('interview', DRAFT, {
		...{ campaign, framework, antenna, criteria, stakeholder: 'employee', mode: 'face', on: `${LAST}-11-12` },
		state: 'draft',
		label: 'En cours',
		'consent:usage-evaluation': { answer: 'yes', use: 'evaluation', given: 'person' }
	});
}
