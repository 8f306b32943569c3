import { describe, expect, test } from 'vitest';
import { CHUNK } from '$lib/domain/media';
import { FROM_DEVICE, OF_INTERVIEW } from '$lib/domain/quota';
import { Quarantine } from '$lib/domain/quarantine';
import { readSetting, type Position } from '$lib/local/database';
import { waitingLocked, emptyLocked, sendSealed } from '$lib/local/locked';
import { totalOf } from '$lib/domain/waiting';
import { heldIn } from '$lib/local/outbox';
import { eraseUnsent } from '$lib/local/unsent';
import { readOutbox, writeOutbox } from '$lib/local/stick/outbox-file';
import { listRefused } from '$lib/local/views';
import { DATABASES, openApp } from '../support/databases';
import { recording } from '../support/media';
import { interview, openScene, type Scene } from '../support/scene';
import { call, change, sync } from '../support/server';
import { expectSound } from '../support/stored';
import { Tablet } from '../support/tablet';

type Place = { scene: Scene; tablet: Tablet; structure: string };

/** Sandrine's tablet, where as much of hers waits for the office as may. */
async function openFull(name: (typeof DATABASES)[number]): Promise<Place> {
	const scene = await openScene(await openApp(name));
	const tablet = await Tablet.enrolled(scene.app, scene.sandrine.device);
	await tablet.sync();
	const strange = Array.from({ length: FROM_DEVICE.lines }, () => change('visit', { x: 1 }));
	await sync(scene.app, tablet.device, strange);
	return { scene, tablet, structure: tablet.vault.place.structure };
}

/** An interview where she does not work. */
const away = (scene: Scene, fields = {}) => interview(scene, { antenna: scene.tarbes, ...fields });

/** The office decides on some of what waits. */
async function decide({ app, claire }: Scene, count: number): Promise<void> {
	const { lines } = Quarantine.parse(await (await call(app, 'GET', '/api/quarantine', { as: claire.device })).json());
	for (const { hash } of lines.filter(({ decision }) => decision === null).slice(0, count))
		await call(app, 'POST', `/api/quarantine/${hash}/set-aside`, { as: claire.device, body: { reason: 'Doublon' } });
}

const sendLocked = async ({ scene, tablet }: Place, seen: (status: number) => void = () => undefined) => {
	tablet.db.close();
	const { place, id } = tablet.vault;
	const sent = await sendSealed(place, id, async (path, body) => {
		const response = await call(scene.app, 'POST', path, { body });
		seen(response.status);
		return response;
	});
	await tablet.db.open();
	return sent;
};

const refusedOn = async ({ tablet }: Place) =>
	(await listRefused(tablet.db)).map(({ record, problem, held }) => [record, problem, held]);

describe.each(DATABASES)('what the server has no place for, on %s', (name) => {
	test('stays on its tablet with why, unsent, lets what is good behind it go, and leaves by itself once there is place', async () => {
		const { scene, tablet, structure } = await openFull(name);
		const [held, good] = [
			await tablet.create('interview', away(scene)),
			await tablet.create('interview', interview(scene))
		];
		expect(await tablet.sync()).toMatchObject({ state: 'done', position: { digest: 'equal', filled: 100 } });
		expect(await refusedOn({ scene, tablet, structure })).toEqual([[held, 'quarantine.full', 1]]);
		expect((await listRefused(tablet.db))[0]!.change!.fields).toMatchObject({ stakeholder: 'employee' }); // to keep as a file
		expect(totalOf(await waitingLocked(tablet.vault.place))).toBe(1);
		expect(await tablet.view(good)).toMatchObject({ unsent: false });
		// Nothing has changed: it is not offered at every exchange.
		const before = tablet.requests.length;
		await tablet.sync();
		expect(tablet.requests.slice(before)).toHaveLength(1);

		await decide(scene, 1);
		expect(await tablet.sync()).toMatchObject({ state: 'done', position: { filled: 100 } });
		expect(await refusedOn({ scene, tablet, structure })).toEqual([[held, 'right.missing', undefined]]);
		expect(totalOf(await waitingLocked(tablet.vault.place))).toBe(0);
		for (let i = 0; i < 2; i++) await decide(scene, 60);
		await tablet.sync();
		expect((await readSetting<Position>(tablet.db, 'position'))!.filled).toBeUndefined();
		await expectSound(scene.app, structure);
	});

	test('is never wiped: not off a revoked tablet, not for a new vault', async () => {
		const place = await openFull(name);
		const { scene, tablet } = place;
		const held = await tablet.create('interview', away(scene));
		await tablet.sync();
		expect(await sendLocked(place)).toEqual({ left: 1, problem: 'full' });
		expect(await refusedOn(place)).toEqual([[held, 'quarantine.full', 1]]);
		tablet.db.close();
		await expect(emptyLocked(tablet.vault.place, tablet.vault.id)).rejects.toThrow('unsent');
		await tablet.db.open();
		expect(await refusedOn(place)).toEqual([[held, 'quarantine.full', 1]]);
		await decide(scene, 1);
		expect(await sendLocked(place)).toEqual({ left: 0 });
		expect(await refusedOn(place)).toEqual([[held, 'right.missing', undefined]]);
	});

	test('leaves a locked vault after the rest, under what was taken there before', async () => {
		const place = await openFull(name);
		const { scene, tablet } = place;
		const [first, second] = [
			await tablet.create('interview', away(scene)),
			await tablet.create('interview', away(scene))
		];
		await tablet.sync();
		await tablet.create('interview', interview(scene));
		expect(totalOf(await waitingLocked(tablet.vault.place))).toBe(3);
		await decide(scene, 1);
		expect(await sendLocked(place)).toEqual({ left: 1, problem: 'full' });
		expect((await refusedOn(place)).toSorted()).toEqual(
			[
				[first, 'right.missing', undefined],
				[second, 'quarantine.full', 1]
			].toSorted()
		);
		expect(await tablet.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		await expectSound(scene.app, place.structure);
	});

	test('travels by stick with the rest, and stays there where its place is not free yet', async () => {
		const { scene, tablet } = await openFull(name);
		const held = await tablet.create('interview', away(scene));
		await tablet.sync();
		const { file, waiting } = await writeOutbox(tablet.vault.place, tablet.vault.id, {
			name: 'Tablette',
			at: '2014-11-12T10:00:00.000Z'
		});
		expect(totalOf(waiting)).toBe(1);
		expect((await readOutbox(file))?.changes ?? []).toMatchObject([{ record: held }]);
		expect(totalOf(await waitingLocked(tablet.vault.place))).toBe(1);
		expect(await tablet.sync()).toMatchObject({ state: 'done' });
		expect(await heldIn(tablet.db).count()).toBe(1);
		await decide(scene, 1);
		await tablet.sync();
		expect(totalOf(await waitingLocked(tablet.vault.place))).toBe(0);
	});

	test('is withdrawn with its record by the person it is about: the server never had it', async () => {
		const { scene, tablet } = await openFull(name);
		const held = await tablet.create('interview', away(scene));
		await tablet.sync();
		await tablet.edit('interview', held, { note: 'encore' });
		expect(await eraseUnsent(tablet.db, held)).toBe(true);
		expect(await tablet.db.refused.count()).toBe(0);
		expect(totalOf(await waitingLocked(tablet.vault.place))).toBe(0);
	});
});

test('a locked vault whose changes are too much for one call sends fewer at once', async () => {
	const scene = await openScene(await openApp('SQLite'));
	const tablet = await Tablet.enrolled(scene.app, scene.sandrine.device);
	await tablet.sync();
	const long = Object.fromEntries(
		Array.from({ length: 20 }, (_, i) => [`answer:q-${i}`, { words: 'a'.repeat(19_000) }])
	);
	for (let i = 0; i < 20; i++) await tablet.create('interview', interview(scene, long));
	const statuses: number[] = [];
	const place = { scene, tablet, structure: tablet.vault.place.structure };
	expect(await sendLocked(place, (status) => statuses.push(status))).toEqual({ left: 0 });
	expect(statuses[0]).toBe(413);
	expect(statuses.at(-1)).toBe(200);
});

describe.each(DATABASES)('a recording that there is no place for, on %s', (name) => {
	test('waits on its tablet with why, holds none of the others back, and leaves once there is', async () => {
		const scene = await openScene(await openApp(name));
		const tablet = await Tablet.enrolled(scene.app, scene.sandrine.device);
		const [full, other] = [
			await tablet.create('interview', interview(scene)),
			await tablet.create('interview', interview(scene))
		];
		await tablet.record(full, recording(500, 1));
		await tablet.exchange();
		const rows = Array.from({ length: OF_INTERVIEW.count }, (_, i) => ({
			...{ structure_id: tablet.vault.place.structure, record_id: full, hash: `${i}`, type: 'audio/webm' },
			...{ size: 10, received: 10, created_at: '2014-11-12T09:00:00.000Z', completed_at: '2014-11-12T09:00:00.000Z' }
		}));
		await scene.app.db.insertInto('media').values(rows).execute();
		await tablet.record(other, recording(500, 2));
		await tablet.sync();
		const states = async () =>
			Object.fromEntries(
				(await tablet.db.media.toArray()).map(({ about, state, problem }) => [about, [state, problem]])
			);
		expect(await states()).toEqual({ [full]: ['waiting', 'media.many'], [other]: ['sent', undefined] });
		expect(totalOf(await waitingLocked(tablet.vault.place))).toBe(1);

		// Out of the locked vault neither.
		const third = await tablet.create('interview', interview(scene));
		await tablet.record(third, recording(CHUNK + 5, 3));
		expect(await sendLocked({ scene, tablet, structure: '' })).toEqual({ left: 1, problem: 'refused' });
		expect(await states()).toMatchObject({ [full]: ['waiting', 'media.many'], [third]: ['sent', undefined] });

		await scene.app.db.deleteFrom('media').where('hash', '=', '0').execute();
		await tablet.sync();
		expect(await states()).toMatchObject({ [full]: ['sent', undefined] });
	});
});
