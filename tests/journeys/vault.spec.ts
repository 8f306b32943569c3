import { PROTOCOL } from '../../src/lib/domain/sync';
import type { Page } from '@playwright/test';
import { found, marker } from './markers';
import { ask, enrolTablet, expect, goTo, openCampaign, setUp, Tablet, test, unlock } from './support';

type Session = { person: { id: string }; device: { id: string } };

/** Interviews and readings of this person, with a marker in every field that takes words. */
async function plant(page: Page, count: number): Promise<string[]> {
	const session = await ask<Session>(page, 'GET', '/api/session');
	const request = { protocol: PROTOCOL, person: session.person.id, device: session.device.id };
	const nothing = { cursor: null, audiences: [], filling: [] };
	const { records } = await ask<{ records: { id: string; kind: string }[] }>(page, 'POST', '/api/sync', {
		...request,
		...nothing,
		changes: []
	});
	const idOf = (kind: string) => records.find((one) => one.kind === kind)!.id;
	const markers: string[] = [];
	const next = () => markers[markers.push(marker()) - 1]!;
	const changes: object[] = [];
	while (markers.length < count) {
		const id = crypto.randomUUID();
		const about = { seen: {}, at: new Date().toISOString() };
		const fields = {
			campaign: idOf('campaign'),
			framework: idOf('framework'),
			stakeholder: 'client',
			mode: 'face',
			on: new Date().toISOString().slice(0, 10), // within the campaign
			state: 'draft',
			label: next(),
			note: next(),
			[`answer:q-${next()}`]: { words: next() },
			'answer:q-open': { words: next() },
			[`later:${next()}`]: { anything: next() }
		};
		changes.push({ id, kind: 'interview', record: id, fields, ...about });
		const excerpt = crypto.randomUUID();
		const passage = { question: 'q-open', start: 0, end: 5, words: next() };
		changes.push({
			id: excerpt,
			kind: 'excerpt',
			record: excerpt,
			about: id,
			fields: {
				campaign: fields.campaign,
				stakeholder: 'client',
				passage,
				criterion: 'c',
				valence: 'added',
				quote: 'team'
			},
			...about
		});
	}
	await ask(page, 'POST', '/api/sync', { ...request, ...nothing, changes });
	return markers;
}

/** The oldest of them are asked for. */
async function listed(screen: Page, label: string): Promise<void> {
	await screen.getByRole('button', { name: /^Afficher la suite/ }).click();
	await expect(screen.getByText(label)).toBeVisible();
}

test('a tablet’s disk shows nothing that was said, open, locked, signed out or killed', async ({ page, server }) => {
	test.slow();
	await setUp(page, server);
	await openCampaign(page);
	const tablet = new Tablet();
	try {
		let screen = await enrolTablet(tablet, page, server);
		const markers = await plant(screen, 1000);
		expect(new Set(markers).size).toBeGreaterThanOrEqual(1000);
		const samples = markers.slice(0, 20);

		// Typed here, in every place that takes words, and received from the server.
		await goTo(screen, `${server.origin}/interviews/new`);
		await screen.getByRole('radio', { name: /Salarié/ }).check();
		await screen.getByLabel(/Un repère pour vous/).fill(marker());
		await screen.getByRole('button', { name: 'Lire l’accord ensemble' }).click();
		await screen.getByRole('radio', { name: 'Oui', exact: true }).first().check();
		await screen.getByRole('button', { name: 'Commencer', exact: true }).click();
		await screen.getByRole('button', { name: /Note pour l’équipe/ }).click();
		await screen.getByRole('textbox', { name: /Note pour l’équipe/ }).fill(marker());
		await screen.getByRole('button', { name: 'Fermer' }).last().click();
		await expect(screen.getByText(/^Enregistré sur cet appareil/)).toBeVisible();
		await goTo(screen, `${server.origin}/interviews`);
		await listed(screen, samples[0]!);
		await goTo(screen, `${server.origin}/`);
		await expect(screen.getByText('Tout est à jour')).toBeVisible();
		await tablet.close();
		expect(found(tablet.profile, samples), 'after a sync').toEqual([]);

		// Opened, shown, killed without a word to the browser.
		screen = await tablet.open(`${server.origin}/interviews`);
		await unlock(screen);
		await listed(screen, samples[0]!);
		await tablet.kill();
		expect(found(tablet.profile, samples), 'after a kill').toEqual([]);

		// Locked by the background, and left so.
		screen = await tablet.open(`${server.origin}/interviews`);
		await unlock(screen);
		await screen.evaluate(() => {
			Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
			document.dispatchEvent(new Event('visibilitychange'));
		});
		await expect(screen.getByRole('button', { name: 'Ouvrir', exact: true })).toBeVisible();
		expect(await screen.content()).not.toContain(samples[0]!);
		await tablet.close();
		expect(found(tablet.profile, samples), 'after a lock').toEqual([]);

		screen = await tablet.open(`${server.origin}/settings`);
		await unlock(screen);
		await screen.getByRole('button', { name: 'Se déconnecter' }).click();
		await screen.getByRole('dialog').getByRole('button', { name: 'Se déconnecter' }).click();
		await expect(screen.getByRole('button', { name: 'Ouvrir', exact: true })).toBeVisible();
		await tablet.close();
		expect(found(tablet.profile, samples), 'after a sign-out').toEqual([]);

		// The search does find what lies open: the same words in a place that nothing seals.
		screen = await tablet.open(`${server.origin}/`);
		await screen.evaluate((text) => localStorage.setItem('control', text), marker());
		await tablet.close();
		expect(found(tablet.profile, samples).length).toBeGreaterThan(0);
	} finally {
		await tablet.dispose();
	}
});
