import { describe, expect, test } from 'vitest';
import { waitingLocked } from '$lib/local/locked';
import { keepMedia } from '$lib/local/media';
import { freeze } from '$lib/local/outbox';
import { waitingIn } from '$lib/local/waiting';
import { waitingSaid } from '$lib/words/waiting';
import { DATABASES, openApp } from '../support/databases';
import { interview, openScene } from '../support/scene';
import { Tablet } from '../support/tablet';

describe.each(DATABASES)('what waits, on %s', (name) => {
	test('is counted alike by an open vault and a locked one, each record once, in one wording', async () => {
		const scene = await openScene(await openApp(name));
		const tablet = await Tablet.enrolled(scene.app, scene.sandrine.device);
		await tablet.sync();
		expect(await waitingIn(tablet.db)).toEqual([]);
		const heard = await tablet.create('interview', interview(scene));
		await freeze(tablet.db);
		await tablet.edit('interview', heard, { note: 'relu' }); // one interview still, in two changes
		await tablet.create('interview', interview(scene));
		await tablet.create('excerpt', { criterion: 'x' }, heard);
		await keepMedia(tablet.db, heard, new Uint8Array([0x1a, 0x45, 0xdf, 0xa3, 1]), { at: '2014-11-12T10:00:00.000Z' });
		const waiting = await waitingIn(tablet.db);
		expect(waitingSaid(waiting)).toBe('2 entretiens, 1 extrait, 1 enregistrement');
		tablet.db.close();
		expect(await waitingLocked(tablet.vault.place)).toEqual(waiting);
	});
});
